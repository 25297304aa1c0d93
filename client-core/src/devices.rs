//! The own devices: what the user calls them, the change of their list that the relay has not taken
//! yet, and who has still to be told of the newest.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::DeviceId;

use crate::{
    api::{ApiError, ApiErrorCode, DeviceState, DeviceView},
    contacts::find,
    identity::{AccountKey, IdentityError, PeerDevice, PeerDevices},
    local_id::ContactId,
    message::MAX_TEXT_CHARS,
};

/// A change is made again in the list of another device that was faster, so often at most.
pub(crate) const MAX_REFUSALS: u32 = 3;
/// So many devices whose adding was withdrawn are known for it.
const MAX_WITHDRAWN: usize = 16;
/// So many devices that were removed are still shown.
pub(crate) const MAX_REMOVED_SHOWN: usize = 8;
/// What a device without a name is called on itself; no other is.
const THIS: &str = "This device";
/// Digits of a device's id by which people tell devices apart, in groups of four.
const FINGERPRINT_DIGITS: usize = 16;

/// What is kept of the own devices beside the signed list itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct OwnDevices {
    noted: Vec<Noted>,
    /// Nobody is shown it before the relay has it: two devices that each changed the list at once
    /// would otherwise show two of one version.
    pub(crate) pending: Option<Pending>,
    /// The highest version that this device has ever signed. What the relay was handed once may come out
    /// at any time, so that no two lists may have one.
    #[serde(default)]
    signed: u64,
    /// Devices that were to be added, of which nothing is to come although the relay may have the list.
    #[serde(default)]
    withdrawn: Vec<Withdrawn>,
    /// The newest list that was seen with one of those in it: it is not followed, and the next is signed on
    /// top of it.
    #[serde(default)]
    contested: Option<PeerDevices>,
    /// Contacts that were not told of the newest list.
    pub(crate) untold: BTreeSet<ContactId>,
    /// The list that does not name this device any more.
    pub(crate) removed_by: Option<PeerDevices>,
    /// When this device last became the agent, or stopped being it.
    pub(crate) moved: Option<Moved>,
    /// When a list that the relay could not take just now is published again.
    #[serde(skip)]
    pub(crate) retry_at: Option<Timestamp>,
}

/// Another device answers for the user from some time on, or this one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    pub(crate) at: Timestamp,
    /// Whether it is this one that does.
    pub(crate) leads: bool,
    /// Whether this device has since heard all that the relay had for it.
    #[serde(default)]
    pub(crate) caught_up: bool,
}

/// What this device knows of one, for the user alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Noted {
    device: DeviceId,
    name: Option<String>,
    added_at: Timestamp,
    removed_at: Option<Timestamp>,
    /// Whether it has the account key, as far as this device knows.
    keeper: bool,
    /// Whether this device added it, and has not heard of it yet.
    awaited: bool,
}

/// A change that was signed and that the relay has not taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) change: ListChange,
    pub(crate) list: PeerDevices,
    /// The version of the list in which the change was made.
    #[serde(default)]
    pub(crate) over: u64,
    /// Whether it never left this device.
    #[serde(default)]
    pub(crate) unshown: bool,
    /// How often the relay had a newer list.
    pub(crate) refusals: u32,
}

/// A device whose adding was signed, and withdrawn.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Withdrawn {
    device: DeviceId,
    /// Of the list that adds it.
    version: u64,
}

/// What is to become of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ListChange {
    Remove(DeviceId),
    /// It comes last.
    Add(PeerDevice),
    /// It comes first.
    Lead(DeviceId),
}

impl ListChange {
    fn make(&self, devices: &mut Vec<PeerDevice>) {
        match self {
            Self::Remove(gone) => devices.retain(|device| device.id() != *gone),
            Self::Add(new) if devices.iter().any(|device| device.id() == new.id()) => {}
            Self::Add(new) => devices.push(*new),
            // The others keep their order.
            Self::Lead(first) => devices.sort_by_key(|device| device.id() != *first),
        }
    }
}

/// The change that is under way.
impl OwnDevices {
    /// The newest list that is known, in which a change is made.
    pub(crate) fn newest<'a>(&'a self, held: &'a PeerDevices) -> &'a PeerDevices {
        let contested = self.contested.as_ref();
        let newer = contested.filter(|contested| contested.version() > held.version());
        newer.unwrap_or(held)
    }

