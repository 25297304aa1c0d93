use proptest::prelude::*;

use super::*;

/// What may happen next. Numbers pick among what there is, modulo its count.
#[derive(Debug, Clone, Copy)]
enum Event {
    AliceSends,
    BobSends,
    ToBob(usize),
    ToAlice(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        2 => Just(Event::AliceSends),
        2 => Just(Event::BobSends),
        3 => any::<usize>().prop_map(Event::ToBob),
        3 => any::<usize>().prop_map(Event::ToAlice),
    ];
    proptest::collection::vec(event, 1..60)
}

/// All messages in one direction: nothing is ever removed, so that each may be lost (never
/// picked), repeated and reordered.
#[derive(Default)]
struct Direction {
    sent: Vec<(Vec<u8>, String)>,
    received: Vec<bool>,
}

impl Direction {
    fn send(&mut self, bytes: Vec<u8>, text: String) {
        self.sent.push((bytes, text));
        self.received.push(false);
    }

    fn pick(&self, n: usize) -> Option<usize> {
        n.checked_rem(self.sent.len())
    }

    fn deliver(&mut self, n: usize, session: &mut Session) {
        let (bytes, text) = &self.sent[n];
        if self.received[n] {
            let error = refuses(session, bytes);
            assert!(
                matches!(
                    error,
                    SessionError::AlreadyReceived | SessionError::Undecryptable
                ),
                "{error}"
            );
        } else {
            assert_eq!(reads(session, bytes), *text);
            self.received[n] = true;
        }
    }
}

fn reloaded(session: &Session) -> Session {
    serde_json::from_str(&stored(session)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_loss_and_repetition_with_a_reload_at_each_step(events in events()) {
        let (alice, mut bob) = (Person::new(1), Person::new(2));
        let mut alices = alice.opens_towards(&mut bob);
        let mut bobs: Option<Session> = None;
        let (mut to_bob, mut to_alice) = (Direction::default(), Direction::default());
        for (step, event) in events.into_iter().enumerate() {
            alices = reloaded(&alices);
            bobs = bobs.as_ref().map(reloaded);
            match event {
                Event::AliceSends => {
                    let text = format!("Alice's at {step}");
                    let mut rng = rng(step as u64);
                    let bytes = alices.encrypt(alice.local.device(), text.as_bytes(), at(0), &mut rng);
                    to_bob.send(bytes.unwrap().bytes, text);
                }
                Event::BobSends => if let Some(bobs) = &mut bobs {
                    let text = format!("Bob's at {step}");
                    let mut rng = rng(step as u64);
                    let bytes = bobs.encrypt(bob.local.device(), text.as_bytes(), at(0), &mut rng);
                    to_alice.send(bytes.unwrap().bytes, text);
                },
                Event::ToBob(n) => if let Some(n) = to_bob.pick(n) {
                    match &mut bobs {
                        Some(bobs) => to_bob.deliver(n, bobs),
                        None => {
                            let accepted = bob.accepts(&to_bob.sent[n].0).unwrap();
                            prop_assert_eq!(
                                accepted.message.plaintext,
                                to_bob.sent[n].1.as_bytes()
                            );
                            to_bob.received[n] = true;
                            bobs = Some(accepted.session);
                        }
                    }
                },
                Event::ToAlice(n) => if let Some(n) = to_alice.pick(n) {
                    to_alice.deliver(n, &mut alices);
                },
            }
        }
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
