//! Messages as they come from the devices of contacts.

use bytes::Bytes;
use jiff::Timestamp;
use sotto_protocol::id::MessageId;

use super::{Context, Engine, Store, load::PREKEYS_KEY};
use crate::{
    api::Direction,
    contacts::Contact,
    history::{Line, Said},
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, MessageDigest, MessageError},
    peers::PeerKey,
    receipt::Evidence,
    session::{
        self, Accepted, Arrival, Decrypted, DeviceSessions, SessionError, Standing, Voucher,
        VoucherKind,
    },
};

/// Most unreadable messages of one contact that stand in the history; all are counted.
const MAX_UNREADABLE: u32 = 100;

/// Why what came has no effect.
pub(super) enum NotTaken {
    /// Its number was received before, and its id was not: the other side's state was set back, or
    /// it is a repetition that is too old to be known by its id.
    Repeated,
    /// No session opens it; why, for a person.
    Broken(String),
    /// It was opened in a session that nothing vouches for.
    Doubtful(PeerKey),
    /// It was opened, and is not to be taken; why, for a person.
    Unreadable(String),
    /// A device says in other keys what it has said before, as it was not answered.
    SaidBefore(PeerKey),
}

impl From<SessionError> for NotTaken {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::AlreadyReceived => Self::Repeated,
            // It opens with the keys of this device: no session is broken.
            SessionError::Identity(why) => Self::Unreadable(why.to_string()),
            // Another session would not change its clock.
            SessionError::OpenedAhead { .. } => Self::Unreadable(error.to_string()),
            error => Self::Broken(error.to_string()),
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
        if from.contact().is_own() {
            return self.heard_sibling(from, post, payload, cx);
        }
        let contact = from.contact();
        let (from, message, opened) = match self.open_message(from, payload, cx) {
            Ok((_, message, _)) if message.body.is_for_siblings() => {
                let why = "only the devices of one person tell each other that".to_owned();
                return self.record_unreadable(contact, post, why, cx);
            }
            Ok(heard) => heard,
            Err(NotTaken::Repeated) => return self.mend(from, post, cx),
            Err(NotTaken::Broken(why)) => {
                self.record_unreadable(contact, post, why, cx);
                return self.mend(from, post, cx);
            }
            Err(NotTaken::Doubtful(device)) => {
                self.doubted(&device, post, cx);
                let why = self.doubtful(&device);
                return self.record_unreadable(contact, post, why, cx);
            }
            Err(NotTaken::Unreadable(why)) => {
                return self.record_unreadable(contact, post, why, cx);
            }
            Err(NotTaken::SaidBefore(device)) => return self.answer_again(&device, cx),
        };
        self.set_reachable(contact, true, cx);
        // What was sent anew, in another session or by another way, acts once.
        if !self.inbox.is_new(contact, &message.id, cx) {
            return self.heard_before(&from, &message, cx);
        }
        let heartbeat = matches!(message.body, Body::Heartbeat(_));
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.owed.received(heartbeat, cx.now);
            cx.put(Store::Connections, &from, peer);
        }
        match message.body {
            Body::Heartbeat(_) => return self.heartbeat_received(&from, cx),
            Body::Handshake(step) if step.introduces() => {
                return self.handshake_received(&from, step, cx);
            }
            _ => {}
        }
        // What is part of none stands with the contact, whatever it names.
        let of_none = matches!(message.body, Body::Handshake(_) | Body::Devices(_));
        let named = message.conversation.as_deref().filter(|_| !of_none);
        let named = named.and_then(ConversationId::parse);
        let conversation = named
            .clone()
            .unwrap_or_else(|| ConversationId::from(contact));
        let Decrypted { plaintext, signed } = opened;
        let digest = MessageDigest::of(&plaintext);
        let known = self.contacts.get(contact);
        let evidence =
            known.and_then(|known| Evidence::of(&message, &plaintext, signed, &known.devices));
        let line = Line {
            said: Said::Message(message.clone()),
            evidence,
        };
        self.write_down(conversation, contact.clone(), Direction::Incoming, line, cx);
        match (message.body.clone(), named) {
            (Body::Handshake(handshake), _) => self.handshake_received(&from, handshake, cx),
            (Body::Devices(devices), _) => {
                self.devices_received(&from, message.id, &devices, cx);
            }
            (_, Some(conversation)) => {
                self.negotiate(contact, &conversation, message, digest, cx);
            }
            // A negotiation without a name cannot be answered.
            (_, None) => {}
        }
    }

    /// Opens what came into the mailbox of a device: of that one, or of another of the same person,
    /// which introduces itself.
    pub(super) fn open_message(
        &mut self,
        from: &PeerKey,
        payload: &Bytes,
        cx: &mut Context<'_>,
    ) -> Result<(PeerKey, AgentMessage, Decrypted), NotTaken> {
        let sessions = self.sessions.entry(from.clone()).or_default();
        let (from, decrypted) = match sessions.decrypt(payload, cx.now) {
            Ok((decrypted, standing)) => {
                self.save_sessions(from, cx);
                if standing == Standing::Pending {
                    return Err(NotTaken::Doubtful(from.clone()));
                }
                (from.clone(), decrypted)
            }
            Err(SessionError::AlreadyReceived) => return Err(NotTaken::Repeated),
            Err(why) => match self.open_renewed(from, payload, cx) {
                Some(decrypted) => (from.clone(), decrypted),
                None if why == SessionError::OtherHandshake => {
                    match self.open_introduced(from, payload, cx)? {
                        Some(opened) => opened,
                        None => self.take_up(from, payload, cx)?,
                    }
                }
                None => return Err(why.into()),
            },
        };
        let message = AgentMessage::from_bytes(&decrypted.plaintext)?;
        Ok((from, message, decrypted))
    }

    /// A handshake in the mailbox of a device: it opens a session anew, or another device of the same
    /// person introduces itself.
    fn take_up(
        &mut self,
        from: &PeerKey,
        payload: &Bytes,
        cx: &mut Context<'_>,
    ) -> Result<(PeerKey, Decrypted), NotTaken> {
        let vouchers = self.sessions.get(from).map(DeviceSessions::vouchers);
        let vouchers = vouchers.unwrap_or_else(|| vec![Voucher::Nothing]);
        let accepted = session::accept(&self.identity, &self.prekeys, &vouchers, payload, cx.now)?;
        let owner = from.contact();
        let device = accepted.session.peer_device();
        if self.account_of(owner) != Some(accepted.session.peer_account()) {
            let why = "it comes from somebody else".to_owned();
            return Err(NotTaken::Unreadable(why));
        }
        let key = PeerKey::new(owner, &device);
        self.check_listed_by(owner, &device, &accepted.peer_devices, cx)
            .map_err(NotTaken::Unreadable)?;
        let mut arrival = Arrival::Direct;
        if key != *from {
            self.check_introduction(owner, &accepted)
                .map_err(NotTaken::Unreadable)?;
            let known = self.peers.get(&key);
            if known.is_none_or(|known| known.their_mailbox.is_none()) {
                arrival = Arrival::Introduced;
            }
        }
        self.check_opened(&key, &accepted, cx.now)?;
        if self.was_introduced(&key, &accepted) {
            // Its keys stay, as it may be said in them again.
            return Err(NotTaken::SaidBefore(key));
        }
        self.take_devices(owner, &accepted.peer_devices, cx);
        self.prekeys.consume(&accepted.used);
        cx.put(Store::Prekeys, PREKEYS_KEY, &self.prekeys);
        // The relay has handed some out.
        self.prekeys_check_at = Some(cx.now);
        let sessions = self.sessions.entry(key.clone()).or_default();
        let standing = sessions.take(accepted.session, accepted.voucher, arrival, cx.now);
        self.save_sessions(&key, cx);
        if standing == Standing::Pending {
            return Err(NotTaken::Doubtful(key));
        }
        Ok((key, accepted.message))
    }

    /// That a session which a device opens may be taken, or kept until the user decides.
    fn check_opened(
        &self,
        key: &PeerKey,
        accepted: &Accepted,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        let Some(sessions) = self.sessions.get(key) else {
            return Ok(DeviceSessions::default().check_time(&accepted.session, now)?);
        };
        sessions.check_time(&accepted.session, now)?;
        let unvouched = accepted.voucher == VoucherKind::Nothing;
        if unvouched && sessions.pending().is_some() && self.prekeys.is_remembered(&accepted.used) {
            // Each would have to be remembered.
            let why = "another one waits for you to decide already".to_owned();
            return Err(NotTaken::Unreadable(why));
        }
        Ok(())
    }

    /// Somebody has the keys of a contact's device, and nothing of what was said with it.
    pub(super) fn doubtful(&self, from: &PeerKey) -> String {
        if from.contact().is_own() {
            return "one of them has lost what it knew of the others, or somebody has stolen its keys; remove it, and add it anew".to_owned();
        }
        let name = self.contact_ref(from.contact()).name;
        format!(
            "{name}’s device has lost what it knew of this conversation, or somebody has stolen its keys; decide in your contacts"
        )
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
