//! The bytes of a session's messages. Fixed layouts, one encoding each; numbers are big-endian.
//!
//! ```text
//! Ratchet message                      Initial message
//!   0   1  version = 2                   0     1  version = 2
//!   1   1  kind = 2                      1     1  kind = 1
//!   2  24  header nonce                  2     4  signed prekey id
//!  26  60  header ciphertext             6    32  ephemeral key
//!  86   n  body ciphertext              38    24  selector ciphertext
//!                                       62  1088  ML-KEM-768 ciphertext
//!                                     1150     2  identity ciphertext's length L
//!                                     1152     L  identity ciphertext
//!                                   1152+L    24  header nonce
//!                                   1176+L    60  header ciphertext
//!                                   1236+L     n  body ciphertext
//! ```
//!
//! L is a positive multiple of 512, plus 16; n is a padded length, plus 16. Everything else is refused.

use super::{
    SESSION_VERSION, SessionError, cipher,
    header::{SEALED_LEN, SealedHeader},
    padding,
};
use crate::prekeys::kem::CIPHERTEXT_LEN;

/// An encrypted selector's length: two ids and a tag.
pub(super) const SELECTOR_LEN: usize = 8 + cipher::TAG_LEN;

/// Identity blocks are padded to multiples of this.
pub(super) const IDENTITY_UNIT: usize = 512;

/// Longest padded identity block: a list of [`MAX_DEVICES`](sotto_protocol::limits::MAX_DEVICES)
/// devices, and what stands around it.
pub(super) const MAX_IDENTITY_LEN: usize = 2 * IDENTITY_UNIT;

/// What a message is, by its second byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A message that carries a handshake, for as long as the peer has not answered.
    Initial = 1,
    /// A message of a session that both sides have.
    Ratchet = 2,
}

/// What the bytes claim to be. Reads two bytes and proves nothing.
///
/// # Errors
///
/// [`SessionError::UnsupportedVersion`] for another version, [`SessionError::Malformed`] for
/// another kind, or for too few bytes to say.
pub fn peek(bytes: &[u8]) -> Result<Kind, SessionError> {
    let [version, kind, ..] = *bytes else {
        return Err(SessionError::Malformed);
    };
    let expected = SESSION_VERSION;
    if version != expected {
        let found = version;
        return Err(SessionError::UnsupportedVersion { expected, found });
    }
    match kind {
        1 => Ok(Kind::Initial),
        2 => Ok(Kind::Ratchet),
        _ => Err(SessionError::Malformed),
    }
}

/// Whether the bytes claim to be an Initial message.
pub fn is_initial(bytes: &[u8]) -> bool {
    peek(bytes) == Ok(Kind::Initial)
}

/// The handshake that an Initial message carries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handshake<'a> {
    pub(super) signed_prekey: u32,
    pub(super) ephemeral: &'a [u8; 32],
    pub(super) selector: &'a [u8; SELECTOR_LEN],
    pub(super) kem: &'a [u8; CIPHERTEXT_LEN],
    pub(super) identity: &'a [u8],
}

impl Handshake<'_> {
    /// From the version byte to the end of the identity ciphertext.
    pub(super) fn encode(&self) -> Result<Vec<u8>, SessionError> {
        let length = u16::try_from(self.identity.len()).map_err(|_| SessionError::Malformed)?;
        Ok([
            [SESSION_VERSION, Kind::Initial as u8].as_slice(),
            &self.signed_prekey.to_be_bytes(),
            self.ephemeral,
            self.selector,
            self.kem,
            &length.to_be_bytes(),
            self.identity,
        ]
        .concat())
    }
}

/// The part that all messages have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealed<'a> {
    pub(super) header: SealedHeader,
    pub(super) body: &'a [u8],
}

/// A message taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum Message<'a> {
    Initial {
        /// The handshake's very bytes.
        prologue: &'a [u8],
        handshake: Handshake<'a>,
        sealed: Sealed<'a>,
    },
    Ratchet {
        sealed: Sealed<'a>,
    },
}

