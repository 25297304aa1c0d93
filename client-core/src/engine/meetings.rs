//! Negotiations and the calendar.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Context, Engine, Store, posting::Saying};
use crate::{
    agenda::Meeting,
    api::{
        ApiError, ApiErrorCode, Approval, ContactState, Notice, ProposalState, Reply,
        ScheduleDraft, ScheduleRequest,
    },
    calendar::{Event, availability},
    command::{self, Person, Understood},
    contacts::{Contact, find},
    diary::Diary,
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, MAX_SPANS, MAX_TEXT_CHARS, MessageDigest, Reason, Rejection},
    negotiation::{Act, Asked, Decision, Negotiation, Search, Wish, usual_end},
    span::Span,
};

/// Most open negotiations with one contact.
pub(super) const MAX_OPEN_PER_CONTACT: usize = 20;
/// Most negotiations that are kept; the oldest that are over go first. When none is, no new one begins.
pub(super) const MAX_NEGOTIATIONS: usize = 1_000;

impl Engine {
    /// What a request means, if [`schedule`](Self::schedule) would carry it out now.
    pub(super) fn interpret(
        &self,
        request: &ScheduleRequest,
        now: Timestamp,
    ) -> Result<ScheduleDraft, ApiError> {
        let (understood, search) = self.plan(request, now)?;
        Ok(ScheduleDraft {
            contact: understood.contact,
            duration_minutes: understood.duration_minutes,
            from: understood.from,
            to: understood.to,
            earliest: understood.earliest,
            latest: understood.latest,
            hours: search.hours,
            title: understood.title,
            review: understood.review,
        })
    }

    /// Everything on which a request may fail.
    fn plan(
        &self,
        request: &ScheduleRequest,
        now: Timestamp,
    ) -> Result<(Understood, Search), ApiError> {
        let people: Vec<Person<'_>> = self
            .contacts
            .iter()
            .map(|contact| Person {
                id: contact.id.as_str(),
                name: contact.name(),
                state: contact.state,
                since: contact.since,
            })
            .collect();
        let zone = self.preferences.zone();
        let diary = self.diary(None, now);
        let context = command::Context {
            now,
            zone: &zone,
            contacts: &people,
            default_review: self.preferences.review,
            day_ends: usual_end(zone.to_datetime(now).date(), &diary),
        };
        let understood = command::interpret(request, &context)?;
        let contact = self.contacts.find(&understood.contact.id)?;
        contact.check_not_held()?;
        self.channels(&contact.id)?;
        self.check_room(&contact.id, now)?;
        let asked = Asked {
            windows: windows(&understood, &zone)?,
            duration_minutes: understood.duration_minutes,
            days_named: understood.days_named,
            time_of_day: understood.time_of_day,
        };
        let search = asked.search(&diary)?;
        Ok((understood, search))
    }

    pub(super) fn schedule(
        &mut self,
        request: &ScheduleRequest,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let (understood, search) = self.plan(request, cx.now)?;
        let wish = Wish {
            contact: self.contacts.find(&understood.contact.id)?.id.clone(),
            title: understood.title,
            search,
            review: understood.review,
        };
        let id = ConversationId::random(cx.rng);
        let (negotiation, acts) = Negotiation::begin(id.clone(), wish, &self.diary(None, cx.now));
        self.keep(negotiation, cx);
        self.carry_out(&id, acts, cx);
        self.proposal_reply(&id)
    }

