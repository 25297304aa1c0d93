//! The Double Ratchet with header encryption (Double Ratchet sections 4.2 to 4.5).
//!
//! One thing differs from the specification's text: a new ratchet key is made when the next
//! message is *sent*, not when one is received. Secrets that are not there cannot be stolen: the
//! own ratchet secret is forgotten as soon as the peer's answer has used it, and whoever steals
//! the state between an answer and the next message cannot follow that message.

use core::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{
    MAX_SKIP, SessionError,
    chain_key::ChainKey,
    header::{Header, HeaderKey, SealedHeader},
    kdf::Key,
    message_key::MessageKey,
    root_key::{RootKey, TurnSecret},
    skipped::{SkippedChain, SkippedKeys},
};
use crate::identity::{AgreementKey, agreement::AgreementSecret};

/// What a handshake leaves to begin with.
pub(super) struct RatchetSeed {
    pub(super) root: Key,
    /// Header key of the initiator's first chain.
    pub(super) initiator_header: Key,
    /// Header key of the responder's first chain.
    pub(super) responder_header: Key,
}

/// Whose turn it is to bring a new ratchet key.
#[derive(Clone, Serialize, Deserialize)]
enum Turn {
    /// Ours was last: we send on this chain, and the peer's answer will use `own`.
    Sending {
        own: AgreementSecret,
        header_key: HeaderKey,
        next_header_key: HeaderKey,
        chain: ChainKey,
        previous_length: u32,
    },
    /// The responder before the first message: its signed prekey stands in for a ratchet key.
    Awaiting {
        own: AgreementSecret,
        next_header_key: HeaderKey,
    },
    /// The peer's was last: our next message begins a new chain.
    Due {
        next_header_key: HeaderKey,
        previous_length: u32,
    },
}

#[derive(Clone, Serialize, Deserialize)]
struct Receiving {
    peer: AgreementKey,
    header_key: HeaderKey,
    chain: ChainKey,
}

/// The keys of both directions.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Ratchet {
    root: RootKey,
    turn: Turn,
    receiving: Option<Receiving>,
    next_receiving_header_key: HeaderKey,
    /// How many receiving chains there have been.
    steps: u64,
}

/// What it takes to send one message.
pub(super) struct Outgoing {
    pub(super) header: Header,
    pub(super) header_key: HeaderKey,
    pub(super) message_key: MessageKey,
}

/// What it takes to read one message, and what changes once it was read.
pub(super) struct Incoming {
    pub(super) header: Header,
    pub(super) message_key: MessageKey,
    pub(super) change: Change,
}

/// To be applied when the message has proved genuine.
pub(super) enum Change {
    /// A skipped key was used.
    UseSkipped { step: u64, number: u32 },
    /// The ratchet moved on, over some messages that are still to come.
    Advance {
        ratchet: Box<Ratchet>,
        skipped: Vec<(u64, SkippedChain)>,
    },
}

impl Ratchet {
    /// The initiator's start: its first chain answers the responder's signed prekey.
    pub(super) fn initiator<R: CryptoRng + ?Sized>(
        seed: RatchetSeed,
        signed_prekey: &AgreementKey,
        rng: &mut R,
    ) -> Result<Self, SessionError> {
        let own = AgreementSecret::generate(rng);
        let agreement = own
            .agree(signed_prekey)
            .ok_or(SessionError::Undecryptable)?;
        let (root, chain, next_header_key) =
            RootKey::new(seed.root).step(&TurnSecret { agreement });
        Ok(Self {
            root,
            turn: Turn::Sending {
                own,
                header_key: HeaderKey::new(seed.initiator_header),
                next_header_key,
                chain,
                previous_length: 0,
            },
            receiving: None,
            next_receiving_header_key: HeaderKey::new(seed.responder_header),
            steps: 0,
        })
    }

    /// The responder's start.
    pub(super) fn responder(seed: RatchetSeed, signed_prekey: AgreementSecret) -> Self {
        Self {
            root: RootKey::new(seed.root),
            turn: Turn::Awaiting {
                own: signed_prekey,
                next_header_key: HeaderKey::new(seed.responder_header),
            },
            receiving: None,
            next_receiving_header_key: HeaderKey::new(seed.initiator_header),
            steps: 0,
        }
    }