    /// Signs a change of the newest list; nothing is pending then where that has it already.
    pub(crate) fn sign(
        &mut self,
        change: ListChange,
        refusals: u32,
        held: &PeerDevices,
        account: &AccountKey,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        if let ListChange::Add(new) = &change {
            self.withdrawn.retain(|one| one.device != new.id());
        }
        let newest = self.newest(held);
        let over = newest.version();
        let mut devices = newest.devices().to_vec();
        devices.retain(|device| !self.is_withdrawn(&device.id()));
        change.make(&mut devices);
        // Only a later list makes sure that nothing comes of one that the relay may have.
        let looms = self.withdrawn.iter().any(|one| one.version > over);
        if devices == newest.devices() && !looms {
            self.pending = None;
            return Ok(());
        }
        let list = account.sign_next(newest, self.signed, &devices, now)?;
        self.signed = list.version();
        self.pending = Some(Pending {
            change,
            list,
            over,
            unshown: true,
            refusals,
        });
        Ok(())
    }

    /// Takes back the addition that is pending. The device, where the relay may have the list: another is
    /// to be signed without it.
    pub(crate) fn withdraw(&mut self, held: &PeerDevices) -> Option<DeviceId> {
        let pending = self.pending.take()?;
        let ListChange::Add(new) = pending.change else {
            self.pending = Some(pending);
            return None;
        };
        if pending.unshown || held.device(&new.id()).is_some() {
            return None;
        }
        self.withdrawn.push(Withdrawn {
            device: new.id(),
            version: pending.list.version(),
        });
        let excess = self.withdrawn.len().saturating_sub(MAX_WITHDRAWN);
        self.withdrawn.drain(..excess);
        Some(new.id())
    }

    fn is_withdrawn(&self, device: &DeviceId) -> bool {
        self.withdrawn.iter().any(|one| one.device == *device)
    }

    /// A device of that list whose adding was withdrawn.
    pub(crate) fn withdrawn_in(&self, list: &PeerDevices) -> Option<DeviceId> {
        let mut devices = list.devices().iter().map(PeerDevice::id);
        devices.find(|device| self.is_withdrawn(device))
    }

    /// A list was seen that is not to be followed.
    pub(crate) fn contest(&mut self, found: &PeerDevices, held: &PeerDevices) {
        if found.version() > self.newest(held).version() {
            self.contested = Some(found.clone());
        }
    }
}

impl OwnDevices {
    /// Notes a device; one that was removed before is new again.
    pub(crate) fn added(&mut self, device: DeviceId, keeper: bool, now: Timestamp) {
        self.noted.retain(|noted| noted.device != device);
        self.noted.push(Noted {
            device,
            name: None,
            added_at: now,
            removed_at: None,
            keeper,
            awaited: false,
        });
    }

    /// Notes that a device is to be heard of, or that it was.
    pub(crate) fn awaits(&mut self, device: &DeviceId, awaited: bool) {
        let noted = self.noted.iter_mut().find(|noted| noted.device == *device);
        if let Some(noted) = noted {
            noted.awaited = awaited;
        }
    }

    /// Notes that a device was removed.
    pub(crate) fn removed(&mut self, device: DeviceId, now: Timestamp) {
        match self.noted.iter_mut().find(|noted| noted.device == device) {
            Some(noted) => noted.removed_at = Some(now),
            None => {
                self.added(device, false, now);
                return self.removed(device, now);
            }
        }
        let gone = self.noted.iter().filter(|n| n.removed_at.is_some());
        if gone.count() > MAX_REMOVED_SHOWN {
            let gone = self.noted.iter().enumerate();
            let oldest = gone.filter_map(|(at, noted)| Some((noted.removed_at?, at)));
            if let Some((_, at)) = oldest.min() {
                self.noted.remove(at);
            }
        }
    }

    /// Calls a device by a name; by none, as before the user gave it one.
    pub(crate) fn rename(&mut self, device: DeviceId, name: Option<String>, now: Timestamp) {
        if self.note_of(&device).is_none() {
            self.added(device, false, now);
        }
        let noted = self.noted.iter_mut().find(|noted| noted.device == device);
        if let Some(noted) = noted {
            noted.name = name;
        }
    }

    /// Calls a device of the list as another one says that it is called, unless it has a name here: where
    /// another has that, with the beginning of its fingerprint.
    pub(crate) fn told_name(
        &mut self,
        device: DeviceId,
        name: &str,
        list: &PeerDevices,
        now: Timestamp,
    ) {
        let letters = name.trim().chars().filter(|letter| !letter.is_control());
        // With room for what tells it from another of that name.
        let name: String = letters.take(MAX_TEXT_CHARS - 5).collect();
        let named = self.name_of(&device).is_some();
        if named || name.is_empty() || list.device(&device).is_none() {
            return;
        }
        let others = list.devices().iter().map(PeerDevice::id);
        let mut others = others.filter(|other| *other != device);
        let is_so = |other| self.name_of(&other).is_some_and(|had| is_same(had, &name));
        let name = if is_this(&name) || others.any(is_so) {
            format!("{name} {}", beginning(&device))
        } else {
            name
        };
        self.rename(device, Some(name), now);
    }