    pub(super) fn decide(
        &mut self,
        reference: &str,
        mut decision: Decision,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        if let Decision::Reject { reason, .. } | Decision::Cancel { reason } = &mut decision {
            let note = reason.take().map(|note| one_line(&note)).transpose()?;
            *reason = note.filter(|note| !note.is_empty());
        }
        let named = self
            .negotiations
            .iter()
            .map(|(id, n)| (id.as_str(), n.title.as_str(), id));
        let id = find("proposal", reference, named)?.clone();
        let Some(mut negotiation) = self.negotiations.get(&id).cloned() else {
            return self.proposal_reply(&id);
        };
        // Nothing is decided that the other side could not be told.
        let channel = if negotiation.is_over(cx.now) {
            Ok(())
        } else {
            let known = self.contacts.get(&negotiation.contact);
            known
                .map_or(Ok(()), Contact::check_not_held)
                .and_then(|()| self.channels(&negotiation.contact).map(drop))
        };
        let cancels = matches!(decision, Decision::Cancel { .. });
        let acts = match channel {
            Ok(()) => negotiation.decide(decision, &self.diary(Some(&id), cx.now))?,
            // With whom there is no contact any more, one can still have the time back. Who is
            // about to be one is told then.
            Err(_) if cancels && self.is_cut_off(&negotiation.contact) => {
                let name = self.contact_ref(&negotiation.contact).name;
                let why = format!("{name} was not told: you have no contact any more.");
                negotiation.call_off_alone(why, cx.now)
            }
            Err(error) => return Err(error),
        };
        if !self.is_agent() {
            self.agreed_changed(&id);
        }
        self.keep(negotiation, cx);
        self.carry_out(&id, acts, cx);
        self.proposal_reply(&id)
    }

    /// Whether nothing can be said to them unless they become a contact anew.
    fn is_cut_off(&self, contact: &ContactId) -> bool {
        let known = self.contacts.get(contact).filter(|known| !known.removed);
        known.is_none_or(|known| match known.state {
            ContactState::Blocked | ContactState::Declined => true,
            // Who is active is met by this device yet, or anew.
            ContactState::Waiting | ContactState::Requested | ContactState::Active => false,
            ContactState::Unreachable => self.reachable(contact).is_empty(),
        })
    }

    pub(super) fn negotiate(
        &mut self,
        contact: &ContactId,
        id: &ConversationId,
        message: AgentMessage,
        digest: MessageDigest,
        cx: &mut Context<'_>,
    ) {
        // The agent hears it as well, and one answer is enough.
        if !self.is_agent() {
            return self.hear_following(contact, id, message.body, cx);
        }
        let Some(known) = self.contacts.get(contact) else {
            return;
        };
        if known.state != ContactState::Active || self.reachable(contact).is_empty() {
            return;
        }
        let known = match self.negotiations.get(id) {
            // Nobody takes part in somebody else's negotiation.
            Some(known) if known.contact != *contact => return,
            None if self.is_taking_over() => return,
            known => known.cloned(),
        };
        let begun = || Negotiation::incoming(id.clone(), contact.clone(), &message.body, cx.now);
        let is_new = known.is_none();
        let Some(mut negotiation) = known.or_else(begun) else {
            return;
        };
        negotiation.heard(message.id, digest);
        if is_new && negotiation.is_open() && self.check_room(contact, cx.now).is_err() {
            if let Err(error) = self.say(&negotiation, Body::Rejection(too_many()), cx) {
                self.problem = Some(error.message);
            }
            return;
        }
        // Nobody is agreed with, unasked, of whom it is not certain who they are.
        let auto = self.preferences.approve_meetings == Approval::Auto && !self.is_held(contact);
        let acts = negotiation.receive(message.body, &self.diary(Some(id), cx.now), auto);
        let answers = acts.iter().any(|act| matches!(act, Act::Send(_)));
        if answers && self.channels(contact).is_err() {
            // They take nothing of what waits for them already.
            return;
        }
        self.keep(negotiation, cx);
        self.carry_out(id, acts, cx);
    }

    /// A device that follows hears when what was proposed is agreed to, and what is agreed called off.
    fn hear_following(
        &mut self,
        contact: &ContactId,
        id: &ConversationId,
        body: Body,
        cx: &mut Context<'_>,
    ) {
        let known = self.negotiations.get(id).cloned();
        let Some(mut negotiation) = known.filter(|known| known.contact == *contact) else {
            return;
        };
        let changes = match (negotiation.state, &body) {
            (ProposalState::Confirmed, Body::Rejection(_)) => true,
            (ProposalState::Proposed, Body::Confirmation(said)) => negotiation.agrees(said),
            _ => false,
        };
        if changes {
            negotiation.receive(body, &self.diary(Some(id), cx.now), false);
            self.enter(&negotiation, cx);
            self.keep(negotiation, cx);
        }
    }

