//! The relay over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like tests"
)]

mod client;
mod devices;
mod directory;
mod guests;
mod http;
mod limits;
mod mailboxes;
mod person;
mod process;
mod sessions;
