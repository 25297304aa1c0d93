//! Messages on their way out.

use sotto_protocol::id::{MailboxId, MessageId};

use super::{Context, Engine, Store};
use crate::{
    api::{ApiError, ApiErrorCode, Direction, Notice},
    history::Said,
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, MESSAGE_VERSION},
    random::random_bytes,
};

/// A message to be written.
pub(super) struct Letter<'a> {
    pub(super) to: &'a ContactId,
    /// Where they take it.
    pub(super) mailbox: MailboxId,
    /// The negotiation that it belongs to.
    pub(super) conversation: Option<&'a ConversationId>,
    pub(super) in_reply_to: Option<MessageId>,
    pub(super) body: Body,
}

impl<'a> Letter<'a> {
    /// One outside of any negotiation.
    pub(super) fn new(to: &'a ContactId, mailbox: MailboxId, body: Body) -> Self {
        Self {
            to,
            mailbox,
            conversation: None,
            in_reply_to: None,
            body,
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

    /// Where something can be said to the contact now. To be asked before a step that has to say
    /// what it decides.
    pub(super) fn channel(&self, to: &ContactId) -> Result<MailboxId, ApiError> {
        self.check_outbox()?;
        let Some(contact) = self.contacts.get(to).filter(|contact| !contact.removed) else {
            return Err(ApiError::new(
                ApiErrorCode::ContactNotReady,
                format!("You removed {}.", self.contact_ref(to).name),
                "Meet again by an invitation first.",
            ));
        };
        contact.check_active()?;
        if self.sessions.contains_key(to)
            && let Some(mailbox) = contact.their_mailbox
        {
            return Ok(mailbox);
        }
        let name = contact.name();
        Err(ApiError::new(
            ApiErrorCode::ContactNotReady,
            format!("The keys of your conversation with {name} are lost."),
            format!("Ask {name} for a new invitation, and accept it."),
        ))
    }

    /// What waits for a contact was written for a session that is over: it is not sent, and what
    /// hung on it ends.
    pub(super) fn give_up_letters(&mut self, to: &ContactId, cx: &mut Context<'_>) {
        let name = self.contact_ref(to).name;
        for lost in self.outbox.give_up(to, cx) {
            self.history.failed(&lost.message, cx);
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
        letter: Letter<'_>,
        cx: &mut Context<'_>,
    ) -> Result<MessageId, ApiError> {
        self.check_outbox()?;
        let Letter {
            to,
            mailbox,
            conversation,
            in_reply_to,
            body,
        } = letter;
        let message = AgentMessage {
            v: MESSAGE_VERSION,
            id: MessageId::from_bytes(random_bytes(cx.rng)),
            conversation: conversation.map(ToString::to_string),
            in_reply_to,
            sent_at: cx.now,
            body,
        };
        let not_encrypted = |why: String| {
            ApiError::new(
                ApiErrorCode::ContactNotReady,
                format!("The message could not be encrypted ({why})."),
                "Ask them for a new invitation, and accept it.",
            )
        };
        let session = self
            .sessions
            .get_mut(to)
            .ok_or_else(|| not_encrypted("no session".to_owned()))?;
        let encrypted = session
            .encrypt(self.identity.device(), &message.to_bytes(), cx.now, cx.rng)
            .map_err(|error| not_encrypted(error.to_string()))?;
        cx.put(Store::Sessions, to, session);
        let id = message.id;
        let (to_whom, conversation_id) = (to.clone(), conversation.cloned());
        let payload = &encrypted.bytes;
        self.outbox
            .push(id, mailbox, to_whom, conversation_id, payload, cx);
        // Under whom the user knows of.
        let known = self.contacts.get(to).and_then(|c| c.renews.clone());
        let known = known.unwrap_or_else(|| to.clone());
        let conversation = conversation.cloned().unwrap_or_else(|| (&known).into());
        let said = Said::Message(message);
        self.write_down(conversation, known, Direction::Outgoing, said, cx);
        cx.notice(Notice::Status);
        Ok(id)
    }

    /// Puts a message into the history.
    pub(super) fn write_down(
        &mut self,
        conversation: ConversationId,
        contact: ContactId,
        direction: Direction,
        said: Said,
        cx: &mut Context<'_>,
    ) {
        let now = cx.now;
        let negotiations = &self.negotiations;
        let live = |id: &ConversationId| negotiations.get(id).is_some_and(|n| !n.is_over(now));
        self.history
            .record(conversation, contact, direction, said, live, cx);
        cx.notice(Notice::History);
    }
}
