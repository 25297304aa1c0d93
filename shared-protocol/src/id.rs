//! A type for each kind of id and public key. Bytes from outside become one of
//! these at the edge, by [`TryFrom`] or [`FromStr`](core::str::FromStr), or are refused there.

use core::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes or text that cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The length is wrong.
    #[error("expected {expected} bytes as {kind}, found {found}")]
    Length {
        /// Which id.
        kind: &'static str,
        /// The right length in bytes.
        expected: usize,
        /// The length that came.
        found: usize,
    },
    /// The text is no lower-case hexadecimal.
    #[error("expected lower-case hexadecimal as {kind}")]
    Text {
        /// Which id.
        kind: &'static str,
    },
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Its length in bytes.
            pub const LEN: usize = $len;

            /// Wraps bytes of the right length.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// The bytes, as a frame carries them.
            pub fn to_vec(&self) -> Vec<u8> {
                self.0.to_vec()
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = IdError;

            fn try_from(bytes: &[u8]) -> Result<Self, IdError> {
                let found = bytes.len();
                let bytes = bytes
                    .try_into()
                    .map_err(|_| IdError::Length { kind: $kind, expected: $len, found })?;
                Ok(Self(bytes))
            }
        }

        impl core::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let bytes = HEXLOWER
                    .decode(text.as_bytes())
                    .map_err(|_| IdError::Text { kind: $kind })?;
                Self::try_from(bytes.as_slice())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! public_debug {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let hex = HEXLOWER.encode(&self.0);
                write!(
                    f,
                    concat!(stringify!($name), "({}…)"),
                    hex.get(..8).unwrap_or(&hex)
                )
            }
        }
    };
}

id!(
    /// A person at a relay, named by the account's Ed25519 public key.
    AccountId, 32, "account id"
);
id!(
    /// One device of an account, named by its Ed25519 signing key.
    DeviceId, 32, "device id"
);
id!(
    /// Where messages are posted: 256 random bits. Knowing it is the permission
    /// to post, so its `Debug` shows nothing of it.
    MailboxId, 32, "mailbox id"
);
id!(
    /// Names one message for repetition and acknowledgement: 128 random bits, chosen by its sender.
    MessageId, 16, "message id"
);

public_debug!(AccountId);
public_debug!(DeviceId);
public_debug!(MessageId);

impl fmt::Debug for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailboxId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_and_comes_back() {
        let id = MessageId::from_bytes([0xab; 16]);
        assert_eq!(id.to_string(), "ab".repeat(16));
        assert_eq!(id.to_string().parse::<MessageId>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<MessageId>(&json).unwrap(), id);
    }

    #[test]
    fn wrong_lengths_and_texts_are_named() {
        let error = AccountId::try_from([0u8; 31].as_slice()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected 32 bytes as account id, found 31"
        );
        assert!(matches!(
            "XY".parse::<MessageId>(),
            Err(IdError::Text { .. })
        ));
        assert!(matches!(
            "ab".parse::<MessageId>(),
            Err(IdError::Length { found: 1, .. })
        ));
    }

    #[test]
    fn a_mailbox_id_is_a_capability_and_is_not_shown() {
        let id = MailboxId::from_bytes([0xab; 32]);
        assert_eq!(format!("{id:?}"), "MailboxId(…)");
        assert_eq!(
            format!("{:?}", AccountId::from_bytes([0xab; 32])),
            "AccountId(abababab…)"
        );
    }
}
