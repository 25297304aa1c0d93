//! Everybody, the network between them, and what the attacker does.

use std::collections::BTreeSet;

use stateright::{Model, Property};

use crate::{
    Mutant, Scenario,
    device::{Device, Way},
    handshake::Bundle,
    properties,
    session::{Sent, Session},
    term::{Kind, Knowledge, Party, Secret, Term, public, secret, sign},
    wire::{Listed, Wire},
};

/// A message that an honest device sent, with what the properties have to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// What went out.
    pub wire: Wire,
    /// Its key.
    pub key: Term,
    /// What is encrypted.
    pub inside: Term,
    /// In which session.
    pub session: Term,
    /// To whom.
    pub to: Listed,
    /// In the how manieth chain of the session.
    pub chain: u8,
    /// In which epoch.
    pub epoch: u8,
    /// Which drawn secrets went into its key.
    pub history: Vec<Secret>,
    /// Whether the peer's identity keys were stolen before the session began.
    pub doubtful: bool,
}

/// When somebody's state was stolen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Theft {
    /// How much they had drawn.
    pub drawn: u8,
    /// How many messages they had sent.
    pub sent: usize,
    /// What they had received.
    pub taken: BTreeSet<Term>,
}

/// All there is at one moment. Honest parties are 0 (Alice) and 1 (Bob).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// The honest devices.
    pub devices: [Device; 2],
    /// What each sent, in order; the attacker delivers it, or does not, in any order and often.
    pub sent: [Vec<Record>; 2],
    /// Thefts of state.
    pub thefts: [Option<Theft>; 2],
    /// Of which session those were that were stolen beside it.
    pub threads: [Option<Term>; 2],
    /// Whether one was opened by a stolen thread after both sides had used a later session.
    pub outlived: bool,
    /// Thefts of identity keys.
    pub keys: [bool; 2],
    /// What was stolen, and what is public though it looks like a secret.
    pub stolen: BTreeSet<Term>,
    /// Whether discrete logarithms are easy.
    pub quantum: bool,
    /// How many forgeries succeeded.
    pub forged: u8,
    /// Places in the order of session ids that are taken.
    pub ranks: BTreeSet<u8>,
    /// Losses, and messages sent, by each; handshakes with Mallory.
    pub counts: [[u8; 2]; 2],
    /// Handshakes of Alice with Mallory.
    pub to_mallory: u8,
}

/// What the directory answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Served {
    /// All that there is.
    Full,
    /// One-time keys kept back.
    Degraded,
    /// With a one-time key of Mallory's, which is not signed.
    OneTimeOfMallory,
    /// With all prekeys Mallory's.
    PrekeysOfMallory,
    /// Bob's keys under Mallory's account.
    BobAsMallory,
    /// One-time keys that somebody else has used.
    Used,
}

/// What can happen next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Action {
    Open {
        who: usize,
        served: Served,
        rank: u8,
        ticks: u8,
    },
    Again {
        who: usize,
        served: Served,
        rank: u8,
    },
    Send {
        who: usize,
    },
    Deliver {
        to: usize,
        from: usize,
        number: usize,
        way: Way,
    },
    Damage {
        to: usize,
        from: usize,
        number: usize,
    },
    Lose {
        who: usize,
    },
    StealState {
        who: usize,
    },
    StealThreads {
        who: usize,
    },
    StealKeys {
        who: usize,
    },
    StealSibling,
    Quantum,
    Forge {
        to: usize,
        wire: Box<Wire>,
        way: Way,
    },
}

pub(crate) const PARTIES: [Party; 2] = [Party::Alice, Party::Bob];

fn account(who: usize) -> Term {
    Listed::of(PARTIES[who]).account
}

/// A secret of the attacker's.
pub(crate) fn mallory(kind: Kind, number: u8) -> Term {
    secret(Party::Mallory, kind, number)
}

