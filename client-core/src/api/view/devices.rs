//! The own devices.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ConnectionState;
use crate::{api::ApiError, linking::DeviceLink};

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
    /// Whether it has been heard of since this device added it. One that was away for too long while
    /// it was added never learned of it: it is of no use, and can be removed.
    pub came: bool,
    /// Whether it and this device cannot read each other any more: one of the two was put back to an
    /// older copy of its data. That one is to be removed, and added again.
    pub parted: bool,
    /// Whether it is in the list.
    pub state: DeviceState,
}

/// Whether a device is in the account's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// It is.
    Listed,
    /// It is to be removed as soon as the relay is told.
    Leaving,
    /// It is to answer for the user as soon as the relay is told.
    Leading,
    /// It is not any more.
    Removed,
    /// It has used a link, and the user has to decide.
    Asking {
        /// The link's id.
        link: String,
        /// How often the code that the new device shows may still be typed.
        tries_left: u8,
        /// 30 digits that stand for the account. The new device has to show the same, or it was given
        /// another link.
        account_fingerprint: String,
    },
    /// The user agreed; it is to be added as soon as the relay is told.
    Joining,
}

impl DeviceState {
    /// Whether it is in the list now, whatever is to become of it.
    pub fn is_listed(&self) -> bool {
        match self {
            Self::Listed | Self::Leaving | Self::Leading => true,
            Self::Removed | Self::Asking { .. } | Self::Joining => false,
        }
    }
}

/// A link that adds a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LinkView {
    /// Local id.
    pub id: String,
    /// To open on the new device. Its secrets are in the fragment, which browsers do not send.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub link: DeviceLink,
    /// When it ends.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub expires_at: Timestamp,
}

/// What a link that adds a device says by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LinkPreview {
    /// The URL of the account's relay.
    pub relay: String,
    /// 30 digits that stand for the account: its part of every safety number with it.
    pub account_fingerprint: String,
    /// When the link ends, by the relay's clock.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub expires_at: Timestamp,
}

/// A device that asks to be added to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct JoiningView {
    /// What it is to be called.
    pub name: String,
    /// The URL of the account's relay.
    pub relay: String,
    /// 30 digits that stand for the account: its part of every safety number with it.
    pub account_fingerprint: String,
    /// When the link ends, by the relay's clock.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub expires_at: Timestamp,
    /// Six digits, once the other device has answered and until it says no. They are to be typed there.
    pub code: Option<String>,
    /// How the connection is.
    pub connection: ConnectionState,
    /// What is wrong with the connection.
    pub connection_detail: Option<String>,
    /// Why nothing comes of it any more.
    pub problem: Option<ApiError>,
}
