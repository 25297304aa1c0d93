//! The sealed records on disk: one SQLite database, one transaction for a batch.
//!
//! What is in here was sealed by the core; this module cannot open any of it.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use sotto_client_core::{
    api::{ApiError, ApiErrorCode},
    client::{Scan, SealedChange, SealedRecord},
    engine::Store,
};

use crate::{error::defect, home::private_file};

/// The layout of the tables. Raised with each migration.
const SCHEMA: i64 = 1;

const TABLES: &str = "
    CREATE TABLE vault (only INTEGER PRIMARY KEY CHECK (only = 1), header BLOB NOT NULL);
    CREATE TABLE records (
        store TEXT NOT NULL,
        key   TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (store, key)
    ) WITHOUT ROWID;
";

/// What can go wrong with the records.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is no database, or a damaged one.
    #[error("the vault's database is damaged: {0}")]
    Damaged(#[source] rusqlite::Error),
    /// A newer Sotto wrote it.
    #[error("expected a vault of layout {SCHEMA} or older, found {found}")]
    Newer {
        /// Its layout.
        found: i64,
    },
    /// A record of a store that this version does not have.
    #[error("expected a store of this version, found {0:?}")]
    UnknownStore(String),
    /// Disk full, no permission, and the like.
    #[error("the vault's database cannot be used: {0}")]
    Failed(#[source] rusqlite::Error),
    /// The new header is stored, and the files still hold the one before.
    #[error(
        "the vault opens with the new passphrase, but its files still hold what opens with the old one"
    )]
    OldHeaderLeft {
        /// What kept it, unless a reader did.
        source: Option<rusqlite::Error>,
    },
    /// The file cannot be made or read.
    #[error("the vault's database cannot be opened: {0}")]
    File(#[from] std::io::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged(error),
            _ => Self::Failed(error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let message = format!("Sotto's records: {error}.");
        let (code, next_step) = match error {
            StoreError::Damaged(_) => (
                ApiErrorCode::VaultDamaged,
                "Restore the home directory from a backup, or start anew in another one with `sotto --home DIR init`.",
            ),
            StoreError::Newer { .. } | StoreError::UnknownStore(_) => (
                ApiErrorCode::VaultDamaged,
                "Update `sotto` to the version that last opened this vault.",
            ),
            // Whoever closes the database last cuts its log.
            StoreError::OldHeaderLeft { .. } => (
                ApiErrorCode::StoreFailed,
                "Stop every `sotto` that runs, then run `sotto status --offline`: it removes the rest.",
            ),
            StoreError::Failed(_) | StoreError::File(_) => (
                ApiErrorCode::StoreFailed,
                "Check that the disk has room and that the home directory is yours to write, then try again.",
            ),
        };
        Self::new(code, message, next_step)
    }
}

/// The open database. Clones share it; the calls that wait for the disk run
/// on a thread of their own.
#[derive(Debug, Clone)]
pub struct RecordStore {
    connection: Arc<Mutex<Connection>>,
}

