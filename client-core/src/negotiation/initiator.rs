//! The part of the side that wants the meeting.

use jiff::Timestamp;

use super::{
    ANSWER_TIME, Act, Ended, MAX_OPTIONS, MAX_ROUNDS, Negotiation, Search, not_on_offer,
    taken_meanwhile,
};
use crate::{
    api::{ApiError, Direction, ProposalState},
    connection::later,
    diary::Diary,
    local_id::{ContactId, ConversationId},
    message::{Body, Confirmation, Proposal, Query, Reason, Rejection, Response},
    span::{Span, common, without},
};

/// What the user wants, once it is understood.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) contact: ContactId,
    pub(crate) title: String,
    pub(crate) search: Search,
    pub(crate) review: bool,
}

impl Negotiation {
    /// Begins a negotiation by a QUERY.
    pub(crate) fn begin(id: ConversationId, wish: Wish, diary: &Diary<'_>) -> (Self, Vec<Act>) {
        let Search {
            windows,
            duration_minutes,
            beyond,
            ..
        } = wish.search;
        let last = windows.iter().map(Span::end).max().unwrap_or(diary.now);
        let expires_at = later(diary.now, ANSWER_TIME).min(last);
        let query = Query {
            title: wish.title.clone(),
            duration_minutes,
            windows: windows.clone(),
            time_zone: diary.zone.iana_name().unwrap_or("UTC").to_owned(),
            expires_at,
        };
        let negotiation = Self {
            windows,
            beyond,
            review: wish.review,
            expires_at: Some(expires_at),
            ..Self::new(
                id,
                wish.contact,
                Direction::Outgoing,
                wish.title,
                duration_minutes,
                diary.now,
            )
        };
        (negotiation, vec![Act::Send(Body::Query(query))])
    }

    /// A RESPONSE came.
    pub(super) fn answered(&mut self, response: Response, diary: &Diary<'_>) -> Vec<Act> {
        if self.state != ProposalState::Asking {
            return Vec::new();
        }
        self.their_free = response.free;
        let times = self.common_times(diary);
        self.go_on_with(times, diary)
    }

    /// Whether it agrees to what is on the table, every word of it.
    pub(crate) fn agrees(&self, confirmation: &Confirmation) -> bool {
        self.uid() == confirmation.uid
            && self.slot == Some(confirmation.slot)
            && self.proposal == Some(confirmation.proposal)
    }

    /// A CONFIRMATION came.
    pub(super) fn confirmed(&mut self, confirmation: &Confirmation) -> Vec<Act> {
        let same = self.agrees(confirmation);
        match self.state {
            ProposalState::Proposed if same => {
                self.state = ProposalState::Confirmed;
                vec![Act::Book]
            }
            ProposalState::Confirmed if same => Vec::new(),
            // It confirms a time that is not, or no longer, on the table.
            _ => self.too_late(),
        }
    }

    /// A REJECTION of the time on the table came, with or without others.
    pub(super) fn refused(&mut self, rejection: Rejection, diary: &Diary<'_>) -> Vec<Act> {
        self.refused.extend(self.slot.take());
        let Rejection {
            reason,
            note,
            counter,
        } = rejection;
        if reason == Reason::Declined && counter.is_empty() {
            self.state = ProposalState::Rejected;
            self.ended = Some(Ended::Said {
                by_me: false,
                reason,
                note,
            });
            return Vec::new();
        }
        let minutes = self.duration_minutes;
        let offered: Vec<Span> = counter
            .into_iter()
            .filter(|slot| {
                slot.seconds() == i64::from(minutes) * 60 && diary.fits(*slot, &self.beyond)
            })
            .filter(|slot| !self.refused.contains(slot))
            .take(MAX_OPTIONS)
            .collect();
        let (asked, elsewhere): (Vec<Span>, Vec<Span>) = offered
            .into_iter()
            .partition(|slot| self.windows.iter().any(|window| window.contains(slot)));
        if self.round >= MAX_ROUNDS {
            return self.go_on_with(Vec::new(), diary);
        }
        if !asked.is_empty() {
            return self.go_on_with(asked, diary);
        }
        if !elsewhere.is_empty() {
            // The user has not asked for these days, and so has to choose one of them.
            return self.let_choose(elsewhere);
        }
        // They want another time: what else they called free may still be.
        let times = self.common_times(diary);
        self.go_on_with(times, diary)
    }

    /// The user chose one of the options.
    pub(super) fn choose(
        &mut self,
        start: Option<Timestamp>,
        diary: &Diary<'_>,
    ) -> Result<Vec<Act>, ApiError> {
        let chosen = match start {
            None => self.options.first(),
            Some(start) => self.options.iter().find(|slot| slot.start() == start),
        };
        let chosen = *chosen.ok_or_else(|| not_on_offer(&self.options, &diary.zone))?;
        if !diary.fits(chosen, &self.beyond) {
            return Err(taken_meanwhile(
                "Choose another of the offered times, or call it off.",
            ));
        }
        Ok(self.propose(chosen, diary.now))
    }

    fn common_times(&self, diary: &Diary<'_>) -> Vec<Span> {
        let mine = diary.free(&self.windows, &self.beyond, self.duration_minutes);
        let both = without(common(&mine, &self.their_free), self.refused.clone());
        diary.best(&both, self.duration_minutes, MAX_OPTIONS)
    }

    fn go_on_with(&mut self, times: Vec<Span>, diary: &Diary<'_>) -> Vec<Act> {
        let Some(best) = times.first().copied() else {
            return self.end(ProposalState::Rejected, Reason::NoCommonTime, None);
        };
        if !self.review {
            return self.propose(best, diary.now);
        }
        self.let_choose(times)
    }

    fn let_choose(&mut self, times: Vec<Span>) -> Vec<Act> {
        self.state = ProposalState::Review;
        self.expires_at = times.iter().map(Span::start).max();
        self.options = times;
        Vec::new()
    }

    fn propose(&mut self, slot: Span, now: Timestamp) -> Vec<Act> {
        self.state = ProposalState::Proposed;
        self.slot = Some(slot);
        self.options.clear();
        self.round += 1;
        let expires_at = later(now, ANSWER_TIME).min(slot.start());
        self.expires_at = Some(expires_at);
        let (uid, title, round) = (self.uid(), self.title.clone(), self.round);
        vec![Act::Send(Body::Proposal(Proposal {
            uid,
            title,
            slot,
            round,
            expires_at,
        }))]
    }
}