    /// The next message's place and keys; begins a new chain where one is due.
    pub(super) fn send<R: CryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
    ) -> Result<Outgoing, SessionError> {
        if let Turn::Due {
            next_header_key,
            previous_length,
        } = &self.turn
        {
            let receiving = self.receiving.as_ref().ok_or(SessionError::Undecryptable)?;
            let own = AgreementSecret::generate(rng);
            let agreement = own
                .agree(&receiving.peer)
                .ok_or(SessionError::Undecryptable)?;
            let (root, chain, following) = self.root.step(&TurnSecret { agreement });
            let turn = Turn::Sending {
                own,
                header_key: next_header_key.clone(),
                next_header_key: following,
                chain,
                previous_length: *previous_length,
            };
            (self.root, self.turn) = (root, turn);
        }
        let Turn::Sending {
            own,
            header_key,
            chain,
            previous_length,
            ..
        } = &mut self.turn
        else {
            return Err(SessionError::Undecryptable);
        };
        let (number, message_key) = chain.next()?;
        Ok(Outgoing {
            header: Header {
                ratchet_key: own.public(),
                previous_length: *previous_length,
                number,
            },
            header_key: header_key.clone(),
            message_key,
        })
    }

    /// Finds a message's place and key. Nothing changes yet.
    pub(super) fn receive(
        &self,
        skipped: &SkippedKeys,
        header: &SealedHeader,
        associated_data: &[u8],
    ) -> Result<Incoming, SessionError> {
        if let Some(receiving) = &self.receiving
            && let Some(header) = receiving.header_key.open(header, associated_data)
        {
            return self.receive_here(receiving, skipped, header);
        }
        if let Some((step, header)) = skipped.find(self.steps, header, associated_data) {
            return use_skipped(skipped, step, header);
        }
        match self.next_receiving_header_key.open(header, associated_data) {
            Some(header) => self.receive_next(header),
            None => Err(SessionError::Undecryptable),
        }
    }

    /// A message of the present receiving chain.
    fn receive_here(
        &self,
        receiving: &Receiving,
        skipped: &SkippedKeys,
        header: Header,
    ) -> Result<Incoming, SessionError> {
        if header.ratchet_key != *receiving.peer.as_bytes() {
            return Err(SessionError::Undecryptable);
        }
        if header.number < receiving.chain.index() {
            return use_skipped(skipped, self.steps, header);
        }
        within_limit(distance(&receiving.chain, header.number))?;
        let mut receiving = receiving.clone();
        let passed = advance(&mut receiving.chain, header.number)?;
        let (_, message_key) = receiving.chain.next()?;
        let skipped = vec![(
            self.steps,
            SkippedChain::new(receiving.header_key.clone(), passed),
        )];
        let ratchet = Box::new(Self {
            receiving: Some(receiving),
            ..self.clone()
        });
        Ok(Incoming {
            header,
            message_key,
            change: Change::Advance { ratchet, skipped },
        })
    }

    /// The first message that we see of the peer's next chain (DHRatchetHE, its receiving half).
    fn receive_next(&self, header: Header) -> Result<Incoming, SessionError> {
        let (own, next_header_key, previous_length) = match &self.turn {
            Turn::Sending {
                own,
                next_header_key,
                chain,
                ..
            } => (own, next_header_key, chain.index()),
            Turn::Awaiting {
                own,
                next_header_key,
            } => (own, next_header_key, 0),
            // The peer has had nothing of ours to answer with a new key.
            Turn::Due { .. } => return Err(SessionError::Undecryptable),
        };

        let mut skipped = Vec::new();
        let mut passed = 0;
        match &self.receiving {
            Some(receiving) if header.previous_length >= receiving.chain.index() => {
                passed = distance(&receiving.chain, header.previous_length);
                within_limit(passed)?;
                let mut chain = receiving.chain.clone();
                let keys = advance(&mut chain, header.previous_length)?;
                skipped.push((
                    self.steps,
                    SkippedChain::new(receiving.header_key.clone(), keys),
                ));
            }
            None if header.previous_length == 0 => {}
            // A previous chain shorter than what came of it.
            Some(_) | None => return Err(SessionError::Undecryptable),
        }
        within_limit(passed + u64::from(header.number))?;

        let peer = header.peer_key()?;
        let agreement = own.agree(&peer).ok_or(SessionError::Undecryptable)?;
        let (root, mut chain, following) = self.root.step(&TurnSecret { agreement });
        let header_key = self.next_receiving_header_key.clone();
        let steps = self.steps + 1;
        let keys = advance(&mut chain, header.number)?;
        skipped.push((steps, SkippedChain::new(header_key.clone(), keys)));
        let (_, message_key) = chain.next()?;
        let ratchet = Box::new(Self {
            root,
            turn: Turn::Due {
                next_header_key: next_header_key.clone(),
                previous_length,
            },
            receiving: Some(Receiving {
                peer,
                header_key,
                chain,
            }),
            next_receiving_header_key: following,
            steps,
        });
        Ok(Incoming {
            header,
            message_key,
            change: Change::Advance { ratchet, skipped },
        })
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }
}

fn use_skipped(skipped: &SkippedKeys, step: u64, header: Header) -> Result<Incoming, SessionError> {
    let number = header.number;
    let message_key = skipped
        .key(step, number)
        .ok_or(SessionError::AlreadyReceived)?
        .clone();
    Ok(Incoming {
        header,
        message_key,
        change: Change::UseSkipped { step, number },
    })
}

/// How many messages lie between the chain's next and `number`.
fn distance(chain: &ChainKey, number: u32) -> u64 {
    u64::from(number.saturating_sub(chain.index()))
}

fn within_limit(found: u64) -> Result<(), SessionError> {
    let limit = MAX_SKIP;
    if found > u64::from(limit) {
        return Err(SessionError::TooFarAhead { limit, found });
    }
    Ok(())
}

/// Moves the chain to `number` and gives the keys on the way.
fn advance(chain: &mut ChainKey, number: u32) -> Result<Vec<(u32, MessageKey)>, SessionError> {
    let mut keys = Vec::new();
    while chain.index() < number {
        keys.push(chain.next()?);
    }
    Ok(keys)
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sending {
                own: _,
                header_key: _,
                next_header_key: _,
                chain,
                previous_length,
            } => write!(f, "Sending({chain:?} after {previous_length})"),
            Self::Awaiting {
                own: _,
                next_header_key: _,
            } => f.write_str("Awaiting"),
            Self::Due {
                next_header_key: _,
                previous_length,
            } => write!(f, "Due(after {previous_length})"),
        }
    }
}

impl fmt::Debug for Ratchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            root: _,
            turn,
            receiving,
            next_receiving_header_key: _,
            steps,
        } = self;
        let receiving = receiving.as_ref().map(|receiving| {
            let Receiving {
                peer: _,
                header_key: _,
                chain,
            } = receiving;
            chain
        });
        f.debug_struct("Ratchet")
            .field("turn", turn)
            .field("receiving", &receiving)
            .field("steps", steps)
            .finish_non_exhaustive()
    }
}
