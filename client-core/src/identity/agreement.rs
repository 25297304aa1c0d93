//! X25519 (RFC 7748): own secrets, peers' public keys, and what they agree on.

use core::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{IdentityError, secret};

/// What two X25519 keys agree on; wiped when dropped.
pub(crate) type SharedSecret = Zeroizing<[u8; 32]>;

/// An own X25519 secret. Wiped when dropped (by `x25519-dalek`).
#[derive(Clone)]
pub(crate) struct AgreementSecret(StaticSecret);

#[cfg(test)]
crate::wiping::proof!(AgreementSecret(secret));

impl AgreementSecret {
    pub(crate) fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self(StaticSecret::random_from_rng(rng))
    }

    /// The public half, as it goes over the wire. Deliberately no [`AgreementKey`]: that is a peer's.
    pub(crate) fn public(&self) -> [u8; 32] {
        PublicKey::from(&self.0).to_bytes()
    }

    /// X25519. `None` when the result is the all-zero value, which RFC 7748
    /// section 6.1 has the parties check for; a parsed [`AgreementKey`] never gives it.
    pub(crate) fn agree(&self, peer: &AgreementKey) -> Option<SharedSecret> {
        let shared = self.0.diffie_hellman(&PublicKey::from(peer.0));
        shared
            .was_contributory()
            .then(|| Zeroizing::new(shared.to_bytes()))
    }
}

impl fmt::Debug for AgreementSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("AgreementSecret(…)")
    }
}

impl Serialize for AgreementSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        secret::serialize(self.0.as_bytes(), serializer)
    }
}

impl<'de> Deserialize<'de> for AgreementSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = secret::deserialize::<D, 32>(deserializer)?;
        Ok(Self(StaticSecret::from(*bytes)))
    }
}

/// An own X25519 secret with its public half at hand. Stored as the secret alone.
#[derive(Clone)]
pub(crate) struct AgreementPair {
    secret: AgreementSecret,
    public: [u8; 32],
}

#[cfg(test)]
crate::wiping::proof!(AgreementPair { secret; public });

impl AgreementPair {
    pub(crate) fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self::of(AgreementSecret::generate(rng))
    }

    fn of(secret: AgreementSecret) -> Self {
        let public = secret.public();
        Self { secret, public }
    }

    pub(crate) fn secret(&self) -> &AgreementSecret {
        &self.secret
    }

    pub(crate) fn public(&self) -> &[u8; 32] {
        &self.public
    }
}

impl fmt::Debug for AgreementPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            secret: _,
            public: _,
        } = self;
        f.write_str("AgreementPair(…)")
    }
}

impl Serialize for AgreementPair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.secret.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AgreementPair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AgreementSecret::deserialize(deserializer).map(Self::of)
    }
}

/// A peer's X25519 public key, checked: in its one canonical encoding, and not of low order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgreementKey([u8; 32]);

impl AgreementKey {
    /// Its length in bytes.
    pub const LEN: usize = 32;

    /// Parses a key from outside.
    ///
    /// # Errors
    ///
    /// [`IdentityError::BadAgreementKey`] when the length is wrong, when the number is not below
    /// 2^255 − 19 (RFC 7748 lets such encodings pass; here a key has one encoding, so that
    /// it has one name), or when the point is of low order and would dictate the shared secret.
    pub fn parse(bytes: &[u8]) -> Result<Self, IdentityError> {
        let bytes: [u8; 32] = bytes
            .try_into()
            .map_err(|_| IdentityError::BadAgreementKey)?;
        if !is_below_p(&bytes) || LOW_ORDER.contains(&bytes) {
            return Err(IdentityError::BadAgreementKey);
        }
        Ok(Self(bytes))
    }

    /// The encoded key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The canonical encodings of all points of low order, on the curve and on its twist: 0, 1, the
/// two of order 8, and −1 (Langley, Hamburg, Turner in RFC 7748 section 7 count those of order up to 8).
const LOW_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    {
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        minus_one
    },
];

/// Whether the little-endian number is below 2^255 − 19.
pub(super) fn is_below_p(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    let at_least_p = *low >= 0xed && middle.iter().all(|byte| *byte == 0xff) && *high == 0x7f;
    high & 0x80 == 0 && !at_least_p
}

impl fmt::Debug for AgreementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "AgreementKey({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

impl Serialize for AgreementKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        secret::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for AgreementKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = secret::deserialize::<D, 32>(deserializer)?;
        Self::parse(bytes.as_slice()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use data_encoding::HEXLOWER;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    /// The low-order points of Curve25519 and its twist, canonical and not
    /// (<https://cr.yp.to/ecdh.html#validate>).
    pub(crate) const LOW_ORDER: [&str; 12] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
        "4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
        "d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];

    #[test]
    fn low_order_points_are_refused() {
        for hex in LOW_ORDER {
            let bytes = HEXLOWER.decode(hex.as_bytes()).unwrap();
            assert_eq!(
                AgreementKey::parse(&bytes),
                Err(IdentityError::BadAgreementKey),
                "{hex}"
            );
        }
    }

    #[test]
    fn the_keys_that_are_taken_are_those_that_agree_on_something() {
        // Any clamped scalar is a multiple of the cofactor and takes a low-order point to zero.
        let probe = StaticSecret::from([1; 32]);
        let refused = (0..=255u8)
            .flat_map(|low| [[0; 31], [0xff; 31]].map(|rest| (low, rest)))
            .filter(|(low, rest)| {
                let mut rest = *rest;
                rest[30] &= 0x7f;
                let bytes: [u8; 32] = [&[*low], rest.as_slice()].concat().try_into().unwrap();
                let agrees = probe
                    .diffie_hellman(&PublicKey::from(bytes))
                    .was_contributory();
                let taken = AgreementKey::parse(&bytes).is_ok();
                assert_eq!(taken, agrees && is_below_p(&bytes), "{bytes:02x?}");
                !taken
            });
        assert_eq!(refused.count(), 2 + 20, "0, 1, and from p - 1 on");
    }

    #[test]
    fn a_key_has_one_encoding() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut bytes = AgreementSecret::generate(&mut rng).public();
        assert!(AgreementKey::parse(&bytes).is_ok());
        bytes[31] |= 0x80;
        assert!(
            AgreementKey::parse(&bytes).is_err(),
            "the top bit is not ignored"
        );
        // 9 + p, the base point's other encoding.
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xf6, 0x7f);
        assert!(AgreementKey::parse(&bytes).is_err());
        assert!(AgreementKey::parse(&[9; 31]).is_err());
    }

    #[test]
    fn both_sides_agree() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let (a, b) = (
            AgreementSecret::generate(&mut rng),
            AgreementSecret::generate(&mut rng),
        );
        let (to_a, to_b) = (
            AgreementKey::parse(&a.public()).unwrap(),
            AgreementKey::parse(&b.public()).unwrap(),
        );
        assert_eq!(*a.agree(&to_b).unwrap(), *b.agree(&to_a).unwrap());
        insta::assert_snapshot!(format!("{a:?}"), @"AgreementSecret(…)");
    }
}
