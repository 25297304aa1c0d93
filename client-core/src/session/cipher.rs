//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439), and what is agreed on its use here.

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};
use zeroize::Zeroizing;

use super::SessionError;

/// A nonce's length.
pub(super) const NONCE_LEN: usize = 24;

/// A tag's length.
pub(super) const TAG_LEN: usize = 16;

/// For keys that encrypt one thing in their life.
pub(super) const SINGLE_USE_NONCE: [u8; NONCE_LEN] = [0; NONCE_LEN];

/// Encrypts `buffer` from the offset `from` on in place and appends the tag. `buffer` should have
/// [`TAG_LEN`] bytes to spare, or growing it leaves a copy of the plaintext behind.
pub(super) fn seal(
    key: &[u8; 32],
    nonce: &[u8; NONCE_LEN],
    associated_data: &[u8],
    buffer: &mut Vec<u8>,
    from: usize,
) -> Result<(), SessionError> {
    let plaintext = buffer.get_mut(from..).ok_or(SessionError::Malformed)?;
    #[cfg(test)]
    super::trace::ciphered(key, associated_data, plaintext);
    // The cipher's own limit is 256 GiB.
    let tag = XChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(nonce.into(), associated_data, plaintext.into())
        .map_err(|_| SessionError::Exhausted)?;
    buffer.extend_from_slice(&tag);
    Ok(())
}

/// Decrypts, or says that it does not authenticate; the tag is compared in constant time.
pub(super) fn open(
    key: &[u8; 32],
    nonce: &[u8; NONCE_LEN],
    associated_data: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SessionError> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    XChaCha20Poly1305::new(key.into())
        .decrypt_in_place(nonce.into(), associated_data, &mut *buffer)
        .map_err(|_| SessionError::Undecryptable)?;
    #[cfg(test)]
    super::trace::ciphered(key, associated_data, &buffer);
    Ok(buffer)
}
