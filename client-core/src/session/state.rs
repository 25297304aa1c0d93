//! A session between two devices.

use core::fmt;

use jiff::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sotto_protocol::id::{AccountId, DeviceId};
use subtle::ConstantTimeEq;

use super::{
    SESSION_VERSION, SessionError, SessionId, Shortage, SignedContent, Threads, cipher,
    content::{self, Binding, Opened, Party, Place, Verifier},
    header::{Header, SealedHeader},
    kdf,
    ratchet::{Incoming, Outgoing, Ratchet, Settled},
    skipped::SkippedKeys,
    wire::{Kind, Message, Sealed},
};
use crate::identity::{Device, secret};

/// How the session came about, and whether the peer has it yet.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Opening {
    /// We opened it, and every message carries the handshake.
    Unanswered {
        #[serde(with = "secret::public_bytes")]
        prologue: Vec<u8>,
        /// Whether we showed more than our identity keys.
        vouched: bool,
    },
    /// We opened it, and the peer has answered.
    Answered,
    /// The peer opened it; further messages with this handshake belong here.
    Accepted {
        #[serde(with = "secret::public_array")]
        prologue_hash: [u8; 32],
        /// Whether the peer has had something of ours in it.
        confirmed: bool,
    },
}

/// A message to be sent, and what was signed in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// What goes over the wire.
    pub bytes: Vec<u8>,
    /// The own receipt: what this device has committed itself to.
    pub signed: SignedContent,
}

/// A plaintext and the proof of who wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Decrypted {
    /// What was written.
    pub plaintext: Vec<u8>,
    /// The receipt: what the sender's device signed.
    pub signed: SignedContent,
}

/// A session with one device of a peer. All secrets in it are wiped when it is dropped.
///
/// It is a value: clone it, serialise it, load it. Two copies that are both used would use keys
/// twice, so keep exactly one, and keep it durably before acting on what it gave.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    #[serde(with = "super::id::short")]
    id: SessionId,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    opened_at: Timestamp,
    local: Party,
    peer: Party,
    opening: Opening,
    ratchet: Ratchet,
    #[serde(default, skip_serializing_if = "SkippedKeys::is_empty")]
    skipped: SkippedKeys,
    threads: Threads,
    /// Of the handshake.
    #[serde(default, skip_serializing_if = "Shortage::is_none")]
    shortage: Shortage,
    #[serde(skip)]
    verifier: Verifier,
}

#[cfg(test)]
crate::wiping::proof!(Session {
    ratchet, skipped, threads;
    id, opened_at, local, peer, opening, shortage, verifier
});

impl Session {
    pub(super) fn new(
        id: SessionId,
        opened_at: Timestamp,
        local: Party,
        peer: Party,
        ratchet: Ratchet,
        opening: Opening,
        threads: Threads,
    ) -> Self {
        Self {
            id,
            opened_at,
            local,
            peer,
            opening,
            ratchet,
            skipped: SkippedKeys::default(),
            threads,
            shortage: Shortage::default(),
            verifier: Verifier::default(),
        }
    }

    /// Opened without some of the keys that there should be.
    pub(super) fn with_shortage(self, shortage: Shortage) -> Self {
        Self { shortage, ..self }
    }

    /// The session's name, the same on both sides.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// When its initiator says that it was opened, to the millisecond; the same on both sides.
    pub fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// With whom.
    pub fn peer_account(&self) -> AccountId {
        self.peer.account
    }

    /// With which device.
    pub fn peer_device(&self) -> DeviceId {
        self.peer.device
    }

    /// Whether the peer is known to have the session: false while our messages carry the handshake.
    pub fn is_answered(&self) -> bool {
        !matches!(self.opening, Opening::Unanswered { .. })
    }

    /// Whether we opened it by identity keys alone, and the peer has not answered.
    pub(super) fn is_unvouched_question(&self) -> bool {
        matches!(self.opening, Opening::Unanswered { vouched: false, .. })
    }

    /// Whether both sides are known to have used it: something came of the peer that was written
    /// after the peer had heard from us in this session.
    pub fn is_confirmed(&self) -> bool {
        match self.opening {
            Opening::Unanswered { .. } => false,
            Opening::Answered => true,
            Opening::Accepted { confirmed, .. } => confirmed,
        }
    }

    /// What the handshake went without and the ratchet has not made up for yet: one round trip brings
    /// fresh X25519 keys of both sides, the first epoch an ML-KEM key that is used once.
    pub fn shortage(&self) -> Shortage {
        Shortage {
            one_time: self.shortage.one_time && !self.is_confirmed(),
            kem: self.shortage.kem && self.ratchet.rekey().epoch() == 0,
        }
    }

    /// What a new handshake can be authorised by when this session is lost: to be kept in another
    /// record than the session, whenever it changes.
    pub fn threads(&self) -> &Threads {
        &self.threads
    }

