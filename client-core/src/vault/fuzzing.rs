//! A vault's header, for fuzzing.

use sha2::{Digest, Sha256};

use super::header::Wrapped;

/// A header as it lies on the disk; and the bytes as the string in one whose checksum is right. Whatever
/// is taken is taken in its one encoding.
pub fn header(bytes: &[u8]) {
    if let Ok(wrapped) = Wrapped::decode(bytes) {
        let again = wrapped.encode().map(super::VaultHeader::into_bytes);
        assert_eq!(again.as_deref(), Ok(bytes));
    }
    let Ok(vault) = std::str::from_utf8(bytes) else {
        return;
    };
    let checksum = data_encoding::HEXLOWER.encode(&Sha256::digest(vault));
    let envelope = serde_json::json!({ "checksum": checksum, "vault": vault }).to_string();
    let _ = Wrapped::decode(envelope.as_bytes());
}
