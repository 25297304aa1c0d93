//! How two agents arrange a meeting.

use jiff::SignedDuration;
use sotto_client_core::api::{
    Answer, ApiErrorCode, Command, EventKind, Preferences, ProposalState, Query,
};
use sotto_tests::{NOW, World};

const ALICE: usize = 0;
const ROBIN: usize = 1;
const CAROL: usize = 2;

fn kinds(world: &World, person: usize) -> Vec<String> {
    let talk = world
        .history(person)
        .into_iter()
        .filter(|message| message.kind != "HANDSHAKE");
    talk.map(|message| message.kind).collect()
}

#[test]
fn half_an_hour_with_robin_next_week() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week about the garden")
        .unwrap();

    let (alice, robin) = (world.only_proposal(ALICE), world.only_proposal(ROBIN));
    assert_eq!(alice.state, ProposalState::Confirmed);
    assert_eq!(robin.state, ProposalState::Confirmed);
    assert_eq!((&alice.id, alice.slot), (&robin.id, robin.slot));
    let (mine, theirs) = (world.meetings(ALICE), world.meetings(ROBIN));
    assert_eq!(mine.len(), 1);
    assert_eq!(mine[0].uid, theirs[0].uid);
    assert_eq!(
        (mine[0].start, mine[0].end),
        (theirs[0].start, theirs[0].end)
    );
    assert_eq!(mine[0].end.as_second() - mine[0].start.as_second(), 30 * 60);
    assert_eq!(mine[0].title, theirs[0].title);
    let expected = ["QUERY", "RESPONSE", "PROPOSAL", "CONFIRMATION"];
    assert_eq!(kinds(&world, ALICE), expected);
    assert_eq!(kinds(&world, ROBIN), expected);

    for word in [
        "garden", "Garden", "QUERY", "PROPOSAL", "Robin", "Alice", "Berlin",
    ] {
        let leaked = world.relay.seen.iter().any(|frame| {
            frame
                .windows(word.len())
                .any(|window| window == word.as_bytes())
        });
        assert!(!leaked, "the relay saw “{word}”");
    }
    assert!(!world.relay.seen.is_empty());
}

#[test]
fn the_user_is_asked_before_anything_is_agreed() {
    let mut world = World::acquainted();
    world
        .schedule(ALICE, "an hour with Robin on Tuesday")
        .unwrap();
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Proposed);
    assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Approval);
    // The time is held on both sides, and not yet a meeting.
    for person in [ALICE, ROBIN] {
        let held: Vec<_> = world
            .agenda(person)
            .iter()
            .map(|event| event.kind)
            .collect();
        assert_eq!(held, [EventKind::Hold]);
    }
    let proposal = world.only_proposal(ROBIN).id;
    world.approve(ROBIN, &proposal).unwrap();
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Confirmed);
    assert_eq!(world.meetings(ALICE)[0].uid, world.meetings(ROBIN)[0].uid);
}

#[test]
fn busy_times_of_both_are_avoided() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    // Berlin is at UTC+1: working hours are 08:00 to 16:00 in UTC. Only 13:00 to 14:00 is left to both.
    world.import(ALICE, &[("20261124T080000Z", "20261124T130000Z")]);
    world.import(ROBIN, &[("20261124T140000Z", "20261124T160000Z")]);
    world
        .schedule(ALICE, "an hour with Robin on Tuesday")
        .unwrap();
    assert_eq!(
        world.meetings(ROBIN)[0].start.to_string(),
        "2026-11-24T13:00:00Z"
    );
    // Each has time left, but none in common.
    let second = world
        .schedule(ROBIN, "an hour with Alice on Tuesday")
        .unwrap();
    assert_eq!(second.state, ProposalState::Asking);
    for person in [ALICE, ROBIN] {
        let proposals = world.proposals(person);
        let rejected = proposals
            .iter()
            .find(|proposal| proposal.id == second.id)
            .unwrap();
        assert_eq!(rejected.state, ProposalState::Rejected);
        assert!(
            rejected
                .reason
                .as_ref()
                .unwrap()
                .contains("no free time in common")
        );
    }
}

#[test]
fn what_was_asked_for_is_known_to_who_asked() {
    let mut world = World::acquainted();
    let asked = |world: &mut World, text: &str| {
        let proposal = world.schedule(ALICE, text).unwrap();
        let asked = proposal.asked.unwrap();
        let hours = (asked.earliest, asked.latest);
        (asked.from.to_string(), asked.to.to_string(), hours)
    };
    let days = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let (from, to, hours) = asked(&mut world, "half an hour with Robin next week");
    assert_eq!((from, to), days("2026-11-23", "2026-11-29"));
    assert_eq!(hours, (None, None));
    let (from, to, hours) = asked(&mut world, "half an hour with Robin on Tuesday after 2pm");
    assert_eq!((from, to), days("2026-11-24", "2026-11-24"));
    assert_eq!(hours, (Some("14:00:00".parse().unwrap()), None));
    let theirs = world.proposals(ROBIN);
    assert!(theirs.iter().all(|proposal| proposal.asked.is_none()));
}

