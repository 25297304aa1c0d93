//! The key directory: checks of what devices publish, and the rules by which a
//! device is let in. Plain decisions; the signatures are checked here too, so
//! that the relay stores no garbage. Clients check them again.

use std::collections::HashSet;

use bytes::Bytes;
use ed25519_dalek::{Signature, VerifyingKey};
use prost::Message;
use sotto_protocol::frames::{
    DeviceList, KemPrekey, OneTimePrekey, PublishPrekeys, SignedDeviceList, SignedPrekey,
};
use sotto_protocol::id::{AccountId, DeviceId};
use sotto_protocol::limits::{MAX_DEVICE_LIST_BYTES, MAX_DEVICES};
use sotto_protocol::signing;

const X25519_BYTES: usize = 32;
const ML_KEM_768_BYTES: usize = 1_184;

/// A device of an account: who a connection is. Two accounts may list the same
/// device key, and neither may touch what belongs to the other's, so the pair is the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Member {
    /// The account.
    pub account: AccountId,
    /// Its device.
    pub device: DeviceId,
}

/// A field that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} as {field}")]
pub struct Invalid {
    /// The field's path within the request.
    pub field: &'static str,
    /// What it must be.
    pub expected: String,
}

fn invalid(field: &'static str, expected: impl Into<String>) -> Invalid {
    Invalid {
        field,
        expected: expected.into(),
    }
}

/// Why the directory refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The account is not registered, and may not be registered now.
    #[error("the relay knows no such account")]
    UnknownAccount,
    /// The account's list does not name the device.
    #[error("the account's device list does not name this device")]
    UnknownDevice,
    /// The relay holds a newer list, or another one of the same version.
    #[error(
        "expected a device list newer than version {held}, found version {found}: \
         this copy of the vault is out of date; open the newest one"
    )]
    StaleList {
        /// The version that the relay holds.
        held: u64,
        /// The version that came.
        found: u64,
    },
    /// No device of the account has published prekeys.
    #[error("the account has published no prekeys yet")]
    NoPrekeys,
    /// More one-time prekeys than the relay keeps.
    #[error("expected at most {limit} one-time prekeys of a kind, found {found} with those held")]
    TooManyPrekeys {
        /// The relay's limit.
        limit: u32,
        /// What it would hold.
        found: u64,
    },
}

/// Whether `signature` is `key`'s over `message`, by the strict rules: no
/// key of small order, no second encoding of the same signature.
pub fn verifies(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (
        VerifyingKey::from_bytes(key),
        Signature::from_slice(signature),
    ) else {
        return false;
    };
    key.verify_strict(message, &signature).is_ok()
}

/// A device list whose account's signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedList {
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
                "the account of the hello",
            ));
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
        let mut distinct = HashSet::new();
        for device in &list.devices {
            let id = DeviceId::try_from(device.signing_key.as_slice())
                .map_err(|_| invalid("device_list.list.devices.signing_key", "32 bytes"))?;
            if device.agreement_key.len() != X25519_BYTES {
                return Err(invalid(
                    "device_list.list.devices.agreement_key",
                    "32 bytes",
                ));
            }
            if !distinct.insert(id) {
                return Err(invalid("device_list.list.devices", "each device once"));
            }
            devices.push(id);
        }
        Ok(Self {
            version: list.version,
            devices,
            signed,
        })
    }

    /// The version.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The devices.
    pub fn devices(&self) -> &[DeviceId] {
        &self.devices
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

/// What to do with the list of somebody who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The account is new: register it.
    Register,
    /// The list is newer: replace the stored one.
    Replace,
    /// Nothing changed.
    Keep,
}

/// Decides whether a device, whose signature was checked before, is let in.
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
        (Some(held), None) => (Entry::Keep, held.names_device),
        (Some(held), Some(list)) if list.version > held.version => {
            (Entry::Replace, list.devices.contains(device))
        }
        (Some(held), Some(list)) if held.list == list.signed.list => {
            (Entry::Keep, held.names_device)
        }
        (Some(held), Some(list)) => {
            return Err(Refused::StaleList {
                held: held.version,
                found: list.version,
            });
        }
    };
    if !named {
        return Err(Refused::UnknownDevice);
    }
    if entry == Entry::Register && !may_register {
        return Err(Refused::UnknownAccount);
    }
    Ok(entry)
}

/// Prekeys whose lengths and signatures were checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Publication {
    /// Replaces the signed prekey.
    pub signed: Option<SignedPrekey>,
    /// Added.
    pub one_time: Vec<OneTimePrekey>,
    /// Added.
    pub kem_one_time: Vec<KemPrekey>,
    /// Replaces the last-resort key.
    pub last_resort: Option<KemPrekey>,
}

