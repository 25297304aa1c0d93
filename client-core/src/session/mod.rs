//! Sessions between two devices: PQXDH, then the Double Ratchet with header encryption.
//!
//! [`initiate`] opens a session towards somebody who may be offline, [`accept`] takes up the
//! first message of one, and [`Session`] encrypts and decrypts from then on. Everything is pure:
//! bytes in, bytes out, randomness as an argument. **Store the changed [`Session`] durably before
//! you send what it encrypted or acknowledge what it decrypted.**
//!
//! What is received changes nothing until its tags and the sender's signature inside have verified;
//! a message that is refused, for whatever reason, leaves the session as it was.
//!
//! | module | concept | source |
//! |---|---|---|
//! | `handshake` | who agrees on what: transcript, initiator, responder | X3DH rev. 1, PQXDH rev. 3, Noise rev. 34 (order of encryption) |
//! | `device_sessions` | which of several sessions sends, which receive | Sesame rev. 2 |
//! | `voucher`, `invitation`, `continuity` | what shows that a handshake is welcome | |
//! | `ratchet` | turns, sending and receiving chains | Double Ratchet rev. 3, sections 4 and 8.5 |
//! | `rekey`, `attachment` | ML-KEM in the root key, and its halves on the wire | PQ3 (ePrint 2024/357), FIPS 203 |
//! | `root_key`, `chain_key`, `message_key`, `header` | one kind of key each | Double Ratchet sections 4 and 7 |
//! | `shortage` | what a handshake went without | |
//! | `skipped` | keys of messages that are still under way | Double Ratchet section 4.4 |
//! | `content` | what a device signs inside the encryption | RFC 8032 |
//! | [`wire`] | the bytes | `docs/protocol.md` |
//! | `padding` | lengths that tell little | Padmé (PURBs, Nikitin et al. 2019) |
//!
//! The normative text is `docs/protocol.md`.

mod attachment;
mod chain_key;
mod cipher;
mod content;
mod continuity;
mod device_sessions;
#[cfg(feature = "testing")]
pub mod fuzzing;
mod handshake;
mod header;
mod id;
mod invitation;
mod kdf;
mod message_key;
mod padding;
mod ratchet;
mod rekey;
mod root_key;
mod shortage;
mod skipped;
mod state;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod trace;
mod voucher;
pub mod wire;

pub(crate) use self::kdf::expand_keys;
pub use content::{SignedContent, Statement};
pub use continuity::{Continuity, Thread, Threads};
pub use device_sessions::{Arrival, DeviceSessions, Sessions, Standing};
pub use handshake::{Accepted, accept, initiate};
pub use id::SessionId;
pub use invitation::InvitationSecret;
pub use shortage::Shortage;
pub use state::{Decrypted, Encrypted, Session};
pub use voucher::{Voucher, VoucherKind};

use crate::identity::IdentityError;

/// The version of the session protocol, first byte of every message.
pub const SESSION_VERSION: u8 = 2;

/// Longest plaintext of one message: with padding and a first message's handshake it still fits
/// into a relay's payload ([`MAX_PAYLOAD_BYTES`](sotto_protocol::limits::MAX_PAYLOAD_BYTES)).
pub const MAX_PLAINTEXT_BYTES: usize = 240 * 1024;

/// Most messages that one message may skip, in the previous and its own chain together. It bounds
/// the work that a peer can cause with one header, and is more than a full mailbox holds.
pub const MAX_SKIP: u32 = 1_000;

/// Most skipped message keys kept in one session; beyond it the oldest go.
pub const MAX_SKIPPED_KEYS: usize = 1_000;

/// A skipped key is dropped after so many further steps of the receiving ratchet: a message that
/// is still missing a hundred exchanges later will not come, and its key would only serve a thief.
pub const MAX_SKIPPED_AGE: u64 = 100;

/// A skipped key is also dropped after so many days: no relay keeps a message for longer.
pub const MAX_SKIPPED_DAYS: u16 = 30;

