//! A vault and the engine in it: what every shell drives.
//!
//! The shell owns socket, store, clock and randomness, and this type owns
//! everything else. Records leave it only sealed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rand_core::CryptoRng;

use crate::{
    api::{Answer, ApiError, ApiErrorCode, Notice, Query, sentence},
    engine::{Change, Effect, Engine, Input, Store},
    invitation,
    joining::Joining,
    linking::{self, DeviceLink},
    node::Node,
    vault::{Vault, VaultError, VaultHeader},
};

/// Who is to be: what a person says of themselves when they make a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name that contacts see, at most 200 characters.
    pub name: String,
    /// The relay's address, `http(s)://host[:port]`.
    pub relay: String,
    /// IANA name of the time zone.
    pub time_zone: String,
    /// What the user's devices call this one, as far as it is text of at most 200 characters; empty for
    /// no name.
    pub device_name: String,
}

impl Profile {
    /// Whether a vault can be made for it, so that a shell can say so before it asks for a passphrase.
    ///
    /// # Errors
    ///
    /// `value_invalid` when the name, the relay's address or the time zone cannot be used.
    pub fn check(&self) -> Result<(), ApiError> {
        Engine::check_profile(&self.name, &self.relay, &self.time_zone).map(drop)
    }
}

/// A record to write, or to delete where `value` is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedChange {
    /// The object store.
    pub store: Store,
    /// The record's key in it.
    pub key: String,
    /// Sealed.
    pub value: Option<Vec<u8>>,
}

/// A record as the shell's store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// The object store.
    pub store: Store,
    /// The record's key in it.
    pub key: String,
    /// Sealed.
    pub value: Vec<u8>,
}

/// A new client. The shell makes header and records durable before anything else.
pub struct Created {
    /// It.
    pub client: Client,
    /// The vault's header, to be stored as it is.
    pub header: Vec<u8>,
    /// The first records.
    pub commit: Vec<SealedChange>,
}

/// A client from its records.
pub struct Opened {
    /// It.
    pub client: Client,
    /// Records that could not be read; the client goes on without them, and the shell keeps them.
    pub damaged: Vec<(Store, String)>,
}

/// What the shell does about an input: commit, then act. See [`crate::engine::Output`].
#[derive(Debug, Default)]
#[must_use = "make `commit` durable, then carry out `effects`"]
pub struct Step {
    /// One atomic batch.
    pub commit: Vec<SealedChange>,
    /// To do after the batch is durable, in order.
    pub effects: Vec<Effect>,
    /// What a user interface may want to redraw.
    pub notices: BTreeSet<Notice>,
    /// When to send [`Input::Woken`]; replaces earlier times.
    pub wake_at: Option<Timestamp>,
}

/// Records that the shell has to read for a query: all whose key begins with `prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The object store.
    pub store: Store,
    /// The beginning of the keys.
    pub prefix: String,
}

/// A vault and the engine in it.
pub struct Client {
    vault: Vault,
    node: Node,
}

