//! In a dedicated worker of a real browser, with its real IndexedDB and Web Locks.

mod adapters;
mod shell;
mod store;

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// A name that no other test uses.
fn fresh_name() -> String {
    use rand_core::Rng;
    format!("test-{:016x}", crate::clock::rng().next_u64())
}
