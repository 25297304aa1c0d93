//! What a decision about a contact leads to to whom nothing was sent (`docs/protocol.md`, "Holds").

use sotto_protocol::id::MessageId;

use super::{Context, Engine};
use crate::{
    api::{ApiError, ApiErrorCode, ContactState, HoldDecision, HoldKind, Reply},
    contacts::Contact,
    hold::{Cause, Hold, HoldStep},
    local_id::ContactId,
    peers::{Healing, PeerKey},
    session::SessionId,
};

impl Engine {
    pub(super) fn decide_hold(
        &mut self,
        reference: &str,
        decision: HoldDecision,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let contact = self.contacts.find_held(reference)?;
        let id = contact.id.clone();
        let Some(Hold { cause, .. }) = contact.held().cloned() else {
            return Err(ApiError::new(
                ApiErrorCode::WrongState,
                format!("Nothing is to be decided about {}.", contact.name()),
                "Sending to them is not stopped.",
            ));
        };
        match (decision, cause) {
            (HoldDecision::Take, Cause::AccountChanged { other }) => {
                return self.believe_account(&id, &other, cx);
            }
            (HoldDecision::Keep, Cause::AccountChanged { other }) => {
                self.are_two(&id, &other, cx);
            }
            (decision, cause) => {
                // First what was asked about goes: what follows may say something.
                let kind = cause.kind();
                let end = |contact: &mut Contact| contact.doubts.end_all(kind);
                self.change_doubts(&id, end, cx);
                self.note_hold(&id, kind, HoldStep::Decided(decision), cx);
                self.carry_out_decision(&id, decision, cause, cx);
            }
        }
        self.contact_reply(&id)
    }

    fn carry_out_decision(
        &mut self,
        id: &ContactId,
        decision: HoldDecision,
        cause: Cause,
        cx: &mut Context<'_>,
    ) {
        match (decision, cause) {
            (HoldDecision::Keep, Cause::ListBackwards { shown } | Cause::ListForked { shown }) => {
                let disbelieve = |contact: &mut Contact| {
                    contact.doubts.disbelieve(&shown);
                    true
                };
                self.change_doubts(id, disbelieve, cx);
            }
            (HoldDecision::Take, Cause::ListBackwards { shown } | Cause::ListForked { shown }) => {
                let change = |contact: &mut Contact| {
                    let replaced = contact.devices.clone();
                    contact.doubts.disbelieve(&replaced);
                    contact.take_back_verified()
                };
                self.change_doubts(id, change, cx);
                self.replace_devices(id, &shown, cx);
                self.forget_unvouched(id, cx);
                self.forget_backwards(id, cx);
            }
            (HoldDecision::Keep, Cause::SessionUnvouched { .. }) => {
                for peer in self.unvouched(id) {
                    self.disbelieve_session(&peer, cx);
                }
            }
            (HoldDecision::Take, Cause::SessionUnvouched { shown, unread }) => {
                self.change_doubts(id, Contact::take_back_verified, cx);
                self.believe_sessions(&shown, &unread, cx);
            }
            (_, Cause::AccountChanged { .. }) => {}
        }
    }

    /// The directory's answer is measured by another list now.
    fn forget_backwards(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        let Some(contact) = self.contacts.get(id) else {
            return;
        };
        if contact.doubts.is_backwards_from(&contact.devices) == Some(false) {
            self.pass(id, HoldKind::ListBackwards, cx);
        }
    }

    /// Devices have begun anew, and are theirs: they are told again what waits for them, and asked
    /// for what they said meanwhile. Where another session has taken the place of the one that the user
    /// was asked about, that one is asked about.
    fn believe_sessions(
        &mut self,
        shown: &[(PeerKey, SessionId)],
        unread: &[(PeerKey, MessageId)],
        cx: &mut Context<'_>,
    ) {
        for (peer, shown) in shown {
            let sessions = self.sessions.get_mut(peer);
            let believed = sessions.is_some_and(|kept| kept.decide(*shown, true, cx.now));
            let posts = unread.iter().filter(|(from, _)| from == peer);
            let posts: Vec<MessageId> = posts.map(|(_, post)| *post).collect();
            if !believed {
                posts.iter().for_each(|post| self.doubted(peer, *post, cx));
                continue;
            }
            self.save_sessions(peer, cx);
            self.change_healing(peer, |healing, _| *healing = Healing::default(), cx);
            self.say_waiting_again(peer, cx);
            posts.iter().for_each(|post| self.mend(peer, *post, cx));
        }
    }

    /// Whoever came under the name of a contact is that contact.
    fn believe_account(
        &mut self,
        id: &ContactId,
        other: &ContactId,
        cx: &mut Context<'_>,
    ) -> Result<Reply, ApiError> {
        let (Some(old), Some(new)) = (self.contacts.get(id), self.contacts.get(other)) else {
            // A damaged vault has lost the newcomer: there is nobody to decide about.
            self.are_two(id, other, cx);
            return self.contact_reply(id);
        };
        let approves =
            new.state == ContactState::Requested && old.is_spoken_to() && self.is_agent();
        if approves {
            new.check_not_held()?;
            self.check_outbox(self.peers.of(other).filter(|peer| peer.asks).count())?;
        }
        let (old, mut new) = (old.clone(), new.clone());
        new.doubts.was_verified |= !new.verified && (old.verified || old.doubts.was_verified);
        new.own_name = old.own_name.clone().or(new.own_name);
        self.save_contact(new, cx);
        let end = |contact: &mut Contact| {
            contact.doubts.end(&Cause::AccountChanged {
                other: other.clone(),
            })
        };
        self.change_doubts(id, end, cx);
        let kind = HoldKind::AccountChanged;
        let step = HoldStep::Decided(HoldDecision::Take);
        self.note_hold(other, kind, step, cx);
        // Who they are is known now: nobody else of that name.
        self.tell_apart(other, cx);
        if let Some(old) = self.contacts.get(id).cloned() {
            let gone = "as they have another account key now";
            self.lose_letters(|letter| letter.peer.contact() == id, gone, cx);
            self.bury_contact(old, cx);
        }
        if approves {
            return self.approve_contact(other.as_str(), cx);
        }
        self.contact_reply(other)
    }
}

impl Contact {
    /// What the user compared does not count any more.
    fn take_back_verified(&mut self) -> bool {
        self.doubts.was_verified |= self.verified;
        self.verified = false;
        true
    }
}
