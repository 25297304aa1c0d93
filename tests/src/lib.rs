//! Several clients, their stores and a relay in one process and in virtual
//! time: whole stories without a socket or a disk.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a defect in a test has to end it"
)]

pub mod relay_model;
pub mod world;

pub use world::{Person, World};
