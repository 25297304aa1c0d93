//! The home directory of one identity: `vault.db`, `lock` and `agent.sock`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sotto_client_core::api::ApiError;

use crate::error::{store_failed, value_invalid};

/// Where one identity lives on disk.
///
/// The directory is made with mode 0700 and every file in it with 0600, so
/// that nobody else can read the records or reach the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    dir: PathBuf,
}

/// Held while the vault is open; dropped, or with the process, it is free again.
#[derive(Debug)]
#[must_use = "the vault is free again when this is dropped"]
pub struct VaultLock {
    _file: File,
}

impl Home {
    /// A home in this directory, whether it exists or not.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The directory that was asked for, else `$SOTTO_HOME`, else `$XDG_DATA_HOME/sotto`, else `~/.local/share/sotto`.
    ///
    /// # Errors
    ///
    /// `value_invalid` when nothing says where that would be.
    pub fn choose(asked: Option<PathBuf>) -> Result<Self, ApiError> {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let asked = asked.filter(|path| !path.as_os_str().is_empty());
        let given = asked.or_else(|| var("SOTTO_HOME").map(PathBuf::from));
        let data = || {
            // The XDG specification says that a relative path there is to be ignored.
            var("XDG_DATA_HOME")
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
                .or_else(|| var("HOME").map(|home| Path::new(&home).join(".local/share")))
                .map(|data| data.join("sotto"))
        };
        // Said in JSON and in messages, it has to be good in any directory.
        let absolute = |dir: PathBuf| std::path::absolute(&dir).unwrap_or(dir);
        let dir = given.or_else(data).map(absolute);
        dir.map(Self::at).ok_or_else(|| {
            value_invalid(
                "Neither SOTTO_HOME nor HOME is set, so there is no place for the vault.",
                "Name a directory with --home DIR.",
            )
        })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The database of sealed records.
    pub fn database(&self) -> PathBuf {
        self.dir.join("vault.db")
    }

    /// The socket of a running agent.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("agent.sock")
    }

    /// Makes the directory where it is missing.
    ///
    /// # Errors
    ///
    /// `store_failed` when it cannot be made.
    pub fn create(&self) -> Result<(), ApiError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)
            .map_err(|error| store_failed(format!("Cannot make {}", self.dir.display()), &error))
    }

    /// Takes the vault for this process, or `None` while another one has it.
    ///
    /// # Errors
    ///
    /// `store_failed` when the lock file cannot be made.
    pub fn try_lock(&self) -> Result<Option<VaultLock>, ApiError> {
        let path = self.dir.join("lock");
        let failed =
            |error: io::Error| store_failed(format!("Cannot lock {}", path.display()), &error);
        let file = private_file(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(VaultLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Deletes the database, with what SQLite keeps beside it.
    ///
    /// # Errors
    ///
    /// `store_failed` when a file cannot be removed.
    pub(crate) fn remove_database(&self, _held: &VaultLock) -> Result<(), ApiError> {
        // The database last: without it the others would be no vault's.
        for name in ["vault.db-shm", "vault.db-wal", "vault.db"] {
            let path = self.dir.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    let what = format!("Cannot remove {}", path.display());
                    return Err(store_failed(what, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether there may be a vault: its database exists.
    ///
    /// # Errors
    ///
    /// `store_failed` when the directory cannot be read.
    pub fn has_database(&self) -> Result<bool, ApiError> {
        let path = self.database();
        fs::exists(&path)
            .map_err(|error| store_failed(format!("Cannot read {}", path.display()), &error))
    }
}

/// Opens a file for reading and writing, made with mode 0600 where it is missing.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_directory_and_its_files_are_private() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::at(root.path().join("a/b"));
        home.create().unwrap();
        let _lock = home.try_lock().unwrap().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(home.dir()), 0o700);
        assert_eq!(mode(&home.dir().join("lock")), 0o600);
    }

    #[test]
    fn one_holder_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::at(root.path());
        let lock = home.try_lock().unwrap();
        assert!(lock.is_some());
        assert!(home.try_lock().unwrap().is_none());
        drop(lock);
        assert!(home.try_lock().unwrap().is_some());
    }

    #[test]
    fn an_explicit_directory_wins_and_an_empty_one_is_none() {
        let home = Home::choose(Some("/x/y".into())).unwrap();
        assert_eq!(home.dir(), Path::new("/x/y"));
        let fallback = Home::choose(Some("".into())).unwrap();
        assert!(fallback.dir().ends_with("sotto"));
        let here = std::env::current_dir().unwrap();
        let relative = Home::choose(Some("x/y".into())).unwrap();
        assert_eq!(relative.dir(), here.join("x/y"));
    }
}
