//! Contacts and invitations.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{HoldView, MissingPrekey};
use crate::invitation::InvitationLink;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ContactView {
    /// Local id.
    pub id: String,
    /// The name by which the user knows them: the user's own for them, else theirs.
    pub name: String,
    /// The name that they gave themselves.
    pub their_name: String,
    /// How far the acquaintance has come.
    pub state: ContactState,
    /// Whether the user compared the safety number.
    pub verified: bool,
    /// Whether it was compared once, and that does not count any more.
    pub was_verified: bool,
    /// 60 digits in groups of five, the same on both sides.
    pub safety_number: String,
    /// The URL of their relay.
    pub relay: String,
    /// Since when.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub since: Timestamp,
    /// How many of their messages came that could not be opened.
    pub unreadable: u32,
    /// Why nothing is sent to them until the user has decided, where that is so.
    pub hold: Option<HoldView>,
    /// The contact who is held because this one has come under their name.
    pub same_name: Option<ContactRef>,
    /// What the first contact with one of their devices went without, and the conversation has not
    /// made up for yet.
    pub missing_prekeys: Vec<MissingPrekey>,
    /// Their devices, in the order of their list: the one that answers for them first.
    pub devices: Vec<ContactDeviceView>,
    /// Whether another of the user's devices answers for them and knows this contact: then that one alone
    /// blocks or removes them.
    pub of_agent: bool,
}

/// One device of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ContactDeviceView {
    /// The beginning of its key, in groups of four digits: to compare two screens by.
    pub fingerprint: String,
    /// Since when it is known.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub since: Timestamp,
    /// Whether something can be said to it by this device.
    pub reachable: bool,
    /// Whether it is the one that answers for them.
    pub leads: bool,
}

/// How far an acquaintance has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// I accepted their invitation; they have not approved yet.
    Waiting,
    /// They used my invitation; I have not approved yet.
    Requested,
    /// Both agreed: the agents may talk.
    Active,
    /// Both agreed, and the relay does not know their mailbox: they have ended it, or the relay
    /// has lost it. Active again as soon as anything is heard from them or taken for them.
    Unreachable,
    /// The relay refused my answer to their invitation: it had been used or taken back, or its
    /// time was over.
    Declined,
    /// I ended it.
    Blocked,
}

/// A contact in another thing's view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ContactRef {
    /// Local id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// An invitation of mine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct InvitationView {
    /// Local id.
    pub id: String,
    /// To hand over. Its secrets are in the fragment, which browsers do not send.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub link: InvitationLink,
    /// When it ends.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub expires_at: Timestamp,
    /// How many people may still use it.
    pub uses_left: u32,
    /// 30 digits that stand for one's own account key, as whoever opens the link sees them.
    pub account_fingerprint: String,
}

/// An invitation of somebody else, as the link describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct InvitationPreview {
    /// The name that the inviter gives themselves.
    pub name: String,
    /// The URL of their relay.
    pub relay: String,
    /// When it ends.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub expires_at: Timestamp,
    /// 30 digits that stand for the inviter's account key, which the link names. They can read theirs
    /// aloud: then nobody has put another key in its place.
    pub account_fingerprint: String,
    /// The inviter, when they are a contact already; `None` also while the vault is locked.
    pub contact: Option<ContactRef>,
    /// Whom the user knows by that name already, under another account key; `None` also while the
    /// vault is locked. Accepting stops sending to them until the user has decided.
    pub same_name: Option<ContactRef>,
}
