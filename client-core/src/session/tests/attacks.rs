use super::*;

#[test]
fn every_flipped_bit_of_a_message_is_refused() {
    let (alice, mut alices, _, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    let before = stored(&bobs);
    for bit in 0..bytes.len() * 8 {
        let mut bent = bytes.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(bobs.decrypt(&bent, at(0)).is_err(), "bit {bit}");
    }
    assert_eq!(stored(&bobs), before);
    assert_eq!(reads(&mut bobs, &bytes), "hello");
}

#[test]
fn every_flipped_bit_of_a_first_message_is_refused() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let bytes = alice.encrypt(&mut alices, "hello");
    let mut bobs = accept(&bob.local, &bob.prekeys, &NOTHING, &bytes, at(0))
        .unwrap()
        .session;
    let before = stored(&bobs);
    for bit in 0..bytes.len() * 8 {
        let mut bent = bytes.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(bobs.decrypt(&bent, at(0)).is_err(), "bit {bit}");
        // Every bit of the framing; of the long ciphertexts one in each byte.
        if bit / 8 < 62 || bit % 8 == 0 {
            assert!(
                accept(&bob.local, &bob.prekeys, &NOTHING, &bent, at(0)).is_err(),
                "bit {bit}"
            );
        }
    }
    assert_eq!(stored(&bobs), before);
    assert!(accept(&bob.local, &bob.prekeys, &NOTHING, &bytes, at(0)).is_ok());
}

#[test]
fn cut_and_lengthened_messages_are_refused() {
    let (alice, mut alices, _, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    for length in 0..bytes.len() {
        refuses(&mut bobs, &bytes[..length]);
    }
    for more in [1, 16, 256] {
        let mut longer = bytes.clone();
        longer.resize(bytes.len() + more, 0);
        refuses(&mut bobs, &longer);
    }
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let first = alice.encrypt(&mut alice.opens_towards(&mut bob), "hello");
    for length in (0..first.len()).step_by(7) {
        assert!(accept(&bob.local, &bob.prekeys, &NOTHING, &first[..length], at(0)).is_err());
    }
}

#[test]
fn a_replayed_message_is_refused() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    reads(&mut bobs, &bytes);
    assert_eq!(refuses(&mut bobs, &bytes), SessionError::AlreadyReceived);
    let answer = bob.encrypt(&mut bobs, "answer");
    reads(&mut alices, &answer);
    let next = alice.encrypt(&mut alices, "next");
    reads(&mut bobs, &next);
    // The chain is gone altogether.
    assert_eq!(refuses(&mut bobs, &bytes), SessionError::Undecryptable);
}

#[test]
fn a_reflected_message_is_refused() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    assert_eq!(refuses(&mut alices, &bytes), SessionError::Undecryptable);
    let bytes = bob.encrypt(&mut bobs, "hello");
    assert_eq!(refuses(&mut bobs, &bytes), SessionError::Undecryptable);
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let first = alice.encrypt(&mut alices, "hello");
    assert_eq!(refuses(&mut alices, &first), SessionError::OtherHandshake);
    assert!(accept(&alice.local, &alice.prekeys, &NOTHING, &first, at(0)).is_err());
}

#[test]
fn a_message_of_another_session_is_refused() {
    let (_, _, _, mut bobs) = talking();
    let (carol, mut dave) = (Person::new(3), Person::new(4));
    let mut carols = carol.opens_towards(&mut dave);
    let mut daves = dave
        .accepts(&carol.encrypt(&mut carols, "hello"))
        .unwrap()
        .session;
    let bytes = dave.encrypt(&mut daves, "hello");
    assert_eq!(refuses(&mut bobs, &bytes), SessionError::Undecryptable);
}

