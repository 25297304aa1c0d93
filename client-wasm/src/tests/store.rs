use sotto_client_core::{
    client::{Scan, SealedChange, SealedRecord},
    engine::Store,
    store_conformance::Subject,
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

fn record(store: Store, key: &str, value: &[u8]) -> SealedRecord {
    SealedRecord {
        store,
        key: key.to_owned(),
        value: value.to_vec(),
    }
}

/// A store in a database of its own.
struct InBrowser {
    name: String,
    /// `None` while it is closed.
    database: Option<Database>,
    holder: Holder,
}

impl InBrowser {
    async fn new() -> Self {
        let name = fresh_name();
        Self {
            database: Some(Database::open(&name).await.unwrap()),
            holder: holder(),
            name,
        }
    }

    fn database(&self) -> &Database {
        self.database.as_ref().unwrap()
    }
}

impl Subject for InBrowser {
    async fn create(&mut self, header: &[u8], batch: &[SealedChange]) -> bool {
        match self.database().create(header, batch, &self.holder).await {
            Err(StoreError::Exists) => false,
            created => created.map(|()| true).unwrap(),
        }
    }

    async fn replace_header(&mut self, old: &[u8], new: &[u8]) -> bool {
        match self.database().replace_header(old, new).await {
            Err(StoreError::Superseded) => false,
            replaced => replaced.map(|()| true).unwrap(),
        }
    }

    async fn commit(&mut self, batch: &[SealedChange]) {
        self.database().commit(batch, &self.holder).await.unwrap();
    }

    async fn load(&mut self) -> Option<(Vec<u8>, Vec<SealedRecord>)> {
        let loaded = self.database().load(&self.holder).await;
        let missing = loaded == Err(StoreError::Missing);
        assert_eq!(
            self.database()
                .header()
                .await
                .map(|header| header.is_none()),
            Ok(missing)
        );
        (!missing).then(|| loaded.unwrap())
    }

    async fn scan(&mut self, scan: &Scan) -> Vec<SealedRecord> {
        self.database().scan(scan).await.unwrap()
    }

    async fn reopen(&mut self) {
        self.database = None;
        self.database = Some(Database::open(&self.name).await.unwrap());
        self.holder = holder();
        let _ = self.database().load(&self.holder).await;
    }
}

sotto_client_core::store_conformance!(wasm_bindgen_test, InBrowser::new().await);

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
async fn a_connection_lets_go_when_the_database_is_deleted() {
    let name = fresh_name();
    let (database, first) = vault(&name).await;
    idb::delete(&name).await.unwrap();
    let commit = [put(Store::Users, "me", b"Robin")];
    let refused = database.commit(&commit, &first).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
}
