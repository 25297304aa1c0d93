//! Negotiations and the calendar.

use bytes::Bytes;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Context, Engine, Store};
use crate::{
    agenda::Meeting,
    api::{
        ApiError, ApiErrorCode, Approval, ContactState, Direction, Notice, Reply, ScheduleDraft,
        ScheduleRequest,
    },
    calendar::{Event, availability},
    command::{self, Person},
    contacts::find,
    diary::Diary,
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, MAX_SPANS, MAX_TEXT_CHARS},
    negotiation::{Act, Decision, Negotiation, Wish},
    span::Span,
};

/// Most open negotiations with one contact.
pub(super) const MAX_OPEN_PER_CONTACT: usize = 20;
/// Most negotiations that are kept; the oldest that have ended go first.
pub(super) const MAX_NEGOTIATIONS: usize = 1_000;

impl Engine {
    pub(super) fn interpret(
        &self,
        request: &ScheduleRequest,
        now: Timestamp,
    ) -> Result<ScheduleDraft, ApiError> {
        let people: Vec<Person<'_>> = self
            .contacts
            .iter()
            .filter(|contact| contact.state != ContactState::Blocked)
            .map(|contact| Person {
                id: contact.id.as_str(),
                name: &contact.name,
                state: contact.state,
                since: contact.since,
            })
            .collect();
        let zone = self.preferences.zone();
        let default_review = self.preferences.review;
        let context = command::Context {
            now,
            zone: &zone,
            contacts: &people,
            default_review,
        };
        Ok(command::interpret(request, &context)?)
    }

