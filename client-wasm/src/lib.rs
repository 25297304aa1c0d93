//! The browser shell around `sotto-client-core`. On anything but `wasm32` it is empty.
#![cfg(target_arch = "wasm32")]
