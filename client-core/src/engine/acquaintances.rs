//! Contacts as they come, change and go.

use sotto_protocol::id::MailboxId;

use super::{Context, Engine, Store, posting::Saying};
use crate::{
    api::{ApiError, ApiErrorCode, ContactState, Notice, Reply},
    contacts::Contact,
    local_id::ContactId,
    message::{Body, Greeting, Handshake, MAX_TEXT_CHARS},
    peers::{Peer, PeerKey},
};

impl Engine {
    /// A contact's agent introduces itself in return, or again.
    pub(super) fn handshake_received(
        &mut self,
        from: &PeerKey,
        handshake: Handshake,
        cx: &mut Context<'_>,
    ) {
        let greeting = match handshake {
            Handshake::Device(greeting) => return self.device_met(from, &greeting, cx),
            Handshake::DeviceAccept { mailbox, relay } => {
                return self.device_accepted(from, mailbox, &relay, cx);
            }
            Handshake::Renew { unread } if self.speaks_with(from.contact()) => {
                return self.renewed_by(from, &unread, cx);
            }
            Handshake::Renewed {} => return self.healed(from, cx),
            Handshake::Accept(greeting) => greeting,
            Handshake::Request(_) | Handshake::Renew { .. } => return,
        };
        let known = self.contacts.get(from.contact());
        let waiting = known.filter(|contact| contact.state == ContactState::Waiting);
        let (Some(contact), Some(peer)) = (waiting, self.peers.get(from)) else {
            return;
        };
        if greeting.relay != contact.relay.to_string() {
            return;
        }
        let peer = Peer {
            their_mailbox: Some(greeting.mailbox),
            ..peer.clone()
        };
        let contact = Contact {
            state: ContactState::Active,
            name: greeting.name,
            ..contact.clone()
        };
        let id = contact.id.clone();
        self.save_peer(peer, cx);
        self.save_contact(contact, cx);
        self.compare_names(&id, cx);
    }

    pub(super) fn approve_contact(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let contact = self.contacts.find(reference)?;
        let (id, state) = (contact.id.clone(), contact.state);
        if state == ContactState::Requested {
            contact.check_not_held()?;
            self.check_no_claim(&id)?;
            let asking = self.peers.of(&id).filter(|peer| peer.asks);
            let asking: Vec<Peer> = asking.cloned().collect();
            self.check_outbox(asking.len())?;
            for peer in asking {
                let body = Body::Handshake(Handshake::Accept(self.greeting(peer.my_mailbox)));
                self.post(std::slice::from_ref(&peer.key), Saying::new(body), cx)?;
                let asks = false;
                self.save_peer(Peer { asks, ..peer }, cx);
            }
            self.set_state(&id, ContactState::Active, cx);
        } else {
            contact.check_active()?;
        }
        self.contact_reply(&id)
    }

    pub(super) fn verify_contact(
        &mut self,
        reference: &str,
        verified: bool,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let mut contact = self.contacts.find(reference)?.clone();
        contact.doubts.was_verified =
            !verified && (contact.verified || contact.doubts.was_verified);
        contact.verified = verified;
        let id = contact.id.clone();
        self.save_contact(contact, cx);
        self.contact_reply(&id)
    }

    /// Calls a contact by a name of the user's own; by an empty one, as they call themselves.
    pub(super) fn rename_contact(
        &mut self,
        reference: &str,
        name: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let name = name.trim();
        if name.chars().count() > MAX_TEXT_CHARS || name.contains(char::is_control) {
            return Err(ApiError::new(
                ApiErrorCode::ValueInvalid,
                format!(
                    "The name is longer than {MAX_TEXT_CHARS} characters, or has others than letters in it."
                ),
                "Choose a shorter one, on one line.",
            ));
        }
        let contact = Contact {
            own_name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            ..self.contacts.find(reference)?.clone()
        };
        let id = contact.id.clone();
        self.save_contact(contact, cx);
        // They show whom they are about.
        cx.notice(Notice::Calendar);
        cx.notice(Notice::Proposals);
        cx.notice(Notice::History);
        self.contact_reply(&id)
    }

