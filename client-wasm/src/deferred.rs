//! A promise that is settled later, from elsewhere.

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};

/// What settles a promise; the first time counts.
#[derive(Clone)]
pub(crate) struct Deferred {
    resolve: Function,
    reject: Function,
}

impl Deferred {
    /// A promise and what settles it.
    pub(crate) fn new() -> (Promise, Self) {
        let mut ends = None;
        let promise = Promise::new(&mut |resolve, reject| ends = Some((resolve, reject)));
        // `Promise::new` calls back before it returns.
        let (resolve, reject) = ends.unwrap_or_else(|| {
            let never = || JsValue::UNDEFINED.unchecked_into::<Function>();
            (never(), never())
        });
        (promise, Self { resolve, reject })
    }

    /// Settles it well.
    pub(crate) fn resolve(&self, value: &JsValue) {
        // The functions that settle a promise do not throw.
        let _ = self.resolve.call1(&JsValue::UNDEFINED, value);
    }

    /// Settles it badly.
    pub(crate) fn reject(&self, error: &JsValue) {
        let _ = self.reject.call1(&JsValue::UNDEFINED, error);
    }
}
