//! Messages on their way out.

use sotto_protocol::id::MessageId;

use super::{Context, Engine, Store};
use crate::{
    api::{ApiError, ApiErrorCode, Direction, Notice},
    history::{Line, Said},
    identity::Device,
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, MESSAGE_VERSION},
    outbox::Letter,
    peers::PeerKey,
    random::random_bytes,
    receipt::Evidence,
    session::{Encrypted, Session},
};

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
    /// That another message finds room.
    pub(super) fn check_outbox(&self) -> Result<(), ApiError> {
        if self.outbox.is_full() {
            return Err(ApiError::new(
                ApiErrorCode::LimitReached,
                "Too many messages wait for the relay.",
                "Wait until the connection is back and they are gone.",
            ));
        }
        Ok(())
    }

    /// With which device of the contact something can be said to them now. To be asked before a
    /// step that has to say what it decides.
    pub(super) fn channel(&self, to: &ContactId) -> Result<PeerKey, ApiError> {
        self.check_outbox()?;
        let Some(contact) = self.contacts.get(to).filter(|contact| !contact.removed) else {
            return Err(ApiError::new(
                ApiErrorCode::ContactNotReady,
                format!("You removed {}.", self.contact_ref(to).name),
                "Meet again by an invitation first.",
            ));
        };
        contact.check_active()?;
        let reachable = self.reachable(to).into_iter().next();
        reachable.ok_or_else(|| {
            let name = contact.name();
            ApiError::new(
                ApiErrorCode::ContactNotReady,
                format!("The keys of your conversation with {name} are lost."),
                format!("Ask {name} for a new invitation, and accept it."),
            )
        })
    }

    /// Letters that were written for a session that is over are not sent, and what hung on them ends.
    pub(super) fn give_up_letters(&mut self, over: impl Fn(&Letter) -> bool, cx: &mut Context<'_>) {
        for lost in self.outbox.give_up(over, cx) {
            self.history.failed(&lost.message, cx);
            let name = self.contact_ref(lost.peer.contact()).name;
            let why = format!("{name} could not be told before you met anew.");
            if let Some(conversation) = &lost.conversation {
                self.undeliverable(conversation, why, cx);
            }
        }
    }

    /// Encrypts a message, and stores the ratchet's step, the ciphertext and
    /// the history in the same batch.
    pub(super) fn post(
        &mut self,
        to: &PeerKey,
        saying: Saying<'_>,
        cx: &mut Context<'_>,
    ) -> Result<AgentMessage, ApiError> {
        self.check_outbox()?;
        let mailbox = self.peers.get(to).and_then(|peer| peer.their_mailbox);
        let (Some(mailbox), Some(session)) = (mailbox, self.sessions.get_mut(to)) else {
            return Err(not_encrypted("no session"));
        };
        let conversation = saying.conversation.cloned();
        let message = saying.message(cx);
        let sealed = seal(session, self.identity.device(), &message, cx)?;
        cx.put(Store::Sessions, to, session);
        let letter = Letter {
            message: message.id,
            peer: to.clone(),
            mailbox,
            conversation,
        };
        let own = self.identity.devices();
        let evidence = Evidence::of(&message, &message.to_bytes(), sealed.signed, own);
        let line = Line {
            said: Said::Message(message.clone()),
            evidence,
        };
        self.send_off(letter, line, &sealed.bytes, cx);
        Ok(message)
    }

    /// Puts an encrypted message into the outbox, and into the history.
    pub(super) fn send_off(
        &mut self,
        letter: Letter,
        line: impl Into<Line>,
        payload: &[u8],
        cx: &mut Context<'_>,
    ) {
        let contact = letter.peer.contact().clone();
        let conversation = letter.conversation.clone();
        let conversation = conversation.unwrap_or_else(|| (&contact).into());
        self.outbox.push(letter, payload, cx);
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

/// Encrypts a message. The session is to be stored in the same batch as what comes of it.
pub(super) fn seal(
    session: &mut Session,
    device: &Device,
    message: &AgentMessage,
    cx: &mut Context<'_>,
) -> Result<Encrypted, ApiError> {
    let sealed = session.encrypt(device, &message.to_bytes(), cx.now, cx.rng);
    sealed.map_err(|error| not_encrypted(&error.to_string()))
}

fn not_encrypted(why: &str) -> ApiError {
    ApiError::new(
        ApiErrorCode::ContactNotReady,
        format!("The message could not be encrypted ({why})."),
        "Ask them for a new invitation, and accept it.",
    )
}
