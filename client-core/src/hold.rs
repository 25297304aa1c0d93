//! What is found about a contact that makes this side stop sending until the user has decided, and
//! what was decided before (`docs/protocol.md`, "Holds").

use icu_normalizer::ComposingNormalizerBorrowed;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sotto_protocol::id::{AccountId, MessageId};

use crate::{
    api::{ApiError, ApiErrorCode, ChoiceView, HoldDecision, HoldKind},
    command::fold,
    identity::PeerDevices,
    local_id::ContactId,
    message::MAX_UNREAD,
    peers::PeerKey,
    session::SessionId,
};

/// Lists that the user did not believe, by contact; the oldest are forgotten, and would be asked
/// about again.
const MAX_DISBELIEVED: usize = 16;
/// Accounts of the same name that the user knows to be others, by contact; likewise.
const MAX_OTHERS: usize = 100;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    /// That contact came under the same name, with another account key.
    AccountChanged { other: ContactId },
    /// The directory shows this list, which is older than the newest known.
    ListBackwards { shown: PeerDevices },
    /// Sessions wait that nothing vouches for.
    SessionUnvouched {
        /// Those that the user is asked about, one of each device.
        shown: Vec<(PeerKey, SessionId)>,
        /// What came in them, of which nothing was taken.
        unread: Vec<(PeerKey, MessageId)>,
    },
    /// This list has the number of another one.
    ListForked { shown: PeerDevices },
}

impl Cause {
    pub(crate) fn kind(&self) -> HoldKind {
        match self {
            Self::AccountChanged { .. } => HoldKind::AccountChanged,
            Self::ListBackwards { .. } => HoldKind::ListBackwards,
            Self::SessionUnvouched { .. } => HoldKind::SessionUnvouched,
            Self::ListForked { .. } => HoldKind::ListForked,
        }
    }

    /// Whether both say the same, and the first is enough: of each kind there is one, and one for
    /// each who came under the name.
    fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::AccountChanged { other: one }, Self::AccountChanged { other }) => one == other,
            _ => self.kind() == other.kind(),
        }
    }
}

/// Nothing is sent because of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hold {
    pub(crate) cause: Cause,
    pub(crate) since: Timestamp,
}

/// What the user has to decide about a contact, and has decided before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Doubts {
    holds: Vec<Hold>,
    /// Digests of lists that the user did not believe: to be shown one again is nothing new, and it is
    /// never taken.
    disbelieved: Vec<String>,
    /// Who has the same name, and is somebody else.
    others: Vec<AccountId>,
    /// The name, folded, under which they were compared with others.
    compared_as: Option<String>,
    /// Whether the safety number was compared once, and that does not count any more.
    pub(crate) was_verified: bool,
}

impl Doubts {
    /// The one to be decided first: the worst, and of those the oldest.
    pub(crate) fn worst(&self) -> Option<&Hold> {
        let mut holds = self.holds.iter();
        let first = holds.next()?;
        Some(holds.fold(first, |worst, hold| {
            if hold.cause.kind() > worst.cause.kind() {
                hold
            } else {
                worst
            }
        }))
    }

