//! What must hold in every state, and what must be reached at all.

use stateright::Property;

use crate::{
    Scenario,
    device::{Device, Lines},
    session::Session,
    term::{Kind, Party, Term},
    world::{Record, Theft, World},
};

/// Those of a scenario.
pub fn of(scenario: &Scenario) -> Vec<Property<Scenario>> {
    let mut all = vec![
        Property::always("secrecy", |_, world: &World| {
            let knowledge = world.knowledge();
            records(world)
                .all(|(from, record)| world.may_be_read(from, record) || !knowledge.has(record.key))
        }),
        Property::always("agreement", |_, world: &World| {
            honest(world).all(|(to, from, taken)| {
                world.sent[from].iter().any(|record| {
                    (record.wire.text, record.session) == (taken.text, taken.session)
                        && record.to.party() == PARTIES[to]
                })
            })
        }),
        Property::always("once", |_, world: &World| taken_once(world)),
        Property::always("nobody else has a part in the keys", |_, world: &World| {
            [0, 1].iter().all(|who| {
                let known = world.devices[*who].sessions.iter().filter(|session| {
                    session.peer.account == crate::wire::Listed::of(PARTIES[1 - who]).account
                });
                world.keys[1 - who]
                    || known
                        .clone()
                        .all(|session| !session.drawn_by(Party::Mallory))
            })
        }),
        Property::sometimes("something arrives", |_, world: &World| {
            honest(world).next().is_some()
        }),
    ];
    let renews = scenario.losses != [0, 0] || scenario.opens == [1, 1];
    if scenario.met && !renews {
        all.push(Property::always(
            "what was sent can be read",
            |scenario: &Scenario, world: &World| {
                records(world).all(|(from, record)| {
                    let device = &world.devices[1 - from];
                    let mut taken = device.taken.iter();
                    taken.any(|taken| taken.text == record.wire.text)
                        || device.receive(scenario.mutant, &record.wire).is_some()
                })
            },
        ));
        all.push(Property::sometimes(
            "all is said and read",
            |scenario: &Scenario, world: &World| {
                [0, 1]
                    .iter()
                    .all(|who| world.counts[*who][0] == scenario.sends[*who])
                    && records(world).all(|(from, record)| {
                        world.devices[1 - from]
                            .taken
                            .iter()
                            .any(|taken| taken.text == record.wire.text)
                    })
            },
        ));
    }
    if scenario.introduces {
        all.extend(of_introductions(scenario));
    }
    if scenario.thread_thefts != [false; 2] {
        all.push(Property::always(
            "a stolen thread does not outlive its session",
            |_, world: &World| !world.outlived,
        ));
        all.push(Property::sometimes(
            "a thief opens by a stolen thread",
            |_, world: &World| {
                let mut devices = world.devices.iter();
                devices.any(|device| {
                    let active = device.lines[0].active.and_then(|id| device.session(id));
                    active.is_some_and(|active| active.drawn_by(Party::Mallory))
                })
            },
        ));
    }
    if scenario.state_thefts != [false; 2] {
        all.push(Property::sometimes(
            "a thief reads what comes next",
            |_, world: &World| {
                let knowledge = world.knowledge();
                let later = |(from, record): (usize, &Record)| {
                    let sent = world.sent[from].iter().position(|other| other == record);
                    let after = |theft: &Theft| sent >= Some(theft.sent);
                    world.thefts[from].as_ref().is_some_and(after) && knowledge.has(record.key)
                };
                !world.quantum && world.keys == [false; 2] && records(world).any(later)
            },
        ));
        all.push(Property::sometimes(
            "a thief does not read what comes after",
            |_, world: &World| {
                let knowledge = world.knowledge();
                !world.quantum
                    && records(world).any(|(from, record)| {
                        let turned = |theft: &Theft| {
                            drawn_after(record, PARTIES[from], theft, &[Kind::Turn])
                        };
                        world.thefts[from].as_ref().is_some_and(turned)
                            && !knowledge.has(record.key)
                    })
            },
        ));
    }
    if scenario.quantum && scenario.epochs > 0 {
        all.push(Property::sometimes(
            "a quantum thief reads on",
            |_, world: &World| {
                let knowledge = world.knowledge();
                world.quantum
                    && records(world).any(|(from, record)| {
                        let turned = |theft: &Theft| {
                            drawn_after(record, PARTIES[from], theft, &[Kind::Turn])
                        };
                        world.thefts[from].as_ref().is_some_and(turned) && knowledge.has(record.key)
                    })
            },
        ));
        all.push(Property::sometimes(
            "an epoch shuts the quantum thief out",
            |_, world: &World| {
                let knowledge = world.knowledge();
                world.quantum
                    && records(world).any(|(from, record)| {
                        record.epoch > 0
                            && world.thefts[from].is_some()
                            && world.thefts[1 - from].is_none()
                            && !knowledge.has(record.key)
                    })
            },
        ));
    }
    if scenario.degraded && scenario.state_thefts[1] && scenario.key_thefts[1] {
        all.push(Property::sometimes(
            "without one-time keys an old first message is read",
            |_, world: &World| {
                let knowledge = world.knowledge();
                world.sent[0].iter().any(|record| {
                    let received = |theft: &Theft| theft.taken.contains(&record.wire.text);
                    world.thefts[1].as_ref().is_some_and(received) && knowledge.has(record.key)
                })
            },
        ));
    }
    if renews {
        all.push(Property::always(
            "a reset needs continuity",
            |scenario: &Scenario, world: &World| {
                !scenario.met
                    || scenario.thread_thefts != [false; 2]
                    || [0, 1].iter().all(|who| {
                        let active = world.devices[*who].lines[0].active;
                        let opened = |session: &Session| {
                            session.ours
                                || world.sent[1 - who]
                                    .iter()
                                    .any(|record| record.session == session.id)
                        };
                        active.is_none_or(|id| world.devices[*who].session(id).is_some_and(opened))
                    })
            },
        ));
        all.push(Property::always(
            "identity keys alone put no words into a mouth",
            |scenario: &Scenario, world: &World| {
                let said = |from: usize, text| {
                    world.sent[from]
                        .iter()
                        .any(|record| record.wire.text == text)
                };
                !scenario.met
                    || scenario.state_thefts != [false; 2]
                    || scenario.thread_thefts != [false; 2]
                    || [0, 1].iter().all(|to| {
                        let mut taken = world.devices[*to].taken.iter();
                        taken.all(|taken| said(1 - to, taken.text))
                    })
            },
        ));
        // Strangers whose first messages cross can be asked: the one that comes when the other is
        // in use already has nothing to show.
        all.push(Property::always(
            "an honest renewal asks nobody",
            |scenario: &Scenario, world: &World| {
                !scenario.met
                    || world.keys != [false; 2]
                    || world
                        .devices
                        .iter()
                        .all(|device| device.lines[0].pending.is_none())
            },
        ));
        all.push(Property::always(
            "both send in one session",
            |_, world: &World| {
                !world.is_quiet()
                    || world.devices[0].lines[0].active == world.devices[1].lines[0].active
            },
        ));
        all.push(Property::always(
            "who opens a session is heard",
            |scenario: &Scenario, world: &World| {
                // What a thief has opened by a stolen thread, nobody else has.
                let taken_over = scenario.thread_thefts != [false; 2] && world.forged > 0;
                taken_over
                    || [0, 1].iter().all(|who| {
                        let (device, other) = (&world.devices[*who], &world.devices[1 - who]);
                        let active = device.lines[0].active.and_then(|id| device.session(id));
                        let Some(active) = active.filter(|active| active.ours && !active.answered)
                        else {
                            return true;
                        };
                        let order = |session: &Session| (session.prologue.opened_at, session.rank);
                        let theirs = other.lines[0].active.and_then(|id| other.session(id));
                        let first = world.sent[*who]
                            .iter()
                            .find(|record| record.session == active.id);
                        let taken = other.taken.iter().any(|taken| taken.session == active.id);
                        match theirs {
                            Some(theirs) if order(theirs) >= order(active) => {
                                theirs.ours || device.session(theirs.id).is_some()
                            }
                            // Lost by them since, it is noticed when they write in another one.
                            Some(_) if other.session(active.id).is_some() => false,
                            _ => {
                                taken
                                    || first.is_none_or(|first| {
                                        other.receive(scenario.mutant, &first.wire).is_some()
                                    })
                            }
                        }
                    })
            },
        ));
        all.push(Property::always(
            "an old handshake displaces no newer one",
            |_, world: &World| {
                [0, 1].iter().all(|who| {
                    let device = &world.devices[*who];
                    let Lines {
                        active, pending, ..
                    } = device.lines[0];
                    let order = |session: &Session| (session.prologue.opened_at, session.rank);
                    let counts = |session: &&Session| {
                        session.peer.party() != Party::Mallory && Some(session.id) != pending
                    };
                    let last = device
                        .sessions
                        .iter()
                        .filter(counts)
                        .max_by_key(|session| order(session));
                    // Nor one that is lost.
                    let opened_at = |id: Term| {
                        let mut all = records(world).filter(|(_, record)| record.session == id);
                        all.find_map(|(_, record)| record.wire.prologue)
                            .map(|prologue| prologue.opened_at)
                    };
                    let taken = device.taken.iter().map(|taken| taken.session);
                    let sent = world.sent[*who].iter().map(|record| record.session);
                    let latest = taken.chain(sent).filter_map(opened_at).max();
                    active.is_none_or(|id| {
                        last.is_some_and(|last| {
                            last.id == id && Some(last.prologue.opened_at) >= latest
                        })
                    })
                })
            },
        ));
        all.push(Property::sometimes(
            "both send in a new session",
            |_, world: &World| {
                let active = world.devices[0].lines[0].active;
                world.is_quiet()
                    && active.is_some_and(|id| {
                        world.sent[0]
                            .iter()
                            .chain(&world.sent[1])
                            .any(|record| record.session == id && record.wire.prologue.is_some())
                    })
            },
        ));
        if scenario.key_thefts != [false; 2] {
            all.push(Property::sometimes(
                "a thief of identity keys makes it ask",
                |_, world: &World| {
                    world
                        .devices
                        .iter()
                        .any(|device| device.lines[0].pending.is_some())
                },
            ));
        }
    }
    all
}

