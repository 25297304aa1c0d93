//! The local socket of a running agent: how other processes of the same user reach the vault.
//!
//! Whoever may connect needs no passphrase; so the socket has mode 0600 in a
//! directory of mode 0700, and both ends check that the other runs as the same user.

mod client;
mod protocol;
mod server;

pub use client::LocalClient;
pub use protocol::{Asked, Incoming, LineReader, MAX_LINE_BYTES, ReadLine, Request, Response};
pub use server::{MAX_CLIENTS, Server};

use tokio::net::UnixStream;

/// Whether the process at the other end runs as the same user as this one.
fn same_user(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own)
}
