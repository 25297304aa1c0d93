//! Device lists, as an account signs them.

use std::collections::HashSet;

use prost::Message;
use sotto_protocol::frames::{DeviceList, SignedDeviceList};
use sotto_protocol::id::{AccountId, DeviceId};
use sotto_protocol::limits::{MAX_DEVICE_LIST_BYTES, MAX_DEVICES};
use sotto_protocol::signing;

use super::{Invalid, Member, X25519_BYTES, invalid, verifies};

/// A device list whose account's signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedList {
    account: AccountId,
    version: u64,
    devices: Vec<DeviceId>,
    signed: SignedDeviceList,
}

impl VerifiedList {
    /// Checks a list that claims to be `account`'s.
    ///
    /// # Errors
    ///
    /// [`Invalid`] names the field.
    pub fn check(account: &AccountId, signed: SignedDeviceList) -> Result<Self, Invalid> {
        if signed.list.len() > MAX_DEVICE_LIST_BYTES {
            let expected = format!("at most {MAX_DEVICE_LIST_BYTES} bytes");
            return Err(invalid("device_list.list", expected));
        }
        let message = signing::device_list(&signed.list);
        if !verifies(account.as_bytes(), &message, &signed.signature) {
            return Err(invalid(
                "device_list.signature",
                "the account's signature over the list",
            ));
        }
        let list = DeviceList::decode(signed.list.clone())
            .map_err(|_| invalid("device_list.list", "an encoded DeviceList"))?;
        if list.account_key != account.as_bytes() {
            return Err(invalid(
                "device_list.list.account_key",
                "the account of this connection",
            ));
        }
        if list.encode_to_vec() != signed.list {
            return Err(invalid("device_list.list", "the canonical encoding"));
        }
        // The stores count in signed 64 bits.
        if list.version == 0 || i64::try_from(list.version).is_err() {
            return Err(invalid(
                "device_list.list.version",
                "a number from 1 to 2^63 - 1",
            ));
        }
        if list.devices.is_empty() || list.devices.len() > MAX_DEVICES {
            let expected = format!("1 to {MAX_DEVICES} devices");
            return Err(invalid("device_list.list.devices", expected));
        }
        let mut devices = Vec::with_capacity(list.devices.len());
        let (mut distinct, mut agreement_keys) = (HashSet::new(), HashSet::new());
        for device in &list.devices {
            let id = DeviceId::try_from(device.signing_key.as_slice())
                .map_err(|_| invalid("device_list.list.devices.signing_key", "32 bytes"))?;
            if device.agreement_key.len() != X25519_BYTES {
                return Err(invalid(
                    "device_list.list.devices.agreement_key",
                    "32 bytes",
                ));
            }
            if !distinct.insert(id) || !agreement_keys.insert(&device.agreement_key) {
                return Err(invalid("device_list.list.devices", "each key once"));
            }
            devices.push(id);
        }
        Ok(Self {
            account: *account,
            version: list.version,
            devices,
            signed,
        })
    }

    /// Whose list it is.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The version.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The devices, in the list's order.
    pub fn devices(&self) -> &[DeviceId] {
        &self.devices
    }

    /// The devices with their account.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        let account = self.account;
        let member = move |device: &DeviceId| Member {
            account,
            device: *device,
        };
        self.devices.iter().map(member)
    }

    /// The list as it was signed.
    pub const fn signed(&self) -> &SignedDeviceList {
        &self.signed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, list};

    #[test]
    fn a_list_is_taken_only_as_the_account_signed_it() {
        let robin = Person::new(1);
        let signed = list(&robin, 1, &[&robin]);
        let checked = VerifiedList::check(&robin.account_id(), signed.clone()).unwrap();
        assert_eq!(
            (checked.version(), checked.devices()),
            (1, [robin.device_id()].as_slice())
        );

        let field = |signed| {
            VerifiedList::check(&robin.account_id(), signed)
                .unwrap_err()
                .field
        };
        let mut bent = signed.clone();
        bent.list = [bent.list.as_ref(), &[0x10, 2]].concat().into();
        assert_eq!(field(bent), "device_list.signature");
        let other = Person::new(2);
        assert_eq!(field(list(&other, 1, &[&other])), "device_list.signature");
        assert_eq!(
            field(list(&robin, 0, &[&robin])),
            "device_list.list.version"
        );
        assert_eq!(
            field(list(&robin, u64::MAX, &[&robin])),
            "device_list.list.version"
        );
        assert_eq!(field(list(&robin, 1, &[])), "device_list.list.devices");
        assert_eq!(
            field(list(&robin, 1, &[&robin, &robin])),
            "device_list.list.devices"
        );
        let sign = |bytes: Vec<u8>| SignedDeviceList {
            signature: robin.sign(&signing::device_list(&bytes)),
            list: bytes.into(),
        };
        let padded = [signed.list.as_ref(), &[0xf8, 0x07, 0]].concat();
        assert_eq!(field(sign(padded)), "device_list.list");
        let mut twin = DeviceList::decode(list(&robin, 1, &[&robin, &other]).list).unwrap();
        twin.devices[1].agreement_key = twin.devices[0].agreement_key.clone();
        assert_eq!(
            field(sign(twin.encode_to_vec())),
            "device_list.list.devices"
        );
    }

    #[test]
    fn a_list_has_eight_devices_at_most() {
        let robin = Person::new(1);
        let of = |count| {
            let people: Vec<Person> = (1..=count).map(Person::new).collect();
            list(&robin, 16_383, &people.iter().collect::<Vec<_>>())
        };
        let most = of(MAX_DEVICES as u8);
        assert_eq!((MAX_DEVICES, most.list.len()), (8, 604));
        let check = |signed| VerifiedList::check(&robin.account_id(), signed);
        assert_eq!(check(most).unwrap().devices().len(), MAX_DEVICES);
        let error = check(of(MAX_DEVICES as u8 + 1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected 1 to 8 devices as device_list.list.devices"
        );
    }
}
