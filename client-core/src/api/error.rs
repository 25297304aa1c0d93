//! What a user is told when something cannot be done.

use serde::{Deserialize, Serialize};

/// A refusal, for a person to read: what is wrong, and the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[error("{message} {next_step}")]
pub struct ApiError {
    /// For a program.
    pub code: ApiErrorCode,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it, in a sentence or two.
    pub next_step: String,
    /// What was probably meant: whole requests, each of which would be understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<_>", optional))]
    pub suggestions: Vec<String>,
}

impl ApiError {
    /// An error from its three parts, without suggestions.
    pub fn new(
        code: ApiErrorCode,
        message: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            next_step: next_step.into(),
            suggestions: Vec::new(),
        }
    }
}

/// An error's text as a sentence for a person.
pub(crate) fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

/// The reasons, for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ApiErrorCode {
    /// The passphrase does not open the vault.
    WrongPassphrase,
    /// The vault, or a record in it, is damaged.
    VaultDamaged,
    /// There is no vault here yet.
    VaultMissing,
    /// There is a vault here already.
    VaultExists,
    /// Another process or tab holds the vault.
    VaultBusy,
    /// The store failed: disk full, permission, quota.
    StoreFailed,
    /// The relay cannot be reached.
    RelayUnreachable,
    /// The relay refused.
    RelayRefused,
    /// The link is no invitation, or damaged.
    InvitationInvalid,
    /// The invitation was used already.
    InvitationUsed,
    /// The invitation's time is over.
    InvitationExpired,
    /// The invitation was made at another relay.
    InvitationOtherRelay,
    /// The invitation is one's own.
    InvitationOwn,
    /// The code of a safety number is none, or damaged.
    SafetyCodeInvalid,
    /// The directory served keys that the invitation's account did not sign.
    IdentityMismatch,
    /// No contact, proposal, invitation or calendar of that name.
    NotFound,
    /// More than one thing of that name.
    Ambiguous,
    /// The contact is not (yet, or any more) one that can be scheduled with.
    ContactNotReady,
    /// Sending to the contact is stopped until the user has decided about them.
    ContactHeld,
    /// The proposal is not in a state in which this can be done.
    WrongState,
    /// The calendar file is damaged.
    CalendarInvalid,
    /// The sentence was not understood.
    NotUnderstood,
    /// A date or time that does not exist, or text that is none.
    DateInvalid,
    /// A window in which no meeting fits: past, too short, without working hours, or taken.
    WindowImpossible,
    /// A value is out of its range.
    ValueInvalid,
    /// Something grew to its limit.
    LimitReached,
    /// This device may not add or remove devices, or choose the one that answers for the user.
    NotKeeper,
    /// The last device that may add and remove devices cannot be removed.
    LastKeeper,
    /// The link that adds a device is none, damaged, used or over.
    LinkInvalid,
    /// The account has as many devices as it may.
    DeviceLimit,
    /// Another device answers for the user, and this one cannot ask it to.
    AgentAway,
    /// This device was removed from the account.
    DeviceRemoved,
}
