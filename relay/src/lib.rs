//! The Sotto relay: routes end-to-end-encrypted messages between mailboxes and reads none of them.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let config = sotto_relay::Config { data: "data".into(), ..Default::default() };
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let relay = tokio::spawn(sotto_relay::serve(listener, config, async { drop(stopped.await) }));
//! // … clients connect …
//! drop(stop);
//! relay.await??;
//! # Ok(()) }
//! ```
//!
//! - [`serve`] runs a relay on a listener; [`Config`] and [`limits::Limits`] are its settings.
//! - [`mailbox`], [`directory`], [`rate`]: what the relay decides, as plain functions over state
//!   with time as an argument.
//! - [`exchange`]: what is said on a connection, as plain functions over frames and a store, so that
//!   a simulator can run the real relay without sockets.
//! - [`store`]: where it keeps things, in SQLite or in memory.
//!
//! What it does not do: it opens no message (and links nothing that could),
//! keeps no sender, and writes no mailbox id into its log.

mod connection;
mod error;
mod http;
mod registry;
mod server;

pub mod clock;
pub mod config;
pub mod directory;
pub mod exchange;
pub mod limits;
pub mod log;
pub mod mailbox;
pub mod rate;
pub mod store;

pub use clock::Clock;
pub use config::Config;
pub use error::{Refusal, ServeError};
pub use limits::Limits;
pub use server::serve;

#[cfg(test)]
#[path = "../tests/integration/person.rs"]
#[allow(
    unreachable_pub,
    missing_docs,
    reason = "shared with the integration tests"
)]
mod testing;
