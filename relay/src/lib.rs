//! The Sotto relay.

pub mod clock;
pub mod config;
pub mod directory;
pub mod limits;
pub mod mailbox;
pub mod rate;
pub mod store;

#[cfg(test)]
#[path = "../tests/integration/person.rs"]
#[allow(unreachable_pub, missing_docs, reason = "shared with the integration tests")]
mod testing;
