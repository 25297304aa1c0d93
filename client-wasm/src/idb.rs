//! IndexedDB with futures: requests, transactions, opening.
//!
//! Thinner than the crates for it, of which none lets a transaction ask for
//! `durability: 'strict'` or tells why one was aborted.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbTransaction};

/// What the browser says of a failure: a name for programs and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdbError {
    pub(crate) name: String,
    pub(crate) message: String,
}

impl From<JsValue> for IdbError {
    fn from(value: JsValue) -> Self {
        match value.dyn_ref::<DomException>() {
            Some(exception) => exception.clone().into(),
            None => Self {
                name: "UnknownError".to_owned(),
                message: format!("{value:?}"),
            },
        }
    }
}

impl From<DomException> for IdbError {
    fn from(exception: DomException) -> Self {
        Self {
            name: exception.name(),
            message: exception.message(),
        }
    }
}

/// How a transaction ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Aborted {
    /// By `abort()`, of our own will.
    Wanted,
    /// By the browser.
    Failed(IdbError),
}

/// Whether a transaction may change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    /// And is on the disk when it is complete, not only with the system.
    WriteDurably,
}

/// Opens a database; `upgrade` makes its object stores, told the old version and the new.
pub(crate) async fn open(
    name: &str,
    version: u32,
    upgrade: impl FnOnce(&IdbDatabase, u32) -> Result<(), JsValue> + 'static,
) -> Result<IdbDatabase, IdbError> {
    let request = factory()?.open_with_u32(name, version)?;
    let on_upgrade = {
        let request = request.clone();
        Closure::once(move |event: web_sys::IdbVersionChangeEvent| {
            let upgraded = database_of(&request).and_then(|database| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a version of ours"
                )]
                upgrade(&database, event.old_version() as u32)
            });
            if let (Err(_), Some(transaction)) = (upgraded, request.transaction()) {
                // Fails the opening; an abort can only fail when it is over already.
                let _ = transaction.abort();
            }
        })
    };
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    settled(&request).await?;
    request.set_onupgradeneeded(None);
    Ok(database_of(&request)?)
}

/// Deletes a database, once nobody has it open any more.
pub(crate) async fn delete(name: &str) -> Result<(), IdbError> {
    settled(&factory()?.delete_database(name)?).await
}

/// Begins a transaction over these object stores.
pub(crate) fn begin(
    database: &IdbDatabase,
    stores: &[&str],
    mode: Mode,
) -> Result<IdbTransaction, IdbError> {
    let names: Array = stores.iter().map(|name| JsValue::from_str(name)).collect();
    let options = Object::new();
    let mode = match mode {
        Mode::Read => "readonly",
        Mode::WriteDurably => {
            Reflect::set(&options, &"durability".into(), &"strict".into())?;
            "readwrite"
        }
    };
    // web-sys has the options only among its unstable APIs.
    let transaction: Function = Reflect::get(database, &"transaction".into())?
        .dyn_into()
        .map_err(IdbError::from)?;
    let transaction = transaction.call3(database, &names, &mode.into(), &options)?;
    Ok(transaction.dyn_into()?)
}

/// Waits for the end of a transaction. To be called in the same turn as [`begin`], or its end may be missed.
pub(crate) fn finished(transaction: IdbTransaction) -> impl Future<Output = Result<(), Aborted>> {
    let end = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    async move {
        let end = JsFuture::from(end).await;
        transaction.set_oncomplete(None);
        transaction.set_onabort(None);
        match (end, transaction.error()) {
            (Ok(_), _) => Ok(()),
            (Err(_), None) => Err(Aborted::Wanted),
            (Err(_), Some(error)) => Err(Aborted::Failed(error.into())),
        }
    }
}

/// Waits for a request that is not part of a transaction of ours.
async fn settled(request: &IdbOpenDbRequest) -> Result<(), IdbError> {
    let end = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    let end = JsFuture::from(end).await;
    request.set_onsuccess(None);
    request.set_onerror(None);
    match (end, request.error()) {
        (Ok(_), _) => Ok(()),
        (Err(_), Ok(Some(error))) => Err(error.into()),
        (Err(event), _) => Err(event.into()),
    }
}

fn database_of(request: &IdbOpenDbRequest) -> Result<IdbDatabase, JsValue> {
    request.result()?.dyn_into()
}

fn factory() -> Result<IdbFactory, IdbError> {
    Ok(Reflect::get(&js_sys::global(), &"indexedDB".into())?.dyn_into()?)
}
