//! A new engine, and one from its records.

use jiff::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sotto_protocol::{frames::DeviceList, id::DeviceId};
use zeroize::Zeroizing;

use super::{
    Context, Engine, Output, Profile, Store,
    introducing::TOLD,
    peers::CONTINUITY,
    renewing::{RENEWAL, Renewal},
    supplying::SUPPLY_KEY,
};
use crate::{
    api::{ApiError, ApiErrorCode, Preferences, sentence},
    connection::Connection,
    history::COUNTER_KEY,
    identity::{AccountKey, Device, IdentityError, LocalIdentity},
    kept::KEPT,
    local_id::ContactId,
    message::MAX_TEXT_CHARS,
    record,
    relay_url::RelayUrl,
    session::DeviceSessions,
    sharing::Way,
};

pub(super) const PROFILE_KEY: &str = "profile";
pub(super) const IDENTITY_KEY: &str = "identity";
pub(super) const DEVICES_KEY: &str = "devices";
pub(super) const LINK_KEY: &str = "link";
pub(super) const SHARING_KEY: &str = "sharing";
pub(super) const PREFERENCES_KEY: &str = "preferences";
pub(super) const PREKEYS_KEY: &str = "own";

/// The keys of this device and, where it may change the list of devices, the account's.
#[derive(Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) account: Option<AccountKey>,
    pub(super) local: LocalIdentity,
}

