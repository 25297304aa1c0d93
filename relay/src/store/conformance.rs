//! What every store must do: one suite, passed by each of them.

mod accounts;
mod agreement;
mod guests;
mod lists;
mod mailboxes;
mod messages;
mod model;

use sotto_protocol::frames::{PrekeySupply, PublishPrekeys};
use sotto_protocol::id::{MailboxId, MessageId};

use super::{
    Backend, ListChange, Memory, Page, Parcel, Posted, Purged, Reader, Served, Sqlite,
    StoredMessage,
};
use crate::directory::{
    self, Credential, Member, Publication, VerifiedList, VerifiedPass, Visitor, Wanted,
};
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
            credential: Credential::List(list),
            may_register: true,
        };
        self.change(|store| store.enter(&visitor, NOW)).unwrap()
    }

    fn let_in(
        &mut self,
        host: &Person,
        guest: &Person,
        until_ms: u64,
        now_ms: u64,
    ) -> Result<super::Admitted, directory::Refused> {
        let member = member(&host.with_device_of(guest));
        let pass = VerifiedPass::check(&member, &host.pass(guest, until_ms)).unwrap();
        let visitor = Visitor {
            member,
            credential: Credential::Pass(pass),
            may_register: true,
        };
        self.change(|store| store.enter(&visitor, now_ms)).unwrap()
    }

    fn relist(
        &mut self,
        by: &Person,
        version: u64,
        devices: &[&Person],
    ) -> Result<Option<ListChange>, directory::Refused> {
        self.relist_over(0, by, version, devices)
    }

    fn relist_over(
        &mut self,
        over: u64,
        by: &Person,
        version: u64,
        devices: &[&Person],
    ) -> Result<Option<ListChange>, directory::Refused> {
        let list = VerifiedList::check(&by.account_id(), list(by, version, devices)).unwrap();
        self.change(|store| store.relist(&member(by), &list, over))
            .unwrap()
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
        let supply = self.publish_frame(person, person.prekeys(first, one_time, kem))?;
        Ok((
            supply.signed_prekey_id,
            supply.one_time,
            supply.kem_one_time,
        ))
    }

    fn publish_frame(
        &mut self,
        person: &Person,
        frame: PublishPrekeys,
    ) -> Result<PrekeySupply, directory::Refused> {
        let publication = Publication::check(&person.device_id(), frame, 100).unwrap();
        self.change(|store| store.publish(&member(person), &publication))
            .unwrap()
    }

    fn fetch(&mut self, person: &Person) -> Result<Served, directory::Refused> {
        self.fetch_some(person, &Wanted::All)
    }

    fn fetch_some(
        &mut self,
        person: &Person,
        wanted: &Wanted,
    ) -> Result<Served, directory::Refused> {
        self.change(|store| store.fetch(&person.account_id(), wanted, NOW))
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
    ($($part:ident { $($name:ident)* })*) => {
        mod in_memory { $($(#[test] fn $name() { super::$part::$name(super::memory); })*)* }
        mod in_sqlite { $($(#[test] fn $name() { super::$part::$name(super::sqlite); })*)* }
    };
}

type Make = fn(Limits) -> Subject;

suite! {
    messages {
        messages_are_delivered_in_order_until_acknowledged
        pages_bound_what_is_read
        repetitions_are_stored_once
        messages_expire
        the_backlog_ends_with_what_came_last
    }
    mailboxes {
        the_post_limit_counts_distinct_ids_for_ever
        expired_mailboxes_refuse_and_keep_what_came_in_time
        full_mailboxes_refuse_until_there_is_room
        mailboxes_belong_to_one_device_of_one_account
        closing_deletes
        live_mailboxes_are_counted
    }
    accounts {
        accounts_register_once
        one_time_prekeys_are_handed_out_once
        a_prekey_that_was_handed_out_is_not_taken_again
        the_prekey_supply_is_bounded
        keys_whose_secrets_are_lost_are_dropped
    }
    lists {
        lists_only_grow
        who_missed_a_change_is_told_the_newer_list
        removed_devices_lose_everything
        a_removed_device_makes_no_mailbox
        only_the_wanted_devices_give_prekeys
        it_agrees_with_a_simple_model_of_lists
    }
    guests {
        a_guest_has_one_mailbox_and_no_place_among_the_devices
        guests_go_with_all_they_had_when_their_pass_is_over
        an_account_has_few_guests_at_once
        a_guest_who_is_listed_becomes_a_device
        a_pass_is_not_for_a_device_of_the_list
    }
    model {
        it_agrees_with_a_simple_model
    }
}

#[test]
fn writing_can_be_probed() {
    for make in [memory, sqlite] {
        let mut store = make(Limits::default());
        for now in [NOW, NOW + 1] {
            store.change(|store| store.probe(now)).unwrap();
        }
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
fn sqlite_brings_a_database_of_version_1_up_to_date() {
    let directory = tempfile::tempdir().unwrap();
    let robin = Person::new(1);
    let signed = list(&robin, 1, &[&robin]);
    let older = rusqlite::Connection::open(directory.path().join("relay.sqlite")).unwrap();
    older
        .execute_batch(include_str!("sqlite/schema-1.sql"))
        .unwrap();
    older
        .pragma_update(None, "application_id", 0x536f_7474)
        .unwrap();
    older.pragma_update(None, "user_version", 1).unwrap();
    older
        .execute(
            "INSERT INTO accounts VALUES (1, ?1, 1, ?2, ?3)",
            rusqlite::params![
                robin.account_id().as_bytes(),
                signed.list.as_ref(),
                signed.signature.as_ref()
            ],
        )
        .unwrap();
    older
        .execute(
            "INSERT INTO devices (id, account, key, place, last_sequence) VALUES (1, 1, ?1, 0, 4)",
            [robin.device_id().as_bytes()],
        )
        .unwrap();
    older
        .execute(
            "INSERT INTO mailboxes (id, address, device) VALUES (1, ?1, 1)",
            [mailbox(1).as_bytes()],
        )
        .unwrap();
    older
        .execute(
            "INSERT INTO messages VALUES (1, 1, 4, 1, ?1, ?2, x'00')",
            rusqlite::params![[7u8; 16], NOW as i64 + 1_000],
        )
        .unwrap();
    drop(older);

    for _ in 0..2 {
        let (changes, reads) = Sqlite::open(directory.path(), Limits::default()).unwrap();
        let mut store = Subject {
            changes: Box::new(changes),
            reads: Box::new(reads),
            _directory: None,
        };
        let known = store.enter(&robin, 1, &[&robin]).unwrap();
        assert_eq!((known.registered, known.guest_until_ms), (false, None));
        assert_eq!(store.ids(&member(&robin), NOW), [(4, 7)]);
        // What an older relay stored is nobody's guest, and guests are possible now.
        assert_eq!(store.purge(NOW), Purged::default());
        let guest = store.let_in(&robin, &Person::new(2), NOW + 1, NOW);
        assert_eq!(guest.unwrap().guest_until_ms, Some(NOW + 1));
        assert_eq!(store.purge(NOW + 1).guests, 1);
    }
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
