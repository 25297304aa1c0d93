//! Who is let in, and which list holds.

use bytes::Bytes;
use sotto_protocol::frames::SignedDeviceList;

use super::{Member, Refused, VerifiedList, VerifiedPass};
use crate::limits::Limits;

/// What a device brings to show that it is of the account, or its guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// Nothing: the list that is held will name it.
    None,
    /// The account's list, the newest that it knows of.
    List(VerifiedList),
    /// A pass.
    Pass(VerifiedPass),
}

/// A device that asks to be let in, its proof already checked.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who it is.
    pub member: Member,
    /// What it brought.
    pub credential: Credential,
    /// Whether its account may be registered if it is new.
    pub may_register: bool,
}

impl Visitor {
    /// The list that it brought.
    pub const fn list(&self) -> Option<&VerifiedList> {
        match &self.credential {
            Credential::List(list) => Some(list),
            Credential::None | Credential::Pass(_) => None,
        }
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
        list.version() == self.version && list.signed().list != self.list
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
    /// It is a guest of the account.
    Guest {
        /// For how long, in milliseconds since the Unix epoch.
        until_ms: u64,
    },
}

impl Entry {
    /// The list of the visitor, where it is to be stored.
    pub fn list_to_store(self, visitor: &Visitor) -> Option<&VerifiedList> {
        let list = visitor.list();
        list.filter(|_| matches!(self, Self::Register | Self::Replace))
    }

