//! ML-KEM-768 (FIPS 203): own decapsulation seeds, peers' encapsulation keys.

use core::fmt;
use std::sync::OnceLock;

use ml_kem::{
    Decapsulate, DecapsulationKey768, Encapsulate, EncapsulationKey768, KeyExport, kem::Key,
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::PrekeyError;
use crate::identity::secret;

/// An encapsulation key's length in bytes.
pub(crate) const ENCAPSULATION_KEY_LEN: usize = 1_184;

/// A ciphertext's length in bytes.
pub(crate) const CIPHERTEXT_LEN: usize = 1_088;

/// What both sides get out of an encapsulation; wiped when dropped.
pub(crate) type KemSecret = Zeroizing<[u8; 32]>;

/// An own ML-KEM-768 key, kept as its seed d ‖ z (FIPS 203 section 7.1), 64 bytes instead of 2,400.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct OwnKemKey {
    #[serde(with = "secret::array")]
    seed: Zeroizing<[u8; 64]>,
}

#[cfg(test)]
crate::wiping::proof!(OwnKemKey { seed });

impl OwnKemKey {
    pub(crate) fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self {
            seed: secret::random(rng),
        }
    }

    fn expand(&self) -> DecapsulationKey768 {
        DecapsulationKey768::from_seed((*self.seed).into())
    }

    pub(crate) fn public(&self) -> [u8; ENCAPSULATION_KEY_LEN] {
        public(&self.expand())
    }

    /// ML-KEM.Decaps. A wrong ciphertext gives a secret that nobody knows (implicit rejection).
    /// Gives the public key with it, which is at hand once the seed is expanded.
    pub(crate) fn decapsulate(
        &self,
        ciphertext: &[u8; CIPHERTEXT_LEN],
    ) -> ([u8; ENCAPSULATION_KEY_LEN], KemSecret) {
        decapsulate(&self.expand(), ciphertext)
    }
}

fn public(key: &DecapsulationKey768) -> [u8; ENCAPSULATION_KEY_LEN] {
    key.encapsulation_key().to_bytes().into()
}

fn decapsulate(
    key: &DecapsulationKey768,
    ciphertext: &[u8; CIPHERTEXT_LEN],
) -> ([u8; ENCAPSULATION_KEY_LEN], KemSecret) {
    let mut shared = key.decapsulate(ciphertext.into());
    let secret = Zeroizing::new(shared.into());
    shared.zeroize();
    (public(key), secret)
}

impl fmt::Debug for OwnKemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed: _ } = self;
        f.write_str("OwnKemKey(…)")
    }
}

/// An own key that is taken up a second time soon: what its seed expands to is kept with it, as long as it
/// stays in memory. Stored as the seed alone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct OfferedKemKey {
    own: OwnKemKey,
    /// Wiped when dropped (by `ml-kem`).
    #[serde(skip)]
    expanded: OnceLock<Box<DecapsulationKey768>>,
}

#[cfg(test)]
crate::wiping::proof!(OfferedKemKey { own, expanded });

impl OfferedKemKey {
    pub(crate) fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self {
            own: OwnKemKey::generate(rng),
            expanded: OnceLock::new(),
        }
    }

    fn expanded(&self) -> &DecapsulationKey768 {
        self.expanded.get_or_init(|| Box::new(self.own.expand()))
    }

    /// As [`OwnKemKey::public`].
    pub(crate) fn public(&self) -> [u8; ENCAPSULATION_KEY_LEN] {
        public(self.expanded())
    }

    /// As [`OwnKemKey::decapsulate`].
    pub(crate) fn decapsulate(
        &self,
        ciphertext: &[u8; CIPHERTEXT_LEN],
    ) -> ([u8; ENCAPSULATION_KEY_LEN], KemSecret) {
        decapsulate(self.expanded(), ciphertext)
    }
}

impl fmt::Debug for OfferedKemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            own: _,
            expanded: _,
        } = self;
        f.write_str("OfferedKemKey(…)")
    }
}

/// A peer's encapsulation key, which passed the type and modulus checks of FIPS 203 section 7.2.
#[derive(Clone)]
pub(crate) struct PeerKemKey(EncapsulationKey768);

impl PeerKemKey {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, PrekeyError> {
        let bytes: &Key<EncapsulationKey768> =
            bytes.try_into().map_err(|_| PrekeyError::BadKemKey)?;
        EncapsulationKey768::new(bytes)
            .map(Self)
            .map_err(|_| PrekeyError::BadKemKey)
    }

    pub(crate) fn to_bytes(&self) -> [u8; ENCAPSULATION_KEY_LEN] {
        self.0.to_bytes().into()
    }

    /// ML-KEM.Encaps.
    pub(crate) fn encapsulate<R: CryptoRng + ?Sized>(
        &self,
        rng: &mut R,
    ) -> ([u8; CIPHERTEXT_LEN], KemSecret) {
        let (ciphertext, mut shared) = self.0.encapsulate_with_rng(rng);
        let secret = Zeroizing::new(shared.into());
        shared.zeroize();
        (ciphertext.into(), secret)
    }
}

impl fmt::Debug for PeerKemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeerKemKey(1184 bytes)")
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn both_sides_get_the_same_secret() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let own = OwnKemKey::generate(&mut rng);
        let peer = PeerKemKey::parse(&own.public()).unwrap();
        assert_eq!(peer.to_bytes(), own.public());
        assert_eq!(peer.to_bytes().len(), 1_184);
        let (mut ciphertext, secret) = peer.encapsulate(&mut rng);
        assert_eq!(own.decapsulate(&ciphertext), (own.public(), secret.clone()));
        ciphertext[0] ^= 1;
        assert_ne!(own.decapsulate(&ciphertext).1, secret);
        insta::assert_snapshot!(format!("{own:?}"), @"OwnKemKey(…)");
    }

    #[test]
    fn an_offered_key_is_the_same_at_hand_and_stored() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let offered = OfferedKemKey::generate(&mut rng);
        let (ciphertext, secret) = PeerKemKey::parse(&offered.public())
            .unwrap()
            .encapsulate(&mut rng);
        let stored = serde_json::to_string(&offered).unwrap();
        assert_eq!(stored, serde_json::to_string(&offered.own).unwrap());
        let loaded: OfferedKemKey = serde_json::from_str(&stored).unwrap();
        for key in [&offered, &loaded] {
            let expected = (offered.own.public(), secret.clone());
            assert_eq!(key.decapsulate(&ciphertext), expected);
        }
        insta::assert_snapshot!(format!("{offered:?}"), @"OfferedKemKey(…)");
    }

    #[test]
    fn a_key_with_a_number_beyond_the_modulus_is_refused() {
        let mut bytes = OwnKemKey::generate(&mut ChaCha20Rng::seed_from_u64(1)).public();
        assert!(PeerKemKey::parse(&bytes[1..]).is_err());
        bytes[..2].fill(0xff); // 4,095, where q is 3,329
        assert_eq!(
            PeerKemKey::parse(&bytes).unwrap_err(),
            PrekeyError::BadKemKey
        );
    }
}
