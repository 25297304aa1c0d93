//! Sessions that are lost, or do not open what comes: new ones are opened by what is kept beside
//! them, and what could not be read is asked for again.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use sotto_protocol::{
    frames::{FetchPrekeys, Prekeys as PrekeysFrame, client_frame},
    id::MessageId,
};

use super::{Context, Engine, Pending, Store, posting::Saying};
use crate::{
    contacts::Contact,
    message::{Body, Handshake},
    outbox::Letter,
    peers::{Healing, Peer, PeerKey},
    prekeys::PeerPrekeys,
    session::{self, DeviceSessions, VoucherKind},
};

impl Engine {
    /// Sessions whose records were lost.
    pub(super) fn find_lost_sessions(&mut self, cx: &mut Context<'_>) {
        let lost = self.peers.iter().filter(|peer| {
            let sessions = self.sessions.get(&peer.key);
            sessions.is_some_and(|sessions| sessions.active().is_none())
        });
        let lost: Vec<PeerKey> = lost.map(|peer| peer.key.clone()).collect();
        for peer in lost {
            self.broken(&peer, None, cx);
        }
    }

    /// What was posted under that id was not opened.
    pub(super) fn mend(&mut self, peer: &PeerKey, post: MessageId, cx: &mut Context<'_>) {
        self.broken(peer, Some(post), cx);
    }

    /// A device has the session that was opened anew.
    pub(super) fn healed(&mut self, peer: &PeerKey, cx: &mut Context<'_>) {
        let Some(known) = self.peers.get_mut(peer) else {
            return;
        };
        let nothing_left = known.healing.answered();
        cx.put(Store::Connections, peer, known);
        // The answer to the ML-KEM key that came along: until it has it, the other side's handshake
        // keys are all that protects the new session, and a relay may have chosen which.
        self.give_heartbeat(peer, cx);
        self.want_from(peer, cx);
        if nothing_left && let Some(contact) = self.contacts.get(peer.contact()) {
            let contact = Contact {
                unreadable: 0,
                ..contact.clone()
            };
            self.save_contact(contact, cx);
        }
    }

    /// Says something of the keys that two devices have in common. To one's own it stands in no history.
    fn say_of_keys(
        &mut self,
        to: &PeerKey,
        step: Handshake,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        let body = Body::Handshake(step);
        let said = if to.contact().is_own() {
            self.say_quietly(to, body, cx)
        } else {
            let saying = Saying::new(body);
            self.post(std::slice::from_ref(to), saying, cx).map(drop)
        };
        said.map_err(|error| error.message)
    }

    /// What the agent told in a session that is over may be lost.
    fn want_from(&mut self, peer: &PeerKey, cx: &mut Context<'_>) {
        if self.agent().as_ref() == Some(peer) {
            self.sharing.want();
            self.save_sharing(cx);
        }
    }

    /// Something of the device was not opened, or its session is lost.
    fn broken(&mut self, peer: &PeerKey, post: Option<MessageId>, cx: &mut Context<'_>) {
        let known = self.peers.get(peer);
        if known.is_some_and(|known| self.can_heal(known)) {
            self.change_healing(peer, |healing, now| healing.broken(post, now), cx);
        }
    }

    /// Whether a session can be opened anew at all: without what is kept beside it, the other side
    /// could not tell this device from a thief of its keys.
    fn can_heal(&self, peer: &Peer) -> bool {
        let voucher = self.sessions.get(&peer.key).map(DeviceSessions::voucher);
        let vouched = voucher.is_some_and(|v| v.kind() == VoucherKind::Continuity);
        self.speaks_with(peer.key.contact()) && vouched && peer.their_mailbox.is_some()
    }

    pub(super) fn change_healing(
        &mut self,
        peer: &PeerKey,
        change: impl FnOnce(&mut Healing, Timestamp),
        cx: &mut Context<'_>,
    ) {
        if let Some(known) = self.peers.get_mut(peer) {
            change(&mut known.healing, cx.now);
            cx.put(Store::Connections, peer, known);
        }
    }

    /// The devices with which a session is to be opened anew, and when.
    fn to_heal(&self) -> impl Iterator<Item = (Timestamp, &Peer)> {
        let broken = self.peers.iter().filter(|peer| peer.healing.due.is_some());
        // Whoever is held is not spoken to; what is broken is noted all the same.
        let broken = broken.filter(|peer| !self.is_held(peer.key.contact()));
        let broken = broken.filter(|peer| self.can_heal(peer));
        broken.filter_map(|peer| Some((peer.healing.due?, peer)))
    }

    /// When the next session is to be opened anew.
    pub(super) fn healing_due(&self) -> Option<Timestamp> {
        self.to_heal().map(|(due, _)| due).min()
    }

    /// Asks for the prekeys of devices with which a session is to be opened anew.
    pub(super) fn fetch_for_healing(&mut self, cx: &mut Context<'_>) {
        let asked = |key: &PeerKey| {
            let mut pending = self.pending.values();
            pending.any(|pending| matches!(pending, Pending::Renew(of) if of == key))
        };
        let due = self.to_heal().filter(|(due, _)| *due <= cx.now);
        let due = due.filter(|(_, peer)| !asked(&peer.key));
        let due: Vec<_> = due
            .map(|(_, peer)| (peer.key.clone(), peer.device))
            .collect();
        for (key, device) in due {
            let Some(account) = self.account_of(key.contact()) else {
                continue;
            };
            let fetch = FetchPrekeys {
                account: account.to_vec(),
                devices: vec![device.to_vec()],
            };
            let body = client_frame::Body::FetchPrekeys(fetch);
            self.request(body, Pending::Renew(key), cx);
        }
    }

