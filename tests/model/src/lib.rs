//! The session protocol in symbols, and an attacker who owns the network.
//!
//! [`Scenario`] says who may do what how often; the checker then walks through **every** order of
//! that, and holds each state against the [`properties`]. A [`Mutant`] is the protocol with
//! one thing left out. Each must be caught: a property that no mutant can break proves little.
//!
//! | module | is | in `client-core/src/` |
//! |---|---|---|
//! | [`term`] | what is said, and what the attacker can make of it | the primitives |
//! | [`session`] | ratchet, rekeying, content signature | `session/` |
//! | [`wire`] | what goes over the network, and what is bound and signed in it | `session/{wire,content}.rs` |
//! | [`handshake`] | PQXDH with a voucher | `session/handshake/` |
//! | [`device`] | prekeys, and which session is sent in | `prekeys/`, `session/{device_sessions,continuity}.rs` |
//! | [`world`] | the network, thefts, forgeries | – |
//! | [`properties`] | what must hold, and what must be reached | – |
//!
//! Bounds, and what is idealised, are in `docs/model.md`.

pub mod device;
mod forgery;
pub mod handshake;
pub mod properties;
pub mod session;
pub mod term;
pub mod wire;
pub mod world;

pub use world::{Action, World};

/// The protocol with one thing wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Accounts and devices stand neither in the transcript nor in associated data and signature.
    IdentitiesBoundNowhere,
    /// Prekeys are taken from the directory unsigned.
    PrekeysUnsigned,
    /// Messages are encrypted and not signed.
    MessagesUnsigned,
    /// The signature does not cover what goes along with the plaintext.
    AttachmentsUnsigned,
    /// The handshake leaves ML-KEM's secret out.
    NoKemInTheHandshake,
    /// One-time keys are kept, and handshakes without them not remembered.
    OneTimeKeysKept,
    /// The signature does not say which of the sender's chains a message is of.
    ChainUnsigned,
    /// Nor in which epoch.
    EpochUnsigned,
    /// Nor how long the chain before it was.
    PreviousLengthUnsigned,
    /// A turn that begins an epoch leaves ML-KEM's secret out.
    KemNotInTheRoot,
    /// A turn that begins an epoch leaves X25519 out.
    KemInsteadOfX25519,
    /// Chain and message keys are kept after their use.
    MessageKeysKept,
    /// The ratchet moves before the body has authenticated.
    CommitsBeforeItAuthenticates,
    /// The session that came last is sent in, whenever it was opened.
    OldHandshakesDisplaceNewOnes,
    /// After a loss, what was opened before the lost session is sent in.
    OldHandshakesFollowLostOnes,
    /// Identity keys alone replace a session.
    ResetWithoutContinuity,
    /// What was opened before the active session is received in without a voucher.
    OldHandshakesNeedNoContinuity,
    /// Identity keys alone replace an own session that is not yet answered, even a renewed one.
    ResetWithoutContinuityWhileRenewing,
    /// Each side sends in its own unanswered session, whatever else comes.
    EachKeepsItsOwn,
    /// A session is opened at the time of the own clock, whatever is known of others.
    OpenedByTheClockAlone,
    /// Only the last session's threads are kept.
    FormerThreadsForgotten,
    /// The threads of the sessions before are kept when both sides have used the one that is there.
    FormerThreadsKept,
    /// Identity keys alone replace a session that was opened by an invitation and is not yet answered.
    KeysAloneDisplaceInvitations,
    /// A device is taken by what another one of its account has in common with us.
    SiblingsVouchForEachOther,
    /// An introduction in other keys is not known for the one that was read.
    OtherKeysAreAnotherSession,
    /// Who is answered in other keys than the first ones goes on in the first ones.
    FirstKeysAreKept,
}

/// Who may do what, how often.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The fault in the protocol, if any.
    pub mutant: Option<Mutant>,
    /// Whether Alice has opened a session before, and Bob has had its first message.
    pub met: bool,
    /// Whether Bob has answered it.
    pub answered: bool,
    /// Whether Alice has used an invitation of Bob's, which he has not heard of.
    pub invited: bool,
    /// Whether Alice knows another device of Bob's account, so that it makes a difference in whose
    /// mailbox something comes.
    pub introduces: bool,
    /// How often Bob may say his first message again in other keys.
    pub again: u8,
    /// Whether the directory may hand out one-time keys that somebody else has used.
    pub used_keys: bool,
    /// Whether what Alice has in common with Bob's other device can be stolen.
    pub sibling_theft: bool,
    /// How many messages each may send, those that open a session not counted.
    pub sends: [u8; 2],
    /// How many sessions each may open towards the other.
    pub opens: [u8; 2],
    /// How many sessions Alice opens towards Mallory.
    pub opens_to_mallory: u8,
    /// How many one-time keys of each kind everybody has.
    pub one_time: u8,
    /// Whether the directory may keep one-time keys back.
    pub degraded: bool,
    /// How often each may lose its sessions.
    pub losses: [u8; 2],
    /// Whether the state of each can be stolen, once, at any time.
    pub state_thefts: [bool; 2],
    /// Whether what each keeps beside its sessions can be stolen, once, at any time, without these.
    pub thread_thefts: [bool; 2],
    /// Whether the identity keys of each can be stolen, at any time.
    pub key_thefts: [bool; 2],
    /// Whether discrete logarithms become easy at some time.
    pub quantum: bool,
    /// How many forgeries may succeed.
    pub forgeries: u8,
    /// How many epochs there are beyond the first.
    pub epochs: u8,
}
