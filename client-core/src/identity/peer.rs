//! Somebody's devices, after every check.

use core::fmt;

use prost::Message;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use sotto_protocol::{
    frames::{self, DeviceList, SignedDeviceList},
    id::{AccountId, DeviceId},
    limits::{MAX_DEVICE_LIST_BYTES, MAX_DEVICES},
    signing,
};

use super::{AgreementKey, IdentityError, PeerSigningKey, secret};

/// One device of a verified list: whose it is, the key that names it, the key it agrees with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerDevice {
    account: AccountId,
    id: DeviceId,
    agreement: AgreementKey,
}

impl PeerDevice {
    /// Whose device it is.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Its Ed25519 key.
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// Its X25519 key.
    pub fn agreement(&self) -> &AgreementKey {
        &self.agreement
    }

    /// How it stands in a device list.
    pub(super) fn entry(&self) -> frames::Device {
        frames::Device {
            signing_key: self.id.to_vec(),
            agreement_key: self.agreement.as_bytes().to_vec(),
        }
    }

    fn parse(account: AccountId, device: &frames::Device) -> Result<Self, IdentityError> {
        let id = DeviceId::try_from(device.signing_key.as_slice())
            .map_err(|_| IdentityError::BadSigningKey)?;
        PeerSigningKey::parse(id.as_bytes())?;
        let agreement = AgreementKey::parse(&device.agreement_key)?;
        Ok(Self {
            account,
            id,
            agreement,
        })
    }
}

/// A device list that its account signed: parsed, checked, and kept with the signed bytes.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PeerDevices {
    account: AccountId,
    #[serde(with = "secret::public_bytes")]
    list: Vec<u8>,
    #[serde(with = "secret::public_array")]
    signature: [u8; 64],
    #[serde(skip)]
    version: u64,
    #[serde(skip)]
    created_at_ms: u64,
    #[serde(skip)]
    devices: Vec<PeerDevice>,
}

impl PeerDevices {
    /// Checks a list that claims to be `expected`'s.
    ///
    /// What it means to whoever knows an earlier one is for the caller to ask, by [`follow`](Self::follow).
    ///
    /// # Errors
    ///
    /// [`IdentityError`] when the list is too long, not canonically encoded, somebody else's, not
    /// signed by the account (RFC 8032, strictly: no weak keys, no malleable signatures), of version 0,
    /// or when it has no devices, too many, one twice, or one with a malformed, weak or low-order key.
    pub fn verify(signed: &SignedDeviceList, expected: &AccountId) -> Result<Self, IdentityError> {
        let found = signed.list.len();
        if found > MAX_DEVICE_LIST_BYTES {
            let limit = MAX_DEVICE_LIST_BYTES;
            return Err(IdentityError::TooLarge { limit, found });
        }
        let signature: [u8; 64] = signed
            .signature
            .as_ref()
            .try_into()
            .map_err(|_| IdentityError::BadSignature)?;
        PeerSigningKey::parse(expected.as_bytes())?
            .verify(&signing::device_list(&signed.list), &signature)?;
        Self::parse(&signed.list, signature, expected)
    }

    fn parse(
        bytes: &[u8],
        signature: [u8; 64],
        expected: &AccountId,
    ) -> Result<Self, IdentityError> {
        let list = DeviceList::decode(bytes).map_err(|_| IdentityError::NotCanonical)?;
        if list.encode_to_vec() != bytes {
            return Err(IdentityError::NotCanonical);
        }
        if list.account_key != expected.as_bytes() {
            let expected = *expected;
            return Err(IdentityError::WrongAccount { expected });
        }
        if list.version == 0 {
            return Err(IdentityError::NoVersion);
        }
        let found = list.devices.len();
        if found == 0 || found > MAX_DEVICES {
            let limit = MAX_DEVICES;
            return Err(IdentityError::DeviceCount { limit, found });
        }
        let mut devices: Vec<PeerDevice> = Vec::with_capacity(found);
        for device in &list.devices {
            let device = PeerDevice::parse(*expected, device)?;
            let twice = devices
                .iter()
                .any(|known| known.id == device.id || known.agreement == device.agreement);
            if twice {
                return Err(IdentityError::Duplicate);
            }
            devices.push(device);
        }
        Ok(Self {
            account: *expected,
            list: bytes.to_vec(),
            signature,
            version: list.version,
            created_at_ms: list.created_at_ms,
            devices,
        })
    }

    /// Whose list it is.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Its version, 1 or more; it grows with each change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When the account says it made the list, in milliseconds since the Unix epoch.
    pub fn created_at_ms(&self) -> u64 {
        self.created_at_ms
    }

    /// The devices, in the list's order; never none.
    pub fn devices(&self) -> &[PeerDevice] {
        &self.devices
    }

    /// The device of that id, if it is in the list.
    pub fn device(&self, id: &DeviceId) -> Option<&PeerDevice> {
        self.devices.iter().find(|device| device.id == *id)
    }

    /// Whether both are the very same list. That another signature stands under it says nothing.
    pub(crate) fn same_list(&self, other: &Self) -> bool {
        self.account == other.account && self.list == other.list
    }

    /// The bytes that were signed, and the signature.
    pub(crate) fn parts(&self) -> (&[u8], &[u8; 64]) {
        (&self.list, &self.signature)
    }

    /// The very bytes that were signed, to store or to hand on.
    pub fn signed(&self) -> SignedDeviceList {
        SignedDeviceList {
            list: self.list.clone().into(),
            signature: self.signature.to_vec().into(),
        }
    }
}

