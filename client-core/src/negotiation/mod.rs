//! One negotiation about one meeting, as a state machine: QUERY → RESPONSE →
//! PROPOSAL → CONFIRMATION, or REJECTION with other times and a further round.
//!
//! ```text
//! initiator  Asking ──RESPONSE──▶ (Review ─approve▶) Proposed ──CONFIRMATION──▶ Confirmed
//!               ▲                                      │ REJECTION with other times
//!               └──────────── next proposal ◀──────────┘
//! responder  Answered ──PROPOSAL──▶ Approval ──approve──▶ Confirmed
//! ```
//!
//! Any open state may also end in Rejected, Expired or Cancelled; a confirmed
//! meeting may be cancelled. The time of a proposal is held on both sides until
//! it is answered, so that two negotiations at once never book one slot. The
//! initiator holds it a while longer than it gives the responder, so that a
//! confirmation that was in time always finds it free; one that is not in time
//! is answered by a REJECTION, which makes the responder take the meeting out.

mod agreed;
mod asked;
mod initiator;
mod responder;
#[cfg(test)]
mod tests;
mod unworkable;
mod view;

pub(crate) use asked::{Asked, Search, usual_end};
pub(crate) use initiator::Wish;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use sotto_protocol::id::MessageId;

use crate::{
    agenda::Hold,
    api::{ApiError, ApiErrorCode, Direction, ProposalState},
    connection::later,
    diary::Diary,
    local_id::{ContactId, ConversationId},
    message::{Body, MessageDigest, Reason, Rejection},
    span::Span,
};

/// A question or a proposal is open for so long.
pub(crate) const ANSWER_TIME: SignedDuration = SignedDuration::from_hours(3 * 24);
/// The initiator holds a time so much longer than it gives the responder.
pub(crate) const GRACE: SignedDuration = SignedDuration::from_mins(15);
/// Most proposals in one negotiation.
pub(crate) const MAX_ROUNDS: u32 = 8;
/// Times that a user may choose from.
pub(crate) const MAX_OPTIONS: usize = 5;
/// Times that a rejection offers instead.
pub(crate) const MAX_COUNTERS: usize = 3;

/// A negotiation, as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Negotiation {
    pub(crate) id: ConversationId,
    pub(crate) contact: ContactId,
    pub(crate) direction: Direction,
    pub(crate) state: ProposalState,
    pub(crate) title: String,
    pub(crate) duration_minutes: u32,
    windows: Vec<Span>,
    /// What of them lies outside the working hours and is searched all the same, because the user
    /// said so; always empty on the side that is asked.
    #[serde(default)]
    beyond: Vec<Span>,
    /// The time on the table: held while `Proposed` or `Approval`.
    pub(crate) slot: Option<Span>,
    /// Times to choose from while in `Review`.
    options: Vec<Span>,
    /// What the other side said to be free.
    their_free: Vec<Span>,
    /// Times that the other side refused.
    refused: Vec<Span>,
    round: u32,
    review: bool,
    expires_at: Option<Timestamp>,
    pub(crate) last_received: Option<MessageId>,
    /// The digest of that message.
    #[serde(default)]
    last_digest: Option<MessageDigest>,
    /// The PROPOSAL on the table: what a CONFIRMATION names.
    #[serde(default)]
    proposal: Option<MessageDigest>,
    ended: Option<Ended>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// Why a negotiation ended without a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ended {
    /// One side said so.
    Said {
        by_me: bool,
        reason: Reason,
        note: Option<String>,
    },
    /// The user ended the acquaintance.
    ContactGone,
    /// The relay did not take what this side had to say.
    Undeliverable {
        /// Whether it was that the user called it off.
        called_off: bool,
        /// Why, for a person.
        why: String,
    },
}

/// What a step of a negotiation asks of the engine, beside storing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// Send this to the other side.
    Send(Body),
    /// Put the meeting into the calendar.
    Book,
    /// Take it out again.
    Unbook,
}

/// What the user decided about a proposal.
#[derive(Debug, Clone)]
pub(crate) enum Decision {
    Approve {
        start: Option<Timestamp>,
    },
    Reject {
        reason: Option<String>,
        suggest_another: bool,
    },
    Cancel {
        reason: Option<String>,
    },
}

impl Reason {
    /// How a negotiation ends that is refused for it.
    fn state(self) -> ProposalState {
        match self {
            Self::Cancelled => ProposalState::Cancelled,
            Self::Expired => ProposalState::Expired,
            Self::Declined | Self::Conflict | Self::NoCommonTime => ProposalState::Rejected,
        }
    }
}