    /// Messages of both sides since ML-KEM last joined the root key: in a lively conversation never
    /// more than [`REKEY_AFTER_MESSAGES`](super::REKEY_AFTER_MESSAGES) and a few.
    pub fn messages_since_rekey(&self) -> u32 {
        self.ratchet.rekey().messages()
    }

    /// Whether our next chain would be the first that ML-KEM protects beyond the handshake.
    pub(crate) fn can_begin_first_epoch(&self) -> bool {
        let rekey = self.ratchet.rekey();
        rekey.epoch() == 0 && rekey.ready().is_some()
    }

    /// Forgets the keys of messages that no relay can have any more. To be called now and then while
    /// nothing is said; whether anything changed.
    pub fn forget_expired(&mut self, now: Timestamp) -> bool {
        self.skipped.forget_expired(now)
    }

    /// Signs with `device` and encrypts. Keep the session durably before sending the result.
    ///
    /// # Errors
    ///
    /// [`SessionError::TooLarge`] beyond [`MAX_PLAINTEXT_BYTES`](super::MAX_PLAINTEXT_BYTES),
    /// [`SessionError::WrongDevice`] when the session belongs to another device,
    /// [`SessionError::Exhausted`] after 2³² − 1 messages without an answer.
    pub fn encrypt<R: CryptoRng + ?Sized>(
        &mut self,
        device: &Device,
        plaintext: &[u8],
        now: Timestamp,
        rng: &mut R,
    ) -> Result<Encrypted, SessionError> {
        if device.id() != self.local.device {
            return Err(SessionError::WrongDevice);
        }
        self.encrypt_signed_by(device, plaintext, now, rng)
    }

    /// Whoever's device it is: what a thief of the session alone could do.
    pub(super) fn encrypt_signed_by<R: CryptoRng + ?Sized>(
        &mut self,
        device: &Device,
        plaintext: &[u8],
        now: Timestamp,
        rng: &mut R,
    ) -> Result<Encrypted, SessionError> {
        content::check_length(plaintext)?;
        let (kind, prologue) = match &self.opening {
            Opening::Unanswered { prologue, .. } => (Kind::Initial, prologue.as_slice()),
            Opening::Answered | Opening::Accepted { .. } => (
                Kind::Ratchet,
                [SESSION_VERSION, Kind::Ratchet as u8].as_slice(),
            ),
        };
        let binding = Binding {
            session: self.id,
            sender: self.local,
            recipient: self.peer,
        };
        let Outgoing {
            header,
            chain,
            header_key,
            message_key,
            attachment,
            thread,
        } = self.ratchet.send(now, rng)?;
        if let Some(thread) = thread {
            self.threads.gave(thread);
        }
        let associated_data = header_data(kind, &binding);
        let sealed = header_key.seal(&header, &associated_data, rng)?;
        let associated_data = body_data(associated_data, &sealed);
        let start = prologue.len() + cipher::NONCE_LEN + sealed.ciphertext.len();
        let end = start + content::body_len(&attachment, plaintext) + cipher::TAG_LEN;
        // With room for all of it, the plaintext stands nowhere else than where it is encrypted.
        let mut bytes = Vec::with_capacity(end);
        bytes.extend_from_slice(prologue);
        bytes.extend_from_slice(&sealed.nonce);
        bytes.extend_from_slice(&sealed.ciphertext);
        let signed = content::write(
            &binding,
            &place(&header, chain),
            device,
            &attachment,
            plaintext,
            &mut bytes,
        )?;
        message_key.seal(&sealed.nonce, &associated_data, &mut bytes, start)?;
        Ok(Encrypted { bytes, signed })
    }

    /// Decrypts a message and verifies its sender's signature. Takes Ratchet messages, and Initial
    /// ones that repeat the handshake of this session.
    ///
    /// # Errors
    ///
    /// [`SessionError`], and the session is as it was. [`OtherHandshake`](SessionError::OtherHandshake)
    /// says to try [`accept`](super::accept); [`AlreadyReceived`](SessionError::AlreadyReceived) that
    /// the message was read before, or that the peer has been put back to an older state.
    pub fn decrypt(&mut self, bytes: &[u8], now: Timestamp) -> Result<Decrypted, SessionError> {
        let (kind, sealed) = match Message::decode(bytes)? {
            Message::Initial {
                prologue, sealed, ..
            } => {
                self.check_prologue(prologue)?;
                (Kind::Initial, sealed)
            }
            Message::Ratchet { sealed } => (Kind::Ratchet, sealed),
        };
        let Sealed { header, body } = sealed;
        let binding = Binding {
            session: self.id,
            sender: self.peer,
            recipient: self.local,
        };
        let associated_data = header_data(kind, &binding);
        let Incoming {
            header: opened,
            chain,
            message_key,
            change,
        } = self
            .ratchet
            .receive(&self.skipped, &header, &associated_data, now)?;
        let associated_data = body_data(associated_data, &header);
        let body = message_key.open(&header.nonce, &associated_data, body)?;
        let Opened {
            plaintext,
            attachment,
            signed,
        } = content::open(&binding, &place(&opened, chain), &mut self.verifier, body)?;
        let settled = self.ratchet.settle(change, &attachment, now)?;
        self.commit(kind, settled, now);
        Ok(Decrypted { plaintext, signed })
    }