impl RecordStore {
    /// Opens the database at `path`, or makes it, with mode 0600.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the file is no database, [`StoreError::Newer`]
    /// when a newer version wrote it, and the failures of the disk.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite gives its side files the mode of the database.
        drop(private_file(path)?);
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "secure_delete", true)?;
        migrate(&mut connection)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// The vault's header, where one was made.
    ///
    /// # Errors
    ///
    /// As the disk fails.
    pub fn header(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let header = self
            .lock()
            .query_row("SELECT header FROM vault", [], |row| row.get(0))
            .optional()?;
        Ok(header)
    }

    /// Stores a new vault: header and first records in one transaction.
    ///
    /// # Errors
    ///
    /// As the disk fails; also when there is a header already.
    pub fn create(&self, header: &[u8], batch: &[SealedChange]) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO vault (only, header) VALUES (1, ?1)",
            params![header],
        )?;
        apply(&transaction, batch)?;
        Ok(transaction.commit()?)
    }

    /// Puts a header in the place of `old`, of which the files keep nothing; `false` when there is
    /// another by now.
    ///
    /// # Errors
    ///
    /// [`StoreError::OldHeaderLeft`] once the new one is stored, and the failures of the disk.
    pub fn replace_header(&self, old: &[u8], new: &[u8]) -> Result<bool, StoreError> {
        let connection = self.lock();
        let replaced = connection.execute(
            "UPDATE vault SET header = ?2 WHERE header = ?1",
            params![old, new],
        )?;
        if replaced == 0 {
            return Ok(false);
        }
        // Until the log is copied into the database and cut, the database holds the old header.
        let cut = "PRAGMA wal_checkpoint(TRUNCATE)";
        match connection.query_row(cut, [], |row| row.get("busy")) {
            Ok(false) => Ok(true),
            Ok(true) => Err(StoreError::OldHeaderLeft { source: None }),
            Err(error) => Err(StoreError::OldHeaderLeft {
                source: Some(error),
            }),
        }
    }

    /// Makes a batch durable as a whole, or not at all.
    ///
    /// # Errors
    ///
    /// As the disk fails; then nothing of the batch was stored.
    pub fn commit(&self, batch: &[SealedChange]) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        apply(&transaction, batch)?;
        Ok(transaction.commit()?)
    }

    /// Every record of the stores that the core holds in memory.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownStore`] when a newer version wrote it, and the failures of the disk.
    pub fn load(&self) -> Result<Vec<SealedRecord>, StoreError> {
        let connection = self.lock();
        let mut names = connection.prepare("SELECT DISTINCT store FROM records")?;
        for name in names.query_map([], |row| row.get::<_, String>(0))? {
            let name = name?;
            if name.parse::<Store>().is_err() {
                return Err(StoreError::UnknownStore(name));
            }
        }
        let mut records = Vec::new();
        let mut statement =
            connection.prepare("SELECT key, value FROM records WHERE store = ?1 ORDER BY key")?;
        for &store in Store::ALL.iter().filter(|store| store.in_memory()) {
            let rows = statement.query_map([store.name()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            for row in rows {
                let (key, value) = row?;
                records.push(SealedRecord { store, key, value });
            }
        }
        Ok(records)
    }

    /// What a query wants read: the records of one store whose key begins so.
    ///
    /// # Errors
    ///
    /// As the disk fails.
    pub fn scan(&self, scan: &Scan) -> Result<Vec<SealedRecord>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT key, value FROM records
             WHERE store = ?1 AND key >= ?2 AND substr(key, 1, length(?2)) = ?2 ORDER BY key",
        )?;
        let rows = statement.query_map(params![scan.store.name(), scan.prefix], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let mut records = Vec::new();
        for row in rows {
            let (key, value) = row?;
            records.push(SealedRecord {
                store: scan.store,
                key,
                value,
            });
        }
        Ok(records)
    }

    /// Runs one of the calls above where it may wait for the disk.
    ///
    /// # Errors
    ///
    /// As the call itself, in the core's terms.
    pub(crate) async fn on_disk<T, F>(&self, call: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.clone();
        match tokio::task::spawn_blocking(move || call(&store)).await {
            Ok(result) => result.map_err(ApiError::from),
            Err(error) => Err(defect(error)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Connection> {
        // A transaction that a panic cut off was rolled back when it was dropped.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match found {
        0 => {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", SCHEMA)?;
        }
        SCHEMA => {}
        found => return Err(StoreError::Newer { found }),
    }
    Ok(transaction.commit()?)
}

fn apply(transaction: &Transaction<'_>, batch: &[SealedChange]) -> Result<(), StoreError> {
    let mut put = transaction.prepare_cached(
        "INSERT INTO records (store, key, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
    )?;
    let mut delete =
        transaction.prepare_cached("DELETE FROM records WHERE store = ?1 AND key = ?2")?;
    for change in batch {
        let store = change.store.name();
        match &change.value {
            Some(value) => put.execute(params![store, change.key, value])?,
            None => delete.execute(params![store, change.key])?,
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests;
