use std::os::unix::fs::PermissionsExt;

use super::*;

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

fn keys(records: &[SealedRecord]) -> Vec<(Store, &str, &[u8])> {
    let row = |r| {
        let SealedRecord { store, key, value }: &SealedRecord = r;
        (*store, key.as_str(), value.as_slice())
    };
    records.iter().map(row).collect()
}

#[test]
fn a_batch_is_there_after_a_reload() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let store = RecordStore::open(&path).unwrap();
    assert_eq!(store.header().unwrap(), None);
    store
        .create(b"header", &[put(Store::Users, "me", b"1")])
        .unwrap();
    store
        .commit(&[
            put(Store::Outbox, "a", b"2"),
            put(Store::Outbox, "b", b"3"),
            put(Store::Outbox, "a", b"4"),
            delete(Store::Outbox, "b"),
            delete(Store::Outbox, "never there"),
            put(Store::Messages, "m", b"5"),
        ])
        .unwrap();
    drop(store);

    let store = RecordStore::open(&path).unwrap();
    assert_eq!(store.header().unwrap().as_deref(), Some(&b"header"[..]));
    // In order of a batch the last word counts, and messages are not loaded whole.
    assert_eq!(
        keys(&store.load().unwrap()),
        [
            (Store::Users, "me", &b"1"[..]),
            (Store::Outbox, "a", &b"4"[..])
        ]
    );
    assert!(store.create(b"again", &[]).is_err());
}

#[test]
fn a_batch_that_fails_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = RecordStore::open(&dir.path().join("vault.db")).unwrap();
    store
        .lock()
        .execute_batch(
            "CREATE TRIGGER refuse BEFORE INSERT ON records WHEN NEW.key = 'bad'
             BEGIN SELECT RAISE(ABORT, 'refused'); END;",
        )
        .unwrap();
    let batch = [
        put(Store::Inbox, "good", b"1"),
        put(Store::Inbox, "bad", b"2"),
    ];
    assert!(matches!(store.commit(&batch), Err(StoreError::Failed(_))));
    assert!(store.load().unwrap().is_empty());
    store.commit(&batch[..1]).unwrap();
    assert_eq!(store.load().unwrap().len(), 1);
}

#[test]
fn a_scan_takes_a_prefix_literally() {
    let dir = tempfile::tempdir().unwrap();
    let store = RecordStore::open(&dir.path().join("vault.db")).unwrap();
    let batch = ["a/1", "a/2", "a%", "b/1", "ä/1"].map(|key| put(Store::Messages, key, b"x"));
    store.commit(&batch).unwrap();
    let scan = |prefix: &str| {
        let prefix = prefix.to_owned();
        let store_name = Store::Messages;
        let found = store.scan(&Scan {
            store: store_name,
            prefix,
        });
        let found = found.unwrap();
        found.into_iter().map(|r| r.key).collect::<Vec<_>>()
    };
    assert_eq!(scan("a/"), ["a/1", "a/2"]);
    assert_eq!(scan("a%"), ["a%"]);
    assert_eq!(scan("ä"), ["ä/1"]);
    assert_eq!(scan("").len(), 5);
}

#[test]
fn a_file_that_is_no_database_is_damaged_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    std::fs::write(&path, "this is a shopping list, not a database").unwrap();
    let error = RecordStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    assert_eq!(ApiError::from(error).code, ApiErrorCode::VaultDamaged);
    let left = std::fs::read_to_string(&path).unwrap();
    assert!(left.starts_with("this is"));
}

#[test]
fn pages_overwritten_with_noise_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let store = RecordStore::open(&path).unwrap();
    let batch: Vec<_> = (0..200)
        .map(|i| put(Store::Inbox, &format!("{i:04}"), &[7; 400]))
        .collect();
    store.create(b"header", &batch).unwrap();
    drop(store);
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 4;
    bytes[half..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let failed = RecordStore::open(&path).and_then(|store| store.load());
    assert!(matches!(failed, Err(StoreError::Damaged(_))), "{failed:?}");
}

#[test]
fn a_newer_layout_and_a_newer_store_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let store = RecordStore::open(&path).unwrap();
    store
        .lock()
        .execute(
            "INSERT INTO records VALUES ('from_the_future', 'k', x'00')",
            [],
        )
        .unwrap();
    assert!(matches!(store.load(), Err(StoreError::UnknownStore(_))));
    store.lock().pragma_update(None, "user_version", 7).unwrap();
    drop(store);
    let error = RecordStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 7 }));
}

#[test]
fn the_database_and_its_side_files_are_private() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let store = RecordStore::open(&path).unwrap();
    store.create(b"header", &[]).unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        seen += 1;
    }
    assert!(seen >= 2);
}
