//! The key of one message.

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{SessionError, cipher, kdf, kdf::Key};
use crate::identity::secret;

/// Encrypts or decrypts one message, then it is gone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct MessageKey {
    #[serde(with = "secret::array")]
    key: Key,
}

#[cfg(test)]
crate::wiping::proof!(MessageKey { key });

impl MessageKey {
    pub(super) fn new(key: Key) -> Self {
        Self { key }
    }

    /// The cipher's key and nonce: HKDF-Expand(message key, label ‖ the header's random nonce).
    /// The header's nonce makes them differ even where a device was rolled back to an older
    /// state and comes to use a message key again for another message.
    fn cipher(&self, header_nonce: &[u8; cipher::NONCE_LEN]) -> (Key, [u8; cipher::NONCE_LEN]) {
        let [key, nonce] = kdf::expand_keys(&self.key, &[kdf::MESSAGE_CIPHER, header_nonce]);
        let mut short = [0; cipher::NONCE_LEN];
        for (to, from) in short.iter_mut().zip(nonce.iter()) {
            *to = *from;
        }
        (key, short)
    }

    /// Encrypts `buffer` from the offset `from` on in place and appends the tag.
    pub(super) fn seal(
        self,
        header_nonce: &[u8; cipher::NONCE_LEN],
        associated_data: &[u8],
        buffer: &mut Vec<u8>,
        from: usize,
    ) -> Result<(), SessionError> {
        let (key, nonce) = self.cipher(header_nonce);
        cipher::seal(&key, &nonce, associated_data, buffer, from)
    }

    pub(super) fn open(
        &self,
        header_nonce: &[u8; cipher::NONCE_LEN],
        associated_data: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SessionError> {
        let (key, nonce) = self.cipher(header_nonce);
        cipher::open(&key, &nonce, associated_data, ciphertext)
    }
}

impl fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _ } = self;
        f.write_str("MessageKey(…)")
    }
}
