//! Accepting an invitation of somebody else: their keys, then the handshake.

use jiff::{SignedDuration, Timestamp};
use sotto_protocol::{
    error::ErrorCode,
    frames::{Error, FetchPrekeys, Prekeys as PrekeysFrame, client_frame},
    id::MessageId,
};

use super::{Context, Engine, Pending, RequestId, inviting::no_places, posting::Letter};
use crate::{
    api::{ApiError, ApiErrorCode, ContactState, Reply},
    connection::later,
    contacts::Contact,
    identity::{PeerDevices, safety_number},
    invitation::{self, Invitation, InvitationLink},
    local_id::ContactId,
    mailboxes::Purpose,
    message::HandshakeStep,
    negotiation::Negotiation,
    prekeys::PeerPrekeys,
    session,
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
    pub(super) fn accept_invitation(
        &mut self,
        request: RequestId,
        link: &InvitationLink,
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
        link: &InvitationLink,
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
        let new = self.contacts.by_account(&invitation.account).is_none();
        if new && self.places() == 0 {
            return Err(no_places());
        }
        Ok((invitation, known))
    }

    /// The maker of an invitation, where accepting it would change nothing.
    pub(super) fn known_inviter(&self, invitation: &Invitation) -> Option<&Contact> {
        let contact = self.contacts.by_account(&invitation.account);
        contact.filter(|contact| match contact.state {
            // What cannot be opened may be a session that only a new one mends.
            ContactState::Active => contact.unreadable == 0,
            ContactState::Requested => true,
            // Another one than before: what the first one led to is lost.
            ContactState::Waiting => contact.invited_at == Some(invitation.mailbox),
            ContactState::Declined | ContactState::Blocked | ContactState::Unreachable => false,
        })
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
        // Before anything of an older acquaintance is given up.
        if let Err(error) = self.check_outbox() {
            return cx.reply(request, Err(error));
        }
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
            own_name: old.as_ref().and_then(|old| old.own_name.clone()),
            relay: invitation.relay.clone(),
            state: ContactState::Waiting,
            verified: old.is_some_and(|old| old.verified),
            safety_number: safety_number(&self.identity.account(), &invitation.account),
            since: cx.now,
            devices,
            their_mailbox: None,
            my_mailbox,
            invited_at: Some(invitation.mailbox),
            unreadable: 0,
        };
        self.save_contact(contact, cx);
        self.sessions.insert(id.clone(), session);
        let body = self.handshake(HandshakeStep::Request, my_mailbox);
        let letter = Letter::new(&id, invitation.mailbox, body);
        let message = self.post(letter, cx)?;
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
            let waiting = self.contacts.get(contact).is_some_and(waiting);
            if waiting {
                self.set_state(contact, ContactState::Declined, cx);
            }
            return waiting;
        };
        let name = &accepting.invitation.name;
        let answer = match code {
            Some(ErrorCode::MailboxSpent | ErrorCode::MailboxUnknown) => invitation::used(name),
            Some(ErrorCode::MailboxExpired) => invitation::expired(name),
            _ => refused_by_relay(error),
        };
        let has_past = |n: &Negotiation| n.contact == contact;
        if self.negotiations.values().any(has_past) {
            self.set_state(&contact, ContactState::Declined, cx);
        } else {
            self.forget_contact(&contact, cx);
        }
        cx.reply(accepting.request, Err(answer));
        true
    }

    pub(super) fn tick_accepting(&mut self, cx: &mut Context<'_>) {
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
}

fn refused_by_relay(error: &Error) -> ApiError {
    let message = format!("The relay refused: {}", error.message);
    ApiError::new(
        ApiErrorCode::RelayRefused,
        message,
        "Try again later, or ask the relay's operator.",
    )
}
