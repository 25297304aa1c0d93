//! What every store of sealed records has to do: one suite, which the stores of the shells pass.
//!
//! A shell implements [`Subject`] for its store, and makes the tests with
//! [`store_conformance!`](macro@crate::store_conformance). What a store does when its disk fails, or another
//! process interferes, is its own, and tested beside it.

#![allow(
    async_fn_in_trait,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a suite of tests"
)]

use crate::{
    client::{Scan, SealedChange, SealedRecord},
    engine::Store,
};

/// A store under test; there is no vault in it yet. What it does not expect to fail panics.
pub trait Subject {
    /// Stores a new vault; `false` when there was one already.
    async fn create(&mut self, header: &[u8], batch: &[SealedChange]) -> bool;

    /// Puts a header in the place of `old`; `false` when there is another.
    async fn replace_header(&mut self, old: &[u8], new: &[u8]) -> bool;

    /// Makes a batch durable.
    async fn commit(&mut self, batch: &[SealedChange]);

    /// The vault's header, and all records that the engine holds in memory; `None` when there is no vault.
    async fn load(&mut self) -> Option<(Vec<u8>, Vec<SealedRecord>)>;

    /// The records of one store whose keys begin so.
    async fn scan(&mut self, scan: &Scan) -> Vec<SealedRecord>;

    /// Closes the store and opens it again.
    async fn reopen(&mut self);
}

/// Makes a test of each case. Arguments: the attribute that makes an async function a test, and an
/// expression for a new `Subject`.
#[macro_export]
macro_rules! store_conformance {
    ($test:meta, $new:expr) => {
        $crate::store_conformance! { $test, $new;
            where_no_vault_was_made_there_is_none
            a_second_vault_leaves_the_first_alone
            a_header_is_replaced_by_whom_knows_it
            every_store_keeps_what_was_committed
            a_batch_replaces_and_deletes_and_its_last_word_counts
            any_bytes_are_kept_as_they_are
            a_scan_finds_the_keys_that_begin_so
        }
    };
    ($test:meta, $new:expr; $($case:ident)*) => {
        $(
            #[$test]
            async fn $case() {
                $crate::store_conformance::$case($new).await;
            }
        )*
    };
}

/// A vault is there once it was created.
pub async fn where_no_vault_was_made_there_is_none(mut store: impl Subject) {
    assert_eq!(store.load().await, None);
    store.reopen().await;
    assert_eq!(store.load().await, None);
    assert!(store.create(b"header", &[]).await);
    assert_eq!(store.load().await, Some((b"header".to_vec(), Vec::new())));
}

/// A vault is made once; a second attempt changes nothing.
pub async fn a_second_vault_leaves_the_first_alone(mut store: impl Subject) {
    let first = [put(Store::Users, "me", b"Robin")];
    assert!(store.create(b"header", &first).await);
    let second = [
        put(Store::Users, "me", b"Mallory"),
        put(Store::Agents, "agent", b"new"),
    ];
    assert!(!store.create(b"another", &second).await);
    store.reopen().await;
    let kept = vec![record(Store::Users, "me", b"Robin")];
    assert_eq!(store.load().await, Some((b"header".to_vec(), kept)));
}

/// Of two who change the passphrase at once, one does; no record is touched.
pub async fn a_header_is_replaced_by_whom_knows_it(mut store: impl Subject) {
    let records = [put(Store::Users, "me", b"Robin")];
    assert!(store.create(b"header", &records).await);
    assert!(store.replace_header(b"header", b"second").await);
    assert!(!store.replace_header(b"header", b"third").await);
    store.reopen().await;
    let kept = vec![record(Store::Users, "me", b"Robin")];
    assert_eq!(store.load().await, Some((b"second".to_vec(), kept)));
}

/// The records of every store are there after a restart. Those of the stores that are not held in memory
/// are found by a scan alone.
pub async fn every_store_keeps_what_was_committed(mut store: impl Subject) {
    assert!(store.create(b"header", &[]).await);
    let of = |store: &Store| put(*store, "a key", store.name().as_bytes());
    let batch: Vec<_> = Store::ALL.iter().map(of).collect();
    store.commit(&batch).await;
    store.reopen().await;
    let wanted = Store::ALL.iter().filter(|store| store.in_memory());
    let wanted = wanted.map(|store| record(*store, "a key", store.name().as_bytes()));
    assert_eq!(loaded(&mut store).await, wanted.collect::<Vec<_>>());
    for name in Store::ALL {
        let found = scan(&mut store, *name, "").await;
        assert_eq!(found, ["a key"], "{name:?}");
    }
}

