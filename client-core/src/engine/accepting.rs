//! Accepting an invitation of somebody else: their keys, then the handshake.

use jiff::{SignedDuration, Timestamp};
use sotto_protocol::{
    error::ErrorCode,
    frames::{Error, FetchPrekeys, Prekeys as PrekeysFrame, client_frame},
    id::{MailboxId, MessageId},
};

use super::{
    Context, Engine, Pending, RequestId,
    inviting::no_places,
    posting::{Saying, sealed},
    renewing::Renewal,
};
use crate::{
    api::{ApiError, ApiErrorCode, ContactState, Reply},
    connection::later,
    contacts::Contact,
    identity::{PeerDevices, safety_number},
    invitation::{self, Invitation, InvitationLink},
    local_id::ContactId,
    message::{Body, Handshake},
    outbox::Letter,
    prekeys::PeerPrekeys,
    session::{self, Voucher},
};

/// An acceptance is answered within this time, come what may.
const ACCEPT_LIMIT: SignedDuration = SignedDuration::from_secs(15);

/// An invitation that the user accepted, until the relay has answered.
pub(super) struct Accepting {
    /// Whoever asks for the same while it is under way is answered together.
    requests: Vec<RequestId>,
    invitation: Invitation,
    pub(super) deadline: Timestamp,
    stage: Stage,
}

