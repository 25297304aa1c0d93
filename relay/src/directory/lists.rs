//! Device lists: which are taken, which holds, and whom it lets in.

use std::collections::HashSet;

use bytes::Bytes;
use prost::Message;
use sotto_protocol::frames::{DeviceList, SignedDeviceList};
use sotto_protocol::id::{AccountId, DeviceId};
use sotto_protocol::limits::{MAX_DEVICE_LIST_BYTES, MAX_DEVICES};
use sotto_protocol::signing;

use super::{Invalid, Member, Refused, X25519_BYTES, invalid, verifies};

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

/// What a store holds of an account when somebody claims to be of it.
#[derive(Debug, Clone)]
pub struct Held {
    /// The version of the stored list.
    pub version: u64,
    /// The bytes of the stored list.
    pub list: Bytes,
    /// Whether the stored list names the device.
    pub names_device: bool,
}

impl Held {
    fn forks(&self, list: &VerifiedList) -> bool {
        list.version == self.version && list.signed.list != self.list
    }
}

/// What to do with the list of somebody who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The account is new: register it.
    Register,
    /// The list is newer: replace the stored one.
    Replace,
    /// Nothing changed, or the device has missed a change.
    Keep,
}

impl Entry {
    /// The list that is to be stored, of the one that was offered.
    pub fn list_to_store(self, offered: Option<&VerifiedList>) -> Option<&VerifiedList> {
        offered.filter(|_| self != Self::Keep)
    }
}

/// Decides whether a device, whose signature was checked before, is let in. One that has missed a
/// change of the list is, as long as the newer list names it.
///
/// # Errors
///
/// Why it is not.
pub fn enter(
    held: Option<&Held>,
    offered: Option<&VerifiedList>,
    device: &DeviceId,
    may_register: bool,
) -> Result<Entry, Refused> {
    let (entry, named) = match (held, offered) {
        (None, None) => return Err(Refused::UnknownAccount),
        (None, Some(list)) => (Entry::Register, list.devices.contains(device)),
        (Some(held), Some(list)) if list.version > held.version => {
            (Entry::Replace, list.devices.contains(device))
        }
        (Some(held), Some(list)) if held.forks(list) => {
            let version = held.version;
            return Err(Refused::ForkedList { version });
        }
        (Some(held), _) => (Entry::Keep, held.names_device),
    };
    if !named {
        return Err(Refused::UnknownDevice);
    }
    if entry == Entry::Register && !may_register {
        return Err(Refused::UnknownAccount);
    }
    Ok(entry)
}

/// What a device has to be told of the list that is held, where it offered another one or none.
pub fn newer(held: &SignedDeviceList, offered: Option<&VerifiedList>) -> Option<SignedDeviceList> {
    let knows = offered.is_some_and(|offered| offered.signed.list == held.list);
    (!knows).then(|| held.clone())
}

/// Decides whether a list that a device publishes takes the place of the one that is held: `true`,
/// or is that very one: `false`. It need not name the device, which then removes itself.
///
/// # Errors
///
/// Why it is refused.
pub fn replace(held: Option<&Held>, offered: &VerifiedList) -> Result<bool, Refused> {
    let held = held.ok_or(Refused::UnknownAccount)?;
    // A device that was removed while its request was under way has no say any more.
    if !held.names_device {
        return Err(Refused::UnknownDevice);
    }
    if offered.version > held.version {
        return Ok(true);
    }
    if held.list == offered.signed.list {
        return Ok(false);
    }
    Err(Refused::StaleList {
        held: held.version,
        found: offered.version,
    })
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

    #[test]
    fn who_is_let_in() {
        let (robin, other) = (Person::new(1), Person::new(2));
        let check = |signed| VerifiedList::check(&robin.account_id(), signed).unwrap();
        let (one, two) = (
            check(list(&robin, 1, &[&robin])),
            check(list(&robin, 2, &[&robin])),
        );
        let another_one = check(list(&robin, 1, &[&robin, &other]));
        let held = |list: &VerifiedList, names_device| Held {
            version: list.version,
            list: list.signed.list.clone(),
            names_device,
        };
        let device = robin.device_id();
        assert_eq!(enter(None, Some(&one), &device, true), Ok(Entry::Register));
        assert_eq!(
            enter(None, Some(&one), &device, false),
            Err(Refused::UnknownAccount)
        );
        assert_eq!(
            enter(None, None, &device, true),
            Err(Refused::UnknownAccount)
        );
        assert_eq!(
            enter(None, Some(&one), &other.device_id(), true),
            Err(Refused::UnknownDevice)
        );
        let known = held(&one, true);
        assert_eq!(enter(Some(&known), None, &device, false), Ok(Entry::Keep));
        assert_eq!(
            enter(Some(&known), Some(&one), &device, false),
            Ok(Entry::Keep)
        );
        assert_eq!(
            enter(Some(&known), Some(&two), &device, false),
            Ok(Entry::Replace)
        );
        // It has missed a change, or was removed by it.
        assert_eq!(
            enter(Some(&held(&two, true)), Some(&one), &device, false),
            Ok(Entry::Keep)
        );
        assert_eq!(
            enter(Some(&held(&two, false)), Some(&one), &device, false),
            Err(Refused::UnknownDevice)
        );
        let fork = Err(Refused::ForkedList { version: 1 });
        assert_eq!(
            enter(Some(&known), Some(&another_one), &device, false),
            fork
        );
        let removed = held(&two, false);
        assert_eq!(
            enter(Some(&removed), None, &device, true),
            Err(Refused::UnknownDevice)
        );
    }

    #[test]
    fn which_list_takes_the_place_of_another() {
        let (robin, other) = (Person::new(1), Person::new(2));
        let check = |version, devices: &[&Person]| {
            VerifiedList::check(&robin.account_id(), list(&robin, version, devices)).unwrap()
        };
        let held = |names_device| Held {
            version: 2,
            list: check(2, &[&robin]).signed.list.clone(),
            names_device,
        };
        let by_member = |list: VerifiedList| replace(Some(&held(true)), &list);
        assert_eq!(by_member(check(3, &[&robin, &other])), Ok(true));
        assert_eq!(by_member(check(9, &[&other])), Ok(true));
        assert_eq!(by_member(check(2, &[&robin])), Ok(false));
        let stale = |found| Err(Refused::StaleList { held: 2, found });
        assert_eq!(by_member(check(2, &[&robin, &other])), stale(2));
        assert_eq!(by_member(check(1, &[&robin])), stale(1));
        let newer = check(3, &[&robin]);
        assert_eq!(
            replace(Some(&held(false)), &newer),
            Err(Refused::UnknownDevice)
        );
        assert_eq!(replace(None, &newer), Err(Refused::UnknownAccount));
    }
}
