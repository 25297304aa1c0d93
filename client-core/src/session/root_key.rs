//! The root key, from which each turn of the conversation takes new chains.

use core::fmt;

use serde::{Deserialize, Serialize};

use zeroize::Zeroizing;

use super::{
    chain_key::ChainKey, continuity::Thread, header::HeaderKey, kdf, kdf::Key, rekey::FreshSecret,
};
use crate::identity::{agreement::SharedSecret, secret};

/// The secret that lives as long as the session and changes with each turn.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct RootKey {
    #[serde(with = "secret::array")]
    key: Key,
}

#[cfg(test)]
crate::wiping::proof!(RootKey { key });

/// What one turn mixes into the root key.
pub(super) struct TurnSecret {
    /// X25519 of the two ratchet keys.
    pub(super) agreement: SharedSecret,
    /// Fresh from ML-KEM, where the turn begins an epoch.
    pub(super) fresh: Option<FreshSecret>,
}

#[cfg(test)]
crate::wiping::proof!(TurnSecret { agreement, fresh });

/// What one turn gives.
pub(super) struct Turned {
    pub(super) root: RootKey,
    pub(super) chain: ChainKey,
    /// Header key of the chain after that one.
    pub(super) next_header_key: HeaderKey,
    pub(super) thread: Thread,
}

#[cfg(test)]
crate::wiping::proof!(Turned {
    root,
    chain,
    next_header_key,
    thread
});

impl RootKey {
    pub(super) fn new(key: Key) -> Self {
        Self { key }
    }

    /// KDF_RK_HE (Double Ratchet section 4.2): HKDF(salt: root key, input: X25519 secret, then the
    /// ML-KEM secret where there is one, info: `…/ratchet/root` or `…/ratchet/root-ml-kem` ‖ epoch ‖
    /// transcript).
    pub(super) fn turn(&self, secret: &TurnSecret) -> Turned {
        let TurnSecret { agreement, fresh } = secret;
        let [root, chain, header, thread] = match fresh {
            None => kdf::derive_keys(&self.key, agreement.as_slice(), &[kdf::RATCHET_ROOT]),
            Some(FreshSecret {
                secret,
                epoch,
                transcript,
            }) => {
                let mut input = Zeroizing::new([0; 64]);
                let (first, second) = input.split_at_mut(32);
                first.copy_from_slice(agreement.as_slice());
                second.copy_from_slice(secret.as_slice());
                let info = [kdf::RATCHET_ROOT_ML_KEM, &epoch.to_be_bytes(), transcript];
                kdf::derive_keys(&self.key, input.as_slice(), &info)
            }
        };
        Turned {
            root: Self::new(root),
            chain: ChainKey::new(chain),
            next_header_key: HeaderKey::new(header),
            thread: Thread::new(thread),
        }
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _ } = self;
        f.write_str("RootKey(…)")
    }
}