impl fmt::Debug for PeerDevices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            account,
            list: _,
            signature: _,
            version,
            created_at_ms: _,
            devices,
        } = self;
        f.debug_struct("PeerDevices")
            .field("account", account)
            .field("version", version)
            .field("devices", devices)
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for PeerDevices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stored {
            account: AccountId,
            #[serde(with = "secret::public_bytes")]
            list: Vec<u8>,
            #[serde(with = "secret::public_array")]
            signature: [u8; 64],
        }
        let stored = Stored::deserialize(deserializer)?;
        let signed = SignedDeviceList {
            list: stored.list.into(),
            signature: stored.signature.to_vec().into(),
        };
        Self::verify(&signed, &stored.account).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::identity::{AccountKey, Device};

    fn account_with(devices: usize) -> (AccountKey, DeviceList) {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let account = AccountKey::generate(&mut rng);
        let list = DeviceList {
            account_key: account.id().to_vec(),
            version: 3,
            created_at_ms: 1_700_000_000_000,
            devices: (0..devices)
                .map(|_| Device::generate(&mut rng).entry())
                .collect(),
        };
        (account, list)
    }

    fn refused(account: &AccountKey, list: &DeviceList) -> IdentityError {
        PeerDevices::verify(&account.sign_device_list(list), &account.id()).unwrap_err()
    }

    #[test]
    fn a_signed_list_verifies_and_is_stored() {
        let (account, list) = account_with(MAX_DEVICES);
        let signed = account.sign_device_list(&list);
        let verified = PeerDevices::verify(&signed, &account.id()).unwrap();
        assert_eq!(
            (verified.version(), verified.devices().len()),
            (3, MAX_DEVICES)
        );
        assert_eq!(verified.signed(), signed);
        let json = serde_json::to_string(&verified).unwrap();
        assert_eq!(
            serde_json::from_str::<PeerDevices>(&json).unwrap(),
            verified
        );
        let bent = json.replacen("list\":\"C", "list\":\"D", 1);
        assert_ne!(bent, json);
        assert!(serde_json::from_str::<PeerDevices>(&bent).is_err());
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let (account, list) = account_with(1);
        let signed = account.sign_device_list(&list);
        let mut bytes = signed.list.to_vec();
        bytes.extend_from_slice(&signed.signature);
        for bit in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            let signature = bent.split_off(signed.list.len());
            let bent = SignedDeviceList {
                list: bent.into(),
                signature: signature.into(),
            };
            assert!(
                PeerDevices::verify(&bent, &account.id()).is_err(),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn a_list_of_somebody_else_is_refused() {
        let (account, list) = account_with(1);
        let other = AccountKey::generate(&mut ChaCha20Rng::seed_from_u64(9));
        let signed = account.sign_device_list(&list);
        assert_eq!(
            PeerDevices::verify(&signed, &other.id()).unwrap_err(),
            IdentityError::BadSignature
        );
        // Signed by the right key, naming another account.
        let list = DeviceList {
            account_key: other.id().to_vec(),
            ..list
        };
        let expected = account.id();
        assert_eq!(
            refused(&account, &list),
            IdentityError::WrongAccount { expected }
        );
    }

    #[test]
    fn only_the_canonical_encoding_is_taken() {
        let (account, list) = account_with(1);
        let sign = |bytes: Vec<u8>| account.sign_bytes(bytes);
        let canonical = list.encode_to_vec();
        assert!(PeerDevices::verify(&sign(canonical.clone()), &account.id()).is_ok());
        let unknown_field = [canonical.as_slice(), &[0x78, 0x01]].concat();
        let repeated_version = [canonical.as_slice(), &[0x10, 0x03]].concat();
        for bytes in [unknown_field, repeated_version, canonical[1..].to_vec()] {
            assert_eq!(
                PeerDevices::verify(&sign(bytes), &account.id()).unwrap_err(),
                IdentityError::NotCanonical
            );
        }
    }

    #[test]
    fn counts_versions_and_duplicates_are_checked() {
        let (account, list) = account_with(MAX_DEVICES + 1);
        let (limit, found) = (MAX_DEVICES, MAX_DEVICES + 1);
        assert_eq!(
            refused(&account, &list),
            IdentityError::DeviceCount { limit, found }
        );
        let none = DeviceList {
            devices: vec![],
            ..list.clone()
        };
        let found = 0;
        assert_eq!(
            refused(&account, &none),
            IdentityError::DeviceCount { limit, found }
        );
        let (account, list) = account_with(2);
        let unversioned = DeviceList {
            version: 0,
            ..list.clone()
        };
        assert_eq!(refused(&account, &unversioned), IdentityError::NoVersion);
        let mut twice = list.clone();
        twice.devices[1] = list.devices[0].clone();
        assert_eq!(refused(&account, &twice), IdentityError::Duplicate);
        let mut shared = list.clone();
        shared.devices[1].agreement_key = list.devices[0].agreement_key.clone();
        assert_eq!(refused(&account, &shared), IdentityError::Duplicate);
        let mut low = list.clone();
        low.devices[0].agreement_key = vec![0; 32];
        assert_eq!(refused(&account, &low), IdentityError::BadAgreementKey);
        let mut weak = list;
        weak.devices[0].signing_key = [vec![1], vec![0; 31]].concat();
        assert_eq!(refused(&account, &weak), IdentityError::BadSigningKey);
        weak.devices[0].signing_key = vec![1; 31];
        assert_eq!(refused(&account, &weak), IdentityError::BadSigningKey);
    }
}
