//! Invitations, and how strangers become contacts.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use sotto_protocol::{
    error::ErrorCode,
    frames::{Error, FetchPrekeys, Prekeys as PrekeysFrame, client_frame},
    id::{MailboxId, MessageId},
};

use super::{Context, Engine, Pending, RequestId, Store, load::PREKEYS_KEY};
use crate::{
    api::{ApiError, ApiErrorCode, Approval, ContactState, Notice, Reply},
    connection::later,
    contacts::{Contact, find},
    identity::{PeerDevices, safety_number},
    invitation::{
        self, DEFAULT_USES, DEFAULT_VALID_HOURS, Invitation, MAX_INVITATIONS, MAX_USES,
        MAX_VALID_HOURS, OwnInvitation,
    },
    local_id::{ContactId, ConversationId, InvitationId},
    mailboxes::Purpose,
    message::{AgentMessage, Body, Handshake, HandshakeStep},
    prekeys::PeerPrekeys,
    random::random_bytes,
    relay_url::RelayUrl,
    session::{self, InvitationSecret},
};

/// An acceptance is answered within this time, come what may.
const ACCEPT_LIMIT: SignedDuration = SignedDuration::from_secs(15);

/// An invitation that the user accepted, until the relay has answered.
pub(super) struct Accepting {
    request: RequestId,
    invitation: Invitation,
    pub(super) deadline: Timestamp,
    stage: Stage,
}

enum Stage {
    /// The inviter's prekeys are wanted; `asked` once the relay was told.
    Prekeys { asked: bool },
    /// The handshake is on its way.
    Handshake {
        contact: ContactId,
        message: MessageId,
    },
}

impl Engine {
    pub(super) fn invite(
        &mut self,
        uses: Option<u32>,
        valid_hours: Option<u32>,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let uses = uses.unwrap_or(DEFAULT_USES);
        let hours = valid_hours.unwrap_or(DEFAULT_VALID_HOURS);
        in_range("number of uses", uses, MAX_USES)?;
        in_range("number of hours", hours, MAX_VALID_HOURS)?;
        if self.invitations.len() >= MAX_INVITATIONS {
            return Err(ApiError::new(
                ApiErrorCode::LimitReached,
                format!("There are {MAX_INVITATIONS} open invitations already."),
                "Revoke some that nobody will use, then try again.",
            ));
        }
        let id = InvitationId::random(cx.rng);
        let expires_at = later(cx.now, SignedDuration::from_hours(i64::from(hours)));
        let purpose = Purpose::Invitation(id.clone());
        let mailbox = self.mailboxes.open(purpose, Some(expires_at), uses, cx);
        let secret = InvitationSecret::generate(cx.rng);
        let invitation = Invitation {
            name: self.profile.name.clone(),
            relay: self.profile.relay.clone(),
            account: self.identity.account(),
            mailbox,
            secret: secret.clone(),
            expires_at,
        };
        let link = invitation.to_link();
        let own = OwnInvitation {
            id,
            link,
            mailbox,
            secret,
            expires_at,
            uses_left: uses,
        };
        let view = own.view();
        cx.put(Store::Invitations, &own.id, &own);
        self.invitations.insert(own.id.clone(), own);
        cx.notice(Notice::Contacts);
        Ok(Reply::Invitation(view))
    }

    pub(super) fn revoke_invitation(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let named = self.invitations.keys().map(|id| (id.as_str(), "", id));
        let id = find("invitation", reference, named)?.clone();
        self.end_invitation(&id, cx);
        Ok(Reply::Done)
    }

    fn end_invitation(&mut self, id: &InvitationId, cx: &mut Context<'_>) {
        self.invitations.remove(id);
        cx.delete(Store::Invitations, id);
        self.mailboxes.close(&Purpose::Invitation(id.clone()), cx);
        cx.notice(Notice::Contacts);
    }