    /// When a guest ceases to be one, in milliseconds since the Unix epoch.
    pub const fn guest_until_ms(self) -> Option<u64> {
        match self {
            Self::Guest { until_ms } => Some(until_ms),
            Self::Register | Self::Replace | Self::Keep => None,
        }
    }
}

/// Decides whether a device, whose signature was checked before, is let in. One that has missed a
/// change of the list is, as long as the newer list names it.
///
/// `guests` is how many others the account has as guests.
///
/// # Errors
///
/// Why it is not.
pub fn enter(
    held: Option<&Held>,
    guests: u64,
    visitor: &Visitor,
    now_ms: u64,
    limits: &Limits,
) -> Result<Entry, Refused> {
    let device = &visitor.member.device;
    let (entry, named) = match (held, &visitor.credential) {
        (Some(held), Credential::Pass(pass)) => {
            return enter_as_guest(held, guests, pass, now_ms, limits);
        }
        (Some(held), Credential::List(list)) if list.version() > held.version => {
            (Entry::Replace, list.devices().contains(device))
        }
        (Some(held), Credential::List(list)) if held.forks(list) => {
            let version = held.version;
            return Err(Refused::ForkedList { version });
        }
        (Some(held), Credential::List(_) | Credential::None) => (Entry::Keep, held.names_device),
        (None, Credential::List(list)) => (Entry::Register, list.devices().contains(device)),
        (None, Credential::Pass(_) | Credential::None) => return Err(Refused::UnknownAccount),
    };
    if !named {
        return Err(Refused::UnknownDevice);
    }
    if entry == Entry::Register && !visitor.may_register {
        return Err(Refused::UnknownAccount);
    }
    Ok(entry)
}

fn enter_as_guest(
    held: &Held,
    guests: u64,
    pass: &VerifiedPass,
    now_ms: u64,
    limits: &Limits,
) -> Result<Entry, Refused> {
    // Else its end would be the end of the device.
    if held.names_device {
        return Err(Refused::NoGuest);
    }
    let until_ms = pass.expires_at_ms();
    if until_ms <= now_ms {
        return Err(Refused::PassOver);
    }
    let seconds = limits.guest_seconds;
    if until_ms - now_ms > u64::from(seconds) * 1_000 {
        return Err(Refused::PassTooLong { seconds });
    }
    if guests >= u64::from(limits.guests_per_account) {
        let limit = limits.guests_per_account;
        return Err(Refused::TooManyGuests { limit });
    }
    Ok(Entry::Guest { until_ms })
}

/// What a device has to be told of the list that is held, where it offered another one or none.
pub fn newer(held: &SignedDeviceList, offered: Option<&VerifiedList>) -> Option<SignedDeviceList> {
    let knows = offered.is_some_and(|offered| offered.signed().list == held.list);
    (!knows).then(|| held.clone())
}

/// Decides whether a list that a device publishes takes the place of the one that is held: `true`,
/// or is that very one: `false`. It need not name the device, which then removes itself. The change was
/// made in the list of version `over`; versions may leave gaps, so that alone tells who has not seen the
/// one that is held. 0 does not say.
///
/// # Errors
///
/// Why it is refused.
pub fn replace(held: Option<&Held>, offered: &VerifiedList, over: u64) -> Result<bool, Refused> {
    let held = held.ok_or(Refused::UnknownAccount)?;
    // A device that was removed while its request was under way has no say any more.
    if !held.names_device {
        return Err(Refused::UnknownDevice);
    }
    if held.list == offered.signed().list {
        return Ok(false);
    }
    if offered.version() > held.version && (over == 0 || over >= held.version) {
        return Ok(true);
    }
    Err(Refused::StaleList {
        held: held.version,
        found: offered.version(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Person, list};

    const NOW: u64 = 1_000_000;

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
            version: list.version(),
            list: list.signed().list.clone(),
            names_device,
        };
        let device = robin.device_id();
        let visit =
            |held: Option<&Held>, offered: Option<&VerifiedList>, device: &_, may_register| {
                let visitor = Visitor {
                    member: Member {
                        account: robin.account_id(),
                        device: *device,
                    },
                    credential: offered.cloned().map_or(Credential::None, Credential::List),
                    may_register,
                };
                enter(held, 0, &visitor, NOW, &Limits::default())
            };
        assert_eq!(visit(None, Some(&one), &device, true), Ok(Entry::Register));
        assert_eq!(
            visit(None, Some(&one), &device, false),
            Err(Refused::UnknownAccount)
        );
        assert_eq!(
            visit(None, None, &device, true),
            Err(Refused::UnknownAccount)
        );
        assert_eq!(
            visit(None, Some(&one), &other.device_id(), true),
            Err(Refused::UnknownDevice)
        );
        let known = held(&one, true);
        assert_eq!(visit(Some(&known), None, &device, false), Ok(Entry::Keep));
        assert_eq!(
            visit(Some(&known), Some(&one), &device, false),
            Ok(Entry::Keep)
        );
        assert_eq!(
            visit(Some(&known), Some(&two), &device, false),
            Ok(Entry::Replace)
        );
        // It has missed a change, or was removed by it.
        assert_eq!(
            visit(Some(&held(&two, true)), Some(&one), &device, false),
            Ok(Entry::Keep)
        );
        assert_eq!(
            visit(Some(&held(&two, false)), Some(&one), &device, false),
            Err(Refused::UnknownDevice)
        );
        let fork = Err(Refused::ForkedList { version: 1 });
        assert_eq!(
            visit(Some(&known), Some(&another_one), &device, false),
            fork
        );
        let removed = held(&two, false);
        assert_eq!(
            visit(Some(&removed), None, &device, true),
            Err(Refused::UnknownDevice)
        );
    }

    #[test]
    fn which_guests_are_let_in() {
        let (robin, guest) = (Person::new(1), Person::new(2));
        let limits = Limits {
            guest_seconds: 60,
            guests_per_account: 2,
            ..Limits::default()
        };
        let member = Member {
            account: robin.account_id(),
            device: guest.device_id(),
        };
        let visit = |held: Option<&Held>, guests, expires_at_ms| {
            let pass = VerifiedPass::check(&member, &robin.pass(&guest, expires_at_ms)).unwrap();
            let visitor = Visitor {
                member,
                credential: Credential::Pass(pass),
                may_register: true,
            };
            enter(held, guests, &visitor, NOW, &limits)
        };
        let held = |names_device| Held {
            version: 1,
            list: list(&robin, 1, &[&robin]).list,
            names_device,
        };
        let known = held(false);
        let until_ms = NOW + 60_000;
        let guests = Ok(Entry::Guest { until_ms });
        assert_eq!(visit(Some(&known), 1, until_ms), guests);
        assert_eq!(
            visit(Some(&known), 1, NOW + 1),
            Ok(Entry::Guest { until_ms: NOW + 1 })
        );
        assert_eq!(visit(Some(&known), 0, NOW), Err(Refused::PassOver));
        assert_eq!(visit(Some(&known), 0, 0), Err(Refused::PassOver));
        let too_long = Err(Refused::PassTooLong { seconds: 60 });
        assert_eq!(visit(Some(&known), 0, until_ms + 1), too_long);
        assert_eq!(visit(Some(&known), 0, u64::MAX), too_long);
        let too_many = Err(Refused::TooManyGuests { limit: 2 });
        assert_eq!(visit(Some(&known), 2, until_ms), too_many);
        assert_eq!(visit(Some(&held(true)), 0, until_ms), Err(Refused::NoGuest));
        // A pass registers nobody.
        assert_eq!(visit(None, 0, until_ms), Err(Refused::UnknownAccount));
    }

    #[test]
    fn which_list_takes_the_place_of_another() {
        let (robin, other) = (Person::new(1), Person::new(2));
        let check = |version, devices: &[&Person]| {
            VerifiedList::check(&robin.account_id(), list(&robin, version, devices)).unwrap()
        };
        let held = |names_device| Held {
            version: 2,
            list: check(2, &[&robin]).signed().list.clone(),
            names_device,
        };
        let by_member = |list: VerifiedList| replace(Some(&held(true)), &list, 0);
        assert_eq!(by_member(check(3, &[&robin, &other])), Ok(true));
        assert_eq!(by_member(check(9, &[&other])), Ok(true));
        assert_eq!(by_member(check(2, &[&robin])), Ok(false));
        let stale = |found| Err(Refused::StaleList { held: 2, found });
        assert_eq!(by_member(check(2, &[&robin, &other])), stale(2));
        assert_eq!(by_member(check(1, &[&robin])), stale(1));
        let newer = check(3, &[&robin]);
        assert_eq!(
            replace(Some(&held(false)), &newer, 0),
            Err(Refused::UnknownDevice)
        );
        assert_eq!(replace(None, &newer, 0), Err(Refused::UnknownAccount));
        let over = |version, over| replace(Some(&held(true)), &check(version, &[&robin]), over);
        assert_eq!(over(9, 1), stale(9), "made without knowing of the second");
        assert_eq!(over(9, 2), Ok(true));
        assert_eq!(over(9, 8), Ok(true), "the relay has lost the eighth");
        assert_eq!(over(2, 1), Ok(false), "said again");
    }
}
