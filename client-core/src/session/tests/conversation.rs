use super::*;

#[test]
fn both_talk_in_turn() {
    let (alice, mut alices, bob, mut bobs) = talking();
    for round in 0..5 {
        let text = format!("from Alice, {round}");
        let bytes = alice.encrypt(&mut alices, &text);
        assert_eq!(wire::peek(&bytes), Ok(wire::Kind::Ratchet));
        assert_eq!(reads(&mut bobs, &bytes), text);
        let text = format!("from Bob, {round}");
        let bytes = bob.encrypt(&mut bobs, &text);
        assert_eq!(reads(&mut alices, &bytes), text);
    }
    assert_eq!(alices.id(), bobs.id());
    assert_eq!(alices.peer_account(), bob.local.account());
    assert_eq!(bobs.peer_device(), alice.local.device().id());
}

#[test]
fn late_messages_are_read_across_turns() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let late: Vec<_> = (0..3)
        .map(|n| alice.encrypt(&mut alices, &format!("late {n}")))
        .collect();
    let prompt = alice.encrypt(&mut alices, "prompt");
    assert_eq!(reads(&mut bobs, &prompt), "prompt");
    for _ in 0..3 {
        let bytes = bob.encrypt(&mut bobs, "go on");
        reads(&mut alices, &bytes);
        let bytes = alice.encrypt(&mut alices, "and on");
        reads(&mut bobs, &bytes);
    }
    for n in [1, 0, 2] {
        assert_eq!(reads(&mut bobs, &late[n]), format!("late {n}"));
        refuses(&mut bobs, &late[n]);
    }
}

#[test]
fn keys_of_messages_that_never_came_are_dropped_in_the_end() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let late = alice.encrypt(&mut alices, "too late");
    let prompt = alice.encrypt(&mut alices, "prompt");
    reads(&mut bobs, &prompt);
    let with_key = stored(&bobs).len();
    for _ in 0..=MAX_SKIPPED_AGE {
        let bytes = bob.encrypt(&mut bobs, "go on");
        reads(&mut alices, &bytes);
        let bytes = alice.encrypt(&mut alices, "and on");
        reads(&mut bobs, &bytes);
    }
    assert!(stored(&bobs).len() < with_key);
    assert_eq!(refuses(&mut bobs, &late), SessionError::Undecryptable);
}

#[test]
fn a_message_after_thirty_days_finds_the_skipped_keys_gone() {
    let (alice, mut alices, _, mut bobs) = talking();
    let late = alice.encrypt(&mut alices, "late");
    let prompt = alice.encrypt(&mut alices, "prompt");
    reads(&mut bobs, &prompt);
    let mut in_time = bobs.clone();
    for (session, day) in [(&mut in_time, 29), (&mut bobs, 30)] {
        let next = alice.encrypt(&mut alices.clone(), "next");
        session.decrypt(&next, at(day)).unwrap();
    }
    assert_eq!(reads(&mut in_time, &late), "late");
    assert_eq!(refuses(&mut bobs, &late), SessionError::AlreadyReceived);
}

/// What was skipped by a clock that went ahead is kept for thirty days from the first right one on.
#[test]
fn a_clock_that_was_wrong_keeps_no_skipped_key_for_ever() {
    let (alice, mut alices, _, mut bobs) = talking();
    let late = alice.encrypt(&mut alices, "late");
    let prompt = alice.encrypt(&mut alices, "prompt");
    bobs.decrypt(&prompt, at(4_000)).unwrap();
    assert!(bobs.forget_expired(at(0)), "changed, and to be stored");
    bobs = serde_json::from_str(&stored(&bobs)).unwrap();
    assert!(!bobs.forget_expired(at(29)));
    assert_eq!(reads(&mut bobs.clone(), &late), "late");
    assert!(bobs.forget_expired(at(30)));
    assert_eq!(refuses(&mut bobs, &late), SessionError::AlreadyReceived);
}

