//! Prekeys: what a device publishes so that others can write to it while it is offline.
//!
//! - [`Prekeys`] holds the own secrets, decides what to publish, and forgets what was used.
//! - `Supply` is what the relay says that it holds of them.
//! - [`PeerPrekeys`] is what a directory served for somebody's device, after every check.
//!
//! Own and peers' prekeys are different types. The normative text is `docs/protocol.md`, "Prekeys".

pub(crate) mod kem;
mod memory;
mod own;
mod peer;
mod supply;

pub(crate) use own::Selector;
pub use own::{Prekeys, UsedPrekeys};
pub use peer::PeerPrekeys;
pub(crate) use supply::Supply;

use jiff::SignedDuration;
use sotto_protocol::id::{DeviceId, IdError};

use crate::identity::IdentityError;

/// How long a signed prekey and its last-resort KEM key are published. A week is what X3DH
/// section 2.3 names; whoever steals the device later reads at most the first messages of that time.
pub const SIGNED_PREKEY_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a replaced signed prekey still opens late first messages: the relay's longest time to live.
pub const SIGNED_PREKEY_GRACE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many one-time X25519 prekeys the relay shall hold after a refill.
pub const ONE_TIME_TARGET: usize = 50;

/// Below so many one-time X25519 prekeys at the relay they are refilled.
pub const ONE_TIME_REFILL_BELOW: u32 = 25;

/// How many one-time KEM prekeys the relay shall hold after a refill; they are 1,184 bytes each.
pub const KEM_ONE_TIME_TARGET: usize = 20;

/// Below so many one-time KEM prekeys at the relay they are refilled.
pub const KEM_ONE_TIME_REFILL_BELOW: u32 = 10;

/// Most secret one-time X25519 keys kept; beyond it the oldest go. It is several times what the
/// relay holds, for keys that were handed out and not used yet, and for publications whose answer
/// was lost; without a bound somebody who fetches and never writes would fill the store.
pub const MAX_ONE_TIME_SECRETS: usize = 400;

/// Most secret one-time KEM keys kept; as [`MAX_ONE_TIME_SECRETS`].
pub const MAX_KEM_SECRETS: usize = 200;

/// Most signed prekeys kept, with their last-resort keys; beyond it the oldest go. In 37 days there are
/// six, and one more each time the device is put back to an older state, or its relay says so.
pub const MAX_ROTATIONS: usize = 16;

/// How many ids a device may have lost when it was put back to an older state. A relay that names a higher
/// one is not believed: ids would soon be used up.
pub const MAX_LOST_IDS: u32 = 1 << 20;

/// Most handshakes without any one-time key that are remembered against repetition. When it is
/// full, further ones are refused until old signed prekeys expire: forgetting one instead would
/// let it be repeated.
pub const MAX_REMEMBERED_HANDSHAKES: usize = 4_096;

/// Most of them by one device, so that nobody fills the memory for others. An honest one that finds
/// no one-time keys opens a session a few times in the weeks for which its handshakes are remembered.
pub const MAX_REMEMBERED_OF_DEVICE: usize = 16;

/// And by one account: it may have ever other devices.
pub const MAX_REMEMBERED_OF_ACCOUNT: usize = 64;

/// Why somebody's prekeys are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrekeyError {
    /// The device field is no device id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// They belong to another device.
    #[error("expected prekeys of device {expected}, found those of {found}")]
    WrongDevice {
        /// Which device was asked for.
        expected: DeviceId,
        /// Whose came.
        found: DeviceId,
    },
    /// A part that must be there is not.
    #[error("expected a {part}, found none")]
    Missing {
        /// Which part.
        part: &'static str,
    },
    /// An id is zero, which stands for none.
    #[error("expected an id that is not zero for the {part}, found zero")]
    ZeroId {
        /// Which part.
        part: &'static str,
    },
    /// The device did not sign this prekey.
    #[error("expected the device's signature over the {part}, found none that verifies")]
    BadSignature {
        /// Which part.
        part: &'static str,
    },
    /// A key is malformed, of low order, or fails the modulus check of FIPS 203.
    #[error("expected a valid key as {part}: {source}")]
    BadKey {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        source: IdentityError,
    },
    /// The ML-KEM key is malformed or fails the modulus check of FIPS 203 section 7.2.
    #[error("expected a valid ML-KEM-768 encapsulation key, found a malformed one")]
    BadKemKey,
}
