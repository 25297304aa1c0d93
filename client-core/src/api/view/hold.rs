//! Contacts to whom nothing is sent until the user has decided something.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ContactRef;

/// What was found about a contact. A later one is worse: it takes more to bring it about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// Somebody of the same name has come with another account key.
    AccountChanged,
    /// The relay's directory shows an older list of their devices than the newest known.
    ListBackwards,
    /// A device of theirs has opened a session, and nothing shows that it is still the same.
    SessionUnvouched,
    /// Their account has signed two different lists of devices with one number.
    ListForked,
}

/// What the user says to a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HoldDecision {
    /// What was known stands. What was found is not believed, and is forgotten.
    Keep,
    /// What was found is believed: they were asked by another way.
    Take,
}

/// Why nothing is sent to a contact, and what the user can do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HoldView {
    /// What was found; the worst of it, where it is more than one thing.
    pub kind: HoldKind,
    /// When.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub since: Timestamp,
    /// Whoever came under the same name, where the kind is `account_changed`.
    pub other: Option<ContactRef>,
    /// What happened, in a sentence or two.
    pub happened: String,
    /// What to do before deciding.
    pub first: String,
    /// The one decision.
    pub keep: ChoiceView,
    /// The other.
    pub take: ChoiceView,
    /// Messages to them that wait for it.
    pub waiting: u32,
}

/// One of the decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChoiceView {
    /// In few words, as on a button.
    pub label: String,
    /// What it leads to.
    pub meaning: String,
}