/// Where it makes a difference in whose mailbox something comes.
fn of_introductions(scenario: &Scenario) -> Vec<Property<Scenario>> {
    let mut all = vec![
        Property::always("who was met stays who they are", |_, world: &World| {
            [0, 1].iter().all(|who| {
                let device = &world.devices[*who];
                let ours = |id| device.session(id).is_some_and(|session| session.ours);
                let theirs = |id| world.sent[1 - who].iter().any(|sent| sent.session == id);
                let honest = |id: Term| ours(id) || theirs(id);
                let asked = device.sessions.iter().any(|session| session.vouched);
                let met = asked || device.taken.iter().any(|taken| honest(taken.session));
                !met || device.lines[0].active.is_none_or(honest)
            })
        }),
        Property::always("an honest introduction asks nobody", |_, world: &World| {
            let asks = |device: &Device| device.lines[0].pending.is_some();
            world.keys != [false; 2] || !world.devices.iter().any(asks)
        }),
        Property::always(
            "who was answered sends where it is heard",
            |_, world: &World| {
                [0, 1].iter().all(|who| {
                    let (device, other) = (&world.devices[*who], &world.devices[1 - who]);
                    let answered = |session: &Session| session.ours && session.answered;
                    let active = device.lines[0].active;
                    !device.sessions.iter().any(answered)
                        || active.is_some_and(|id| other.session(id).is_some())
                })
            },
        ),
        Property::sometimes(
            "a thief of identity keys makes it ask",
            |_, world: &World| {
                let mut devices = world.devices.iter();
                devices.any(|device| device.lines[0].pending.is_some())
            },
        ),
    ];
    if scenario.again > 0 {
        all.push(Property::sometimes(
            "what is said in other keys is answered",
            |_, world: &World| {
                let lines = &world.devices[1].lines[0];
                lines.active.is_some_and(|id| lines.instead.contains(&id))
            },
        ));
    }
    all
}

