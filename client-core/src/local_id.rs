//! Ids that this device gives out for its own use, and the id of a negotiation.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::random::random_bytes;

macro_rules! local_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $name(String);

        impl $name {
            pub(crate) fn random(rng: &mut dyn CryptoRng) -> Self {
                Self(data_encoding::HEXLOWER.encode(&random_bytes::<$bytes>(rng)))
            }

            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

local_id!(
    /// A contact, on this device.
    ContactId, 6
);
local_id!(
    /// An invitation of mine.
    InvitationId, 6
);
local_id!(
    /// A link of mine that adds a device.
    LinkId, 6
);
local_id!(
    /// An imported calendar.
    CalendarId, 6
);
local_id!(
    /// A negotiation: 128 random bits chosen by whoever begins it, the same on both sides.
    ConversationId, 16
);

/// Whether the text is so many hexadecimal digits, in lower case.
pub(crate) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What stands for the user among those whose devices this one speaks with. No contact is named so.
const OWN: &str = "own";

impl ContactId {
    /// The user: whose the other devices of the own account are.
    pub(crate) fn own() -> Self {
        Self(OWN.to_owned())
    }

    /// Whether it is the user, and no contact.
    pub(crate) fn is_own(&self) -> bool {
        self.0 == OWN
    }

    /// Takes an id from a record's key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        (is_hex(text, 12) || text == OWN).then(|| Self(text.to_owned()))
    }
}

impl ConversationId {
    /// Takes an id from the other side over.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        is_hex(text, 32).then(|| Self(text.to_owned()))
    }
}

impl From<&ContactId> for ConversationId {
    /// What was said before there was anything to negotiate stands under the contact's own id.
    fn from(contact: &ContactId) -> Self {
        Self(contact.0.clone())
    }
}
