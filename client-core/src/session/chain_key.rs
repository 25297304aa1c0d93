//! The symmetric ratchet: a chain of message keys, of which the next gives the former never away.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::{SessionError, kdf, kdf::Key, message_key::MessageKey};
use crate::identity::secret;

/// The key of a chain's next message, and that message's number.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ChainKey {
    #[serde(with = "secret::array")]
    key: Key,
    index: u32,
}

#[cfg(test)]
crate::wiping::proof!(ChainKey { key; index });

impl ChainKey {
    pub(super) fn new(key: Key) -> Self {
        Self { key, index: 0 }
    }

    /// The next message's number; as many came before it.
    pub(super) fn index(&self) -> u32 {
        self.index
    }

    /// Gives the next message's key and moves on (Double Ratchet section 5.2, KDF_CK): message
    /// key = HKDF-Expand(chain key, `…/message`), next = HKDF-Expand(chain key, `…/chain`).
    pub(super) fn next(&mut self) -> Result<(u32, MessageKey), SessionError> {
        let index = self.index;
        self.index = index.checked_add(1).ok_or(SessionError::Exhausted)?;
        let labels = [kdf::RATCHET_MESSAGE, kdf::RATCHET_CHAIN];
        let [message, next] = kdf::expand_each(&self.key, labels);
        self.key = next;
        Ok((index, MessageKey::new(message)))
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, index } = self;
        write!(f, "ChainKey(#{index}, …)")
    }
}
