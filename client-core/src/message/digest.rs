//! A message's own name for what it says.

use core::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

/// SHA-256 of a message as it was encrypted: names that very message, every word of it.
/// 64 hexadecimal digits in JSON, in lower case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MessageDigest([u8; 32]);

impl MessageDigest {
    /// Of a message's bytes.
    pub fn of(plaintext: &[u8]) -> Self {
        Self(Sha256::digest(plaintext).into())
    }
}

impl fmt::Debug for MessageDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "MessageDigest({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

impl Serialize for MessageDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for MessageDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).ok();
        let digest = bytes.and_then(|bytes| bytes.try_into().ok()).map(Self);
        digest.ok_or_else(|| D::Error::custom("expected 64 hexadecimal digits"))
    }
}