impl Publication {
    /// Checks what `device` publishes.
    ///
    /// # Errors
    ///
    /// [`Invalid`] names the field.
    pub fn check(device: &DeviceId, frame: PublishPrekeys, most: u32) -> Result<Self, Invalid> {
        let most = most as usize;
        if frame.one_time_prekeys.len() > most {
            return Err(invalid("one_time_prekeys", format!("at most {most}")));
        }
        // One more: the last-resort key.
        if frame.kem_prekeys.len() > most + 1 {
            return Err(invalid(
                "kem_prekeys",
                format!("at most {most} and a last-resort key"),
            ));
        }
        if let Some(key) = &frame.signed_prekey {
            let message = signing::signed_prekey(key.id, &key.public_key);
            if key.public_key.len() != X25519_BYTES {
                return Err(invalid("signed_prekey.public_key", "32 bytes"));
            }
            // Zero means "none" in a PrekeySupply.
            if key.id == 0 {
                return Err(invalid("signed_prekey.id", "another number than zero"));
            }
            if !verifies(device.as_bytes(), &message, &key.signature) {
                return Err(invalid("signed_prekey.signature", "the device's signature"));
            }
        }
        if frame
            .one_time_prekeys
            .iter()
            .any(|key| key.public_key.len() != X25519_BYTES)
        {
            return Err(invalid("one_time_prekeys.public_key", "32 bytes"));
        }
        let mut publication = Self {
            signed: frame.signed_prekey,
            one_time: frame.one_time_prekeys,
            ..Self::default()
        };
        for key in frame.kem_prekeys {
            let message = signing::kem_prekey(key.id, key.last_resort, &key.public_key);
            if key.public_key.len() != ML_KEM_768_BYTES {
                return Err(invalid(
                    "kem_prekeys.public_key",
                    format!("{ML_KEM_768_BYTES} bytes"),
                ));
            }
            if !verifies(device.as_bytes(), &message, &key.signature) {
                return Err(invalid("kem_prekeys.signature", "the device's signature"));
            }
            if !key.last_resort {
                publication.kem_one_time.push(key);
            } else if publication.last_resort.replace(key).is_some() {
                return Err(invalid(
                    "kem_prekeys.last_resort",
                    "true for at most one key",
                ));
            }
        }
        Ok(publication)
    }
}

/// Decides whether a device may hold so many one-time prekeys of a kind.
///
/// # Errors
///
/// [`Refused::TooManyPrekeys`].
pub fn supply(held: u64, added: u64, limit: u32) -> Result<(), Refused> {
    let found = held.saturating_add(added);
    if added > 0 && found > u64::from(limit) {
        return Err(Refused::TooManyPrekeys { limit, found });
    }
    Ok(())
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
        let many: Vec<Person> = (0..17).map(Person::new).collect();
        let many: Vec<&Person> = many.iter().collect();
        assert_eq!(field(list(&robin, 1, &many)), "device_list.list.devices");
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
        let stale = Err(Refused::StaleList { held: 2, found: 1 });
        assert_eq!(
            enter(Some(&held(&two, true)), Some(&one), &device, false),
            stale
        );
        let fork = Err(Refused::StaleList { held: 1, found: 1 });
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
    fn prekeys_are_published_only_as_the_device_signed_them() {
        let robin = Person::new(1);
        let good = robin.prekeys(1, 2, 2);
        let check = |frame| Publication::check(&robin.device_id(), frame, 2);
        let publication = check(good.clone()).unwrap();
        assert_eq!(
            (publication.one_time.len(), publication.kem_one_time.len()),
            (2, 2)
        );
        assert!(publication.last_resort.is_some() && publication.signed.is_some());

        type Bend = fn(&mut PublishPrekeys);
        let bends: [(&str, Bend); 8] = [
            ("signed_prekey.signature", |p| {
                p.signed_prekey.as_mut().unwrap().id += 1
            }),
            ("signed_prekey.public_key", |p| {
                p.signed_prekey.as_mut().unwrap().public_key.truncate(31);
            }),
            ("signed_prekey.id", |p| {
                p.signed_prekey.as_mut().unwrap().id = 0
            }),
            ("one_time_prekeys.public_key", |p| {
                p.one_time_prekeys[0].public_key.push(0)
            }),
            ("one_time_prekeys", |p| {
                p.one_time_prekeys.push(OneTimePrekey::default())
            }),
            ("kem_prekeys.public_key", |p| {
                p.kem_prekeys[0].public_key.truncate(32)
            }),
            ("kem_prekeys.signature", |p| {
                p.kem_prekeys[0].last_resort ^= true
            }),
            ("kem_prekeys.last_resort", |p| {
                let last = p
                    .kem_prekeys
                    .iter()
                    .find(|key| key.last_resort)
                    .cloned()
                    .unwrap();
                p.kem_prekeys[0] = last;
            }),
        ];
        for (field, bend) in bends {
            let mut bad = good.clone();
            bend(&mut bad);
            assert_eq!(check(bad).unwrap_err().field, field);
        }
    }

    #[test]
    fn the_supply_is_bounded() {
        assert_eq!(supply(60, 40, 100), Ok(()));
        assert_eq!(supply(200, 0, 100), Ok(()));
        assert_eq!(
            supply(61, 40, 100),
            Err(Refused::TooManyPrekeys {
                limit: 100,
                found: 101
            })
        );
    }
}
