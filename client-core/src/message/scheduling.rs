//! How agents find a time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{MessageDigest, are_spans, is_in_reach, is_span, is_text};
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
            && !self.windows.is_empty()
            && are_spans(&self.windows)
            && is_in_reach(self.expires_at)
    }
}

impl Response {
    pub(super) fn is_bounded(&self) -> bool {
        is_text(&self.time_zone) && are_spans(&self.free)
    }
}

impl Proposal {
    pub(super) fn is_bounded(&self) -> bool {
        is_text(&self.title)
            && is_text(&self.uid)
            && !self.uid.is_empty()
            && is_span(&self.slot)
            && is_in_reach(self.expires_at)
    }
}

impl Confirmation {
    pub(super) fn is_bounded(&self) -> bool {
        is_text(&self.uid) && is_span(&self.slot)
    }
}

impl Rejection {
    pub(super) fn is_bounded(&self) -> bool {
        self.note.as_deref().is_none_or(is_text) && are_spans(&self.counter)
    }
}