/// A new ML-KEM key is offered after so many messages of both sides together since the last one was
/// mixed in. A usual one, of 360 bytes, is then 271 bytes longer on average in an alternating
/// conversation, and 347 with a limit of 5 (6 is as 7 there: whose part it is to offer speaks at every
/// second message). `docs/protocol.md`, "Post-quantum ratchet", has other lengths.
pub const REKEY_AFTER_MESSAGES: u32 = 7;

/// Or after so many days, with the next message.
pub const REKEY_AFTER_DAYS: u16 = 7;

/// An offer or answer goes along with the first message of each chain and every so many after it,
/// until the other side is known to have it.
pub const REKEY_REPEATED_EVERY: u32 = 16;

/// Most sessions with one device that only receive.
pub const MAX_INACTIVE_SESSIONS: usize = 2;

/// For so many days they do, as no relay keeps a message for longer.
pub const MAX_INACTIVE_DAYS: u16 = 30;

/// Of so many former sessions the threads are kept while a new one is not confirmed. A side opens anew
/// only when it has lost its session, so there are hardly ever two.
pub const MAX_FORMER_SESSIONS: usize = 6;

/// A session that the peer opened may be of so many hours later than this side's clock, or than the
/// latest that was opened with that device: clocks differ. One of any later time is refused, as no
/// other could be opened after it.
pub const MAX_HOURS_AHEAD: i64 = 24;

/// Why a session refuses something. What failed inside the encryption is not told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The bytes are no message of this protocol.
    #[error("expected a session message, found bytes that are none")]
    Malformed,
    /// The message is of a version that is not spoken here.
    #[error("expected a session message of version {expected}, found {found}")]
    UnsupportedVersion {
        /// Ours.
        expected: u8,
        /// The message's.
        found: u8,
    },
    /// The message names a prekey that was used already, has expired, or never was ours.
    #[error("expected a prekey of this device, found one that is used, expired or unknown")]
    UnknownPrekey,
    /// This first message was accepted before, or too many handshakes without one-time keys were.
    #[error("expected a new handshake, found one that cannot be told from a repeated one")]
    HandshakeRepeated,
    /// The first message belongs to another handshake than this session's.
    #[error("expected a message of this session, found the handshake of another one")]
    OtherHandshake,
    /// The message does not authenticate: damaged, forged, for somebody else, or of a lost session.
    #[error("expected a message that authenticates, found one that does not")]
    Undecryptable,
    /// The message was decrypted before, or its key is no longer kept.
    #[error("expected a new message, found one received before or too old")]
    AlreadyReceived,
    /// The message skips too many others.
    #[error("expected at most {limit} skipped messages, found {found}")]
    TooFarAhead {
        /// The most that may be skipped.
        limit: u32,
        /// How many the message skips.
        found: u64,
    },
    /// The initiator says that it opened the session at a time that is yet to come.
    #[error(
        "expected a session that was opened by now, found one of more than {limit} hours ahead"
    )]
    OpenedAhead {
        /// So far clocks may differ.
        limit: i64,
    },
    /// The initiator's device list is refused.
    #[error("expected a valid device list in the handshake: {0}")]
    Identity(#[from] IdentityError),
    /// The plaintext is too long.
    #[error("expected at most {limit} bytes of plaintext, found {found}")]
    TooLarge {
        /// The longest that is taken.
        limit: usize,
        /// The length that came.
        found: usize,
    },
    /// The device that should sign is not the one the session belongs to, or the peer is this very device.
    #[error("expected the two devices of this session, found another or the same one")]
    WrongDevice,
    /// There is no session to encrypt in; a new one has to be opened.
    #[error("expected a session with this device, found it lost")]
    Lost,
    /// A chain has no numbers left; only a new handshake helps.
    #[error("expected a chain with numbers left, found it at its end")]
    Exhausted,
}
