//! The native shell around `sotto-client-core`: the `sotto` command and the headless agent.
//!
//! The core decides, this crate acts: it keeps the vault's sealed records in
//! SQLite ([`store`]), dials the relay and keeps the time ([`shell`]), lets other
//! processes of the same user in ([`local`]), and talks to a person ([`cli`], [`render`]).
//! It holds no rule about contacts, meetings or messages; the browser's shell
//! would not have it.
//!
//! ```no_run
//! std::process::exit(i32::from(sotto_agent::cli::main()));
//! ```

pub mod cli;
mod error;
pub mod home;
pub mod local;
pub mod render;
pub mod shell;
pub mod store;
pub mod vault;
