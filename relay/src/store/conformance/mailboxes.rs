//! What mailboxes take, whose they are, and how they end.

use super::{Make, NOW, OPEN, Subject, mailbox};
use crate::directory::{Credential, Member, Visitor};
use crate::limits::Limits;
use crate::mailbox::Terms;
use crate::store::{Posted, Purged};
use crate::testing::Person;

pub(super) fn the_post_limit_counts_distinct_ids_for_ever(make: Make) {
    let mut store = make(Limits::default());
    let robin = store.register(&Person::new(1));
    let once = Terms {
        max_posts: Some(1),
        ..OPEN
    };
    store.create(&robin, 1, once).unwrap();
    assert_eq!(store.post(1, 7, NOW), Ok(Posted::Stored(robin)));
    assert_eq!(store.post(1, 7, NOW), Ok(Posted::Repeated));
    assert_eq!(
        store.post(1, 8, NOW),
        Err(mailbox::Refused::Spent { max_posts: 1 })
    );
    store.acknowledge(&robin, &[1]);
    assert_eq!(store.post(1, 7, NOW), Ok(Posted::Repeated));
    assert_eq!(
        store.post(1, 8, NOW),
        Err(mailbox::Refused::Spent { max_posts: 1 })
    );
    assert_eq!(store.ids(&robin, NOW), []);
}

pub(super) fn expired_mailboxes_refuse_and_keep_what_came_in_time(make: Make) {
    let limits = Limits {
        expired_mailbox_seconds: 100,
        max_ttl_seconds: 50,
        ..Limits::default()
    };
    let mut store = make(limits);
    let robin = store.register(&Person::new(1));
    store
        .create(
            &robin,
            1,
            Terms {
                expires_at_ms: Some(NOW + 1),
                max_posts: Some(5),
            },
        )
        .unwrap();
    store.post(1, 7, NOW).unwrap();
    assert_eq!(store.post(1, 8, NOW + 1), Err(mailbox::Refused::Expired));
    assert_eq!(store.post(1, 7, NOW + 1), Ok(Posted::Repeated));
    assert_eq!(store.purge(NOW + 100), Purged::default());
    assert_eq!(store.ids(&robin, NOW + 100), [(1, 7)]);
    assert_eq!(store.purge(NOW + 50_000).messages, 1);
    assert_eq!(store.purge(NOW + 100_000), Purged::default());
    assert_eq!(
        store.post(1, 8, NOW + 100_000),
        Err(mailbox::Refused::Expired)
    );
    assert_eq!(store.purge(NOW + 100_001).mailboxes, 1);
    assert_eq!(
        store.post(1, 7, NOW + 100_001),
        Err(mailbox::Refused::Unknown)
    );
}

pub(super) fn full_mailboxes_refuse_until_there_is_room(make: Make) {
    let limits = Limits {
        messages_per_mailbox: 3,
        bytes_per_mailbox: 20,
        ..Limits::default()
    };
    let mut store = make(limits);
    let robin = store.register(&Person::new(1));
    store.create(&robin, 1, OPEN).unwrap();
    store.create(&robin, 2, OPEN).unwrap();
    store.post_for(1, 1, 1, NOW).unwrap();
    store.post(1, 2, NOW).unwrap();
    assert_eq!(store.post(1, 3, NOW), Err(mailbox::Refused::Full));
    store.post(2, 3, NOW).unwrap();
    // What expired makes room without waiting for the next purge.
    assert!(store.post(1, 3, NOW + 1_000).is_ok());
    assert_eq!(store.post(1, 4, NOW + 1_000), Err(mailbox::Refused::Full));
    let first = store.ids(&robin, NOW)[0].0;
    store.acknowledge(&robin, &[first]);
    assert!(store.post(1, 4, NOW + 1_000).is_ok());
}

