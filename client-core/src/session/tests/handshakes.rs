//! Several handshakes between two devices: crossing, late, anew.

use proptest::prelude::*;

use super::*;

/// One end: a person, and all sessions with the other's device.
pub(super) struct End {
    pub(super) person: Person,
    pub(super) sessions: DeviceSessions,
    /// By which way handshakes come.
    pub(super) arrival: Arrival,
    /// The record beside that of the sessions, and how often it was written.
    pub(super) beside: (String, usize),
}

impl End {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            person: Person::new(seed),
            sessions: DeviceSessions::default(),
            arrival: Arrival::Introduced,
            beside: ("null".to_owned(), 0),
        }
    }

    /// Writes the record beside that of the sessions, where it has changed.
    pub(super) fn stores(&mut self) {
        if let Some(changed) = self.sessions.continuity_to_store() {
            let (record, writes) = &mut self.beside;
            *record = serde_json::to_string(&changed).unwrap();
            *writes += 1;
        }
        let now = serde_json::to_string(&self.sessions.continuity()).unwrap();
        assert_eq!(self.beside.0, now, "what is stored is what there is");
    }

    pub(super) fn opens(&mut self, peer: &mut Self, now: Timestamp) -> Standing {
        let served = peer.person.served();
        let prekeys = peer.person.verify(&served);
        let rng = &mut self.person.rng();
        let at = self.sessions.opening_time(now);
        let session = initiate(
            &self.person.local,
            &prekeys,
            self.sessions.voucher(),
            at,
            rng,
        );
        let standing = self.sessions.open(session.unwrap(), now);
        self.stores();
        standing
    }

    pub(super) fn writes(&mut self, text: &str) -> Vec<u8> {
        let rng = &mut self.person.rng();
        let device = self.person.local.device();
        let encrypted = self.sessions.encrypt(device, text.as_bytes(), at(0), rng);
        self.stores();
        encrypted.unwrap().bytes
    }

    pub(super) fn reads(&mut self, bytes: &[u8]) -> Result<(String, Standing), SessionError> {
        let read = self.tries(bytes);
        self.stores();
        read
    }

    fn tries(&mut self, bytes: &[u8]) -> Result<(String, Standing), SessionError> {
        let text = |decrypted: Decrypted| String::from_utf8(decrypted.plaintext).unwrap();
        match self.sessions.decrypt(bytes, at(0)) {
            Err(SessionError::OtherHandshake) => {
                let vouchers = self.sessions.vouchers();
                let Person { local, prekeys, .. } = &self.person;
                let accepted = accept(local, prekeys, &vouchers, bytes, at(0))?;
                self.person.prekeys.consume(&accepted.used);
                let (session, voucher) = (accepted.session, accepted.voucher);
                let standing = self.sessions.take(session, voucher, self.arrival, at(0));
                Ok((text(accepted.message), standing))
            }
            read => read.map(|(decrypted, standing)| (text(decrypted), standing)),
        }
    }

    pub(super) fn hears(&mut self, bytes: &[u8], text: &str) -> Standing {
        let (read, standing) = self.reads(bytes).unwrap();
        assert_eq!(read, text);
        standing
    }

    pub(super) fn active(&self) -> SessionId {
        self.sessions.active().unwrap().id()
    }

    /// All that is kept, to the byte.
    fn kept(&self) -> [String; 3] {
        let sessions = serde_json::to_string(self.sessions.sessions()).unwrap();
        let continuity = serde_json::to_string(&self.sessions.continuity()).unwrap();
        let prekeys = serde_json::to_string(&self.person.prekeys).unwrap();
        [sessions, continuity, prekeys]
    }

    /// Through both records.
    pub(super) fn reloaded(&mut self) {
        let sessions = serde_json::to_string(self.sessions.sessions()).unwrap();
        self.sessions = DeviceSessions::load(
            Some(serde_json::from_str(&sessions).unwrap()),
            serde_json::from_str(&self.beside.0).unwrap(),
        );
    }

    /// The sessions' record is lost or damaged; the other one is there.
    pub(super) fn loses_sessions(&mut self) {
        let continuity = self.sessions.continuity().cloned();
        self.sessions = DeviceSessions::load(None, continuity);
    }

    fn loses_everything(&mut self) {
        self.sessions = DeviceSessions::default();
    }
}

pub(super) fn strangers() -> [End; 2] {
    [End::new(1), End::new(2)]
}

