//! Which devices somebody has.

use serde::{Deserialize, Serialize};
use sotto_protocol::{frames::SignedDeviceList, limits::MAX_DEVICE_LIST_BYTES};

use crate::identity::{PeerDevices, secret};

/// The sender's newest list of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Devices {
    /// The encoded list, in base64url.
    #[serde(with = "secret::public_bytes")]
    pub list: Vec<u8>,
    /// The account's signature over it, in base64url.
    #[serde(with = "secret::public_array")]
    pub signature: [u8; 64],
}

impl Devices {
    /// As it is checked.
    pub(crate) fn signed(&self) -> SignedDeviceList {
        SignedDeviceList {
            list: self.list.clone().into(),
            signature: self.signature.to_vec().into(),
        }
    }

    pub(super) fn is_bounded(&self) -> bool {
        self.list.len() <= MAX_DEVICE_LIST_BYTES
    }
}

impl From<&PeerDevices> for Devices {
    fn from(devices: &PeerDevices) -> Self {
        let (list, signature) = devices.parts();
        Self {
            list: list.to_vec(),
            signature: *signature,
        }
    }
}