    pub(super) fn accept_invitation(
        &mut self,
        request: RequestId,
        link: &str,
        cx: &mut Context<'_>,
    ) {
        match self.check_invitation(link, cx.now) {
            Ok((_, Some(known))) if known.state == ContactState::Requested => {
                let id = known.id.to_string();
                let result = self.approve_contact(&id, cx);
                cx.reply(request, result);
            }
            Ok((_, Some(known))) => {
                cx.reply(request, Ok(Reply::Contact(known.view())));
            }
            Ok((invitation, None)) => {
                let deadline = later(cx.now, ACCEPT_LIMIT);
                let stage = Stage::Prekeys { asked: false };
                self.accepting.push(Accepting {
                    request,
                    invitation,
                    deadline,
                    stage,
                });
                self.connection.connect(cx);
            }
            Err(error) => cx.reply(request, Err(error)),
        }
    }

    /// The invitation, and the contact where its maker is one already.
    fn check_invitation(
        &self,
        link: &str,
        now: Timestamp,
    ) -> Result<(Invitation, Option<&Contact>), ApiError> {
        let invitation = Invitation::parse(link)?;
        if invitation.account == self.identity.account() {
            return Err(ApiError::new(
                ApiErrorCode::InvitationOwn,
                "This invitation is your own.",
                "Send the link to the person whom you want to meet.",
            ));
        }
        invitation.check(&self.profile.relay, now)?;
        let known = self.known_inviter(&invitation);
        if known.is_none() && self.contacts.is_full() {
            return Err(ApiError::new(
                ApiErrorCode::LimitReached,
                "There are as many contacts as there can be.",
                "Block some that you do not need any more.",
            ));
        }
        Ok((invitation, known))
    }

    /// The maker of an invitation, where they are a contact, or about to be one.
    pub(super) fn known_inviter(&self, invitation: &Invitation) -> Option<&Contact> {
        let ended = |contact: &&Contact| {
            matches!(
                contact.state,
                ContactState::Declined | ContactState::Blocked
            )
        };
        let contact = self.contacts.by_account(&invitation.account);
        contact.filter(|contact| !ended(contact))
    }

    pub(super) fn fetch_for_accepting(&mut self, cx: &mut Context<'_>) {
        let mut wanted = Vec::new();
        for accepting in &mut self.accepting {
            if let Stage::Prekeys {
                asked: asked @ false,
            } = &mut accepting.stage
            {
                *asked = true;
                wanted.push((accepting.request, accepting.invitation.account));
            }
        }
        for (request, account) in wanted {
            let fetch = FetchPrekeys {
                account: account.to_vec(),
            };
            self.request(
                client_frame::Body::FetchPrekeys(fetch),
                Pending::Fetch(request),
                cx,
            );
        }
    }

    /// The connection is gone: what was asked on it has to be asked again.
    pub(super) fn fetches_lost(&mut self) {
        for accepting in &mut self.accepting {
            if let Stage::Prekeys { asked } = &mut accepting.stage {
                *asked = false;
            }
        }
    }

    /// The relay served the inviter's keys: only those that the invitation's account signed will do.
    pub(super) fn fetched(
        &mut self,
        request: RequestId,
        prekeys: &PrekeysFrame,
        cx: &mut Context<'_>,
    ) {
        let Some(mut accepting) = self.take_accepting(request) else {
            return;
        };
        match self.greet(&accepting.invitation, prekeys, cx) {
            Ok((contact, message)) => {
                accepting.stage = Stage::Handshake { contact, message };
                self.accepting.push(accepting);
            }
            Err(error) => cx.reply(request, Err(error)),
        }
    }

