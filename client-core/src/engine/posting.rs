//! Messages on their way out.

use jiff::Timestamp;
use sotto_protocol::id::MessageId;

use super::{Context, Engine, Store};
use crate::{
    api::{ApiError, ApiErrorCode, Direction, Notice},
    history::{Line, Said},
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, Heartbeat, MESSAGE_VERSION},
    outbox::{Letter, MAX_WAITING_FOR_PEER},
    peers::{Peer, PeerKey},
    random::random_bytes,
    receipt::Evidence,
    session::{DeviceSessions, Encrypted, Session, SessionError},
};

/// A message, encrypted for one device. Nothing has changed by it yet.
pub(super) struct Copy {
    letter: Letter,
    sealed: Encrypted,
    /// The sessions with the device, after it.
    sessions: DeviceSessions,
}

/// Something to be said.
pub(super) struct Saying<'a> {
    /// The negotiation that it belongs to.
    pub(super) conversation: Option<&'a ConversationId>,
    pub(super) in_reply_to: Option<MessageId>,
    pub(super) body: Body,
}

impl Saying<'_> {
    /// Outside of any negotiation.
    pub(super) fn new(body: Body) -> Self {
        Self {
            conversation: None,
            in_reply_to: None,
            body,
        }
    }

    pub(super) fn message(self, cx: &mut Context<'_>) -> AgentMessage {
        AgentMessage {
            v: MESSAGE_VERSION,
            id: MessageId::from_bytes(random_bytes(cx.rng)),
            conversation: self.conversation.map(ToString::to_string),
            in_reply_to: self.in_reply_to,
            sent_at: cx.now,
            body: self.body,
        }
    }
}

impl Engine {
    /// That another message finds room, with so many copies.
    pub(super) fn check_outbox(&self, copies: usize) -> Result<(), ApiError> {
        if !self.outbox.has_room_for(copies) {
            return Err(ApiError::new(
                ApiErrorCode::LimitReached,
                "Too many messages wait for the relay.",
                "Wait until the connection is back and they are gone.",
            ));
        }
        Ok(())
    }

    /// The devices of the contact by which something can be said to them now, all of them, and the
    /// one that answers for them first. To be asked before a step that has to say what it decides.
    pub(super) fn channels(&self, to: &ContactId) -> Result<Vec<PeerKey>, ApiError> {
        let reachable = self.reachable(to);
        self.check_outbox(reachable.len().max(1))?;
        let Some(contact) = self.contacts.get(to).filter(|contact| !contact.removed) else {
            return Err(ApiError::new(
                ApiErrorCode::ContactNotReady,
                format!("You removed {}.", self.contact_ref(to).name),
                "Meet again by an invitation first.",
            ));
        };
        contact.check_active()?;
        let name = contact.name();
        if !reachable.is_empty() {
            let open = reachable.into_iter();
            let open: Vec<PeerKey> = open
                .filter(|to| self.outbox.has_room_for_peer(to))
                .collect();
            if open.is_empty() {
                return Err(takes_nothing(name));
            }
            return Ok(open);
        }
        let unmet = self.peers.of(to).any(|peer| peer.introduction.is_some());
        if unmet || self.is_to_be_met(to) {
            return Err(ApiError::new(
                ApiErrorCode::ContactNotReady,
                format!("This device and {name}’s have not met yet."),
                "They do as soon as both are connected; try again then.",
            ));
        }
        let next_step = if self.peers.of(to).any(|peer| peer.healing.due.is_some()) {
            "They are made anew as soon as you are connected; try again then.".to_owned()
        } else {
            format!("Ask {name} for a new invitation, and accept it.")
        };
        Err(ApiError::new(
            ApiErrorCode::ContactNotReady,
            format!("The keys of your conversation with {name} are lost."),
            next_step,
        ))
    }

    /// Letters that were written for a session that is over are not sent, and what hung on them ends.
    pub(super) fn give_up_letters(&mut self, over: impl Fn(&Letter) -> bool, cx: &mut Context<'_>) {
        self.lose_letters(over, "before you met anew", cx);
    }

    /// As [`give_up_letters`](Self::give_up_letters); `why` ends the sentence that they could not be told.
    pub(super) fn lose_letters(
        &mut self,
        over: impl Fn(&Letter) -> bool,
        why: &str,
        cx: &mut Context<'_>,
    ) {
        let lost = self.outbox.give_up(over, cx).into_iter();
        for lost in lost.filter(|letter| letter.leads) {
            self.history.failed(&lost.message, cx);
            let name = self.contact_ref(lost.peer.contact()).name;
            let why = format!("{name} could not be told {why}.");
            if let Some(conversation) = &lost.conversation {
                self.undeliverable(conversation, why, cx);
            }
        }
    }

