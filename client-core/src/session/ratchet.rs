//! The Double Ratchet with header encryption (Double Ratchet revision 3, sections 4.2 to 4.5).
//!
//! A new ratchet key is made when the next message is *sent*, not when one is received (its section
//! 8.5, "Deferring new ratchet key generation"). Secrets that are not there cannot be stolen: the
//! own ratchet secret is forgotten as soon as the peer's answer has used it, and whoever steals
//! the state between an answer and the next message cannot follow that message.

#[cfg(test)]
mod thief;
#[cfg(test)]
mod wiped;

use core::fmt;

use jiff::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{
    MAX_SKIP, SessionError,
    attachment::Attachment,
    chain_key::ChainKey,
    continuity::{Thread, Threads},
    header::{Header, HeaderKey, SealedHeader},
    kdf::Key,
    message_key::MessageKey,
    rekey::{Rekey, Side},
    root_key::{RootKey, TurnSecret, Turned},
    skipped::{SkippedChain, SkippedKeys},
};
use crate::identity::{
    AgreementKey,
    agreement::{AgreementPair, AgreementSecret},
};

/// What a handshake leaves to begin with.
pub(super) struct RatchetSeed {
    pub(super) root: Key,
    /// Header key of the initiator's first chain.
    pub(super) initiator_header: Key,
    /// Header key of the responder's first chain.
    pub(super) responder_header: Key,
    pub(super) thread: Thread,
}

/// Whose turn it is to bring a new ratchet key.
#[derive(Clone, Serialize, Deserialize)]
enum Turn {
    /// Ours was last: we send on this chain, and the peer's answer will use `own`.
    Sending {
        own: AgreementPair,
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
    epoch: u32,
    header_key: HeaderKey,
    chain: ChainKey,
}

/// The keys of both directions.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Ratchet {
    root: RootKey,
    turn: Turn,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receiving: Option<Receiving>,
    next_receiving_header_key: HeaderKey,
    /// How many receiving chains there have been.
    steps: u64,
    rekey: Rekey,
}

/// What it takes to send one message.
pub(super) struct Outgoing {
    pub(super) header: Header,
    /// Which of our chains, from 1.
    pub(super) chain: u64,
    pub(super) header_key: HeaderKey,
    pub(super) message_key: MessageKey,
    pub(super) attachment: Attachment,
    /// Where the message began a chain.
    pub(super) thread: Option<Thread>,
}

/// What it takes to read one message, and what changes once it was read.
pub(super) struct Incoming {
    pub(super) header: Header,
    /// Which of the peer's chains, from 1.
    pub(super) chain: u64,
    pub(super) message_key: MessageKey,
    pub(super) change: Change,
}

/// To be applied when the message has proved genuine.
pub(super) enum Change {
    /// A skipped key was used.
    UseSkipped { step: u64, number: u32 },
    /// The present chain moved on, over some messages that are still to come.
    Advance {
        chain: ChainKey,
        skipped: SkippedChain,
    },
    /// The peer's next chain began.
    Turn(Box<Begun>),
}

/// The peer's next chain, and what is left of the one before.
pub(super) struct Begun {
    turned: Turned,
    peer: AgreementKey,
    epoch: u32,
    header_key: HeaderKey,
    next_sending_header_key: HeaderKey,
    previous_length: u32,
    /// Whether the turn mixed ML-KEM in.
    fresh: bool,
    skipped: Vec<(u64, SkippedChain)>,
}

/// What a received message changed beside the ratchet.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) used: Option<(u64, u32)>,
    pub(super) skipped: Vec<(u64, SkippedChain)>,
    pub(super) thread: Option<Thread>,
}

impl Ratchet {
    /// The initiator's start: its first chain answers the responder's signed prekey.
    pub(super) fn initiator<R: CryptoRng + ?Sized>(
        seed: RatchetSeed,
        signed_prekey: &AgreementKey,
        now: Timestamp,
        rng: &mut R,
    ) -> Result<(Self, Threads), SessionError> {
        let own = AgreementPair::generate(rng);
        let agreement = own
            .secret()
            .agree(signed_prekey)
            .ok_or(SessionError::Undecryptable)?;
        let turned = RootKey::new(seed.root).turn(&TurnSecret {
            agreement,
            fresh: None,
        });
        let ratchet = Self {
            root: turned.root,
            turn: Turn::Sending {
                own,
                header_key: HeaderKey::new(seed.initiator_header),
                next_header_key: turned.next_header_key,
                chain: turned.chain,
                previous_length: 0,
            },
            receiving: None,
            next_receiving_header_key: HeaderKey::new(seed.responder_header),
            steps: 0,
            rekey: Rekey::new(Side::Initiator, now),
        };
        let mut threads = Threads::of_initiator(seed.thread);
        threads.gave(turned.thread);
        Ok((ratchet, threads))
    }