impl<'a> Message<'a> {
    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, SessionError> {
        let kind = peek(bytes)?;
        let rest = bytes.get(2..).ok_or(SessionError::Malformed)?;
        match kind {
            Kind::Initial => Self::decode_initial(bytes, rest),
            Kind::Ratchet => Sealed::decode(rest).map(|sealed| Self::Ratchet { sealed }),
        }
        .ok_or(SessionError::Malformed)
    }

    fn decode_initial(bytes: &'a [u8], rest: &'a [u8]) -> Option<Self> {
        let (signed_prekey, rest) = rest.split_first_chunk()?;
        let (ephemeral, rest) = rest.split_first_chunk()?;
        let (selector, rest) = rest.split_first_chunk()?;
        let (kem, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (identity, rest) = rest.split_at_checked(length)?;
        let padded = identity.len().checked_sub(cipher::TAG_LEN)?;
        if padded == 0 || padded % IDENTITY_UNIT != 0 || padded > MAX_IDENTITY_LEN {
            return None;
        }
        let (prologue, _) = bytes.split_at_checked(bytes.len().checked_sub(rest.len())?)?;
        Some(Self::Initial {
            prologue,
            handshake: Handshake {
                signed_prekey: u32::from_be_bytes(*signed_prekey),
                ephemeral,
                selector,
                kem,
                identity,
            },
            sealed: Sealed::decode(rest)?,
        })
    }
}

impl<'a> Sealed<'a> {
    fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (nonce, bytes) = bytes.split_first_chunk()?;
        let (ciphertext, body) = bytes.split_first_chunk::<SEALED_LEN>()?;
        let padded = body.len().checked_sub(cipher::TAG_LEN)?;
        padding::is_padded(padded).then_some(Self {
            header: SealedHeader {
                nonce: *nonce,
                ciphertext: *ciphertext,
            },
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn initial(identity: usize, body: usize) -> Vec<u8> {
        let mut bytes = Handshake {
            signed_prekey: 7,
            ephemeral: &[1; 32],
            selector: &[2; SELECTOR_LEN],
            kem: &[3; CIPHERTEXT_LEN],
            identity: &vec![4; identity],
        }
        .encode()
        .unwrap();
        assert_eq!(bytes.len(), 1152 + identity);
        bytes.extend_from_slice(&[5; 24 + SEALED_LEN]);
        bytes.resize(bytes.len() + body, 6);
        bytes
    }

    #[test]
    fn the_parts_stand_where_the_table_says() {
        let bytes = initial(528, 272);
        assert_eq!(bytes[..6], [2, 1, 0, 0, 0, 7]);
        assert_eq!((bytes[6], bytes[38], bytes[62]), (1, 2, 3));
        assert_eq!(bytes[1150..1152], [2, 16]);
        assert_eq!((bytes[1152 + 528], bytes[1236 + 528]), (5, 6));
        let Message::Initial {
            prologue, sealed, ..
        } = Message::decode(&bytes).unwrap()
        else {
            panic!("no Initial");
        };
        assert_eq!((prologue.len(), sealed.body.len()), (1152 + 528, 272));
    }

    #[test]
    fn other_versions_kinds_and_lengths_are_refused() {
        let mut bytes = initial(528, 272);
        for length in 0..bytes.len() {
            assert!(Message::decode(&bytes[..length]).is_err(), "{length}");
        }
        bytes[0] = 1;
        let (expected, found) = (2, 1);
        assert_eq!(
            Message::decode(&bytes).unwrap_err(),
            SessionError::UnsupportedVersion { expected, found }
        );
        (bytes[0], bytes[1]) = (2, 3);
        assert_eq!(
            Message::decode(&bytes).unwrap_err(),
            SessionError::Malformed
        );
        for (identity, body) in [(16, 272), (527, 272), (1552, 272), (528, 256), (528, 273)] {
            assert!(Message::decode(&initial(identity, body)).is_err());
        }
        assert!(is_initial(&initial(528, 272)) && !is_initial(&[2]));
    }

    proptest! {
        #[test]
        fn bent_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let _ = Message::decode(&bytes);
            let _ = Message::decode(&[&[2, 1], bytes.as_slice()].concat());
            let _ = Message::decode(&[&[2, 2], bytes.as_slice()].concat());
        }
    }
}
