//! What new sessions are opened by: how long it is worth that, to whom, and what keys alone are worth.

use super::{
    handshakes::{End, acquainted, exchange},
    *,
};

/// Somebody else who has all that the end has now, and the same prekeys as at first.
fn copy_of(end: &End, seed: u64) -> End {
    End {
        sessions: end.sessions.clone(),
        beside: end.beside.clone(),
        ..End::new(seed)
    }
}

/// Once both sides have used another session, the threads of the one before are gone.
#[test]
fn a_stolen_thread_of_the_session_before_is_worth_nothing_after_an_exchange_in_the_next() {
    let [mut alice, mut bob] = acquainted();
    let mut thief = copy_of(&alice, 1);
    thief.loses_sessions();
    alice.opens(&mut bob, at(1));
    let bytes = alice.writes("anew");
    assert_eq!(bob.hears(&bytes, "anew"), Standing::Active);
    let mut early = copy_of(&bob, 2);
    exchange(&mut alice, &mut bob);
    thief.opens(&mut early, at(2));
    let bytes = thief.writes("it is me");
    assert_eq!(early.hears(&bytes, "it is me"), Standing::Active);
    let before = bob.active();
    thief.opens(&mut bob, at(2));
    let bytes = thief.writes("it is me");
    assert_eq!(bob.reads(&bytes).unwrap_err(), SessionError::Undecryptable);
    assert_eq!(bob.active(), before);
}

/// Alice opens one session after another, and Bob hears of one of them at most.
#[test]
fn of_too_many_sessions_without_an_answer_the_second_oldest_goes_and_the_confirmed_one_stays() {
    let [mut alice, bob] = acquainted();
    let mut said = Vec::new();
    for day in 1..=7 {
        alice.opens(&mut copy_of(&bob, 2), at(day));
        said.push(alice.writes("it is me"));
    }
    assert_eq!(said.len(), MAX_FORMER_SESSIONS + 1);
    let heard = [None].into_iter().chain(said.iter().map(Some));
    let welcome = heard.map(|heard| {
        let (mut alice, mut bob) = (copy_of(&alice, 1), copy_of(&bob, 2));
        if let Some(bytes) = heard {
            bob.hears(bytes, "it is me");
        }
        bob.loses_sessions();
        bob.opens(&mut alice, at(9));
        let bytes = bob.writes("it is me as well");
        alice.reads(&bytes).is_ok()
    });
    let first_is_gone = [true, false, true, true, true, true, true, true];
    assert_eq!(welcome.collect::<Vec<_>>(), first_is_gone);
}

/// Two devices that introduce themselves at once have had no session before. Where there was one, whoever
/// asks by keys alone is not taken for a device that asks at the same time.
#[test]
fn keys_alone_displace_no_question_where_there_was_a_session_before() {
    let [mut alice, mut bob] = acquainted();
    let served = alice.person.served();
    let prekeys = alice.person.verify(&served);
    let rng = &mut bob.person.rng();
    let asked = initiate(&bob.person.local, &prekeys, Voucher::Nothing, at(1), rng);
    assert_eq!(bob.sessions.open(asked.unwrap(), at(1)), Standing::Active);
    bob.stores();
    let own = bob.active();
    let mut thief = End::new(1);
    thief.opens(&mut bob, at(2));
    let bytes = thief.writes("it is me");
    assert_eq!(bob.hears(&bytes, "it is me"), Standing::Pending);
    assert_eq!(bob.active(), own);
}
