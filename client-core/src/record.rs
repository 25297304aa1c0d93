//! Records as they are stored: JSON, so that later versions may add fields.

use serde::{Serialize, de::DeserializeOwned};

/// Encodes a record. The types of this crate have only string keys and no
/// failing `Serialize`, which is all that `serde_json` can refuse.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    #[expect(
        clippy::expect_used,
        reason = "no type of this crate fails to serialise"
    )]
    serde_json::to_vec(value).expect("a type with string keys")
}

/// Decodes a record.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes)
}
