use jiff::{Timestamp, tz::TimeZone};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::{
    agenda::Agenda,
    api::Preferences,
    command::TimeOfDay,
    message::{Confirmation, MessageDigest, Proposal, Query, Response},
};

/// A Saturday.
const NOW: &str = "2026-11-21T10:00:00Z";
/// The following Tuesday, within the working hours of UTC.
const TUESDAY: &str = "2026-11-24T09:00:00Z";

/// What stands for a proposal's bytes.
const PROPOSED: &[u8] = b"a proposal";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn slot(start: &str, minutes: i64) -> Span {
    let start = at(start);
    Span::new(start, later(start, SignedDuration::from_mins(minutes))).unwrap()
}

fn week() -> Span {
    Span::new(at("2026-11-23T00:00:00Z"), at("2026-11-28T00:00:00Z")).unwrap()
}

/// Somebody with an empty calendar and the usual working hours, in UTC.
struct Somebody {
    agenda: Agenda,
    preferences: Preferences,
    holds: Vec<Hold>,
    now: Timestamp,
}

impl Somebody {
    fn new() -> Self {
        Self {
            agenda: Agenda::default(),
            preferences: Preferences::new("UTC"),
            holds: Vec::new(),
            now: at(NOW),
        }
    }

    fn diary(&self) -> Diary<'_> {
        let (agenda, preferences) = (&self.agenda, &self.preferences);
        Diary::new(
            self.now,
            TimeZone::UTC,
            agenda,
            preferences,
            &self.holds,
            None,
        )
    }
}

fn ids() -> (ConversationId, ContactId) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    (
        ConversationId::random(&mut rng),
        ContactId::random(&mut rng),
    )
}

fn asking(me: &Somebody, review: bool) -> Negotiation {
    let (id, contact) = ids();
    let asked = Asked {
        windows: vec![week()],
        duration_minutes: 30,
        days_named: false,
        time_of_day: TimeOfDay::Unsaid,
    };
    let wish = Wish {
        contact,
        title: "Garden".into(),
        search: asked.search(&me.diary()).unwrap(),
        review,
    };
    let (negotiation, acts) = Negotiation::begin(id, wish, &me.diary());
    assert!(matches!(acts.as_slice(), [Act::Send(Body::Query(_))]));
    negotiation
}

fn response(free: &[Span]) -> Body {
    Body::Response(Response {
        free: free.to_vec(),
        time_zone: "UTC".into(),
    })
}

/// One that has proposed a time, and the time.
fn proposed(me: &Somebody) -> (Negotiation, Span) {
    let mut negotiation = asking(me, false);
    let acts = negotiation.receive(response(&[week()]), &me.diary(), false);
    assert!(matches!(acts.as_slice(), [Act::Send(Body::Proposal(_))]));
    let slot = negotiation.slot.unwrap();
    negotiation.proposed_as(MessageDigest::of(PROPOSED));
    (negotiation, slot)
}

fn rejection(reason: Reason, counter: &[Span]) -> Body {
    Body::Rejection(Rejection {
        reason,
        note: None,
        counter: counter.to_vec(),
    })
}

fn proposal(id: &ConversationId, slot: Span) -> Body {
    Body::Proposal(Proposal {
        uid: event_uid(id),
        title: "Garden".into(),
        slot,
        round: 1,
        expires_at: slot.start(),
    })
}

/// One of the other side's, that was asked and has answered.
fn answered(me: &Somebody) -> Negotiation {
    let (id, contact) = ids();
    let query = Body::Query(Query {
        title: "Garden".into(),
        duration_minutes: 30,
        windows: vec![week()],
        time_zone: "UTC".into(),
        expires_at: at(TUESDAY),
    });
    let mut negotiation = Negotiation::incoming(id, contact, &query, me.now).unwrap();
    let acts = negotiation.receive(query, &me.diary(), false);
    assert!(matches!(acts.as_slice(), [Act::Send(Body::Response(_))]));
    negotiation.heard(MessageId::from_bytes([7; 16]), MessageDigest::of(PROPOSED));
    negotiation
}

#[test]
fn a_first_proposal_of_another_meeting_begins_nothing() {
    let me = Somebody::new();
    let (id, contact) = ids();
    let begins = |proposal: &Body| {
        Negotiation::incoming(id.clone(), contact.clone(), proposal, me.now).is_some()
    };
    let mut proposal = proposal(&id, slot(TUESDAY, 30));
    assert!(begins(&proposal));
    if let Body::Proposal(proposal) = &mut proposal {
        proposal.uid = "standup@work.example".to_owned();
    }
    // It would wait for nothing, without an end, and take the room of one that can be agreed on.
    assert!(!begins(&proposal));
}

