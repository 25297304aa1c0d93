//! The people that this user's agent may talk to, and how far the acquaintance has come.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::{AccountId, DeviceId, MailboxId};

use crate::{
    api::{
        ApiError, ApiErrorCode, ContactDeviceView, ContactRef, ContactState, ContactView, HoldView,
        MissingPrekey,
    },
    devices::fingerprint,
    hold::Doubts,
    identity::{DevicesChanged, Follow, PeerDevices, Source},
    local_id::ContactId,
    relay_url::RelayUrl,
};

/// Most contacts.
pub(crate) const MAX_CONTACTS: usize = 1_000;

/// Most removed contacts whose names are kept.
pub(crate) const MAX_REMOVED: usize = 1_000;

/// A person, as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub(crate) id: ContactId,
    pub(crate) account: AccountId,
    /// What they call themselves.
    pub(crate) name: String,
    /// What the user calls them instead.
    pub(crate) own_name: Option<String>,
    pub(crate) relay: RelayUrl,
    pub(crate) state: ContactState,
    pub(crate) verified: bool,
    /// Made once, as it takes thousands of hashes; an account key never changes.
    pub(crate) safety_number: String,
    pub(crate) since: Timestamp,
    /// Their devices, by the newest list of theirs that was ever seen.
    pub(crate) devices: PeerDevices,
    /// The mailbox of their invitation that I used, to know it again.
    pub(crate) invited_at: Option<MailboxId>,
    /// How many of their messages could not be opened in this session.
    pub(crate) unreadable: u32,
    /// Whether the user removed them: kept for the name, which what was agreed and said is shown
    /// with, and for what the user noted, should they come back.
    pub(crate) removed: bool,
    /// Whether they were removed once, and came back.
    #[serde(default)]
    pub(crate) returned: bool,
    /// Since when each device is known that came after the acquaintance had begun.
    pub(crate) later_devices: BTreeMap<DeviceId, Timestamp>,
    /// What the user has to decide about them, and has decided.
    pub(crate) doubts: Doubts,
}

impl Contact {
    /// By what name the user knows them.
    pub(crate) fn name(&self) -> &str {
        self.own_name.as_deref().unwrap_or(&self.name)
    }

    /// As the user sees them, and their devices, of which some can be written to; with what the sessions
    /// know, and what is to be decided.
    pub(crate) fn view(
        &self,
        is_reachable: impl Fn(&DeviceId) -> bool,
        missing_prekeys: Vec<MissingPrekey>,
        hold: Option<HoldView>,
        same_name: Option<ContactRef>,
        of_agent: bool,
    ) -> ContactView {
        let devices = self.devices.devices().iter().map(|device| {
            let since = self.later_devices.get(&device.id());
            ContactDeviceView {
                fingerprint: fingerprint(&device.id()),
                since: since.copied().unwrap_or(self.since),
                reachable: is_reachable(&device.id()),
                leads: self.devices.devices().first() == Some(device),
            }
        });
        ContactView {
            devices: devices.collect(),
            id: self.id.to_string(),
            name: self.name().to_owned(),
            their_name: self.name.clone(),
            state: self.state,
            verified: self.verified,
            was_verified: self.doubts.was_verified && !self.verified,
            safety_number: self.safety_number.clone(),
            relay: self.relay.to_string(),
            since: self.since,
            unreadable: self.unreadable,
            hold,
            same_name,
            missing_prekeys,
            of_agent,
        }
    }

    /// Notes when devices came, as the newest list of theirs says.
    pub(crate) fn note_devices(&mut self, changed: &DevicesChanged, now: Timestamp) {
        for device in &changed.removed {
            self.later_devices.remove(&device.id());
        }
        let came = changed.added.iter().map(|device| (device.id(), now));
        self.later_devices.extend(came);
    }

    /// What the user noted of them: a name, and that they are who they seem.
    pub(crate) fn noted(&self) -> (Option<String>, bool) {
        (self.own_name.clone(), self.verified)
    }

    pub(crate) fn reference(&self) -> ContactRef {
        ContactRef {
            id: self.id.to_string(),
            name: self.name().to_owned(),
        }
    }

    /// That one of their devices, which shows that list, is one of theirs by the newest list known.
    ///
    /// # Errors
    ///
    /// Why not, for a person.
    pub(crate) fn check_device(
        &self,
        device: &DeviceId,
        shown: &PeerDevices,
    ) -> Result<(), String> {
        let name = self.name();
        match self.devices.follow(shown, Source::Session) {
            Follow::Same | Follow::Newer(_) => Ok(()),
            Follow::Late if self.devices.device(device) == shown.device(device) => Ok(()),
            Follow::Late => Err(format!("it comes from a device that {name} has removed")),
            Follow::Forked { version } => Err(format!(
                "{name} has signed two different lists of devices with the number {version}"
            )),
            // Not in a session of theirs.
            Follow::Backwards { .. } | Follow::OtherAccount => {
                Err("it comes from somebody else".to_owned())
            }
        }
    }

