use super::{kdf::Key, *};
use crate::prekeys::SIGNED_PREKEY_GRACE;

#[test]
fn the_first_message_opens_a_session() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    assert!(!alices.is_answered());
    let bytes = alice.encrypt(&mut alices, "hello");
    assert!(wire::is_initial(&bytes));
    let accepted = bob.accepts(&bytes).unwrap();
    assert_eq!(accepted.message.plaintext, b"hello");
    assert_eq!(accepted.session.peer_account(), alice.local.account());
    assert_eq!(accepted.peer_devices, *alice.local.devices());
    assert_eq!(accepted.session.id(), alices.id());
    assert!(accepted.session.is_answered());
    let mut bobs = accepted.session;
    let answer = bob.encrypt(&mut bobs, "hello yourself");
    assert_eq!(reads(&mut alices, &answer), "hello yourself");
    assert!(alices.is_answered());
    assert!(!wire::is_initial(&alice.encrypt(&mut alices, "good")));
}

#[test]
fn several_first_messages_come_in_any_order() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let sent = ["one", "two", "three"].map(|text| alice.encrypt(&mut alices, text));
    let accepted = bob.accepts(&sent[1]).unwrap();
    assert_eq!(accepted.message.plaintext, b"two");
    let mut bobs = accepted.session;
    let answer = bob.encrypt(&mut bobs, "answer");
    assert_eq!(reads(&mut bobs, &sent[2]), "three");
    reads(&mut alices, &answer);
    let fourth = alice.encrypt(&mut alices, "four");
    assert_eq!(reads(&mut bobs, &fourth), "four");
    assert_eq!(reads(&mut bobs, &sent[0]), "one");
    for bytes in sent.iter().chain([&fourth]) {
        refuses(&mut bobs, bytes);
    }
}

#[test]
fn the_bytes_do_not_say_who_writes() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let bytes = alice.encrypt(&mut alices, "hello");
    let list = alice.local.signed_device_list();
    let secrets = [
        alice.local.account().as_bytes().as_slice(),
        alice.local.device().id().as_bytes(),
        &alice.local.device().agreement_key(),
        &list.signature[..32],
        bob.local.account().as_bytes(),
        bob.local.device().id().as_bytes(),
        alices.id().as_bytes(),
    ]
    .map(<[u8]>::to_vec);
    for secret in secrets {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn a_one_time_prekey_is_used_once() {
    let (alice, carol, mut bob) = (Person::new(1), Person::new(3), Person::new(2));
    let served = bob.served();
    // The relay hands the same keys to both.
    let mut alices = alice.opens_with(&bob.verify(&served), Voucher::Nothing);
    let mut carols = carol.opens_with(&bob.verify(&served), Voucher::Nothing);
    let from_alice = alice.encrypt(&mut alices, "hello");
    let from_carol = carol.encrypt(&mut carols, "hello");
    bob.accepts(&from_alice).unwrap();
    for bytes in [from_alice, from_carol] {
        assert_eq!(
            bob.accepts(&bytes).unwrap_err(),
            SessionError::UnknownPrekey
        );
    }
}

#[test]
fn without_one_time_keys_it_works_and_is_not_repeated() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut served = bob.served();
    served.one_time_prekey = None;
    served.kem_prekey = Some(bob.last_resort());
    let mut alices = alice.opens_with(&bob.verify(&served), Voucher::Nothing);
    let bytes = alice.encrypt(&mut alices, "hello");
    assert_eq!(bob.accepts(&bytes).unwrap().message.plaintext, b"hello");
    let before = serde_json::to_string(&bob.prekeys).unwrap();
    assert_eq!(
        bob.accepts(&bytes).unwrap_err(),
        SessionError::HandshakeRepeated
    );
    assert_eq!(serde_json::to_string(&bob.prekeys).unwrap(), before);
    // A new handshake with the same keys is another one.
    let mut again = alice.opens_with(&bob.verify(&served), Voucher::Nothing);
    let bytes = alice.encrypt(&mut again, "hello again");
    assert!(bob.accepts(&bytes).is_ok());
}

#[test]
fn a_late_first_message_finds_the_old_prekey_for_thirty_days() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let bytes = alice.encrypt(&mut alices, "hello");
    let grace = SIGNED_PREKEY_GRACE.as_hours() / 24;
    for (day, found) in [(7, true), (7 + grace - 1, true), (7 + grace, false)] {
        let supply = PrekeySupply {
            signed_prekey_id: 1,
            one_time: 50,
            kem_one_time: 20,
            ..PrekeySupply::default()
        };
        bob.prekeys
            .replenish(bob.local.device(), &supply, at(day), &mut rng(9));
        let accepted = accept(&bob.local, &bob.prekeys, &NOTHING, &bytes, at(0));
        assert_eq!(accepted.is_ok(), found, "day {day}");
    }
}