/// A batch is carried out in its order.
pub async fn a_batch_replaces_and_deletes_and_its_last_word_counts(mut store: impl Subject) {
    let old = ["changed", "deleted", "kept"].map(|key| put(Store::Outbox, key, b"old"));
    assert!(store.create(b"header", &old).await);
    let batch = [
        put(Store::Outbox, "changed", b"draft"),
        put(Store::Outbox, "fleeting", b"draft"),
        put(Store::Outbox, "changed", b"new"),
        delete(Store::Outbox, "deleted"),
        delete(Store::Outbox, "fleeting"),
        delete(Store::Outbox, "never there"),
        // The same key in another store is another record.
        delete(Store::Inbox, "kept"),
        put(Store::Messages, "kept", b"a message"),
    ];
    store.commit(&batch).await;
    store.commit(&[]).await;
    store.reopen().await;
    let wanted = [
        record(Store::Outbox, "changed", b"new"),
        record(Store::Outbox, "kept", b"old"),
    ];
    assert_eq!(loaded(&mut store).await, wanted);
}

/// Values are bytes, not text; empty and large ones too.
pub async fn any_bytes_are_kept_as_they_are(mut store: impl Subject) {
    let all: Vec<u8> = (0..=255).collect();
    let large = vec![0xa5; 1 << 20];
    assert!(store.create(&all, &[]).await);
    store
        .commit(&[
            put(Store::Sessions, "all", &all),
            put(Store::Sessions, "empty", b""),
            put(Store::Sessions, "large", &large),
        ])
        .await;
    store.reopen().await;
    let wanted = vec![
        record(Store::Sessions, "all", &all),
        record(Store::Sessions, "empty", b""),
        record(Store::Sessions, "large", &large),
    ];
    assert_eq!(store.load().await, Some((all, wanted)));
}

/// A prefix is taken literally, and the keys come in order.
pub async fn a_scan_finds_the_keys_that_begin_so(mut store: impl Subject) {
    let keys = [
        "a",
        "a%",
        "a/",
        "a/1",
        "a/2é",
        "a/\u{10ffff}",
        "a0",
        "A/1",
        "b/1",
        "ä/1",
    ];
    let batch = keys.map(|key| put(Store::Messages, key, key.as_bytes()));
    assert!(store.create(b"header", &batch).await);
    for (prefix, wanted) in [
        ("a/", &["a/", "a/1", "a/2é", "a/\u{10ffff}"][..]),
        ("a%", &["a%"]),
        ("ä", &["ä/1"]),
        ("c", &[]),
    ] {
        assert_eq!(scan(&mut store, Store::Messages, prefix).await, wanted);
    }
    assert_eq!(
        scan(&mut store, Store::Messages, "").await.len(),
        keys.len()
    );
    assert_eq!(scan(&mut store, Store::Inbox, "a").await, [""; 0]);
}

fn put(store: Store, key: &str, value: &[u8]) -> SealedChange {
    SealedChange {
        store,
        key: key.to_owned(),
        value: Some(value.to_vec()),
    }
}

fn delete(store: Store, key: &str) -> SealedChange {
    SealedChange {
        store,
        key: key.to_owned(),
        value: None,
    }
}

fn record(store: Store, key: &str, value: &[u8]) -> SealedRecord {
    SealedRecord {
        store,
        key: key.to_owned(),
        value: value.to_vec(),
    }
}

async fn loaded(store: &mut impl Subject) -> Vec<SealedRecord> {
    store.load().await.unwrap().1
}

async fn scan(subject: &mut impl Subject, store: Store, prefix: &str) -> Vec<String> {
    let prefix = prefix.to_owned();
    let found = subject.scan(&Scan { store, prefix }).await;
    let keys = found.into_iter().map(|record| record.key);
    keys.collect()
}
