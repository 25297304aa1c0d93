//! A message's header and the key that hides it (Double Ratchet section 4).

use core::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{SessionError, cipher, kdf::Key};
use crate::identity::{AgreementKey, secret};

/// An encoded header's length: ratchet key, epoch, previous chain's length, number.
const PLAIN_LEN: usize = 32 + 4 + 4 + 4;

/// An encrypted header's length, without its nonce.
pub(super) const SEALED_LEN: usize = PLAIN_LEN + cipher::TAG_LEN;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The ratchet key of the chain, as encoded.
    pub(super) ratchet_key: [u8; 32],
    /// How many times ML-KEM had joined the root key when the chain began (`rekey`).
    pub(super) epoch: u32,
    /// How many messages the sender's previous chain had.
    pub(super) previous_length: u32,
    /// The message's number in its chain, from zero.
    pub(super) number: u32,
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SEALED_LEN);
        bytes.extend_from_slice(&self.ratchet_key);
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.previous_length.to_be_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (ratchet_key, bytes) = bytes.split_first_chunk()?;
        let (epoch, bytes) = bytes.split_first_chunk()?;
        let (previous_length, bytes) = bytes.split_first_chunk()?;
        let (number, rest) = bytes.split_first_chunk()?;
        rest.is_empty().then_some(Self {
            ratchet_key: *ratchet_key,
            epoch: u32::from_be_bytes(*epoch),
            previous_length: u32::from_be_bytes(*previous_length),
            number: u32::from_be_bytes(*number),
        })
    }

    /// The ratchet key as a peer's.
    pub(super) fn peer_key(&self) -> Result<AgreementKey, SessionError> {
        AgreementKey::parse(&self.ratchet_key).map_err(|_| SessionError::Undecryptable)
    }
}

/// An encrypted header, as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SealedHeader {
    /// Random, for this header alone.
    pub(super) nonce: [u8; cipher::NONCE_LEN],
    /// Ciphertext and tag.
    pub(super) ciphertext: [u8; SEALED_LEN],
}

/// Encrypts all headers of one chain, each under a random nonce.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct HeaderKey {
    #[serde(with = "secret::array")]
    key: Key,
}

#[cfg(test)]
crate::wiping::proof!(HeaderKey { key });

impl HeaderKey {
    pub(super) fn new(key: Key) -> Self {
        Self { key }
    }

    pub(super) fn seal<R: CryptoRng + ?Sized>(
        &self,
        header: &Header,
        associated_data: &[u8],
        rng: &mut R,
    ) -> Result<SealedHeader, SessionError> {
        let mut nonce = [0; cipher::NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let mut buffer = header.encode();
        cipher::seal(&self.key, &nonce, associated_data, &mut buffer, 0)?;
        let ciphertext = buffer.try_into().map_err(|_| SessionError::Malformed)?;
        Ok(SealedHeader { nonce, ciphertext })
    }

    /// The header, if this key made it.
    pub(super) fn open(&self, header: &SealedHeader, associated_data: &[u8]) -> Option<Header> {
        let SealedHeader { nonce, ciphertext } = header;
        let bytes = cipher::open(&self.key, nonce, associated_data, ciphertext).ok()?;
        Header::decode(&bytes)
    }
}

impl fmt::Debug for HeaderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _ } = self;
        f.write_str("HeaderKey(…)")
    }
}
