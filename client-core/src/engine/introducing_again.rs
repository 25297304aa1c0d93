//! Introductions that were not answered: they are said again, at first in other keys, as the relay may
//! have handed out the first ones to somebody else as well.

use sotto_protocol::id::MailboxId;

use super::{Context, Engine, introducing::is_introduction, posting::sealed};
use crate::{
    message::AgentMessage,
    peers::{Peer, PeerKey},
    prekeys::PeerPrekeys,
    session::{self, Accepted, DeviceSessions},
};

/// On the side of who introduces itself.
impl Engine {
    /// Says the same in other keys, as the relay may have handed the first ones out to somebody else
    /// as well. By the same time and id the device knows it for the same, should it have read the first.
    pub(super) fn introduce_again(
        &mut self,
        peer: Peer,
        mailbox: MailboxId,
        prekeys: &PeerPrekeys,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        self.check_outbox(1).map_err(|error| error.message)?;
        let owner = peer.key.contact();
        if peer.has_newer_than(prekeys) {
            return Err(self.older_keys(owner));
        }
        let introduction = peer.introduction.map(|of| of.again(false, cx.now));
        let again = self.sessions.get(&peer.key);
        let again = again.and_then(DeviceSessions::first_again);
        if let Some((voucher, opened_at)) = again {
            let session = session::initiate(&self.identity, prekeys, voucher, opened_at, cx.rng);
            let mut session = session.map_err(|error| error.to_string())?;
            let hello = self.hello(&peer, cx);
            let device = self.identity.device();
            let sealed = sealed(session.encrypt(device, &hello.to_bytes(), cx.now, cx.rng))
                .map_err(|error| error.message)?;
            if let Some(sessions) = self.sessions.get_mut(&peer.key) {
                sessions.keep_instead(session, cx.now);
            }
            self.save_sessions(&peer.key, cx);
            self.push_hello(&peer.key, mailbox, &hello, &sealed, cx);
        }
        let peer = Peer {
            introduction,
            ..peer.served(prekeys)
        };
        self.save_peer(peer, cx);
        Ok(())
    }

    /// Says it again where nothing was answered for long, at first in other keys; begins anew where nothing can be any more.
    pub(super) fn repeat_introductions(&mut self, cx: &mut Context<'_>) {
        let due = self.peers.iter().filter_map(|peer| {
            let introduction = peer.introduction.filter(|i| i.due() <= cx.now)?;
            Some((peer.clone(), introduction))
        });
        for (peer, introduction) in due.collect::<Vec<_>>() {
            let ways = self.told.get(peer.key.contact());
            let way = ways.and_then(|told| told.ways.iter().find(|way| way.to == peer.device));
            if introduction.is_over(cx.now) {
                self.outbox.give_up(|letter| letter.peer == peer.key, cx);
                let sessions = self.sessions.get(&peer.key);
                let continuity = sessions.and_then(DeviceSessions::continuity);
                let shared = continuity.filter(|kept| kept.is_shared()).cloned();
                self.forget_peer(&peer.key, cx);
                if let Some(shared) = shared {
                    let sessions = DeviceSessions::left_by(shared);
                    self.sessions.insert(peer.key.clone(), sessions);
                    self.save_sessions(&peer.key, cx);
                }
                continue;
            }
            let sessions = self.sessions.get(&peer.key);
            let again = sessions.and_then(DeviceSessions::first_again).is_some();
            let mailbox = way.map(|way| way.mailbox);
            let wants_keys = again && introduction.message.is_some() && mailbox.is_some();
            if wants_keys {
                self.to_meet.owners.insert(peer.key.contact().clone());
            } else if let Some(mailbox) = mailbox
                && let Err(why) = self.say_hello(&peer, mailbox, cx)
            {
                self.problem = Some(why);
            }
            let introduction = Some(introduction.again(wants_keys, cx.now));
            self.save_peer(
                Peer {
                    introduction,
                    ..peer
                },
                cx,
            );
        }
    }
}

/// On the other side.
impl Engine {
    /// Answers a device that introduces itself again, unless it is known to have had an answer.
    pub(super) fn answer_again(&mut self, device: &PeerKey, cx: &mut Context<'_>) {
        let sessions = self.sessions.get(device);
        let active = sessions.and_then(DeviceSessions::active);
        if active.is_some_and(|active| !active.is_confirmed()) {
            self.accept_device(device, cx);
        }
    }

    /// What was said before has no effect; but who introduces itself again has not been answered.
    pub(super) fn heard_before(
        &mut self,
        from: &PeerKey,
        message: &AgentMessage,
        cx: &mut Context<'_>,
    ) {
        if is_introduction(message) {
            self.answer_again(from, cx);
        }
    }

    /// Whether a first message is the introduction, in other keys, of a device that has been met by it.
    pub(super) fn was_introduced(&self, device: &PeerKey, accepted: &Accepted) -> bool {
        let sessions = self.sessions.get(device);
        let met = sessions.is_some_and(|sessions| sessions.active().is_some());
        let message = AgentMessage::from_bytes(&accepted.message.plaintext);
        let had = |said: &AgentMessage| self.inbox.has_had(device.contact(), &said.id);
        met && message.is_ok_and(|said| is_introduction(&said) && had(&said))
    }
}
