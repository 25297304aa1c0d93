//! First messages that are said again in other keys; and what is written beside the sessions.

use super::{
    handshakes::{End, acquainted, exchange, strangers},
    *,
};

#[test]
fn what_sessions_are_opened_anew_by_is_written_only_when_it_changes() {
    let [mut alice, mut bob] = acquainted();
    let writes = |of: &End| of.beside.1;
    let bytes = alice.writes("a turn");
    bob.hears(&bytes, "a turn");
    let before = (writes(&alice), writes(&bob));
    for n in 0..3 {
        let text = format!("the same chain {n}");
        let bytes = alice.writes(&text);
        bob.hears(&bytes, &text);
    }
    assert_eq!((writes(&alice), writes(&bob)), before);
    let bytes = bob.writes("another turn");
    alice.hears(&bytes, "another turn");
    assert_eq!((writes(&alice), writes(&bob)), (before.0 + 1, before.1 + 1));

    // A record that was lost is written again.
    alice.sessions = DeviceSessions::load(Some(alice.sessions.sessions().clone()), None);
    alice.beside = ("null".to_owned(), 0);
    alice.writes("found missing");
    assert_eq!(writes(&alice), 1);
}

/// A session that says the same as the first one, by keys that are still there.
fn says_again(one: &mut End, other: &mut End, text: &str) -> Vec<u8> {
    let served = other.person.served();
    let prekeys = other.person.verify(&served);
    let rng = &mut one.person.rng();
    let (voucher, at_first) = one.sessions.first_again().expect("it was not answered");
    let session = initiate(&one.person.local, &prekeys, voucher, at_first, rng);
    let mut session = session.unwrap();
    let device = one.person.local.device();
    let said = session.encrypt(device, text.as_bytes(), at(0), rng);
    one.sessions.keep_instead(session, at(0));
    one.stores();
    said.unwrap().bytes
}

#[test]
fn of_sessions_that_say_the_same_the_one_that_is_answered_becomes_the_active_one() {
    for opened in 0..3 {
        let [mut alice, mut bob] = strangers();
        alice.opens(&mut bob, at(0));
        let first = alice.active();
        let mut said = vec![alice.writes("it is me")];
        for _ in 0..2 {
            said.push(says_again(&mut alice, &mut bob, "it is me"));
            alice.reloaded();
        }
        assert!(alice.sessions.first_again().is_none(), "often enough");
        assert_eq!(alice.active(), first, "none is answered");
        assert_eq!(bob.hears(&said[opened], "it is me"), Standing::Active);
        // Nothing that Bob had not opened it by is left to open another one by.
        let answer = bob.writes("welcome");
        alice.hears(&answer, "welcome");
        assert_eq!(alice.active() == first, opened == 0);
        assert!(alice.sessions.first_again().is_none(), "it is answered");
        exchange(&mut alice, &mut bob);
        alice.loses_sessions();
        alice.opens(&mut bob, at(9));
        exchange(&mut alice, &mut bob);
    }
}
