//! The vault's header: the wrapped master key and what it takes to unwrap it.
//!
//! ```json
//! {"checksum":"<SHA-256 of the vault string, 64 hex digits>",
//!  "vault":"{\"version\":1,\"kdf\":\"PBKDF2-HMAC-SHA-256\",\"rounds\":600000,\"salt\":\"…\",\"iv\":\"…\",\"wrapped_key\":\"…\"}"}
//! ```
//!
//! The outer object stays the same for all versions, so that damage and a newer version are told
//! apart, and is read in the one encoding that [`Wrapped::encode`] gives it; the string in it as any JSON from outside.

use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::VaultError;
use crate::{identity::secret, json};

const VERSION: u32 = 1;
const KDF: &str = "PBKDF2-HMAC-SHA-256";
const CONTEXT: &[u8] = b"sotto/v1/vault/master\0";

/// A vault's header, as it is stored: JSON, in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultHeader(Vec<u8>);

impl VaultHeader {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to keep.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[serde(with = "hex")]
    checksum: [u8; 32],
    vault: String,
}

/// Just enough to know who can read the rest.
#[derive(Serialize, Deserialize)]
struct Versioned {
    version: u32,
}

/// The header's content, version 1.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wrapped {
    version: u32,
    kdf: String,
    pub(super) rounds: u32,
    #[serde(with = "secret::public_array")]
    salt: [u8; 16],
    #[serde(with = "secret::public_array")]
    iv: [u8; 12],
    /// The master key's ciphertext and tag.
    #[serde(with = "secret::public_array")]
    wrapped_key: [u8; 48],
}

impl Wrapped {
    pub(super) fn wrap<R: CryptoRng + ?Sized>(
        master: &[u8; 32],
        passphrase: &str,
        rounds: u32,
        rng: &mut R,
    ) -> Result<Self, VaultError> {
        let mut wrapped = Self {
            version: VERSION,
            kdf: KDF.to_owned(),
            rounds,
            salt: [0; 16],
            iv: [0; 12],
            wrapped_key: [0; 48],
        };
        rng.fill_bytes(&mut wrapped.salt);
        rng.fill_bytes(&mut wrapped.iv);
        let mut buffer = Zeroizing::new(Vec::with_capacity(48));
        buffer.extend_from_slice(master);
        wrapped
            .cipher(passphrase)
            .encrypt_in_place(
                (&wrapped.iv).into(),
                &wrapped.associated_data(),
                &mut *buffer,
            )
            .map_err(|_| VaultError::TooLarge)?;
        wrapped.wrapped_key = buffer
            .as_slice()
            .try_into()
            .map_err(|_| VaultError::TooLarge)?;
        Ok(wrapped)
    }

    pub(super) fn unwrap(&self, passphrase: &str) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let mut buffer = Zeroizing::new(self.wrapped_key.to_vec());
        self.cipher(passphrase)
            .decrypt_in_place((&self.iv).into(), &self.associated_data(), &mut *buffer)
            .map_err(|_| VaultError::WrongPassphrase)?;
        let mut master = Zeroizing::new([0; 32]);
        if buffer.len() != master.len() {
            return Err(VaultError::HeaderDamaged);
        }
        master.copy_from_slice(&buffer);
        Ok(master)
    }

    fn cipher(&self, passphrase: &str) -> Aes256Gcm {
        let mut key = Zeroizing::new([0; 32]);
        pbkdf2::pbkdf2_hmac::<Sha256>(
            passphrase.as_bytes(),
            &self.salt,
            self.rounds,
            key.as_mut_slice(),
        );
        Aes256Gcm::new((&*key).into())
    }

    /// The wrapped key is bound to all that it was wrapped with.
    fn associated_data(&self) -> Vec<u8> {
        [
            CONTEXT,
            &self.version.to_be_bytes(),
            &self.rounds.to_be_bytes(),
            &self.salt,
        ]
        .concat()
    }

    pub(super) fn encode(&self) -> Result<VaultHeader, VaultError> {
        let vault = serde_json::to_string(self).map_err(|_| VaultError::HeaderDamaged)?;
        let checksum = Sha256::digest(vault.as_bytes()).into();
        serde_json::to_vec(&Envelope { checksum, vault })
            .map(VaultHeader)
            .map_err(|_| VaultError::HeaderDamaged)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, VaultError> {
        let damaged = |_| VaultError::HeaderDamaged;
        let envelope: Envelope = serde_json::from_slice(bytes).map_err(damaged)?;
        let checksum: [u8; 32] = Sha256::digest(envelope.vault.as_bytes()).into();
        let canonical = serde_json::to_vec(&envelope).map_err(damaged)? == bytes;
        if !canonical || !bool::from(checksum.ct_eq(&envelope.checksum)) {
            return Err(VaultError::HeaderDamaged);
        }
        let vault = envelope.vault.as_bytes();
        let Versioned { version: found } = json::peek(vault).map_err(damaged)?;
        let expected = VERSION;
        if found != expected {
            return Err(VaultError::UnsupportedVersion { expected, found });
        }
        let wrapped: Self = json::read(vault).map_err(damaged)?;
        if wrapped.kdf != KDF {
            return Err(VaultError::HeaderDamaged);
        }
        Ok(wrapped)
    }
}

mod hex {
    use data_encoding::HEXLOWER;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(
        bytes: &[u8; 32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; 32], D::Error> {
        HEXLOWER
            .decode(String::deserialize(deserializer)?.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| D::Error::custom("expected 64 lower-case hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn envelope(vault: String) -> Vec<u8> {
        let checksum = Sha256::digest(vault.as_bytes()).into();
        serde_json::to_vec(&Envelope { checksum, vault }).unwrap()
    }

    #[test]
    fn it_looks_like_this() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let wrapped = Wrapped::wrap(&[7; 32], "passphrase", 2, &mut rng).unwrap();
        let header = wrapped.encode().unwrap();
        insta::assert_snapshot!(String::from_utf8(header.into_bytes()).unwrap(), @r#"{"checksum":"13f9a3a43e81a9f337cd031513322aff766c8f2740f1e9e4e7ba6b9c126aa6c8","vault":"{\"version\":1,\"kdf\":\"PBKDF2-HMAC-SHA-256\",\"rounds\":2,\"salt\":\"mjdEUEVgY57GcLehfUkrJw\",\"iv\":\"Pgd7Cpa-9Yundgd5\",\"wrapped_key\":\"aM96sdC6nLgKfF1fVg5YpbvUNKJNL4m2uK4wKfBGpN5xwHEvZfypV84LEOeKXmso\"}"}"#);
    }

    #[test]
    fn a_newer_version_is_named_whatever_else_it_holds() {
        let header = envelope(r#"{"version":2,"kdf":"Argon2id"}"#.to_owned());
        let (expected, found) = (1, 2);
        assert_eq!(
            Wrapped::decode(&header).err(),
            Some(VaultError::UnsupportedVersion { expected, found })
        );
        let header = envelope(r#"{"version":1,"kdf":"Argon2id"}"#.to_owned());
        assert_eq!(
            Wrapped::decode(&header).err(),
            Some(VaultError::HeaderDamaged)
        );
    }
}
