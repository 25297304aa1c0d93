//! How agents find a time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{MAX_SPANS, MessageDigest, is_text};
use crate::span::Span;

/// Longest meeting, in minutes.
const MAX_MINUTES: u32 = 24 * 60;

/// When could you?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The meeting's title.
    pub title: String,
    /// Its length.
    pub duration_minutes: u32,
    /// Where in time to look: days and hours, not the sender's calendar.
    pub windows: Vec<Span>,
    /// The sender's time zone.
    pub time_zone: String,
    /// No answer is wanted after it.
    pub expires_at: Timestamp,
}

/// Then I could.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Free stretches, each at least as long as the meeting; none when there is no time.
    pub free: Vec<Span>,
    /// The sender's time zone.
    pub time_zone: String,
}

/// Let us take this time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The event's UID (RFC 5545), the same in both calendars.
    pub uid: String,
    /// The meeting's title.
    pub title: String,
    /// The time.
    pub slot: Span,
    /// Counts the proposals of this negotiation from 1.
    pub round: u32,
    /// The sender holds the time until then.
    pub expires_at: Timestamp,
}

/// Agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// As in the proposal.
    pub uid: String,
    /// As in the proposal.
    pub slot: Span,
    /// The PROPOSAL that is agreed to, and no other of the same time.
    pub proposal: MessageDigest,
}

/// No, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// What the user adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Times that would do instead, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counter: Vec<Span>,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The user said no.
    Declined,
    /// The time is taken.
    Conflict,
    /// There is no time that suits both.
    NoCommonTime,
    /// It came too late, or nobody answered.
    Expired,
    /// It is called off.
    Cancelled,
}

impl Query {
    pub(super) fn is_bounded(&self) -> bool {
        is_text(&self.title)
            && is_text(&self.time_zone)
            && (1..=MAX_MINUTES).contains(&self.duration_minutes)
            && (1..=MAX_SPANS).contains(&self.windows.len())
    }
}

impl Response {
    pub(super) fn is_bounded(&self) -> bool {
        is_text(&self.time_zone) && self.free.len() <= MAX_SPANS
    }
}

impl Proposal {
    pub(super) fn is_bounded(&self) -> bool {
        is_text(&self.title) && is_text(&self.uid) && !self.uid.is_empty()
    }
}

impl Confirmation {
    pub(super) fn is_bounded(&self) -> bool {
        is_text(&self.uid)
    }
}

impl Rejection {
    pub(super) fn is_bounded(&self) -> bool {
        self.note.as_deref().is_none_or(is_text) && self.counter.len() <= MAX_SPANS
    }
}
