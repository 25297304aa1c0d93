//! A peer that has all keys of its own, signs and seals as it should, and says what the protocol does
//! not let it say.

use super::*;
use crate::{prekeys::kem::ENCAPSULATION_KEY_LEN, session::rekey::Side};

/// The session with its stored state changed, as only its own device can.
fn bent(session: &Session, bend: impl FnOnce(&mut serde_json::Value)) -> Session {
    let mut state = serde_json::to_value(session).unwrap();
    let before = state.clone();
    bend(&mut state["ratchet"]);
    assert_ne!(state, before);
    serde_json::from_value(state).unwrap()
}

/// Bob's session, so that his next message offers a key for an epoch for which that is Alice's part.
fn offering_out_of_turn(bobs: &Session) -> Session {
    bent(bobs, |ratchet| {
        ratchet["rekey"]["side"] = serde_json::to_value(Side::Initiator).unwrap();
        ratchet["rekey"]["messages"] = REKEY_AFTER_MESSAGES.into();
        // The initiator has begun one chain more: so his are counted as before.
        ratchet["steps"] = (ratchet["steps"].as_u64().unwrap() - 1).into();
    })
}

fn refuses_the_offer(alices: &mut Session, bob: &Person, mut bent: Session) {
    let bytes = bob.encrypt(&mut bent, "not mine to offer");
    assert!(bytes.len() > ENCAPSULATION_KEY_LEN);
    assert_eq!(refuses(alices, &bytes), SessionError::Undecryptable);
}

/// In a chain that begins an epoch, in the present chain, and in one that begins none.
#[test]
fn a_bad_attachment_refuses_its_message_and_changes_nothing() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let hello = alice.encrypt(&mut alices, "hello");
    let mut bobs = bob.accepts(&hello).unwrap().session;
    let offer = bob.encrypt(&mut bobs, "offer");
    reads(&mut alices, &offer);
    let answer = alice.encrypt(&mut alices, "answer");
    reads(&mut bobs, &answer);

    let begins_epoch = bob.encrypt(&mut bobs, "epoch 1");
    refuses_the_offer(&mut alices, &bob, offering_out_of_turn(&bobs));
    reads(&mut alices, &begins_epoch);
    refuses_the_offer(&mut alices, &bob, offering_out_of_turn(&bobs));
    let back = alice.encrypt(&mut alices, "back");
    reads(&mut bobs, &back);
    refuses_the_offer(&mut alices, &bob, offering_out_of_turn(&bobs));
    let next = bob.encrypt(&mut bobs, "next");
    assert_eq!(reads(&mut alices, &next), "next");
}

#[test]
fn a_next_chain_of_an_epoch_that_nobody_agreed_on_is_refused() {
    let (alice, alices, _, mut bobs) = talking();
    for epoch in [0, 2, 7, u32::MAX] {
        let mut bent = bent(&alices, |ratchet| ratchet["rekey"]["epoch"] = epoch.into());
        let bytes = alice.encrypt(&mut bent, "of another epoch");
        assert_eq!(refuses(&mut bobs, &bytes), SessionError::Undecryptable);
    }
    let bytes = alice.encrypt(&mut alices.clone(), "of this one");
    assert_eq!(reads(&mut bobs, &bytes), "of this one");
}

#[test]
fn a_chain_before_that_is_said_to_be_shorter_than_what_came_of_it_is_refused() {
    let (alice, mut alices, bob, mut bobs) = talking();
    for _ in 0..3 {
        let bytes = alice.encrypt(&mut alices, "text");
        reads(&mut bobs, &bytes);
    }
    let answer = bob.encrypt(&mut bobs, "answer");
    reads(&mut alices, &answer);
    let said = |length: u32| {
        let mut bent = bent(&alices, |ratchet| {
            let before = &mut ratchet["turn"]["Due"]["previous_length"];
            assert_eq!(before.as_u64(), Some(3));
            *before = length.into();
        });
        alice.encrypt(&mut bent, "next")
    };
    for length in [0, 2] {
        assert_eq!(
            refuses(&mut bobs, &said(length)),
            SessionError::Undecryptable
        );
    }
    // One that is longer is as if a message was lost.
    assert_eq!(reads(&mut bobs, &said(4)), "next");
}
