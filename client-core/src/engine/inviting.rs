//! My invitations: making them, ending them, and whoever uses one.

use bytes::Bytes;
use jiff::SignedDuration;
use sotto_protocol::id::MessageId;

use super::{Context, Engine, Store, load::PREKEYS_KEY};
use crate::{
    api::{ApiError, ApiErrorCode, Approval, ContactState, Direction, Notice, Reply},
    connection::later,
    contacts::{Contact, MAX_CONTACTS, find},
    devices::fingerprint,
    history::Said,
    identity::safety_number,
    invitation::{
        DEFAULT_USES, DEFAULT_VALID_HOURS, Invitation, MAX_INVITATIONS, MAX_USES, MAX_VALID_HOURS,
        OwnInvitation,
    },
    local_id::{ContactId, ConversationId, InvitationId},
    mailboxes::Purpose,
    message::{AgentMessage, Body, Greeting, Handshake},
    peers::Peer,
    random::random_bytes,
    relay_url::RelayUrl,
    session::{
        self, Accepted, Arrival, DeviceSessions, InvitationSecret, Session, Standing, Voucher,
    },
};

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
        if self.places() < uses as usize {
            return Err(no_places());
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
        let own = OwnInvitation {
            id,
            link: invitation.to_link(),
            mailbox,
            secret,
            expires_at,
            uses_left: uses,
        };
        let view = own.view(self.account_fingerprint());
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

    /// Ends the invitations whose time is over, once it is known who used them in time.
    pub(super) fn tick_invitations(&mut self, cx: &mut Context<'_>) {
        if !self.is_caught_up(cx.now) {
            return;
        }
        let expired: Vec<InvitationId> = self
            .invitations
            .values()
            .filter(|invitation| invitation.expires_at <= cx.now)
            .map(|invitation| invitation.id.clone())
            .collect();
        for id in expired {
            self.end_invitation(&id, cx);
        }
        self.mailboxes.tick(cx);
    }

    /// How many more people can become contacts. Every open invitation keeps
    /// places for those who may use it, so that nobody who does is turned away.
    pub(super) fn places(&self) -> usize {
        let promised = self.invitations.values().map(|own| own.uses_left as usize);
        MAX_CONTACTS.saturating_sub(self.contacts.len() + promised.sum::<usize>())
    }

    /// A message came into the mailbox of one of my invitations.
    pub(super) fn introduced(
        &mut self,
        id: &InvitationId,
        post: MessageId,
        payload: &Bytes,
        cx: &mut Context<'_>,
    ) {
        let Some(own) = self.invitations.get(id) else {
            return;
        };
        let vouchers = [Voucher::Invitation(&own.secret)];
        let none = DeviceSessions::default();
        let in_time = |of: &Accepted| none.check_time(&of.session, cx.now).is_ok();
        let introduction =
            session::accept(&self.identity, &self.prekeys, &vouchers, payload, cx.now)
                .ok()
                .filter(in_time)
                .and_then(|accepted| Introduction::read(accepted, &self.profile.relay));
        // The relay counts whatever is posted there.
        self.use_up(id, cx);
        if let Some(introduction) = introduction {
            self.prekeys.consume(&introduction.accepted.used);
            cx.put(Store::Prekeys, PREKEYS_KEY, &self.prekeys);
            // The relay has handed some out.
            self.prekeys_check_at = Some(cx.now);
            self.acquaint(introduction, post, cx);
        }
    }

    fn use_up(&mut self, id: &InvitationId, cx: &mut Context<'_>) {
        let Some(own) = self.invitations.get_mut(id) else {
            return;
        };
        own.uses_left = own.uses_left.saturating_sub(1);
        cx.notice(Notice::Contacts);
        if own.uses_left > 0 {
            return cx.put(Store::Invitations, id, own);
        }
        self.invitations.remove(id);
        cx.delete(Store::Invitations, id);
        self.mailboxes.spend(&Purpose::Invitation(id.clone()), cx);
    }

    fn end_invitation(&mut self, id: &InvitationId, cx: &mut Context<'_>) {
        self.invitations.remove(id);
        cx.delete(Store::Invitations, id);
        self.mailboxes.close(&Purpose::Invitation(id.clone()), cx);
        cx.notice(Notice::Contacts);
    }

    /// Somebody used an invitation of mine.
    fn acquaint(&mut self, introduction: Introduction, post: MessageId, cx: &mut Context<'_>) {
        let Introduction {
            accepted,
            message,
            greeting,
            relay,
        } = introduction;
        let account = accepted.session.peer_account();
        let device = accepted.session.peer_device();
        let past = self.contacts.past(&account).cloned();
        if let Some(past) = &past {
            if let Err(why) = self.check_shown(&past.id, &device, &accepted.peer_devices, cx) {
                return self.write_unreadable(&past.id, post, why, cx);
            }
            self.take_devices(&past.id, &accepted.peer_devices, cx);
            self.finish_renewal(&past.id, cx);
        }
        let known = self.contacts.by_account(&account).cloned();
        let before = known.as_ref().map(|contact| contact.state);
        let past = self.contacts.past(&account).cloned();
        let removed = past.as_ref().is_some_and(|past| past.removed);
        let id = past
            .as_ref()
            .map_or_else(|| ContactId::random(cx.rng), |past| past.id.clone());
        let conversation = ConversationId::from(&id);
        let said = Said::Message(message);
        self.write_down(conversation, id.clone(), Direction::Incoming, said, cx);
        cx.notice(Notice::Status);
        let peer = self.meet(&id, device, Some(greeting.mailbox), cx);
        let crossing = before == Some(ContactState::Waiting);
        let mut served = false;
        if !crossing {
            // They have lost all that there was, their clock perhaps as well. Or it is somebody else
            // who has the device's keys and an invitation: nothing from before is for them.
            let lost = self.sessions.remove(&peer.key);
            let active = lost.as_ref().and_then(DeviceSessions::active);
            let spoken_to = known.as_ref().is_some_and(Contact::is_spoken_to);
            served = spoken_to && active.is_some_and(Session::is_answered);
            self.kept.met_anew(&peer.key, cx);
        }
        let was_held = self.is_held(&id);
        let sessions = self.sessions.entry(peer.key.clone()).or_default();
        let standing = sessions.take(accepted.session, accepted.voucher, Arrival::Direct, cx.now);
        self.save_sessions(&peer.key, cx);
        if let Some(waiting) = known.as_ref()
            && crossing
            && standing == Standing::Inactive
        {
            // Each used the other's invitation, and they keep the session that this side opened.
            let contact = Contact {
                state: ContactState::Active,
                name: greeting.name,
                ..waiting.clone()
            };
            self.save_peer(peer, cx);
            self.save_contact(contact, cx);
            self.compare_names(&id, cx);
            return;
        }
        let peer = Peer {
            asks: true,
            ..peer.met_anew()
        };
        self.give_up_letters(|letter| letter.peer == peer.key, cx);
        let (own_name, verified) = past.as_ref().map_or((None, false), Contact::noted);
        let later_devices = past.as_ref().map(|past| past.later_devices.clone());
        let contact = Contact {
            id: id.clone(),
            account,
            name: greeting.name,
            own_name,
            relay,
            state: ContactState::Requested,
            verified,
            safety_number: safety_number(&self.identity.account(), &account),
            since: known.as_ref().map_or(cx.now, |contact| contact.since),
            devices: past
                .as_ref()
                .map_or(accepted.peer_devices, |past| past.devices.clone()),
            invited_at: None,
            unreadable: 0,
            removed: false,
            returned: removed || known.as_ref().is_some_and(|known| known.returned),
            later_devices: later_devices.unwrap_or_default(),
            doubts: past.map(|past| past.doubts).unwrap_or_default(),
        };
        self.save_contact(contact, cx);
        self.save_peer(peer, cx);
        if served {
            let said = Said::Anew {
                id: MessageId::from_bytes(random_bytes(cx.rng)),
                device: fingerprint(&device),
            };
            let conversation = ConversationId::from(&id);
            self.write_down(conversation, id.clone(), Direction::Incoming, said, cx);
        }
        let approved = match before {
            // Both wanted it already; it has an invitation's secret, and the keys of a device that the
            // account lists. What was said before stays out of its reach, and the user is told.
            Some(ContactState::Active | ContactState::Unreachable | ContactState::Waiting) => true,
            // Whom the user once blocked or removed is never let in without asking.
            Some(ContactState::Blocked) => false,
            None if removed => false,
            _ => self.preferences.approve_contacts == Approval::Auto,
        };
        self.forget_unvouched(&id, cx);
        let has_namesakes = self.compare_names(&id, cx);
        if approved
            && !was_held
            && !has_namesakes
            && let Err(error) = self.approve_contact(id.as_str(), cx)
        {
            self.problem = Some(error.message);
        }
    }
}

/// The first message of somebody who used an invitation.
struct Introduction {
    accepted: Accepted,
    message: AgentMessage,
    greeting: Greeting,
    relay: RelayUrl,
}

impl Introduction {
    /// `None` where it is no HANDSHAKE, or names a mailbox at another relay than `home`, where this device posts.
    fn read(accepted: Accepted, home: &RelayUrl) -> Option<Self> {
        let message = AgentMessage::from_bytes(&accepted.message.plaintext).ok()?;
        let Body::Handshake(Handshake::Request(greeting)) = message.body.clone() else {
            return None;
        };
        let relay = RelayUrl::read(&greeting.relay)?;
        (relay == *home).then_some(Self {
            accepted,
            message,
            greeting,
            relay,
        })
    }
}

/// There is no room for another contact.
pub(super) fn no_places() -> ApiError {
    ApiError::new(
        ApiErrorCode::LimitReached,
        format!(
            "There is room for {MAX_CONTACTS} contacts, those that open invitations may bring included."
        ),
        "Remove contacts that you do not need any more, or revoke invitations that nobody will use.",
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
