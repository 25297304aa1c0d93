//! Opens the database: the directory and its modes, the lock, the pragmas, the migrations.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// Each step takes the schema one version up; a step that was released never changes.
const MIGRATIONS: &[&str] = &[
    include_str!("schema-1.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
];
/// "Sott", so that the relay never writes into another program's database.
const APPLICATION_ID: i32 = 0x536f_7474;
const FILE: &str = "relay.sqlite";
const LOCK: &str = "relay.lock";
/// Rows that both connections look at often stay in memory.
const CACHED_STATEMENTS: usize = 64;

/// Why the database cannot be opened, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or written.
    #[error("cannot write to the data directory {}: {source}; set SOTTO_RELAY_DATA to one that this user may write to", directory.display())]
    Directory {
        /// Which.
        directory: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another relay runs on it.
    #[error("another relay uses the data directory {}; stop it, or set SOTTO_RELAY_DATA to a directory of this relay's own", directory.display())]
    InUse {
        /// Which.
        directory: PathBuf,
    },
    /// It is another program's.
    #[error("expected a relay's database in {}, found another program's; move it away or set SOTTO_RELAY_DATA", file.display())]
    Foreign {
        /// Which.
        file: PathBuf,
    },
    /// A newer relay wrote it.
    #[error("expected a database of version {known} at most in {}, found version {found}; run the newer relay that wrote it", file.display())]
    Newer {
        /// Which.
        file: PathBuf,
        /// What this relay knows.
        known: usize,
        /// What it is.
        found: usize,
    },
    /// SQLite refused.
    #[error("cannot open the database {}: {source}; restore it from a backup if it is damaged", file.display())]
    Sqlite {
        /// Which.
        file: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// Two connections to one database, and the lock that keeps other relays off.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) reader: Connection,
    pub(super) lock: File,
}

/// Opens the database in `directory`, and makes both when they are missing:
/// the directory for this user alone (0700), its files likewise (0600).
pub(super) fn open(directory: &Path) -> Result<Opened, OpenError> {
    let failed = |source| OpenError::Directory {
        directory: directory.to_owned(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(failed)?;
    let lock = private_file(&directory.join(LOCK)).map_err(failed)?;
    lock.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => OpenError::InUse {
            directory: directory.to_owned(),
        },
        std::fs::TryLockError::Error(source) => failed(source),
    })?;
    let file = directory.join(FILE);
    // SQLite gives its -wal and -shm files the mode of the database.
    private_file(&file).map_err(failed)?;

    let refused = |source| OpenError::Sqlite {
        file: file.clone(),
        source,
    };
    let mut writer = Connection::open(&file).map_err(refused)?;
    migrate(&mut writer, &file)?;
    settings(&writer).map_err(refused)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(&file, flags).map_err(refused)?;
    reader
        .busy_timeout(Duration::from_secs(5))
        .map_err(refused)?;
    reader.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(Opened {
        writer,
        reader,
        lock,
    })
}

fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn settings(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // With NORMAL a power cut could take back what was answered with Done.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // What is deleted shall be gone: freed pages are overwritten where that costs no further I/O.
    connection.pragma_update(None, "secure_delete", "FAST")
}

fn migrate(connection: &mut Connection, file: &Path) -> Result<(), OpenError> {
    let refused = |source| OpenError::Sqlite {
        file: file.to_owned(),
        source,
    };
    let number = |connection: &Connection, pragma: &str| {
        connection
            .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .map_err(refused)
    };
    let found = usize::try_from(number(connection, "user_version")?).unwrap_or(usize::MAX);
    let application = number(connection, "application_id")?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(refused)?;
    let ours = application == i64::from(APPLICATION_ID);
    if !ours && (tables > 0 || found > 0) {
        return Err(OpenError::Foreign {
            file: file.to_owned(),
        });
    }
    let known = MIGRATIONS.len();
    if found > known {
        return Err(OpenError::Newer {
            file: file.to_owned(),
            known,
            found,
        });
    }
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(found) {
        let transaction = connection.transaction().map_err(refused)?;
        let version = i64::try_from(step + 1).unwrap_or(i64::MAX);
        transaction
            .execute_batch(sql)
            .and_then(|()| transaction.pragma_update(None, "application_id", APPLICATION_ID))
            .and_then(|()| transaction.pragma_update(None, "user_version", version))
            .and_then(|()| transaction.commit())
            .map_err(refused)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn directory_and_files_are_for_this_user_alone() {
        let base = tempfile::tempdir().unwrap();
        let directory = base.path().join("a/b");
        let opened = open(&directory).unwrap();
        opened
            .writer
            .execute("INSERT INTO probe VALUES (1, 1)", [])
            .unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        for file in std::fs::read_dir(&directory).unwrap() {
            let path = file.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
        let journal: String = opened
            .writer
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        let synchronous: i64 = opened
            .writer
            .pragma_query_value(None, "synchronous", |row| row.get(0))
            .unwrap();
        assert_eq!((journal.as_str(), synchronous), ("wal", 2));
    }

    #[test]
    fn one_relay_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let first = open(directory.path()).unwrap();
        assert!(matches!(
            open(directory.path()),
            Err(OpenError::InUse { .. })
        ));
        drop(first);
        assert!(open(directory.path()).is_ok());
    }

    #[test]
    fn databases_of_others_and_of_newer_relays_are_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE);
        Connection::open(&file)
            .unwrap()
            .execute_batch("CREATE TABLE theirs (x)")
            .unwrap();
        assert!(matches!(
            open(directory.path()),
            Err(OpenError::Foreign { .. })
        ));
        std::fs::remove_file(&file).unwrap();
        open(directory.path())
            .unwrap()
            .writer
            .pragma_update(None, "user_version", 99)
            .unwrap();
        assert!(matches!(
            open(directory.path()),
            Err(OpenError::Newer { found: 99, .. })
        ));
        std::fs::write(
            &file,
            "no database at all, but long enough to be read as one ......",
        )
        .unwrap();
        assert!(matches!(
            open(directory.path()),
            Err(OpenError::Sqlite { .. })
        ));
    }

    #[test]
    fn a_directory_that_cannot_be_made_says_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let message = open(&file.join("data")).unwrap_err().to_string();
        assert!(message.contains("set SOTTO_RELAY_DATA"), "{message}");
    }
}
