//! What the relay says, and what it has still to be told.

use bytes::Bytes;
use jiff::SignedDuration;
use sotto_protocol::{
    error::ErrorCode,
    frames::{
        Ack, Deliver, Error, PrekeySupply, PublishPrekeys, ServerFrame, client_frame, server_frame,
    },
    id::{MailboxId, MessageId},
};

use super::{Context, Engine, Pending, SocketId, Store, holding::may_go, load::PREKEYS_KEY};
use crate::{
    api::Notice,
    connection::{Event, later, pause_asked},
    local_id::InvitationId,
    mailboxes::Purpose,
    outbox::Letter,
    peers::PeerKey,
    refusals::may_pass,
};

/// How often the relay is asked what it still has of the prekeys.
const PREKEYS_CHECK: SignedDuration = SignedDuration::from_hours(12);
/// Mailboxes that the relay could not make just now, and lists that it could not take, are brought
/// again after this time.
pub(super) const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// Or after what the relay asks for, up to this.
pub(super) const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

impl Engine {
    pub(super) fn frame(&mut self, socket: SocketId, frame: Bytes, cx: &mut Context<'_>) {
        // Bytes that are no frame of this version say nothing.
        let Ok(frame) = sotto_protocol::decode::<ServerFrame>(frame) else {
            return;
        };
        // A relay that closes the connection over a message will not take it on the next one either.
        if let Some(server_frame::Body::Error(error)) = &frame.body
            && let Some(Pending::Post(post)) = self.pending.get(&frame.request).cloned()
        {
            self.pending.remove(&frame.request);
            self.post_refused(&post, error, cx);
        }
        let error = match &frame.body {
            Some(server_frame::Body::Error(error)) => Some(error.clone()),
            _ => None,
        };
        let event = self.connection.frame(socket, frame, &self.identity, cx);
        self.connection_event(event, cx);
        if let Some(error) = error {
            self.refused_as_unlisted(&error, cx);
        }
    }

    pub(super) fn connection_event(&mut self, event: Event, cx: &mut Context<'_>) {
        match event {
            Event::None => {}
            Event::Down => self.forget_requests(),
            Event::Up(welcome) => {
                self.forget_requests();
                self.own_list_shown(welcome.device_list.as_ref(), cx);
                self.restore_mailboxes(welcome.mailboxes, cx);
                let supply = welcome.prekeys.unwrap_or_default();
                self.supply_said(&supply, cx);
                self.publish_prekeys(&supply, cx);
            }
            Event::Frame(frame) => match frame.body {
                Some(server_frame::Body::Deliver(deliver)) => self.deliver(&deliver, cx),
                Some(server_frame::Body::DeviceListChanged(changed)) => {
                    self.own_list_shown(changed.device_list.as_ref(), cx);
                }
                Some(body) => self.answer(frame.request, body, cx),
                None => {}
            },
        }
    }

    /// Sends what the relay does not know yet.
    pub(super) fn tell_relay(&mut self, cx: &mut Context<'_>) {
        if !self.connection.is_up() {
            return;
        }
        let has_room = |copies: &mut usize| self.outbox.has_room_for(*copies);
        if self.withheld.take_if(has_room).is_some() {
            let event = self.connection.renew(cx);
            return self.connection_event(event, cx);
        }
        self.tick_link(cx);
        self.publish_list(cx);
        self.tell_contacts(cx);
        self.check_prekeys(cx);
        self.mailboxes_retry_at = self.mailboxes_retry_at.filter(|at| *at > cx.now);
        let pausing = self.mailboxes_retry_at.is_some();
        let requests = self.mailboxes.requests().into_iter().filter(|_| !pausing);
        for (id, body) in requests {
            let under_way = self.pending.values().any(|pending| {
                matches!(pending, Pending::MakeMailbox(other) | Pending::CloseMailbox(other) if *other == id)
            });
            if !under_way && !self.refused_mailboxes.contains(&id) {
                let closing = matches!(body, client_frame::Body::CloseMailbox(_));
                let pending = if closing {
                    Pending::CloseMailbox(id)
                } else {
                    Pending::MakeMailbox(id)
                };
                self.request(body, pending, cx);
            }
        }
        self.fetch_for_accepting(cx);
        self.fetch_for_healing(cx);
        self.fetch_for_introducing(cx);
        self.share(cx);
        self.look_again(cx);
        // Nobody is told of a mailbox that the relay has not made.
        let mailboxes = &self.mailboxes;
        let made = |to: &PeerKey| !mailboxes.is_wanted(&Purpose::Peer(to.clone()));
        let (contacts, renewals) = (&self.contacts, &self.renewals);
        let ready = |letter: &Letter| made(&letter.peer) && may_go(contacts, renewals, letter);
        for (post, body) in self.outbox.due(cx.now, ready) {
            self.request(body, Pending::Post(post), cx);
        }
    }