impl Client {
    /// Makes an identity, and a vault for it.
    ///
    /// # Errors
    ///
    /// When name, address, time zone or passphrase cannot be used.
    pub fn create(
        profile: &Profile,
        passphrase: &str,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Created, ApiError> {
        let Profile {
            name,
            relay,
            time_zone,
            device_name,
        } = profile;
        let (engine, output) = Engine::create(name, relay, time_zone, device_name, now, rng)?;
        let (vault, header) = Vault::create(passphrase, rng)?;
        Self::created(
            vault,
            header,
            Node::Running(Box::new(engine)),
            output.persist,
            rng,
        )
    }

    /// Makes the keys of a device that asks to be added to the account of a link, and a vault for them.
    /// `name` is what the device is to be called. [`Query::Joining`] says how far it has come.
    ///
    /// # Errors
    ///
    /// When link, name or passphrase cannot be used.
    pub fn join(
        link: &DeviceLink,
        name: &str,
        passphrase: &str,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Created, ApiError> {
        let (joining, output) = Joining::begin(link, name, now, rng)?;
        let (vault, header) = Vault::create(passphrase, rng)?;
        Self::created(
            vault,
            header,
            Node::Joining(Box::new(joining)),
            output.persist,
            rng,
        )
    }

    fn created(
        vault: Vault,
        header: VaultHeader,
        node: Node,
        changes: Vec<Change>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Created, ApiError> {
        let commit = seal(&vault, changes, rng)?;
        Ok(Created {
            client: Self { vault, node },
            header: header.into_bytes(),
            commit,
        })
    }

    /// Opens the vault and takes up where its records left off: all records of
    /// the stores that are [`in_memory`](Store::in_memory).
    ///
    /// # Errors
    ///
    /// A wrong passphrase, a damaged vault, and records without which nothing
    /// goes on are three different [`ApiErrorCode`]s or messages.
    pub fn open(
        header: &[u8],
        passphrase: &str,
        records: impl IntoIterator<Item = SealedRecord>,
    ) -> Result<Opened, ApiError> {
        let vault = Vault::open(header, passphrase)?;
        let mut damaged = Vec::new();
        let mut clear = Vec::new();
        for SealedRecord { store, key, value } in records {
            match vault.open_record(store.name(), &key, &value) {
                Ok(value) => clear.push((store, key, value)),
                Err(_) => damaged.push((store, key)),
            }
        }
        let loaded = Node::load(clear.into_iter()).map_err(|error| {
            ApiError::new(
                ApiErrorCode::VaultDamaged,
                format!("The vault is damaged: {error}."),
                "Nothing was changed. Restore the vault's files from a copy.",
            )
        })?;
        damaged.extend(loaded.damaged);
        Ok(Opened {
            client: Self {
                vault,
                node: loaded.node,
            },
            damaged,
        })
    }

    /// Takes what happened, and says what to do about it.
    ///
    /// # Errors
    ///
    /// When a record cannot be sealed: the client is ahead of its store then, and has to be opened anew.
    pub fn handle(
        &mut self,
        input: Input,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<Step, ApiError> {
        let output = self.node.handle(input, now, rng);
        let commit = seal(&self.vault, output.persist, rng)?;
        let (effects, notices, wake_at) = (output.effects, output.notices, output.wake_at);
        Ok(Step {
            commit,
            effects,
            notices,
            wake_at,
        })
    }

    /// What the shell must read from its store before it can ask `query`.
    pub fn scan_for(&self, query: &Query) -> Option<Scan> {
        self.node
            .scan_for(query)
            .map(|(store, prefix)| Scan { store, prefix })
    }

    /// Looks something up; `scanned` are the records that [`scan_for`](Self::scan_for) asked for.
    ///
    /// # Errors
    ///
    /// [`ApiError`] when there is nothing of that name, or the request is not understood.
    pub fn query(
        &self,
        query: &Query,
        scanned: Vec<SealedRecord>,
        now: Timestamp,
    ) -> Result<Answer, ApiError> {
        let clear = scanned.into_iter().filter_map(|record| {
            let opened = self
                .vault
                .open_record(record.store.name(), &record.key, &record.value);
            opened.ok()
        });
        self.node.query(query, clear, now)
    }
}

/// The header of a vault under another passphrase. No record changes, and who has the vault open
/// goes on; the old header opens it for as long as a copy of it exists.
///
/// # Errors
///
/// What [`Vault::open`] says about the header and the current passphrase, and
/// [`Vault::rewrap`] about the new one.
pub fn change_passphrase(
    header: &[u8],
    current: &str,
    new: &str,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, ApiError> {
    let vault = Vault::open(header, current)?;
    Ok(vault.rewrap(new, rng)?.into_bytes())
}

/// Answers what can be answered before there is a vault, or while it is closed:
/// what an invitation says, or a link that adds a device. `None` for every other query.
pub fn answer_without_vault(query: &Query) -> Option<Result<Answer, ApiError>> {
    match query {
        Query::InspectInvitation { link } => {
            Some(invitation::inspect(link).map(Answer::InvitationPreview))
        }
        Query::InspectLink { link } => Some(linking::inspect(link).map(Answer::LinkPreview)),
        _ => None,
    }
}

/// Later changes of a record replace earlier ones, so that a batch has one for each key.
fn seal(
    vault: &Vault,
    changes: Vec<Change>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<SealedChange>, ApiError> {
    let mut last = std::collections::BTreeMap::new();
    for Change { store, key, value } in changes {
        last.insert((store, key), value);
    }
    let seal_one =
        |((store, key), value): ((Store, String), Option<zeroize::Zeroizing<Vec<u8>>>)| {
            let value = match value {
                Some(value) => Some(vault.seal(store.name(), &key, &value, rng)?),
                None => None,
            };
            Ok(SealedChange { store, key, value })
        };
    last.into_iter().map(seal_one).collect()
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        let (code, next_step) = match &error {
            VaultError::WrongPassphrase => (
                ApiErrorCode::WrongPassphrase,
                "Try again; nothing is lost, and there is no limit of tries.",
            ),
            VaultError::PassphraseTooShort { .. }
            | VaultError::PassphraseTooLong { .. }
            | VaultError::PassphraseGuessable => (
                ApiErrorCode::ValueInvalid,
                "Choose another passphrase; three or four unrelated words work well.",
            ),
            VaultError::UnsupportedVersion { .. } => (
                ApiErrorCode::VaultDamaged,
                "Update Sotto, then open the vault again.",
            ),
            VaultError::TooLarge => (ApiErrorCode::LimitReached, "Import less at once."),
            VaultError::HeaderDamaged | VaultError::RoundsOutOfRange { .. } => (
                ApiErrorCode::VaultDamaged,
                "Nothing was changed. Restore the vault's files from a copy.",
            ),
        };
        Self::new(code, sentence(&error), next_step)
    }
}
