//! The part of the side that is asked.

use jiff::{SignedDuration, Timestamp};

use super::{
    ANSWER_TIME, Act, Ended, MAX_COUNTERS, Negotiation, event_uid, not_on_offer, taken_meanwhile,
};
use crate::{
    api::{ApiError, Direction, ProposalState},
    connection::later,
    diary::Diary,
    local_id::{ContactId, ConversationId},
    message::{Body, Confirmation, MAX_SPANS, Proposal, Query, Reason, Rejection, Response},
    span::Span,
};

/// Where to look for other times when the other side never said where.
const DEFAULT_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);

impl Negotiation {
    /// A negotiation that the other side begins; [`receive`](Self::receive) takes its first message.
    pub(crate) fn incoming(
        id: ConversationId,
        contact: ContactId,
        first: &Body,
        now: Timestamp,
    ) -> Option<Self> {
        let (title, minutes) = match first {
            Body::Query(query) => (&query.title, query.duration_minutes),
            // Of another meeting than its own nothing begins that would have to end.
            Body::Proposal(proposal) if proposal.uid != event_uid(&id) => return None,
            Body::Proposal(proposal) => (
                &proposal.title,
                u32::try_from(proposal.slot.seconds() / 60).ok()?,
            ),
            Body::Confirmation(confirmation) if confirmation.uid == event_uid(&id) => {
                return Some(Self::lost(id, contact, confirmation, now));
            }
            _ => return None,
        };
        let title = title.clone();
        Some(Self::new(
            id,
            contact,
            Direction::Incoming,
            title,
            minutes,
            now,
        ))
    }

    /// One that the other side confirms, and this device knows nothing of: another one that answered
    /// for the user then had begun it. It is over, which the other side is told.
    fn lost(
        id: ConversationId,
        contact: ContactId,
        confirmed: &Confirmation,
        now: Timestamp,
    ) -> Self {
        let why = "It was proposed by a device that does not answer for you any more.".to_owned();
        let minutes = u32::try_from(confirmed.slot.seconds() / 60).unwrap_or(u32::MAX);
        let title = "Meeting".to_owned();
        Self {
            state: ProposalState::Cancelled,
            slot: Some(confirmed.slot),
            proposal: Some(confirmed.proposal),
            ended: Some(Ended::Undeliverable {
                called_off: false,
                why,
            }),
            ..Self::new(id, contact, Direction::Outgoing, title, minutes, now)
        }
    }

    /// A QUERY came.
    pub(super) fn asked(&mut self, query: Query, diary: &Diary<'_>) -> Vec<Act> {
        if self.state != ProposalState::Answered {
            return Vec::new();
        }
        if query.expires_at <= diary.now {
            return self.end(ProposalState::Expired, Reason::Expired, None);
        }
        self.duration_minutes = query.duration_minutes;
        self.windows = query.windows;
        self.expires_at = Some(query.expires_at);
        let mut free = diary.free(&self.windows, &self.beyond, self.duration_minutes);
        free.truncate(MAX_SPANS);
        let time_zone = diary.zone.iana_name().unwrap_or("UTC").to_owned();
        vec![Act::Send(Body::Response(Response { free, time_zone }))]
    }

    /// A PROPOSAL came.
    pub(super) fn proposed(
        &mut self,
        proposal: Proposal,
        diary: &Diary<'_>,
        auto: bool,
    ) -> Vec<Act> {
        let Proposal {
            uid,
            title,
            slot,
            round,
            expires_at,
        } = proposal;
        if uid != self.uid() {
            return Vec::new();
        }
        match self.state {
            // A repetition: our confirmation may be on its way still.
            ProposalState::Confirmed if self.slot == Some(slot) => {
                return self.confirmation(slot);
            }
            ProposalState::Answered | ProposalState::Approval => {}
            _ => return self.too_late(),
        }
        // Whatever was on the table before is not any more.
        self.slot = None;
        self.state = ProposalState::Answered;
        self.round = round;
        if expires_at <= diary.now {
            return self.end(ProposalState::Expired, Reason::Expired, None);
        }
        // A meeting has the length that was asked for.
        let right_length = slot.seconds() == i64::from(self.duration_minutes) * 60;
        if !right_length || !diary.fits(slot, &self.beyond) {
            self.expires_at = Some(later(diary.now, ANSWER_TIME));
            let counter = self.other_times(Some(slot), diary);
            let rejection = Rejection {
                reason: Reason::Conflict,
                note: None,
                counter,
            };
            return vec![Act::Send(Body::Rejection(rejection))];
        }
        // What is agreed to, and signed, is what stands in the proposal.
        self.title = title;
        self.proposal = self.last_digest;
        self.slot = Some(slot);
        self.expires_at = Some(expires_at.min(slot.start()));
        if auto {
            return self.confirm(slot);
        }
        self.state = ProposalState::Approval;
        Vec::new()
    }

    /// The user agrees.
    pub(super) fn agree(
        &mut self,
        start: Option<Timestamp>,
        diary: &Diary<'_>,
    ) -> Result<Vec<Act>, ApiError> {
        let slot = self.slot.ok_or_else(|| not_on_offer(&[], &diary.zone))?;
        if start.is_some_and(|start| start != slot.start()) {
            return Err(not_on_offer(&[slot], &diary.zone));
        }
        if !diary.fits(slot, &self.beyond) {
            return Err(taken_meanwhile("Say no, and offer another time."));
        }
        Ok(self.confirm(slot))
    }

    /// The user says no to the time, and perhaps offers others.
    pub(super) fn decline(
        &mut self,
        note: Option<String>,
        suggest_another: bool,
        diary: &Diary<'_>,
    ) -> Vec<Act> {
        let refused = self.slot.take();
        let counter = if suggest_another {
            self.other_times(refused, diary)
        } else {
            Vec::new()
        };
        if counter.is_empty() {
            self.state = ProposalState::Rejected;
            let reason = Reason::Declined;
            self.ended = Some(Ended::Said {
                by_me: true,
                reason,
                note: note.clone(),
            });
        } else {
            self.state = ProposalState::Answered;
            self.expires_at = Some(later(diary.now, ANSWER_TIME));
        }
        vec![Act::Send(Body::Rejection(Rejection {
            reason: Reason::Declined,
            note,
            counter,
        }))]
    }

    fn confirm(&mut self, slot: Span) -> Vec<Act> {
        self.state = ProposalState::Confirmed;
        let told = self.confirmation(slot);
        [vec![Act::Book], told].concat()
    }

    /// Agrees to the proposal that the user or policy saw, and to no other of the same time.
    fn confirmation(&self, slot: Span) -> Vec<Act> {
        let uid = self.uid();
        let confirmation = self.proposal.map(|proposal| Confirmation {
            uid,
            slot,
            proposal,
        });
        confirmation
            .map(|confirmation| Act::Send(Body::Confirmation(confirmation)))
            .into_iter()
            .collect()
    }

    fn other_times(&self, refused: Option<Span>, diary: &Diary<'_>) -> Vec<Span> {
        let ahead = Span::new(diary.now, later(diary.now, DEFAULT_WINDOW));
        let windows = match (self.windows.is_empty(), ahead) {
            (true, Ok(ahead)) => vec![ahead],
            _ => self.windows.clone(),
        };
        let free = diary.free(&windows, &self.beyond, self.duration_minutes);
        let free = crate::span::without(free, refused.into_iter().collect());
        diary.best(&free, self.duration_minutes, MAX_COUNTERS)
    }
}
