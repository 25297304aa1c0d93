use std::os::unix::fs::PermissionsExt;

use sotto_client_core::store_conformance::Subject;

use super::*;

fn put(store: Store, key: &str, value: &[u8]) -> SealedChange {
    SealedChange {
        store,
        key: key.to_owned(),
        value: Some(value.to_vec()),
    }
}

/// A store in a directory of its own.
struct OnDisk {
    directory: tempfile::TempDir,
    /// `None` while it is closed.
    store: Option<RecordStore>,
}

impl OnDisk {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = RecordStore::open(&directory.path().join("vault.db")).unwrap();
        Self {
            directory,
            store: Some(store),
        }
    }

    fn store(&self) -> &RecordStore {
        self.store.as_ref().unwrap()
    }
}

impl Subject for OnDisk {
    async fn create(&mut self, header: &[u8], batch: &[SealedChange]) -> bool {
        self.store().create(header, batch).is_ok()
    }

    async fn replace_header(&mut self, old: &[u8], new: &[u8]) -> bool {
        self.store().replace_header(old, new).unwrap()
    }

    async fn commit(&mut self, batch: &[SealedChange]) {
        self.store().commit(batch).unwrap();
    }

    async fn load(&mut self) -> Option<(Vec<u8>, Vec<SealedRecord>)> {
        let header = self.store().header().unwrap()?;
        Some((header, self.store().load().unwrap()))
    }

    async fn scan(&mut self, scan: &Scan) -> Vec<SealedRecord> {
        self.store().scan(scan).unwrap()
    }

    async fn reopen(&mut self) {
        self.store = None;
        let path = self.directory.path().join("vault.db");
        self.store = Some(RecordStore::open(&path).unwrap());
    }
}

sotto_client_core::store_conformance!(tokio::test, OnDisk::new());

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

/// Those of the files in `dir` that hold these bytes.
fn holding(dir: &Path, bytes: &[u8]) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    let hold = |path: &Path| {
        let file = std::fs::read(path).unwrap();
        file.windows(bytes.len()).any(|part| part == bytes)
    };
    entries
        .filter(|entry| hold(&entry.path()))
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_replaced_header_is_in_no_file_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let (old, new) = (b"the header so far".as_slice(), b"another header");
    let running = RecordStore::open(&path).unwrap();
    running.create(old, &[]).unwrap();
    let store = RecordStore::open(&path).unwrap();
    assert_ne!(holding(dir.path(), old), Vec::<String>::new());
    assert!(store.replace_header(old, new).unwrap());
    assert_eq!(holding(dir.path(), old), Vec::<String>::new());
    assert_eq!(holding(dir.path(), new), ["vault.db"]);
    assert_eq!(running.header().unwrap().unwrap(), new);
}

#[test]
fn a_replaced_header_that_is_still_read_is_said_to_be_left() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    let (running, store) = (
        RecordStore::open(&path).unwrap(),
        RecordStore::open(&path).unwrap(),
    );
    running.create(b"the header so far", &[]).unwrap();
    let mut reads = running.lock();
    let snapshot = reads.transaction().unwrap();
    let read = |header: &str| snapshot.query_row(header, [], |row| row.get::<_, Vec<u8>>(0));
    assert_eq!(
        read("SELECT header FROM vault").unwrap(),
        b"the header so far"
    );
    let waits = std::time::Duration::ZERO;
    store.lock().busy_timeout(waits).unwrap();
    let left = store
        .replace_header(b"the header so far", b"another header")
        .unwrap_err();
    assert!(matches!(left, StoreError::OldHeaderLeft { .. }), "{left:?}");
    drop(snapshot);
    drop(reads);
    assert_eq!(store.header().unwrap().unwrap(), b"another header");
    // What the user is told to do.
    drop(running);
    drop(store);
    assert_eq!(
        holding(dir.path(), b"the header so far"),
        Vec::<String>::new()
    );
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