    pub(super) fn tick_meetings(&mut self, cx: &mut Context<'_>) {
        // The agent sees to it that what nobody answers ends.
        if !self.is_agent() {
            return;
        }
        let caught_up = self.is_caught_up(cx.now);
        let due: Vec<ConversationId> = self
            .negotiations
            .values()
            .filter(|negotiation| negotiation.deadline().is_some_and(|at| at <= cx.now))
            // Their answer may have come in time, and wait at the relay.
            .filter(|negotiation| caught_up || negotiation.waits_for_user())
            .map(|negotiation| negotiation.id.clone())
            .collect();
        for id in due {
            let Some(mut negotiation) = self.negotiations.get(&id).cloned() else {
                continue;
            };
            let acts = negotiation.tick(cx.now);
            self.keep(negotiation, cx);
            self.carry_out(&id, acts, cx);
        }
    }

    /// The relay did not take a message of a negotiation.
    pub(super) fn undeliverable(&mut self, id: &ConversationId, why: String, cx: &mut Context<'_>) {
        if let Some(mut negotiation) = self.negotiations.get(id).cloned() {
            let acts = negotiation.undeliverable(why, cx.now);
            self.keep(negotiation, cx);
            self.carry_out(id, acts, cx);
        }
    }

    /// The user ended the acquaintance: nothing with them can come to an end any more.
    pub(super) fn end_negotiations(&mut self, contact: &ContactId, cx: &mut Context<'_>) {
        let open = self
            .negotiations
            .values()
            .filter(|n| n.contact == *contact && n.is_open());
        for mut negotiation in open.cloned().collect::<Vec<_>>() {
            negotiation.end_with_contact(cx.now);
            self.keep(negotiation, cx);
        }
    }

    fn carry_out(&mut self, id: &ConversationId, acts: Vec<Act>, cx: &mut Context<'_>) {
        for act in acts {
            let Some(mut negotiation) = self.negotiations.get(id).cloned() else {
                return;
            };
            match act {
                Act::Send(body) => match self.say(&negotiation, body, cx) {
                    Ok(said) if matches!(said.body, Body::Proposal(_)) => {
                        negotiation.proposed_as(MessageDigest::of(&said.to_bytes()));
                        self.keep(negotiation, cx);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let name = self.contact_ref(&negotiation.contact).name;
                        let why = format!("{name} could not be told: {}", error.message);
                        self.undeliverable(id, why, cx);
                    }
                },
                Act::Book | Act::Unbook => {
                    self.enter(&negotiation, cx);
                    self.agreed_changed(id);
                }
            }
        }
    }

    /// The calendar has the meeting if it is agreed.
    pub(super) fn enter(&mut self, negotiation: &Negotiation, cx: &mut Context<'_>) {
        let uid = negotiation.uid();
        if let Some(slot) = negotiation.booked() {
            let (title, zone) = (negotiation.title.clone(), self.preferences.zone());
            let meeting = Meeting {
                event: Event::single(uid, title, slot, &zone),
                contact: negotiation.contact.clone(),
                proposal: negotiation.id.clone(),
            };
            self.agenda.book(meeting, cx);
        } else {
            self.agenda.unbook(&uid, cx);
        }
        cx.notice(Notice::Calendar);
    }

    /// Says something in a negotiation.
    fn say(
        &mut self,
        negotiation: &Negotiation,
        body: Body,
        cx: &mut Context<'_>,
    ) -> Result<AgentMessage, ApiError> {
        let to = self.channels(&negotiation.contact)?;
        let saying = Saying {
            conversation: Some(&negotiation.id),
            in_reply_to: negotiation.last_received,
            body,
        };
        self.post(&to, saying, cx)
    }

    pub(super) fn keep(&mut self, negotiation: Negotiation, cx: &mut Context<'_>) {
        cx.put(Store::Conversations, &negotiation.id, &negotiation);
        self.negotiations
            .insert(negotiation.id.clone(), negotiation);
        cx.notice(Notice::Proposals);
        // A hold may have come or gone.
        cx.notice(Notice::Calendar);
        cx.notice(Notice::Status);
        if self.negotiations.len() > MAX_NEGOTIATIONS {
            let ended = self
                .negotiations
                .values()
                .filter(|negotiation| negotiation.is_over(cx.now));
            if let Some(oldest) = ended.min_by_key(|n| n.updated_at).map(|n| n.id.clone()) {
                self.negotiations.remove(&oldest);
                cx.delete(Store::Conversations, &oldest);
            }
        }
    }