const PARTIES: [Party; 2] = [Party::Alice, Party::Bob];

/// Everything that honest devices sent.
fn records(world: &World) -> impl Iterator<Item = (usize, &Record)> {
    let of = |from: usize| world.sent[from].iter().map(move |record| (from, record));
    of(0).chain(of(1))
}

/// Everything that was taken as an honest one's whose signing key is not stolen: by whom, whose.
fn honest(world: &World) -> impl Iterator<Item = (usize, usize, &crate::device::Taken)> {
    [0, 1].into_iter().flat_map(move |to| {
        let theirs = world.devices[to].taken.iter().filter_map(move |taken| {
            let party = taken.from.secret().expect("an account").of;
            let from = PARTIES.iter().position(|other| *other == party)?;
            Some((to, from, taken))
        });
        theirs.filter(|(_, from, _)| !world.keys[*from])
    })
}

fn taken_once(world: &World) -> bool {
    honest(world).all(|(to, _, taken)| {
        let same = |other: &&crate::device::Taken| *other == taken;
        world.devices[to].taken.iter().filter(same).count() == 1
    })
}

fn drawn_after(record: &Record, by: Party, theft: &Theft, kinds: &[Kind]) -> bool {
    record.history.iter().any(|secret| {
        secret.of == by && secret.number > theft.drawn && kinds.contains(&secret.kind)
    })
}

