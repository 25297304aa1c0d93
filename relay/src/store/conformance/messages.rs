//! What happens to messages.

use super::{ALL, Make, NOW, OPEN, Subject, mailbox};
use crate::directory::{Credential, Visitor};
use crate::limits::Limits;
use crate::store::{Page, Posted, Purged};
use crate::testing::Person;

pub(super) fn messages_are_delivered_in_order_until_acknowledged(make: Make) {
    let mut store = make(Limits::default());
    let robin = store.register(&Person::new(1));
    let other = store.register(&Person::new(2));
    for n in [1, 2] {
        assert_eq!(store.create(&robin, n, OPEN), Ok(true));
    }
    assert_eq!(store.post(1, 10, NOW), Ok(Posted::Stored(robin)));
    assert_eq!(store.post(2, 20, NOW), Ok(Posted::Stored(robin)));
    assert_eq!(store.post(1, 11, NOW), Ok(Posted::Stored(robin)));
    assert_eq!(store.ids(&robin, NOW), [(1, 10), (2, 20), (3, 11)]);
    let found = store.pending(&robin, 1, ALL, NOW);
    assert_eq!(
        (found[0].mailbox, found[0].payload.as_ref()),
        (mailbox(2), [20; 10].as_slice())
    );
    assert_eq!(store.acknowledge(&other, &[1, 2, 3]), 0);
    assert_eq!(store.acknowledge(&robin, &[1, 3, 3, 99, u64::MAX]), 2);
    assert_eq!(store.ids(&robin, NOW), [(2, 20)]);
    assert_eq!(store.acknowledge(&robin, &[2]), 1);
    store.post(1, 12, NOW).unwrap();
    assert_eq!(store.ids(&robin, NOW), [(4, 12)]);
    assert_eq!(store.ids(&other, NOW), []);
}

pub(super) fn pages_bound_what_is_read(make: Make) {
    let mut store = make(Limits::default());
    let robin = store.register(&Person::new(1));
    store.create(&robin, 1, OPEN).unwrap();
    for id in 0..5 {
        store.post(1, id, NOW).unwrap();
    }
    let mut read = |messages, bytes| {
        store
            .pending(&robin, 1, Page { messages, bytes }, NOW)
            .len()
    };
    assert_eq!((read(2, 1_000), read(9, 1_000)), (2, 4));
    assert_eq!((read(9, 30), read(9, 29), read(9, 1)), (3, 2, 1));
}

pub(super) fn repetitions_are_stored_once(make: Make) {
    let mut store = make(Limits::default());
    let robin = store.register(&Person::new(1));
    store.create(&robin, 1, OPEN).unwrap();
    store.create(&robin, 2, OPEN).unwrap();
    assert_eq!(store.post(1, 7, NOW), Ok(Posted::Stored(robin)));
    assert_eq!(store.post(1, 7, NOW), Ok(Posted::Repeated));
    assert_eq!(store.post(2, 7, NOW), Ok(Posted::Stored(robin)));
    assert_eq!(store.ids(&robin, NOW), [(1, 7), (2, 7)]);
}

pub(super) fn messages_expire(make: Make) {
    let mut store = make(Limits::default());
    let robin = store.register(&Person::new(1));
    store.create(&robin, 1, OPEN).unwrap();
    store.post_for(1, 7, 1, NOW).unwrap();
    store.post_for(1, 8, 2, NOW).unwrap();
    assert_eq!(store.ids(&robin, NOW + 999), [(1, 7), (2, 8)]);
    assert_eq!(store.ids(&robin, NOW + 1_000), [(2, 8)]);
    assert_eq!(
        store.purge(NOW + 1_000),
        Purged {
            messages: 1,
            ..Purged::default()
        }
    );
    assert_eq!(store.purge(NOW + 1_000), Purged::default());
    assert_eq!(store.ids(&robin, NOW), [(2, 8)]);
}

pub(super) fn the_backlog_ends_with_what_came_last(make: Make) {
    let mut store = make(Limits::default());
    let (robin, kim) = (Person::new(1), Person::new(2));
    let (owner, other) = (store.register(&robin), store.register(&kim));
    let backlog = |store: &mut Subject, now| {
        let visitor = Visitor {
            member: owner,
            credential: Credential::None,
            may_register: false,
        };
        let admitted = store.change(|store| store.enter(&visitor, now));
        admitted.unwrap().unwrap().backlog
    };
    store.create(&owner, 1, OPEN).unwrap();
    store.create(&other, 2, OPEN).unwrap();
    assert_eq!(backlog(&mut store, NOW), 0);
    store.post(1, 7, NOW).unwrap();
    store.post(1, 8, NOW).unwrap();
    store.post(2, 9, NOW).unwrap();
    assert_eq!(backlog(&mut store, NOW), 2);
    let expired = NOW + u64::from(Limits::default().max_ttl_seconds) * 1_000;
    assert_eq!(backlog(&mut store, expired), 0);
    store.acknowledge(&owner, &[2]);
    assert_eq!(backlog(&mut store, NOW), 1);
    store.acknowledge(&owner, &[1]);
    assert_eq!(backlog(&mut store, NOW), 0);
}
