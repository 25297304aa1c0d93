//! One record: version (1 byte) ‖ IV (12 bytes) ‖ ciphertext ‖ tag (16 bytes).
//!
//! The IV is random. AES-GCM allows 2³² random IVs under one key (NIST SP 800-38D section 8.3),
//! and every store has its own.

use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::VaultError;

const VERSION: u8 = 1;
const IV_LEN: usize = 12;
const TAG_LEN: usize = 16;
const CATEGORY: &[u8] = b"sotto/v1/vault/category\0";

/// A record does not open: it was changed, cut, or written for another place. The rest of the
/// vault is not touched by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the record that was written to store {store:?}, found a damaged one")]
pub struct RecordDamaged {
    /// The store's name.
    pub store: String,
    /// The record's key.
    pub key: String,
}

/// AES-256-GCM under the store's key: HKDF-Expand(master key, context ‖ store's name).
fn cipher(master: &[u8; 32], store: &str) -> Option<Aes256Gcm> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Hkdf::<sha2::Sha256>::from_prk(master)
        .ok()?
        .expand_multi_info(&[CATEGORY, store.as_bytes()], key.as_mut_slice())
        .ok()?;
    Some(Aes256Gcm::new((&*key).into()))
}

/// Version ‖ store's length (4 bytes, big-endian) ‖ store ‖ key's length (4 bytes) ‖ key.
fn associated_data(store: &str, key: &str) -> Option<Vec<u8>> {
    let length = |text: &str| u32::try_from(text.len()).ok().map(u32::to_be_bytes);
    Some(
        [
            [VERSION].as_slice(),
            &length(store)?,
            store.as_bytes(),
            &length(key)?,
            key.as_bytes(),
        ]
        .concat(),
    )
}

pub(super) fn seal<R: CryptoRng + ?Sized>(
    master: &[u8; 32],
    store: &str,
    key: &str,
    plaintext: &[u8],
    rng: &mut R,
) -> Result<Vec<u8>, VaultError> {
    let mut iv = [0; IV_LEN];
    rng.fill_bytes(&mut iv);
    let mut sealed = Vec::with_capacity(1 + IV_LEN + plaintext.len() + TAG_LEN);
    sealed.push(VERSION);
    sealed.extend_from_slice(&iv);
    sealed.extend_from_slice(plaintext);
    let tag = cipher(master, store)
        .zip(associated_data(store, key))
        .zip(sealed.get_mut(1 + IV_LEN..))
        .and_then(|((cipher, data), body)| {
            cipher
                .encrypt_inout_detached((&iv).into(), &data, body.into())
                .ok()
        })
        .ok_or(VaultError::TooLarge)?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

pub(super) fn open(
    master: &[u8; 32],
    store: &str,
    key: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, RecordDamaged> {
    let open = || {
        let (iv, body) = sealed
            .strip_prefix(&[VERSION])?
            .split_first_chunk::<IV_LEN>()?;
        let mut buffer = Zeroizing::new(body.to_vec());
        cipher(master, store)?
            .decrypt_in_place(iv.into(), &associated_data(store, key)?, &mut *buffer)
            .ok()?;
        Some(buffer)
    };
    open().ok_or_else(|| RecordDamaged {
        store: store.to_owned(),
        key: key.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    const MASTER: [u8; 32] = [7; 32];

    fn sealed(store: &str, key: &str) -> Vec<u8> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        seal(&MASTER, store, key, b"secret", &mut rng).unwrap()
    }

    #[test]
    fn a_record_opens_in_its_place_alone() {
        let bytes = sealed("contacts", "12");
        assert_eq!(bytes.len(), 1 + IV_LEN + 6 + TAG_LEN);
        assert_eq!(*open(&MASTER, "contacts", "12", &bytes).unwrap(), b"secret");
        for (store, key) in [
            ("contacts", "13"),
            ("contacts1", "2"),
            ("contact", "s12"),
            ("events", "12"),
            ("contacts", ""),
        ] {
            let damaged = open(&MASTER, store, key, &bytes).unwrap_err();
            assert_eq!((damaged.store.as_str(), damaged.key.as_str()), (store, key));
        }
        assert!(open(&[8; 32], "contacts", "12", &bytes).is_err());
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_damage() {
        let bytes = sealed("s", "k");
        for bit in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&MASTER, "s", "k", &bent).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(open(&MASTER, "s", "k", &bytes[..length]).is_err());
        }
    }

    #[test]
    fn equal_records_look_different() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut seal = || seal(&MASTER, "s", "k", b"", &mut rng).unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn the_bytes_are_these() {
        let hex = data_encoding::HEXLOWER.encode(&sealed("s", "k"));
        insta::assert_snapshot!(hex, @"019a3744504560639ec670b7a1caae16ac0e2cf6cb829f8ab2afdcb67e4057b999a585");
    }
}
