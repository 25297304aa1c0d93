//! The real binary, in homes of its own, without a relay.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests; clippy.toml exempts only what is marked #[test]"
)]

mod agent;
mod harness;
mod refusals;
mod verbs;