    /// The oldest of a kind.
    pub(crate) fn of(&self, kind: HoldKind) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.cause.kind() == kind)
    }

    /// Those who came under the same name, and about whom nothing is decided.
    pub(crate) fn claimed_by(&self) -> impl Iterator<Item = &ContactId> {
        self.holds.iter().filter_map(|hold| match &hold.cause {
            Cause::AccountChanged { other } => Some(other),
            _ => None,
        })
    }

    /// Takes what was found. Whether it is something new.
    pub(crate) fn add(&mut self, cause: Cause, now: Timestamp) -> bool {
        if let Cause::ListBackwards { shown } | Cause::ListForked { shown } = &cause
            && self.is_disbelieved(shown)
        {
            return false;
        }
        let Some(held) = self.holds.iter_mut().find(|held| held.cause.is_as(&cause)) else {
            self.holds.push(Hold { cause, since: now });
            return true;
        };
        // What the user reads does not change under their hands; only what was missed grows.
        if let (
            Cause::SessionUnvouched {
                shown: asked,
                unread: missed,
            },
            Cause::SessionUnvouched { shown, unread },
        ) = (&mut held.cause, cause)
        {
            for (peer, session) in shown {
                if !asked.iter().any(|(known, _)| *known == peer) {
                    asked.push((peer, session));
                }
            }
            missed.extend(unread);
            let excess = missed.len().saturating_sub(MAX_UNREAD);
            missed.drain(..excess);
        }
        false
    }

    /// It is over. Whether it was there.
    pub(crate) fn end(&mut self, cause: &Cause) -> bool {
        let before = self.holds.len();
        self.holds.retain(|hold| !hold.cause.is_as(cause));
        self.holds.len() < before
    }

    /// Those of a kind are over.
    pub(crate) fn end_all(&mut self, kind: HoldKind) -> bool {
        let before = self.holds.len();
        self.holds.retain(|hold| hold.cause.kind() != kind);
        self.holds.len() < before
    }

    /// Whether the list that the directory showed is still an older one than this; `None` where it is
    /// not known to show one.
    pub(crate) fn is_backwards_from(&self, known: &PeerDevices) -> Option<bool> {
        self.holds.iter().find_map(|hold| match &hold.cause {
            Cause::ListBackwards { shown } => Some(shown.version() < known.version()),
            _ => None,
        })
    }

    /// Nothing is to be decided any more; what was decided stays.
    pub(crate) fn end_every(&mut self) {
        self.holds.clear();
    }

    /// They are gone: should they come back, they are compared with others once more, and their lists
    /// are measured as those of anybody else.
    pub(crate) fn bury(&mut self) {
        self.end_every();
        self.disbelieved.clear();
        self.compared_as = None;
    }

    /// They have that name. Whether they have not been compared with others under it.
    pub(crate) fn compare_as(&mut self, folded: &str) -> bool {
        self.compared_as.replace(folded.to_owned()).as_deref() != Some(folded)
    }

    /// The user does not believe that list.
    pub(crate) fn disbelieve(&mut self, shown: &PeerDevices) {
        keep_newest(&mut self.disbelieved, digest(shown), MAX_DISBELIEVED);
    }

    pub(crate) fn is_disbelieved(&self, list: &PeerDevices) -> bool {
        self.disbelieved.contains(&digest(list))
    }

    /// The user says that whoever has that account is somebody else.
    pub(crate) fn is_not(&mut self, other: AccountId) {
        keep_newest(&mut self.others, other, MAX_OTHERS);
    }

    pub(crate) fn is_known_to_differ(&self, other: &AccountId) -> bool {
        self.others.contains(other)
    }
}

fn keep_newest<T: PartialEq>(kept: &mut Vec<T>, new: T, limit: usize) {
    kept.retain(|held| *held != new);
    kept.push(new);
    let excess = kept.len().saturating_sub(limit);
    kept.drain(..excess);
}

fn digest(list: &PeerDevices) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(list.parts().0))
}

/// A name as it is compared with others: two that look the same are. White space counts once, what
/// cannot be seen not at all.
pub(crate) fn folded_name(name: &str) -> String {
    let lower = fold::lower(name);
    let words: Vec<&str> = lower.split_whitespace().collect();
    let normal = ComposingNormalizerBorrowed::new_nfc();
    normal.normalize(&words.join(" ")).into_owned()
}

/// What is said to the user of a hold.
pub(crate) struct Texts {
    pub(crate) happened: String,
    pub(crate) first: String,
    pub(crate) keep: ChoiceView,
    pub(crate) take: ChoiceView,
}

impl Texts {
    pub(crate) fn new(cause: &Cause, name: &str) -> Self {
        let choice = |label: &str, meaning: String| ChoiceView {
            label: label.to_owned(),
            meaning,
        };
        let ask = |what: &str| {
            format!("Before you decide, ask {name} in person or by phone, not here: {what}")
        };
        let anew = format!("Compare safety numbers with {name} anew then.");
        let meet = format!(
            "What was set up with devices that it does not name is deleted; if none is left, ask {name} for a new invitation."
        );
        match cause {
            Cause::ListBackwards { .. } => Self {
                happened: format!(
                    "The relay shows an older list of {name}’s devices than the newest that {name} signed. It may hide that a device was removed, or {name} has gone back to an old copy of their data."
                ),
                first: ask("have they gone back to an old copy, and which devices are theirs?"),
                keep: choice(
                    "Keep what I know",
                    format!(
                        "The older list is not believed. Sending goes on, to the devices of {name} that you know."
                    ),
                ),
                take: choice(
                    "Believe the older list",
                    format!("The older list counts from now on. {meet} {anew}"),
                ),
            },
            Cause::ListForked { shown } => Self {
                happened: format!(
                    "{name}’s account has signed two different lists of devices with the number {}. Either two of {name}’s own devices have each changed the list before they knew of the other’s change, or a copy of {name}’s data is in use, or somebody has stolen {name}’s account key.",
                    shown.version()
                ),
                first: ask(
                    "which devices are theirs, did they change the list on two of them at about the same time, and has anybody had hold of one?",
                ),
                keep: choice(
                    "Keep what I know",
                    format!(
                        "The other list is not believed. Sending goes on, to the devices of {name} that you know."
                    ),
                ),
                take: choice(
                    "Believe the other list",
                    format!("The other list counts from now on. {meet} {anew}"),
                ),
            },
            Cause::SessionUnvouched { .. } => Self {
                happened: format!(
                    "A device of {name} has begun your conversation anew, and nothing shows that it is still theirs: it has lost what it knew of it, or somebody has stolen its keys."
                ),
                first: ask("have they lost their data, or gone back to an old copy?"),
                keep: choice(
                    "Go on as before",
                    format!(
                        "The new conversation is not believed and is forgotten. Sending to {name} goes on in the one that you had."
                    ),
                ),
                take: choice(
                    "Believe the device",
                    format!(
                        "The new conversation takes the place of the one that you had, and what waits is said in it. {anew}"
                    ),
                ),
            },
            Cause::AccountChanged { .. } => Self {
                happened: format!(
                    "Somebody who is called {name} as well has come with another account key. {name} may have lost theirs and begun anew; or it is another person, or somebody who pretends to be {name}. Anybody who has an invitation of yours can call themselves so."
                ),
                first: ask(
                    "have they begun anew? If so, compare the safety number of the new one with them.",
                ),
                keep: choice(
                    "They are two people",
                    format!(
                        "Sending to the {name} whom you know goes on. The new one is still to be approved or blocked, as anybody else."
                    ),
                ),
                take: choice(
                    &format!("The new one is {name}"),
                    format!(
                        "The {name} whom you knew is removed, and what is open with them is called off. The new one gets the name that you gave, and is a contact if the old one was. {anew}"
                    ),
                ),
            },
        }
    }
}

