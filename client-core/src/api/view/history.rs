//! The messages between agents.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ContactRef, Direction};

/// One message between agents, as its user may read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MessageView {
    /// Message id, in hexadecimal.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub id: sotto_protocol::id::MessageId,
    /// The proposal's id; the contact's for a HANDSHAKE.
    pub conversation: String,
    /// With whom.
    pub contact: ContactRef,
    /// Which way.
    pub direction: Direction,
    /// HANDSHAKE, DEVICES, QUERY, RESPONSE, PROPOSAL, CONFIRMATION, REJECTION;
    /// UNREADABLE for what came and could not be opened or understood;
    /// DEVICE for a device of the contact that came or went;
    /// KEYS for one that made its keys anew by an invitation, although the old ones served;
    /// HOLD where sending to the contact was stopped or goes on.
    pub kind: String,
    /// What it says, in one sentence.
    pub summary: String,
    /// The whole message, as it was encrypted; null when there is none.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub body: Value,
    /// When it was written or received.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub at: Timestamp,
    /// How far it is.
    pub status: MessageStatus,
}

/// The proof of a confirmed meeting (`docs/protocol.md`, "Receipts").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReceiptView {
    /// What to call the file.
    pub file_name: String,
    /// The file: JSON.
    pub text: String,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Mine: waits for the relay.
    Queued,
    /// Mine: waits until the user has decided about the contact.
    Held,
    /// Mine: the relay has it.
    Accepted,
    /// Mine: the relay refused it.
    Failed,
    /// Theirs.
    Received,
}
