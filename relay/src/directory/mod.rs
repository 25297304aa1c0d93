//! The key directory: checks of what devices publish, and the rules by which a
//! device is let in. Plain decisions; the signatures are checked here too, so
//! that the relay stores no garbage. Clients check them again.

mod entry;
mod guests;
mod lists;
mod prekeys;

use ed25519_dalek::{Signature, VerifyingKey};
use sotto_protocol::id::{AccountId, DeviceId};

pub use entry::{Credential, Entry, Held, Visitor, enter, newer, replace};
pub use guests::VerifiedPass;
pub use lists::VerifiedList;
pub use prekeys::{Publication, Wanted, supply};

const X25519_BYTES: usize = 32;

/// A device of an account: who a connection is. Two accounts may list the same
/// device key, and neither may touch what belongs to the other's, so the pair is the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Member {
    /// The account.
    pub account: AccountId,
    /// Its device.
    pub device: DeviceId,
}

/// A field that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} as {field}")]
pub struct Invalid {
    /// The field's path within the request.
    pub field: &'static str,
    /// What it must be.
    pub expected: String,
}

fn invalid(field: &'static str, expected: impl Into<String>) -> Invalid {
    Invalid {
        field,
        expected: expected.into(),
    }
}

/// Why the directory refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The account is not registered, and may not be registered now.
    #[error("the relay knows no such account")]
    UnknownAccount,
    /// The account's list does not name the device.
    #[error("the account's device list does not name this device")]
    UnknownDevice,
    /// The relay holds another list of the same version.
    #[error(
        "expected the device list of version {version} that the relay has, found another one of the \
         same version: this copy of the vault is out of date; open the newest one"
    )]
    ForkedList {
        /// The version of both.
        version: u64,
    },
    /// The list that is published is not newer than the one that the relay holds.
    #[error(
        "expected a device list that follows version {held}, found version {found}: \
         another device changed the list; make the change again in the relay's newer one"
    )]
    StaleList {
        /// The version that the relay holds.
        held: u64,
        /// The version that came.
        found: u64,
    },
    /// The pass is for a device of the list.
    #[error("the account's device list names this device: it needs no pass")]
    NoGuest,
    /// The pass's time is over.
    #[error(
        "the pass is over; make a new one on a device of the account, whose clock must be right"
    )]
    PassOver,
    /// The pass is for longer than the relay lets guests in.
    #[error(
        "expected a pass for at most {seconds} s from now on; make a new one on a device of the \
         account, whose clock must be right"
    )]
    PassTooLong {
        /// The relay's limit.
        seconds: u32,
    },
    /// The account has as many guests as it may.
    #[error(
        "expected at most {limit} guests of an account at once; wait until the pass of one is over"
    )]
    TooManyGuests {
        /// The relay's limit.
        limit: u32,
    },
    /// No device of the account has published prekeys.
    #[error("the account has published no prekeys yet")]
    NoPrekeys,
    /// More one-time prekeys than the relay keeps.
    #[error("expected at most {limit} one-time prekeys of a kind, found {found} with those held")]
    TooManyPrekeys {
        /// The relay's limit.
        limit: u32,
        /// What it would hold.
        found: u64,
    },
}

/// Whether `signature` is `key`'s over `message`, by the strict rules: no
/// key of small order, no second encoding of the same signature.
pub fn verifies(key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (
        VerifyingKey::from_bytes(key),
        Signature::from_slice(signature),
    ) else {
        return false;
    };
    key.verify_strict(message, &signature).is_ok()
}