    /// From here on nothing can fail.
    fn commit(&mut self, kind: Kind, settled: Settled, now: Timestamp) {
        let Settled {
            used,
            skipped,
            thread,
        } = settled;
        if let Some((step, number)) = used {
            self.skipped.remove(step, number);
        }
        self.skipped.insert(skipped, self.ratchet.steps());
        self.skipped.forget_expired(now);
        if let Some(thread) = thread {
            self.threads.took(thread);
        }
        match &mut self.opening {
            Opening::Unanswered { .. } => self.opening = Opening::Answered,
            // Until it has heard from us, the peer repeats the handshake.
            Opening::Accepted { confirmed, .. } => *confirmed |= kind == Kind::Ratchet,
            Opening::Answered => {}
        }
    }

    /// The thief goes on without the secret of the next epoch (`ratchet::thief`).
    #[cfg(test)]
    pub(super) fn guesses(&mut self, victim: &Self) {
        self.ratchet.guess(&victim.ratchet);
    }

    /// Whether a thief who has stolen this state once can read what `victim` has just encrypted,
    /// with a quantum computer (`ratchet::thief`).
    #[cfg(test)]
    pub(super) fn shadows(&mut self, victim: &Self, bytes: &[u8]) -> Result<Vec<u8>, SessionError> {
        let Message::Ratchet { sealed } = Message::decode(bytes)? else {
            return Err(SessionError::Malformed);
        };
        let Sealed { header, body } = sealed;
        let binding = Binding {
            session: self.id,
            sender: self.local,
            recipient: self.peer,
        };
        let associated_data = header_data(Kind::Ratchet, &binding);
        let (opened, chain, message_key) =
            self.ratchet
                .shadow(&victim.ratchet, &header, &associated_data)?;
        let associated_data = body_data(associated_data, &header);
        let body = message_key.open(&header.nonce, &associated_data, body)?;
        let place = place(&opened, chain);
        Ok(content::open(&binding, &place, &mut self.verifier, body)?.plaintext)
    }

    fn check_prologue(&self, prologue: &[u8]) -> Result<(), SessionError> {
        match &self.opening {
            Opening::Accepted { prologue_hash, .. }
                if bool::from(kdf::hash(&[prologue]).ct_eq(prologue_hash)) =>
            {
                Ok(())
            }
            _ => Err(SessionError::OtherHandshake),
        }
    }
}

/// What of a message's place its sender signs.
fn place(header: &Header, chain: u64) -> Place {
    Place {
        ratchet_key: header.ratchet_key,
        chain,
        epoch: header.epoch,
        previous_length: header.previous_length,
        number: header.number,
    }
}

/// What a header is bound to: version ‖ kind ‖ session ‖ sender ‖ recipient.
fn header_data(kind: Kind, binding: &Binding) -> Vec<u8> {
    let mut bytes = vec![SESSION_VERSION, kind as u8];
    bytes.extend_from_slice(&binding.encode());
    bytes
}

/// What a body is bound to: the same, and the encrypted header.
fn body_data(mut header_data: Vec<u8>, header: &SealedHeader) -> Vec<u8> {
    header_data.reserve_exact(cipher::NONCE_LEN + header.ciphertext.len());
    header_data.extend_from_slice(&header.nonce);
    header_data.extend_from_slice(&header.ciphertext);
    header_data
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unanswered {
                prologue: _,
                vouched: _,
            } => "Unanswered",
            Self::Answered => "Answered",
            Self::Accepted {
                prologue_hash: _,
                confirmed: false,
            } => "Accepted",
            Self::Accepted {
                prologue_hash: _,
                confirmed: true,
            } => "Confirmed",
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            opened_at: _,
            local,
            peer,
            opening,
            ratchet,
            skipped,
            threads,
            shortage: _,
            verifier: _,
        } = self;
        f.debug_struct("Session")
            .field("id", id)
            .field("local", local)
            .field("peer", peer)
            .field("opening", opening)
            .field("ratchet", ratchet)
            .field("skipped", skipped)
            .field("threads", threads)
            .finish()
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, signed: _ } = self;
        write!(f, "Encrypted({} bytes, …)", bytes.len())
    }
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            plaintext,
            signed: _,
        } = self;
        write!(f, "Decrypted({} bytes, …)", plaintext.len())
    }
}
