//! The secret that an invitation carries.

use core::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::identity::secret;

/// A one-time secret of 256 bits that an invitation carries from one person to the other. Mixed
/// into the handshake, it proves that the initiator holds the invitation. Wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvitationSecret {
    #[serde(with = "secret::array")]
    bytes: Zeroizing<[u8; 32]>,
}

#[cfg(test)]
crate::wiping::proof!(InvitationSecret { bytes });

impl InvitationSecret {
    /// Makes a new one.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self {
            bytes: secret::random(rng),
        }
    }

    /// Takes one from an invitation.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self {
            bytes: Zeroizing::new(bytes),
        }
    }

    /// The bytes, to put into an invitation.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Debug for InvitationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes: _ } = self;
        f.write_str("InvitationSecret(…)")
    }
}
