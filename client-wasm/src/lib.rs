//! The browser shell around `sotto-client-core`, for a dedicated worker.
//!
//! `Shell` is what the npm package's worker script calls. It opens the vault
//! and starts a run: a loop that hands what happened to the core's `Client`,
//! commits its changes to IndexedDB, and only then sends, answers and tells.
//! The adapters beside it each wrap one thing of the browser and decide nothing.
//!
//! ```text
//!  page ──calls──▶ Shell ──inputs──▶ run ──handle──▶ Client (sotto-client-core)
//!                    │                │
//!                   lock      store · socket · timer · clock
//! ```
//!
//! On anything but `wasm32` the crate is empty.
#![cfg(target_arch = "wasm32")]

mod clock;
mod deferred;
mod idb;
mod lock;
mod queue;
mod refusal;
mod run;
mod shell;
mod socket;
mod store;
mod timer;

#[cfg(test)]
mod tests;

pub use shell::{Shell, measure_passphrase, read_calendar};
