//! The Sotto client as one pure state machine.
//!
//! [`client::Client`] turns what happened into what to store, what to do and
//! what to show; it has no socket, no disk, no clock and no randomness of its
//! own, so that the browser, the native agent and a simulator drive the very
//! same code.
//!
//! From the outside in:
//!
//! - [`client`]: a vault and the engine in it; what a shell drives.
//! - [`api`]: what a user interface says and hears.
//! - [`engine`]: the state machine; routes between the modules below.
//! - [`invitation`]: links that introduce two people; [`linking`], [`joining`]: those that add a device; [`node`] is one or the other.
//! - [`message`]: what agents say to each other inside the encryption.
//! - [`receipt`]: what two people agreed on, for anybody to check.
//! - [`session`], [`prekeys`], [`identity`]: the end-to-end encryption.
//! - [`vault`]: the encryption of what is stored.
//! - [`calendar`], [`command`]: calendar files and free time; plain language.
//!
//! It does not do I/O, and it knows no user interface.

pub mod api;
pub mod calendar;
pub mod client;
pub mod command;
pub mod engine;
pub mod identity;
pub mod invitation;
pub mod message;
pub mod node;
pub mod prekeys;
pub mod receipt;
pub mod session;
pub mod span;
#[cfg(feature = "testing")]
pub mod store_conformance;
pub mod vault;

mod agenda;
mod clock;
mod connection;
mod contacts;
mod devices;
mod diary;
mod history;
mod hold;
mod inbox;
pub mod joining;
mod json;
mod kept;
mod link;
pub mod linking;
mod local_id;
mod mailboxes;
mod negotiation;
mod outbox;
mod peers;
mod preferences;
mod random;
mod record;
mod refusals;
mod relay_url;
pub mod safety_code;
mod sharing;
#[cfg(test)]
mod wiping;

pub use contacts::find;
pub use devices::find_device;
pub use relay_url::{RelayUrl, RelayUrlError};
