//! The vault's records in IndexedDB: one database, an object store for each
//! [`Store`] and one for the vault itself.
//!
//! Everything is sealed or public already. The database adds two things:
//! a batch is there whole and durably or not at all, and only the run that
//! loaded the vault last can write ([`Holder`]), whatever two tabs believe.

use js_sys::{Array, Uint8Array};
use sotto_client_core::{
    client::{Scan, SealedChange, SealedRecord},
    engine::Store,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, IdbDatabase, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction};

use crate::{
    idb::{self, Aborted, IdbError, Mode},
    refusal::Refusal,
};

/// The object store of the vault's header and holder.
const VAULT: &str = "vault";
const HEADER: &str = "header";
const HOLDER: &str = "holder";

/// What each version of the database added. Only ever append: databases of all versions are out there.
const MIGRATIONS: &[&[&str]] = &[&[
    VAULT,
    "users",
    "agents",
    "connections",
    "sessions",
    "prekeys",
    "invitations",
    "mailboxes",
    "outbox",
    "inbox",
    "conversations",
    "messages",
    "calendar_events",
]];

/// Names a run. Loading a vault leaves the name in it, and writing under another name fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder([u8; 16]);

impl Holder {
    pub(crate) fn new(rng: &mut impl rand_core::CryptoRng) -> Self {
        let mut name = [0; 16];
        rng.fill_bytes(&mut name);
        Self(name)
    }
}

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreError {
    /// Another run has loaded the vault since.
    Superseded,
    /// There is a vault already.
    Exists,
    /// There is no vault.
    Missing,
    /// The browser failed.
    Failed(IdbError),
}

/// An open database. Dropping it closes it.
pub(crate) struct Database {
    inner: IdbDatabase,
    _on_version_change: Closure<dyn FnMut(Event)>,
}

impl Database {
    /// Opens the database of that name, made when there is none.
    pub(crate) async fn open(name: &str) -> Result<Self, StoreError> {
        let version = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
        let inner = idb::open(name, version, |database, from| {
            for stores in MIGRATIONS.iter().skip(from as usize) {
                for store in *stores {
                    database.create_object_store(store)?;
                }
            }
            Ok(())
        })
        .await?;
        // A tab with a newer version, or a deletion, waits until this connection ends; the next
        // commit here then fails, and the run with it.
        let on_version_change = {
            let inner = inner.clone();
            Closure::new(move |_: Event| inner.close())
        };
        inner.set_onversionchange(Some(on_version_change.as_ref().unchecked_ref()));
        Ok(Self {
            inner,
            _on_version_change: on_version_change,
        })
    }

    /// Deletes the database of that name with all that is in it. Other tabs' connections to it
    /// close themselves; it is gone when this resolves.
    pub(crate) async fn delete(name: &str) -> Result<(), StoreError> {
        Ok(idb::delete(name).await?)
    }

    /// The vault's header, if there is a vault.
    pub(crate) async fn header(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let transaction = idb::begin(&self.inner, &[VAULT], Mode::Read)?;
        let header = transaction.object_store(VAULT)?.get(&HEADER.into())?;
        finish(transaction).await?;
        let header = header.result()?;
        Ok((!header.is_undefined()).then(|| Uint8Array::new(&header).to_vec()))
    }

    /// Puts a header in the place of `old`; [`StoreError::Superseded`] when there is another by now.
    pub(crate) async fn replace_header(&self, old: &[u8], new: &[u8]) -> Result<(), StoreError> {
        let transaction = idb::begin(&self.inner, &[VAULT], Mode::WriteDurably)?;
        let vault = transaction.object_store(VAULT)?;
        let check = vault.get(&HEADER.into())?;
        let checked = abort_unless(&check, old.to_vec(), &transaction);
        vault.put_with_key(&bytes(new), &HEADER.into())?;
        let end = finish(transaction).await;
        check.set_onsuccess(None);
        drop(checked);
        end
    }

    /// Stores a new vault: all of it, or nothing when there is one already.
    pub(crate) async fn create(
        &self,
        header: &[u8],
        commit: &[SealedChange],
        holder: &Holder,
    ) -> Result<(), StoreError> {
        let transaction = idb::begin(&self.inner, &all_stores(), Mode::WriteDurably)?;
        let vault = transaction.object_store(VAULT)?;
        vault.add_with_key(&bytes(header), &HEADER.into())?;
        vault.put_with_key(&bytes(&holder.0), &HOLDER.into())?;
        apply(&transaction, commit)?;
        match finish(transaction).await {
            Err(StoreError::Failed(error)) if error.name == "ConstraintError" => {
                Err(StoreError::Exists)
            }
            end => end,
        }
    }

    /// Reads the vault: its header, and the records that the engine holds in memory.
    /// From now on `holder` alone can write.
    pub(crate) async fn load(
        &self,
        holder: &Holder,
    ) -> Result<(Vec<u8>, Vec<SealedRecord>), StoreError> {
        let transaction = idb::begin(&self.inner, &all_stores(), Mode::WriteDurably)?;
        let vault = transaction.object_store(VAULT)?;
        vault.put_with_key(&bytes(&holder.0), &HOLDER.into())?;
        let header = vault.get(&HEADER.into())?;
        let mut found = Vec::new();
        for store in Store::ALL.iter().copied().filter(|store| store.in_memory()) {
            found.push(Found::request(store, &transaction, None)?);
        }
        finish(transaction).await?;
        let header = header.result()?;
        if header.is_undefined() {
            return Err(StoreError::Missing);
        }
        let mut records = Vec::new();
        for found in found {
            found.read(&mut records)?;
        }
        Ok((Uint8Array::new(&header).to_vec(), records))
    }