pub(super) fn exchange(one: &mut End, other: &mut End) {
    for n in 0..3 {
        let (text, answer) = (format!("there {n}"), format!("and back {n}"));
        let bytes = one.writes(&text);
        assert_ne!(other.hears(&bytes, &text), Standing::Pending);
        let bytes = other.writes(&answer);
        assert_ne!(one.hears(&bytes, &answer), Standing::Pending);
    }
    assert_eq!(one.active(), other.active());
}

pub(super) fn acquainted() -> [End; 2] {
    let [mut alice, mut bob] = strangers();
    alice.opens(&mut bob, at(0));
    exchange(&mut alice, &mut bob);
    [alice, bob]
}

#[test]
fn crossing_first_handshakes_end_in_one_session() {
    let [mut alice, mut bob] = strangers();
    alice.opens(&mut bob, at(0));
    bob.opens(&mut alice, at(1));
    let (from_alice, from_bob) = (alice.writes("from Alice"), bob.writes("from Bob"));
    assert_eq!(bob.hears(&from_alice, "from Alice"), Standing::Inactive);
    assert_eq!(alice.hears(&from_bob, "from Bob"), Standing::Active);
    exchange(&mut alice, &mut bob);
}

#[test]
fn handshakes_of_the_same_instant_are_told_apart_by_their_ids() {
    let [mut alice, mut bob] = strangers();
    alice.opens(&mut bob, at(0));
    bob.opens(&mut alice, at(0));
    let ids = [alice.active(), bob.active()];
    let (from_alice, from_bob) = (alice.writes("from Alice"), bob.writes("from Bob"));
    bob.hears(&from_alice, "from Alice");
    alice.hears(&from_bob, "from Bob");
    exchange(&mut alice, &mut bob);
    assert_eq!(Some(alice.active()), ids.into_iter().max());
}

#[test]
fn a_lost_session_is_opened_anew_by_either_side() {
    for loser in 0..2 {
        let mut ends = acquainted();
        let before = ends[0].active();
        ends[loser].loses_sessions();
        let [alice, bob] = &mut ends;
        let (one, other) = match loser {
            0 => (alice, bob),
            _ => (bob, alice),
        };
        let unread = other.writes("unread");
        assert_eq!(one.reads(&unread).unwrap_err(), SessionError::Undecryptable);
        // Its clock is wrong as well.
        assert_eq!(one.opens(other, at(-1_000)), Standing::Active);
        let bytes = one.writes("it is me");
        assert_eq!(other.hears(&bytes, "it is me"), Standing::Active);
        exchange(one, other);
        assert_ne!(one.active(), before);
    }
}

#[test]
fn a_session_lost_again_before_it_was_answered_is_opened_anew() {
    let [mut alice, mut bob] = acquainted();
    for known_to_bob in [false, true, true] {
        alice.loses_sessions();
        alice.opens(&mut bob, at(0));
        let bytes = alice.writes("it is me");
        if known_to_bob {
            assert_eq!(bob.hears(&bytes, "it is me"), Standing::Active);
        }
    }
    alice.loses_sessions();
    alice.opens(&mut bob, at(0));
    exchange(&mut alice, &mut bob);
}

/// Found by the property below: the former threads that a side still opens with may be those that the
/// other has forgotten.
#[test]
fn a_side_that_was_answered_in_no_new_session_yet_opens_by_what_the_other_has() {
    for opened_meanwhile in [1, 2] {
        let [mut alice, mut bob] = acquainted();
        alice.opens(&mut bob, at(0));
        let renewed = alice.writes("renewed");
        assert_eq!(bob.hears(&renewed, "renewed"), Standing::Active);
        let answer = bob.writes("answer");
        for _ in 0..opened_meanwhile {
            bob.loses_sessions();
            bob.opens(&mut alice, at(0));
        }
        // From here on Alice has nothing left of the first session.
        assert_eq!(alice.hears(&answer, "answer"), Standing::Active);
        exchange(&mut bob, &mut alice);
    }
}

