//! HKDF-SHA-256 (RFC 5869) with the labels of this protocol.

use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// 32 secret bytes, wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

pub(super) const HANDSHAKE: &[u8] = b"sotto/v2/handshake\0";
pub(super) const HANDSHAKE_SELECTOR: &[u8] = b"sotto/v2/handshake/selector";
pub(super) const HANDSHAKE_KEM: &[u8] = b"sotto/v2/handshake/ml-kem-768";
pub(super) const HANDSHAKE_INVITATION: &[u8] = b"sotto/v2/handshake/invitation";
pub(super) const HANDSHAKE_CONTINUITY: &[u8] = b"sotto/v2/handshake/continuity";
pub(super) const HANDSHAKE_NO_VOUCHER: &[u8] = b"sotto/v2/handshake/no-voucher";
pub(super) const HANDSHAKE_IDENTITY: &[u8] = b"sotto/v2/handshake/identity-to-prekey";
pub(super) const HANDSHAKE_EPHEMERAL: &[u8] = b"sotto/v2/handshake/ephemeral-to-identity";
pub(super) const HANDSHAKE_ONE_TIME: &[u8] = b"sotto/v2/handshake/ephemeral-to-one-time";
pub(super) const HANDSHAKE_SESSION: &[u8] = b"sotto/v2/handshake/session";
pub(super) const SESSION_ID: &[u8] = b"sotto/v2/session-id\0";
pub(super) const RATCHET_ROOT: &[u8] = b"sotto/v2/ratchet/root";
pub(super) const RATCHET_ROOT_ML_KEM: &[u8] = b"sotto/v2/ratchet/root-ml-kem";
pub(super) const RATCHET_ML_KEM_CHECK: &[u8] = b"sotto/v2/ratchet/ml-kem-check";
pub(super) const RATCHET_CHAIN: &[u8] = b"sotto/v2/ratchet/chain";
pub(super) const RATCHET_MESSAGE: &[u8] = b"sotto/v2/ratchet/message";
pub(super) const MESSAGE_CIPHER: &[u8] = b"sotto/v2/message/cipher";

/// SHA-256 over the parts in a row.
pub(super) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let digest = hash.finalize().into();
    #[cfg(test)]
    super::trace::hashed(parts, &digest);
    digest
}

/// `COUNT` keys of 32 bytes from one derivation: HKDF, its output cut in order; `info` is the parts
/// in a row.
pub(super) fn derive_keys<const COUNT: usize>(
    salt: &[u8; 32],
    secret: &[u8],
    info: &[&[u8]],
) -> [Key; COUNT] {
    let hkdf = Hkdf::<Sha256>::new(Some(salt), secret);
    let keys = cut(&hkdf, info);
    #[cfg(test)]
    super::trace::derived(salt, secret, info, &keys);
    keys
}

/// As [`derive_keys`], by HKDF-Expand alone, from a key that is uniformly random already.
pub(crate) fn expand_keys<const COUNT: usize>(key: &[u8; 32], info: &[&[u8]]) -> [Key; COUNT] {
    expand(&expander(key), key, info)
}

/// As [`expand_keys`], a key for each label: what HMAC makes of the key first is made once.
pub(super) fn expand_each<const COUNT: usize>(
    key: &[u8; 32],
    labels: [&[u8]; COUNT],
) -> [Key; COUNT] {
    let hkdf = expander(key);
    labels.map(|label| {
        let [key] = expand(&hkdf, key, &[label]);
        key
    })
}

fn expander(key: &[u8; 32]) -> Hkdf<Sha256> {
    #[allow(
        clippy::expect_used,
        reason = "RFC 5869: a key of 32 bytes is as long as SHA-256's output"
    )]
    Hkdf::from_prk(key).expect("32 bytes are enough")
}

fn expand<const COUNT: usize>(
    hkdf: &Hkdf<Sha256>,
    #[cfg_attr(not(test), expect(unused_variables, reason = "for the trace"))] key: &[u8; 32],
    info: &[&[u8]],
) -> [Key; COUNT] {
    let keys = cut(hkdf, info);
    #[cfg(test)]
    super::trace::expanded(key, info, &keys);
    keys
}

fn cut<const COUNT: usize>(hkdf: &Hkdf<Sha256>, info: &[&[u8]]) -> [Key; COUNT] {
    const { assert!(COUNT <= 255, "RFC 5869 section 2.3") }
    let mut keys = [[0; 32]; COUNT];
    #[allow(clippy::expect_used, reason = "the length is checked when compiling")]
    hkdf.expand_multi_info(info, keys.as_flattened_mut())
        .expect("a length that HKDF gives");
    let wrapped = keys.map(Key::new);
    keys.zeroize();
    wrapped
}
