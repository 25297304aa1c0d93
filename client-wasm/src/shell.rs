//! What the worker script calls.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    future::ready,
    rc::Rc,
};

use jiff::SignedDuration;
use js_sys::{Function, Promise};
use serde::{Deserialize, Serialize};
use sotto_client_core::{
    api::{DeviceLink, Notice},
    calendar::text,
    client::{self, Client, Created, Opened, Profile, answer_without_vault},
    vault::strength,
};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{future_to_promise, spawn_local};
use zeroize::Zeroizing;

use crate::{
    clock,
    lock::{self, Ask, Lock},
    refusal::{Refusal, to_json},
    run::{Broken, Run, Told},
    store::{Database, Holder, StoreError},
    timer,
};

/// For how long nobody inherits the vault of a tab that has gone: a page that is being loaded anew is back before.
pub(crate) const GRACE: SignedDuration = if cfg!(test) {
    SignedDuration::from_secs(1)
} else {
    SignedDuration::from_secs(10)
};

/// The vault of one name in this browser, and the run of it while it is open.
///
/// Strings in and out are JSON; promises reject with a refusal's JSON. The
/// worker script calls `create`, `join`, `unlock`, `lock`, `change_passphrase`, `take_over` and `erase` one after another.
#[wasm_bindgen]
pub struct Shell {
    inner: Rc<Inner>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Vault {
    Missing,
    Locked,
    Open,
    Busy,
}

/// What the page is told without asking.
#[derive(Serialize)]
struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    vault: Option<Vault>,
    notices: BTreeSet<Notice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Refusal>,
}

/// A [`Profile`] as the page sends it.
#[derive(Deserialize)]
struct NewProfile {
    name: String,
    relay: String,
    time_zone: String,
    device_name: String,
}

#[wasm_bindgen]
impl Shell {
    /// Finds out how the vault of that name is. `changed` is called with the JSON of every
    /// change, the first time before this promise resolves.
    pub async fn start(name: String, changed: Function) -> Result<Self, JsValue> {
        std::panic::set_hook(Box::new(|panic| {
            // The place only: a message could quote what was being worked on.
            let place = panic.location().map(ToString::to_string);
            web_sys::console::error_2(
                &"sotto stopped at".into(),
                &place.unwrap_or_default().into(),
            );
        }));
        let inner = Rc::new(Inner {
            name,
            changed,
            vault: Cell::new(None),
            lock: RefCell::default(),
            place: RefCell::default(),
            waiting: Cell::new(false),
            run: RefCell::default(),
        });
        match inner.ask_lock(Ask::IfFree).await? {
            Some(lock) => inner.hold(lock).await?,
            None => {
                inner.changed_to(Vault::Busy, None);
                inner.wait_in_line();
            }
        }
        Ok(Self { inner })
    }

    /// Makes a vault and opens it.
    pub fn create(&self, profile: String, passphrase: String) -> Promise {
        let passphrase = Zeroizing::new(passphrase);
        self.promise(async move |inner| inner.create(&profile, &passphrase).await)
    }

    /// Makes the vault of a device that asks to be added to the account of a link, and opens it.
    pub fn join(&self, link: String, device: String, passphrase: String) -> Promise {
        let (link, passphrase) = (DeviceLink::from(link), Zeroizing::new(passphrase));
        self.promise(async move |inner| inner.join(&link, &device, &passphrase).await)
    }

    /// Opens the vault.
    pub fn unlock(&self, passphrase: String) -> Promise {
        let passphrase = Zeroizing::new(passphrase);
        self.promise(async move |inner| inner.unlock(&passphrase).await)
    }

    /// Closes the vault and forgets its keys.
    pub fn lock(&self) -> Promise {
        self.promise(async |inner| {
            if let Some(run) = inner.run.take() {
                run.end(&Refusal::locked());
                inner.changed_to(Vault::Locked, None);
            }
            Ok(())
        })
    }