#[test]
fn the_user_may_choose_from_what_was_found() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world.prefer(ALICE, |preferences| preferences.review = true);
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let review = world.only_proposal(ALICE);
    assert_eq!(review.state, ProposalState::Review);
    assert!(review.options.len() > 1);
    let chosen = review.options[1].start;
    let foreign = Command::Approve {
        proposal: review.id.clone(),
        start: Some(chosen - SignedDuration::from_mins(1)),
    };
    assert_eq!(
        world.command(ALICE, foreign).unwrap_err().code,
        ApiErrorCode::ValueInvalid
    );
    world
        .command(
            ALICE,
            Command::Approve {
                proposal: review.id,
                start: Some(chosen),
            },
        )
        .unwrap();
    assert_eq!(world.meetings(ALICE)[0].start, chosen);
    assert_eq!(world.meetings(ROBIN)[0].start, chosen);
}

#[test]
fn a_no_with_another_time_leads_to_another_proposal() {
    let mut world = World::acquainted();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let first = world.only_proposal(ROBIN);
    world.suggest_another(ROBIN, &first.id);
    let second = world.only_proposal(ROBIN);
    assert_eq!(second.state, ProposalState::Approval);
    assert_ne!(second.slot, first.slot);
    world.approve(ROBIN, &first.id).unwrap();
    assert_eq!(world.only_proposal(ALICE).slot, second.slot);
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Confirmed);
    let expected = [
        "QUERY",
        "RESPONSE",
        "PROPOSAL",
        "REJECTION",
        "PROPOSAL",
        "CONFIRMATION",
    ];
    assert_eq!(kinds(&world, ALICE), expected);
}

#[test]
fn other_times_that_do_not_suit_lead_to_one_that_suits_both() {
    let mut world = World::acquainted();
    // Robin's best other times are on Monday to Wednesday, where Alice is busy.
    world.import(ALICE, &[("20261123T000000Z", "20261126T000000Z")]);
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    for _ in 0..2 {
        let proposal = world.only_proposal(ROBIN).id;
        world.suggest_another(ROBIN, &proposal);
        assert_eq!(world.only_proposal(ALICE).state, ProposalState::Proposed);
        assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Approval);
    }
    // Once there is nothing left, both sides know that it is over.
    let mut rounds = 0;
    while world.only_proposal(ROBIN).state == ProposalState::Approval {
        let proposal = world.only_proposal(ROBIN).id;
        world.suggest_another(ROBIN, &proposal);
        rounds += 1;
        assert!(rounds < 20, "a negotiation has an end");
    }
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Rejected);
    assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Rejected);
}

#[test]
fn a_plain_no_ends_it() {
    let mut world = World::acquainted();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let proposal = world.only_proposal(ROBIN).id;
    let long = Command::Reject {
        proposal: proposal.clone(),
        reason: Some("x".repeat(201)),
        suggest_another: false,
    };
    let refused = world.command(ROBIN, long).unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::ValueInvalid);
    assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Approval);
    let reason = Some("On\nholiday".to_owned());
    world
        .command(
            ROBIN,
            Command::Reject {
                proposal,
                reason,
                suggest_another: false,
            },
        )
        .unwrap();
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Rejected);
    assert_eq!(
        world.only_proposal(ALICE).reason.unwrap(),
        "Robin said no. “On holiday”"
    );
    assert_eq!(world.agenda(ALICE), []);
    assert_eq!(world.agenda(ROBIN), []);
}

#[test]
fn two_negotiations_at_once_never_book_one_slot() {
    let mut world = World::new(3, NOW);
    for name in ["Alice", "Robin", "Carol"] {
        world.person(name, "Europe/Berlin");
    }
    world.introduce(0, 1);
    world.introduce(0, 2);
    for person in 0..3 {
        world.auto(person);
        // One hour of the day is left.
        world.import(person, &[("20261124T090000Z", "20261124T160000Z")]);
    }
    // Both want Alice's last hour; everything is under way at the same time.
    for person in [1, 2] {
        let request = sotto_client_core::api::ScheduleRequest {
            text: Some("an hour with Alice on Tuesday".into()),
            ..Default::default()
        };
        world.send(person, Command::Schedule { request });
    }
    world.settle();
    assert_eq!(world.meetings(0).len(), 1);
    let confirmed = (1..3)
        .filter(|p| world.only_proposal(*p).state == ProposalState::Confirmed)
        .count();
    assert_eq!(confirmed, 1);
    assert_eq!(world.meetings(1).len() + world.meetings(2).len(), 1);
}

