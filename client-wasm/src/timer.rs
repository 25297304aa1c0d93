//! Time to come: the engine's one timer, and pauses.

use std::{cell::Cell, rc::Rc};

use jiff::{SignedDuration, Timestamp};
use js_sys::Promise;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::WorkerGlobalScope;

use crate::clock;

/// Calls back once when its time has come. Setting it again replaces the time.
pub(crate) struct Timer {
    due: Cell<Option<Timestamp>>,
    /// The browser's number of the timeout that runs.
    timeout: Cell<Option<i32>>,
    on_due: Box<dyn Fn()>,
    on_timeout: Closure<dyn FnMut()>,
}

impl Timer {
    /// A timer at rest.
    pub(crate) fn new(on_due: impl Fn() + 'static) -> Rc<Self> {
        Rc::new_cyclic(|timer: &std::rc::Weak<Self>| {
            let timer = timer.clone();
            Self {
                due: Cell::new(None),
                timeout: Cell::new(None),
                on_due: Box::new(on_due),
                on_timeout: Closure::new(move || {
                    if let Some(timer) = timer.upgrade() {
                        timer.timed_out();
                    }
                }),
            }
        })
    }

    /// Sets the time, or none.
    pub(crate) fn set(&self, due: Option<Timestamp>) {
        self.clear();
        self.due.set(due);
        if let (Some(due), Some(scope)) = (due, scope()) {
            let wait = clock::now().duration_until(due).as_millis_f64().ceil();
            // A longer wait is made of several timeouts.
            #[expect(clippy::cast_possible_truncation, reason = "saturates")]
            let wait = wait.max(0.0) as i32;
            let callback = self.on_timeout.as_ref().unchecked_ref();
            let timeout =
                scope.set_timeout_with_callback_and_timeout_and_arguments_0(callback, wait);
            self.timeout.set(timeout.ok());
        }
    }

    fn timed_out(&self) {
        self.timeout.set(None);
        match self.due.get() {
            Some(due) if clock::now() < due => self.set(Some(due)),
            Some(_) => {
                self.due.set(None);
                (self.on_due)();
            }
            None => {}
        }
    }

    fn clear(&self) {
        if let (Some(timeout), Some(scope)) = (self.timeout.take(), scope()) {
            scope.clear_timeout_with_handle(timeout);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Comes back after the pause.
pub(crate) async fn sleep(pause: SignedDuration) {
    let over = Promise::new(&mut |resolve, _| {
        let wait = i32::try_from(pause.as_millis()).unwrap_or(i32::MAX);
        if let Some(scope) = scope() {
            // Fails only where there is nothing to call back.
            let _ = scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, wait);
        }
    });
    // Is only ever resolved.
    let _ = JsFuture::from(over).await;
}

fn scope() -> Option<WorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}