#[test]
fn a_message_skips_a_thousand_and_no_more() {
    let (alice, mut alices, _, mut bobs) = talking();
    for _ in 0..MAX_SKIP {
        alice.encrypt(&mut alices, "lost");
    }
    let mut further = alices.clone();
    let at_the_limit = alice.encrypt(&mut alices, "at the limit");
    alice.encrypt(&mut further, "lost");
    let beyond = alice.encrypt(&mut further, "beyond");
    let (limit, found) = (MAX_SKIP, u64::from(MAX_SKIP) + 1);
    assert_eq!(
        refuses(&mut bobs, &beyond),
        SessionError::TooFarAhead { limit, found }
    );
    assert_eq!(reads(&mut bobs, &at_the_limit), "at the limit");
    let kept = serde_json::to_value(&bobs).unwrap();
    let kept = kept["skipped"]
        .as_object()
        .unwrap()
        .values()
        .next_back()
        .unwrap()["keys"]
        .clone();
    assert_eq!(kept.as_object().unwrap().len(), MAX_SKIPPED_KEYS);
}

/// The limit is for what is missing of the chain before and of the own one together.
#[test]
fn both_chains_together_skip_a_thousand_and_no_more() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let first = alice.encrypt(&mut alices, "first");
    reads(&mut bobs, &first);
    for _ in 0..MAX_SKIP - 300 {
        alice.encrypt(&mut alices, "lost");
    }
    let answer = bob.encrypt(&mut bobs, "answer");
    reads(&mut alices, &answer);
    for _ in 0..300 {
        alice.encrypt(&mut alices, "lost too");
    }
    let at_the_limit = alice.encrypt(&mut alices, "at the limit");
    let beyond = alice.encrypt(&mut alices, "beyond");
    let (limit, found) = (MAX_SKIP, u64::from(MAX_SKIP) + 1);
    assert_eq!(
        refuses(&mut bobs, &beyond),
        SessionError::TooFarAhead { limit, found }
    );
    assert_eq!(reads(&mut bobs, &at_the_limit), "at the limit");
}

#[test]
fn lengths_are_padded() {
    let (alice, mut alices, _, mut bobs) = talking();
    let mut length_of = |text: usize| {
        let bytes = alice.encrypt(&mut alices, &"x".repeat(text));
        assert_eq!(reads(&mut bobs, &bytes).len(), text);
        bytes.len()
    };
    assert_eq!(length_of(0), 86 + 256 + 16);
    assert_eq!(length_of(187), 86 + 256 + 16);
    assert_eq!(length_of(188), 86 + 272 + 16);
    assert_eq!(length_of(65_000), 86 + 65_536 + 16);
    assert_eq!(length_of(MAX_PLAINTEXT_BYTES), 86 + 249_856 + 16);
}

#[test]
fn the_longest_first_message_fits_into_a_payload() {
    let longest = 1152 + wire::MAX_IDENTITY_LEN + 16 + 84 + 249_856 + 16;
    assert!(longest <= sotto_protocol::limits::MAX_PAYLOAD_BYTES);
    let (largest, mut bob) = (Person::with_most_devices(1), Person::new(2));
    let mut opened = largest.opens_towards(&mut bob);
    let first = largest.encrypt(&mut opened, "");
    assert_eq!(
        first.len(),
        1152 + wire::MAX_IDENTITY_LEN + 16 + 84 + 256 + 16
    );
    assert!(bob.accepts(&first).is_ok());
    let (alice, mut alices, _, _) = talking();
    let (limit, found) = (MAX_PLAINTEXT_BYTES, MAX_PLAINTEXT_BYTES + 1);
    let before = stored(&alices);
    let error = alices.encrypt(alice.local.device(), &vec![0; found], at(0), &mut rng(1));
    assert_eq!(error.unwrap_err(), SessionError::TooLarge { limit, found });
    assert_eq!(stored(&alices), before);
}