    /// The responder's start.
    pub(super) fn responder(
        seed: RatchetSeed,
        signed_prekey: AgreementSecret,
        now: Timestamp,
    ) -> (Self, Threads) {
        let ratchet = Self {
            root: RootKey::new(seed.root),
            turn: Turn::Awaiting {
                own: signed_prekey,
                next_header_key: HeaderKey::new(seed.responder_header),
            },
            receiving: None,
            next_receiving_header_key: HeaderKey::new(seed.initiator_header),
            steps: 0,
            rekey: Rekey::new(Side::Responder, now),
        };
        (ratchet, Threads::of_responder(seed.thread))
    }

    /// The next message's place, keys and attachment; begins a new chain where one is due.
    pub(super) fn send<R: CryptoRng + ?Sized>(
        &mut self,
        now: Timestamp,
        rng: &mut R,
    ) -> Result<Outgoing, SessionError> {
        let thread = self.begin_chain(now, rng)?;
        let which = self.sending_chain();
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
        let attachment = self.rekey.attach(number, now, rng)?;
        self.rekey.count();
        Ok(Outgoing {
            header: Header {
                ratchet_key: *own.public(),
                epoch: self.rekey.epoch(),
                previous_length: *previous_length,
                number,
            },
            chain: which,
            header_key: header_key.clone(),
            message_key,
            attachment,
            thread,
        })
    }

    /// Which of our chains we send on: the sides take turns, and the initiator took the first.
    fn sending_chain(&self) -> u64 {
        match self.rekey.side() {
            Side::Initiator => self.steps + 1,
            Side::Responder => self.steps,
        }
    }

    fn begin_chain<R: CryptoRng + ?Sized>(
        &mut self,
        now: Timestamp,
        rng: &mut R,
    ) -> Result<Option<Thread>, SessionError> {
        let Turn::Due {
            next_header_key,
            previous_length,
        } = &self.turn
        else {
            return Ok(None);
        };
        let receiving = self.receiving.as_ref().ok_or(SessionError::Undecryptable)?;
        let own = AgreementPair::generate(rng);
        let agreement = own
            .secret()
            .agree(&receiving.peer)
            .ok_or(SessionError::Undecryptable)?;
        let fresh = self.rekey.ready().cloned();
        let begins_epoch = fresh.is_some();
        let turned = self.root.turn(&TurnSecret { agreement, fresh });
        self.turn = Turn::Sending {
            own,
            header_key: next_header_key.clone(),
            next_header_key: turned.next_header_key,
            chain: turned.chain,
            previous_length: *previous_length,
        };
        self.root = turned.root;
        if begins_epoch {
            self.rekey.begin(now);
        }
        Ok(Some(turned.thread))
    }

    /// Finds a message's place and key. Nothing changes yet.
    pub(super) fn receive(
        &self,
        skipped: &SkippedKeys,
        header: &SealedHeader,
        associated_data: &[u8],
        now: Timestamp,
    ) -> Result<Incoming, SessionError> {
        if let Some(receiving) = &self.receiving
            && let Some(header) = receiving.header_key.open(header, associated_data)
        {
            return self.receive_here(receiving, skipped, header, now);
        }
        if let Some((step, header)) = skipped.find(self.steps, header, associated_data) {
            return use_skipped(skipped, step, header);
        }
        match self.next_receiving_header_key.open(header, associated_data) {
            Some(header) => self.receive_next(header, now),
            None => Err(SessionError::Undecryptable),
        }
    }

    /// A message of the present receiving chain.
    fn receive_here(
        &self,
        receiving: &Receiving,
        skipped: &SkippedKeys,
        header: Header,
        now: Timestamp,
    ) -> Result<Incoming, SessionError> {
        if header.ratchet_key != *receiving.peer.as_bytes() || header.epoch != receiving.epoch {
            return Err(SessionError::Undecryptable);
        }
        if header.number < receiving.chain.index() {
            return use_skipped(skipped, self.steps, header);
        }
        within_limit(distance(&receiving.chain, header.number))?;
        let mut chain = receiving.chain.clone();
        let passed = advance(&mut chain, header.number)?;
        let (_, message_key) = chain.next()?;
        Ok(Incoming {
            header,
            chain: self.steps,
            message_key,
            change: Change::Advance {
                chain,
                skipped: receiving.skipped(passed, now),
            },
        })
    }

