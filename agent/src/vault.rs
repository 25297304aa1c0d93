//! A vault from the disk: made or opened, with the lock that keeps it to this process.

use getrandom::SysRng;
use jiff::Timestamp;
use rand_core::{CryptoRng, UnwrapErr};
use sotto_client_core::{
    api::{Answer, ApiError, DeviceLink, JoiningView, Query},
    client::{Client, Created, Profile},
    engine::Store,
    vault::Vault,
};
use zeroize::Zeroizing;

use crate::{
    error::{
        defect, passphrase_changed, passphrase_unchanged, vault_exists, vault_missing,
        vault_unfinished,
    },
    home::{Home, VaultLock},
    store::RecordStore,
};

/// A passphrase, wiped from memory when it is dropped.
pub type Passphrase = Zeroizing<String>;

/// An open vault, ready for a [`shell`](crate::shell).
pub struct OpenVault {
    pub(crate) client: Client,
    pub(crate) store: RecordStore,
    pub(crate) lock: VaultLock,
    /// Records that could not be opened and were set apart.
    pub damaged: Vec<(Store, String)>,
}

impl OpenVault {
    /// How far the device has come, where it is still to be added to an account.
    ///
    /// # Errors
    ///
    /// Those of [`Client::query`].
    pub(crate) fn joining(&self) -> Result<Option<JoiningView>, ApiError> {
        let answer = self
            .client
            .query(&Query::Joining, Vec::new(), Timestamp::now())?;
        match answer {
            Answer::Joining(joining) => Ok(joining),
            _ => Ok(None),
        }
    }

    /// Deletes it for good; its home is free for another.
    ///
    /// # Errors
    ///
    /// `store_failed` when a file cannot be removed.
    pub(crate) fn discard(self, home: &Home) -> Result<VaultLock, ApiError> {
        let Self {
            client,
            store,
            lock,
            damaged: _,
        } = self;
        drop((client, store));
        home.remove_database(&lock)?;
        Ok(lock)
    }
}

/// Whether this home has a vault.
///
/// # Errors
///
/// When the database is damaged or cannot be read.
pub fn exists(home: &Home) -> Result<bool, ApiError> {
    Ok(home.has_database()? && RecordStore::open(&home.database())?.header()?.is_some())
}

/// Makes identity and vault, and stores them as one batch.
///
/// # Errors
///
/// `vault_exists`, what the core says about the profile or the passphrase,
/// and the failures of the disk.
pub async fn create(
    home: &Home,
    lock: VaultLock,
    profile: Profile,
    passphrase: Passphrase,
) -> Result<OpenVault, ApiError> {
    let made = move || Client::create(&profile, &passphrase, Timestamp::now(), &mut rng()?);
    store_new(home, lock, made).await
}

/// Makes the keys of a device that asks to be added to the account of a link, and a vault for them.
///
/// # Errors
///
/// `vault_exists`, what the core says about link, name or passphrase, and the failures of the disk.
pub async fn join(
    home: &Home,
    lock: VaultLock,
    link: DeviceLink,
    name: String,
    passphrase: Passphrase,
) -> Result<OpenVault, ApiError> {
    let made = move || Client::join(&link, &name, &passphrase, Timestamp::now(), &mut rng()?);
    store_new(home, lock, made).await
}

async fn store_new(
    home: &Home,
    lock: VaultLock,
    make: impl FnOnce() -> Result<Created, ApiError> + Send + 'static,
) -> Result<OpenVault, ApiError> {
    if exists(home)? {
        return Err(vault_exists(home.dir()));
    }
    let database = home.database();
    let made = move || {
        // A refusal leaves no database behind.
        let created = make()?;
        let store = RecordStore::open(&database)?;
        store.create(&created.header, &created.commit)?;
        Ok(OpenVault {
            client: created.client,
            store,
            lock,
            damaged: Vec::new(),
        })
    };
    slowly(made).await
}

/// Opens the vault of this home.
///
/// # Errors
///
/// `vault_missing`, `wrong_passphrase`, `vault_damaged`, and the failures of the disk.
pub async fn open(
    home: &Home,
    lock: VaultLock,
    passphrase: Passphrase,
) -> Result<OpenVault, ApiError> {
    if !home.has_database()? {
        return Err(vault_missing(home.dir()));
    }
    let store = RecordStore::open(&home.database())?;
    let unfinished = vault_unfinished(home.dir());
    let opened = move || {
        let header = store.header()?.ok_or(unfinished)?;
        let opened = Client::open(&header, &passphrase, store.load()?)?;
        for (store, key) in &opened.damaged {
            tracing::warn!(store = store.name(), key, "a damaged record was set apart");
        }
        Ok(OpenVault {
            client: opened.client,
            store,
            lock,
            damaged: opened.damaged,
        })
    };
    slowly(opened).await
}

/// A change of the passphrase, begun by who knows the one so far. It needs no lock: an agent that
/// has the vault open goes on.
pub struct PassphraseChange {
    store: RecordStore,
    header: Vec<u8>,
    vault: Vault,
}

impl PassphraseChange {
    /// Opens the vault of this home with the passphrase so far.
    ///
    /// # Errors
    ///
    /// `vault_missing`, `wrong_passphrase`, `vault_damaged`, and the failures of the disk.
    pub async fn begin(home: &Home, current: Passphrase) -> Result<Self, ApiError> {
        if !home.has_database()? {
            return Err(vault_missing(home.dir()));
        }
        let store = RecordStore::open(&home.database())?;
        let unfinished = vault_unfinished(home.dir());
        let begun = move || {
            let header = store.header()?.ok_or(unfinished)?;
            let vault = Vault::open(&header, &current)?;
            Ok(Self {
                store,
                header,
                vault,
            })
        };
        slowly(begun).await
    }

    /// Seals the vault under another passphrase.
    ///
    /// # Errors
    ///
    /// `value_invalid` for one that will not do or that the vault has already, `wrong_passphrase`
    /// when another command was faster, and the failures of the disk.
    pub async fn finish(self, new: Passphrase) -> Result<(), ApiError> {
        let finished = move || {
            // However its characters are composed: the vault knows its own passphrase.
            if Vault::open(&self.header, &new).is_ok() {
                return Err(passphrase_unchanged());
            }
            let header = self.vault.rewrap(&new, &mut rng()?)?;
            match self.store.replace_header(&self.header, header.as_bytes())? {
                true => Ok(()),
                false => Err(passphrase_changed()),
            }
        };
        slowly(finished).await
    }
}

/// The system's randomness.
///
/// # Errors
///
/// When there is none; afterwards it does not fail any more.
pub(crate) fn rng() -> Result<impl CryptoRng + Send + 'static, ApiError> {
    let mut probe = [0; 1];
    getrandom::fill(&mut probe).map_err(|error| defect(format!("no randomness: {error}")))?;
    Ok(UnwrapErr(SysRng))
}

/// The passphrase's rounds take a good part of a second.
async fn slowly<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(defect(error)))
}