#[test]
fn what_is_agreed_to_is_the_proposal_that_was_seen() {
    let me = Somebody::new();
    let mut negotiation = answered(&me);
    let Body::Proposal(mut seen) = proposal(&negotiation.id, slot(TUESDAY, 30)) else {
        panic!("a proposal")
    };
    seen.title = "Weeding".into();
    negotiation.receive(Body::Proposal(seen.clone()), &me.diary(), false);
    assert_eq!(negotiation.title, "Weeding", "not what the QUERY called it");
    let acts = negotiation.agree(None, &me.diary()).unwrap();
    let confirms = |acts: &[Act]| match acts {
        [.., Act::Send(Body::Confirmation(confirmation))] => confirmation.proposal,
        other => panic!("{other:?}"),
    };
    assert_eq!(confirms(&acts), MessageDigest::of(PROPOSED));

    // The same time again, in other words: nobody has seen those.
    let words = MessageDigest::of(b"and you owe me a spade");
    negotiation.heard(MessageId::from_bytes([8; 16]), words);
    seen.title = "Weeding, and you owe me a spade".into();
    let acts = negotiation.receive(Body::Proposal(seen), &me.diary(), true);
    assert_eq!(confirms(&acts), MessageDigest::of(PROPOSED));
    assert_eq!(negotiation.title, "Weeding");
}

#[test]
fn every_message_in_every_state_is_taken_or_changes_nothing_that_was_agreed() {
    let me = Somebody::new();
    let (mine, agreed) = proposed(&me);
    let theirs = answered(&me);
    let uid = event_uid(&mine.id);
    let other = slot("2026-11-25T09:00:00Z", 30);
    let confirmation = |slot| {
        Body::Confirmation(Confirmation {
            uid: uid.clone(),
            slot,
            proposal: MessageDigest::of(PROPOSED),
        })
    };
    let mut bodies = vec![
        response(&[]),
        response(&[week()]),
        confirmation(agreed),
        confirmation(other),
        proposal(&mine.id, agreed),
        proposal(&mine.id, other),
    ];
    for reason in [
        Reason::Declined,
        Reason::Conflict,
        Reason::NoCommonTime,
        Reason::Expired,
        Reason::Cancelled,
    ] {
        bodies.push(rejection(reason, &[]));
        bodies.push(rejection(reason, &[other]));
    }
    // All pairs of messages, to both sides: whatever comes, a meeting is booked
    // only at the time that is on the table, and taken out only if it was in.
    for start in [&mine, &theirs] {
        for first in &bodies {
            for second in &bodies {
                let mut negotiation = start.clone();
                let mut booked = None;
                for body in [first, second] {
                    for act in negotiation.receive(body.clone(), &me.diary(), true) {
                        match act {
                            Act::Book => {
                                assert_eq!(booked, None);
                                booked = match body {
                                    Body::Proposal(proposal) => Some(proposal.slot),
                                    Body::Confirmation(confirmation) => Some(confirmation.slot),
                                    other => panic!("{other:?}"),
                                };
                                assert_eq!(booked, negotiation.slot);
                            }
                            Act::Unbook => assert!(booked.take().is_some()),
                            Act::Send(_) => {}
                        }
                    }
                }
                let confirmed = negotiation.state == ProposalState::Confirmed;
                assert_eq!(confirmed, booked.is_some(), "{first:?} {second:?}");
                assert_eq!(negotiation.hold().is_some(), {
                    use ProposalState::{Approval, Proposed};
                    matches!(negotiation.state, Proposed | Approval)
                });
            }
        }
    }
}

#[test]
fn a_confirmation_of_another_time_or_event_books_nothing() {
    let me = Somebody::new();
    let (negotiation, agreed) = proposed(&me);
    let uid = event_uid(&negotiation.id);
    for (uid, slot, proposal) in [
        (uid.clone(), slot("2026-11-25T09:00:00Z", 30), PROPOSED),
        ("another@sotto".to_owned(), agreed, PROPOSED),
        (uid.clone(), agreed, b"the same time by another title"),
    ] {
        let mut negotiation = negotiation.clone();
        let proposal = MessageDigest::of(proposal);
        let confirmation = Body::Confirmation(Confirmation {
            uid,
            slot,
            proposal,
        });
        let acts = negotiation.receive(confirmation, &me.diary(), false);
        assert!(matches!(acts.as_slice(), [Act::Send(Body::Rejection(_))]));
        assert_eq!(negotiation.state, ProposalState::Proposed);
    }
}

