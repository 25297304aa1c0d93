//! What may go along with a plaintext: the two halves of an ML-KEM exchange.

use core::fmt;

use crate::prekeys::kem::{CIPHERTEXT_LEN, ENCAPSULATION_KEY_LEN};

/// Length of an answer's proof that its secret is the offerer's too.
pub(super) const CHECK_LEN: usize = 16;

/// Half of an ML-KEM exchange that makes the secret of an epoch (`rekey`).
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Attachment {
    None,
    /// A key to encapsulate to.
    Offer {
        epoch: u32,
        key: Box<[u8; ENCAPSULATION_KEY_LEN]>,
    },
    /// What was encapsulated to an offered key.
    Answer {
        epoch: u32,
        ciphertext: Box<[u8; CIPHERTEXT_LEN]>,
        /// Shows that the sender encapsulated to the very key that was offered.
        check: [u8; CHECK_LEN],
    },
}

impl Attachment {
    /// The encoding's length: one byte that says which, then the fields.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::None => 1,
            Self::Offer { .. } => 1 + 4 + ENCAPSULATION_KEY_LEN,
            Self::Answer { .. } => 1 + 4 + CIPHERTEXT_LEN + CHECK_LEN,
        }
    }

    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::None => bytes.push(0),
            Self::Offer { epoch, key } => {
                bytes.push(1);
                bytes.extend_from_slice(&epoch.to_be_bytes());
                bytes.extend_from_slice(key.as_slice());
            }
            Self::Answer {
                epoch,
                ciphertext,
                check,
            } => {
                bytes.push(2);
                bytes.extend_from_slice(&epoch.to_be_bytes());
                bytes.extend_from_slice(ciphertext.as_slice());
                bytes.extend_from_slice(check);
            }
        }
    }

    /// The attachment that the bytes begin with, and what follows it.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let ([which], bytes) = bytes.split_first_chunk()?;
        if *which == 0 {
            return Some((Self::None, bytes));
        }
        let (epoch, bytes) = bytes.split_first_chunk()?;
        let epoch = u32::from_be_bytes(*epoch);
        match which {
            1 => {
                let (key, rest) = bytes.split_first_chunk()?;
                let key = Box::new(*key);
                Some((Self::Offer { epoch, key }, rest))
            }
            2 => {
                let (ciphertext, bytes) = bytes.split_first_chunk()?;
                let (check, rest) = bytes.split_first_chunk()?;
                let answer = Self::Answer {
                    epoch,
                    ciphertext: Box::new(*ciphertext),
                    check: *check,
                };
                Some((answer, rest))
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Offer { epoch, key: _ } => write!(f, "Offer(epoch {epoch})"),
            Self::Answer {
                epoch,
                ciphertext: _,
                check: _,
            } => write!(f, "Answer(epoch {epoch})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_not_when_cut() {
        let all = [
            Attachment::None,
            Attachment::Offer {
                epoch: 7,
                key: Box::new([1; ENCAPSULATION_KEY_LEN]),
            },
            Attachment::Answer {
                epoch: 8,
                ciphertext: Box::new([2; CIPHERTEXT_LEN]),
                check: [3; CHECK_LEN],
            },
        ];
        for attachment in all {
            let mut bytes = Vec::new();
            attachment.encode(&mut bytes);
            assert_eq!(bytes.len(), attachment.len());
            for length in 0..bytes.len() {
                assert_eq!(Attachment::decode(&bytes[..length]), None);
            }
            bytes.extend_from_slice(b"rest");
            let (read, rest) = Attachment::decode(&bytes).unwrap();
            assert_eq!((read, rest), (attachment, b"rest".as_slice()));
        }
        assert_eq!(Attachment::decode(&[3; 4_000]), None);
    }
}