    /// Seals the open vault under another passphrase. The one so far is asked for: who sits at an
    /// open vault need not be its owner.
    pub fn change_passphrase(&self, current: String, new: String) -> Promise {
        let (current, new) = (Zeroizing::new(current), Zeroizing::new(new));
        self.promise(async move |inner| inner.change_passphrase(&current, &new).await)
    }

    /// Takes the vault from the tab that holds it.
    pub fn take_over(&self) -> Promise {
        self.promise(async |inner| {
            if inner.lock.borrow().is_none() {
                let lock = inner.ask_lock(Ask::Steal).await?;
                inner.hold(lock.ok_or_else(Refusal::busy)?).await?;
            }
            Ok(())
        })
    }

    /// Deletes the vault for good. It has to be locked; no passphrase is asked for.
    pub fn erase(&self) -> Promise {
        self.promise(async |inner| match inner.vault.get() {
            Some(Vault::Locked) => {
                Database::delete(&inner.name).await?;
                inner.changed_to(Vault::Missing, None);
                Ok(())
            }
            _ => Err(inner.why_closed()),
        })
    }

    /// Hands a command to the engine; for the JSON of a reply.
    pub fn command(&self, command: String) -> Promise {
        self.with_run(|run| {
            let command = serde_json::from_str(&command)
                .map_err(|error| Refusal::malformed("command", &error))?;
            Ok(run.command(command))
        })
    }

    /// Asks the engine; for the JSON of an answer. Some questions need no vault.
    pub fn query(&self, query: String) -> Promise {
        let query = match serde_json::from_str(&query) {
            Ok(query) => query,
            Err(error) => return Promise::reject(&Refusal::malformed("query", &error).into()),
        };
        let locked = self.inner.run.borrow().is_none();
        match answer_without_vault(&query).filter(|_| locked) {
            Some(answer) => future_to_promise(ready(match answer {
                Ok(answer) => Ok(to_json(&answer).into()),
                Err(error) => Err(Refusal::from(error).into()),
            })),
            None => self.with_run(|run| Ok(run.query(query))),
        }
    }

    /// The system says that the network came or went.
    pub fn network(&self, available: bool) {
        if let Some(run) = self.inner.run.borrow().as_ref() {
            run.network(available);
        }
    }
}