impl Negotiation {
    /// One that begins, or is heard of.
    fn new(
        id: ConversationId,
        contact: ContactId,
        direction: Direction,
        title: String,
        duration_minutes: u32,
        now: Timestamp,
    ) -> Self {
        let state = match direction {
            Direction::Outgoing => ProposalState::Asking,
            Direction::Incoming => ProposalState::Answered,
        };
        Self {
            id,
            contact,
            direction,
            state,
            title,
            duration_minutes,
            windows: Vec::new(),
            beyond: Vec::new(),
            slot: None,
            options: Vec::new(),
            their_free: Vec::new(),
            refused: Vec::new(),
            round: 0,
            review: false,
            expires_at: None,
            last_received: None,
            last_digest: None,
            proposal: None,
            ended: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The UID of the meeting that it arranges (RFC 5545), the same in both calendars. It names the
    /// negotiation, so that nobody can overwrite another's meeting.
    pub(crate) fn uid(&self) -> String {
        event_uid(&self.id)
    }

    pub(crate) fn is_open(&self) -> bool {
        use ProposalState::{Answered, Approval, Asking, Proposed, Review};
        matches!(self.state, Asking | Review | Proposed | Answered | Approval)
    }

    /// Whether nothing can come of it any more: neither open, nor a meeting that is still ahead.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        !self.can_cancel(now)
    }

    /// Whether the user is to decide something.
    pub(crate) fn waits_for_user(&self) -> bool {
        matches!(self.state, ProposalState::Review | ProposalState::Approval)
    }

    pub(crate) fn hold(&self) -> Option<Hold> {
        let holds = matches!(
            self.state,
            ProposalState::Proposed | ProposalState::Approval
        );
        Some(Hold {
            slot: self.slot.filter(|_| holds)?,
            title: self.title.clone(),
            contact: self.contact.clone(),
            proposal: self.id.clone(),
        })
    }

    /// When it expires by itself.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let expires_at = self.expires_at.filter(|_| self.is_open())?;
        let grace = matches!(
            self.state,
            ProposalState::Proposed | ProposalState::Answered
        );
        Some(if grace {
            later(expires_at, GRACE)
        } else {
            expires_at
        })
    }

    /// Ends it when its time is over.
    pub(crate) fn tick(&mut self, now: Timestamp) -> Vec<Act> {
        if self.deadline().is_none_or(|at| at > now) {
            return Vec::new();
        }
        self.updated_at = now;
        self.end(ProposalState::Expired, Reason::Expired, None)
    }

    /// A message of the other side came, before [`receive`](Self::receive) takes what it says.
    pub(crate) fn heard(&mut self, message: MessageId, digest: MessageDigest) {
        self.last_received = Some(message);
        self.last_digest = Some(digest);
    }

    /// The proposal on the table went out in these very bytes.
    pub(crate) fn proposed_as(&mut self, digest: MessageDigest) {
        self.proposal = Some(digest);
    }

    /// Takes a message of the other side.
    pub(crate) fn receive(&mut self, body: Body, diary: &Diary<'_>, auto: bool) -> Vec<Act> {
        self.updated_at = diary.now;
        match (self.direction, body) {
            (_, Body::Rejection(rejection)) => self.rejected(rejection, diary),
            (Direction::Outgoing, Body::Response(response)) => self.answered(response, diary),
            (Direction::Outgoing, Body::Confirmation(confirmation)) => {
                self.confirmed(&confirmation)
            }
            (Direction::Incoming, Body::Query(query)) => self.asked(query, diary),
            (Direction::Incoming, Body::Proposal(proposal)) => self.proposed(proposal, diary, auto),
            // A type that does not belong to this side's part changes nothing.
            _ => Vec::new(),
        }
    }

    /// Does what the user decided.
    pub(crate) fn decide(
        &mut self,
        decision: Decision,
        diary: &Diary<'_>,
    ) -> Result<Vec<Act>, ApiError> {
        let acts = match (decision, self.state) {
            (Decision::Approve { start }, ProposalState::Review) => self.choose(start, diary)?,
            (Decision::Approve { start }, ProposalState::Approval) => self.agree(start, diary)?,
            (
                Decision::Reject {
                    reason,
                    suggest_another,
                },
                ProposalState::Approval,
            ) => self.decline(reason, suggest_another, diary),
            (Decision::Reject { reason, .. }, ProposalState::Review) => {
                self.end(ProposalState::Rejected, Reason::Declined, reason)
            }
            (Decision::Cancel { reason }, _) if self.can_cancel(diary.now) => {
                self.end(ProposalState::Cancelled, Reason::Cancelled, reason)
            }
            (decision, _) => return Err(self.wrong_state(&decision)),
        };
        self.updated_at = diary.now;
        Ok(acts)
    }

    /// The user ended the acquaintance.
    pub(crate) fn end_with_contact(&mut self, now: Timestamp) {
        if self.is_open() {
            self.updated_at = now;
            self.state = ProposalState::Cancelled;
            self.ended = Some(Ended::ContactGone);
        }
    }

    /// The user calls it off, and the other side cannot be told.
    pub(crate) fn call_off_alone(&mut self, why: String, now: Timestamp) -> Vec<Act> {
        let called_off = true;
        self.end_unheard(called_off, why, now)
    }

