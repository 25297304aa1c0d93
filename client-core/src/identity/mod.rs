//! Who is who: account keys, devices, and the signed lists that tie them together.
//!
//! - [`AccountKey`] is a person's long-term Ed25519 key; it signs the list of devices, and passes for new ones.
//! - [`Device`] holds one device's own secrets: an Ed25519 key that signs, an X25519 key that agrees.
//! - [`LocalIdentity`] is what a session needs of oneself: account, device, and the own signed list.
//! - [`PeerDevices`] is somebody's device list after every check; nothing unverified has this type.
//! - [`PeerDevices::follow`] says what a further list of the same account means.
//! - [`safety_number`] is what two people read to each other.
//!
//! Own keys and peers' keys are different types, so that mixing directions does
//! not compile. The normative text is `docs/protocol.md`, "Identities and device lists".

mod account;
pub(crate) mod agreement;
mod device;
mod follow;
mod local;
mod peer;
mod safety;
pub(crate) mod secret;
mod verifying;

pub use account::AccountKey;
pub use agreement::AgreementKey;
pub use device::Device;
pub use follow::{DevicesChanged, Follow, Source};
pub use local::LocalIdentity;
pub use peer::{PeerDevice, PeerDevices};
pub use safety::{account_fingerprint, safety_number};
pub(crate) use verifying::PeerSigningKey;

use sotto_protocol::id::{AccountId, DeviceId};

/// Why a device list or a key in it is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The encoded list is too long.
    #[error("expected a device list of at most {limit} bytes, found {found}")]
    TooLarge {
        /// The longest that is taken.
        limit: usize,
        /// The length that came.
        found: usize,
    },
    /// The list is no `DeviceList`, or not in its one canonical encoding.
    #[error("expected a device list in its canonical encoding, found other bytes")]
    NotCanonical,
    /// The list belongs to another account.
    #[error("expected the device list of {expected}, found that of another account")]
    WrongAccount {
        /// Whose list it should have been.
        expected: AccountId,
    },
    /// The account did not sign these bytes.
    #[error("expected the account's signature over the device list, found none that verifies")]
    BadSignature,
    /// The list's version is zero.
    #[error("expected a device list of version 1 or later, found 0")]
    NoVersion,
    /// There are no devices, or too many.
    #[error("expected 1 to {limit} devices, found {found}")]
    DeviceCount {
        /// The most that are taken.
        limit: usize,
        /// How many came.
        found: usize,
    },
    /// A device or an agreement key stands in the list twice.
    #[error("expected each device once, found one twice")]
    Duplicate,
    /// An Ed25519 key is no canonical point of the prime-order group's size.
    #[error("expected a valid Ed25519 key, found a malformed or weak one")]
    BadSigningKey,
    /// An X25519 key is not canonical, or of low order.
    #[error("expected a valid X25519 key, found a malformed or low-order one")]
    BadAgreementKey,
    /// The list does not hold the device that speaks.
    #[error("expected device {expected} in the list, found it missing")]
    UnknownDevice {
        /// Which device.
        expected: DeviceId,
    },
}