impl Shell {
    fn promise(
        &self,
        work: impl AsyncFnOnce(Rc<Inner>) -> Result<(), Refusal> + 'static,
    ) -> Promise {
        let inner = Rc::clone(&self.inner);
        future_to_promise(async move {
            work(inner).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    fn with_run(&self, work: impl FnOnce(&Rc<Run>) -> Result<Promise, Refusal>) -> Promise {
        let asked = match self.inner.run.borrow().as_ref() {
            Some(run) => work(run),
            None => Err(self.inner.why_closed()),
        };
        asked.unwrap_or_else(|refusal| Promise::reject(&refusal.into()))
    }
}

struct Inner {
    name: String,
    changed: Function,
    /// As the page was last told.
    vault: Cell<Option<Vault>>,
    /// Held by this tab, unless another has it.
    lock: RefCell<Option<Lock>>,
    /// The first place in line, for which the other tabs wait. Who holds the vault holds it too, and
    /// so the tab that inherits can wait for a while without holding the vault meanwhile.
    place: RefCell<Option<Lock>>,
    /// Whether this tab stands in line.
    waiting: Cell<bool>,
    run: RefCell<Option<Rc<Run>>>,
}

impl Inner {
    async fn create(self: &Rc<Self>, profile: &str, passphrase: &str) -> Result<(), Refusal> {
        self.check_missing()?;
        let NewProfile {
            name,
            relay,
            time_zone,
            device_name,
        } = serde_json::from_str(profile).map_err(|error| Refusal::malformed("profile", &error))?;
        let profile = Profile {
            name,
            relay,
            time_zone,
            device_name,
        };
        let created = Client::create(&profile, passphrase, clock::now(), &mut clock::rng())?;
        self.store_new(created).await
    }

    async fn join(
        self: &Rc<Self>,
        link: &DeviceLink,
        device: &str,
        passphrase: &str,
    ) -> Result<(), Refusal> {
        self.check_missing()?;
        let created = Client::join(link, device, passphrase, clock::now(), &mut clock::rng())?;
        self.store_new(created).await
    }

    fn check_missing(&self) -> Result<(), Refusal> {
        match self.vault.get() {
            Some(Vault::Missing) => Ok(()),
            Some(Vault::Busy) => Err(Refusal::busy()),
            _ => Err(Refusal::exists()),
        }
    }

    async fn store_new(self: &Rc<Self>, created: Created) -> Result<(), Refusal> {
        let Created {
            client,
            header,
            commit,
        } = created;
        let database = Database::open(&self.name).await?;
        let holder = Holder::new(&mut clock::rng());
        database.create(&header, &commit, &holder).await?;
        self.run(client, database, holder)
    }

    async fn unlock(self: &Rc<Self>, passphrase: &str) -> Result<(), Refusal> {
        if self.vault.get() != Some(Vault::Locked) {
            return Err(self.why_closed());
        }
        let database = Database::open(&self.name).await?;
        let holder = Holder::new(&mut clock::rng());
        let (header, records) = match database.load(&holder).await {
            // The site's data was cleared meanwhile.
            Err(StoreError::Missing) => {
                self.changed_to(Vault::Missing, None);
                return Err(Refusal::missing());
            }
            loaded => loaded?,
        };
        let Opened { client, damaged } = Client::open(&header, passphrase, records)?;
        self.run(client, database, holder)?;
        if !damaged.is_empty() {
            self.tell(None, BTreeSet::new(), Some(Refusal::damaged(damaged.len())));
        }
        Ok(())
    }

    async fn change_passphrase(&self, current: &str, new: &str) -> Result<(), Refusal> {
        if self.vault.get() != Some(Vault::Open) {
            return Err(self.why_closed());
        }
        let database = Database::open(&self.name).await?;
        let header = database.header().await?.ok_or_else(Refusal::missing)?;
        let changed = client::change_passphrase(&header, current, new, &mut clock::rng())?;
        Ok(database.replace_header(&header, &changed).await?)
    }

    /// Starts the engine, unless the vault was lost to another tab meanwhile.
    fn run(
        self: &Rc<Self>,
        client: Client,
        database: Database,
        holder: Holder,
    ) -> Result<(), Refusal> {
        if self.lock.borrow().is_none() {
            return Err(Refusal::busy());
        }
        let inner = Rc::downgrade(self);
        let run = Run::start(client, database, holder, move |told| {
            if let Some(inner) = inner.upgrade() {
                inner.told(told);
            }
        });
        *self.run.borrow_mut() = Some(run);
        self.changed_to(Vault::Open, None);
        Ok(())
    }

    fn told(self: &Rc<Self>, told: Told) {
        match told {
            Told::Notices(notices) => self.tell(None, notices, None),
            Told::Ended(Broken::Store(StoreError::Superseded)) => self.lost(),
            Told::Ended(error) => {
                self.run.take();
                self.changed_to(Vault::Locked, Some(error.into()));
            }
        }
    }

    /// This tab holds the vault from now on.
    async fn hold(self: &Rc<Self>, lock: Lock) -> Result<(), Refusal> {
        *self.lock.borrow_mut() = Some(lock);
        let place = self.ask_place(Ask::Steal, || ()).await?;
        let has_vault = Database::open(&self.name).await?.header().await?.is_some();
        if self.lock.borrow().is_some() {
            *self.place.borrow_mut() = place;
            let vault = if has_vault {
                Vault::Locked
            } else {
                Vault::Missing
            };
            self.changed_to(vault, None);
        }
        Ok(())
    }

    /// Another tab holds the vault from now on.
    fn lost(self: &Rc<Self>) {
        self.lock.take();
        self.place.take();
        if let Some(run) = self.run.take() {
            run.end(&Refusal::busy());
        }
        self.changed_to(Vault::Busy, None);
        self.wait_in_line();
    }

    /// Stands in line, once, to hold the vault when the other tab is closed.
    fn wait_in_line(self: &Rc<Self>) {
        if self.waiting.replace(true) {
            return;
        }
        let inner = Rc::clone(self);
        spawn_local(async move {
            let inherited = inner.inherit().await;
            inner.waiting.set(false);
            let held = match inherited {
                Ok(Some(lock)) => inner.hold(lock).await,
                Ok(None) => Ok(()),
                Err(refusal) => Err(refusal),
            };
            if let Err(refusal) = held {
                inner.changed_to(Vault::Locked, Some(refusal));
            }
        });
    }

    /// The vault, once the tab that held it has been gone for [`GRACE`]; nothing when this tab
    /// has taken it meanwhile, or is at its end.
    async fn inherit(self: &Rc<Self>) -> Result<Option<Lock>, Refusal> {
        loop {
            let came_back = Rc::new(Cell::new(false));
            let on_stolen = {
                let came_back = Rc::clone(&came_back);
                move || came_back.set(true)
            };
            // Kept until the end of the turn.
            let Some(_place) = self.ask_place(Ask::Wait, on_stolen).await? else {
                return Ok(None);
            };
            timer::sleep(GRACE).await;
            if self.lock.borrow().is_some() {
                return Ok(None);
            }
            if came_back.get() {
                continue;
            }
            if let Some(lock) = self.ask_lock(Ask::IfFree).await? {
                return Ok(Some(lock));
            }
        }
    }

    async fn ask_place(
        &self,
        how: Ask,
        on_stolen: impl FnOnce() + 'static,
    ) -> Result<Option<Lock>, Refusal> {
        lock::ask(&format!("sotto:{}:next", self.name), how, on_stolen)
            .await
            .map_err(|lock::Unsupported| Refusal::unsupported("Web Locks"))
    }

    async fn ask_lock(self: &Rc<Self>, how: Ask) -> Result<Option<Lock>, Refusal> {
        let inner = Rc::downgrade(self);
        let on_stolen = move || {
            if let Some(inner) = inner.upgrade() {
                inner.lost();
            }
        };
        lock::ask(&format!("sotto:{}", self.name), how, on_stolen)
            .await
            .map_err(|lock::Unsupported| Refusal::unsupported("Web Locks"))
    }

    fn why_closed(&self) -> Refusal {
        match self.vault.get() {
            Some(Vault::Missing) => Refusal::missing(),
            Some(Vault::Busy) => Refusal::busy(),
            Some(Vault::Open) => Refusal::open(),
            Some(Vault::Locked) | None => Refusal::locked(),
        }
    }

    fn changed_to(&self, vault: Vault, error: Option<Refusal>) {
        let before = self.vault.replace(Some(vault));
        let vault = (before != Some(vault)).then_some(vault);
        if vault.is_some() || error.is_some() {
            self.tell(vault, BTreeSet::new(), error);
        }
    }

    fn tell(&self, vault: Option<Vault>, notices: BTreeSet<Notice>, error: Option<Refusal>) {
        let change = Change {
            vault,
            notices,
            error,
        };
        // What the script does with it is its own affair.
        let _ = self
            .changed
            .call1(&JsValue::UNDEFINED, &to_json(&change).into());
    }
}

/// Reads the bytes of a calendar file as text; gives the JSON of a `CalendarText`.
#[wasm_bindgen]
#[must_use]
pub fn read_calendar(bytes: &[u8]) -> String {
    to_json(&text::decode(bytes))
}

/// How hard a passphrase is to guess; gives the JSON of a `PassphraseStrength`.
#[wasm_bindgen]
#[must_use]
pub fn measure_passphrase(passphrase: String) -> String {
    to_json(&strength::measure(&Zeroizing::new(passphrase)))
}
