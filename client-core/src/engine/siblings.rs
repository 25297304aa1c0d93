//! The user's other devices: they have sessions with each other as with the devices of contacts, and
//! tell each other what no contact may.

use bytes::Bytes;
use sotto_protocol::id::{AccountId, DeviceId, MessageId};

use super::{Context, Engine, Store, hearing::NotTaken, posting::Saying};
use crate::{
    identity::{PeerDevice, PeerDevices, Source},
    local_id::ContactId,
    message::{Body, Devices},
    peers::PeerKey,
    relay_url::RelayUrl,
};

impl Engine {
    /// Whose devices they are: a contact's, or the user's own.
    pub(super) fn account_of(&self, owner: &ContactId) -> Option<AccountId> {
        self.devices_of(owner).map(PeerDevices::account)
    }

    /// The newest list of somebody's devices.
    pub(super) fn devices_of(&self, owner: &ContactId) -> Option<&PeerDevices> {
        if owner.is_own() {
            return Some(self.identity.devices());
        }
        self.contacts.get(owner).map(|contact| &contact.devices)
    }

    /// The relay that has somebody's mailboxes.
    pub(super) fn relay_of(&self, owner: &ContactId) -> Option<&RelayUrl> {
        if owner.is_own() {
            return Some(&self.profile.relay);
        }
        self.contacts.get(owner).map(|contact| &contact.relay)
    }

    /// Whether this device talks with somebody's devices.
    pub(super) fn speaks_with(&self, owner: &ContactId) -> bool {
        let contact = self.contacts.get(owner);
        owner.is_own() || contact.is_some_and(|known| known.is_spoken_to() && !known.removed)
    }

    /// The device of somebody's list that has that key.
    pub(super) fn listed(&self, key: &PeerKey) -> Option<DeviceId> {
        let owner = key.contact();
        let mut listed = self.devices_of(owner)?.devices().iter().map(PeerDevice::id);
        listed.find(|device| PeerKey::new(owner, device) == *key)
    }

    /// The own device that answers for the user, where it is another one than this.
    pub(super) fn agent(&self) -> Option<PeerKey> {
        let first = self.identity.devices().devices().first()?.id();
        let other = first != self.identity.device().id();
        other.then(|| PeerKey::new(&ContactId::own(), &first))
    }

    /// Something came into the mailbox of another device of the user's, posted under that id. None of
    /// it stands in a history.
    pub(super) fn heard_sibling(
        &mut self,
        from: &PeerKey,
        post: MessageId,
        payload: &Bytes,
        cx: &mut Context<'_>,
    ) {
        let (from, message, _) = match self.open_message(from, payload, cx) {
            Ok(heard) => heard,
            Err(NotTaken::Repeated | NotTaken::Broken(_)) => return self.mend(from, post, cx),
            Err(NotTaken::SaidBefore(device)) => return self.answer_again(&device, cx),
            Err(refused @ (NotTaken::Unreadable(_) | NotTaken::Doubtful(_))) => {
                let why = match refused {
                    NotTaken::Unreadable(why) => why,
                    _ => self.doubtful(from),
                };
                self.problem = Some(format!(
                    "Something from another of your devices was not taken: {why}."
                ));
                return;
            }
        };
        if !self.inbox.is_new(from.contact(), &message.id, cx) {
            return self.heard_before(&from, &message, cx);
        }
        let heartbeat = matches!(message.body, Body::Heartbeat(_));
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.owed.received(heartbeat, cx.now);
            cx.put(Store::Connections, &from, peer);
        }
        match message.body {
            Body::Heartbeat(_) => self.heartbeat_received(&from, cx),
            Body::Handshake(handshake) => self.handshake_received(&from, handshake, cx),
            Body::Devices(shown) => {
                let (shown, account) = (shown.signed(), self.identity.account());
                if let Ok(found) = PeerDevices::verify(&shown, &account) {
                    self.follow_own(&found, Source::Session, cx);
                }
            }
            Body::Sync(step) => self.sync_received(&from, step, cx),
            // What is said to others is said to them.
            _ => {}
        }
    }

    /// Says something to one of the user's own devices. It is not kept to be said again.
    pub(super) fn tell_sibling(&mut self, to: &PeerKey, body: Body, cx: &mut Context<'_>) -> bool {
        let message = Saying::new(body).message(cx);
        self.post_copy(to, &message, false, cx).is_ok()
    }

    /// Shows the others the list that this device has changed, should the relay keep it from them.
    pub(super) fn show_siblings(&mut self, cx: &mut Context<'_>) {
        let body = Body::Devices(Devices::from(self.identity.devices()));
        for sibling in self.reachable(&ContactId::own()) {
            self.tell_sibling(&sibling, body.clone(), cx);
        }
    }

    /// The account's list does not name the device any more: nothing is spoken with it.
    pub(super) fn forget_sibling(&mut self, device: &DeviceId, cx: &mut Context<'_>) {
        let own = ContactId::own();
        let key = PeerKey::new(&own, device);
        self.outbox.give_up(|letter| letter.peer == key, cx);
        self.sharing.forget(&key);
        self.save_sharing(cx);
        self.forget_peer(&key, cx);
        self.forget_way(&own, device, cx);
    }
}
