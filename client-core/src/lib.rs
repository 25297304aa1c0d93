//! The Sotto client as one pure state machine.
//!
//! [`engine`] turns what happened into what to store, what to do and what to
//! show; it has no socket, no disk, no clock and no randomness of its own, so
//! that the browser, the native agent and the simulator drive the very same code.

pub mod api;
pub mod command;
pub mod span;