#[test]
fn what_nobody_answers_expires_on_both_sides() {
    let mut world = World::acquainted();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Approval);
    world.advance(SignedDuration::from_hours(3 * 24 + 1));
    assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Expired);
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Expired);
    assert_eq!(world.agenda(ALICE), []);
    let proposal = world.only_proposal(ROBIN).id;
    let late = world.approve(ROBIN, &proposal).unwrap_err();
    assert_eq!(late.code, ApiErrorCode::WrongState);
}

#[test]
fn a_confirmation_that_comes_too_late_is_taken_back() {
    let mut world = World::acquainted();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let proposal = world.only_proposal(ROBIN).id;
    // Robin agrees while cut off; Alice hears of it after her hold has ended.
    world.set_online(ROBIN, false);
    world.approve(ROBIN, &proposal).unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 1);
    world.advance(SignedDuration::from_hours(3 * 24 + 1));
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Expired);
    world.set_online(ROBIN, true);
    assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Cancelled);
    assert_eq!(world.meetings(ROBIN), []);
    assert_eq!(world.meetings(ALICE), []);
}

#[test]
fn a_confirmed_meeting_can_be_called_off() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let proposal = world.only_proposal(ROBIN).id;
    let reason = Some("Ill".to_owned());
    world
        .command(ROBIN, Command::Cancel { proposal, reason })
        .unwrap();
    assert_eq!(world.meetings(ALICE), []);
    assert_eq!(world.meetings(ROBIN), []);
    assert_eq!(
        world.only_proposal(ALICE).reason.unwrap(),
        "Robin called it off. “Ill”"
    );
}

#[test]
fn a_meeting_ahead_outlasts_any_number_of_ended_negotiations() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    let kept = world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap()
        .id;
    // More than are kept.
    for _ in 0..1_010 {
        let proposal = world
            .schedule(ALICE, "half an hour with Robin next week")
            .unwrap()
            .id;
        world.cancel(ALICE, &proposal).unwrap();
        // The relay takes so many posts a second.
        world.advance(SignedDuration::from_millis(100));
    }
    assert_eq!(world.proposals(ALICE).len(), 1_000);
    world.cancel(ROBIN, &kept).unwrap();
    assert_eq!(world.meetings(ALICE), []);
    assert_eq!(world.meetings(ROBIN), []);
}

#[test]
fn impossible_wishes_say_why() {
    let mut world = World::acquainted();
    for (text, code) in [
        ("half an hour with Bob next week", ApiErrorCode::NotFound),
        (
            "half an hour with Robin on 30 February",
            ApiErrorCode::DateInvalid,
        ),
        ("9 hours with Robin tomorrow", ApiErrorCode::ValueInvalid),
        (
            "half an hour with Robin yesterday",
            ApiErrorCode::WindowImpossible,
        ),
    ] {
        let error = world.schedule(ALICE, text).unwrap_err();
        assert_eq!(error.code, code, "{text}: {error}");
        assert!(!error.next_step.is_empty());
    }
    world.prefer(ALICE, |preferences| preferences.working_hours.clear());
    let never = world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap_err();
    assert_eq!(never.message, "You have no working hours on any day.");
    let usual = Preferences::new("Europe/Berlin").working_hours;
    world.prefer(ALICE, |preferences| preferences.working_hours = usual);
    world.import(ALICE, &[("20261123T000000Z", "20261128T000000Z")]);
    let full = world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap_err();
    assert_eq!(full.code, ApiErrorCode::WindowImpossible);
    assert!(full.message.contains("calendar has no free time"), "{full}");
    assert_eq!(world.proposals(ALICE), []);
    assert_eq!(kinds(&world, ROBIN), [""; 0]);
}

#[test]
fn buffers_and_working_hours_of_both_are_kept() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world.prefer(ROBIN, |preferences| {
        preferences.buffer_minutes = 30;
        preferences.working_hours.truncate(2);
    });
    // Robin works on Monday and Tuesday; Monday is full but for an hour that the buffers eat up.
    world.import(
        ROBIN,
        &[
            ("20261123T080000Z", "20261123T110000Z"),
            ("20261123T120000Z", "20261123T160000Z"),
        ],
    );
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let start = world.meetings(ROBIN)[0].start;
    assert_eq!(&start.to_string()[..10], "2026-11-24");
}

/// Alice, Robin and Carol, who know each other, each with the first hour of Tuesday and nothing else of it.
fn three_with_one_hour() -> World {
    let mut world = World::new(3, NOW);
    for (person, name) in ["Alice", "Robin", "Carol"].into_iter().enumerate() {
        world.person(name, "Europe/Berlin");
        world.import(person, &[("20261124T090000Z", "20261124T160000Z")]);
    }
    world.introduce(ALICE, ROBIN);
    world.introduce(ALICE, CAROL);
    world
}

