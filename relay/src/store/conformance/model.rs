//! Any store against a simple model, with random steps.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use sotto_protocol::id::MessageId;

use super::{Make, NOW, mailbox};
use crate::limits::Limits;
use crate::mailbox::Terms;
use crate::store::Parcel;
use crate::testing::Person;

/// What happens to a store in the model test.
#[derive(Debug, Clone)]
enum Step {
    Create(u8, Option<u64>, Option<u32>),
    Close(u8),
    Post {
        to: u8,
        id: u8,
        bytes: usize,
        ttl: u64,
    },
    Acknowledge(usize),
    Wait(u64),
    Purge,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0u8..3, proptest::option::of(1u64..8), proptest::option::of(1u32..4))
            .prop_map(|(n, expiry, most)| Step::Create(n, expiry, most)),
        1 => (0u8..3).prop_map(Step::Close),
        8 => (0u8..3, 0u8..6, 0usize..12, 0u64..6)
            .prop_map(|(to, id, bytes, ttl)| Step::Post { to, id, bytes, ttl }),
        3 => (0usize..6).prop_map(Step::Acknowledge),
        2 => (1u64..4).prop_map(Step::Wait),
        1 => Just(Step::Purge),
    ]
}

/// The same rules, written as lists that are searched, with nothing counted or deleted.
#[derive(Default)]
struct Model {
    mailboxes: BTreeMap<u8, (Terms, Vec<u8>)>,
    messages: Vec<(u64, u8, u8, usize, u64)>,
    sequence: u64,
}

impl Model {
    fn post(&mut self, to: u8, id: u8, bytes: usize, ttl: u64, now: u64, limits: &Limits) -> bool {
        let live: Vec<_> = self
            .messages
            .iter()
            .filter(|found| found.1 == to && found.4 > now)
            .collect();
        let Some((terms, seen)) = self.mailboxes.get_mut(&to) else {
            return false;
        };
        if seen.contains(&id) && terms.max_posts.is_some() {
            return true;
        }
        let full = live.len() >= limits.messages_per_mailbox as usize
            || live.iter().map(|found| found.3).sum::<usize>() + bytes
                > limits.bytes_per_mailbox as usize;
        if terms.expires_at_ms.is_some_and(|at| at <= now)
            || terms
                .max_posts
                .is_some_and(|most| seen.len() >= most as usize)
            || full
        {
            return false;
        }
        seen.push(id);
        self.sequence += 1;
        self.messages
            .push((self.sequence, to, id, bytes, now + ttl * 1_000));
        true
    }
}

pub(super) fn it_agrees_with_a_simple_model(make: Make) {
    let limits = Limits {
        messages_per_mailbox: 4,
        bytes_per_mailbox: 30,
        max_ttl_seconds: 6,
        expired_mailbox_seconds: 1_000,
        ..Limits::default()
    };
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(steps in proptest::collection::vec(step(), 1..60))| {
        let mut store = make(limits.clone());
        let owner = store.register(&Person::new(1));
        let mut model = Model::default();
        let mut now = NOW;
        for step in steps {
            match step {
                Step::Create(n, expiry, max_posts) => {
                    let terms =
                        Terms { expires_at_ms: expiry.map(|after| now + after * 1_000), max_posts };
                    let made = store
                        .change(|store| store.create_mailbox(&owner, &mailbox(n), terms, now))
                        .unwrap();
                    prop_assert_eq!(made, Ok(!model.mailboxes.contains_key(&n)));
                    model.mailboxes.entry(n).or_insert((terms, Vec::new()));
                }
                Step::Close(n) => {
                    let closed = store
                        .change(|store| store.close_mailbox(&owner, &mailbox(n)))
                        .unwrap();
                    prop_assert_eq!(closed, Ok(model.mailboxes.remove(&n).is_some()));
                    model.messages.retain(|found| found.1 != n);
                }
                Step::Post { to, id, bytes, ttl } => {
                    let parcel = Parcel {
                        mailbox: mailbox(to),
                        message_id: MessageId::from_bytes([id; 16]),
                        payload: Bytes::from(vec![id; bytes]),
                        ttl_seconds: ttl,
                    };
                    let ttl = if ttl == 0 { 6 } else { ttl };
                    // Whether an unlimited mailbox still knows the id of a message that
                    // expired depends on when it was purged, so such posts are left out.
                    let ambiguous = model.messages.iter().any(|found| {
                        (found.1, found.2) == (to, id) && found.4 <= now
                    });
                    if ambiguous {
                        continue;
                    }
                    let held = model.messages.iter().any(|found| (found.1, found.2) == (to, id));
                    let taken = held || model.post(to, id, bytes, ttl, now, &limits);
                    let posted = store.change(|store| store.post(&parcel, now)).unwrap();
                    prop_assert_eq!(posted.is_ok(), taken, "{:?}", posted);
                }
                Step::Acknowledge(at) => {
                    let live = model.messages.iter().filter(|found| found.4 > now);
                    if let Some(sequence) = live.map(|found| found.0).nth(at) {
                        prop_assert_eq!(store.acknowledge(&owner, &[sequence]), 1);
                        model.messages.retain(|found| found.0 != sequence);
                    }
                }
                Step::Wait(seconds) => now += seconds * 1_000,
                Step::Purge => drop(store.purge(now)),
            }
            let expected: Vec<_> = model
                .messages
                .iter()
                .filter(|found| found.4 > now)
                .map(|found| (found.0, found.2))
                .collect();
            prop_assert_eq!(store.ids(&owner, now), expected);
        }
    });
}