#[test]
fn a_receipt_stands_on_its_own() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "Tuesday at ten");
    let receipt = bobs.decrypt(&bytes, at(0)).unwrap().signed;
    let json = serde_json::to_string(&receipt).unwrap();
    let mut receipt: SignedContent = serde_json::from_str(&json).unwrap();
    let statement = receipt.verify(b"Tuesday at ten").unwrap();
    assert_eq!(statement.sender_account, alice.local.account());
    assert_eq!(statement.sender_device, alice.local.device().id());
    assert_eq!(statement.recipient_account, bob.local.account());
    assert_eq!(statement.recipient_device, bob.local.device().id());
    assert_eq!((statement.session, statement.number), (bobs.id(), 0));
    for at in 0..receipt.content.len() {
        receipt.content[at] ^= 1;
        assert!(receipt.verify(b"Tuesday at ten").is_err(), "byte {at}");
        receipt.content[at] ^= 1;
    }
    assert!(receipt.verify(b"Tuesday at two").is_err());
}

/// A moment that is no whole second.
fn odd() -> Timestamp {
    at(0) + jiff::SignedDuration::from_millis(123)
}

/// The stored length, were every number in it, times aside, as great as it may become.
fn stored_at_most(session: &Session) -> usize {
    fn grow(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(parts) => parts.values_mut().for_each(grow),
            serde_json::Value::Array(parts) => parts.iter_mut().for_each(grow),
            serde_json::Value::Number(number) if number.as_u64() < Some(u32::MAX.into()) => {
                *number = u32::MAX.into();
            }
            _ => {}
        }
    }
    let mut state = serde_json::to_value(session).unwrap();
    grow(&mut state);
    let grown: Session = serde_json::from_value(state).unwrap();
    assert!(stored(&grown).len() >= stored(session).len());
    stored(&grown).len()
}

/// Opened and taken up with the longest lists, without one-time keys, at an odd millisecond.
fn largest() -> (Person, Session, Person, Session) {
    let [alice, mut bob] = [1, 2].map(Person::with_most_devices);
    bob.published.one_time_prekeys.clear();
    bob.published.kem_prekeys.retain(|key| key.last_resort);
    let served = bob.served();
    let prekeys = bob.verify(&served);
    let opened = initiate(&alice.local, &prekeys, NOTHING[0], odd(), &mut rng(3));
    let mut alices = opened.unwrap();
    let hello = alice.encrypt(&mut alices, "hello");
    let bobs = accept(&bob.local, &bob.prekeys, &NOTHING, &hello, odd()).unwrap();
    assert!(alices.shortage().one_time && bobs.session.shortage().kem);
    (alice, alices, bob, bobs.session)
}

#[test]
fn an_unanswered_session_is_small_whatever_it_was_opened_with_and_however_long_it_waits() {
    let (alice, mut alices, _, _) = largest();
    for _ in 0..1_000 {
        alice.encrypt(&mut alices, "are you there?");
    }
    assert_eq!(alices.opened_at(), odd());
    let (now, most) = (stored(&alices).len(), stored_at_most(&alices));
    println!("{now} bytes, {most} at most");
    assert!(now < 4_000 && most < 4_096, "{now}, {most}");
}

#[test]
fn an_answered_session_is_small_at_each_moment() {
    let (alice, alices, bob, bobs) = largest();
    let (people, mut sessions) = ([alice, bob], [alices, bobs]);
    let mut most = [0; 2];
    // In turn, then in runs, in which what an epoch begins with waits for its answer.
    let by = (0..600_usize).map(|said| match said {
        0..200 => said + 1,
        _ => said / 40 + 1,
    });
    for by in by.map(|by| by % 2) {
        let bytes = people[by].encrypt(&mut sessions[by], "text");
        reads(&mut sessions[1 - by], &bytes);
        for session in sessions.iter().filter(|session| session.is_answered()) {
            most[0] = most[0].max(stored(session).len());
            most[1] = most[1].max(stored_at_most(session));
        }
    }
    assert!(sessions.iter().all(Session::is_confirmed));
    let [now, most] = most;
    println!("{now} bytes, {most} at most");
    assert!(most < 3_200, "{most}");
}