enum Stage {
    /// The inviter's prekeys are wanted; `asked` once the relay was told.
    Prekeys { asked: bool },
    /// The handshake is on its way.
    Handshake { message: MessageId },
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
            Ok((invitation, known)) => {
                let known = known.map(|known| self.contact_view(known));
                let same = |a: &&mut Accepting| a.invitation.mailbox == invitation.mailbox;
                if let Some(accepting) = self.accepting.iter_mut().find(same) {
                    return accepting.requests.push(request);
                }
                if let Some(known) = known {
                    return cx.reply(request, Ok(Reply::Contact(known)));
                }
                self.accepting.push(Accepting {
                    requests: vec![request],
                    invitation,
                    deadline: later(cx.now, ACCEPT_LIMIT),
                    stage: Stage::Prekeys { asked: false },
                });
                self.connection.connect(cx);
            }
            Err(error) => cx.reply(request, Err(error)),
        }
    }

    /// The invitation, and the contact where accepting it would change nothing.
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
        if let Some(held) = self.contacts.by_account(&invitation.account) {
            held.check_may_meet_anew()?;
        }
        let new = self.contacts.by_account(&invitation.account).is_none();
        if new && self.places() == 0 {
            return Err(no_places());
        }
        Ok((invitation, known))
    }

    /// The maker of an invitation, where accepting it would change nothing.
    pub(super) fn known_inviter(&self, invitation: &Invitation) -> Option<&Contact> {
        let mailbox = &invitation.mailbox;
        let mut renewals = self.renewals.iter();
        if let Some((id, _)) = renewals.find(|(_, renewal)| renewal.invited_at == *mailbox) {
            return self.contacts.get(id);
        }
        if let Some(begun) = self.contacts.by_invitation(mailbox) {
            return Some(begun);
        }
        let contact = self.contacts.by_account(&invitation.account);
        contact.filter(|contact| match contact.state {
            ContactState::Requested => true,
            // One whose messages cannot be opened is made anew.
            ContactState::Active => {
                contact.unreadable == 0 && !self.reachable(&contact.id).is_empty()
            }
            // Another invitation than before: what the first one led to is lost.
            ContactState::Waiting => false,
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
                let invitation = &accepting.invitation;
                wanted.push((invitation.mailbox, invitation.account.to_vec()));
            }
        }
        for (invitation, account) in wanted {
            let fetch = client_frame::Body::FetchPrekeys(FetchPrekeys {
                account,
                devices: Vec::new(),
            });
            self.request(fetch, Pending::Fetch(invitation), cx);
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
        invitation: &MailboxId,
        prekeys: &PrekeysFrame,
        cx: &mut Context<'_>,
    ) {
        let Some(mut accepting) = self.take_fetching(invitation) else {
            return;
        };
        match self.greet(&accepting.invitation, prekeys, cx) {
            Ok(message) => {
                accepting.stage = Stage::Handshake { message };
                self.accepting.push(accepting);
            }
            Err(error) => accepting.reply(&Err(error), cx),
        }
    }

    fn greet(
        &mut self,
        invitation: &Invitation,
        prekeys: &PrekeysFrame,
        cx: &mut Context<'_>,
    ) -> Result<MessageId, ApiError> {
        self.check_outbox(1)?;
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
        let past = self.contacts.past(&invitation.account).cloned();
        if let Some(past) = &past {
            self.check_directory(&past.id, &devices, cx)?;
        }
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
        let voucher = Voucher::Invitation(&invitation.secret);

        let known = self.contacts.by_account(&invitation.account);
        let known = known.map(|known| known.id.clone());
        let id = past
            .as_ref()
            .map_or_else(|| ContactId::random(cx.rng), |past| past.id.clone());
        self.take_devices(&id, &devices, cx);
        self.drop_renewal(&id, cx);
        let peer = self.meet(&id, device.id(), None, cx);
        let peer = peer.met_anew().served(&verified);
        let greeting = self.greeting(peer.my_mailbox);
        let body = Body::Handshake(Handshake::Request(greeting));
        let message = Saying::new(body).message(cx);
        // What was opened before, by whatever clock, is over for both.
        let mut session = session::initiate(&self.identity, &verified, voucher, cx.now, cx.rng)
            .map_err(|error| mismatch(error.to_string()))?;
        let own_device = self.identity.device();
        let sealed = sealed(session.encrypt(own_device, &message.to_bytes(), cx.now, cx.rng))?;
        let letter = Letter {
            message: message.id,
            peer: peer.key.clone(),
            mailbox: invitation.mailbox,
            conversation: None,
            leads: true,
        };
        if known.is_some() {
            // Beside the older acquaintance, which stays until the relay has taken the handshake.
            let renewal = Renewal {
                invited_at: invitation.mailbox,
                request: message.id,
                name: invitation.name.clone(),
                peer,
                session,
            };
            self.begin_renewal(renewal, cx);
        } else {
            // Somebody who was removed is again who they were.
            let (own_name, verified) = past.as_ref().map_or((None, false), Contact::noted);
            let contact = Contact {
                id,
                account: invitation.account,
                name: invitation.name.clone(),
                own_name,
                relay: invitation.relay.clone(),
                state: ContactState::Waiting,
                verified,
                safety_number: safety_number(&self.identity.account(), &invitation.account),
                since: cx.now,
                devices,
                invited_at: Some(invitation.mailbox),
                unreadable: 0,
                removed: false,
                returned: past.is_some(),
                later_devices: past
                    .as_ref()
                    .map(|past| past.later_devices.clone())
                    .unwrap_or_default(),
                doubts: past.map(|past| past.doubts).unwrap_or_default(),
            };
            self.save_contact(contact, cx);
            let sessions = self.sessions.entry(peer.key.clone()).or_default();
            sessions.open(session, cx.now);
            self.save_sessions(&peer.key, cx);
            self.save_peer(peer, cx);
        }
        let request = message.id;
        self.send_off(message, vec![(letter, sealed)], cx);
        Ok(request)
    }

    pub(super) fn fetch_refused(
        &mut self,
        invitation: &MailboxId,
        error: &Error,
        cx: &mut Context<'_>,
    ) {
        let Some(accepting) = self.take_fetching(invitation) else {
            return;
        };
        let name = &accepting.invitation.name;
        let error = match error.code.parse() {
            Ok(ErrorCode::DirectoryUnknownAccount) => ApiError::new(
                ApiErrorCode::InvitationInvalid,
                format!("The relay does not know {name} any more."),
                format!("Ask {name} for a new invitation."),
            ),
            _ => refused_by_relay(error),
        };
        accepting.reply(&Err(error), cx);
    }

    /// The relay took a message for a contact; if it was a handshake, the acceptance is answered.
    pub(super) fn handshake_posted(
        &mut self,
        message: &MessageId,
        contact: &ContactId,
        cx: &mut Context<'_>,
    ) {
        let renewal = self.renewals.get(contact);
        if renewal.is_some_and(|renewal| renewal.request == *message) {
            self.finish_renewal(contact, cx);
        }
        self.taken_for(contact, cx);
        if let Some(accepting) = self.take_handshake(message) {
            accepting.reply(&self.contact_reply(contact), cx);
        }
    }

    /// The relay refused a message; true if it was the handshake with somebody to be met.
    pub(super) fn handshake_refused(
        &mut self,
        message: &MessageId,
        contact: &ContactId,
        code: Option<ErrorCode>,
        error: &Error,
        cx: &mut Context<'_>,
    ) -> bool {
        let Some(known) = self.contacts.get(contact).cloned() else {
            return false;
        };
        let renewal = self.renewals.get(contact);
        let renewing = renewal.is_some_and(|renewal| renewal.request == *message);
        if !renewing && known.state != ContactState::Waiting {
            return false;
        }
        let answer = match code {
            Some(ErrorCode::MailboxSpent | ErrorCode::MailboxUnknown) => {
                invitation::used(&known.name)
            }
            Some(ErrorCode::MailboxExpired) => invitation::expired(&known.name),
            _ => refused_by_relay(error),
        };
        let accepting = self.take_handshake(message);
        if renewing {
            self.drop_renewal(contact, cx);
        } else if known.returned && accepting.is_some() {
            self.bury_contact(known.clone(), cx);
        } else if accepting.is_some() {
            self.forget_contact(contact, cx);
        } else {
            // The user was answered before a restart, and learns it from the contact's state.
            self.set_state(contact, ContactState::Declined, cx);
        }
        match accepting {
            Some(accepting) => accepting.reply(&Err(answer), cx),
            None => self.problem = Some(answer.message),
        }
        true
    }

    fn take_fetching(&mut self, invitation: &MailboxId) -> Option<Accepting> {
        self.take(|accepting| {
            accepting.invitation.mailbox == *invitation
                && matches!(accepting.stage, Stage::Prekeys { asked: true })
        })
    }

    fn take_handshake(&mut self, message: &MessageId) -> Option<Accepting> {
        self.take(|accepting| matches!(&accepting.stage, Stage::Handshake { message: sent } if sent == message))
    }

    fn take(&mut self, which: impl Fn(&Accepting) -> bool) -> Option<Accepting> {
        let at = self.accepting.iter().position(which)?;
        Some(self.accepting.swap_remove(at))
    }

    pub(super) fn tick_accepting(&mut self, cx: &mut Context<'_>) {
        let (late, in_time): (Vec<_>, Vec<_>) = std::mem::take(&mut self.accepting)
            .into_iter()
            .partition(|accepting| accepting.deadline <= cx.now);
        self.accepting = in_time;
        for accepting in late {
            let begun = self.known_inviter(&accepting.invitation);
            let reply = match (&accepting.stage, begun) {
                // The handshake is in the outbox, and goes out when it can.
                (Stage::Handshake { .. }, Some(contact)) => {
                    Ok(Reply::Contact(self.contact_view(contact)))
                }
                _ => Err(ApiError::new(
                    ApiErrorCode::RelayUnreachable,
                    format!("The relay {} cannot be reached.", self.profile.relay),
                    "Check your connection and the relay, then accept the invitation again.",
                )),
            };
            accepting.reply(&reply, cx);
        }
    }
}

impl Accepting {
    fn reply(&self, result: &Result<Reply, ApiError>, cx: &mut Context<'_>) {
        for request in &self.requests {
            cx.reply(*request, result.clone());
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
