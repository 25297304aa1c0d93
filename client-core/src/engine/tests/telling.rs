//! The same said to several contacts: all copies or none, and each for its own reader alone.

use std::collections::BTreeMap;

use sotto_protocol::{frames::client_frame, id::DeviceId};

use super::*;
use crate::{message::Heartbeat, session::Accepted};

/// Alice, Robin with two devices, and Kim with one; the devices that can be written to, contact by
/// contact, and who holds them.
struct Circle {
    alice: Engine,
    to: Vec<Vec<PeerKey>>,
    readers: BTreeMap<PeerKey, Engine>,
}

impl Circle {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        let (mut circle, robin) = {
            let (mut alice, robin, _) = engine(rng);
            // Whose keys are not at hand here.
            let first = alice.peers.of(&robin).next().unwrap().key.clone();
            alice.peers.remove(&first);
            let (to, readers) = (Vec::new(), BTreeMap::new());
            let circle = Self { alice, to, readers };
            (circle, robin)
        };
        let kim = ContactId::random(rng);
        let known = circle.alice.contacts.get(&robin).unwrap().clone();
        circle.alice.contacts.insert(Contact {
            id: kim.clone(),
            name: "Kim".into(),
            ..known
        });
        for (contact, devices) in [(robin, 2), (kim, 1)] {
            let keys = (0..devices).map(|_| circle.device(&contact, rng)).collect();
            circle.to.push(keys);
        }
        circle
    }

    fn device(&mut self, contact: &ContactId, rng: &mut ChaCha20Rng) -> PeerKey {
        let mut reader = created("Somebody", rng);
        let session = session(&self.alice, &mut reader, Voucher::Nothing, rng);
        let mut cx = Context::new(now(), rng);
        let mailbox = MailboxId::from_bytes([self.readers.len() as u8 + 10; 32]);
        let device = reader.identity.device().id();
        let peer = self.alice.meet(contact, device, Some(mailbox), &mut cx);
        let key = peer.key.clone();
        keep(&mut self.alice, &key, session);
        self.alice.peers.insert(peer);
        self.readers.insert(key.clone(), reader);
        key
    }

    /// All that Alice keeps in memory of what was said and to whom.
    fn state(&self) -> String {
        let sessions = self.alice.sessions.iter();
        let sessions: Vec<_> = sessions
            .map(|(key, all)| (key.to_string(), record::encode(all.sessions())))
            .collect();
        let waiting = self.alice.outbox.waiting();
        format!("{sessions:?} {waiting} {}", self.alice.history.next_order)
    }

    fn fill(&mut self, leaving: usize, cx: &mut Context<'_>) {
        let contact = self.to[0][0].contact().clone();
        // For somebody else, as much waits for each as may.
        let letter = Letter {
            peer: PeerKey::new(&ContactId::own(), &DeviceId::from_bytes([9; 32])),
            ..a_letter(&self.alice, &contact)
        };
        for _ in self.alice.outbox.waiting()..MAX_WAITING - leaving {
            self.alice.outbox.push(letter.clone(), b"sealed", cx);
        }
    }
}

fn news() -> Body {
    Body::Heartbeat(Heartbeat {})
}

#[test]
fn several_contacts_are_told_all_at_once_or_not_at_all() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let mut circle = Circle::new(rng);
    let to = circle.to.clone();
    let mut cx = Context::new(now(), rng);
    circle.fill(2, &mut cx);
    let before = circle.state();

    // Room for Robin's two copies and not for Kim's.
    let mut cx = Context::new(now(), cx.rng);
    let full = circle.alice.tell_all(&to, &news(), &mut cx).unwrap_err();
    assert_eq!(full.code, ApiErrorCode::LimitReached);
    assert_eq!(circle.state(), before);
    assert!(cx.into_output(None).persist.is_empty());

    let mut cx = Context::new(now(), rng);
    circle.alice.outbox.give_up(|_| true, &mut cx);
    circle.fill(3, &mut cx);
    assert!(circle.alice.tell_all(&to, &news(), &mut cx).is_ok());
    assert_eq!(circle.alice.outbox.waiting(), MAX_WAITING);
}

#[test]
fn nobody_is_told_where_one_cannot_be_encrypted_for() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let mut circle = Circle::new(rng);
    let to = circle.to.clone();
    circle.alice.sessions.remove(&to[1][0]);
    let before = circle.state();
    let mut cx = Context::new(now(), rng);
    let lost = circle.alice.tell_all(&to, &news(), &mut cx).unwrap_err();
    assert_eq!(lost.code, ApiErrorCode::ContactNotReady);
    assert_eq!(circle.state(), before);
    assert!(cx.into_output(None).persist.is_empty());
    // One of several devices of a contact is another matter.
    circle.alice.sessions.remove(&to[0][1]);
    let mut cx = Context::new(now(), rng);
    let robin = &to[..1];
    assert!(circle.alice.tell_all(robin, &news(), &mut cx).is_ok());
    assert_eq!(circle.alice.outbox.waiting(), 1);
}

#[test]
fn each_device_reads_its_own_copy_alone_and_contacts_have_ids_of_their_own() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let mut circle = Circle::new(rng);
    let to = circle.to.clone();
    let mut cx = Context::new(now(), rng);
    let ids = circle.alice.tell_all(&to, &news(), &mut cx).unwrap();
    let [robins, kims] = ids[..] else {
        panic!("one for each contact")
    };
    assert_ne!(robins, kims);

    let due = circle.alice.outbox.due(now(), |_| true);
    assert_eq!(due.len(), 3);
    let mut posts: Vec<MessageId> = due.iter().map(|(post, _)| *post).collect();
    posts.sort_unstable();
    posts.dedup();
    assert_eq!(posts.len(), 3, "the relay sees three posts of no common id");
    let payloads: Vec<_> = due
        .into_iter()
        .map(|(_, body)| match body {
            client_frame::Body::Post(post) => (post.mailbox, post.payload),
            other => panic!("a post, not {other:?}"),
        })
        .collect();
    for (key, reader) in &circle.readers {
        let own = circle.alice.peers.get(key).unwrap().their_mailbox.unwrap();
        let id = if to[0].contains(key) { robins } else { kims };
        for (mailbox, payload) in &payloads {
            let (identity, vouchers) = (&reader.identity, [Voucher::Nothing]);
            let read = session::accept(identity, &reader.prekeys, &vouchers, payload, now());
            assert_eq!(read.is_ok(), *mailbox == own.to_vec(), "{key}");
            if let Ok(Accepted { message, .. }) = read {
                let message = AgentMessage::from_bytes(&message.plaintext).unwrap();
                assert_eq!((message.id, message.body), (id, news()));
            }
        }
    }
    assert_eq!(written(cx), [("messages", 2), ("sessions", 3)], "one batch");
}

/// How many records of these stores a batch writes.
fn written(cx: Context<'_>) -> [(&'static str, usize); 2] {
    let batch = cx.into_output(None).persist;
    [Store::Messages, Store::Sessions].map(|store| {
        let of = batch.iter().filter(|change| change.store == store);
        (store.name(), of.count())
    })
}