impl World {
    /// What the attacker has.
    pub fn knowledge(&self) -> Knowledge<'_> {
        let sealed = self.sent.iter().flatten();
        Knowledge {
            stolen: &self.stolen,
            sealed: sealed.map(|record| (record.key, record.inside)).collect(),
            quantum: self.quantum,
        }
    }

    fn record(&mut self, who: usize, sent: Sent, session: &Session) {
        self.sent[who].push(Record {
            wire: sent.wire,
            key: sent.key,
            inside: sent.inside,
            session: session.id,
            to: session.peer,
            chain: session.steps,
            epoch: session.epoch,
            history: session.history.clone(),
            doubtful: session.doubtful,
        });
    }

    fn say(&mut self, scenario: &Scenario, who: usize, session: Term) -> Option<()> {
        let how = (scenario.mutant, scenario.epochs);
        // Who introduces itself has nothing else to say until it is answered.
        let waits = |of: &Session| of.ours && !of.answered && !of.vouched;
        let repeats = scenario.introduces && self.devices[who].session(session).is_some_and(waits);
        let first = self.sent[who].first().filter(|_| repeats);
        let first = first.map(|record| record.wire.text);
        let (sent, session) = self.devices[who].encrypt(how, session, |drawer| {
            first.unwrap_or_else(|| drawer.draw(Kind::Text))
        })?;
        self.record(who, sent, &session);
        Some(())
    }

    /// Says the first message once more, in other keys.
    fn open_again(
        &mut self,
        scenario: &Scenario,
        who: usize,
        served: Served,
        rank: u8,
    ) -> Option<()> {
        let bundle = match served {
            Served::Used => self.devices[1 - who].used_bundle()?,
            _ => self.devices[1 - who].bundle(true)?,
        };
        let first = self.sent[who].first()?.wire.text;
        self.devices[1 - who].handed += u8::from(served != Served::Used);
        let id = self.devices[who].open_again(scenario.mutant, &bundle, rank)?;
        self.ranks.insert(rank);
        self.doubt(who);
        let how = (scenario.mutant, scenario.epochs);
        let (sent, session) = self.devices[who].encrypt(how, id, |_| first)?;
        self.record(who, sent, &session);
        Some(())
    }

    fn doubt(&mut self, who: usize) {
        // A session that begins after the peer's identity keys were stolen can be with the thief.
        let keys = self.keys;
        for session in &mut self.devices[who].sessions {
            let fresh = !self.sent[who]
                .iter()
                .any(|record| record.session == session.id)
                && session.steps <= 1;
            let peer = session.peer.party();
            session.doubtful |= fresh
                && PARTIES
                    .iter()
                    .zip(keys)
                    .any(|(party, stolen)| stolen && *party == peer);
        }
    }

    fn open(
        &mut self,
        scenario: &Scenario,
        who: usize,
        served: Served,
        (rank, ticks): (u8, u8),
    ) -> Option<()> {
        let other = &self.devices[1 - who];
        let own = |kind| public(mallory(kind, 0));
        let bundle = match served {
            Served::Full => other.bundle(true)?,
            Served::Degraded => other.bundle(false)?,
            Served::OneTimeOfMallory => {
                let bundle = other.bundle(true)?;
                let (id, _) = bundle.one_time?;
                let one_time = Some((id, own(Kind::OneTime)));
                Bundle { one_time, ..bundle }
            }
            // Only what carries no signature can be replaced.
            Served::PrekeysOfMallory if scenario.mutant == Some(Mutant::PrekeysUnsigned) => {
                Bundle {
                    signed_prekey: own(Kind::SignedPrekey),
                    one_time: None,
                    kem: (None, own(Kind::LastResort)),
                    ..other.bundle(false)?
                }
            }
            Served::PrekeysOfMallory => return None,
            // Mallory signs what she likes for a device of her own.
            Served::BobAsMallory => {
                let bundle = other.bundle(true)?;
                let of = Listed {
                    agree: bundle.of.agree,
                    ..Listed::of(Party::Mallory)
                };
                Bundle { of, ..bundle }
            }
            Served::Used => other.used_bundle()?,
        };
        if bundle.one_time.is_some() && served != Served::Used {
            self.devices[1 - who].handed += 1;
        }
        let id = self.devices[who].open(scenario.mutant, &bundle, (rank, ticks));
        self.ranks.insert(rank);
        self.doubt(who);
        self.say(scenario, who, id)
    }

    /// Whether a session has taken the place of one that was confirmed and of which nothing was stolen.
    fn is_renewed(&self, who: usize, next: &Self) -> bool {
        let [before, after] = [self, next].map(|world| &world.devices[who].lines[0]);
        let confirmed = before
            .continuity
            .as_ref()
            .is_some_and(|kept| kept.confirmed);
        let later = !self.threads.contains(&before.active);
        confirmed && later && after.active != before.active
    }

    fn deliver(&mut self, scenario: &Scenario, to: usize, wire: &Wire, way: Way) -> Option<()> {
        self.devices[to] = self.devices[to].receive_at(scenario.mutant, wire, way)?;
        self.doubt(to);
        Some(())
    }
}

