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
    /// That another message finds room. To be asked before a step that has to send what it decides.
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

    /// Posts an answer that nobody waits for; what goes wrong stands in the status.
    pub(super) fn post_or_note(&mut self, letter: Letter<'_>, cx: &mut Context<'_>) {
        if let Err(error) = self.post(letter, cx) {
            self.problem = Some(error.message);
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
                "Exchange a new invitation with this contact.",
            )
        };
        let session = self
            .sessions
            .get_mut(to)
            .ok_or_else(|| not_encrypted("no session".to_owned()))?;
        let payload = session
            .encrypt(self.identity.device(), &message.to_bytes(), cx.rng)
            .map_err(|error| not_encrypted(error.to_string()))?;
        cx.put(Store::Sessions, to, session);
        let id = message.id;
        self.outbox
            .push(id, mailbox, to.clone(), conversation.cloned(), &payload, cx);
        let conversation = conversation.cloned().unwrap_or_else(|| to.into());
        let said = Said::Message(message);
        self.history
            .record(conversation, to.clone(), Direction::Outgoing, said, cx);
        cx.notice(Notice::History);
        cx.notice(Notice::Status);
        Ok(id)
    }
}