    pub(super) fn schedule(
        &mut self,
        request: &ScheduleRequest,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let draft = self.interpret(request, cx.now)?;
        let contact = self.contacts.find(&draft.contact.id)?;
        contact.check_active()?;
        let contact = contact.id.clone();
        if self.open_with(&contact) >= MAX_OPEN_PER_CONTACT {
            return Err(ApiError::new(
                ApiErrorCode::LimitReached,
                format!(
                    "{MAX_OPEN_PER_CONTACT} proposals with {} are open already.",
                    draft.contact.name
                ),
                "Wait for an answer, or cancel some of them.",
            ));
        }
        let wish = Wish {
            contact,
            title: draft.title.clone(),
            duration_minutes: draft.duration_minutes,
            windows: windows(&draft, &self.preferences.zone())?,
            review: draft.review,
        };
        let id = ConversationId::random(cx.rng);
        let (negotiation, acts) = Negotiation::begin(id.clone(), wish, &self.diary(None, cx.now))?;
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
            *reason = reason
                .take()
                .map(|note| one_line(&note))
                .filter(|note| !note.is_empty());
        }
        let named = self
            .negotiations
            .iter()
            .map(|(id, n)| (id.as_str(), n.title.as_str(), id));
        let id = find("proposal", reference, named)?.clone();
        let Some(mut negotiation) = self.negotiations.get(&id).cloned() else {
            return self.proposal_reply(&id);
        };
        let acts = negotiation.decide(decision, &self.diary(Some(&id), cx.now))?;
        self.keep(negotiation, cx);
        self.carry_out(&id, acts, cx);
        self.proposal_reply(&id)
    }

    /// A message of a contact came.
    pub(super) fn heard(&mut self, contact: &ContactId, payload: &Bytes, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get_mut(contact) else {
            return;
        };
        let Ok(decrypted) = session.decrypt(payload) else {
            return;
        };
        cx.put(Store::Sessions, contact, session);
        let Ok(message) = AgentMessage::from_bytes(&decrypted.plaintext) else {
            return;
        };
        let named = message
            .conversation
            .as_deref()
            .and_then(ConversationId::parse);
        let conversation = named
            .clone()
            .unwrap_or_else(|| ConversationId::from(contact));
        let direction = Direction::Incoming;
        self.history.record(
            conversation,
            contact.clone(),
            direction,
            message.clone(),
            cx,
        );
        cx.notice(Notice::History);
        match (message.body.clone(), named) {
            (Body::Handshake(handshake), _) => self.handshake_received(contact, handshake, cx),
            (_, Some(conversation)) => self.negotiate(contact, &conversation, message, cx),
            // A negotiation without a name cannot be answered.
            (_, None) => {}
        }
    }

    fn negotiate(
        &mut self,
        contact: &ContactId,
        id: &ConversationId,
        message: AgentMessage,
        cx: &mut Context<'_>,
    ) {
        let active = self
            .contacts
            .get(contact)
            .is_some_and(|c| c.state == ContactState::Active);
        if !active {
            return;
        }
        let known = match self.negotiations.get(id) {
            // Nobody takes part in somebody else's negotiation.
            Some(known) if known.contact != *contact => return,
            known => known.cloned(),
        };
        let begun = || {
            let room = self.open_with(contact) < MAX_OPEN_PER_CONTACT;
            Negotiation::incoming(id.clone(), contact.clone(), &message.body, cx.now)
                .filter(|_| room)
        };
        let Some(mut negotiation) = known.or_else(begun) else {
            return;
        };
        negotiation.last_received = Some(message.id);
        let auto = self.preferences.approve_meetings == Approval::Auto;
        let acts = negotiation.receive(message.body, &self.diary(Some(id), cx.now), auto);
        self.keep(negotiation, cx);
        self.carry_out(id, acts, cx);
    }

    pub(super) fn tick_meetings(&mut self, cx: &mut Context<'_>) {
        let due: Vec<ConversationId> = self
            .negotiations
            .values()
            .filter(|negotiation| negotiation.deadline().is_some_and(|at| at <= cx.now))
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

    /// The contact is gone: nothing with them can come to an end any more.
    pub(super) fn lose_negotiations(
        &mut self,
        contact: &ContactId,
        by_me: bool,
        cx: &mut Context<'_>,
    ) {
        let open = self
            .negotiations
            .values()
            .filter(|n| n.contact == *contact && n.is_open());
        for mut negotiation in open.cloned().collect::<Vec<_>>() {
            negotiation.lose_contact(cx.now, by_me);
            self.keep(negotiation, cx);
        }
    }

    fn carry_out(&mut self, id: &ConversationId, acts: Vec<Act>, cx: &mut Context<'_>) {
        for act in acts {
            let Some(negotiation) = self.negotiations.get(id).cloned() else {
                return;
            };
            match act {
                Act::Send(body) => {
                    let contact = self.contacts.get(&negotiation.contact);
                    let Some(mailbox) = contact.and_then(|contact| contact.their_mailbox) else {
                        continue;
                    };
                    let reply_to = negotiation.last_received;
                    let sent =
                        self.post(&negotiation.contact, mailbox, Some(id), reply_to, body, cx);
                    if let Err(error) = sent {
                        self.problem = Some(error.message);
                    }
                }
                Act::Book { slot } => {
                    let uid = negotiation.uid.unwrap_or_default();
                    let event =
                        Event::single(uid, negotiation.title, slot, &self.preferences.zone());
                    let (contact, proposal) = (negotiation.contact, id.clone());
                    self.agenda.book(
                        Meeting {
                            event,
                            contact,
                            proposal,
                        },
                        cx,
                    );
                    cx.notice(Notice::Calendar);
                }
                Act::Unbook => {
                    self.agenda.unbook(&negotiation.uid.unwrap_or_default(), cx);
                    cx.notice(Notice::Calendar);
                }
            }
        }
    }

    fn keep(&mut self, negotiation: Negotiation, cx: &mut Context<'_>) {
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

    fn open_with(&self, contact: &ContactId) -> usize {
        self.negotiations
            .values()
            .filter(|n| n.contact == *contact && n.is_open())
            .count()
    }

    fn diary(&self, own: Option<&ConversationId>, now: Timestamp) -> Diary<'_> {
        let (zone, holds) = (self.preferences.zone(), self.holds());
        Diary::new(now, zone, &self.agenda, &self.preferences, &holds, own)
    }

    fn proposal_reply(&self, id: &ConversationId) -> Result<Reply, ApiError> {
        let named = self.negotiations.iter().map(|(id, n)| (id.as_str(), "", n));
        let negotiation = find("proposal", id.as_str(), named)?;
        Ok(Reply::Proposal(
            negotiation.view(self.contact_ref(&negotiation.contact)),
        ))
    }
}

/// The days and hours of a request as instants, in the user's zone.
fn windows(draft: &ScheduleDraft, zone: &TimeZone) -> Result<Vec<Span>, ApiError> {
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

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_TEXT_CHARS)
        .collect()
}
