//! What a session needs of oneself.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use sotto_protocol::{frames::SignedDeviceList, id::AccountId};

use super::{Device, IdentityError, PeerDevices};

/// This device of this person: the account's id, the device's secrets, and the signed
/// list that holds the device, as peers will be shown it.
#[derive(Clone, Serialize)]
pub struct LocalIdentity {
    device: Device,
    devices: PeerDevices,
}

#[cfg(test)]
crate::wiping::proof!(LocalIdentity { device; devices });

impl LocalIdentity {
    /// Puts the three together.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] when the list does not verify for `account`, or does not hold `device`
    /// with both of its keys: no peer would take it.
    pub fn new(
        account: &AccountId,
        device: Device,
        list: &SignedDeviceList,
    ) -> Result<Self, IdentityError> {
        Self::checked(device, PeerDevices::verify(list, account)?)
    }

    fn checked(device: Device, devices: PeerDevices) -> Result<Self, IdentityError> {
        let expected = device.id();
        let listed = devices
            .device(&expected)
            .ok_or(IdentityError::UnknownDevice { expected })?;
        if *listed.agreement().as_bytes() != device.agreement_key() {
            return Err(IdentityError::BadAgreementKey);
        }
        Ok(Self { device, devices })
    }

    /// The person.
    pub fn account(&self) -> AccountId {
        self.devices.account()
    }

    /// This device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The own list, verified as a peer would.
    pub fn devices(&self) -> &PeerDevices {
        &self.devices
    }

    /// The own list, to publish.
    pub fn signed_device_list(&self) -> SignedDeviceList {
        self.devices.signed()
    }
}

impl fmt::Debug for LocalIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, devices } = self;
        f.debug_struct("LocalIdentity")
            .field("device", device)
            .field("devices", devices)
            .finish()
    }
}

impl<'de> Deserialize<'de> for LocalIdentity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            device: Device,
            devices: PeerDevices,
        }
        let Stored { device, devices } = Stored::deserialize(deserializer)?;
        Self::checked(device, devices).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use sotto_protocol::frames::DeviceList;

    use super::*;
    use crate::identity::AccountKey;

    #[test]
    fn it_takes_a_list_that_holds_the_device_and_no_other() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let account = AccountKey::generate(&mut rng);
        let (device, other) = (Device::generate(&mut rng), Device::generate(&mut rng));
        let list = account.sign_device_list(&DeviceList {
            account_key: account.id().to_vec(),
            version: 1,
            created_at_ms: 0,
            devices: vec![device.entry()],
        });
        let expected = other.id();
        assert_eq!(
            LocalIdentity::new(&account.id(), other, &list).unwrap_err(),
            IdentityError::UnknownDevice { expected }
        );
        let local = LocalIdentity::new(&account.id(), device, &list).unwrap();
        let json = serde_json::to_string(&local).unwrap();
        let loaded: LocalIdentity = serde_json::from_str(&json).unwrap();
        assert_eq!(loaded.signed_device_list(), list);
        insta::assert_snapshot!(format!("{local:?}"), @"LocalIdentity { device: Device(DeviceId(381d0b86…), …), devices: PeerDevices { account: AccountId(ec892409…), version: 1, devices: [PeerDevice { account: AccountId(ec892409…), id: DeviceId(381d0b86…), agreement: AgreementKey(3d7d9ca8…) }], .. } }");
    }
}
