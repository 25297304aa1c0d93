//! The real binary, in homes of its own, with a real relay where it needs one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests; clippy.toml exempts only what is marked #[test]"
)]

mod agent;
mod devices;
mod documents;
mod harness;
mod holds;
mod joining;
mod keys;
mod meetings;
mod outages;
mod people;
mod receipts;
mod refusals;
mod relay;
mod terminal;
mod verbs;
