//! A meeting that is agreed, as one device of a person tells the others of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::AccountId;

use super::{MessageDigest, is_in_reach, is_span, is_text};
use crate::{api::Direction, local_id::ConversationId, span::Span};

/// Most meetings in one message: with the most contacts beside them it stays below the longest plaintext.
pub const MAX_SYNC_MEETINGS: usize = 20;

/// A meeting that is agreed, or was until somebody called it off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncMeeting {
    /// With whom.
    pub account: AccountId,
    /// The negotiation by which it was arranged: 32 hexadecimal digits, in lower case.
    pub conversation: String,
    /// Which side wanted it.
    pub direction: Direction,
    /// Its title.
    pub title: String,
    /// The time.
    pub slot: Span,
    /// The PROPOSAL that was agreed to, where it is known.
    pub proposal: Option<MessageDigest>,
    /// When the negotiation began.
    pub since: Timestamp,
    /// Who called it off; `None` while it is to take place.
    pub called_off_by: Option<Side>,
}

/// Who ended a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The user whose devices they are.
    User,
    /// The contact.
    Contact,
    /// Neither: one of the two could not be told that it is agreed.
    Nobody,
}

impl SyncMeeting {
    pub(super) fn are_bounded(meetings: &[Self]) -> bool {
        meetings.len() <= MAX_SYNC_MEETINGS && meetings.iter().all(Self::is_bounded)
    }

    fn is_bounded(&self) -> bool {
        ConversationId::parse(&self.conversation).is_some()
            && is_text(&self.title)
            && is_span(&self.slot)
            && is_in_reach(self.since)
    }
}