#[test]
fn a_proposal_for_another_event_is_passed_over() {
    let me = Somebody::new();
    let mut negotiation = answered(&me);
    let (mut rng, slot) = (ChaCha20Rng::seed_from_u64(2), slot(TUESDAY, 30));
    let foreign = proposal(&ConversationId::random(&mut rng), slot);
    assert_eq!(negotiation.receive(foreign, &me.diary(), true), []);
    assert_eq!(negotiation.state, ProposalState::Answered);
}

#[test]
fn a_proposal_of_another_length_or_at_a_busy_time_is_answered_by_times_that_suit() {
    let mut me = Somebody::new();
    let good = slot(TUESDAY, 30);
    let mut negotiation = answered(&me);
    let long = proposal(&negotiation.id, slot(TUESDAY, 60));
    let acts = negotiation.receive(long, &me.diary(), true);
    let [Act::Send(Body::Rejection(rejection))] = acts.as_slice() else {
        panic!("a rejection, not {acts:?}");
    };
    assert_eq!(rejection.reason, Reason::Conflict);
    assert_eq!(rejection.counter.len(), MAX_COUNTERS);
    assert!(rejection.counter.iter().all(|slot| slot.seconds() == 1_800));

    let (id, contact) = ids();
    me.holds.push(Hold {
        slot: good,
        title: "Held for somebody else".into(),
        contact,
        proposal: ConversationId::random(&mut ChaCha20Rng::seed_from_u64(9)),
    });
    let mut negotiation = answered(&me);
    let acts = negotiation.receive(proposal(&id, good), &me.diary(), true);
    assert!(matches!(acts.as_slice(), [Act::Send(Body::Rejection(_))]));
    assert_eq!(negotiation.slot, None);
}

#[test]
fn the_initiator_holds_longer_than_the_responder_may_answer() {
    let mut me = Somebody::new();
    let (mine, slot) = proposed(&me);
    let mut theirs = answered(&me);
    theirs.receive(proposal(&mine.id, slot), &me.diary(), false);
    assert_eq!(theirs.state, ProposalState::Approval);
    let last_answer = theirs.deadline().unwrap();
    assert_eq!(last_answer, mine.expires_at.unwrap());
    me.now = mine.expires_at.unwrap();
    let mut waiting = mine.clone();
    assert_eq!(waiting.tick(me.now), [], "a late answer may be on its way");
    me.now = later(me.now, GRACE);
    assert!(matches!(waiting.tick(me.now).as_slice(), [Act::Send(_)]));
    assert_eq!(waiting.state, ProposalState::Expired);
    assert_eq!(waiting.hold().map(|hold| hold.slot), None);
}