    pub(super) fn put_off_healing(&mut self, peer: &PeerKey, why: String, cx: &mut Context<'_>) {
        self.problem = Some(why);
        self.change_healing(peer, Healing::put_off, cx);
    }

    /// The relay served a device's prekeys.
    pub(super) fn renew(&mut self, key: &PeerKey, prekeys: &PrekeysFrame, cx: &mut Context<'_>) {
        if let Err(why) = self.open_anew(key, prekeys, cx) {
            self.put_off_healing(key, why, cx);
        }
    }

    fn open_anew(
        &mut self,
        key: &PeerKey,
        prekeys: &PrekeysFrame,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        self.check_outbox(1).map_err(|error| error.message)?;
        let devices = self.served_devices(key.contact(), prekeys, cx)?;
        let Some(peer) = self.peers.get(key) else {
            // The newer list does not name it.
            return Ok(());
        };
        let device = devices.device(&peer.device);
        let mut offers = prekeys.devices.iter();
        let offered = offers.find(|offer| offer.device == peer.device.to_vec());
        let (Some(device), Some(offered)) = (device, offered) else {
            let name = self.contact_ref(key.contact()).name;
            return Err(format!("The relay has no keys of {name}’s device."));
        };
        let verified = PeerPrekeys::verify(offered, device)
            .map_err(|error| self.not_signed(key.contact(), &error))?;
        if peer.has_newer_than(&verified) {
            return Err(self.older_keys(key.contact()));
        }
        let sessions = self.sessions.entry(key.clone()).or_default();
        let opened_at = sessions.opening_time(cx.now);
        let session = session::initiate(
            &self.identity,
            &verified,
            sessions.voucher(),
            opened_at,
            cx.rng,
        );
        sessions.open(session.map_err(|error| error.to_string())?, cx.now);
        let unread = peer.healing.unread.clone();
        self.save_sessions(key, cx);
        if let Some(known) = self.peers.get_mut(key) {
            *known = known.clone().served(&verified);
        }
        self.change_healing(key, Healing::begun, cx);
        self.say_of_keys(key, Handshake::Renew { unread }, cx)
    }

    /// A device has opened a session anew: it is answered, and told again what it could not read,
    /// and what still waits for it in a session that it may have lost.
    pub(super) fn renewed_by(
        &mut self,
        peer: &PeerKey,
        unread: &[MessageId],
        cx: &mut Context<'_>,
    ) {
        let waiting = self.take_waiting(peer, cx);
        if let Err(why) = self.say_of_keys(peer, Handshake::Renewed {}, cx) {
            self.problem = Some(why);
        }
        self.want_from(peer, cx);
        // The question of this side may have been lost, as whatever else was.
        let asks = self.peers.get(peer);
        if asks.is_some_and(|peer| !peer.healing.unread.is_empty()) {
            self.broken(peer, None, cx);
        }
        self.repeat(peer, unread, &waiting, cx);
    }

    /// What waits for a device and would be said again does not go out as it is.
    fn take_waiting(&mut self, peer: &PeerKey, cx: &mut Context<'_>) -> Vec<Letter> {
        let (kept, own) = (&self.kept, peer.contact().is_own());
        // What the agent tells of contacts is not said again: the other device asks for it.
        let waits =
            |letter: &Letter| letter.peer == *peer && (own || kept.repeats(&letter.message));
        self.outbox.give_up(waits, cx)
    }

    /// Says what waits for a device again, in the session that is active now; what cannot be is lost.
    pub(super) fn say_waiting_again(&mut self, peer: &PeerKey, cx: &mut Context<'_>) {
        let waiting = self.take_waiting(peer, cx);
        self.give_up_letters(|letter| letter.peer == *peer, cx);
        self.repeat(peer, &[], &waiting, cx);
    }

    /// Says again in the active session what a device asks for by its posts, and what waited for it.
    fn repeat(
        &mut self,
        peer: &PeerKey,
        unread: &[MessageId],
        waiting: &[Letter],
        cx: &mut Context<'_>,
    ) {
        let leads = waiting.iter().map(|letter| (letter.message, letter.leads));
        let leads: BTreeMap<MessageId, bool> = leads.collect();
        let waiting: HashSet<MessageId> = leads.keys().copied().collect();
        let (messages, unknown) = self.kept.asked_for(peer, unread, &waiting);
        if unknown > 0 && !peer.contact().is_own() {
            let name = self.contact_ref(peer.contact()).name;
            self.problem = Some(format!(
                "{name}’s agent could not read {unknown} of the messages that you sent, and they are not kept any more."
            ));
        }
        for message in messages {
            let leads = leads.get(&message.id).copied();
            let leads = leads.unwrap_or_else(|| self.leads(peer));
            if let Err(error) = self.send_again(peer, &message, leads, cx) {
                self.problem = Some(error.message);
            }
        }
    }
}