    fn greet(
        &mut self,
        invitation: &Invitation,
        prekeys: &PrekeysFrame,
        cx: &mut Context<'_>,
    ) -> Result<(ContactId, MessageId), ApiError> {
        let name = &invitation.name;
        let mismatch = |why: String| {
            ApiError::new(
                ApiErrorCode::IdentityMismatch,
                format!("The relay served keys that {name} did not sign ({why})."),
                format!("Do not go on; tell {name}, and the relay's operator, by another way."),
            )
        };
        let signed = prekeys.device_list.clone().unwrap_or_default();
        let devices = PeerDevices::verify(&signed, &invitation.account)
            .map_err(|error| mismatch(error.to_string()))?;
        let device = devices
            .devices()
            .first()
            .ok_or_else(|| mismatch("no device".to_owned()))?;
        let offered = prekeys
            .devices
            .iter()
            .find(|offer| offer.device == device.id().to_vec());
        let offered = offered.ok_or_else(|| mismatch("no prekeys".to_owned()))?;
        let verified =
            PeerPrekeys::verify(offered, device).map_err(|error| mismatch(error.to_string()))?;
        let secret = Some(&invitation.secret);
        let session = session::initiate(&self.identity, &verified, secret, cx.rng)
            .map_err(|error| mismatch(error.to_string()))?;

        // Somebody who was a contact before keeps their place in the history.
        let old = self.contacts.by_account(&invitation.account).cloned();
        let id = match &old {
            Some(old) => old.id.clone(),
            None => ContactId::random(cx.rng),
        };
        self.outbox.drop_contact(&id, cx);
        self.mailboxes.close(&Purpose::Contact(id.clone()), cx);
        let my_mailbox = self
            .mailboxes
            .open(Purpose::Contact(id.clone()), None, 0, cx);
        let contact = Contact {
            id: id.clone(),
            account: invitation.account,
            name: invitation.name.clone(),
            relay: invitation.relay.clone(),
            state: ContactState::Waiting,
            verified: old.is_some_and(|old| old.verified),
            safety_number: safety_number(&self.identity.account(), &invitation.account),
            since: cx.now,
            devices,
            their_mailbox: None,
            my_mailbox,
        };
        self.save_contact(contact, cx);
        self.sessions.insert(id.clone(), session);
        let body = self.handshake(HandshakeStep::Request, my_mailbox);
        let message = self.post(&id, invitation.mailbox, None, None, body, cx)?;
        Ok((id, message))
    }

    pub(super) fn fetch_refused(
        &mut self,
        request: RequestId,
        error: &Error,
        cx: &mut Context<'_>,
    ) {
        let Some(accepting) = self.take_accepting(request) else {
            return;
        };
        let name = accepting.invitation.name;
        let error = match error.code.parse() {
            Ok(ErrorCode::DirectoryUnknownAccount) => ApiError::new(
                ApiErrorCode::InvitationInvalid,
                format!("The relay does not know {name} any more."),
                format!("Ask {name} for a new invitation."),
            ),
            _ => refused_by_relay(error),
        };
        cx.reply(request, Err(error));
    }

    /// The relay took the message; if it was a handshake, the acceptance is answered.
    pub(super) fn handshake_posted(&mut self, message: &MessageId, cx: &mut Context<'_>) {
        if let Some((accepting, contact)) = self.take_handshake(message) {
            self.reply_contact(accepting.request, &contact, cx);
        }
    }

    /// The relay refused a message; true if it was the handshake of somebody who waits for approval.
    pub(super) fn handshake_refused(
        &mut self,
        message: &MessageId,
        contact: &ContactId,
        code: Option<ErrorCode>,
        error: &Error,
        cx: &mut Context<'_>,
    ) -> bool {
        let Some((accepting, contact)) = self.take_handshake(message) else {
            // The user was answered before a restart, and learns it from the contact's state.
            let waiting = |contact: &Contact| contact.state == ContactState::Waiting;
            return self.contacts.get(contact).is_some_and(waiting)
                && self.set_state(contact, ContactState::Declined, cx);
        };
        let name = &accepting.invitation.name;
        let answer = match code {
            Some(ErrorCode::MailboxSpent | ErrorCode::MailboxUnknown) => invitation::used(name),
            Some(ErrorCode::MailboxExpired) => invitation::expired(name),
            _ => refused_by_relay(error),
        };
        if self
            .negotiations
            .values()
            .any(|negotiation| negotiation.contact == contact)
        {
            self.set_state(&contact, ContactState::Declined, cx);
        } else {
            self.forget_contact(&contact, cx);
        }
        cx.reply(accepting.request, Err(answer));
        true
    }

