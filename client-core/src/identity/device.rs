//! The own device: what it signs and agrees with.

use core::fmt;

use ed25519_dalek::{Signer, SigningKey};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sotto_protocol::{
    frames,
    id::{AccountId, DeviceId},
    signing,
};

use super::{
    agreement::{AgreementPair, AgreementSecret},
    secret,
};

/// One own device: an Ed25519 key that names it and signs for it, and the X25519 key
/// that is its identity in handshakes. Both are wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
pub struct Device {
    #[serde(with = "signing_key")]
    signing: SigningKey,
    agreement: AgreementPair,
}

#[cfg(test)]
crate::wiping::proof!(Device { signing, agreement });

impl Device {
    /// Makes a new device.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self {
            signing: SigningKey::from_bytes(&secret::random(rng)),
            agreement: AgreementPair::generate(rng),
        }
    }

    /// The public signing key, which names the device.
    pub fn id(&self) -> DeviceId {
        DeviceId::from_bytes(self.signing.verifying_key().to_bytes())
    }

    /// The public agreement key.
    pub fn agreement_key(&self) -> [u8; 32] {
        *self.agreement.public()
    }

    /// How it stands in a device list.
    pub fn entry(&self) -> frames::Device {
        frames::Device {
            signing_key: self.id().to_vec(),
            agreement_key: self.agreement_key().to_vec(),
        }
    }

    /// Signs bytes. They must begin with a context of their own, as in [`signing`].
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    /// Proves to the relay at `audience`, which challenged with `nonce`, that this device connects.
    pub fn hello_signature(
        &self,
        nonce: &[u8; 32],
        account: &AccountId,
        audience: &str,
    ) -> [u8; 64] {
        self.sign(&signing::hello(nonce, account, &self.id(), audience))
    }

    pub(crate) fn agreement(&self) -> &AgreementSecret {
        self.agreement.secret()
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            signing: _,
            agreement: _,
        } = self;
        write!(f, "Device({:?}, …)", self.id())
    }
}

mod signing_key {
    use super::{Deserializer, Serializer, SigningKey, secret};

    pub(super) fn serialize<S: Serializer>(
        key: &SigningKey,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        secret::serialize(key.as_bytes(), serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SigningKey, D::Error> {
        let bytes = secret::deserialize::<D, 32>(deserializer)?;
        Ok(SigningKey::from_bytes(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, VerifyingKey};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn debug_shows_the_public_half_only() {
        let device = Device::generate(&mut ChaCha20Rng::seed_from_u64(1));
        insta::assert_snapshot!(format!("{device:?}"), @"Device(DeviceId(478b8e50…), …)");
    }

    #[test]
    fn it_is_stored_and_loaded() {
        let device = Device::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let json = serde_json::to_string(&device).unwrap();
        let loaded: Device = serde_json::from_str(&json).unwrap();
        assert_eq!(loaded.entry(), device.entry());
    }

    #[test]
    fn a_hello_verifies_for_its_audience_alone() {
        let device = Device::generate(&mut ChaCha20Rng::seed_from_u64(1));
        let account = AccountId::from_bytes([2; 32]);
        let signature = device.hello_signature(&[1; 32], &account, "relay.example:8787");
        let key = VerifyingKey::from_bytes(device.id().as_bytes()).unwrap();
        let verifies = |audience: &str| {
            let bytes = signing::hello(&[1; 32], &account, &device.id(), audience);
            key.verify_strict(&bytes, &Signature::from_bytes(&signature))
                .is_ok()
        };
        assert!(verifies("relay.example:8787"));
        assert!(!verifies("relay.example:8788"));
    }
}
