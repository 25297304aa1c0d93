//! PQXDH with a hidden initiator: who agrees on what, and in which order.
//!
//! The keys that go in are those of PQXDH (X25519 three or four times, ML-KEM-768 once). The order
//! is that of a Noise pattern: what is agreed first (ephemeral with signed prekey, then the KEM, then
//! the invitation's secret) encrypts what must not be seen (which one-time prekeys, who the initiator
//! is), and what proves the initiator's identity is mixed in after it was decrypted. Everything that
//! either side saw is hashed into the session's name and keys.

mod initiator;
mod responder;
mod transcript;

pub use initiator::initiate;
#[cfg(test)]
pub(super) use initiator::initiate_towards_any;
#[cfg(any(test, feature = "testing"))]
pub(super) use responder::parse_identity;
pub use responder::{Accepted, accept};