/// Why something cannot be said, and what to do about it.
pub(crate) fn held_error(cause: &Cause, name: &str) -> ApiError {
    let why = match cause.kind() {
        HoldKind::AccountChanged => {
            format!("somebody who is called {name} as well has come with another account key")
        }
        HoldKind::ListBackwards => {
            format!("the relay shows an older list of {name}’s devices than the newest")
        }
        HoldKind::SessionUnvouched => {
            format!("a device of {name} has begun anew, and nothing shows that it is still theirs")
        }
        HoldKind::ListForked => {
            format!("{name}’s account has signed two different lists of devices")
        }
    };
    ApiError::new(
        ApiErrorCode::ContactHeld,
        format!("Sending to {name} is stopped: {why}."),
        format!("Ask {name} by another way, then decide in your contacts."),
    )
}

/// What became of a hold, for the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HoldStep {
    Raised,
    Decided(HoldDecision),
    /// What it was about is over, or was decided by something else that the user did.
    Passed,
}

/// One line of the history about a hold.
pub(crate) fn summary(kind: HoldKind, step: HoldStep, name: &str) -> String {
    let what = match kind {
        HoldKind::AccountChanged => {
            format!("somebody who is called {name} as well came with another account key")
        }
        HoldKind::ListBackwards => {
            format!("the relay showed an older list of {name}’s devices than the newest")
        }
        HoldKind::SessionUnvouched => {
            format!("a device of {name} began anew, with nothing to show that it is still theirs")
        }
        HoldKind::ListForked => {
            format!("{name}’s account signed two different lists of devices")
        }
    };
    let decided = match (kind, step) {
        (_, HoldStep::Raised) => {
            return format!("Sending to {name} was stopped: {what}.");
        }
        (HoldKind::ListBackwards, HoldStep::Passed) => {
            return format!(
                "Sending to {name} goes on: the relay shows the newest list of their devices again."
            );
        }
        (HoldKind::SessionUnvouched, HoldStep::Passed) => {
            return format!("You met {name} anew by an invitation.");
        }
        (_, HoldStep::Passed) => return format!("Sending to {name} goes on."),
        (HoldKind::AccountChanged, HoldStep::Decided(HoldDecision::Keep)) => {
            format!("there are two people who are called {name}")
        }
        (HoldKind::AccountChanged, HoldStep::Decided(HoldDecision::Take)) => {
            format!("the one who came with another account key is {name}")
        }
        (HoldKind::SessionUnvouched, HoldStep::Decided(HoldDecision::Keep)) => {
            "the device that began anew is not believed".to_owned()
        }
        (HoldKind::SessionUnvouched, HoldStep::Decided(HoldDecision::Take)) => {
            "the device that began anew is theirs".to_owned()
        }
        (_, HoldStep::Decided(HoldDecision::Keep)) => {
            "the list of their devices that you knew stands".to_owned()
        }
        (_, HoldStep::Decided(HoldDecision::Take)) => {
            "the other list of their devices counts".to_owned()
        }
    };
    format!("You decided about {name}: {decided}.")
}

#[cfg(test)]
mod tests;