    pub(super) fn request(
        &mut self,
        body: client_frame::Body,
        pending: Pending,
        cx: &mut Context<'_>,
    ) {
        if let Some(number) = self.connection.send(body, cx) {
            self.pending.insert(number, pending);
        }
    }

    fn forget_requests(&mut self) {
        self.pending.clear();
        self.refused_mailboxes.clear();
        self.mailboxes_retry_at = None;
        self.own_devices.retry_at = None;
        self.prekeys_check_at = None;
        self.look_at = None;
        self.problem = None;
        self.outbox.disconnected();
        self.to_meet.disconnected();
        self.fetches_lost();
    }

    /// A relay that holds fewer mailboxes than it made has lost its data, or some of it.
    fn restore_mailboxes(&mut self, held: u32, cx: &mut Context<'_>) {
        if self.mailboxes.made(cx.now) > held as usize {
            let invitations = &self.invitations;
            let uses_left = |id: &InvitationId| invitations.get(id).map(|own| own.uses_left);
            self.mailboxes.want_again(uses_left, cx);
        }
    }

    /// Asks now and then what the relay still has, so that a connection that lasts for weeks
    /// neither keeps an old signed prekey nor runs out of one-time keys.
    fn check_prekeys(&mut self, cx: &mut Context<'_>) {
        let check_at = *self
            .prekeys_check_at
            .get_or_insert(later(cx.now, PREKEYS_CHECK));
        if check_at <= cx.now {
            self.prekeys_check_at = Some(later(cx.now, PREKEYS_CHECK));
            self.forget_expired_sessions(cx);
            let nothing = client_frame::Body::PublishPrekeys(PublishPrekeys::default());
            self.request(nothing, Pending::CheckPrekeys, cx);
        }
    }

    fn publish_prekeys(&mut self, supply: &PrekeySupply, cx: &mut Context<'_>) {
        let device = self.identity.device();
        let forgot = self.prekeys.forget_expired(cx.now);
        let publish = self.prekeys.replenish(device, supply, cx.now, cx.rng);
        if forgot || publish.is_some() {
            cx.put(Store::Prekeys, PREKEYS_KEY, &self.prekeys);
        }
        if let Some(publish) = publish {
            let one_time_kem = publish.kem_prekeys.iter().any(|key| !key.last_resort);
            let refill = one_time_kem || !publish.one_time_prekeys.is_empty();
            let body = client_frame::Body::PublishPrekeys(publish);
            self.request(body, Pending::PublishPrekeys { refill }, cx);
        }
    }

    fn answer(&mut self, request: u64, body: server_frame::Body, cx: &mut Context<'_>) {
        let Some(pending) = self.pending.remove(&request) else {
            return;
        };
        match (pending, body) {
            (Pending::MakeMailbox(id), server_frame::Body::Done(_)) => {
                self.mailboxes.done(&id, false, cx);
            }
            (Pending::CloseMailbox(id), server_frame::Body::Done(_)) => {
                self.mailboxes.done(&id, true, cx);
            }
            (
                Pending::MakeMailbox(id) | Pending::CloseMailbox(id),
                server_frame::Body::Error(error),
            ) => {
                if may_pass(error.code.parse().ok()) {
                    let asked = pause_asked(&error, LONGEST_PAUSE);
                    self.mailboxes_retry_at = Some(later(cx.now, asked.max(PAUSE)));
                } else {
                    self.refused_mailboxes.insert(id);
                }
                self.problem = Some(error.message);
            }
            (Pending::PublishList(list), server_frame::Body::Done(_)) => {
                self.list_published(&list, cx);
            }
            (Pending::PublishList(list), server_frame::Body::Error(error)) => {
                self.list_refused(&list, &error, cx);
            }
            (Pending::CheckPrekeys, server_frame::Body::Done(done)) => {
                let supply = done.prekeys.unwrap_or_default();
                self.supply_said(&supply, cx);
                self.publish_prekeys(&supply, cx);
            }
            (Pending::PublishPrekeys { refill }, server_frame::Body::Done(done)) => {
                let supply = done.prekeys.unwrap_or_default();
                if refill {
                    self.supply_refilled(&supply, cx);
                } else {
                    self.supply_said(&supply, cx);
                }
            }
            (
                Pending::PublishPrekeys { .. } | Pending::CheckPrekeys,
                server_frame::Body::Error(error),
            ) => {
                self.problem = Some(error.message);
            }
            (Pending::Fetch(invitation), server_frame::Body::Prekeys(prekeys)) => {
                self.fetched(&invitation, &prekeys, cx);
            }
            (Pending::Fetch(invitation), server_frame::Body::Error(error)) => {
                self.fetch_refused(&invitation, &error, cx);
            }
            (Pending::Look(contact), server_frame::Body::Prekeys(prekeys)) => {
                self.looked(&contact, &prekeys, cx);
            }
            (Pending::Renew(peer), server_frame::Body::Prekeys(prekeys)) => {
                self.renew(&peer, &prekeys, cx);
            }
            (Pending::Renew(peer), server_frame::Body::Error(error)) => {
                self.put_off_healing(&peer, error.message, cx);
            }
            (Pending::Introduce(owner), server_frame::Body::Prekeys(prekeys)) => {
                self.introduce(&owner, &prekeys, cx);
            }
            (Pending::Introduce(owner), server_frame::Body::Error(error)) => {
                self.introducing_refused(&owner, &error, cx);
            }
            (Pending::Post(post), server_frame::Body::Done(_)) => {
                if let Some(letter) = self.outbox.accepted(&post, cx) {
                    let contact = letter.peer.contact();
                    if self.leads(&letter.peer) {
                        self.set_reachable(contact, true, cx);
                    }
                    // A copy for a device of one's own has the id of what it copies.
                    if !contact.is_own() {
                        self.handshake_posted(&letter.message, contact, cx);
                    }
                }
                cx.notice(Notice::History);
            }
            // An answer of a kind that does not fit its request is no answer.
            _ => {}
        }
        cx.notice(Notice::Status);
    }