    /// Encrypts a message for each of these devices, and stores the ratchets' steps, the ciphertexts
    /// and the history in the same batch. Only where it could be encrypted for none is it not sent.
    pub(super) fn post(
        &mut self,
        to: &[PeerKey],
        saying: Saying<'_>,
        cx: &mut Context<'_>,
    ) -> Result<AgentMessage, ApiError> {
        self.check_outbox(to.len())?;
        let message = saying.message(cx);
        let copies = self.seal_copies(to, &message, cx)?;
        self.commit_copies(message.clone(), copies, cx);
        Ok(message)
    }

    /// Encrypts a message for each of a contact's devices. Only where it could be encrypted for none
    /// is it refused. Nothing changes until it is [committed](Self::commit_copies).
    pub(super) fn seal_copies(
        &self,
        to: &[PeerKey],
        message: &AgentMessage,
        cx: &mut Context<'_>,
    ) -> Result<Vec<Copy>, ApiError> {
        let mut copies = Vec::with_capacity(to.len());
        let mut why = not_encrypted("no session");
        for peer in to {
            match self.copy(peer, message, copies.is_empty(), cx) {
                Ok(copy) => copies.push(copy),
                Err(error) => why = error,
            }
        }
        if copies.is_empty() {
            Err(why)
        } else {
            Ok(copies)
        }
    }

    /// Puts a message that was encrypted for the devices of one contact into the outbox and the history,
    /// with the ratchets' steps.
    pub(super) fn commit_copies(
        &mut self,
        message: AgentMessage,
        copies: Vec<Copy>,
        cx: &mut Context<'_>,
    ) {
        let copies = copies.into_iter().map(|copy| self.step(copy, cx)).collect();
        self.send_off(message, copies, cx);
    }

    /// Encrypts a message that was sent before once more, for one device in its newest session.
    pub(super) fn send_again(
        &mut self,
        peer: &PeerKey,
        message: &AgentMessage,
        leads: bool,
        cx: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        let copy = match self.kept.contact_of(&message.id) {
            // A device of one's own is shown what was said to a contact.
            Some(contact) if peer.contact().is_own() => self.as_copy(message, &contact),
            _ => None,
        };
        let post = self.post_copy(peer, copy.as_ref().unwrap_or(message), leads, cx)?;
        self.kept.posted(&message.id, peer, post, cx);
        cx.notice(Notice::Status);
        Ok(())
    }

    /// The devices to which a heartbeat is owed, and when.
    fn owed(&self) -> impl Iterator<Item = (Timestamp, &PeerKey)> {
        let spoken_to = |peer: &&Peer| {
            let owner = peer.key.contact();
            self.speaks_with(owner) && !self.is_held(owner) && self.can_reach(peer)
        };
        let peers = self.peers.iter().filter(spoken_to);
        peers.filter_map(|peer| Some((peer.owed.due()?, &peer.key)))
    }

    /// When the next heartbeat is to be sent.
    pub(super) fn heartbeat_due(&self) -> Option<Timestamp> {
        self.owed().map(|(due, _)| due).min()
    }

    /// Takes a turn with those who have not been answered for long. It stands in no history.
    pub(super) fn send_heartbeats(&mut self, cx: &mut Context<'_>) {
        let due = self.owed().filter(|(due, _)| *due <= cx.now);
        let due: Vec<PeerKey> = due.map(|(_, peer)| peer.clone()).collect();
        for peer in due {
            if !self.give_heartbeat(&peer, cx)
                && let Some(known) = self.peers.get_mut(&peer)
            {
                // The next one will do.
                known.owed.sent(cx.now);
                cx.put(Store::Connections, &peer, known);
            }
        }
    }

    /// A sign of life. False where it cannot be given.
    pub(super) fn give_heartbeat(&mut self, peer: &PeerKey, cx: &mut Context<'_>) -> bool {
        let message = Saying::new(Body::Heartbeat(Heartbeat {})).message(cx);
        self.post_copy(peer, &message, false, cx).is_ok()
    }

    /// A sign of life came. Where it has brought what the first epoch can begin with, it does at once.
    pub(super) fn heartbeat_received(&mut self, from: &PeerKey, cx: &mut Context<'_>) {
        let active = self.sessions.get(from).and_then(DeviceSessions::active);
        if active.is_some_and(Session::can_begin_first_epoch) {
            self.give_heartbeat(from, cx);
        }
    }

    /// Says something to one device that stands in no history, and is said again if it cannot be
    /// opened there.
    pub(super) fn say_quietly(
        &mut self,
        to: &PeerKey,
        body: Body,
        cx: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        let message = Saying::new(body).message(cx);
        let post = self.post_copy(to, &message, false, cx)?;
        self.kept.keep(&message, cx);
        self.kept.posted(&message.id, to, post, cx);
        Ok(())
    }