#[test]
fn a_session_loaded_with_swapped_or_other_parties_reads_nothing() {
    let (alice, mut alices, bob, bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    let json = stored(&bobs);
    let other = Person::new(3);
    let pairs = [
        (
            alice.local.account().to_string(),
            other.local.account().to_string(),
        ),
        (
            bob.local.account().to_string(),
            other.local.account().to_string(),
        ),
        (
            alice.local.device().id().to_string(),
            other.local.device().id().to_string(),
        ),
        (
            bob.local.device().id().to_string(),
            other.local.device().id().to_string(),
        ),
        ("\"local\"".to_owned(), "\"peer_\"".to_owned()),
    ];
    for (from, to) in pairs {
        let mut bent = json.replace(&from, &to);
        assert_ne!(bent, json);
        if to == "\"peer_\"" {
            bent = bent
                .replace("\"peer\":{", "\"local\":{")
                .replace("\"peer_\"", "\"peer\"");
        }
        let mut bent: Session = serde_json::from_str(&bent).unwrap();
        assert_eq!(refuses(&mut bent, &bytes), SessionError::Undecryptable);
    }
}

#[test]
fn other_versions_are_refused_by_name() {
    let (alice, mut alices, _, mut bobs) = talking();
    let mut bytes = alice.encrypt(&mut alices, "hello");
    for found in [0, 1, 3, 255] {
        bytes[0] = found;
        let expected = 2;
        assert_eq!(
            refuses(&mut bobs, &bytes),
            SessionError::UnsupportedVersion { expected, found }
        );
    }
}

#[test]
fn a_first_message_is_not_taken_without_its_handshake() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let sent = ["one", "two"].map(|text| alice.encrypt(&mut alices, text));
    let mut bobs = bob.accepts(&sent[0]).unwrap().session;
    let stripped = [&[2, 2], &sent[1][1152 + 528..]].concat();
    assert!(wire::peek(&stripped).is_ok());
    assert_eq!(refuses(&mut bobs, &stripped), SessionError::Undecryptable);
    assert_eq!(reads(&mut bobs, &sent[1]), "two");
}

#[test]
fn a_low_order_ephemeral_key_is_refused() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut bytes = alice.encrypt(&mut alice.opens_towards(&mut bob), "hello");
    for point in crate::identity::agreement::tests::LOW_ORDER {
        let point = data_encoding::HEXLOWER.decode(point.as_bytes()).unwrap();
        bytes[6..38].copy_from_slice(&point);
        let refused = accept(&bob.local, &bob.prekeys, &NOTHING, &bytes, at(0)).unwrap_err();
        assert_eq!(refused, SessionError::Malformed);
    }
}

#[test]
fn another_device_cannot_sign_for_the_session() {
    let (_, mut alices, bob, _) = talking();
    let before = stored(&alices);
    let refused = alices.encrypt(bob.local.device(), b"hello", at(0), &mut rng(1));
    assert_eq!(refused.unwrap_err(), SessionError::WrongDevice);
    assert_eq!(stored(&alices), before);
}

/// A device that was restored to an older state comes to the same message key again; the header's
/// random nonce keeps the cipher's key and nonce apart.
#[test]
fn a_rolled_back_sender_uses_no_key_stream_twice() {
    let (alice, mut alices, _, _) = talking();
    let mut restored: Session = serde_json::from_str(&stored(&alices)).unwrap();
    let first = alice.encrypt(&mut alices, &"a".repeat(100));
    let second = alice.encrypt(&mut restored, &"b".repeat(100));
    let start = 86 + 69;
    let difference: Vec<_> = first[start..start + 100]
        .iter()
        .zip(&second[start..start + 100])
        .map(|(a, b)| a ^ b)
        .collect();
    assert!(difference.iter().any(|byte| *byte != b'a' ^ b'b'));
}

#[test]
fn a_thief_of_the_state_reads_neither_the_past_nor_beyond_the_next_exchange() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let past = alice.encrypt(&mut alices, "past");
    reads(&mut bobs, &past);
    let mut thief = bobs.clone();
    assert_eq!(refuses(&mut thief, &past), SessionError::AlreadyReceived);
    let present = alice.encrypt(&mut alices, "present");
    assert_eq!(reads(&mut thief, &present), "present");
    // Bob answers with a key that was not there when the state was stolen.
    let answer = bob.encrypt(&mut bobs, "answer");
    reads(&mut alices, &answer);
    let healed = alice.encrypt(&mut alices, "healed");
    assert_eq!(refuses(&mut thief, &healed), SessionError::Undecryptable);
    // Not even if the thief answers with a key of its own first.
    bob.encrypt(&mut thief, "a forged answer");
    assert_eq!(refuses(&mut thief, &healed), SessionError::Undecryptable);
    assert_eq!(reads(&mut bobs, &healed), "healed");
}