    fn post_refused(&mut self, post: &MessageId, error: &Error, cx: &mut Context<'_>) {
        let code: Option<ErrorCode> = error.code.parse().ok();
        let Some(lost) = self.outbox.refused(post, error, cx) else {
            return;
        };
        cx.notice(Notice::History);
        let contact = lost.peer.contact();
        let gone = matches!(
            code,
            Some(ErrorCode::MailboxUnknown | ErrorCode::MailboxExpired | ErrorCode::MailboxSpent)
        );
        if lost.leads {
            self.history.failed(&lost.message, cx);
            if self.handshake_refused(&lost.message, contact, code, error, cx) {
                return;
            }
        }
        // The mailbox of another device may come back, and costs nothing meanwhile.
        if gone && self.leads(&lost.peer) {
            self.set_reachable(contact, false, cx);
        }
        if !lost.leads {
            return;
        }
        let name = self.contact_ref(contact).name;
        let why = if gone {
            format!("{name} could not be told: the relay does not know their mailbox.")
        } else {
            format!(
                "{name} could not be told: the relay refused the message ({}).",
                error.message
            )
        };
        if let Some(conversation) = &lost.conversation {
            self.undeliverable(conversation, why, cx);
        }
    }

    /// A message came. Whatever it changes and the note that it was seen are
    /// one batch; the acknowledgement follows when that is durable.
    fn deliver(&mut self, deliver: &Deliver, cx: &mut Context<'_>) {
        let ids = (
            MailboxId::try_from(deliver.mailbox.as_slice()),
            MessageId::try_from(deliver.message_id.as_slice()),
        );
        if let (Ok(mailbox), Ok(post)) = ids
            && !self.inbox.has_seen(&post)
        {
            // What it might have to be answered with finds no room: the relay keeps it, and
            // delivers it again on the next connection.
            let purpose = self.mailboxes.purpose(&mailbox).cloned();
            let answers = match &purpose {
                Some(Purpose::Peer(key)) => {
                    let devices = self.reachable(key.contact()).len() + self.followers().len();
                    devices.max(1)
                }
                _ => 1,
            };
            if !self.outbox.has_room_for(answers) {
                self.withheld = self.withheld.max(Some(answers));
                return;
            }
            match purpose {
                Some(Purpose::Invitation(id)) => self.introduced(&id, post, &deliver.payload, cx),
                Some(Purpose::Peer(key)) => self.heard(&key, post, &deliver.payload, cx),
                Some(Purpose::Link(id)) => self.device_asks(&id, &deliver.payload, cx),
                // Closed meanwhile: nobody waits for it.
                None => {}
            }
            self.inbox.saw(&post, cx);
        }
        self.connection.delivered(deliver.sequence, cx.now);
        let ack = Ack {
            sequences: vec![deliver.sequence],
        };
        self.connection.send(client_frame::Body::Ack(ack), cx);
    }
}