#[test]
fn identity_keys_alone_reset_nothing() {
    let [mut alice, mut bob] = acquainted();
    let before = bob.active();
    // Alice's device and account, and nothing of the conversation: Alice without her records, or a thief.
    alice.loses_everything();
    alice.opens(&mut bob, at(5));
    let bytes = alice.writes("it is me");
    assert_eq!(bob.hears(&bytes, "it is me"), Standing::Pending);
    assert_eq!(bob.active(), before);
    assert!(bob.sessions.pending().is_some());
    let more = alice.writes("it really is");
    assert_eq!(bob.hears(&more, "it really is"), Standing::Pending);
    // A second attempt takes the first one's place only if it is later.
    let held = bob.sessions.pending().map(Session::id);
    for (day, replaces) in [(4, false), (6, true)] {
        alice.loses_everything();
        alice.opens(&mut bob, at(day));
        let bytes = alice.writes("again");
        assert_eq!(bob.hears(&bytes, "again"), Standing::Pending);
        assert_eq!(bob.sessions.pending().map(Session::id) != held, replaces);
    }

    let mut refusing = End {
        sessions: bob.sessions.clone(),
        ..End::new(2)
    };
    let shown = bob.sessions.pending().unwrap().id();
    // Another one came after the user was asked about the first.
    assert!(!bob.sessions.decide(held.unwrap(), true, at(0)));
    assert_eq!(bob.active(), before);
    assert!(refusing.sessions.decide(shown, false, at(0)));
    assert!(!refusing.sessions.decide(shown, true, at(0)));
    assert_eq!(refusing.active(), before);
    let bytes = alice.writes("still here");
    assert!(refusing.sessions.decrypt(&bytes, at(0)).is_err());

    assert!(bob.sessions.decide(shown, true, at(0)));
    assert_eq!(bob.active(), alice.active());
    exchange(&mut bob, &mut alice);
}

#[test]
fn identity_keys_alone_reset_nothing_where_the_session_is_lost_too() {
    let [mut alice, mut bob] = acquainted();
    bob.loses_sessions();
    alice.loses_everything();
    alice.opens(&mut bob, at(5));
    let bytes = alice.writes("it is me");
    assert_eq!(bob.hears(&bytes, "it is me"), Standing::Pending);
    assert!(bob.sessions.active().is_none());
    let error = bob.sessions.encrypt(
        bob.person.local.device(),
        b"text",
        at(0),
        &mut bob.person.rng(),
    );
    assert_eq!(error.unwrap_err(), SessionError::Lost);
    let shown = bob.sessions.pending().unwrap().id();
    assert!(bob.sessions.decide(shown, true, at(0)));
    exchange(&mut alice, &mut bob);
}

#[test]
fn in_the_mailbox_of_a_device_that_was_met_identity_keys_alone_never_count() {
    let [mut alice, mut bob] = acquainted();
    bob.arrival = Arrival::Direct;
    bob.loses_everything();
    alice.loses_everything();
    alice.opens(&mut bob, at(0));
    let bytes = alice.writes("it is me");
    assert_eq!(bob.hears(&bytes, "it is me"), Standing::Pending);
    assert!(bob.sessions.active().is_none());
}

/// Bob has used an invitation of Alice's; a thief of her keys is there before her answer.
#[test]
fn identity_keys_alone_do_not_displace_a_question_that_an_invitation_vouches_for() {
    for arrival in [Arrival::Direct, Arrival::Introduced] {
        let [mut alice, mut bob] = strangers();
        bob.arrival = arrival;
        let secret = InvitationSecret::from_bytes([4; 32]);
        let served = alice.person.served();
        let prekeys = alice.person.verify(&served);
        let invited = bob
            .person
            .opens_with(&prekeys, Voucher::Invitation(&secret));
        let own = invited.id();
        bob.sessions.open(invited, at(0));
        alice.opens(&mut bob, at(1));
        let bytes = alice.writes("the thief");
        assert_eq!(bob.hears(&bytes, "the thief"), Standing::Pending);
        assert_eq!(bob.active(), own);
    }
}

#[test]
fn what_a_link_has_given_vouches_and_keys_alone_do_not() {
    let [mut alice, mut bob] = acquainted();
    let link = [&alice, &bob].map(|end| end.sessions.active().unwrap().clone());
    for end in [&mut alice, &mut bob] {
        end.loses_everything();
    }
    alice.sessions.vouch(&link[0]);
    bob.sessions.vouch(&link[1]);
    let mut thief = End::new(1);
    thief.opens(&mut bob, at(1));
    let bytes = thief.writes("the thief");
    assert_eq!(bob.hears(&bytes, "the thief"), Standing::Pending);
    alice.opens(&mut bob, at(0));
    exchange(&mut alice, &mut bob);
}