    /// The last word of this side will not arrive, so nothing comes of it: not of
    /// a question, nor of a meeting that the other side has not heard confirmed.
    pub(crate) fn undeliverable(&mut self, why: String, now: Timestamp) -> Vec<Act> {
        let unconfirmed =
            self.direction == Direction::Incoming && self.state == ProposalState::Confirmed;
        let called_off = matches!(
            self.ended,
            Some(Ended::Said {
                by_me: true,
                reason: Reason::Cancelled,
                ..
            })
        );
        if !self.is_open() && !unconfirmed && !called_off {
            return Vec::new();
        }
        self.end_unheard(called_off, why, now)
    }

    /// Ends it from this side, without the other side hearing of it.
    fn end_unheard(&mut self, called_off: bool, why: String, now: Timestamp) -> Vec<Act> {
        let booked = self.state == ProposalState::Confirmed;
        self.updated_at = now;
        self.state = ProposalState::Cancelled;
        self.ended = Some(Ended::Undeliverable { called_off, why });
        if booked {
            vec![Act::Unbook]
        } else {
            Vec::new()
        }
    }

    fn can_cancel(&self, now: Timestamp) -> bool {
        let ahead = self.slot.is_some_and(|slot| slot.end() > now);
        self.is_open() || (self.state == ProposalState::Confirmed && ahead)
    }

    /// Ends it from this side, and tells the other.
    fn end(&mut self, state: ProposalState, reason: Reason, note: Option<String>) -> Vec<Act> {
        let booked = self.state == ProposalState::Confirmed;
        self.state = state;
        self.ended = Some(Ended::Said {
            by_me: true,
            reason,
            note: note.clone(),
        });
        let rejection = Rejection {
            reason,
            note,
            counter: Vec::new(),
        };
        let mut acts = vec![Act::Send(Body::Rejection(rejection))];
        if booked {
            acts.push(Act::Unbook);
        }
        acts
    }

    fn rejected(&mut self, rejection: Rejection, diary: &Diary<'_>) -> Vec<Act> {
        let over = matches!(rejection.reason, Reason::Cancelled | Reason::Expired);
        let state = rejection.reason.state();
        match self.state {
            ProposalState::Confirmed if over => {}
            ProposalState::Proposed if !over => return self.refused(rejection, diary),
            _ if self.is_open() => {}
            _ => return Vec::new(),
        }
        let booked = self.state == ProposalState::Confirmed;
        self.state = if booked {
            ProposalState::Cancelled
        } else {
            state
        };
        let Rejection { reason, note, .. } = rejection;
        self.ended = Some(Ended::Said {
            by_me: false,
            reason,
            note,
        });
        if booked {
            vec![Act::Unbook]
        } else {
            Vec::new()
        }
    }

    /// What to say to something that came after the end.
    fn too_late(&self) -> Vec<Act> {
        let reason = match self.state {
            ProposalState::Cancelled => Reason::Cancelled,
            _ => Reason::Expired,
        };
        let rejection = Rejection {
            reason,
            note: None,
            counter: Vec::new(),
        };
        vec![Act::Send(Body::Rejection(rejection))]
    }

    fn wrong_state(&self, decision: &Decision) -> ApiError {
        let wanted = match decision {
            Decision::Approve { .. } => "approved",
            Decision::Reject { .. } => "declined",
            Decision::Cancel { .. } => "called off",
        };
        let (is, next_step) = match self.state {
            ProposalState::Asking => ("waits for the other side's times", "Wait, or call it off."),
            ProposalState::Proposed => ("waits for the other side", "Wait, or call it off."),
            ProposalState::Answered => (
                "waits for the other side to propose a time",
                "Wait, or call it off.",
            ),
            ProposalState::Review | ProposalState::Approval => {
                ("waits for you", "Say yes or no, or call it off.")
            }
            ProposalState::Confirmed => (
                "is confirmed",
                "Call it off before it takes place, if it cannot be.",
            ),
            ProposalState::Rejected | ProposalState::Expired | ProposalState::Cancelled => {
                ("has ended", "Schedule a new meeting.")
            }
        };
        let message = format!("“{}” cannot be {wanted}: it {is}.", self.title);
        ApiError::new(ApiErrorCode::WrongState, message, next_step)
    }
}

fn event_uid(id: &ConversationId) -> String {
    format!("{id}@sotto")
}

/// The user chose a time that is none of those on offer.
fn not_on_offer(options: &[Span], zone: &TimeZone) -> ApiError {
    let start = |slot: &Span| slot.start().to_zoned(zone.clone());
    let on_offer: Vec<String> = options
        .iter()
        .map(|slot| start(slot).strftime("%Y-%m-%dT%H:%M").to_string())
        .collect();
    let zone = zone.iana_name().unwrap_or("UTC");
    ApiError::new(
        ApiErrorCode::ValueInvalid,
        "This time is not on offer.",
        format!("Choose one of: {} ({zone}).", on_offer.join(", ")),
    )
}

/// The chosen time is no longer free.
fn taken_meanwhile(next_step: &str) -> ApiError {
    let message = "This time is no longer free in your calendar.";
    ApiError::new(ApiErrorCode::WrongState, message, next_step)
}