    /// That the relay's directory, which says what is so now, shows no older list of their devices
    /// than the newest known, and no second one beside it.
    pub(crate) fn check_directory(&self, shown: &PeerDevices) -> Result<(), ApiError> {
        let name = self.name();
        let (message, next_step) = match self.devices.follow(shown, Source::Directory) {
            Follow::Same | Follow::Newer(_) => return Ok(()),
            Follow::Backwards { .. } | Follow::Late | Follow::OtherAccount => (
                format!(
                    "The relay shows an older list of {name}’s devices than the newest that {name} signed."
                ),
                format!(
                    "Do not go on; if it stays so, tell {name}, and the relay's operator, by another way."
                ),
            ),
            Follow::Forked { version } => (
                format!(
                    "{name} has signed two different lists of devices with the number {version}."
                ),
                format!("Do not go on; ask {name} by another way which devices are theirs."),
            ),
        };
        Err(ApiError::new(
            ApiErrorCode::IdentityMismatch,
            message,
            next_step,
        ))
    }

    /// Whether both agreed that their agents talk.
    pub(crate) fn is_spoken_to(&self) -> bool {
        matches!(self.state, ContactState::Active | ContactState::Unreachable)
    }

    /// That meetings can be arranged with them.
    pub(crate) fn check_active(&self) -> Result<(), ApiError> {
        let name = self.name();
        let (message, next_step) = match self.state {
            // Somebody who could not be reached is asked again.
            ContactState::Active | ContactState::Unreachable => return Ok(()),
            ContactState::Waiting => (
                format!("{name} has not approved you as a contact yet."),
                format!("Wait until {name} does; you will see it in your contacts."),
            ),
            ContactState::Requested => (
                format!("You have not approved {name} yet."),
                format!("Approve {name} in your contacts, then try again."),
            ),
            ContactState::Declined => (
                format!("{name} is no contact: the invitation was not taken."),
                format!("Ask {name} for a new invitation."),
            ),
            ContactState::Blocked => (
                format!("You blocked {name}."),
                format!("To talk again, ask {name} for a new invitation and accept it."),
            ),
        };
        Err(ApiError::new(
            ApiErrorCode::ContactNotReady,
            message,
            next_step,
        ))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Contacts(BTreeMap<ContactId, Contact>);

impl Contacts {
    pub(crate) fn insert(&mut self, contact: Contact) {
        self.0.insert(contact.id.clone(), contact);
    }

    pub(crate) fn remove(&mut self, id: &ContactId) {
        self.0.remove(id);
    }

    pub(crate) fn get(&self, id: &ContactId) -> Option<&Contact> {
        self.0.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &ContactId) -> Option<&mut Contact> {
        self.0.get_mut(id)
    }

    /// Those whom the user knows of.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Contact> + Clone {
        self.0.values().filter(|contact| !contact.removed)
    }

    /// Those beyond the newest of the removed ones.
    pub(crate) fn removed_long_ago(&self) -> Vec<ContactId> {
        let removed = self.0.values().filter(|contact| contact.removed);
        let mut removed: Vec<_> = removed.map(|c| (c.since, c.id.clone())).collect();
        removed.sort();
        removed.truncate(removed.len().saturating_sub(MAX_REMOVED));
        removed.into_iter().map(|(_, id)| id).collect()
    }

    /// The acquaintance that an invitation's use has begun.
    pub(crate) fn by_invitation(&self, mailbox: &MailboxId) -> Option<&Contact> {
        let begun = |contact: &&Contact| {
            contact.state == ContactState::Waiting && contact.invited_at == Some(*mailbox)
        };
        self.iter().find(begun)
    }

    /// How many there are of those who may be heard.
    pub(crate) fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whoever had that account, and was removed.
    pub(crate) fn removed(&self, account: &AccountId) -> Option<&Contact> {
        let gone = |contact: &&Contact| contact.removed && contact.account == *account;
        self.0.values().find(gone)
    }

    pub(crate) fn by_account(&self, account: &AccountId) -> Option<&Contact> {
        self.iter().find(|contact| contact.account == *account)
    }

    /// Whoever has that account, or had it and was removed.
    pub(crate) fn past(&self, account: &AccountId) -> Option<&Contact> {
        self.by_account(account).or_else(|| self.removed(account))
    }

    /// The contact that a user names, where something is to be decided about them: somebody else
    /// may have come under the same name.
    pub(crate) fn find_held(&self, reference: &str) -> Result<&Contact, ApiError> {
        let held = self.iter().filter(|contact| contact.is_held());
        let held = held.map(|c| (c.id.as_str(), c.name(), c));
        match find("contact", reference, held) {
            Err(error) if error.code == ApiErrorCode::NotFound => self.find(reference),
            found => found,
        }
    }

    /// The contact that a user names.
    pub(crate) fn find(&self, reference: &str) -> Result<&Contact, ApiError> {
        find(
            "contact",
            reference,
            self.iter().map(|c| (c.id.as_str(), c.name(), c)),
        )
    }
}

/// Names that a refusal lists.
const NAMES_LISTED: usize = 5;

/// Finds what a user names: by its id, by its name, or by the beginning of either.
///
/// # Errors
///
/// [`ApiErrorCode::NotFound`], and [`ApiErrorCode::Ambiguous`] when it may be more than one.
pub fn find<'a, T>(
    kind: &str,
    reference: &str,
    items: impl Iterator<Item = (&'a str, &'a str, T)> + Clone,
) -> Result<T, ApiError> {
    let reference = reference.trim();
    let folded = reference.to_lowercase();
    let by_id = items.clone().filter(|(id, ..)| *id == reference);
    let named = items
        .clone()
        .filter(|(_, name, _)| name.to_lowercase() == folded);
    let begun = items.clone().filter(|(id, name, _)| {
        !folded.is_empty() && (id.starts_with(&folded) || name.to_lowercase().starts_with(&folded))
    });
    for matches in [
        by_id.collect::<Vec<_>>(),
        named.collect::<Vec<_>>(),
        begun.collect::<Vec<_>>(),
    ] {
        if matches.len() > 1 {
            let ids: Vec<String> = matches
                .iter()
                .map(|(id, name, _)| match *name {
                    "" => (*id).to_owned(),
                    name => format!("{id} ({name})"),
                })
                .collect();
            return Err(ApiError::new(
                ApiErrorCode::Ambiguous,
                format!("More than one {kind} is called “{reference}”."),
                format!("Name it by its id: {}.", ids.join(", ")),
            ));
        }
        if let Some((.., item)) = matches.into_iter().next() {
            return Ok(item);
        }
    }
    let mut known: Vec<&str> = items
        .map(|(id, name, _)| if name.is_empty() { id } else { name })
        .collect();
    known.sort_unstable();
    known.dedup();
    let more = known.len().saturating_sub(NAMES_LISTED);
    known.truncate(NAMES_LISTED);
    let next_step = match (known.is_empty(), more) {
        (true, _) => first_step(kind).to_owned(),
        (false, 0) => format!("Use one of these: {}.", known.join(", ")),
        (false, _) => format!("Use one of these: {}, or {more} more.", known.join(", ")),
    };
    let message = format!("There is no {kind} called “{reference}”.");
    Err(ApiError::new(ApiErrorCode::NotFound, message, next_step))
}