#[test]
fn a_time_that_is_yet_to_come_is_refused_unless_clocks_may_differ_so() {
    let [mut alice, mut bob] = strangers();
    let opened = |alice: &mut End, bob: &mut End, day| {
        alice.opens(bob, at(day));
        let active = alice.sessions.active().unwrap().clone();
        alice.loses_everything();
        active
    };
    let (next_day, later) = (
        opened(&mut alice, &mut bob, 1),
        opened(&mut alice, &mut bob, 2),
    );
    assert_eq!(bob.sessions.check_time(&next_day, at(0)), Ok(()));
    let refused = bob.sessions.check_time(&later, at(0)).unwrap_err();
    assert_eq!(refused, SessionError::OpenedAhead { limit: 24 });
    assert_eq!(bob.sessions.check_time(&later, at(1)), Ok(()));
    // Or than what is known of that device.
    bob.opens(&mut alice, at(1));
    assert_eq!(bob.sessions.check_time(&later, at(0)), Ok(()));
}

#[test]
fn who_meets_anew_does_not_go_by_the_time_of_what_was_before() {
    let [mut alice, mut bob] = acquainted();
    alice.opens(&mut bob, at(100));
    let late = bob.writes("late");
    let served = bob.person.served();
    let prekeys = bob.person.verify(&served);
    let secret = InvitationSecret::from_bytes([4; 32]);
    let invited = alice
        .person
        .opens_with(&prekeys, Voucher::Invitation(&secret));
    let (id, opened_at) = (invited.id(), invited.opened_at());
    alice.sessions.open_anew(invited, at(1));
    assert_eq!(alice.active(), id);
    assert!(alice.sessions.opening_time(opened_at) < at(1));
    assert_eq!(alice.hears(&late, "late"), Standing::Inactive);
}

#[test]
fn a_stolen_thread_is_worth_nothing_after_an_exchange_in_both_directions() {
    let [mut alice, mut bob] = acquainted();
    let mut thief = End {
        sessions: DeviceSessions::load(None, alice.sessions.continuity().cloned()),
        ..End::new(1)
    };
    let mut early = End {
        sessions: bob.sessions.clone(),
        ..End::new(2)
    };
    exchange(&mut alice, &mut bob);
    thief.opens(&mut early, at(0));
    let bytes = thief.writes("it is me");
    assert_eq!(early.hears(&bytes, "it is me"), Standing::Active);
    let before = bob.active();
    thief.opens(&mut bob, at(0));
    let bytes = thief.writes("it is me");
    assert_eq!(bob.reads(&bytes).unwrap_err(), SessionError::Undecryptable);
    assert_eq!(bob.active(), before);
}

#[test]
fn a_handshake_that_was_held_back_displaces_no_later_one() {
    let [mut alice, mut bob] = acquainted();
    alice.opens(&mut bob, at(1));
    let held_back = alice.writes("first");
    alice.opens(&mut bob, at(2));
    let second = alice.writes("second");
    assert_eq!(bob.hears(&second, "second"), Standing::Active);
    let active = bob.active();
    assert_eq!(bob.hears(&held_back, "first"), Standing::Inactive);
    assert_eq!(bob.active(), active);
    exchange(&mut alice, &mut bob);
}

#[test]
fn a_handshake_that_was_held_back_is_not_sent_in_after_a_loss_either() {
    let [mut alice, mut bob] = acquainted();
    alice.opens(&mut bob, at(1));
    let held_back = alice.writes("first");
    alice.opens(&mut bob, at(2));
    let second = alice.writes("second");
    assert_eq!(bob.hears(&second, "second"), Standing::Active);
    bob.loses_sessions();
    assert_eq!(bob.hears(&held_back, "first"), Standing::Inactive);
    assert!(bob.sessions.active().is_none());
    bob.opens(&mut alice, at(0));
    exchange(&mut bob, &mut alice);
}

#[test]
fn sessions_that_only_receive_are_few_and_end_after_thirty_days() {
    let [mut alice, mut bob] = acquainted();
    let late = bob.writes("late");
    for day in 1..=2 {
        alice.opens(&mut bob, at(day));
    }
    let mut at_the_limit = End {
        sessions: alice.sessions.clone(),
        beside: alice.beside.clone(),
        ..End::new(1)
    };
    assert_eq!(at_the_limit.hears(&late, "late"), Standing::Inactive);
    let mut expired = alice.sessions.clone();
    assert!(!expired.forget_expired(at(30)));
    assert!(expired.forget_expired(at(31)));
    assert!(expired.decrypt(&late, at(31)).is_err());
    alice.opens(&mut bob, at(3));
    assert!(alice.sessions.decrypt(&late, at(0)).is_err());
}