    fn take_accepting(&mut self, request: RequestId) -> Option<Accepting> {
        let asked = |accepting: &Accepting| accepting.request == request;
        let at = self.accepting.iter().position(asked)?;
        Some(self.accepting.swap_remove(at))
    }

    fn take_handshake(&mut self, message: &MessageId) -> Option<(Accepting, ContactId)> {
        let under_way = |accepting: &Accepting| matches!(&accepting.stage, Stage::Handshake { message: sent, .. } if sent == message);
        let at = self.accepting.iter().position(under_way)?;
        let accepting = self.accepting.swap_remove(at);
        match &accepting.stage {
            Stage::Handshake { contact, .. } => {
                let contact = contact.clone();
                Some((accepting, contact))
            }
            Stage::Prekeys { .. } => None,
        }
    }

    pub(super) fn tick_introductions(&mut self, cx: &mut Context<'_>) {
        let expired: Vec<InvitationId> = self
            .invitations
            .values()
            .filter(|invitation| invitation.expires_at <= cx.now)
            .map(|invitation| invitation.id.clone())
            .collect();
        for id in expired {
            self.end_invitation(&id, cx);
        }
        let (late, in_time) = std::mem::take(&mut self.accepting)
            .into_iter()
            .partition(|accepting| accepting.deadline <= cx.now);
        self.accepting = in_time;
        for accepting in late {
            match accepting.stage {
                // The handshake is in the outbox, and goes out when it can.
                Stage::Handshake { contact, .. } => {
                    self.reply_contact(accepting.request, &contact, cx);
                }
                Stage::Prekeys { .. } => {
                    let error = ApiError::new(
                        ApiErrorCode::RelayUnreachable,
                        format!("The relay {} cannot be reached.", self.profile.relay),
                        "Check your connection and the relay, then accept the invitation again.",
                    );
                    cx.reply(accepting.request, Err(error));
                }
            }
        }
    }

    /// Somebody used an invitation of mine.
    pub(super) fn introduced(&mut self, id: &InvitationId, payload: &Bytes, cx: &mut Context<'_>) {
        let Some(invitation) = self.invitations.get_mut(id) else {
            return;
        };
        let secret = Some(&invitation.secret);
        let Ok(accepted) = session::accept(&self.identity, &self.prekeys, secret, payload) else {
            return;
        };
        let Ok(message) = AgentMessage::from_bytes(&accepted.message.plaintext) else {
            return;
        };
        let Body::Handshake(Handshake {
            step: HandshakeStep::Request,
            name,
            mailbox,
            relay,
        }) = message.body.clone()
        else {
            return;
        };
        // Their mailbox has to be where this device posts.
        let Some(relay) = relay
            .parse::<RelayUrl>()
            .ok()
            .filter(|r| *r == self.profile.relay)
        else {
            return;
        };
        self.prekeys.consume(&accepted.used);
        cx.put(Store::Prekeys, PREKEYS_KEY, &self.prekeys);
        invitation.uses_left = invitation.uses_left.saturating_sub(1);
        if invitation.uses_left == 0 {
            self.end_invitation(id, cx);
        } else {
            cx.put(Store::Invitations, id, invitation);
        }

        let account = accepted.session.peer_account();
        let known = self.contacts.by_account(&account).cloned();
        if known.is_none() && self.contacts.is_full() {
            return;
        }
        let before = known.as_ref().map(|contact| contact.state);
        let id = match &known {
            Some(contact) => contact.id.clone(),
            None => ContactId::random(cx.rng),
        };
        let my_mailbox = match &known {
            Some(contact) if before != Some(ContactState::Blocked) => contact.my_mailbox,
            _ => self
                .mailboxes
                .open(Purpose::Contact(id.clone()), None, 0, cx),
        };
        let contact = Contact {
            id: id.clone(),
            account,
            name,
            relay,
            state: ContactState::Requested,
            verified: known.as_ref().is_some_and(|contact| contact.verified),
            safety_number: safety_number(&self.identity.account(), &account),
            since: known.map_or(cx.now, |contact| contact.since),
            devices: accepted.peer_devices,
            their_mailbox: Some(mailbox),
            my_mailbox,
        };
        self.save_contact(contact, cx);
        cx.put(Store::Sessions, &id, &accepted.session);
        self.sessions.insert(id.clone(), accepted.session);
        let conversation = ConversationId::from(&id);
        let direction = crate::api::Direction::Incoming;
        self.history
            .record(conversation, id.clone(), direction, message, cx);
        let approved = match before {
            // Both wanted it already; the invitation's secret and the account key prove who it is.
            Some(ContactState::Active | ContactState::Waiting) => true,
            // Whom the user once blocked is never let in without asking.
            Some(ContactState::Blocked) => false,
            _ => self.preferences.approve_contacts == Approval::Auto,
        };
        if approved {
            // It cannot fail: the contact was just stored as one that asks.
            let _ = self.approve_contact(id.as_str(), cx);
        }
        cx.notice(Notice::History);
        cx.notice(Notice::Status);
    }

