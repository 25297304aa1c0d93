//! The account key: who a person is.

use core::fmt;

use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use prost::Message;
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sotto_protocol::{
    frames::{DeviceList, SignedDeviceList},
    id::{AccountId, DeviceId},
    signing,
};

use super::{IdentityError, PeerDevice, PeerDevices, secret};

/// A person's Ed25519 key (RFC 8032). It signs device lists, and passes by which a new
/// device reaches the relay, and nothing else. Wiped when dropped (by `ed25519-dalek`).
#[derive(Clone)]
pub struct AccountKey(SigningKey);

#[cfg(test)]
crate::wiping::proof!(AccountKey(key));

impl AccountKey {
    /// Makes a new account.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self(SigningKey::from_bytes(&secret::random(rng)))
    }

    /// The public half, which names the account.
    pub fn id(&self) -> AccountId {
        AccountId::from_bytes(self.0.verifying_key().to_bytes())
    }

    /// Signs a device list: its canonical encoding under the context `sotto/v1/device-list`.
    ///
    /// The list is signed as it is given; [`PeerDevices::verify`](super::PeerDevices::verify)
    /// says whether others will take it.
    pub fn sign_device_list(&self, list: &DeviceList) -> SignedDeviceList {
        self.sign_bytes(list.encode_to_vec())
    }

    /// Lets a device that is none of the account's in at the relay, until a time in milliseconds since
    /// the Unix epoch, by the relay's clock.
    pub fn sign_pass(&self, guest: &DeviceId, expires_at_ms: u64) -> [u8; 64] {
        let pass = signing::pass(&self.id(), guest, expires_at_ms);
        self.0.sign(&pass).to_bytes()
    }

    /// Signs the list that follows `held`, with these devices in this order: of the next version, and
    /// above `signed`, the highest that was ever signed here.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] where nobody would take it: it is of another account, or has no device, or too many.
    pub fn sign_next(
        &self,
        held: &PeerDevices,
        signed: u64,
        devices: &[PeerDevice],
        now: Timestamp,
    ) -> Result<PeerDevices, IdentityError> {
        let list = DeviceList {
            account_key: held.account().to_vec(),
            version: held.version().max(signed).saturating_add(1),
            created_at_ms: u64::try_from(now.as_millisecond()).unwrap_or(0),
            devices: devices.iter().map(PeerDevice::entry).collect(),
        };
        PeerDevices::verify(&self.sign_device_list(&list), &held.account())
    }

    pub(crate) fn sign_bytes(&self, list: Vec<u8>) -> SignedDeviceList {
        let signature = self.0.sign(&signing::device_list(&list));
        SignedDeviceList {
            list: list.into(),
            signature: signature.to_bytes().to_vec().into(),
        }
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        write!(f, "AccountKey({:?}, …)", self.id())
    }
}

impl Serialize for AccountKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        secret::serialize(self.0.as_bytes(), serializer)
    }
}

impl<'de> Deserialize<'de> for AccountKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = secret::deserialize::<D, 32>(deserializer)?;
        Ok(Self(SigningKey::from_bytes(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_public_half_only() {
        let account = AccountKey(SigningKey::from_bytes(&[7; 32]));
        insta::assert_snapshot!(format!("{account:?}"), @"AccountKey(AccountId(ea4a6c63…), …)");
    }

    #[test]
    fn it_is_stored_and_loaded() {
        let account = AccountKey(SigningKey::from_bytes(&[7; 32]));
        let json = serde_json::to_string(&account).unwrap();
        insta::assert_snapshot!(json, @r#""BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc""#);
        let loaded: AccountKey = serde_json::from_str(&json).unwrap();
        assert_eq!(loaded.id(), account.id());
        assert!(serde_json::from_str::<AccountKey>("\"AAAA\"").is_err());
    }
}