    /// What the user calls a device, where it has a name.
    pub(crate) fn name_of(&self, device: &DeviceId) -> Option<&str> {
        self.note_of(device)?.name.as_deref()
    }

    fn note_of(&self, device: &DeviceId) -> Option<&Noted> {
        self.noted.iter().find(|noted| noted.device == *device)
    }

    /// Whether another device of the list is known to have the account key.
    pub(crate) fn has_other_keeper(&self, list: &PeerDevices, this: &DeviceId) -> bool {
        let others = list.devices().iter().map(PeerDevice::id);
        let others = others.filter(|device| device != this);
        let mut notes = others.filter_map(|device| self.note_of(&device));
        notes.any(|noted| noted.keeper)
    }

    /// All of the list in its order, then those that were removed, the newest first.
    pub(crate) fn view(
        &self,
        list: &PeerDevices,
        this: &DeviceId,
        is_keeper: bool,
    ) -> Vec<DeviceView> {
        let change = self.pending.as_ref().map(|pending| &pending.change);
        let first = list.devices().first().map(PeerDevice::id);
        let one = |device: DeviceId, state: DeviceState| {
            let noted = self.note_of(&device);
            let this = device == *this;
            let name = noted.and_then(|noted| noted.name.clone());
            DeviceView {
                id: device.to_string(),
                fingerprint: fingerprint(&device),
                name: name.unwrap_or_else(|| unnamed(&device, this)),
                this,
                agent: first == Some(device),
                keeper: if this {
                    is_keeper
                } else {
                    noted.is_some_and(|noted| noted.keeper)
                },
                added_at: noted.map(|noted| noted.added_at),
                removed_at: noted.and_then(|noted| noted.removed_at),
                came: noted.is_none_or(|noted| !noted.awaited),
                parted: false,
                state,
            }
        };
        let listed = list.devices().iter().map(|device| {
            let device = device.id();
            let state = match change {
                Some(ListChange::Remove(leaves)) if *leaves == device => DeviceState::Leaving,
                Some(ListChange::Lead(leads)) if *leads == device => DeviceState::Leading,
                _ => DeviceState::Listed,
            };
            one(device, state)
        });
        let mut gone: Vec<&Noted> = self
            .noted
            .iter()
            .filter(|n| n.removed_at.is_some())
            .collect();
        gone.sort_by_key(|noted| std::cmp::Reverse(noted.removed_at));
        let gone = gone
            .into_iter()
            .map(|noted| one(noted.device, DeviceState::Removed));
        listed.chain(gone).collect()
    }
}

/// The device of the list that a user names: by its name, its id, or its fingerprint as it is shown; or
/// by the beginning of either. "this" is the one that they have before them, whatever it is called.
///
/// # Errors
///
/// [`ApiErrorCode::NotFound`], also for one that was removed; [`ApiErrorCode::Ambiguous`] when it may be
/// more than one.
pub fn find_device<'a>(all: &'a [DeviceView], named: &str) -> Result<&'a DeviceView, ApiError> {
    let items = |removed: bool| {
        let all = all.iter().filter(move |device| match removed {
            true => device.state == DeviceState::Removed,
            false => device.state.is_listed(),
        });
        all.map(|device| (device.id.as_str(), device.name.as_str(), device))
    };
    if is_this(named)
        && let Some(this) = all.iter().find(|device| device.this)
    {
        return match this.state {
            DeviceState::Removed => Err(was_removed(&this.name)),
            _ => Ok(this),
        };
    }
    let digits: String = named.split_whitespace().collect();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let by = |removed| match find("device", named, items(removed)) {
        Err(_) if is_hex && digits != named => find("device", &digits, items(removed)),
        found => found,
    };
    by(false).map_err(|error| match by(true) {
        Ok(removed) if error.code == ApiErrorCode::NotFound => was_removed(&removed.name),
        _ => error,
    })
}

/// What is refused of a device that is none any more.
pub(crate) fn was_removed(name: &str) -> ApiError {
    ApiError::new(
        ApiErrorCode::NotFound,
        format!("{name} was removed, and is none of your devices any more."),
        "Name another one, or add it again as a new device first.",
    )
}

