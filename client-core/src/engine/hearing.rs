//! Messages as they come from the devices of contacts.

use bytes::Bytes;
use sotto_protocol::id::MessageId;

use super::{Context, Engine};
use crate::{
    api::Direction,
    contacts::Contact,
    history::Said,
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, MessageError},
    peers::PeerKey,
    session::SessionError,
};

/// Most unreadable messages of one contact that stand in the history; all are counted.
const MAX_UNREADABLE: u32 = 100;

/// Why what came has no effect.
enum NotTaken {
    /// It is a repetition that is too old to be known by its id.
    Repeated,
    /// It cannot be read; why, for a person.
    Unreadable(String),
}

impl From<SessionError> for NotTaken {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::AlreadyReceived => Self::Repeated,
            error => Self::Unreadable(error.to_string()),
        }
    }
}

impl From<MessageError> for NotTaken {
    fn from(error: MessageError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl Engine {
    /// Something came into the mailbox of a contact's device, posted under that id.
    pub(super) fn heard(
        &mut self,
        from: &PeerKey,
        post: MessageId,
        payload: &Bytes,
        cx: &mut Context<'_>,
    ) {
        let contact = from.contact();
        let message = match self.open_message(from, payload, cx) {
            Ok(message) => message,
            Err(NotTaken::Repeated) => return,
            Err(NotTaken::Unreadable(why)) => {
                return self.record_unreadable(contact, post, why, cx);
            }
        };
        self.set_reachable(contact, true, cx);
        // What was sent anew, in another session or by another way, acts once.
        if !self.inbox.is_new(contact, &message.id, cx) {
            return;
        }
        let named = message
            .conversation
            .as_deref()
            .and_then(ConversationId::parse);
        let conversation = named
            .clone()
            .unwrap_or_else(|| ConversationId::from(contact));
        let said = Said::Message(message.clone());
        self.write_down(conversation, contact.clone(), Direction::Incoming, said, cx);
        match (message.body.clone(), named) {
            (Body::Handshake(handshake), _) => self.handshake_received(from, handshake, cx),
            (Body::Devices(devices), _) => {
                self.devices_received(from, message.id, &devices, cx);
            }
            (_, Some(conversation)) => self.negotiate(contact, &conversation, message, cx),
            // A negotiation without a name cannot be answered.
            (_, None) => {}
        }
    }

    fn open_message(
        &mut self,
        from: &PeerKey,
        payload: &Bytes,
        cx: &mut Context<'_>,
    ) -> Result<AgentMessage, NotTaken> {
        let opened = match self.sessions.get_mut(from) {
            None => Err(NotTaken::Unreadable("its session is lost".to_owned())),
            Some(sessions) => sessions
                .decrypt(payload, cx.now)
                .map(|(decrypted, _)| decrypted)
                .map_err(NotTaken::from),
        };
        let decrypted = match opened {
            Err(why @ NotTaken::Unreadable(_)) => {
                self.open_renewed(from, payload, cx).ok_or(why)?
            }
            opened => opened?,
        };
        self.save_sessions(from, cx);
        Ok(AgentMessage::from_bytes(&decrypted.plaintext)?)
    }

    /// The user is shown that something came, as often as it does not fill the history.
    fn record_unreadable(
        &mut self,
        contact: &ContactId,
        post: MessageId,
        why: String,
        cx: &mut Context<'_>,
    ) {
        let Some(known) = self.contacts.get(contact) else {
            return;
        };
        let known = Contact {
            unreadable: known.unreadable.saturating_add(1),
            ..known.clone()
        };
        if known.unreadable <= MAX_UNREADABLE {
            self.write_unreadable(contact, post, why, cx);
        }
        self.save_contact(known, cx);
    }

    /// Puts into the history that something came which has no effect.
    pub(super) fn write_unreadable(
        &mut self,
        contact: &ContactId,
        id: MessageId,
        why: String,
        cx: &mut Context<'_>,
    ) {
        let said = Said::Unreadable { id, why };
        let conversation = ConversationId::from(contact);
        self.write_down(conversation, contact.clone(), Direction::Incoming, said, cx);
    }
}
