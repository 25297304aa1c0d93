use sotto_client_core::{
    client::{Scan, SealedChange, SealedRecord},
    engine::Store,
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::fresh_name;
use crate::{
    clock, idb,
    store::{Database, Holder, StoreError, known_stores},
};

fn holder() -> Holder {
    Holder::new(&mut clock::rng())
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

async fn vault(name: &str) -> (Database, Holder) {
    let database = Database::open(name).await.unwrap();
    let holder = holder();
    database.create(b"header", &[], &holder).await.unwrap();
    (database, holder)
}

#[wasm_bindgen_test]
fn the_migrations_make_every_store_of_the_core() {
    let mut known = known_stores();
    let mut wanted: Vec<&str> = Store::ALL.iter().map(|store| store.name()).collect();
    wanted.push("vault");
    known.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(known, wanted, "a new store needs a migration of its own");
}

#[wasm_bindgen_test]
async fn every_store_keeps_what_was_committed() {
    let name = fresh_name();
    let (database, first) = vault(&name).await;
    let commit: Vec<_> = Store::ALL
        .iter()
        .map(|store| put(*store, "a key", store.name().as_bytes()))
        .collect();
    database.commit(&commit, &first).await.unwrap();
    drop(database);

    let database = Database::open(&name).await.unwrap();
    let (header, records) = database.load(&holder()).await.unwrap();
    assert_eq!(header, b"header");
    let wanted: Vec<_> = Store::ALL
        .iter()
        .filter(|store| store.in_memory())
        .map(|store| record(*store, "a key", store.name().as_bytes()))
        .collect();
    assert_eq!(records, wanted);
    let scan = Scan {
        store: Store::Messages,
        prefix: String::new(),
    };
    let scanned = database.scan(&scan).await.unwrap();
    assert_eq!(scanned, [record(Store::Messages, "a key", b"messages")]);
}

#[wasm_bindgen_test]
async fn a_commit_replaces_and_deletes() {
    let (database, first) = vault(&fresh_name()).await;
    let commit = [
        put(Store::Users, "changed", b"old"),
        put(Store::Users, "deleted", b"old"),
        put(Store::Users, "kept", b""),
    ];
    database.commit(&commit, &first).await.unwrap();
    let commit = [
        put(Store::Users, "changed", b"new"),
        delete(Store::Users, "deleted"),
        delete(Store::Users, "never there"),
    ];
    database.commit(&commit, &first).await.unwrap();
    let (_, records) = database.load(&holder()).await.unwrap();
    let wanted = [
        record(Store::Users, "changed", b"new"),
        record(Store::Users, "kept", b""),
    ];
    assert_eq!(records, wanted);
}

#[wasm_bindgen_test]
async fn a_superseded_holder_writes_nothing_of_its_batch() {
    let name = fresh_name();
    let (database, first) = vault(&name).await;
    let other_tab = Database::open(&name).await.unwrap();
    let second = holder();
    other_tab.load(&second).await.unwrap();

    let commit = [
        put(Store::Sessions, "a", b"stale"),
        put(Store::Outbox, "b", b"stale"),
    ];
    let refused = database.commit(&commit, &first).await;
    assert_eq!(refused, Err(StoreError::Superseded));
    let commit = [put(Store::Sessions, "a", b"good")];
    other_tab.commit(&commit, &second).await.unwrap();

    let (_, records) = other_tab.load(&holder()).await.unwrap();
    assert_eq!(records, [record(Store::Sessions, "a", b"good")]);
}

#[wasm_bindgen_test]
async fn a_second_vault_leaves_the_first_alone() {
    let (database, first) = vault(&fresh_name()).await;
    let commit = [put(Store::Users, "me", b"Robin")];
    let refused = database.create(b"another", &commit, &holder()).await;
    assert_eq!(refused, Err(StoreError::Exists));
    database.commit(&[], &first).await.unwrap();
    let (header, records) = database.load(&holder()).await.unwrap();
    assert_eq!(
        (header.as_slice(), records.as_slice()),
        (&b"header"[..], &[][..])
    );
}

#[wasm_bindgen_test]
async fn where_no_vault_was_made_there_is_none() {
    let database = Database::open(&fresh_name()).await.unwrap();
    assert!(!database.has_vault().await.unwrap());
    assert_eq!(database.load(&holder()).await, Err(StoreError::Missing));
    assert!(!database.has_vault().await.unwrap());
}

#[wasm_bindgen_test]
async fn a_scan_finds_the_keys_that_begin_so() {
    let (database, first) = vault(&fresh_name()).await;
    let keys = ["a", "a/", "a/1", "a/2é", "a/\u{10ffff}", "a0", "b/1"];
    let commit = keys.map(|key| put(Store::Messages, key, key.as_bytes()));
    database.commit(&commit, &first).await.unwrap();
    let scan = Scan {
        store: Store::Messages,
        prefix: "a/".to_owned(),
    };
    let found: Vec<_> = database.scan(&scan).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|record| record.key).collect();
    assert_eq!(found, ["a/", "a/1", "a/2é", "a/\u{10ffff}"]);
}

#[wasm_bindgen_test]
async fn a_connection_lets_go_when_the_database_is_deleted() {
    let name = fresh_name();
    let (database, first) = vault(&name).await;
    idb::delete(&name).await.unwrap();
    let commit = [put(Store::Users, "me", b"Robin")];
    let refused = database.commit(&commit, &first).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
}
