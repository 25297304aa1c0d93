//! One tab holds the vault: the Web Lock of its name.

use std::{cell::Cell, rc::Rc};

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::deferred::Deferred;

/// How to ask for the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Now or not at all.
    IfFree,
    /// When all who asked before have let go.
    Wait,
    /// Now, whoever has it.
    Steal,
}

/// The browser has no Web Locks here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unsupported;

/// A lock that is held until it is dropped, or stolen.
pub(crate) struct Lock {
    release: Deferred,
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.release.resolve(&JsValue::UNDEFINED);
    }
}

/// Asks for the lock. `None`: it was not free, or this context is at its end.
/// `on_stolen` is called when somebody else takes it away.
pub(crate) async fn ask(
    name: &str,
    how: Ask,
    on_stolen: impl FnOnce() + 'static,
) -> Result<Option<Lock>, Unsupported> {
    let locks = locks().ok_or(Unsupported)?;
    let request: Function = Reflect::get(&locks, &"request".into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| Unsupported)?;
    let options = Object::new();
    let option = match how {
        Ask::IfFree => Some("ifAvailable"),
        Ask::Steal => Some("steal"),
        Ask::Wait => None,
    };
    if let Some(option) = option {
        Reflect::set(&options, &option.into(), &true.into()).map_err(|_| Unsupported)?;
    }

    let (held, release) = Deferred::new();
    let (answer, answered) = Deferred::new();
    let granted = Rc::new(Cell::new(false));
    // The browser calls it once, and holds the lock as long as the promise that it returns is open.
    let on_answer = {
        let (answered, granted) = (answered.clone(), Rc::clone(&granted));
        Closure::once_into_js(move |lock: JsValue| -> JsValue {
            granted.set(!lock.is_null());
            answered.resolve(&JsValue::UNDEFINED);
            if granted.get() {
                held.into()
            } else {
                JsValue::UNDEFINED
            }
        })
    };
    let end: Promise = request
        .call3(&locks, &name.into(), &options, &on_answer)
        .and_then(JsCast::dyn_into)
        .map_err(|_| Unsupported)?;
    {
        let granted = Rc::clone(&granted);
        spawn_local(async move {
            // Rejects when the lock was stolen, and when it could not be asked for at all.
            if JsFuture::from(end).await.is_err() {
                answered.resolve(&JsValue::UNDEFINED);
                if granted.get() {
                    on_stolen();
                }
            }
        });
    }
    // Is only ever resolved.
    let _ = JsFuture::from(answer).await;
    Ok(granted.get().then_some(Lock { release }))
}

fn locks() -> Option<JsValue> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then_some(locks)
}