    /// The first message that we see of the peer's next chain (DHRatchetHE, its receiving half).
    fn receive_next(&self, header: Header, now: Timestamp) -> Result<Incoming, SessionError> {
        let (own, next_sending_header_key, previous_length) = match &self.turn {
            Turn::Sending {
                own,
                next_header_key,
                chain,
                ..
            } => (own.secret(), next_header_key, chain.index()),
            Turn::Awaiting {
                own,
                next_header_key,
            } => (own, next_header_key, 0),
            // The peer has had nothing of ours to answer with a new key.
            Turn::Due { .. } => return Err(SessionError::Undecryptable),
        };
        let fresh = self.rekey.followed_by(header.epoch)?.cloned();

        let mut skipped = Vec::new();
        let mut passed = 0;
        match &self.receiving {
            Some(receiving) if header.previous_length >= receiving.chain.index() => {
                passed = distance(&receiving.chain, header.previous_length);
                within_limit(passed)?;
                let mut chain = receiving.chain.clone();
                let keys = advance(&mut chain, header.previous_length)?;
                skipped.push((self.steps, receiving.skipped(keys, now)));
            }
            None if header.previous_length == 0 => {}
            // A previous chain shorter than what came of it.
            Some(_) | None => return Err(SessionError::Undecryptable),
        }
        within_limit(passed + u64::from(header.number))?;

        let peer = header.peer_key()?;
        let agreement = own.agree(&peer).ok_or(SessionError::Undecryptable)?;
        let begins_epoch = fresh.is_some();
        let mut turned = self.root.turn(&TurnSecret { agreement, fresh });
        let header_key = self.next_receiving_header_key.clone();
        let keys = advance(&mut turned.chain, header.number)?;
        let chain = SkippedChain::new(header_key.clone(), header.epoch, now, keys);
        skipped.push((self.steps + 1, chain));
        let (_, message_key) = turned.chain.next()?;
        Ok(Incoming {
            header,
            chain: self.steps + 1,
            message_key,
            change: Change::Turn(Box::new(Begun {
                turned,
                peer,
                epoch: header.epoch,
                header_key,
                next_sending_header_key: next_sending_header_key.clone(),
                previous_length,
                fresh: begins_epoch,
                skipped,
            })),
        })
    }

    /// Takes over what a genuine message changes.
    ///
    /// # Errors
    ///
    /// [`SessionError::Undecryptable`] when its attachment is refused; nothing has changed then.
    pub(super) fn settle(
        &mut self,
        change: Change,
        attachment: &Attachment,
        now: Timestamp,
    ) -> Result<Settled, SessionError> {
        match &change {
            Change::Turn(begun) if begun.fresh => {
                let mut rekey = self.rekey.clone();
                rekey.begin(now);
                rekey.take(attachment)?;
                self.rekey = rekey;
            }
            // Refused, it is left as it was.
            _ => self.rekey.take(attachment)?,
        }
        self.rekey.count();
        Ok(match change {
            Change::UseSkipped { step, number } => Settled {
                used: Some((step, number)),
                ..Settled::default()
            },
            Change::Advance { chain, skipped } => {
                if let Some(receiving) = &mut self.receiving {
                    receiving.chain = chain;
                }
                Settled {
                    skipped: vec![(self.steps, skipped)],
                    ..Settled::default()
                }
            }
            Change::Turn(begun) => {
                let Begun {
                    turned,
                    peer,
                    epoch,
                    header_key,
                    next_sending_header_key,
                    previous_length,
                    fresh: _,
                    skipped,
                } = *begun;
                self.root = turned.root;
                self.turn = Turn::Due {
                    next_header_key: next_sending_header_key,
                    previous_length,
                };
                self.receiving = Some(Receiving {
                    peer,
                    epoch,
                    header_key,
                    chain: turned.chain,
                });
                self.next_receiving_header_key = turned.next_header_key;
                self.steps += 1;
                Settled {
                    used: None,
                    skipped,
                    thread: Some(turned.thread),
                }
            }
        })
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn rekey(&self) -> &Rekey {
        &self.rekey
    }
}

impl Receiving {
    /// Keys of this chain that were passed over.
    fn skipped(&self, keys: Vec<(u32, MessageKey)>, now: Timestamp) -> SkippedChain {
        SkippedChain::new(self.header_key.clone(), self.epoch, now, keys)
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
        chain: step,
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
            rekey,
        } = self;
        let receiving = receiving.as_ref().map(|receiving| {
            let Receiving {
                peer: _,
                epoch: _,
                header_key: _,
                chain,
            } = receiving;
            chain
        });
        f.debug_struct("Ratchet")
            .field("turn", turn)
            .field("receiving", &receiving)
            .field("steps", steps)
            .field("rekey", rekey)
            .finish_non_exhaustive()
    }
}
