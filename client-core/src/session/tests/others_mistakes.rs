//! Failures that other projects shipped, each as a test here. What takes a whole client to go wrong is in
//! `tests/tests/stories/others_mistakes.rs`, with the plaintext path that one frame re-opened, and in
//! `healing.rs` there; the counter of one-time keys is in `prekeys/own.rs` as well.

use std::collections::BTreeSet;

use super::{super::trace::traced, *};

/// State advanced by a message that then failed to authenticate. Here the header is genuine, so that
/// everything up to the body's tag is right.
#[test]
fn state_does_not_advance_on_what_fails_to_authenticate() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let forged_tag = |bytes: &[u8]| {
        let mut bent = bytes.to_vec();
        *bent.last_mut().unwrap() ^= 1;
        bent
    };
    let refused_then_read = |session: &mut Session, bytes: &[u8], text: &str| {
        assert_eq!(
            refuses(session, &forged_tag(bytes)),
            SessionError::Undecryptable
        );
        assert_eq!(reads(session, bytes), text);
    };

    // A handshake.
    let initial = alice.encrypt(&mut alices, "initial");
    let before = serde_json::to_string(&bob.prekeys).unwrap();
    assert!(bob.accepts(&forged_tag(&initial)).is_err());
    assert_eq!(serde_json::to_string(&bob.prekeys).unwrap(), before);
    let mut bobs = bob.accepts(&initial).unwrap().session;
    let repeated = alice.encrypt(&mut alices, "a further initial");
    refused_then_read(&mut bobs, &repeated, "a further initial");
    // The next chain, with an offer; an answer; the next chain of the next epoch.
    let offer = bob.encrypt(&mut bobs, "offer");
    refused_then_read(&mut alices, &offer, "offer");
    let answer = alice.encrypt(&mut alices, "answer");
    refused_then_read(&mut bobs, &answer, "answer");
    let epoch = bob.encrypt(&mut bobs, "a new epoch");
    refused_then_read(&mut alices, &epoch, "a new epoch");
    // The present chain, over skipped messages; a skipped one; one of an older chain.
    let [skipped, older, present] =
        ["skipped", "older", "present"].map(|text| bob.encrypt(&mut bobs, text));
    refused_then_read(&mut alices, &present, "present");
    refused_then_read(&mut alices, &skipped, "skipped");
    let back = alice.encrypt(&mut alices, "back");
    reads(&mut bobs, &back);
    let next = bob.encrypt(&mut bobs, "next");
    refused_then_read(&mut alices, &next, "next");
    refused_then_read(&mut alices, &older, "older");
}

/// A ratchet reset authorised by a static key alone: see `handshakes`, where what such a handshake opens
/// stays without effect. Nor does it happen through the session that is there.
#[test]
fn a_ratchet_is_not_reset_by_static_keys_alone() {
    let (alice, mut alices, mut bob, mut bobs) = talking();
    let again = alice.encrypt(&mut alice.opens_towards(&mut bob), "anew");
    assert_eq!(refuses(&mut bobs, &again), SessionError::OtherHandshake);
    let bytes = alice.encrypt(&mut alices, "as before");
    assert_eq!(reads(&mut bobs, &bytes), "as before");
}

/// A ratchet position that was not persisted, so that key and nonce repeat after a restore: whatever
/// state a device is put back to, no two messages share the header's nonce, and though the ratchet gives
/// the same message key again, the ciphers get other ones.
#[test]
fn a_ratchet_position_survives_a_restore() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let mut nonces = BTreeSet::new();
    let (mut given, mut message_keys, mut cipher_keys) = (0, BTreeSet::new(), BTreeSet::new());
    let mut older = alices.clone();
    for round in 0..12 {
        // What was stored before is sent from again, and what came after it is forgotten.
        let restored: Session = serde_json::from_str(&stored(&older)).unwrap();
        for session in [&mut alices, &mut restored.clone(), &mut restored.clone()] {
            let (bytes, trace) = traced(|| alice.encrypt(session, "text"));
            assert!(nonces.insert(bytes[2..26].to_vec()), "round {round}");
            for (name, key) in trace.steps() {
                match name.as_str() {
                    "message key" => {
                        given += 1;
                        message_keys.insert(key);
                    }
                    "cipher key" => assert!(cipher_keys.insert(key), "round {round}"),
                    _ => {}
                }
            }
        }
        older = alices.clone();
        let bytes = bob.encrypt(&mut bobs, "text");
        let _ = alices.decrypt(&bytes, at(0));
    }
    assert_eq!(cipher_keys.len(), given);
    assert!(message_keys.len() < given, "nothing was put back");
}