    /// A contact's agent introduces itself in return, or again.
    pub(super) fn handshake_received(
        &mut self,
        id: &ContactId,
        handshake: Handshake,
        cx: &mut Context<'_>,
    ) {
        let Some(contact) = self.contacts.get(id) else {
            return;
        };
        let awaited =
            contact.state == ContactState::Waiting && handshake.step == HandshakeStep::Accept;
        if !awaited || handshake.relay.parse().as_ref() != Ok(&contact.relay) {
            return;
        }
        let contact = Contact {
            state: ContactState::Active,
            name: handshake.name,
            their_mailbox: Some(handshake.mailbox),
            ..contact.clone()
        };
        self.save_contact(contact, cx);
    }

    pub(super) fn approve_contact(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let contact = self.contacts.find(reference)?;
        let (id, state, my_mailbox) = (contact.id.clone(), contact.state, contact.my_mailbox);
        match (state, contact.their_mailbox) {
            (ContactState::Active, _) => {}
            (ContactState::Requested, Some(mailbox)) => {
                let body = self.handshake(HandshakeStep::Accept, my_mailbox);
                self.post(&id, mailbox, None, None, body, cx)?;
                self.set_state(&id, ContactState::Active, cx);
            }
            _ => {
                let contact = self.contacts.find(reference)?;
                contact.check_active()?;
            }
        }
        let contact = self.contacts.find(id.as_str())?;
        Ok(Reply::Contact(contact.view()))
    }

    pub(super) fn verify_contact(
        &mut self,
        reference: &str,
        verified: bool,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let contact = Contact {
            verified,
            ..self.contacts.find(reference)?.clone()
        };
        let view = contact.view();
        self.save_contact(contact, cx);
        Ok(Reply::Contact(view))
    }

    pub(super) fn block_contact(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let id = self.contacts.find(reference)?.id.clone();
        self.outbox.drop_contact(&id, cx);
        self.mailboxes.close(&Purpose::Contact(id.clone()), cx);
        self.sessions.remove(&id);
        cx.delete(Store::Sessions, &id);
        self.lose_negotiations(&id, true, cx);
        self.set_state(&id, ContactState::Blocked, cx);
        cx.notice(Notice::Status);
        let contact = self.contacts.find(id.as_str())?;
        Ok(Reply::Contact(contact.view()))
    }

    /// Their mailbox is closed: they ended it.
    pub(super) fn contact_left(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        self.lose_negotiations(id, false, cx);
        self.set_state(id, ContactState::Declined, cx);
    }

