//! The relay over real sockets.

mod client;
mod directory;
mod http;
mod limits;
mod mailboxes;
mod person;
mod process;
mod sessions;
