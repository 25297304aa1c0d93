//! What every store must do: one suite, passed by each of them.

mod model;

use model::it_agrees_with_a_simple_model;
use sotto_protocol::id::{MailboxId, MessageId};

use super::{
    Backend, HANDED_OUT_MEMORY_MS, Memory, Page, Parcel, Posted, Purged, Reader, Sqlite,
    StoredMessage, Visitor,
};
use crate::directory::{self, Member, Publication, VerifiedList};
use crate::limits::Limits;
use crate::mailbox::{self, Terms};
use crate::testing::{Person, list};

const NOW: u64 = 1_000_000;
const ALL: Page = Page {
    messages: usize::MAX,
    bytes: usize::MAX,
};
const OPEN: Terms = Terms {
    expires_at_ms: None,
    max_posts: None,
};

/// A store under test, its two sides, and what has to outlive them.
struct Subject {
    changes: Box<dyn Backend>,
    reads: Box<dyn Reader>,
    _directory: Option<tempfile::TempDir>,
}

impl Subject {
    fn change<T>(&mut self, change: impl FnOnce(&mut dyn Backend) -> T) -> T {
        self.changes.begin().unwrap();
        let outcome = change(self.changes.as_mut());
        self.changes.commit().unwrap();
        outcome
    }

    fn register(&mut self, person: &Person) -> Member {
        let admitted = self.enter(person, 1, &[person]).unwrap();
        assert!(admitted.registered);
        member(person)
    }

    fn enter(
        &mut self,
        person: &Person,
        version: u64,
        devices: &[&Person],
    ) -> Result<super::Admitted, directory::Refused> {
        let list =
            VerifiedList::check(&person.account_id(), list(person, version, devices)).unwrap();
        let visitor = Visitor {
            member: member(person),
            list: Some(list),
            may_register: true,
        };
        self.change(|store| store.enter(&visitor, NOW)).unwrap()
    }

    fn create(&mut self, owner: &Member, n: u8, terms: Terms) -> Result<bool, mailbox::Refused> {
        self.change(|store| store.create_mailbox(owner, &mailbox(n), terms, NOW))
            .unwrap()
    }

    fn post(&mut self, to: u8, id: u8, now: u64) -> Result<Posted, mailbox::Refused> {
        self.post_for(to, id, 0, now)
    }

    fn post_for(
        &mut self,
        to: u8,
        id: u8,
        ttl_seconds: u64,
        now: u64,
    ) -> Result<Posted, mailbox::Refused> {
        let parcel = Parcel {
            mailbox: mailbox(to),
            message_id: MessageId::from_bytes([id; 16]),
            payload: vec![id; 10].into(),
            ttl_seconds,
        };
        self.change(|store| store.post(&parcel, now)).unwrap()
    }

    fn publish(
        &mut self,
        person: &Person,
        first: u32,
        one_time: u32,
        kem: u32,
    ) -> Result<(u32, u32, u32), directory::Refused> {
        let frame = person.prekeys(first, one_time, kem);
        let publication = Publication::check(&person.device_id(), frame, 100).unwrap();
        let supply = self
            .change(|store| store.publish(&member(person), &publication))
            .unwrap()?;
        Ok((
            supply.signed_prekey_id,
            supply.one_time,
            supply.kem_one_time,
        ))
    }

    fn fetch(&mut self, person: &Person) -> Result<super::Served, directory::Refused> {
        self.change(|store| store.fetch(&person.account_id(), NOW))
            .unwrap()
    }

    fn acknowledge(&mut self, owner: &Member, sequences: &[u64]) -> usize {
        self.change(|store| store.acknowledge(owner, sequences))
            .unwrap()
    }

    fn purge(&mut self, now: u64) -> Purged {
        self.change(|store| store.purge(now)).unwrap()
    }

    fn pending(&mut self, owner: &Member, after: u64, page: Page, now: u64) -> Vec<StoredMessage> {
        self.reads.pending(owner, after, page, now).unwrap()
    }

    fn ids(&mut self, owner: &Member, now: u64) -> Vec<(u64, u8)> {
        let pending = self.pending(owner, 0, ALL, now);
        pending
            .iter()
            .map(|found| (found.sequence, found.message_id.as_bytes()[0]))
            .collect()
    }
}

fn memory(limits: Limits) -> Subject {
    let memory = Memory::new(limits);
    Subject {
        changes: Box::new(memory.clone()),
        reads: Box::new(memory),
        _directory: None,
    }
}

fn sqlite(limits: Limits) -> Subject {
    let directory = tempfile::tempdir().unwrap();
    let (changes, reads) = Sqlite::open(directory.path(), limits).unwrap();
    Subject {
        changes: Box::new(changes),
        reads: Box::new(reads),
        _directory: Some(directory),
    }
}

fn member(person: &Person) -> Member {
    Member {
        account: person.account_id(),
        device: person.device_id(),
    }
}

