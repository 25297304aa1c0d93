//! Two people who write to each other, and the primitives that they cannot do without. The native
//! and the browser's bench run this very code.

mod parts;
mod people;

pub use parts::{Aead, SignedAead};
pub use people::{Meeting, Pair, Side, stored};
use sotto_client_core::session::{REKEY_AFTER_MESSAGES, REKEY_REPEATED_EVERY};

pub use sotto_client_core::prekeys::PeerPrekeys;

/// After so many messages in turn ML-KEM has joined once: an offer is due, it is answered, and mixed in.
pub const PING_PONG_CYCLE: u32 = REKEY_AFTER_MESSAGES + 2;

/// In one long chain an unanswered offer is repeated once in so many messages.
pub const CHAIN_CYCLE: u32 = REKEY_REPEATED_EVERY;

/// What is written: text, as agents send it.
pub fn text(bytes: usize) -> Vec<u8> {
    (b' '..=b'~').cycle().take(bytes).collect()
}