/// Records without which there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// One of them is not there.
    #[error("the record of the {0} is missing")]
    Missing(&'static str),
    /// One of them cannot be read.
    #[error("the record of the {what} is damaged: {source}")]
    Damaged {
        /// Which.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
}

/// An engine from its records.
pub struct Loaded {
    /// It.
    pub engine: Engine,
    /// Records that could not be read; the engine goes on without them.
    pub damaged: Vec<(Store, String)>,
}

impl Engine {
    /// Makes a new identity. `device_name` is what this device is to be called on all of the user's, as far
    /// as it is text; empty for no name. The output holds its records; nothing may happen before they are durable.
    ///
    /// # Errors
    ///
    /// When the name, the relay's address or the time zone cannot be used.
    pub fn create(
        name: &str,
        relay: &str,
        time_zone: &str,
        device_name: &str,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Output), ApiError> {
        let (profile, preferences) = Self::check_profile(name, relay, time_zone)?;
        let mut cx = Context::new(now, rng);
        let account = AccountKey::generate(cx.rng);
        let local = first_device(&account, &mut cx).map_err(|error| {
            ApiError::new(
                ApiErrorCode::StoreFailed,
                format!("No keys could be made: {error}."),
                "Try again.",
            )
        })?;
        let account = Some(account);
        let identity = Identity { account, local };
        let mut engine = Self::assemble(profile, &identity, preferences);
        let device = engine.identity.device().id();
        engine.own_devices.added(device, true, now);
        let list = engine.identity.devices();
        engine.own_devices.told_name(device, device_name, list, now);
        engine.put_essential(&identity, &mut cx);
        Ok((engine, cx.into_output(None)))
    }

    /// The engine of a device that was added to an account by `keeper`. Its records go into the batch.
    pub(crate) fn join(
        profile: (&str, &RelayUrl),
        preferences: Preferences,
        keys: (Option<AccountKey>, LocalIdentity),
        keeper: DeviceId,
        called: &str,
        ways: Vec<Way>,
        cx: &mut Context<'_>,
    ) -> Self {
        let (name, relay) = profile;
        let profile = Profile {
            name: name.to_owned(),
            relay: relay.clone(),
        };
        let (account, local) = keys;
        let identity = Identity { account, local };
        let mut engine = Self::assemble(profile, &identity, preferences);
        let device = engine.identity.device().id();
        engine.own_devices.added(keeper, true, cx.now);
        let is_keeper = engine.account_key.is_some();
        engine.own_devices.added(device, is_keeper, cx.now);
        engine
            .own_devices
            .rename(device, Some(called.to_owned()), cx.now);
        engine.put_essential(&identity, cx);
        engine.add_ways(&ContactId::own(), ways, cx);
        engine
    }

    /// Numbers the sockets after those by which the device was added.
    pub(crate) fn continue_after(&mut self, earlier: &Connection) {
        self.connection.continue_after(earlier);
    }

    fn put_essential(&self, identity: &Identity, cx: &mut Context<'_>) {
        cx.put(Store::Users, PROFILE_KEY, &self.profile);
        cx.put(Store::Users, IDENTITY_KEY, identity);
        cx.put(Store::Users, DEVICES_KEY, &self.own_devices);
        cx.put(Store::Agents, PREFERENCES_KEY, &self.preferences);
        cx.put(Store::Prekeys, PREKEYS_KEY, &self.prekeys);
    }

    /// What a person says of themselves at the beginning, if it can be used.
    pub(crate) fn check_profile(
        name: &str,
        relay: &str,
        time_zone: &str,
    ) -> Result<(Profile, Preferences), ApiError> {
        let name = name.trim();
        let fits = !name.is_empty()
            && name.chars().count() <= MAX_TEXT_CHARS
            && !name.contains(char::is_control);
        if !fits {
            return Err(ApiError::new(
                ApiErrorCode::ValueInvalid,
                "The name is empty or longer than 200 characters.",
                "Choose a name by which your contacts know you.",
            ));
        }
        let relay: RelayUrl = relay.parse().map_err(|error| {
            let next_step = "Use the address under which you open the relay in a browser.";
            ApiError::new(ApiErrorCode::ValueInvalid, sentence(&error), next_step)
        })?;
        let preferences = Preferences::new(time_zone);
        preferences.check()?;
        let name = name.to_owned();
        Ok((Profile { name, relay }, preferences))
    }

    /// Takes up where the records left off: all records of the stores that are [`in_memory`](Store::in_memory).
    ///
    /// # Errors
    ///
    /// [`LoadError`] when there is no engine without what is missing.
    pub fn load(
        records: impl Iterator<Item = (Store, String, Zeroizing<Vec<u8>>)>,
    ) -> Result<Loaded, LoadError> {
        let mut essential = Essential::default();
        let mut others = Vec::new();
        for (store, key, value) in records {
            match (store, key.as_str()) {
                (Store::Users, PROFILE_KEY) => essential.profile = Some(value),
                (Store::Users, IDENTITY_KEY) => essential.identity = Some(value),
                (Store::Agents, PREFERENCES_KEY) => essential.preferences = Some(value),
                (Store::Prekeys, PREKEYS_KEY) => essential.prekeys = Some(value),
                _ => others.push((store, key, value)),
            }
        }
        let mut engine = essential.into_engine()?;
        let mut damaged = Vec::new();
        for (store, key, value) in others {
            if !engine.take_record(store, &key, &value) {
                damaged.push((store, key));
            }
        }
        engine.inbox.loaded();
        if engine.check_listed().is_err() {
            engine.connection.never();
        }
        Ok(Loaded { engine, damaged })
    }

    fn assemble(profile: Profile, identity: &Identity, preferences: Preferences) -> Self {
        Self {
            connection: Connection::new(profile.relay.clone()),
            profile,
            identity: identity.local.clone(),
            account_key: identity.account.clone(),
            own_devices: Default::default(),
            link: None,
            preferences,
            prekeys: Default::default(),
            supply: Default::default(),
            fingerprint: Default::default(),
            pending: Default::default(),
            refused_mailboxes: Default::default(),
            mailboxes_retry_at: None,
            prekeys_check_at: None,
            look_at: None,
            withheld: None,
            problem: None,
            mailboxes: Default::default(),
            outbox: Default::default(),
            inbox: Default::default(),
            invitations: Default::default(),
            contacts: Default::default(),
            peers: Default::default(),
            sessions: Default::default(),
            renewals: Default::default(),
            kept: Default::default(),
            sharing: Default::default(),
            asked_since_start: false,
            told: Default::default(),
            to_meet: Default::default(),
            unshared: Default::default(),
            untold_meetings: Default::default(),
            shared: Default::default(),
            accepting: Vec::new(),
            agenda: Default::default(),
            negotiations: Default::default(),
            history: Default::default(),
        }
    }

    /// Whether the record could be read.
    fn take_record(&mut self, store: Store, key: &str, value: &[u8]) -> bool {
        match store {
            Store::Connections => self.take_connection(key, value).is_some(),
            Store::Sessions => self.take_session(key, value).is_some(),
            Store::Invitations => record::decode(value)
                .map(|own: crate::invitation::OwnInvitation| {
                    self.invitations.insert(own.id.clone(), own)
                })
                .is_ok(),
            Store::Conversations => record::decode(value)
                .map(|own: crate::negotiation::Negotiation| {
                    self.negotiations.insert(own.id.clone(), own)
                })
                .is_ok(),
            Store::Mailboxes => self.mailboxes.load(value).is_ok(),
            Store::Outbox if key.starts_with(KEPT) => self.kept.load(value).is_ok(),
            Store::Outbox => self.outbox.load(value).is_ok(),
            Store::Inbox => self.inbox.load(key, value),
            Store::CalendarEvents => self.agenda.load(value).is_ok(),
            Store::Agents if key == COUNTER_KEY => record::decode(value)
                .map(|next| self.history.next_order = next)
                .is_ok(),
            Store::Agents => self.history.load_page(key, value).is_some(),
            Store::Users if key == DEVICES_KEY => record::decode(value)
                .map(|own| self.own_devices = own)
                .is_ok(),
            Store::Users if key == SHARING_KEY => record::decode(value)
                .map(|sharing| self.sharing = sharing)
                .is_ok(),
            Store::Users if key == LINK_KEY => record::decode(value)
                .map(|link| self.link = Some(link))
                .is_ok(),
            Store::Prekeys if key == SUPPLY_KEY => record::decode(value)
                .map(|supply| self.supply = supply)
                .is_ok(),
            Store::Users | Store::Prekeys | Store::Messages => false,
        }
    }
}

impl Engine {
    /// A contact, one of their devices, or what a lost session with that can be opened anew by.
    fn take_connection(&mut self, key: &str, value: &[u8]) -> Option<()> {
        if let Some(peer) = key.strip_suffix(CONTINUITY) {
            let peer = peer.parse().ok()?;
            let continuity = record::decode(value).ok()?;
            let sessions = self.sessions.remove(&peer).unwrap_or_default();
            let sessions = DeviceSessions::load(Some(sessions.sessions().clone()), continuity);
            self.sessions.insert(peer, sessions);
        } else if let Some(owner) = key.strip_suffix(TOLD) {
            let owner = ContactId::parse(owner)?;
            self.told.insert(owner.clone(), record::decode(value).ok()?);
            self.look_whom_to_meet(&owner);
        } else if key.contains('/') {
            self.peers.insert(record::decode(value).ok()?);
        } else {
            self.contacts.insert(record::decode(value).ok()?);
        }
        Some(())
    }

    /// The sessions with a contact's device, or what the contact is about to become.
    fn take_session(&mut self, key: &str, value: &[u8]) -> Option<()> {
        if key.ends_with(RENEWAL) {
            let renewal: Renewal = record::decode(value).ok()?;
            let contact = renewal.peer.key.contact().clone();
            self.renewals.insert(contact, renewal);
        } else {
            let peer = key.parse().ok()?;
            let sessions = record::decode(value).ok()?;
            let known = self.sessions.remove(&peer).unwrap_or_default();
            let continuity = known.continuity().cloned();
            self.sessions
                .insert(peer, DeviceSessions::load(Some(sessions), continuity));
        }
        Some(())
    }
}

fn first_device(
    account: &AccountKey,
    cx: &mut Context<'_>,
) -> Result<LocalIdentity, IdentityError> {
    let device = Device::generate(cx.rng);
    let list = DeviceList {
        account_key: account.id().to_vec(),
        version: 1,
        created_at_ms: u64::try_from(cx.now.as_millisecond()).unwrap_or(0),
        devices: vec![device.entry()],
    };
    LocalIdentity::new(&account.id(), device, &account.sign_device_list(&list))
}

#[derive(Default)]
struct Essential {
    profile: Option<Zeroizing<Vec<u8>>>,
    identity: Option<Zeroizing<Vec<u8>>>,
    preferences: Option<Zeroizing<Vec<u8>>>,
    prekeys: Option<Zeroizing<Vec<u8>>>,
}

impl Essential {
    fn into_engine(self) -> Result<Engine, LoadError> {
        let identity: Identity = required("identity", self.identity)?;
        let preferences = required("preferences", self.preferences)?;
        let mut engine =
            Engine::assemble(required("profile", self.profile)?, &identity, preferences);
        engine.prekeys = required("prekeys", self.prekeys)?;
        Ok(engine)
    }
}

fn required<T: serde::de::DeserializeOwned>(
    what: &'static str,
    value: Option<Zeroizing<Vec<u8>>>,
) -> Result<T, LoadError> {
    let value = value.ok_or(LoadError::Missing(what))?;
    record::decode(&value).map_err(|source| LoadError::Damaged { what, source })
}
