//! How agents get to know each other.

use serde::{Deserialize, Serialize};
use sotto_protocol::id::{MailboxId, MessageId};

use super::is_text;

/// Most posts that one message asks for anew.
pub const MAX_UNREAD: usize = 100;

/// Two agents get to know each other, or make their keys anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Handshake {
    /// I use your invitation.
    Request(Greeting),
    /// My user approved you.
    Accept(Greeting),
    /// My session with you is lost, or did not open what you said: this one takes its place.
    Renew {
        /// The ids of posts that could not be opened.
        unread: Vec<MessageId>,
    },
    /// I have the new session.
    Renewed {},
    /// I am another device of somebody with whom you speak.
    Device(Greeting),
    /// I know you now, and take what you say.
    DeviceAccept {
        /// Where the sender takes messages from this device.
        mailbox: MailboxId,
        /// The URL of the relay that has the mailbox.
        relay: String,
    },
}

/// Who is speaking, and where they can be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Greeting {
    /// The sender's name for themselves.
    pub name: String,
    /// Where the sender takes answers, for this contact alone.
    pub mailbox: MailboxId,
    /// The URL of the relay that has the mailbox.
    pub relay: String,
}

impl Handshake {
    /// Whether it is about keys: it is said once, in the session that it is about.
    pub(crate) fn is_about_keys(&self) -> bool {
        matches!(self, Self::Renew { .. } | Self::Renewed {})
    }

    /// Whether two devices of people who know each other meet by it: of that the users read
    /// elsewhere, and it stands in no history.
    pub(crate) fn introduces(&self) -> bool {
        matches!(self, Self::Device(_) | Self::DeviceAccept { .. })
    }

    pub(super) fn is_bounded(&self) -> bool {
        match self {
            Self::Request(greeting) | Self::Accept(greeting) | Self::Device(greeting) => {
                greeting.is_bounded()
            }
            Self::Renew { unread } => unread.len() <= MAX_UNREAD,
            Self::Renewed {} => true,
            Self::DeviceAccept { relay, .. } => is_text(relay),
        }
    }
}

impl Greeting {
    fn is_bounded(&self) -> bool {
        is_text(&self.name) && !self.name.trim().is_empty() && is_text(&self.relay)
    }
}

/// Nothing is said: whoever only listens takes a turn of the ratchet by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {}