fn mailbox(n: u8) -> MailboxId {
    MailboxId::from_bytes([n; 32])
}

macro_rules! suite {
    ($($name:ident)*) => {
        mod in_memory { $(#[test] fn $name() { super::$name(super::memory); })* }
        mod in_sqlite { $(#[test] fn $name() { super::$name(super::sqlite); })* }
    };
}

type Make = fn(Limits) -> Subject;

suite! {
    messages_are_delivered_in_order_until_acknowledged
    pages_bound_what_is_read
    repetitions_are_stored_once
    the_post_limit_counts_distinct_ids_for_ever
    expired_mailboxes_refuse_and_keep_what_came_in_time
    messages_expire
    full_mailboxes_refuse_until_there_is_room
    mailboxes_belong_to_one_device_of_one_account
    closing_deletes
    live_mailboxes_are_counted
    the_backlog_ends_with_what_came_last
    accounts_register_once_and_lists_only_grow
    removed_devices_lose_everything
    one_time_prekeys_are_handed_out_once
    a_prekey_that_was_handed_out_is_not_taken_again
    the_prekey_supply_is_bounded
    writing_can_be_probed
    it_agrees_with_a_simple_model
}

fn messages_are_delivered_in_order_until_acknowledged(make: Make) {
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

fn pages_bound_what_is_read(make: Make) {
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

fn repetitions_are_stored_once(make: Make) {
    let mut store = make(Limits::default());
    let robin = store.register(&Person::new(1));
    store.create(&robin, 1, OPEN).unwrap();
    store.create(&robin, 2, OPEN).unwrap();
    assert_eq!(store.post(1, 7, NOW), Ok(Posted::Stored(robin)));
    assert_eq!(store.post(1, 7, NOW), Ok(Posted::Repeated));
    assert_eq!(store.post(2, 7, NOW), Ok(Posted::Stored(robin)));
    assert_eq!(store.ids(&robin, NOW), [(1, 7), (2, 7)]);
}

fn the_post_limit_counts_distinct_ids_for_ever(make: Make) {
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

fn expired_mailboxes_refuse_and_keep_what_came_in_time(make: Make) {
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

fn messages_expire(make: Make) {
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

fn full_mailboxes_refuse_until_there_is_room(make: Make) {
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

fn mailboxes_belong_to_one_device_of_one_account(make: Make) {
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

fn closing_deletes(make: Make) {
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

fn the_backlog_ends_with_what_came_last(make: Make) {
    let mut store = make(Limits::default());
    let (robin, kim) = (Person::new(1), Person::new(2));
    let (owner, other) = (store.register(&robin), store.register(&kim));
    let backlog = |store: &mut Subject, now| {
        let visitor = Visitor {
            member: owner,
            list: None,
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

fn live_mailboxes_are_counted(make: Make) {
    let mut store = make(Limits::default());
    let (robin, kim) = (Person::new(1), Person::new(2));
    let owner = store.register(&robin);
    let other = store.register(&kim);
    let mailboxes = |store: &mut Subject, now| {
        let visitor = Visitor {
            member: owner,
            list: None,
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

fn accounts_register_once_and_lists_only_grow(make: Make) {
    let mut store = make(Limits::default());
    let (robin, other) = (Person::new(1), Person::new(2));
    let visitor = Visitor {
        member: member(&robin),
        list: None,
        may_register: true,
    };
    let unknown = store.change(|store| store.enter(&visitor, NOW)).unwrap();
    assert_eq!(unknown, Err(directory::Refused::UnknownAccount));
    store.register(&robin);
    assert!(!store.enter(&robin, 1, &[&robin]).unwrap().registered);
    assert!(
        !store
            .change(|store| store.enter(&visitor, NOW))
            .unwrap()
            .unwrap()
            .registered
    );
    store.enter(&robin, 3, &[&robin, &other]).unwrap();
    let stale = directory::Refused::StaleList { held: 3, found: 2 };
    assert_eq!(store.enter(&robin, 2, &[&robin]), Err(stale));
    let fork = directory::Refused::StaleList { held: 3, found: 3 };
    assert_eq!(store.enter(&robin, 3, &[&robin]), Err(fork));
    assert_eq!(
        store.enter(&robin, 4, &[&other]),
        Err(directory::Refused::UnknownDevice)
    );
    assert!(store.enter(&robin, 3, &[&robin, &other]).is_ok());
}

fn removed_devices_lose_everything(make: Make) {
    let mut store = make(Limits::default());
    let (robin, phone) = (Person::new(1), Person::new(2));
    store.register(&robin);
    store.enter(&robin, 2, &[&robin, &phone]).unwrap();
    let phone_of_robin = Member {
        device: phone.device_id(),
        ..member(&robin)
    };
    store.create(&phone_of_robin, 1, OPEN).unwrap();
    store.post(1, 7, NOW).unwrap();
    let admitted = store.enter(&robin, 3, &[&robin]).unwrap();
    assert_eq!(admitted.removed, [phone_of_robin]);
    assert_eq!(store.post(1, 8, NOW), Err(mailbox::Refused::Unknown));
    assert_eq!(store.ids(&phone_of_robin, NOW), []);
}

fn one_time_prekeys_are_handed_out_once(make: Make) {
    let mut store = make(Limits::default());
    let robin = Person::new(1);
    assert_eq!(store.fetch(&robin), Err(directory::Refused::UnknownAccount));
    store.register(&robin);
    assert_eq!(store.fetch(&robin), Err(directory::Refused::NoPrekeys));
    assert_eq!(store.publish(&robin, 1, 2, 1), Ok((1, 2, 1)));
    let mut fetched = || {
        let served = store.fetch(&robin).unwrap();
        assert_eq!(served.list, list(&robin, 1, &[&robin]));
        let [device] = served.devices.as_slice() else {
            panic!("one device")
        };
        let signed = device.signed_prekey.as_ref().unwrap();
        assert_eq!(
            (signed.id, signed.public_key.len(), signed.signature.len()),
            (1, 32, 64)
        );
        let kem = device.kem_prekey.as_ref().unwrap();
        assert_eq!((kem.public_key.len(), kem.signature.len()), (1184, 64));
        (
            device.one_time_prekey.as_ref().map(|key| key.id),
            kem.id,
            kem.last_resort,
        )
    };
    assert_eq!(fetched(), (Some(1), 1, false));
    assert_eq!(fetched(), (Some(2), 1_001, true));
    assert_eq!(fetched(), (None, 1_001, true));
    assert_eq!(store.publish(&robin, 9, 1, 1), Ok((9, 1, 1)));
}

fn a_prekey_that_was_handed_out_is_not_taken_again(make: Make) {
    let mut store = make(Limits::default());
    let robin = Person::new(1);
    store.register(&robin);
    store.publish(&robin, 1, 1, 1).unwrap();
    store.fetch(&robin).unwrap();
    assert_eq!(store.publish(&robin, 1, 2, 2), Ok((1, 1, 1)));
    assert_eq!(
        store.purge(NOW + HANDED_OUT_MEMORY_MS - 1),
        Purged::default()
    );
    assert_eq!(store.purge(NOW + HANDED_OUT_MEMORY_MS).prekeys, 2);
    assert_eq!(store.publish(&robin, 1, 1, 1), Ok((1, 2, 2)));
}

fn the_prekey_supply_is_bounded(make: Make) {
    let mut store = make(Limits {
        one_time_prekeys: 3,
        ..Limits::default()
    });
    let robin = Person::new(1);
    store.register(&robin);
    assert_eq!(store.publish(&robin, 1, 3, 1), Ok((1, 3, 1)));
    let full = directory::Refused::TooManyPrekeys { limit: 3, found: 4 };
    assert_eq!(store.publish(&robin, 4, 1, 1), Err(full));
    // All or nothing: the signed prekey that came with them is not there either.
    assert_eq!(store.publish(&robin, 1, 3, 3), Ok((1, 3, 3)));
}

fn writing_can_be_probed(make: Make) {
    let mut store = make(Limits::default());
    for now in [NOW, NOW + 1] {
        store.change(|store| store.probe(now)).unwrap();
    }
}

#[test]
fn sqlite_keeps_everything_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let (changes, reads) = Sqlite::open(directory.path(), Limits::default()).unwrap();
        Subject {
            changes: Box::new(changes),
            reads: Box::new(reads),
            _directory: None,
        }
    };
    let robin = Person::new(1);
    let mut store = open();
    let owner = store.register(&robin);
    store
        .create(
            &owner,
            1,
            Terms {
                max_posts: Some(2),
                ..OPEN
            },
        )
        .unwrap();
    store.post(1, 7, NOW).unwrap();
    store.publish(&robin, 1, 1, 1).unwrap();
    drop(store);
    let mut store = open();
    assert!(!store.enter(&robin, 1, &[&robin]).unwrap().registered);
    assert_eq!(store.ids(&owner, NOW), [(1, 7)]);
    assert_eq!(store.post(1, 7, NOW), Ok(Posted::Repeated));
    assert_eq!(store.publish(&robin, 1, 1, 1), Ok((1, 1, 1)));
}

#[test]
fn sqlite_rolls_a_group_back() {
    let mut store = sqlite(Limits::default());
    let robin = store.register(&Person::new(1));
    store.changes.begin().unwrap();
    store
        .changes
        .create_mailbox(&robin, &mailbox(1), OPEN, NOW)
        .unwrap()
        .unwrap();
    store.changes.rollback();
    assert_eq!(store.post(1, 7, NOW), Err(mailbox::Refused::Unknown));
}
