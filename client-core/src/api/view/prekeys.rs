//! What the relay holds of the keys for first contact.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the relay holds of this device's one-time prekeys, by its last word. Each device that it meets
/// for the first time takes one of either kind: those of new contacts, and each that asks to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PrekeysView {
    /// One-time X25519 keys.
    pub one_time: u32,
    /// One-time ML-KEM keys.
    pub ml_kem: u32,
    /// When the relay said so.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub at: Timestamp,
    /// How the supply is.
    pub supply: PrekeySupplyState,
}

/// How the supply of one-time prekeys is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PrekeySupplyState {
    /// There are some of either kind.
    Enough,
    /// One kind is used up: whoever is met now is met with less, until it is refilled.
    Exhausted,
    /// It was used up again and again, soon after each refill: somebody takes the keys, or the relay
    /// does not keep them.
    Drained,
}

/// What a first contact went without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MissingPrekey {
    /// The one-time X25519 key: until one round trip has brought fresh ones.
    OneTime,
    /// The one-time ML-KEM key, in whose place the one of last resort served: until the ratchet has
    /// mixed in a fresh one.
    MlKem,
}
