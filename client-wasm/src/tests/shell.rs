use std::{cell::RefCell, rc::Rc};

use js_sys::Promise;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use super::fresh_name;
use crate::{
    Shell, clock,
    deferred::Deferred,
    shell::GRACE,
    store::{Database, Holder},
    timer::sleep,
};

const PASSPHRASE: &str = "correct horse battery staple";

/// A tab: a shell, and what it told the page.
struct Tab {
    shell: Shell,
    page: Rc<Page>,
    _changed: Closure<dyn FnMut(String)>,
}

#[derive(Default)]
struct Page {
    changes: RefCell<Vec<Value>>,
    awaited: RefCell<Option<(Value, Deferred)>>,
}

impl Page {
    fn changed(&self, change: &str) {
        let change: Value = serde_json::from_str(change).unwrap();
        if let Some((vault, deferred)) = self.awaited.borrow().as_ref()
            && change["vault"] == *vault
        {
            deferred.resolve(&"".into());
        }
        self.changes.borrow_mut().push(change);
    }
}

impl Tab {
    async fn new(name: &str) -> Self {
        let page = Rc::new(Page::default());
        let changed = {
            let page = Rc::clone(&page);
            Closure::new(move |change: String| page.changed(&change))
        };
        let listener = changed.as_ref().unchecked_ref::<js_sys::Function>().clone();
        let shell = Shell::start(name.to_owned(), listener).await.unwrap();
        Self {
            shell,
            page,
            _changed: changed,
        }
    }

    async fn with_vault(name: &str) -> Self {
        let tab = Self::new(name).await;
        settled(tab.create()).await.unwrap();
        tab
    }

    fn create(&self) -> Promise {
        // Nobody listens there: everything here works without a relay.
        let profile = json!({
            "name": "Robin", "relay": "http://127.0.0.1:9", "time_zone": "Europe/Berlin", "device_name": "",
        });
        self.shell
            .create(profile.to_string(), PASSPHRASE.to_owned())
    }

    fn unlock(&self, passphrase: &str) -> Promise {
        self.shell.unlock(passphrase.to_owned())
    }

    async fn command(&self, command: Value) -> Result<Value, Value> {
        settled(self.shell.command(command.to_string())).await
    }

    async fn query(&self, query: Value) -> Result<Value, Value> {
        settled(self.shell.query(query.to_string())).await
    }

    /// The state of the vault, as the page was last told.
    fn vault(&self) -> Value {
        let changes = self.page.changes.borrow();
        let mut told = changes.iter().rev().map(|change| &change["vault"]);
        told.find(|vault| !vault.is_null())
            .cloned()
            .unwrap_or_default()
    }

    /// Waits until the page is told so.
    async fn until_vault(&self, vault: &str) {
        if self.vault() == vault {
            return;
        }
        let (promise, deferred) = Deferred::new();
        *self.page.awaited.borrow_mut() = Some((vault.into(), deferred));
        JsFuture::from(promise).await.unwrap();
    }
}

/// The JSON that a promise came to, well or badly.
async fn settled(promise: Promise) -> Result<Value, Value> {
    let json = |value: wasm_bindgen::JsValue| match value.as_string() {
        Some(text) => serde_json::from_str(&text).unwrap(),
        None => Value::Null,
    };
    JsFuture::from(promise).await.map(json).map_err(json)
}

fn code(result: Result<Value, Value>) -> Value {
    result.unwrap_err()["code"].clone()
}

#[wasm_bindgen_test]
async fn a_vault_is_made_locked_and_unlocked() {
    let tab = Tab::new(&fresh_name()).await;
    assert_eq!(tab.vault(), "missing");
    assert_eq!(code(settled(tab.unlock(PASSPHRASE)).await), "vault_missing");
    assert_eq!(
        code(tab.query(json!({"type": "status"})).await),
        "vault_missing"
    );

    settled(tab.create()).await.unwrap();
    assert_eq!(tab.vault(), "open");
    let status = tab.query(json!({"type": "status"})).await.unwrap();
    assert_eq!(status["type"], "status");
    assert_eq!(status["value"]["name"], "Robin");
    assert_eq!(code(settled(tab.create()).await), "vault_exists");
    assert_eq!(code(settled(tab.unlock(PASSPHRASE)).await), "wrong_state");

    settled(tab.shell.lock()).await.unwrap();
    assert_eq!(tab.vault(), "locked");
    assert_eq!(
        code(tab.query(json!({"type": "status"})).await),
        "vault_locked"
    );
    assert_eq!(code(settled(tab.create()).await), "vault_exists");
    assert_eq!(
        code(settled(tab.unlock("something else")).await),
        "wrong_passphrase"
    );
    assert_eq!(tab.vault(), "locked");

    settled(tab.unlock(PASSPHRASE)).await.unwrap();
    assert_eq!(tab.vault(), "open");
    let again = tab.query(json!({"type": "status"})).await.unwrap();
    assert_eq!(again["value"]["account"], status["value"]["account"]);
}

