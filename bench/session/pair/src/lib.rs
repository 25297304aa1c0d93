//! Two people who write to each other, and the primitives that they cannot do without. The native
//! and the browser's bench run this very code.

mod parts;
mod people;

pub use parts::{Aead, SignedAead};
pub use people::{Meeting, Pair, Side, stored};
pub use sotto_client_core::prekeys::PeerPrekeys;

/// What is written: text, as agents send it.
pub fn text(bytes: usize) -> Vec<u8> {
    (b' '..=b'~').cycle().take(bytes).collect()
}
