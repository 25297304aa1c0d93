//! One session: what `client-core/src/session/{ratchet,rekey,content,state}.rs` do, in symbols.

use crate::{
    Mutant,
    term::{
        Kind, Node, Party, Secret, Term, decapsulate, dh, encapsulate, hash, kdf, open, public,
        seal,
    },
    wire::{Attachment, Header, Listed, Prologue, Wire, answer, body, data},
};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Turn {
    Sending {
        own: Term,
        chain: Term,
        number: u8,
        previous: u8,
    },
    Awaiting {
        own: Term,
    },
    Due {
        previous: u8,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Receiving {
    pub(crate) peer: Term,
    /// Which of the peer's chains, from 1.
    pub(crate) which: u8,
    pub(crate) epoch: u8,
    pub(crate) chain: Term,
    pub(crate) number: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Rekey {
    Idle,
    Offered {
        seed: Term,
    },
    Asked {
        key: Term,
    },
    Answered {
        key: Term,
        ciphertext: Term,
        shared: Term,
    },
    Ready {
        key: Term,
        ciphertext: Term,
        shared: Term,
    },
}

/// What authorises a new session (`session/continuity.rs`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Threads {
    /// Of the last turn received: to open with.
    pub received: Option<Term>,
    /// Of the last two own turns: to be opened with.
    pub own: [Option<Term>; 2],
}

impl Threads {
    fn gave(&mut self, thread: Term) {
        self.own = [Some(thread), self.own[0]];
    }
}

/// One side of a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Session {
    /// The hash of all that was said in the handshake.
    pub id: Term,
    /// Where that stands among all ids.
    pub rank: u8,
    /// Who this side is.
    pub local: Listed,
    /// With whom.
    pub peer: Listed,
    /// The handshake: ours while it is unanswered, the peer's where they opened.
    pub prologue: Prologue,
    /// Whether this side opened it.
    pub ours: bool,
    /// Whether it then showed more than its identity keys.
    pub vouched: bool,
    /// Whether something came that shows that the peer has heard of us in it.
    pub answered: bool,
    pub(crate) root: Term,
    /// How many turns went into the root.
    pub steps: u8,
    pub(crate) turn: Turn,
    pub(crate) receiving: Option<Receiving>,
    /// Keys of messages that may still come: which chain of the peer's, number, key.
    pub(crate) skipped: Vec<(u8, u8, Term)>,
    /// How many ML-KEM secrets were mixed in since the handshake.
    pub epoch: u8,
    pub(crate) rekey: Rekey,
    /// For opening anew.
    pub threads: Threads,
    /// What was drawn for the keys that are in use (for the properties, not for the protocol).
    pub history: Vec<Secret>,
    /// Whether the peer's identity keys were stolen before it began (the same).
    pub doubtful: bool,
}

/// Both halves of what a handshake gives.
pub(crate) struct Seed {
    pub(crate) id: Term,
    pub(crate) root: Term,
    pub(crate) thread: Term,
}

/// What was sent, with what the properties have to know of it.
pub(crate) struct Sent {
    pub(crate) wire: Wire,
    pub(crate) key: Term,
    pub(crate) inside: Term,
}

struct Turned {
    root: Term,
    chain: Term,
    thread: Term,
}

fn turned(mutant: Option<Mutant>, root: Term, agreement: Term, fresh: Option<[Term; 3]>) -> Turned {
    let mut input = vec![root, agreement];
    if let Some([key, ciphertext, shared]) = fresh {
        match mutant {
            Some(Mutant::KemNotInTheRoot) => {}
            Some(Mutant::KemInsteadOfX25519) => input = vec![root, shared],
            _ => input.push(shared),
        }
        input.push(hash("transcript", &[key, ciphertext]));
    }
    Turned {
        root: kdf("root", &input),
        chain: kdf("chain", &input),
        thread: kdf("thread", &input),
    }
}

fn next(chain: &mut Term) -> Term {
    let key = kdf("message", &[*chain]);
    *chain = kdf("next", &[*chain]);
    key
}

impl Session {
    pub(crate) fn initiator(
        mutant: Option<Mutant>,
        (local, peer): (Listed, Listed),
        prologue: Prologue,
        seed: &Seed,
        own: Term,
    ) -> Self {
        let first = turned(mutant, seed.root, dh(own, prologue.signed_prekey), None);
        let mut threads = Threads {
            received: Some(seed.thread),
            own: [None, None],
        };
        threads.gave(first.thread);
        let secret = |term: Term| term.secret().expect("a drawn key");
        Self {
            id: seed.id,
            rank: prologue.rank,
            local,
            peer,
            prologue,
            ours: true,
            vouched: false,
            answered: false,
            root: first.root,
            steps: 1,
            turn: Turn::Sending {
                own,
                chain: first.chain,
                number: 0,
                previous: 0,
            },
            receiving: None,
            skipped: Vec::new(),
            epoch: 0,
            rekey: Rekey::Idle,
            threads,
            history: vec![secret(prologue.ephemeral), secret(own)],
            doubtful: false,
        }
    }

    pub(crate) fn responder(
        (local, peer): (Listed, Listed),
        prologue: Prologue,
        seed: &Seed,
        own: Term,
    ) -> Self {
        let secret = |term: Term| term.secret().expect("a drawn key");
        Self {
            id: seed.id,
            rank: prologue.rank,
            local,
            peer,
            prologue,
            ours: false,
            vouched: false,
            answered: false,
            root: seed.root,
            steps: 0,
            turn: Turn::Awaiting { own },
            receiving: None,
            skipped: Vec::new(),
            epoch: 0,
            rekey: Rekey::Idle,
            threads: Threads {
                received: None,
                own: [Some(seed.thread), None],
            },
            history: vec![secret(prologue.ephemeral)],
            doubtful: false,
        }
    }

    /// Whether both sides are known to have used it.
    pub(crate) fn confirmed(&self) -> bool {
        self.answered
    }

    /// Whether it is this side's part to offer a key for the next epoch.
    pub(crate) fn offers(&self) -> bool {
        self.ours != self.epoch.is_multiple_of(2)
    }

    /// The key that is offered.
    pub(crate) fn offered(&self) -> Option<Term> {
        match self.rekey {
            Rekey::Offered { seed } => Some(public(seed)),
            _ => None,
        }
    }

    pub(crate) fn encrypt(
        &mut self,
        mutant: Option<Mutant>,
        epochs: u8,
        mut draw: impl FnMut(Kind) -> Term,
        text: Term,
    ) -> Option<Sent> {
        if let Turn::Due { previous } = self.turn {
            let peer = self.receiving.as_ref()?.peer;
            let own = draw(Kind::Turn);
            let fresh = match self.rekey {
                Rekey::Ready {
                    key,
                    ciphertext,
                    shared,
                } => Some([key, ciphertext, shared]),
                _ => None,
            };
            let turn = turned(mutant, self.root, dh(own, peer), fresh);
            self.history.extend(own.secret());
            self.begin_epoch(fresh);
            self.root = turn.root;
            self.steps += 1;
            self.threads.gave(turn.thread);
            self.turn = Turn::Sending {
                own,
                chain: turn.chain,
                number: 0,
                previous,
            };
        }
        let next_epoch = self.epoch + 1;
        let offers = self.offers();
        // The sides take turns, and the initiator took the first.
        let which = self.steps.div_ceil(2);
        let Turn::Sending {
            own,
            chain,
            number,
            previous,
        } = &mut self.turn
        else {
            return None;
        };
        let header = Header {
            key: public(*own),
            chain: which,
            epoch: self.epoch,
            previous: *previous,
            number: *number,
        };
        // In the model every repetition happens, none only each sixteenth message.
        let attachment = match self.rekey {
            Rekey::Idle if offers && self.epoch < epochs => {
                let seed = draw(Kind::Seed);
                self.rekey = Rekey::Offered { seed };
                Attachment::Offer {
                    epoch: next_epoch,
                    key: public(seed),
                }
            }
            Rekey::Offered { seed } => Attachment::Offer {
                epoch: next_epoch,
                key: public(seed),
            },
            Rekey::Asked { key } => {
                let (ciphertext, shared) = encapsulate(key, draw(Kind::Encapsulation));
                self.rekey = Rekey::Answered {
                    key,
                    ciphertext,
                    shared,
                };
                answer(next_epoch, key, ciphertext, shared)
            }
            Rekey::Answered {
                key,
                ciphertext,
                shared,
            } => answer(next_epoch, key, ciphertext, shared),
            Rekey::Idle | Rekey::Ready { .. } => Attachment::None,
        };
        *number += 1;
        let kept = *chain;
        let key = next(chain);
        if mutant == Some(Mutant::MessageKeysKept) {
            *chain = kept;
        }
        let inside = body(
            mutant,
            (self.local, self.peer),
            self.id,
            header,
            attachment,
            text,
        );
        let prologue = (self.ours && !self.answered).then_some(self.prologue);
        let data = data(
            mutant,
            prologue.is_some(),
            (self.local, self.peer),
            self.id,
            header,
        );
        Some(Sent {
            wire: Wire {
                prologue,
                header,
                body: seal(key, data, inside),
                text,
                attachment,
            },
            key,
            inside,
        })
    }

    /// The key of a message with that header, and what the session becomes if it is genuine.
    pub(crate) fn place(&self, mutant: Option<Mutant>, header: Header) -> Option<(Self, Term)> {
        let mut changed = self.clone();
        let passed = |(which, number, _): &(u8, u8, Term)| (*which, *number);
        if let Some(at) = self
            .skipped
            .iter()
            .position(|skipped| passed(skipped) == (header.chain, header.number))
        {
            let key = changed.skipped.remove(at).2;
            return Some((changed, key));
        }
        let last = self.receiving.as_ref();
        if let Some(receiving) = last.filter(|receiving| receiving.which == header.chain) {
            let fits = receiving.peer == header.key
                && receiving.epoch == header.epoch
                && receiving.number <= header.number;
            let key = fits.then(|| changed.advance_to(header.number))??;
            return Some((changed, key));
        }
        let which = last.map_or(0, |receiving| receiving.which) + 1;
        if header.chain != which {
            return None;
        }
        let (own, previous) = match &self.turn {
            Turn::Sending { own, number, .. } => (*own, *number),
            Turn::Awaiting { own } => (*own, 0),
            Turn::Due { .. } => return None,
        };
        let fresh = match self.rekey {
            _ if header.epoch == self.epoch => None,
            Rekey::Answered {
                key,
                ciphertext,
                shared,
            } if header.epoch == self.epoch + 1 => Some([key, ciphertext, shared]),
            _ => return None,
        };
        if header.previous
            < self
                .receiving
                .as_ref()
                .map_or(0, |receiving| receiving.number)
            || (self.receiving.is_none() && header.previous > 0)
        {
            return None;
        }
        changed.pass_to(header.previous);
        let turn = turned(mutant, self.root, dh(own, header.key), fresh);
        changed.history.extend(header.key.secret());
        changed.begin_epoch(fresh);
        changed.root = turn.root;
        changed.steps += 1;
        changed.threads.received = Some(turn.thread);
        changed.turn = Turn::Due { previous };
        changed.receiving = Some(Receiving {
            peer: header.key,
            which,
            epoch: header.epoch,
            chain: turn.chain,
            number: 0,
        });
        let key = changed.advance_to(header.number)?;
        Some((changed, key))
    }

    /// Steps over messages of the present chain, and keeps their keys.
    fn pass_to(&mut self, number: u8) {
        let Some(receiving) = &mut self.receiving else {
            return;
        };
        while receiving.number < number {
            let key = next(&mut receiving.chain);
            self.skipped.push((receiving.which, receiving.number, key));
            receiving.number += 1;
        }
    }

    /// The key of that number in the present chain.
    fn advance_to(&mut self, number: u8) -> Option<Term> {
        self.pass_to(number);
        let receiving = self.receiving.as_mut()?;
        receiving.number += 1;
        Some(next(&mut receiving.chain))
    }

    fn begin_epoch(&mut self, fresh: Option<[Term; 3]>) {
        let Some([key, ciphertext, _]) = fresh else {
            return;
        };
        self.epoch += 1;
        self.rekey = Rekey::Idle;
        self.history.extend(key.secret());
        if let Node::Ciphertext(_, random) = ciphertext.node() {
            self.history.extend(random.secret());
        }
    }

    /// Reads a message. An error has what a session that commits too early would be left with.
    pub(crate) fn decrypt(
        &self,
        mutant: Option<Mutant>,
        wire: &Wire,
    ) -> Result<Self, Option<Box<Self>>> {
        if wire
            .prologue
            .is_some_and(|prologue| self.ours || prologue != self.prologue)
        {
            return Err(None);
        }
        let Some((mut changed, key)) = self.place(mutant, wire.header) else {
            return Err(None);
        };
        changed.skipped.sort();
        let parties = (self.peer, self.local);
        let data = data(
            mutant,
            wire.prologue.is_some(),
            parties,
            self.id,
            wire.header,
        );
        let expected = body(
            mutant,
            parties,
            self.id,
            wire.header,
            wire.attachment,
            wire.text,
        );
        if open(key, data, wire.body) != Some(expected) || !changed.take(wire.attachment) {
            return Err(Some(Box::new(changed)));
        }
        // Until it has heard from us, an initiator repeats the handshake.
        changed.answered |= self.ours || wire.prologue.is_none();
        if mutant == Some(Mutant::MessageKeysKept) {
            changed
                .skipped
                .push((wire.header.chain, wire.header.number, key));
            changed.skipped.sort();
        }
        Ok(changed)
    }

    fn take(&mut self, attachment: Attachment) -> bool {
        let next = self.epoch + 1;
        match attachment {
            Attachment::None => true,
            Attachment::Offer { epoch, .. } | Attachment::Answer { epoch, .. } if epoch < next => {
                true
            }
            Attachment::Offer { epoch, key } if epoch == next && !self.offers() => {
                match self.rekey {
                    Rekey::Asked { key: known } | Rekey::Answered { key: known, .. }
                        if known == key => {}
                    _ => self.rekey = Rekey::Asked { key },
                }
                true
            }
            Attachment::Answer {
                epoch,
                ciphertext,
                check,
            } if epoch == next && self.offers() => {
                if let Rekey::Offered { seed } = self.rekey {
                    let (key, shared) = (public(seed), decapsulate(seed, ciphertext));
                    if answer(next, key, ciphertext, shared)
                        == (Attachment::Answer {
                            epoch,
                            ciphertext,
                            check,
                        })
                    {
                        self.rekey = Rekey::Ready {
                            key,
                            ciphertext,
                            shared,
                        };
                    }
                }
                true
            }
            Attachment::Offer { .. } | Attachment::Answer { .. } => false,
        }
    }

    /// Whether something that somebody drew went into the keys, or is about to.
    pub(crate) fn drawn_by(&self, party: Party) -> bool {
        let offered = match self.rekey {
            Rekey::Asked { key } => key.secret(),
            _ => None,
        };
        self.history
            .iter()
            .chain(&offered)
            .any(|secret| secret.of == party)
    }

    /// All secrets that a thief of this state finds.
    pub(crate) fn secrets(&self) -> Vec<Term> {
        let mut all = vec![self.root];
        match &self.turn {
            Turn::Sending { own, chain, .. } => all.extend([*own, *chain]),
            Turn::Awaiting { own } => all.push(*own),
            Turn::Due { .. } => {}
        }
        all.extend(self.receiving.iter().map(|receiving| receiving.chain));
        all.extend(self.skipped.iter().map(|(.., key)| *key));
        match self.rekey {
            Rekey::Offered { seed } => all.push(seed),
            Rekey::Answered { shared, .. } | Rekey::Ready { shared, .. } => all.push(shared),
            Rekey::Idle | Rekey::Asked { .. } => {}
        }
        all.extend(self.threads.received);
        all.extend(self.threads.own.iter().flatten());
        all
    }
}