#[test]
fn a_time_that_waits_for_my_answer_is_not_promised_to_somebody_else() {
    let mut world = three_with_one_hour();
    let wish = "an hour with Alice on Tuesday";
    world.schedule(ROBIN, wish).unwrap();
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Approval);
    world.schedule(CAROL, wish).unwrap();
    let carols = world.only_proposal(CAROL);
    assert_eq!(carols.state, ProposalState::Rejected, "{carols:?}");
    // A proposal that both made before they knew does not get it either.
    let robins = world.only_proposal(ROBIN).id;
    world.approve(ALICE, &robins).unwrap();
    assert_eq!(world.meetings(ALICE).len(), 1);
    assert_eq!(world.meetings(CAROL), []);
}

#[test]
fn two_proposals_of_one_time_never_both_wait_for_an_answer() {
    let mut world = three_with_one_hour();
    // Both find the hour free, while everything is under way at the same time.
    for person in [ROBIN, CAROL] {
        let request = sotto_client_core::api::ScheduleRequest {
            text: Some("an hour with Alice on Tuesday".into()),
            ..Default::default()
        };
        world.send(person, Command::Schedule { request });
    }
    world.settle();
    let waiting: Vec<_> = world
        .proposals(ALICE)
        .into_iter()
        .filter(|proposal| proposal.state == ProposalState::Approval)
        .collect();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    world.approve(ALICE, &waiting[0].id).unwrap();
    let booked = world.meetings(ROBIN).len() + world.meetings(CAROL).len();
    assert_eq!((world.meetings(ALICE).len(), booked), (1, 1));
}

#[test]
fn a_time_that_i_proposed_is_not_proposed_to_somebody_else() {
    let mut world = three_with_one_hour();
    world
        .schedule(ALICE, "an hour with Robin on Tuesday")
        .unwrap();
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Proposed);
    let error = world
        .schedule(ALICE, "an hour with Carol on Tuesday")
        .unwrap_err();
    assert_eq!(error.code, ApiErrorCode::WindowImpossible, "{error}");
    // Until it is free again.
    let proposal = world.only_proposal(ALICE).id;
    world.cancel(ALICE, &proposal).unwrap();
    world
        .schedule(ALICE, "an hour with Carol on Tuesday")
        .unwrap();
    assert_eq!(world.only_proposal(CAROL).state, ProposalState::Approval);
}

#[test]
fn a_meeting_in_an_hour_begins_then_whatever_the_minute() {
    // 11:10 in Berlin, on a Monday.
    let mut world = World::acquainted();
    world.now = "2026-11-23T10:10:00Z".parse().unwrap();
    world.auto(ROBIN);
    world
        .schedule(ALICE, "20 minutes with Robin in an hour")
        .unwrap();
    let meetings = [ALICE, ROBIN].map(|person| world.meetings(person)[0].start.to_string());
    assert_eq!(meetings, ["2026-11-23T11:10:00Z", "2026-11-23T11:10:00Z"]);
}

#[test]
fn what_was_said_with_one_contact_is_all_of_it_and_nothing_else() {
    let mut world = World::acquainted();
    let kim = world.person("Kim", "Europe/Berlin");
    world.introduce(ALICE, kim);
    world
        .schedule(ALICE, "half an hour with Kim next week")
        .unwrap();
    let before = world.history(ALICE).len();
    let proposal = world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap()
        .id;
    let said = |conversation: &str| {
        let conversation = Some(conversation.to_owned());
        let query = Query::History {
            conversation,
            limit: None,
        };
        match world.query(ALICE, &query) {
            Ok(Answer::History(messages)) => messages,
            other => panic!("messages, not {other:?}"),
        }
    };
    let with_robin = said("robin");
    assert!(
        with_robin
            .iter()
            .all(|message| message.contact.name == "Robin")
    );
    // The greetings, and the negotiation.
    assert_eq!(with_robin.len(), 2 + said(&proposal).len());
    assert_eq!(
        said("kim").len() + with_robin.len(),
        world.history(ALICE).len()
    );
    assert_eq!(said(&proposal).len(), world.history(ALICE).len() - before);
}

#[test]
fn a_dinner_that_the_other_sides_hours_do_not_reach_says_so() {
    let mut world = World::acquainted();
    let proposal = world
        .schedule(ALICE, "dinner with Robin on tuesday")
        .unwrap();
    assert_eq!(proposal.state, ProposalState::Asking);
    let ended = world.only_proposal(ALICE);
    assert_eq!(ended.state, ProposalState::Rejected);
    assert_eq!(
        ended.reason.unwrap(),
        "You and Robin have no free time in common then; Robin’s agent keeps to Robin’s hours."
    );
}