#[test]
fn times_that_were_refused_are_not_proposed_again() {
    let me = Somebody::new();
    let (mut negotiation, first) = proposed(&me);
    let mut seen = vec![first];
    loop {
        let acts = negotiation.receive(rejection(Reason::Conflict, &[first]), &me.diary(), false);
        match acts.as_slice() {
            [Act::Send(Body::Proposal(next))] => {
                assert!(!seen.contains(&next.slot), "{:?} again", next.slot);
                seen.push(next.slot);
            }
            [Act::Send(Body::Rejection(last))] => {
                assert_eq!(last.reason, Reason::NoCommonTime);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen.len(), MAX_ROUNDS as usize);
    assert_eq!(negotiation.state, ProposalState::Rejected);
}

#[test]
fn a_choice_that_is_no_longer_free_is_refused_and_the_others_stay() {
    let mut me = Somebody::new();
    let mut negotiation = asking(&me, true);
    let acts = negotiation.receive(response(&[week()]), &me.diary(), false);
    assert_eq!(acts, []);
    assert_eq!(negotiation.options.len(), MAX_OPTIONS);
    let (_, contact) = ids();
    me.holds.push(Hold {
        slot: negotiation.options[0],
        title: String::new(),
        contact,
        proposal: ConversationId::random(&mut ChaCha20Rng::seed_from_u64(9)),
    });
    let approve = |start| Decision::Approve { start };
    let taken = negotiation.decide(approve(None), &me.diary()).unwrap_err();
    assert_eq!(taken.code, ApiErrorCode::WrongState);
    assert_eq!(negotiation.state, ProposalState::Review);
    let second = negotiation.options[1].start();
    negotiation
        .decide(approve(Some(second)), &me.diary())
        .unwrap();
    assert_eq!(negotiation.slot.unwrap().start(), second);
}

#[test]
fn each_decision_fits_some_states_and_is_refused_by_name_in_the_others() {
    use ProposalState::{
        Answered, Approval, Asking, Cancelled, Confirmed, Expired, Proposed, Rejected, Review,
    };
    let me = Somebody::new();
    let all = [
        Asking, Review, Proposed, Answered, Approval, Confirmed, Rejected, Expired, Cancelled,
    ];
    let reason = None;
    let decisions: [(Decision, &[ProposalState]); 3] = [
        (Decision::Approve { start: None }, &[Review, Approval]),
        (
            Decision::Reject {
                reason: reason.clone(),
                suggest_another: false,
            },
            &[Review, Approval],
        ),
        (
            Decision::Cancel { reason },
            &[Asking, Review, Proposed, Answered, Approval, Confirmed],
        ),
    ];
    for (decision, allowed) in decisions {
        for state in all {
            let (mut negotiation, slot) = proposed(&me);
            negotiation.options = vec![slot];
            negotiation.state = state;
            let result = negotiation.decide(decision.clone(), &me.diary());
            assert_eq!(
                result.is_ok(),
                allowed.contains(&state),
                "{decision:?} {state:?}"
            );
            if let Err(error) = result {
                assert_eq!(error.code, ApiErrorCode::WrongState);
                assert_eq!(negotiation.state, state);
            }
        }
    }
}

#[test]
fn what_is_undeliverable_ends_and_takes_out_what_the_other_side_has_not_heard() {
    let me = Somebody::new();
    let why = || "no such mailbox".to_owned();
    let (mut mine, slot) = proposed(&me);
    assert_eq!(mine.undeliverable(why(), me.now), []);
    assert_eq!(
        (mine.state, mine.hold().is_none()),
        (ProposalState::Cancelled, true)
    );

    let mut theirs = answered(&me);
    let id = theirs.id.clone();
    theirs.receive(proposal(&id, slot), &me.diary(), true);
    assert_eq!(theirs.state, ProposalState::Confirmed);
    assert_eq!(theirs.undeliverable(why(), me.now), [Act::Unbook]);
    assert_eq!(theirs.state, ProposalState::Cancelled);

    // What was declined stays declined, whether or not the other side hears of it.
    let mut declined = answered(&me);
    declined.receive(proposal(&id, slot), &me.diary(), false);
    let no = Decision::Reject {
        reason: None,
        suggest_another: false,
    };
    declined.decide(no, &me.diary()).unwrap();
    assert_eq!(declined.undeliverable(why(), me.now), []);
    assert_eq!(declined.state, ProposalState::Rejected);
}

#[test]
fn a_time_that_was_not_asked_for_is_for_the_user_to_choose() {
    let me = Somebody::new();
    let (mut negotiation, _) = proposed(&me);
    let later = slot("2026-12-08T10:00:00Z", 30);
    assert!(!week().contains(&later));
    let acts = negotiation.receive(rejection(Reason::Declined, &[later]), &me.diary(), false);
    assert_eq!(acts, []);
    assert_eq!(negotiation.state, ProposalState::Review);
    assert_eq!(negotiation.options, [later]);
    // Among times that were asked for it goes on by itself, as before.
    let (mut negotiation, first) = proposed(&me);
    let asked = slot("2026-11-25T10:00:00Z", 30);
    assert!(week().contains(&asked) && asked != first);
    let offered = rejection(Reason::Declined, &[later, asked]);
    negotiation.receive(offered, &me.diary(), false);
    assert_eq!(negotiation.slot, Some(asked));
}

#[test]
fn what_another_device_agreed_stands_when_it_is_confirmed_again() {
    let me = Somebody::new();
    let (mut there, slot) = proposed(&me);
    let confirmation = |proposal| {
        Body::Confirmation(Confirmation {
            uid: event_uid(&ids().0),
            slot,
            proposal: MessageDigest::of(proposal),
        })
    };
    there.receive(confirmation(PROPOSED), &me.diary(), false);
    let account = sotto_protocol::id::AccountId::from_bytes([1; 32]);
    let told = there.agreed(account, me.now).unwrap();
    let mut here = Negotiation::agreed_elsewhere(ids().1, &told, me.now).unwrap();
    assert_eq!(here.receive(confirmation(PROPOSED), &me.diary(), false), []);
    assert_eq!(here.booked(), Some(slot));
    // Another one of the same time is none of it.
    let other = here.receive(confirmation(b"another"), &me.diary(), false);
    assert!(matches!(other.as_slice(), [Act::Send(Body::Rejection(_))]));
}