    /// That one more negotiation with the contact can begin.
    pub(super) fn check_room(&self, contact: &ContactId, now: Timestamp) -> Result<(), ApiError> {
        if !self.has_room(now) {
            return Err(ApiError::new(
                ApiErrorCode::LimitReached,
                format!("{MAX_NEGOTIATIONS} proposals and meetings are open or ahead already."),
                "Wait until some are over, or call some of them off.",
            ));
        }
        let with_them = |n: &&Negotiation| n.contact == *contact && n.is_open();
        if self.negotiations.values().filter(with_them).count() >= MAX_OPEN_PER_CONTACT {
            let name = self.contact_ref(contact).name;
            return Err(ApiError::new(
                ApiErrorCode::LimitReached,
                format!("{MAX_OPEN_PER_CONTACT} proposals with {name} are open already."),
                "Wait for an answer, or call some of them off.",
            ));
        }
        Ok(())
    }

    /// Whether another negotiation can be kept.
    pub(super) fn has_room(&self, now: Timestamp) -> bool {
        let going_on = self.negotiations.values().filter(|n| !n.is_over(now));
        going_on.count() < MAX_NEGOTIATIONS
    }

    fn diary(&self, own: Option<&ConversationId>, now: Timestamp) -> Diary<'_> {
        let (zone, holds) = (self.preferences.zone(), self.holds());
        Diary::new(now, zone, &self.agenda, &self.preferences, &holds, own)
    }

    fn proposal_reply(&self, id: &ConversationId) -> Result<Reply, ApiError> {
        let named = self.negotiations.iter().map(|(id, n)| (id.as_str(), "", n));
        let negotiation = find("proposal", id.as_str(), named)?;
        let view = self.proposal_view(negotiation, &self.outbox.conversations());
        Ok(Reply::Proposal(view))
    }
}

/// The answer to a negotiation for which there is no room.
fn too_many() -> Rejection {
    Rejection {
        reason: Reason::Declined,
        note: Some("Too many proposals are open.".to_owned()),
        counter: Vec::new(),
    }
}

/// The days and hours of a request as instants, in the user's zone.
fn windows(draft: &Understood, zone: &TimeZone) -> Result<Vec<Span>, ApiError> {
    let impossible = |message: &str, next_step: &str| {
        ApiError::new(ApiErrorCode::WindowImpossible, message, next_step)
    };
    let whole = days(draft.from, draft.to, zone).ok_or_else(|| {
        impossible(
            "The days end before they begin.",
            "Name the first day first.",
        )
    })?;
    if draft.earliest.is_none() && draft.latest.is_none() {
        return Ok(vec![whole]);
    }
    let windows = availability::within_day(vec![whole], draft.earliest, draft.latest, zone);
    if windows.is_empty() {
        return Err(impossible(
            "There is no such time on the asked days.",
            "Ask for another time of day.",
        ));
    }
    if windows.len() > MAX_SPANS {
        return Err(impossible(
            "Times of day can be asked for at most 64 days at once.",
            "Ask for fewer days.",
        ));
    }
    Ok(windows)
}

/// From the beginning of the first day to the end of the last.
pub(super) fn days(from: Date, to: Date, zone: &TimeZone) -> Option<Span> {
    let start = from.to_zoned(zone.clone()).ok()?.timestamp();
    let end = to.tomorrow().ok()?.to_zoned(zone.clone()).ok()?.timestamp();
    Span::new(start, end).ok()
}

/// A note as it goes out: on one line, and no longer than the other side takes.
fn one_line(text: &str) -> Result<String, ApiError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    if line.chars().count() > MAX_TEXT_CHARS {
        return Err(ApiError::new(
            ApiErrorCode::ValueInvalid,
            format!("The note is longer than {MAX_TEXT_CHARS} characters."),
            "Shorten it; nothing was sent.",
        ));
    }
    Ok(line)
}