/// The beginning of a device's id, for people to compare.
pub(crate) fn fingerprint(device: &DeviceId) -> String {
    let digits: Vec<char> = device
        .to_string()
        .chars()
        .take(FINGERPRINT_DIGITS)
        .collect();
    let groups: Vec<String> = digits
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

/// That no other device of the list is called so, and that it is not what a screen calls the device in hand.
///
/// # Errors
///
/// [`ApiErrorCode::ValueInvalid`] when it is.
pub(crate) fn check_free(all: &[DeviceView], device: &str, name: &str) -> Result<(), ApiError> {
    let mut others = all
        .iter()
        .filter(|other| other.id != device && other.state.is_listed());
    let message = if is_this(name) {
        format!("“{name}” is what each device calls itself.")
    } else if let Some(other) = others.find(|other| is_same(&other.name, name)) {
        format!("Another of your devices is called “{}”.", other.name)
    } else {
        return Ok(());
    };
    Err(ApiError::new(
        ApiErrorCode::ValueInvalid,
        message,
        "Choose a name by which you tell them apart.",
    ))
}

fn is_same(name: &str, other: &str) -> bool {
    name.trim().to_lowercase() == other.trim().to_lowercase()
}

fn is_this(name: &str) -> bool {
    is_same(name, "this") || is_same(name, THIS)
}

fn unnamed(device: &DeviceId, this: bool) -> String {
    if this {
        return THIS.to_owned();
    }
    format!("Device {}", beginning(device))
}

fn beginning(device: &DeviceId) -> String {
    device.to_string().chars().take(4).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// One of the list that does not answer, and came.
    pub(crate) fn listed(device: DeviceId, name: &str) -> DeviceView {
        DeviceView {
            id: device.to_string(),
            fingerprint: fingerprint(&device),
            name: name.to_owned(),
            this: false,
            agent: false,
            keeper: false,
            added_at: None,
            removed_at: None,
            came: true,
            parted: false,
            state: DeviceState::Listed,
        }
    }

    #[test]
    fn the_newest_of_those_that_were_removed_stay_shown() {
        let mut own = OwnDevices::default();
        for number in 0..10 {
            own.removed(
                DeviceId::from_bytes([number; 32]),
                at(100 - i64::from(number)),
            );
        }
        let mut left: Vec<u8> = own.noted.iter().map(|n| n.device.as_bytes()[0]).collect();
        left.sort_unstable();
        assert_eq!(left, (0..8).collect::<Vec<_>>());
        own.added(DeviceId::from_bytes([0; 32]), false, at(200));
        let back = own.note_of(&DeviceId::from_bytes([0; 32])).unwrap();
        assert_eq!(back.removed_at, None);
    }

    #[test]
    fn a_device_is_named_as_it_is_shown_and_one_that_was_removed_is_said_to_be() {
        let mut own = OwnDevices::default();
        let key = |byte: u8| DeviceId::from_bytes([byte; 32]);
        own.added(key(0xab), false, at(1));
        own.rename(key(0xab), Some("Phone".to_owned()), at(1));
        own.added(key(0xcd), false, at(1));
        own.rename(key(0xcd), Some("Old phone".to_owned()), at(1));
        own.removed(key(0xcd), at(2));
        let views: Vec<DeviceView> = own
            .noted
            .iter()
            .map(|noted| DeviceView {
                removed_at: noted.removed_at,
                state: match noted.removed_at {
                    Some(_) => DeviceState::Removed,
                    None => DeviceState::Listed,
                },
                ..listed(noted.device, noted.name.as_deref().unwrap())
            })
            .collect();
        for named in ["phone", "Pho", "abab abab", &key(0xab).to_string()] {
            assert_eq!(find_device(&views, named).unwrap().name, "Phone", "{named}");
        }
        let said = find_device(&views, "old phone").unwrap_err();
        assert_eq!(said.code, ApiErrorCode::NotFound);
        assert!(
            said.message.starts_with("Old phone was removed"),
            "{said:?}"
        );
        let said = find_device(&views, "tablet").unwrap_err();
        assert_eq!(said.message, "There is no device called “tablet”.");
        assert_eq!(said.next_step, "Use one of these: Phone.");
    }

    #[test]
    fn this_is_the_one_in_hand_and_no_other_is_called_so() {
        let view = |byte: u8, name: &str, this: bool| DeviceView {
            this,
            ..listed(DeviceId::from_bytes([byte; 32]), name)
        };
        let gone = DeviceView {
            state: DeviceState::Removed,
            ..view(3, "Tablet", false)
        };
        let all = [view(1, "Thistle", false), view(2, "Phone", true), gone];
        for named in ["this", "This device"] {
            assert_eq!(find_device(&all, named).unwrap().name, "Phone");
        }
        let free = |name: &str| check_free(&all, &all[1].id, name);
        for name in ["Laptop", "phone", "Tablet", ""] {
            assert_eq!(free(name), Ok(()), "{name}");
        }
        for (name, said) in [
            ("thistle", "Another of your devices is called “Thistle”."),
            (
                "this device",
                "“this device” is what each device calls itself.",
            ),
        ] {
            let refused = free(name).unwrap_err();
            assert_eq!(refused.code, ApiErrorCode::ValueInvalid);
            assert_eq!(refused.message, said);
        }
    }

    #[test]
    fn a_fingerprint_is_short_and_in_groups() {
        let device = DeviceId::from_bytes([0xab; 32]);
        assert_eq!(fingerprint(&device), "abab abab abab abab");
    }
}