    pub(super) fn block_contact(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let id = self.contacts.find(reference)?.id.clone();
        self.check_ends(&id)?;
        self.cut_off(&id, cx);
        self.set_state(&id, ContactState::Blocked, cx);
        self.contact_reply(&id)
    }

    /// Ends everything with a contact, and forgets them. What was said stays in
    /// the history, and agreed meetings in the calendar.
    pub(super) fn remove_contact(
        &mut self,
        reference: &str,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let contact = self.contacts.find(reference)?.clone();
        self.check_ends(&contact.id)?;
        self.bury_contact(contact, cx);
        Ok(Reply::Done)
    }

    /// That this device may end an acquaintance: the agent would tell it of them again.
    fn check_ends(&self, id: &ContactId) -> Result<(), ApiError> {
        if self.is_agents(id) {
            return Err(self.agent_away());
        }
        Ok(())
    }

    /// Nobody is a contact any more; what is kept of them is their name.
    pub(super) fn bury_contact(&mut self, contact: Contact, cx: &mut Context<'_>) {
        self.cut_off(&contact.id, cx);
        // From now on `since` says since when they are gone.
        let mut gone = Contact {
            removed: true,
            since: cx.now,
            ..contact
        };
        gone.doubts.bury();
        self.save_contact(gone, cx);
        for id in self.contacts.removed_long_ago() {
            self.forget_told(&id, cx);
            self.contacts.remove(&id);
            cx.delete(Store::Connections, id);
        }
        cx.notice(Notice::Calendar);
        cx.notice(Notice::Proposals);
    }

    /// As if the contact had never been.
    pub(super) fn forget_contact(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        self.cut_off(id, cx);
        self.contacts.remove(id);
        cx.delete(Store::Connections, id);
        self.sharing_changed(id);
        self.forget_told(id, cx);
        cx.notice(Notice::Contacts);
    }

    /// Nothing comes from the contact, or is said to them, any more. What was said already still
    /// goes out, unless their mailbox is full: they would wait for a confirmation, or keep a meeting
    /// that was called off.
    pub(super) fn cut_off(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        self.drop_renewal(id, cx);
        let full = self.outbox.give_up_full(|peer| peer.contact() == id, cx);
        for lost in full.into_iter().filter(|letter| letter.leads) {
            self.history.failed(&lost.message, cx);
        }
        self.kept.forget(id, cx);
        self.forget_peers(id, cx);
        self.end_negotiations(id, cx);
        self.end_holds(id, cx);
        cx.notice(Notice::Status);
    }

    /// The relay does not know the contact's mailbox: they ended it, or the relay
    /// has lost it. Whoever is heard of, or takes a message, again is back.
    pub(super) fn set_reachable(&mut self, id: &ContactId, reachable: bool, cx: &mut Context<'_>) {
        let (from, to) = if reachable {
            (ContactState::Unreachable, ContactState::Active)
        } else {
            (ContactState::Active, ContactState::Unreachable)
        };
        if self.contacts.get(id).is_some_and(|c| c.state == from) {
            self.set_state(id, to, cx);
        }
    }

    pub(super) fn save_contact(&mut self, contact: Contact, cx: &mut Context<'_>) {
        cx.put(Store::Connections, &contact.id, &contact);
        self.sharing_changed(&contact.id);
        self.contacts.insert(contact);
        cx.notice(Notice::Contacts);
        cx.notice(Notice::Status);
    }

    pub(super) fn set_state(&mut self, id: &ContactId, state: ContactState, cx: &mut Context<'_>) {
        if let Some(contact) = self.contacts.get_mut(id) {
            contact.state = state;
            cx.put(Store::Connections, id, contact);
            self.sharing_changed(id);
            cx.notice(Notice::Contacts);
        }
    }

    /// Who this is, to somebody who is to answer into that mailbox.
    pub(super) fn greeting(&self, mailbox: MailboxId) -> Greeting {
        Greeting {
            name: self.profile.name.clone(),
            mailbox,
            relay: self.profile.relay.to_string(),
        }
    }

    pub(super) fn contact_reply(&self, contact: &ContactId) -> Result<Reply, ApiError> {
        let contact = self.contacts.find(contact.as_str());
        contact.map(|contact| Reply::Contact(self.contact_view(contact)))
    }
}
