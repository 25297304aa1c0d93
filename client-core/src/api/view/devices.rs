//! The own devices.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One of the own devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DeviceView {
    /// Its public key, in hexadecimal.
    pub id: String,
    /// The beginning of that, in groups of four digits: to compare two screens by.
    pub fingerprint: String,
    /// What the user calls it, on this device alone.
    pub name: String,
    /// Whether it is this one.
    pub this: bool,
    /// Whether it is the one that answers for the user.
    pub agent: bool,
    /// Whether it may add and remove devices, as far as this one knows.
    pub keeper: bool,
    /// When this device first saw it in the list; `None` if that was before it took note of it.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub added_at: Option<Timestamp>,
    /// When it was removed.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub removed_at: Option<Timestamp>,
    /// Whether it is in the list.
    pub state: DeviceState,
}

/// Whether a device is in the account's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// It is.
    Listed,
    /// It is to be removed as soon as the relay is told.
    Leaving,
    /// It is not any more.
    Removed,
}
