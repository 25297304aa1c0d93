//! What is agreed, as the user's devices tell each other: whatever comes in whatever order, they end
//! with the same. A meeting that has ended once does not come back.

use jiff::Timestamp;
use sotto_protocol::id::AccountId;

use super::{Ended, Negotiation};
use crate::{
    api::ProposalState,
    local_id::{ContactId, ConversationId},
    message::{Reason, Side, SyncMeeting},
};

impl Negotiation {
    /// What another device of the user's is told, while the time is not over: that it is agreed, or
    /// is not, or not any more.
    pub(crate) fn agreed(&self, account: AccountId, now: Timestamp) -> Option<SyncMeeting> {
        let slot = self.slot.filter(|slot| slot.end() > now)?;
        if self.is_open() {
            return None;
        }
        Some(SyncMeeting {
            account,
            conversation: self.id.to_string(),
            direction: self.direction,
            title: self.title.clone(),
            slot,
            proposal: self.proposal,
            since: self.created_at,
            called_off_by: self.ended.as_ref().map(Ended::by),
        })
    }

    /// What another device has agreed. `None` when that has ended, or is over.
    pub(crate) fn agreed_elsewhere(
        contact: ContactId,
        told: &SyncMeeting,
        now: Timestamp,
    ) -> Option<Self> {
        let id = ConversationId::parse(&told.conversation)?;
        if told.called_off_by.is_some() || told.slot.end() <= now {
            return None;
        }
        let minutes = u32::try_from(told.slot.seconds() / 60).ok()?;
        Some(Self {
            state: ProposalState::Confirmed,
            slot: Some(told.slot),
            proposal: told.proposal,
            updated_at: now,
            ..Self::new(
                id,
                contact,
                told.direction,
                told.title.clone(),
                minutes,
                told.since,
            )
        })
    }

    /// Another device tells of this meeting. Whether it was called off there, and was not here.
    pub(crate) fn called_off_elsewhere(&mut self, told: &SyncMeeting, now: Timestamp) -> bool {
        let Some(by) = told.called_off_by else {
            return false;
        };
        if self.state != ProposalState::Confirmed {
            return false;
        }
        self.updated_at = now;
        self.state = ProposalState::Cancelled;
        self.ended = Some(Ended::Said {
            by_me: by == Side::User,
            reason: Reason::Cancelled,
            note: None,
        });
        true
    }
}

impl Ended {
    fn by(&self) -> Side {
        match self {
            Self::Said { by_me: false, .. } => Side::Contact,
            Self::Said { .. } | Self::ContactGone | Self::Undeliverable { .. } => Side::User,
        }
    }
}