#[test]
fn a_clock_that_was_wrong_keeps_no_session_that_only_receives_for_ever() {
    let [mut alice, mut bob] = acquainted();
    let late = bob.writes("late");
    alice.opens(&mut bob, at(4_000));
    assert!(
        alice.sessions.forget_expired(at(0)),
        "changed, and to be stored"
    );
    alice.reloaded();
    assert!(!alice.sessions.forget_expired(at(29)));
    let mut in_time = alice.sessions.clone();
    assert!(in_time.decrypt(&late, at(29)).is_ok());
    assert!(alice.sessions.forget_expired(at(30)));
    assert!(alice.sessions.decrypt(&late, at(30)).is_err());
}

/// What may happen next; numbers pick among the messages, modulo their count.
#[derive(Debug, Clone, Copy)]
enum Event {
    Opens(bool),
    LosesSessions(bool),
    Writes(bool),
    Delivers(bool, usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        1 => any::<bool>().prop_map(Event::Opens),
        1 => any::<bool>().prop_map(Event::LosesSessions),
        4 => any::<bool>().prop_map(Event::Writes),
        6 => any::<(bool, usize)>().prop_map(|(to, n)| Event::Delivers(to, n)),
    ];
    proptest::collection::vec(event, 1..50)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Handshakes of either side at any time, with sessions lost, messages lost, repeated and out of
    /// order: as soon as one message of each side arrives, both send in the same session.
    #[test]
    fn any_interleaving_of_handshakes_ends_in_one_session(
        known in any::<bool>(),
        events in events(),
    ) {
        let [mut alice, mut bob] = if known { acquainted() } else { strangers() };
        alice.opens(&mut bob, at(0));
        let mut opened = [1, 0];
        let mut sent: [Vec<(Vec<u8>, String)>; 2] = Default::default();
        for (step, event) in events.into_iter().enumerate() {
            alice.reloaded();
            bob.reloaded();
            let (one, other) = match event {
                Event::Opens(true) | Event::LosesSessions(true) | Event::Writes(true)
                | Event::Delivers(true, _) => (&mut alice, &mut bob),
                _ => (&mut bob, &mut alice),
            };
            match event {
                // Identity keys alone count once only: strangers do not begin anew.
                Event::Opens(who) => {
                    let who = usize::from(!who);
                    if opened[who] < 3 && (known || opened[who] == 0) {
                        opened[who] += 1;
                        one.opens(other, at(0));
                    }
                }
                Event::LosesSessions(_) => if known {
                    one.loses_sessions();
                },
                Event::Writes(who) => if one.sessions.active().is_some() {
                    let text = format!("{step}");
                    sent[usize::from(!who)].push((one.writes(&text), text));
                },
                Event::Delivers(who, n) => {
                    let messages = &sent[usize::from(who)];
                    if let Some(n) = n.checked_rem(messages.len()) {
                        let (bytes, text) = &messages[n];
                        let before = one.kept();
                        prop_assert!(one.reads(&properties::bent(bytes, step)).is_err());
                        prop_assert_eq!(&one.kept(), &before, "by a bent one");
                        match one.reads(bytes) {
                            Ok((read, standing)) => {
                                prop_assert_eq!(&read, text);
                                // A first handshake that comes after the answer to one that crossed it
                                // cannot be told from a thief's.
                                prop_assert!(!known || standing != Standing::Pending);
                            }
                            Err(error) => prop_assert_eq!(one.kept(), before, "{}", error),
                        }
                    }
                }
            }
        }
        // Who has no session, or reads something that it cannot open, opens anew (the engine's part).
        for _ in 0..6 {
            for turn in [true, false] {
                let (one, other) = match turn {
                    true => (&mut alice, &mut bob),
                    false => (&mut bob, &mut alice),
                };
                if one.sessions.active().is_none() {
                    one.opens(other, at(0));
                }
                let bytes = one.writes("quiet now");
                if other.reads(&bytes).is_err() {
                    other.opens(one, at(0));
                }
            }
        }
        prop_assert_eq!(alice.active(), bob.active());
        exchange(&mut alice, &mut bob);
    }
}