impl Scenario {
    /// Whether anybody compares when sessions were opened; else one order is as good as another.
    fn compares(&self) -> bool {
        self.opens[0] > 0 && self.opens[1] > 0 || self.losses != [0, 0]
    }

    fn ranks(&self, world: &World) -> Vec<u8> {
        let most = self.opens[0]
            + self.opens[1]
            + self.opens_to_mallory
            + u8::from(self.met || self.invited)
            + self.again
            + u8::from(self.forgeries > 0);
        let free = (1..=most).filter(|rank| !world.ranks.contains(rank));
        free.take(if self.compares() { usize::MAX } else { 1 })
            .collect()
    }
}

impl Scenario {
    /// The mailboxes into which a message can come, as far as it makes a difference.
    fn ways(&self, world: &World, to: usize, wire: &Wire) -> Vec<Way> {
        let mut ways = vec![Way::Other];
        if wire.prologue.is_some() && self.introduces {
            // It is made with the session.
            let known = world.devices[to].lines[0].active.is_some();
            ways.extend(known.then_some(Way::Own));
            ways.extend(world.devices[to].invitation.map(|_| Way::Invitation));
        }
        ways
    }
}

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let device = |party| Device::new(party, self.one_time);
        let lists = PARTIES.map(|party| {
            // Device lists are public, signature and all.
            sign(secret(party, Kind::Account, 0), Listed::of(party).term())
        });
        let mut world = World {
            devices: PARTIES.map(device),
            sent: [Vec::new(), Vec::new()],
            thefts: [None, None],
            threads: [None, None],
            outlived: false,
            keys: [false; 2],
            stolen: lists.into(),
            quantum: false,
            forged: 0,
            ranks: BTreeSet::new(),
            counts: [[0; 2]; 2],
            to_mallory: 0,
        };
        if self.introduces {
            world.devices[0].sibling = Some(secret(Party::Bob, Kind::Sibling, 0));
        }
        if self.invited {
            let invitation = Some(secret(Party::Bob, Kind::Invitation, 0));
            (world.devices[0].invitation, world.devices[1].invitation) = (invitation, invitation);
            world.open(self, 0, Served::Full, (1, 1)).expect("opens");
            world.devices[0].invitation = None;
        }
        if self.met {
            world.open(self, 0, Served::Full, (1, 1)).expect("opens");
            let first = world.sent[0][0].wire;
            world.deliver(self, 1, &first, Way::Other).expect("accepts");
            if self.answered {
                let id = world.devices[1].sessions[0].id;
                world.say(self, 1, id).expect("answers");
                let answer = world.sent[1][0].wire;
                world.deliver(self, 0, &answer, Way::Own).expect("reads");
            }
        }
        vec![world]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        let ranks = self.ranks(world);
        for who in [0, 1] {
            let device = &world.devices[who];
            let lines = &device.lines[0];
            let wants = lines.active.is_none() && lines.pending.is_none();
            if wants && device.opened < self.opens[who] + u8::from(self.met && who == 0) {
                let mut served = vec![Served::Full];
                if self.degraded {
                    served.extend([
                        Served::Degraded,
                        Served::OneTimeOfMallory,
                        Served::PrekeysOfMallory,
                    ]);
                }
                served.extend(self.used_keys.then_some(Served::Used));
                let ticks = if self.compares() { vec![1, 2] } else { vec![1] };
                for served in served {
                    for rank in &ranks {
                        let rank = *rank;
                        let opens = ticks.iter().map(|ticks| Action::Open {
                            who,
                            served,
                            rank,
                            ticks: *ticks,
                        });
                        actions.extend(opens);
                    }
                }
            }
            if who == 0 && world.to_mallory < self.opens_to_mallory {
                let served = Served::BobAsMallory;
                let opens = ranks.iter().map(|rank| Action::Open {
                    who,
                    served,
                    rank: *rank,
                    ticks: 1,
                });
                actions.extend(opens);
            }
            if who == 1 && lines.instead.len() < usize::from(self.again) {
                let used = self.used_keys.then_some(Served::Used);
                let served = [Served::Full].into_iter().chain(used);
                actions.extend(served.flat_map(|served| {
                    let again = move |rank: &u8| Action::Again {
                        who,
                        served,
                        rank: *rank,
                    };
                    ranks.iter().map(again)
                }));
            }
            if world.counts[who][0] < self.sends[who]
                && lines.active.is_some()
                && lines.pending.is_none()
            {
                actions.push(Action::Send { who });
            }
            for to in [who, 1 - who] {
                for number in 0..world.sent[who].len() {
                    let ways = self.ways(world, to, &world.sent[who][number].wire);
                    actions.extend(ways.into_iter().map(|way| Action::Deliver {
                        to,
                        from: who,
                        number,
                        way,
                    }));
                    if to != who {
                        actions.push(Action::Damage {
                            to,
                            from: who,
                            number,
                        });
                    }
                }
            }
            if world.counts[who][1] < self.losses[who] && lines.active.is_some() {
                actions.push(Action::Lose { who });
            }
            if self.state_thefts[who] && world.thefts[who].is_none() {
                actions.push(Action::StealState { who });
            }
            if self.thread_thefts[who] && world.threads[who].is_none() && lines.active.is_some() {
                actions.push(Action::StealThreads { who });
            }
            if self.key_thefts[who] && !world.keys[who] {
                actions.push(Action::StealKeys { who });
            }
            if world.forged < self.forgeries {
                let forged = world.forgeries(self, who).into_iter();
                let forged = forged.chain(world.openings(self, who, &ranks));
                actions.extend(forged.flat_map(|wire| {
                    let ways = self.ways(world, who, &wire).into_iter();
                    ways.map(move |way| Action::Forge {
                        to: who,
                        wire: Box::new(wire),
                        way,
                    })
                }));
            }
        }
        let sibling = world.devices[0].sibling;
        if self.sibling_theft && sibling.is_some_and(|thread| !world.stolen.contains(&thread)) {
            actions.push(Action::StealSibling);
        }
        if self.quantum && !world.quantum {
            actions.push(Action::Quantum);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Open {
                who,
                served,
                rank,
                ticks,
            } => {
                if served == Served::BobAsMallory {
                    next.to_mallory += 1;
                }
                next.open(self, who, served, (rank, ticks))?;
            }
            Action::Again { who, served, rank } => next.open_again(self, who, served, rank)?,
            Action::Send { who } => {
                next.counts[who][0] += 1;
                let active = world.devices[who].lines[0].active?;
                next.say(self, who, active)?;
            }
            Action::Deliver {
                to,
                from,
                number,
                way,
            } => {
                let wire = world.sent[from][number].wire;
                next.deliver(self, to, &wire, way)?;
            }
            Action::Damage { to, from, number } => {
                let mut wire = world.sent[from][number].wire;
                wire.body = crate::term::number(0);
                next.deliver(self, to, &wire, Way::Other)?;
            }
            Action::Lose { who } => {
                next.counts[who][1] += 1;
                next.devices[who].lose(account(1 - who));
            }
            Action::StealState { who } => {
                let device = &world.devices[who];
                next.thefts[who] = Some(Theft {
                    drawn: device.drawn,
                    sent: world.sent[who].len(),
                    taken: device.taken.iter().map(|taken| taken.text).collect(),
                });
                next.stolen.extend(device.secrets());
            }
            Action::StealThreads { who } => {
                let device = &world.devices[who];
                next.threads[who] = device.lines[0].active;
                next.stolen.extend(device.threads());
            }
            Action::StealKeys { who } => {
                next.keys[who] = true;
                next.stolen.extend(world.devices[who].identity_keys());
            }
            Action::StealSibling => next.stolen.extend(world.devices[0].sibling),
            Action::Quantum => next.quantum = true,
            Action::Forge { to, wire, way } => {
                next.forged += 1;
                next.ranks
                    .extend(wire.prologue.map(|prologue| prologue.rank));
                next.deliver(self, to, &wire, way)?;
                next.outlived |= world.threads != [None, None] && world.is_renewed(to, &next);
            }
        }
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self)
    }
}