#[test]
fn it_shows_no_secret() {
    let (_, alices, _, bobs) = talking();
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let unanswered = alice.opens_towards(&mut bob);
    insta::assert_snapshot!(format!("{alices:?}"), @"Session { id: SessionId(d733dc1f…), local: Party { account: AccountId(478b8e50…), device: DeviceId(894fae3e…) }, peer: Party { account: AccountId(5925ba86…), device: DeviceId(df7d1b65…) }, opening: Answered, ratchet: Ratchet { turn: Due(after 1), receiving: Some(ChainKey(#1, …)), steps: 2, rekey: Rekey(epoch 1 + 1, Idle), .. }, skipped: SkippedKeys(0 of 0 chains), threads: Threads(1 received, 2 own) }");
    insta::assert_snapshot!(format!("{bobs:?}"), @"Session { id: SessionId(d733dc1f…), local: Party { account: AccountId(5925ba86…), device: DeviceId(df7d1b65…) }, peer: Party { account: AccountId(478b8e50…), device: DeviceId(894fae3e…) }, opening: Confirmed, ratchet: Ratchet { turn: Sending(ChainKey(#1, …) after 1), receiving: Some(ChainKey(#1, …)), steps: 2, rekey: Rekey(epoch 1 + 1, Idle), .. }, skipped: SkippedKeys(0 of 0 chains), threads: Threads(1 received, 2 own) }");
    insta::assert_snapshot!(format!("{unanswered:?}"), @"Session { id: SessionId(d733dc1f…), local: Party { account: AccountId(478b8e50…), device: DeviceId(894fae3e…) }, peer: Party { account: AccountId(5925ba86…), device: DeviceId(df7d1b65…) }, opening: Unanswered, ratchet: Ratchet { turn: Sending(ChainKey(#0, …) after 0), receiving: None, steps: 0, rekey: Rekey(epoch 0 + 0, Idle), .. }, skipped: SkippedKeys(0 of 0 chains), threads: Threads(1 received, 1 own) }");
    insta::assert_snapshot!(format!("{:?}", bob.prekeys), @"Prekeys { last_id: 72, rotations: 1, one_time: 50, kem_one_time: 20, remembered: 0, drops_one_time: false }");
    insta::assert_snapshot!(format!("{:?}", InvitationSecret::from_bytes([1; 32])), @"InvitationSecret(…)");
}

#[test]
fn the_stored_form_has_these_parts() {
    fn shape(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::Object(map) => {
                let parts: Vec<_> = map
                    .iter()
                    .map(|(name, value)| format!("{name}{}", shape(value)))
                    .collect();
                format!("{{{}}}", parts.join(" "))
            }
            serde_json::Value::Array(values) => {
                let values: Vec<_> = values.iter().map(shape).collect();
                format!("[{}]", values.join(" "))
            }
            serde_json::Value::String(text) => format!(":{}", text.len()),
            other => format!("={other}"),
        }
    }
    let (_, alices, _, bobs) = talking();
    let shapes = [alices, bobs].map(|session| shape(&serde_json::to_value(&session).unwrap()));
    insta::assert_snapshot!(shapes.join("\n"), @r#"
{id:43 local[:43 :43] opened_at=1800000000000 opening:8 peer[:43 :43] ratchet{next_receiving_header_key:43 receiving{chain{index=1 key:43} epoch=1 header_key:43 peer:43} rekey{began=1800000000 epoch=1 messages=1 side:9 state:4} root:43 steps=2 turn{Due{next_header_key:43 previous_length=1}}} threads{own[:43 :43] received:43}}
{id:43 local[:43 :43] opened_at=1800000000000 opening{Accepted{confirmed=true prologue_hash:43}} peer[:43 :43] ratchet{next_receiving_header_key:43 receiving{chain{index=1 key:43} epoch=0 header_key:43 peer:43} rekey{began=1800000000 epoch=1 messages=1 side:9 state:4} root:43 steps=2 turn{Sending{chain{index=1 key:43} header_key:43 next_header_key:43 own:43 previous_length=1}}} threads{own[:43 :43] received:43}}
"#);
}
