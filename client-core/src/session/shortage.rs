//! What a handshake went without, because nothing else was left of the responder's prekeys.

use serde::{Deserialize, Serialize};

/// Keys that a handshake lacked. What is said meanwhile is open to whoever steals, within weeks, the
/// responder's signed prekey or last-resort key along with its device's; a key that is used once
/// would be gone by then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// There was no one-time X25519 key.
    pub one_time: bool,
    /// There was but the ML-KEM key of last resort, which others use too.
    pub kem: bool,
}

impl Shortage {
    /// Whether nothing was lacking.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
