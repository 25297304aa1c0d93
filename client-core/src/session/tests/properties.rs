use proptest::prelude::*;

use super::*;

/// What may happen next.
#[derive(Debug, Clone, Copy)]
enum Event {
    AliceSends,
    BobSends,
    ToBob(Which),
    ToAlice(Which),
}

/// Which of the messages that were sent arrives.
#[derive(Debug, Clone, Copy)]
enum Which {
    Newest,
    /// The oldest that is still to come.
    Next,
    /// Any, modulo their count.
    Any(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let which = || {
        prop_oneof![
            2 => Just(Which::Newest),
            3 => Just(Which::Next),
            3 => any::<usize>().prop_map(Which::Any),
        ]
    };
    let event = prop_oneof![
        2 => Just(Event::AliceSends),
        2 => Just(Event::BobSends),
        3 => which().prop_map(Event::ToBob),
        3 => which().prop_map(Event::ToAlice),
    ];
    proptest::collection::vec(event, 1..120)
}

/// All messages in one direction: nothing is ever removed, so that each may be lost (never
/// picked), repeated and reordered.
#[derive(Default)]
struct Direction {
    sent: Vec<(Vec<u8>, String)>,
    received: Vec<bool>,
    repeated: usize,
    /// How many came after one that was sent later.
    late: usize,
}

impl Direction {
    fn send(&mut self, bytes: Vec<u8>, text: String) {
        self.sent.push((bytes, text));
        self.received.push(false);
    }

    fn pick(&self, which: Which) -> Option<usize> {
        match which {
            Which::Newest => self.sent.len().checked_sub(1),
            Which::Next => self.received.iter().position(|received| !received),
            Which::Any(n) => n.checked_rem(self.sent.len()),
        }
    }

    fn receive(&mut self, n: usize) {
        self.received[n] = true;
        self.late += usize::from(self.received[n + 1..].contains(&true));
    }

    fn deliver(&mut self, n: usize, session: &mut Session) {
        let (bytes, text) = &self.sent[n];
        refuses(session, &bent(bytes, self.repeated + self.late + n));
        if self.received[n] {
            let error = refuses(session, bytes);
            assert!(
                matches!(
                    error,
                    SessionError::AlreadyReceived | SessionError::Undecryptable
                ),
                "{error}"
            );
            self.repeated += 1;
        } else {
            assert_eq!(reads(session, bytes), *text);
            self.receive(n);
        }
    }
}

/// With one bit flipped, another one each time.
pub(super) fn bent(bytes: &[u8], time: usize) -> Vec<u8> {
    let mut bent = bytes.to_vec();
    // In the header, in the body, and in what stands before them, evenly.
    let at = time * 37 % bent.len();
    bent[at] ^= 1 << (time % 8);
    bent
}

fn reloaded(session: &Session) -> Session {
    serde_json::from_str(&stored(session)).unwrap()
}

/// How far a play of events has come.
#[derive(Debug, Default)]
struct Reached {
    epochs: usize,
    repeated: usize,
    late: usize,
    lost: usize,
}

/// Lets it all happen, with both sides stored and loaded before each event. Whatever is sent is read once,
/// however late; whatever is refused leaves the session as it was, to the byte.
fn play(events: Vec<Event>) -> Reached {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let mut bobs: Option<Session> = None;
    let (mut to_bob, mut to_alice) = (Direction::default(), Direction::default());
    let mut epochs = 0;
    for (step, event) in events.into_iter().enumerate() {
        alices = reloaded(&alices);
        bobs = bobs.as_ref().map(reloaded);
        let since = alices.messages_since_rekey();
        let rng = &mut rng(step as u64);
        match event {
            Event::AliceSends => {
                let text = format!("Alice's at {step}");
                let sent = alices.encrypt(alice.local.device(), text.as_bytes(), at(0), rng);
                to_bob.send(sent.unwrap().bytes, text);
            }
            Event::BobSends => {
                if let Some(bobs) = &mut bobs {
                    let text = format!("Bob's at {step}");
                    let sent = bobs.encrypt(bob.local.device(), text.as_bytes(), at(0), rng);
                    to_alice.send(sent.unwrap().bytes, text);
                }
            }
            Event::ToBob(which) => {
                if let Some(n) = to_bob.pick(which) {
                    match &mut bobs {
                        Some(bobs) => to_bob.deliver(n, bobs),
                        None => {
                            let accepted = bob.accepts(&to_bob.sent[n].0).unwrap();
                            let text = to_bob.sent[n].1.as_bytes();
                            assert_eq!(accepted.message.plaintext, text);
                            to_bob.receive(n);
                            bobs = Some(accepted.session);
                        }
                    }
                }
            }
            Event::ToAlice(which) => {
                if let Some(n) = to_alice.pick(which) {
                    to_alice.deliver(n, &mut alices);
                }
            }
        }
        epochs += usize::from(alices.messages_since_rekey() < since);
    }
    let both = [to_bob, to_alice];
    let sum = |of: fn(&Direction) -> usize| both.iter().map(of).sum();
    Reached {
        epochs,
        repeated: sum(|direction| direction.repeated),
        late: sum(|direction| direction.late),
        lost: sum(|direction| direction.received.iter().filter(|read| !**read).count()),
    }
}

/// That the property below is about something: plays reach several epochs, and all that may go wrong.
#[test]
fn the_plays_reach_what_they_are_for() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let plays = (0..32).map(|_| play(events().new_tree(&mut runner).unwrap().current()));
    let plays: Vec<Reached> = plays.collect();
    let most = |of: fn(&Reached) -> usize| plays.iter().map(of).max().unwrap();
    let often = |of: fn(&Reached) -> bool| plays.iter().filter(|play| of(play)).count();
    let most_epochs = most(|play| play.epochs);
    println!("at most {most_epochs} epochs in a play");
    assert!(most_epochs >= 2);
    assert!(often(|play| play.epochs > 0) > 10);
    assert!(often(|play| play.repeated > 3 && play.late > 3 && play.lost > 3) > 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_order_loss_and_repetition_with_a_reload_at_each_step(events in events()) {
        play(events);
    }

    #[test]
    fn bent_bytes_never_panic_nor_change_anything(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        at: prop::sample::Index,
    ) {
        let (alice, mut alices, _, mut bobs) = talking();
        let mut bent = alice.encrypt(&mut alices, "hello");
        let genuine = bent.clone();
        for (to, from) in bent.iter_mut().skip(at.index(genuine.len())).zip(&bytes) {
            *to = *from;
        }
        if bent != genuine {
            refuses(&mut bobs, &bent);
        }
        refuses(&mut bobs, &bytes);
    }
}