#[wasm_bindgen_test]
async fn what_was_answered_survives_the_end_of_the_worker() {
    let name = fresh_name();
    let tab = Tab::with_vault(&name).await;
    let mut preferences = tab.query(json!({"type": "preferences"})).await.unwrap()["value"].take();
    preferences["buffer_minutes"] = 25.into();
    let command = json!({"type": "set_preferences", "preferences": preferences});
    let reply = tab.command(command).await.unwrap();
    assert_eq!(reply, json!({"type": "preferences", "value": preferences}));
    drop(tab);

    let tab = Tab::new(&name).await;
    tab.until_vault("locked").await;
    settled(tab.unlock(PASSPHRASE)).await.unwrap();
    let found = tab.query(json!({"type": "preferences"})).await.unwrap();
    assert_eq!(found["value"], preferences);
}

#[wasm_bindgen_test]
async fn many_requests_at_once_are_answered_each() {
    let tab = Tab::with_vault(&fresh_name()).await;
    let ask = |text: Value| (tab.shell.query(text.to_string()), text);
    let asked: Vec<_> = [
        "contacts",
        "invitations",
        "calendars",
        "proposals",
        "history",
    ]
    .into_iter()
    .cycle()
    .take(100)
    .map(|kind| ask(json!({ "type": kind })))
    .collect();
    for (promise, text) in asked {
        let answer = settled(promise).await.unwrap();
        assert_eq!(answer, json!({"type": text["type"], "value": []}));
    }
}

#[wasm_bindgen_test]
async fn what_is_no_command_is_refused_by_name() {
    let tab = Tab::with_vault(&fresh_name()).await;
    assert_eq!(
        code(tab.command(json!({"type": "invent"})).await),
        "value_invalid"
    );
    assert_eq!(code(tab.query(json!("contacts")).await), "value_invalid");
    let contact = json!({"type": "verify_contact", "contact": "nobody", "verified": true});
    assert_eq!(code(tab.command(contact).await), "not_found");
}

#[wasm_bindgen_test]
async fn locking_refuses_what_waits() {
    let tab = Tab::with_vault(&fresh_name()).await;
    let waiting = tab.shell.query(json!({"type": "history"}).to_string());
    settled(tab.shell.lock()).await.unwrap();
    assert_eq!(code(settled(waiting).await), "vault_locked");
}

#[wasm_bindgen_test]
async fn one_tab_holds_the_vault_and_another_can_take_it() {
    let name = fresh_name();
    let first = Tab::with_vault(&name).await;
    let second = Tab::new(&name).await;
    assert_eq!(second.vault(), "busy");
    assert_eq!(code(settled(second.unlock(PASSPHRASE)).await), "vault_busy");
    assert_eq!(code(settled(second.create()).await), "vault_busy");

    settled(second.shell.take_over()).await.unwrap();
    assert_eq!(second.vault(), "locked");
    first.until_vault("busy").await;
    assert_eq!(
        code(first.query(json!({"type": "status"})).await),
        "vault_busy"
    );
    settled(second.unlock(PASSPHRASE)).await.unwrap();

    // And back, while the engine of the second is running.
    settled(first.shell.take_over()).await.unwrap();
    second.until_vault("busy").await;
    settled(first.unlock(PASSPHRASE)).await.unwrap();
    assert_eq!(first.vault(), "open");
}

#[wasm_bindgen_test]
async fn a_page_that_is_loaded_anew_keeps_the_vault_and_one_that_is_closed_leaves_it() {
    let name = fresh_name();
    let first = Tab::with_vault(&name).await;
    let second = Tab::new(&name).await;
    drop(first);
    // As long as a page takes that is loaded anew.
    sleep(GRACE / 2).await;
    let reloaded = Tab::new(&name).await;
    assert_eq!(reloaded.vault(), "locked");
    sleep(GRACE * 2).await;
    assert_eq!(second.vault(), "busy");
    settled(reloaded.unlock(PASSPHRASE)).await.unwrap();

    drop(reloaded);
    second.until_vault("locked").await;
    settled(second.unlock(PASSPHRASE)).await.unwrap();
}

#[wasm_bindgen_test]
async fn another_passphrase_opens_the_vault_once_the_one_so_far_was_given() {
    let name = fresh_name();
    let tab = Tab::with_vault(&name).await;
    let change = |current: &str, new: &str| {
        let change = tab
            .shell
            .change_passphrase(current.to_owned(), new.to_owned());
        settled(change)
    };
    let new = "seven otters at low tide";
    assert_eq!(code(change("not it", new).await), "wrong_passphrase");
    assert_eq!(code(change(PASSPHRASE, "short").await), "value_invalid");
    change(PASSPHRASE, new).await.unwrap();
    // What is written after it is in the same vault.
    let mut preferences = tab.query(json!({"type": "preferences"})).await.unwrap()["value"].take();
    preferences["buffer_minutes"] = 45.into();
    let command = json!({"type": "set_preferences", "preferences": preferences});
    tab.command(command).await.unwrap();

    settled(tab.shell.lock()).await.unwrap();
    assert_eq!(code(change(new, PASSPHRASE).await), "vault_locked");
    assert_eq!(
        code(settled(tab.unlock(PASSPHRASE)).await),
        "wrong_passphrase"
    );
    settled(tab.unlock(new)).await.unwrap();
    let kept = tab.query(json!({"type": "preferences"})).await.unwrap();
    assert_eq!(kept["value"]["buffer_minutes"], 45);
}

