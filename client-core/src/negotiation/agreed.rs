//! What is agreed, as the user's devices tell each other: whatever comes in whatever order, they end
//! with the same. A meeting that has ended once does not come back.

use jiff::Timestamp;
use sotto_protocol::id::AccountId;

use super::{Ended, Negotiation};
use crate::{
    api::{Direction, ProposalState},
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, MessageDigest, Proposal, Reason, Side, SyncMeeting},
    span::Span,
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

    /// The time that is agreed.
    pub(crate) fn booked(&self) -> Option<Span> {
        self.slot.filter(|_| self.state == ProposalState::Confirmed)
    }

    /// What another device has agreed, and perhaps called off. `None` when it is over.
    pub(crate) fn agreed_elsewhere(
        contact: ContactId,
        told: &SyncMeeting,
        now: Timestamp,
    ) -> Option<Self> {
        let id = ConversationId::parse(&told.conversation)?;
        if told.slot.end() <= now {
            return None;
        }
        let minutes = u32::try_from(told.slot.seconds() / 60).ok()?;
        let (direction, title) = (told.direction, told.title.clone());
        let mut known = Self::new(id, contact, direction, title, minutes, told.since);
        known.told(told, now).then_some(known)
    }

    /// One that another device has begun: so far as to take the answer to what it proposed.
    pub(crate) fn begun_elsewhere(
        id: ConversationId,
        contact: ContactId,
        proposal: &Proposal,
        now: Timestamp,
    ) -> Option<Self> {
        let minutes = u32::try_from(proposal.slot.seconds() / 60).ok()?;
        let title = proposal.title.clone();
        Some(Self::new(
            id,
            contact,
            Direction::Outgoing,
            title,
            minutes,
            now,
        ))
    }

    /// Another device has said that in it. Whether it is news here.
    pub(crate) fn said_elsewhere(&mut self, said: &AgentMessage, now: Timestamp) -> bool {
        if !self.is_open() || self.direction == Direction::Incoming {
            return false;
        }
        match &said.body {
            Body::Proposal(proposal) => {
                self.state = ProposalState::Proposed;
                self.slot = Some(proposal.slot);
                self.round = proposal.round;
                self.expires_at = Some(proposal.expires_at);
                self.proposal = Some(MessageDigest::of(&said.to_bytes()));
            }
            Body::Rejection(rejection) => {
                self.state = rejection.reason.state();
                self.ended = Some(Ended::Said {
                    by_me: true,
                    reason: rejection.reason,
                    note: rejection.note.clone(),
                });
            }
            _ => return false,
        }
        self.updated_at = now;
        true
    }

    /// Another device tells of this meeting. Whether that is news here: open comes before agreed, and
    /// that before ended.
    pub(crate) fn told(&mut self, told: &SyncMeeting, now: Timestamp) -> bool {
        let agreed = self.state == ProposalState::Confirmed;
        match told.called_off_by {
            None if self.is_open() => {
                self.state = ProposalState::Confirmed;
                self.slot = Some(told.slot);
                self.proposal = told.proposal;
            }
            Some(by) if self.is_open() || agreed => {
                self.state = ProposalState::Cancelled;
                self.slot = Some(told.slot);
                self.ended = Some(by.into());
            }
            _ => return false,
        }
        self.updated_at = now;
        true
    }
}

impl Ended {
    fn by(&self) -> Side {
        match self {
            Self::Said { by_me: false, .. } => Side::Contact,
            Self::Said { .. } | Self::ContactGone => Side::User,
            Self::Undeliverable { called_off, .. } if *called_off => Side::User,
            Self::Undeliverable { .. } => Side::Nobody,
        }
    }
}

impl From<Side> for Ended {
    fn from(side: Side) -> Self {
        let called_off = |by_me| Self::Said {
            by_me,
            reason: Reason::Cancelled,
            note: None,
        };
        match side {
            Side::User => called_off(true),
            Side::Contact => called_off(false),
            Side::Nobody => Self::Undeliverable {
                called_off: false,
                why: "It did not come about: one side could not be told.".to_owned(),
            },
        }
    }
}