/// What to do where there is nothing of the kind yet.
fn first_step(kind: &str) -> &'static str {
    match kind {
        "contact" => "Invite somebody first, or accept an invitation.",
        "calendar" => "Import a calendar first.",
        "invitation" => "Make an invitation first.",
        "device" => "Add a device first.",
        _ => "Schedule a meeting first.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEMS: [(&str, &str, u8); 4] = [
        ("aa11", "Robin", 1),
        ("ab22", "Ana", 2),
        ("ab33", "ana", 3),
        ("ac44", "Anabel Smith", 4),
    ];

    #[test]
    fn by_id_by_name_and_by_the_beginning_of_either() {
        let find = |reference| find("contact", reference, ITEMS.into_iter());
        assert_eq!(find("ab33"), Ok(3));
        assert_eq!(find(" rObIn "), Ok(1));
        assert_eq!(find("aa"), Ok(1));
        assert_eq!(find("ROB"), Ok(1));
        assert_eq!(find("Anabel"), Ok(4));
        assert_eq!(find("Smith").unwrap_err().code, ApiErrorCode::NotFound);
        assert_eq!(find("an").unwrap_err().code, ApiErrorCode::Ambiguous);
        assert_eq!(find("ab").unwrap_err().code, ApiErrorCode::Ambiguous);
        let error = find("Ana").unwrap_err();
        assert_eq!(error.code, ApiErrorCode::Ambiguous);
        assert_eq!(
            error.next_step,
            "Name it by its id: ab22 (Ana), ab33 (ana)."
        );
        let error = find("Bob").unwrap_err();
        assert_eq!(error.code, ApiErrorCode::NotFound);
        assert_eq!(
            error.next_step,
            "Use one of these: Ana, Anabel Smith, Robin, ana."
        );
        assert_eq!(find("").unwrap_err().code, ApiErrorCode::NotFound);
    }

    #[test]
    fn a_refusal_names_a_step_whatever_there_is() {
        let none = |kind| {
            let nothing = std::iter::empty::<(&str, &str, ())>();
            find(kind, "Bob", nothing).unwrap_err().next_step
        };
        assert_eq!(
            none("contact"),
            "Invite somebody first, or accept an invitation."
        );
        assert_eq!(none("calendar"), "Import a calendar first.");
        assert_eq!(none("proposal"), "Schedule a meeting first.");
        let six = ["a", "b", "c", "d", "e", "f"].map(|id| (id, "", ()));
        let error = find("proposal", "x", six.into_iter()).unwrap_err();
        assert_eq!(
            error.next_step,
            "Use one of these: a, b, c, d, e, or 1 more."
        );
    }
}