#[wasm_bindgen_test]
async fn a_tab_that_does_not_know_it_was_superseded_stops_at_its_next_commit() {
    let name = fresh_name();
    let tab = Tab::with_vault(&name).await;
    // As if the lock had been lost without a word.
    let database = Database::open(&name).await.unwrap();
    database
        .load(&Holder::new(&mut clock::rng()))
        .await
        .unwrap();

    let preferences = tab.query(json!({"type": "preferences"})).await.unwrap()["value"].take();
    let command = json!({"type": "set_preferences", "preferences": preferences});
    assert_eq!(code(tab.command(command).await), "vault_busy");
    assert_eq!(tab.vault(), "busy");
}

#[wasm_bindgen_test]
async fn a_store_that_fails_locks_the_vault_and_says_why() {
    let name = fresh_name();
    let tab = Tab::with_vault(&name).await;
    // As when the user clears this site's data.
    Database::delete(&name).await.unwrap();
    let preferences = tab.query(json!({"type": "preferences"})).await.unwrap()["value"].take();
    let command = json!({"type": "set_preferences", "preferences": preferences});
    assert_eq!(code(tab.command(command).await), "store_failed");
    assert_eq!(tab.vault(), "locked");
    let last = tab.page.changes.borrow().last().cloned().unwrap();
    assert_eq!(last["error"]["code"], "store_failed");
    assert_eq!(code(settled(tab.unlock(PASSPHRASE)).await), "vault_missing");
}

#[wasm_bindgen_test]
async fn a_locked_vault_can_be_erased_without_its_passphrase_and_another_made() {
    let name = fresh_name();
    let tab = Tab::with_vault(&name).await;
    let first = tab.query(json!({"type": "status"})).await.unwrap()["value"]["account"].take();
    assert_eq!(code(settled(tab.shell.erase()).await), "wrong_state");
    let second = Tab::new(&name).await;
    assert_eq!(code(settled(second.shell.erase()).await), "vault_busy");

    // The second takes it from the first, whose engine runs and has the database open.
    settled(second.shell.take_over()).await.unwrap();
    settled(second.shell.erase()).await.unwrap();
    assert_eq!(second.vault(), "missing");
    assert_eq!(
        code(settled(second.unlock(PASSPHRASE)).await),
        "vault_missing"
    );
    assert_eq!(code(settled(second.shell.erase()).await), "vault_missing");
    // The tab that was robbed holds nothing, and can bring nothing back.
    tab.until_vault("busy").await;
    assert_eq!(
        code(tab.query(json!({"type": "status"})).await),
        "vault_busy"
    );

    settled(second.create()).await.unwrap();
    let status = second.query(json!({"type": "status"})).await.unwrap();
    assert_ne!(status["value"]["account"], first);
}

/// A link of an account whose relay listens nowhere; only its checksum is right.
const LINK: &str = "http://127.0.0.1:9/#device=\
    AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0BBQkNEAAADu\
    yzD2ABNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn-AgYKDhIWGh4iJiouM6VkniA";

#[wasm_bindgen_test]
async fn a_device_that_asks_to_be_added_knows_only_how_far_it_is() {
    let tab = Tab::new(&fresh_name()).await;
    let inspect = json!({"type": "inspect_link", "link": LINK});
    let preview = tab.query(inspect.clone()).await.unwrap();
    assert_eq!(preview["value"]["relay"], "http://127.0.0.1:9");
    let join = |link: &str| {
        let (link, device) = (link.to_owned(), "Phone".to_owned());
        tab.shell.join(link, device, PASSPHRASE.to_owned())
    };
    let damaged = LINK.replace("#device=A", "#device=B");
    assert_eq!(code(settled(join(&damaged)).await), "link_invalid");
    assert_eq!(tab.vault(), "missing");

    settled(join(LINK)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(tab.vault(), "open");
        let joining = tab.query(json!({"type": "joining"})).await.unwrap();
        assert_eq!(joining["value"]["name"], "Phone");
        for key in ["account_fingerprint", "expires_at"] {
            assert_eq!(joining["value"][key], preview["value"][key]);
        }
        assert_eq!(tab.query(inspect.clone()).await.unwrap(), preview);
        let status = tab.query(json!({"type": "status"})).await;
        assert_eq!(code(status), "wrong_state");
        let invite = tab.command(json!({"type": "invite"})).await;
        assert_eq!(code(invite), "wrong_state");
        assert_eq!(code(settled(join(LINK)).await), "vault_exists");
        // It is in the vault, and goes on from there.
        settled(tab.shell.lock()).await.unwrap();
        settled(tab.unlock(PASSPHRASE)).await.unwrap();
    }
    settled(tab.shell.lock()).await.unwrap();
    settled(tab.shell.erase()).await.unwrap();
    assert_eq!(tab.vault(), "missing");
}
