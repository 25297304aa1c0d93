//! How agents get to know each other.

use serde::{Deserialize, Serialize};
use sotto_protocol::id::MailboxId;

use super::is_text;

/// Two agents get to know each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    /// What is meant.
    pub step: HandshakeStep,
    /// The sender's name for themselves.
    pub name: String,
    /// Where the sender takes answers, for this contact alone.
    pub mailbox: MailboxId,
    /// The URL of the relay that has the mailbox.
    pub relay: String,
}

/// The steps of getting to know each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandshakeStep {
    /// I use your invitation.
    Request,
    /// My user approved you.
    Accept,
}

impl Handshake {
    pub(super) fn is_bounded(&self) -> bool {
        is_text(&self.name) && !self.name.trim().is_empty() && is_text(&self.relay)
    }
}