#[test]
fn both_need_the_same_voucher() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let invitation = InvitationSecret::from_bytes([4; 32]);
    let zeros = InvitationSecret::from_bytes([0; 32]);
    let [thread, same_bytes] = [[5; 32], [4; 32]].map(|bytes| Thread::new(Key::new(bytes)));
    let vouchers = [
        Voucher::Nothing,
        Voucher::Invitation(&invitation),
        Voucher::Invitation(&zeros),
        Voucher::Continuity(&thread),
        Voucher::Continuity(&same_bytes),
    ];
    for (i, with) in vouchers.into_iter().enumerate() {
        let served = bob.served();
        let mut alices = alice.opens_with(&bob.verify(&served), with);
        let bytes = alice.encrypt(&mut alices, "hello");
        for (j, expected) in vouchers.into_iter().enumerate() {
            let accepted = accept(&bob.local, &bob.prekeys, &[expected], &bytes, at(0));
            match accepted {
                Ok(accepted) => assert_eq!((i, accepted.session.id()), (j, alices.id())),
                Err(error) => {
                    assert_ne!(i, j);
                    assert_eq!(error, SessionError::Undecryptable);
                }
            }
        }
        let accepted = accept(&bob.local, &bob.prekeys, &vouchers, &bytes, at(0)).unwrap();
        assert_eq!(accepted.voucher, with.kind());
        assert_eq!(accepted.session.opened_at(), at(0));
        let refused = accept(&bob.local, &bob.prekeys, &[], &bytes, at(0)).unwrap_err();
        assert_eq!(refused, SessionError::Undecryptable);
    }
}

#[test]
fn a_first_message_for_somebody_else_is_refused() {
    let (alice, mut bob, carol) = (Person::new(1), Person::new(2), Person::new(3));
    let mut alices = alice.opens_towards(&mut bob);
    let bytes = alice.encrypt(&mut alices, "hello");
    let refused = accept(&carol.local, &carol.prekeys, &NOTHING, &bytes, at(0)).unwrap_err();
    assert_eq!(refused, SessionError::Undecryptable);
    // Carol's identity with Bob's prekeys: the identity is part of what is agreed.
    let refused = accept(&carol.local, &bob.prekeys, &NOTHING, &bytes, at(0)).unwrap_err();
    assert_eq!(refused, SessionError::Undecryptable);
}

#[test]
fn nobody_opens_a_session_with_the_own_device() {
    let mut alice = Person::new(1);
    let served = alice.served();
    let refused = initiate(
        &alice.local,
        &alice.verify(&served),
        Voucher::Nothing,
        at(0),
        &mut rng(5),
    );
    assert_eq!(refused.unwrap_err(), SessionError::WrongDevice);
}

#[test]
fn two_handshakes_give_two_sessions() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut first = alice.opens_towards(&mut bob);
    let mut second = alice.opens_towards(&mut bob);
    assert_ne!(first.id(), second.id());
    let bytes = alice.encrypt(&mut first, "first");
    let mut bobs = bob.accepts(&bytes).unwrap().session;
    let other = alice.encrypt(&mut second, "second");
    assert_eq!(refuses(&mut bobs, &other), SessionError::OtherHandshake);
    assert!(bob.accepts(&other).is_ok());
}

/// The X25519 one may be lacking: what is used once is the ML-KEM one then.
#[test]
fn a_one_time_ml_kem_key_alone_lets_a_handshake_in_once() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut served = bob.served();
    served.one_time_prekey = None;
    let mut alices = alice.opens_with(&bob.verify(&served), Voucher::Nothing);
    let bytes = alice.encrypt(&mut alices, "hello");
    bob.accepts(&bytes).unwrap();
    assert_eq!(
        bob.accepts(&bytes).unwrap_err(),
        SessionError::UnknownPrekey
    );
}

/// What both sides know of what the handshake went without, before it and after each message.
#[test]
fn what_a_handshake_went_without_is_known_to_both_until_the_ratchet_has_made_up_for_it() {
    let none = Shortage::default();
    for (one_time, kem) in [(false, false), (true, false), (false, true), (true, true)] {
        let (alice, mut bob) = (Person::new(1), Person::new(2));
        let mut served = bob.served();
        if one_time {
            served.one_time_prekey = None;
        }
        if kem {
            served.kem_prekey = Some(bob.last_resort());
        }
        let lacking = Shortage { one_time, kem };
        assert_eq!(bob.verify(&served).shortage(), lacking);
        let mut alices = alice.opens_with(&bob.verify(&served), Voucher::Nothing);
        assert_eq!(alices.shortage(), lacking);
        let first = alice.encrypt(&mut alices, "hello");
        let mut bobs = bob.accepts(&first).unwrap().session;
        assert_eq!(bobs.shortage(), lacking);
        let stored = serde_json::to_string(&bobs).unwrap();
        assert_eq!(stored.contains("shortage"), lacking != none);
        bobs = serde_json::from_str(&stored).unwrap();

        // The answer is X25519's round trip for Alice, her next message for Bob.
        let kem_alone = Shortage {
            one_time: false,
            kem,
        };
        let answer = bob.encrypt(&mut bobs, "hello yourself");
        reads(&mut alices, &answer);
        assert_eq!((alices.shortage(), bobs.shortage()), (kem_alone, lacking));
        let answer = alice.encrypt(&mut alices, "good");
        reads(&mut bobs, &answer);
        assert_eq!((alices.shortage(), bobs.shortage()), (kem_alone, kem_alone));
        // Bob has offered an ML-KEM key and has been answered: his next turn begins the first epoch.
        let epoch = bob.encrypt(&mut bobs, "and so on");
        assert_eq!((alices.shortage(), bobs.shortage()), (kem_alone, none));
        reads(&mut alices, &epoch);
        assert_eq!((alices.shortage(), bobs.shortage()), (none, none));
    }
}
