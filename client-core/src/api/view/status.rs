//! Who I am, and how the connection is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PrekeysView;

/// Who I am, and how the connection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StatusView {
    /// The name that contacts see.
    pub name: String,
    /// The account key, in hexadecimal.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub account: sotto_protocol::id::AccountId,
    /// The relay's URL.
    pub relay: String,
    /// How the connection is.
    pub connection: ConnectionState,
    /// What is wrong with the connection and what to do, when it is not `online`.
    pub connection_detail: Option<String>,
    /// When the next attempt to connect is made.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub retry_at: Option<Timestamp>,
    /// What the relay holds of the keys for first contact; `None` until it has said so.
    pub prekeys: Option<PrekeysView>,
    /// Messages that wait for the relay, and for nothing else.
    pub queued: u32,
    /// Proposals, contacts and a device that wait for the user, contacts to whom nothing is sent until
    /// they have decided among them.
    pub waiting_for_you: u32,
    /// That this device has begun to answer for the user, or that another one does now; for a week.
    pub agent_change: Option<AgentChangeView>,
    /// The version of the client.
    pub version: String,
}

/// How the connection to the relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// There is none; it is tried again at `retry_at`.
    Offline,
    /// It is being made.
    Connecting,
    /// Let in, with nothing left to hand over or to fetch.
    Online,
    /// Let in, and handing over what has queued, or fetching what came meanwhile.
    Syncing,
    /// The relay refuses, and trying again would not help.
    Refused,
    /// The relay says that this device was removed from the account, and has shown nothing that the
    /// account signed. Trying again would not help if that is true.
    Unlisted,
    /// This device was removed from the account: it does not connect any more.
    Removed,
}

/// Which device answers for the user has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AgentChangeView {
    /// Whether it is this one now.
    pub leads: bool,
    /// Since when.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub since: Timestamp,
    /// What it means, in a few sentences.
    pub message: String,
}