impl World {
    /// The rule: whether it is no breach if the attacker reads this. It knows of times and of what
    /// was drawn when, and nothing of how keys are derived.
    fn may_be_read(&self, from: usize, record: &Record) -> bool {
        let Some(to) = PARTIES.iter().position(|party| *party == record.to.party()) else {
            return true; // it was for Mallory
        };
        // Who has the peer's identity keys can be the peer: from the beginning of a session, or,
        // with a stolen state, from then on.
        if record.doubtful || self.keys[to] && self.thefts.iter().any(Option::is_some) {
            return true;
        }
        // A handshake without one-time keys rests on keys that are kept for weeks; the responder's
        // first own turn on a secret that it keeps until it is answered.
        let last_resort = record
            .history
            .iter()
            .find(|secret| secret.kind == Kind::LastResort);
        let responder =
            last_resort.and_then(|key| PARTIES.iter().position(|party| *party == key.of));
        if responder.is_some_and(|responder| {
            self.thefts[responder].is_some()
                && (self.keys[responder] && record.chain <= 2 || self.quantum && record.epoch == 0)
        }) {
            return true;
        }
        // A theft of state shows what had not yet been sent or read, until the robbed one has drawn
        // a new secret of a kind that still keeps.
        let keeps: &[Kind] = match self.quantum {
            true => &[Kind::Seed, Kind::Encapsulation],
            false => &[Kind::Turn, Kind::Seed, Kind::Encapsulation],
        };
        [from, to].iter().any(|robbed| {
            self.thefts[*robbed].as_ref().is_some_and(|theft| {
                let done = match *robbed == from {
                    true => self.sent[from]
                        .iter()
                        .take(theft.sent)
                        .any(|sent| sent == record),
                    false => theft.taken.contains(&record.wire.text),
                };
                !done && !drawn_after(record, PARTIES[*robbed], theft, keeps)
            })
        })
    }

    /// Whether all handshakes have arrived, and nobody has yet to notice that a session is lost.
    fn is_quiet(&self) -> bool {
        let arrived = records(self).all(|(from, record)| {
            record.wire.prologue.is_none()
                || record.to.party() == Party::Mallory
                || self.devices[1 - from]
                    .taken
                    .iter()
                    .any(|taken| taken.session == record.session)
        });
        let [alice, bob] = &self.devices;
        let has =
            |device: &Device, id: Option<Term>| id.is_some_and(|id| device.session(id).is_some());
        let can_read = has(bob, alice.lines[0].active) && has(alice, bob.lines[0].active);
        arrived && self.forged == 0 && can_read
    }
}