pub(super) fn mailboxes_belong_to_one_device_of_one_account(make: Make) {
    let mut store = make(Limits {
        mailboxes_per_device: 2,
        ..Limits::default()
    });
    let (robin, thief) = (Person::new(1), Person::new(2));
    let owner = store.register(&robin);
    assert_eq!(store.create(&owner, 1, OPEN), Ok(true));
    // Somebody lists Robin's device key as a device of an account of their own.
    assert!(
        store
            .enter(&thief, 1, &[&thief, &robin])
            .unwrap()
            .registered
    );
    let false_robin = Member {
        account: thief.account_id(),
        ..owner
    };
    assert_eq!(
        store.create(&false_robin, 1, OPEN),
        Err(mailbox::Refused::Taken)
    );
    let closed = store
        .change(|store| store.close_mailbox(&false_robin, &mailbox(1)))
        .unwrap();
    assert_eq!(closed, Err(mailbox::Refused::Taken));
    store.post(1, 7, NOW).unwrap();
    assert_eq!(store.acknowledge(&false_robin, &[1]), 0);
    store.enter(&thief, 2, &[&thief]).unwrap();
    assert_eq!(store.ids(&owner, NOW), [(1, 7)]);

    assert_eq!(store.create(&owner, 1, OPEN), Ok(false));
    assert_eq!(store.create(&owner, 2, OPEN), Ok(true));
    assert_eq!(
        store.create(&owner, 3, OPEN),
        Err(mailbox::Refused::TooMany { limit: 2 })
    );
}

pub(super) fn closing_deletes(make: Make) {
    let mut store = make(Limits::default());
    let robin = store.register(&Person::new(1));
    store.create(&robin, 1, OPEN).unwrap();
    store.create(&robin, 2, OPEN).unwrap();
    store.post(1, 7, NOW).unwrap();
    store.post(2, 8, NOW).unwrap();
    let mut close = || {
        store
            .change(|store| store.close_mailbox(&robin, &mailbox(1)))
            .unwrap()
    };
    assert_eq!(close(), Ok(true));
    assert_eq!(close(), Ok(false));
    assert_eq!(store.post(1, 7, NOW), Err(mailbox::Refused::Unknown));
    assert_eq!(store.ids(&robin, NOW), [(2, 8)]);
}

pub(super) fn live_mailboxes_are_counted(make: Make) {
    let mut store = make(Limits::default());
    let (robin, kim) = (Person::new(1), Person::new(2));
    let owner = store.register(&robin);
    let other = store.register(&kim);
    let mailboxes = |store: &mut Subject, now| {
        let visitor = Visitor {
            member: owner,
            credential: Credential::None,
            may_register: false,
        };
        store
            .change(|store| store.enter(&visitor, now))
            .unwrap()
            .unwrap()
            .mailboxes
    };
    assert_eq!(mailboxes(&mut store, NOW), 0);
    let brief = Terms {
        expires_at_ms: Some(NOW + 1),
        ..OPEN
    };
    let once = Terms {
        max_posts: Some(1),
        ..OPEN
    };
    for (n, terms) in [(1, OPEN), (2, OPEN), (3, brief), (4, once)] {
        store.create(&owner, n, terms).unwrap();
    }
    store.create(&other, 5, OPEN).unwrap();
    assert_eq!(mailboxes(&mut store, NOW), 4);
    store
        .change(|store| store.close_mailbox(&owner, &mailbox(1)))
        .unwrap()
        .unwrap();
    assert_eq!(mailboxes(&mut store, NOW), 3);
    // What holds a message counts, though it be expired or spent.
    store.post(3, 7, NOW).unwrap();
    store.post(4, 8, NOW).unwrap();
    assert_eq!(mailboxes(&mut store, NOW + 1), 3);
    store.acknowledge(&owner, &[1]);
    assert_eq!(mailboxes(&mut store, NOW), 3, "it takes posts still");
    assert_eq!(mailboxes(&mut store, NOW + 1), 2);
    store.acknowledge(&owner, &[2]);
    assert_eq!(mailboxes(&mut store, NOW + 1), 1);
}
