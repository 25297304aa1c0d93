//! The root key, from which each turn of the conversation takes new chains.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::{chain_key::ChainKey, header::HeaderKey, kdf, kdf::Key};
use crate::identity::{agreement::SharedSecret, secret};

/// The secret that lives as long as the session and changes with each turn.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct RootKey {
    #[serde(with = "secret::array")]
    key: Key,
}

/// What one turn mixes into the root key. The one place where fresh ML-KEM material joins: as a
/// second field here, after the X25519 secret in [`RootKey::step`]'s input, under a label of its own.
pub(super) struct TurnSecret {
    pub(super) agreement: SharedSecret,
}

impl RootKey {
    pub(super) fn new(key: Key) -> Self {
        Self { key }
    }

    /// KDF_RK_HE (Double Ratchet section 4.2): the next root key, a chain, and the header key of
    /// the chain after it = HKDF(salt: root key, input: shared secret, info: `sotto/v1/ratchet/root`).
    pub(super) fn step(&self, turn: &TurnSecret) -> (Self, ChainKey, HeaderKey) {
        let [root, chain, header] =
            kdf::derive_keys(&self.key, turn.agreement.as_slice(), kdf::RATCHET_ROOT);
        (
            Self::new(root),
            ChainKey::new(chain),
            HeaderKey::new(header),
        )
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _ } = self;
        f.write_str("RootKey(…)")
    }
}