    /// Makes a batch durable, as one.
    pub(crate) async fn commit(
        &self,
        changes: &[SealedChange],
        holder: &Holder,
    ) -> Result<(), StoreError> {
        let mut stores: Vec<&str> = changes.iter().map(|change| change.store.name()).collect();
        stores.push(VAULT);
        stores.sort_unstable();
        stores.dedup();
        let transaction = idb::begin(&self.inner, &stores, Mode::WriteDurably)?;
        let check = transaction.object_store(VAULT)?.get(&HOLDER.into())?;
        let checked = abort_unless(&check, holder.0.to_vec(), &transaction);
        apply(&transaction, changes)?;
        let end = finish(transaction).await;
        check.set_onsuccess(None);
        drop(checked);
        end
    }

    /// Reads the records of one store whose keys begin with the scan's prefix.
    pub(crate) async fn scan(&self, scan: &Scan) -> Result<Vec<SealedRecord>, StoreError> {
        let transaction = idb::begin(&self.inner, &[scan.store.name()], Mode::Read)?;
        let found = Found::request(scan.store, &transaction, prefix_range(&scan.prefix)?)?;
        finish(transaction).await?;
        let mut records = Vec::new();
        found.read(&mut records)?;
        Ok(records)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.inner.set_onversionchange(None);
        self.inner.close();
    }
}

/// Records that a transaction was asked for.
struct Found {
    store: Store,
    keys: IdbRequest,
    values: IdbRequest,
}

impl Found {
    fn request(
        store: Store,
        transaction: &IdbTransaction,
        range: Option<IdbKeyRange>,
    ) -> Result<Self, StoreError> {
        let objects: IdbObjectStore = transaction.object_store(store.name())?;
        let range = range.map_or(JsValue::UNDEFINED, JsValue::from);
        Ok(Self {
            store,
            keys: objects.get_all_keys_with_key(&range)?,
            values: objects.get_all_with_key(&range)?,
        })
    }

    fn read(self, into: &mut Vec<SealedRecord>) -> Result<(), StoreError> {
        let keys: Array = self.keys.result()?.dyn_into()?;
        let values: Array = self.values.result()?.dyn_into()?;
        for (key, value) in keys.iter().zip(values.iter()) {
            into.push(SealedRecord {
                store: self.store,
                key: key.as_string().unwrap_or_default(),
                value: Uint8Array::new(&value).to_vec(),
            });
        }
        Ok(())
    }
}

/// The object stores of the newest version.
#[cfg(test)]
pub(crate) fn known_stores() -> Vec<&'static str> {
    MIGRATIONS.iter().copied().flatten().copied().collect()
}

fn all_stores() -> Vec<&'static str> {
    let names = Store::ALL.iter().map(|store| store.name());
    names.chain([VAULT]).collect()
}

fn apply(transaction: &IdbTransaction, changes: &[SealedChange]) -> Result<(), StoreError> {
    for SealedChange { store, key, value } in changes {
        let objects = transaction.object_store(store.name())?;
        let key = JsValue::from_str(key);
        match value {
            Some(value) => objects.put_with_key(&bytes(value), &key)?,
            None => objects.delete(&key)?,
        };
    }
    Ok(())
}

/// Aborts the transaction when the record that `check` reads is another. To be kept until its end.
fn abort_unless(
    check: &IdbRequest,
    expected: Vec<u8>,
    transaction: &IdbTransaction,
) -> Closure<dyn FnMut(Event)> {
    let request = check.clone();
    let transaction = transaction.clone();
    let on_success = Closure::once(move |_: Event| {
        let found = request.result().unwrap_or_default();
        let same = !found.is_undefined() && Uint8Array::new(&found).to_vec() == expected;
        if !same {
            // Fails only when the transaction is aborted already.
            let _ = transaction.abort();
        }
    });
    check.set_onsuccess(Some(on_success.as_ref().unchecked_ref()));
    on_success
}

async fn finish(transaction: IdbTransaction) -> Result<(), StoreError> {
    idb::finished(transaction)
        .await
        .map_err(|aborted| match aborted {
            Aborted::Wanted => StoreError::Superseded,
            Aborted::Failed(error) => StoreError::Failed(error),
        })
}

/// All keys that begin with the prefix; all keys at all for an empty one.
fn prefix_range(prefix: &str) -> Result<Option<IdbKeyRange>, StoreError> {
    if prefix.is_empty() {
        return Ok(None);
    }
    // No key continues with U+FFFF, which is no character.
    let end = format!("{prefix}\u{ffff}");
    Ok(Some(IdbKeyRange::bound(&prefix.into(), &end.into())?))
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

impl<E: Into<IdbError>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Superseded => Refusal::busy(),
            StoreError::Exists => Refusal::exists(),
            StoreError::Missing => Refusal::missing(),
            StoreError::Failed(IdbError { name, message }) => match name.as_str() {
                "QuotaExceededError" => Refusal::store(
                    "The browser has no room left to save to.",
                    "Free some space on this device, then unlock again.",
                ),
                "VersionError" => Refusal::store(
                    "The vault was written by a newer version of Sotto.",
                    "Reload the page to get that version.",
                ),
                _ => Refusal::store(
                    format!("The browser could not save: {message} ({name})."),
                    "Unlock again; if it happens again, restart the browser.",
                ),
            },
        }
    }
}