    /// As if the contact had never been.
    fn forget_contact(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        self.outbox.drop_contact(id, cx);
        self.mailboxes.close(&Purpose::Contact(id.clone()), cx);
        self.sessions.remove(id);
        cx.delete(Store::Sessions, id);
        self.contacts.remove(id);
        cx.delete(Store::Connections, id);
        cx.notice(Notice::Contacts);
    }

    fn save_contact(&mut self, contact: Contact, cx: &mut Context<'_>) {
        cx.put(Store::Connections, &contact.id, &contact);
        self.contacts.insert(contact);
        cx.notice(Notice::Contacts);
        cx.notice(Notice::Status);
    }

    /// Whether there is such a contact.
    fn set_state(&mut self, id: &ContactId, state: ContactState, cx: &mut Context<'_>) -> bool {
        let Some(contact) = self.contacts.get_mut(id) else {
            return false;
        };
        contact.state = state;
        cx.put(Store::Connections, id, contact);
        cx.notice(Notice::Contacts);
        true
    }

    fn handshake(&self, step: HandshakeStep, mailbox: MailboxId) -> Body {
        let (name, relay) = (self.profile.name.clone(), self.profile.relay.to_string());
        Body::Handshake(Handshake {
            step,
            name,
            mailbox,
            relay,
        })
    }

    fn reply_contact(&self, request: RequestId, contact: &ContactId, cx: &mut Context<'_>) {
        let contact = self.contacts.find(contact.as_str());
        cx.reply(request, contact.map(|c| Reply::Contact(c.view())));
    }

    /// Encrypts a message, and stores the ratchet's step, the ciphertext and
    /// the history in the same batch.
    pub(super) fn post(
        &mut self,
        to: &ContactId,
        mailbox: MailboxId,
        conversation: Option<&ConversationId>,
        in_reply_to: Option<MessageId>,
        body: Body,
        cx: &mut Context<'_>,
    ) -> Result<MessageId, ApiError> {
        if self.outbox.is_full() {
            return Err(ApiError::new(
                ApiErrorCode::LimitReached,
                "Too many messages wait for the relay.",
                "Wait until the connection is back and they are gone.",
            ));
        }
        let message = AgentMessage {
            v: crate::message::MESSAGE_VERSION,
            id: MessageId::from_bytes(random_bytes(cx.rng)),
            conversation: conversation.map(ToString::to_string),
            in_reply_to,
            sent_at: cx.now,
            body,
        };
        let unreadable = |why: String| {
            let next_step = "Exchange a new invitation with this contact.";
            ApiError::new(
                ApiErrorCode::ContactNotReady,
                format!("The message could not be encrypted ({why})."),
                next_step,
            )
        };
        let session = self
            .sessions
            .get_mut(to)
            .ok_or_else(|| unreadable("no session".to_owned()))?;
        let payload = session
            .encrypt(self.identity.device(), &message.to_bytes(), cx.rng)
            .map_err(|error| unreadable(error.to_string()))?;
        cx.put(Store::Sessions, to, session);
        let id = message.id;
        self.outbox.push(id, mailbox, to.clone(), &payload, cx);
        let conversation = conversation
            .cloned()
            .unwrap_or_else(|| ConversationId::from(to));
        let direction = crate::api::Direction::Outgoing;
        self.history
            .record(conversation, to.clone(), direction, message, cx);
        cx.notice(Notice::History);
        cx.notice(Notice::Status);
        Ok(id)
    }
}

fn refused_by_relay(error: &Error) -> ApiError {
    let message = format!("The relay refused: {}", error.message);
    ApiError::new(
        ApiErrorCode::RelayRefused,
        message,
        "Try again later, or ask the relay's operator.",
    )
}

fn in_range(what: &str, value: u32, most: u32) -> Result<(), ApiError> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    let message = format!("The {what} is {value}.");
    Err(ApiError::new(
        ApiErrorCode::ValueInvalid,
        message,
        format!("Choose one from 1 to {most}."),
    ))
}
