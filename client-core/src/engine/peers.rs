//! The devices of contacts: which of them can be written to, and which are theirs.

use sotto_protocol::id::{DeviceId, MailboxId};

use super::{Context, Engine, Store};
use crate::{
    api::Notice,
    contacts::Contact,
    identity::{DevicesChanged, Follow, PeerDevices, Source},
    local_id::ContactId,
    mailboxes::Purpose,
    peers::{Healing, Owed, Peer, PeerKey},
    session::DeviceSessions,
};

/// What the key of a record ends with that survives the loss of the sessions with a device.
pub(super) const CONTINUITY: &str = "/continuity";

impl Engine {
    /// The devices of a contact that can be written to; the one that answers for them comes first.
    pub(super) fn reachable(&self, contact: &ContactId) -> Vec<PeerKey> {
        let devices = self.devices_of(contact);
        let agent = devices.and_then(|devices| devices.devices().first());
        let mut peers: Vec<&Peer> = self
            .peers
            .of(contact)
            .filter(|peer| self.can_reach(peer))
            .collect();
        peers.sort_by_key(|peer| agent.is_none_or(|agent| agent.id() != peer.device));
        peers.into_iter().map(|peer| peer.key.clone()).collect()
    }

    /// Whether something can be said to the device.
    pub(super) fn can_reach(&self, peer: &Peer) -> bool {
        let sessions = self.sessions.get(&peer.key);
        let active = sessions.and_then(DeviceSessions::active);
        peer.their_mailbox.is_some() && active.is_some()
    }

    /// Whether it is the one of its contact's devices that answers for them, as far as that can be
    /// written to.
    pub(super) fn leads(&self, peer: &PeerKey) -> bool {
        self.reachable(peer.contact()).first() == Some(peer)
    }

    /// The contact's device of that id, and a mailbox for it if it has none. It is for the caller to
    /// keep it.
    pub(super) fn meet(
        &mut self,
        contact: &ContactId,
        device: DeviceId,
        their_mailbox: Option<MailboxId>,
        cx: &mut Context<'_>,
    ) -> Peer {
        let key = PeerKey::new(contact, &device);
        let known = self.peers.get(&key);
        let (signed_prekey, last_resort) =
            known.map_or((0, 0), |peer| (peer.signed_prekey, peer.last_resort));
        let known = known.map(|peer| peer.my_mailbox);
        let purpose = Purpose::Peer(key.clone());
        let my_mailbox = known.unwrap_or_else(|| self.mailboxes.open(purpose, None, 0, cx));
        Peer {
            key,
            device,
            my_mailbox,
            their_mailbox,
            asks: false,
            introduction: None,
            healing: Healing::default(),
            owed: Owed::default(),
            signed_prekey,
            last_resort,
        }
    }

    pub(super) fn save_peer(&mut self, peer: Peer, cx: &mut Context<'_>) {
        cx.put(Store::Connections, &peer.key, &peer);
        self.sharing_changed(peer.key.contact());
        self.peers.insert(peer);
        cx.notice(Notice::Contacts);
    }

    /// Stores the sessions with a device, after each change.
    pub(super) fn save_sessions(&mut self, key: &PeerKey, cx: &mut Context<'_>) {
        if let Some(sessions) = self.sessions.get_mut(key) {
            cx.put(Store::Sessions, key, sessions.sessions());
            if let Some(changed) = sessions.continuity_to_store() {
                cx.put(Store::Connections, format!("{key}{CONTINUITY}"), &changed);
            }
        }
    }

    /// Forgets sessions and keys of messages that no relay can have any more.
    pub(super) fn forget_expired_sessions(&mut self, cx: &mut Context<'_>) {
        let mut changed = Vec::new();
        for (key, sessions) in &mut self.sessions {
            if sessions.forget_expired(cx.now) {
                changed.push(key.clone());
            }
        }
        for key in changed {
            self.save_sessions(&key, cx);
        }
    }

    /// Nothing comes from the device any more. What was said to it already still goes out.
    pub(super) fn forget_peer(&mut self, key: &PeerKey, cx: &mut Context<'_>) {
        self.mailboxes.close(&Purpose::Peer(key.clone()), cx);
        self.sessions.remove(key);
        cx.delete(Store::Sessions, key);
        cx.delete(Store::Connections, format!("{key}{CONTINUITY}"));
        self.peers.remove(key);
        cx.delete(Store::Connections, key);
        self.sharing_changed(key.contact());
    }

    /// As [`forget_peer`](Self::forget_peer), with all devices of a contact.
    pub(super) fn forget_peers(&mut self, contact: &ContactId, cx: &mut Context<'_>) {
        let peers: Vec<PeerKey> = self.peers.of(contact).map(|p| p.key.clone()).collect();
        for key in peers {
            self.forget_peer(&key, cx);
        }
    }

    /// Takes a list of a contact's devices if it is newer than the one that is known. With devices
    /// that it does not name any more nothing is spoken from here on, and nothing that waits is sent.
    pub(super) fn take_devices(
        &mut self,
        id: &ContactId,
        found: &PeerDevices,
        cx: &mut Context<'_>,
    ) {
        if id.is_own() {
            return self.follow_own(found, Source::Session, cx);
        }
        let Some(contact) = self.contacts.get(id) else {
            return;
        };
        // By which way it came makes no difference to a newer one.
        let Follow::Newer(changed) = contact.devices.follow(found, Source::Session) else {
            return;
        };
        if contact.doubts.is_disbelieved(found) {
            return;
        }
        self.set_devices(id, found, changed, cx);
    }

    /// As [`take_devices`](Self::take_devices), whichever the list is: the user believes it.
    pub(super) fn replace_devices(
        &mut self,
        id: &ContactId,
        believed: &PeerDevices,
        cx: &mut Context<'_>,
    ) {
        if let Some(contact) = self.contacts.get(id) {
            let changed = contact.devices.changed_to(believed);
            self.set_devices(id, believed, changed, cx);
        }
    }

    fn set_devices(
        &mut self,
        id: &ContactId,
        devices: &PeerDevices,
        changed: DevicesChanged,
        cx: &mut Context<'_>,
    ) {
        let Some(contact) = self.contacts.get(id) else {
            return;
        };
        let mut contact = Contact {
            devices: devices.clone(),
            ..contact.clone()
        };
        contact.note_devices(&changed, cx.now);
        self.save_contact(contact, cx);
        self.tell_of_devices(id, &changed, cx);
        for device in changed.removed {
            let gone = PeerKey::new(id, &device.id());
            if self
                .renewals
                .get(id)
                .is_some_and(|renewal| renewal.peer.key == gone)
            {
                self.drop_renewal(id, cx);
            }
            self.give_up_letters(|letter| letter.peer == gone, cx);
            self.forget_peer(&gone, cx);
        }
        cx.notice(Notice::Contacts);
    }
}