    /// Encrypts a message for one device and puts it into the outbox. The id of its post.
    pub(super) fn post_copy(
        &mut self,
        to: &PeerKey,
        message: &AgentMessage,
        leads: bool,
        cx: &mut Context<'_>,
    ) -> Result<MessageId, ApiError> {
        self.check_outbox(1)?;
        let copy = self.copy(to, message, leads, cx)?;
        let (letter, sealed) = self.step(copy, cx);
        Ok(self.outbox.push(letter, &sealed.bytes, cx))
    }

    /// Encrypts a message for one device. Nothing changes by it.
    pub(super) fn copy(
        &self,
        peer: &PeerKey,
        message: &AgentMessage,
        leads: bool,
        cx: &mut Context<'_>,
    ) -> Result<Copy, ApiError> {
        if !self.outbox.has_room_for_peer(peer) {
            return Err(takes_nothing(&self.contact_ref(peer.contact()).name));
        }
        let mailbox = self.peers.get(peer).and_then(|peer| peer.their_mailbox);
        let (Some(mailbox), Some(sessions)) = (mailbox, self.sessions.get(peer)) else {
            return Err(not_encrypted("no session"));
        };
        let mut sessions = sessions.clone();
        let device = self.identity.device();
        let sealed = sealed(sessions.encrypt(device, &message.to_bytes(), cx.now, cx.rng))?;
        let conversation = message.conversation.as_deref();
        let letter = Letter {
            message: message.id,
            peer: peer.clone(),
            mailbox,
            conversation: conversation.and_then(ConversationId::parse),
            leads,
        };
        Ok(Copy {
            letter,
            sealed,
            sessions,
        })
    }

    /// Takes the step of the ratchet by which a copy was made.
    pub(super) fn step(&mut self, copy: Copy, cx: &mut Context<'_>) -> (Letter, Encrypted) {
        let Copy {
            letter,
            sealed,
            sessions,
        } = copy;
        let peer = &letter.peer;
        self.sessions.insert(peer.clone(), sessions);
        self.save_sessions(peer, cx);
        if let Some(known) = self.peers.get_mut(peer) {
            known.owed.sent(cx.now);
            cx.put(Store::Connections, peer, known);
        }
        (letter, sealed)
    }

    /// Puts a message into the outbox, encrypted for some devices of one contact, and into the history.
    pub(super) fn send_off(
        &mut self,
        message: AgentMessage,
        copies: Vec<(Letter, Encrypted)>,
        cx: &mut Context<'_>,
    ) {
        let Some((letter, sealed)) = copies.first() else {
            return;
        };
        let contact = letter.peer.contact().clone();
        let conversation = letter.conversation.clone();
        let conversation = conversation.unwrap_or_else(|| (&contact).into());
        // What went to the device that answers for them stands for all copies.
        let (signed, own) = (sealed.signed.clone(), self.identity.devices());
        let evidence = Evidence::of(&message, &message.to_bytes(), signed, own);
        self.kept.keep(&message, cx);
        let copied = self.copies_for_followers(&message, &contact, copies.len(), cx);
        for (letter, sealed) in copies.into_iter().chain(copied) {
            let peer = letter.peer.clone();
            let post = self.outbox.push(letter, &sealed.bytes, cx);
            self.kept.posted(&message.id, &peer, post, cx);
        }
        let said = Said::Message(message);
        let line = Line { said, evidence };
        self.write_down(conversation, contact, Direction::Outgoing, line, cx);
        cx.notice(Notice::Status);
    }

    /// Puts a message into the history.
    pub(super) fn write_down(
        &mut self,
        conversation: ConversationId,
        contact: ContactId,
        direction: Direction,
        line: impl Into<Line>,
        cx: &mut Context<'_>,
    ) {
        let now = cx.now;
        let negotiations = &self.negotiations;
        let live = |id: &ConversationId| negotiations.get(id).is_some_and(|n| !n.is_over(now));
        self.history
            .record(conversation, contact, direction, line.into(), live, cx);
        cx.notice(Notice::History);
    }
}

/// What is to be posted; the session is to be stored in the same batch.
pub(super) fn sealed(encrypted: Result<Encrypted, SessionError>) -> Result<Encrypted, ApiError> {
    encrypted.map_err(|error| not_encrypted(&error.to_string()))
}

/// So much waits for them that nothing more may.
fn takes_nothing(name: &str) -> ApiError {
    ApiError::new(
        ApiErrorCode::LimitReached,
        format!("{MAX_WAITING_FOR_PEER} messages to {name} wait already."),
        format!("Wait until they have gone out; if {name} takes none, remove {name}."),
    )
}

fn not_encrypted(why: &str) -> ApiError {
    ApiError::new(
        ApiErrorCode::ContactNotReady,
        format!("The message could not be encrypted ({why})."),
        "Ask them for a new invitation, and accept it.",
    )
}
