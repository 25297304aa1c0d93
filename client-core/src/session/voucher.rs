//! What an initiator knows beside its own keys, to show that it is welcome.

use super::{
    InvitationSecret, Thread,
    kdf::{HANDSHAKE_CONTINUITY, HANDSHAKE_INVITATION, HANDSHAKE_NO_VOUCHER},
};

/// A secret that both sides share before a handshake, and mix into it: the identity of the
/// initiator opens only to who has the same.
#[derive(Debug, Clone, Copy)]
pub enum Voucher<'a> {
    /// The initiator holds an invitation of the responder's.
    Invitation(&'a InvitationSecret),
    /// The initiator has talked with the responder before, and lost the session.
    Continuity(&'a Thread),
    /// Identity keys alone.
    Nothing,
}

/// Which kind of voucher a handshake was accepted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoucherKind {
    /// See [`Voucher::Invitation`].
    Invitation,
    /// See [`Voucher::Continuity`].
    Continuity,
    /// See [`Voucher::Nothing`].
    Nothing,
}

impl Voucher<'_> {
    /// Which kind it is.
    pub fn kind(&self) -> VoucherKind {
        match self {
            Self::Invitation(_) => VoucherKind::Invitation,
            Self::Continuity(_) => VoucherKind::Continuity,
            Self::Nothing => VoucherKind::Nothing,
        }
    }

    /// The label and the secret that go into the handshake.
    pub(super) fn material(&self) -> (&'static [u8], &[u8; 32]) {
        match self {
            Self::Invitation(secret) => (HANDSHAKE_INVITATION, secret.as_bytes()),
            Self::Continuity(thread) => (HANDSHAKE_CONTINUITY, thread.as_bytes()),
            Self::Nothing => (HANDSHAKE_NO_VOUCHER, &[0; 32]),
        }
    }
}
