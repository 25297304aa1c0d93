//! How two agents arrange a meeting.

use jiff::SignedDuration;
use sotto_client_core::api::{
    Answer, ApiErrorCode, Approval, Command, EventKind, EventView, ImportReport, Preferences,
    ProposalState, ProposalView, Query, Reply,
};
use sotto_tests::World;

/// A Saturday.
const NOW: &str = "2026-11-21T10:00:00Z";

const ALICE: usize = 0;
const ROBIN: usize = 1;

fn contacts() -> World {
    let mut world = World::new(2, NOW);
    world.person("Alice", "Europe/Berlin");
    world.person("Robin", "Europe/Berlin");
    world.introduce(ALICE, ROBIN);
    world
}

fn prefer(world: &mut World, person: usize, change: impl FnOnce(&mut Preferences)) {
    let Ok(Answer::Preferences(mut preferences)) = world.query(person, &Query::Preferences) else {
        panic!("preferences");
    };
    change(&mut preferences);
    world
        .command(person, Command::SetPreferences { preferences })
        .unwrap();
}

fn auto(world: &mut World, person: usize) {
    prefer(world, person, |preferences| {
        preferences.approve_meetings = Approval::Auto
    });
}

fn import(world: &mut World, person: usize, events: &[(&str, &str)]) {
    let report = import_named(world, person, "Calendar", events);
    assert_eq!(report.skipped, []);
}

fn import_named(
    world: &mut World,
    person: usize,
    name: &str,
    events: &[(&str, &str)],
) -> ImportReport {
    let mut ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n".to_owned();
    for (number, (start, end)) in events.iter().enumerate() {
        ics += &format!(
            "BEGIN:VEVENT\r\nUID:{number}@test\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDTEND:{end}\r\nSUMMARY:Busy {number}\r\nEND:VEVENT\r\n"
        );
    }
    ics += "END:VCALENDAR\r\n";
    let reply = world.command(
        person,
        Command::ImportCalendar {
            name: Some(name.to_owned()),
            file_name: None,
            ics,
        },
    );
    match reply {
        Ok(Reply::Import(report)) => report,
        other => panic!("an import, not {other:?}"),
    }
}

fn agenda(world: &World, person: usize) -> Vec<EventView> {
    let (from, to) = ("2026-11-21".parse().ok(), "2026-12-20".parse().ok());
    match world.query(person, &Query::Agenda { from, to }) {
        Ok(Answer::Agenda(events)) => events,
        other => panic!("an agenda, not {other:?}"),
    }
}

fn meetings(world: &World, person: usize) -> Vec<EventView> {
    agenda(world, person)
        .into_iter()
        .filter(|event| event.kind == EventKind::Meeting)
        .collect()
}

fn only(world: &World, person: usize) -> ProposalView {
    let proposals = world.proposals(person);
    assert_eq!(proposals.len(), 1, "{proposals:?}");
    proposals[0].clone()
}

fn kinds(world: &World, person: usize) -> Vec<String> {
    let talk = world
        .history(person)
        .into_iter()
        .filter(|message| message.kind != "HANDSHAKE");
    talk.map(|message| message.kind).collect()
}

#[test]
fn half_an_hour_with_robin_next_week() {
    let mut world = contacts();
    auto(&mut world, ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week about the garden")
        .unwrap();

    let (alice, robin) = (only(&world, ALICE), only(&world, ROBIN));
    assert_eq!(alice.state, ProposalState::Confirmed);
    assert_eq!(robin.state, ProposalState::Confirmed);
    assert_eq!((&alice.id, alice.slot), (&robin.id, robin.slot));
    let (mine, theirs) = (meetings(&world, ALICE), meetings(&world, ROBIN));
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
    let mut world = contacts();
    world
        .schedule(ALICE, "an hour with Robin on Tuesday")
        .unwrap();
    assert_eq!(only(&world, ALICE).state, ProposalState::Proposed);
    assert_eq!(only(&world, ROBIN).state, ProposalState::Approval);
    // The time is held on both sides, and not yet a meeting.
    for person in [ALICE, ROBIN] {
        let held: Vec<_> = agenda(&world, person)
            .iter()
            .map(|event| event.kind)
            .collect();
        assert_eq!(held, [EventKind::Hold]);
    }
    let proposal = only(&world, ROBIN).id;
    world
        .command(
            ROBIN,
            Command::Approve {
                proposal,
                start: None,
            },
        )
        .unwrap();
    assert_eq!(only(&world, ALICE).state, ProposalState::Confirmed);
    assert_eq!(
        meetings(&world, ALICE)[0].uid,
        meetings(&world, ROBIN)[0].uid
    );
}

#[test]
fn busy_times_of_both_are_avoided() {
    let mut world = contacts();
    auto(&mut world, ROBIN);
    // Berlin is at UTC+1: working hours are 08:00 to 16:00 in UTC. Only 13:00 to 14:00 is left to both.
    import(
        &mut world,
        ALICE,
        &[("20261124T080000Z", "20261124T130000Z")],
    );
    import(
        &mut world,
        ROBIN,
        &[("20261124T140000Z", "20261124T160000Z")],
    );
    world
        .schedule(ALICE, "an hour with Robin on Tuesday")
        .unwrap();
    assert_eq!(
        meetings(&world, ROBIN)[0].start.to_string(),
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
fn the_user_may_choose_from_what_was_found() {
    let mut world = contacts();
    auto(&mut world, ROBIN);
    prefer(&mut world, ALICE, |preferences| preferences.review = true);
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let review = only(&world, ALICE);
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
    assert_eq!(meetings(&world, ALICE)[0].start, chosen);
    assert_eq!(meetings(&world, ROBIN)[0].start, chosen);
}

#[test]
fn a_no_with_another_time_leads_to_another_proposal() {
    let mut world = contacts();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let first = only(&world, ROBIN);
    let reject = Command::Reject {
        proposal: first.id.clone(),
        reason: Some("Too early".into()),
        suggest_another: true,
    };
    world.command(ROBIN, reject).unwrap();
    let second = only(&world, ROBIN);
    assert_eq!(second.state, ProposalState::Approval);
    assert_ne!(second.slot, first.slot);
    world
        .command(
            ROBIN,
            Command::Approve {
                proposal: first.id,
                start: None,
            },
        )
        .unwrap();
    assert_eq!(only(&world, ALICE).slot, second.slot);
    assert_eq!(only(&world, ALICE).state, ProposalState::Confirmed);
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
    let mut world = contacts();
    // Robin's best other times are on Monday to Wednesday, where Alice is busy.
    import(
        &mut world,
        ALICE,
        &[("20261123T000000Z", "20261126T000000Z")],
    );
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    for _ in 0..2 {
        let proposal = only(&world, ROBIN).id;
        let reject = Command::Reject {
            proposal,
            reason: None,
            suggest_another: true,
        };
        world.command(ROBIN, reject).unwrap();
        assert_eq!(only(&world, ALICE).state, ProposalState::Proposed);
        assert_eq!(only(&world, ROBIN).state, ProposalState::Approval);
    }
    // Once there is nothing left, both sides know that it is over.
    let mut rounds = 0;
    while only(&world, ROBIN).state == ProposalState::Approval {
        let proposal = only(&world, ROBIN).id;
        let reject = Command::Reject {
            proposal,
            reason: None,
            suggest_another: true,
        };
        world.command(ROBIN, reject).unwrap();
        rounds += 1;
        assert!(rounds < 20, "a negotiation has an end");
    }
    assert_eq!(only(&world, ALICE).state, ProposalState::Rejected);
    assert_eq!(only(&world, ROBIN).state, ProposalState::Rejected);
}

#[test]
fn a_plain_no_ends_it() {
    let mut world = contacts();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let proposal = only(&world, ROBIN).id;
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
    assert_eq!(only(&world, ALICE).state, ProposalState::Rejected);
    assert_eq!(
        only(&world, ALICE).reason.unwrap(),
        "Robin said no. “On holiday”"
    );
    assert_eq!(agenda(&world, ALICE), []);
    assert_eq!(agenda(&world, ROBIN), []);
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
        auto(&mut world, person);
        // One hour of the day is left.
        import(
            &mut world,
            person,
            &[("20261124T090000Z", "20261124T160000Z")],
        );
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
    assert_eq!(meetings(&world, 0).len(), 1);
    let confirmed = (1..3)
        .filter(|p| only(&world, *p).state == ProposalState::Confirmed)
        .count();
    assert_eq!(confirmed, 1);
    assert_eq!(meetings(&world, 1).len() + meetings(&world, 2).len(), 1);
}

#[test]
fn what_nobody_answers_expires_on_both_sides() {
    let mut world = contacts();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    assert_eq!(only(&world, ROBIN).state, ProposalState::Approval);
    world.advance(SignedDuration::from_hours(3 * 24 + 1));
    assert_eq!(only(&world, ROBIN).state, ProposalState::Expired);
    assert_eq!(only(&world, ALICE).state, ProposalState::Expired);
    assert_eq!(agenda(&world, ALICE), []);
    let proposal = only(&world, ROBIN).id;
    let late = world
        .command(
            ROBIN,
            Command::Approve {
                proposal,
                start: None,
            },
        )
        .unwrap_err();
    assert_eq!(late.code, ApiErrorCode::WrongState);
}

#[test]
fn a_confirmation_that_comes_too_late_is_taken_back() {
    let mut world = contacts();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let proposal = only(&world, ROBIN).id;
    // Robin agrees while cut off; Alice hears of it after her hold has ended.
    world.set_online(ROBIN, false);
    world
        .command(
            ROBIN,
            Command::Approve {
                proposal,
                start: None,
            },
        )
        .unwrap();
    assert_eq!(meetings(&world, ROBIN).len(), 1);
    world.advance(SignedDuration::from_hours(3 * 24 + 1));
    assert_eq!(only(&world, ALICE).state, ProposalState::Expired);
    world.set_online(ROBIN, true);
    assert_eq!(only(&world, ROBIN).state, ProposalState::Cancelled);
    assert_eq!(meetings(&world, ROBIN), []);
    assert_eq!(meetings(&world, ALICE), []);
}

#[test]
fn a_confirmed_meeting_can_be_called_off() {
    let mut world = contacts();
    auto(&mut world, ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let proposal = only(&world, ROBIN).id;
    let reason = Some("Ill".to_owned());
    world
        .command(ROBIN, Command::Cancel { proposal, reason })
        .unwrap();
    assert_eq!(meetings(&world, ALICE), []);
    assert_eq!(meetings(&world, ROBIN), []);
    assert_eq!(
        only(&world, ALICE).reason.unwrap(),
        "Robin called it off. “Ill”"
    );
}

#[test]
fn a_meeting_ahead_outlasts_any_number_of_ended_negotiations() {
    let mut world = contacts();
    auto(&mut world, ROBIN);
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
        world
            .command(
                ALICE,
                Command::Cancel {
                    proposal,
                    reason: None,
                },
            )
            .unwrap();
    }
    assert_eq!(world.proposals(ALICE).len(), 1_000);
    world
        .command(
            ROBIN,
            Command::Cancel {
                proposal: kept,
                reason: None,
            },
        )
        .unwrap();
    assert_eq!(meetings(&world, ALICE), []);
    assert_eq!(meetings(&world, ROBIN), []);
}

#[test]
fn impossible_wishes_say_why() {
    let mut world = contacts();
    for (text, code) in [
        ("half an hour with Bob next week", ApiErrorCode::NotFound),
        (
            "half an hour with Robin on 30 February",
            ApiErrorCode::DateInvalid,
        ),
        (
            "half an hour with Robin tomorrow",
            ApiErrorCode::WindowImpossible,
        ),
    ] {
        let error = world.schedule(ALICE, text).unwrap_err();
        assert_eq!(error.code, code, "{text}: {error}");
        assert!(!error.next_step.is_empty());
    }
    import(
        &mut world,
        ALICE,
        &[("20261123T000000Z", "20261128T000000Z")],
    );
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
    let mut world = contacts();
    auto(&mut world, ROBIN);
    prefer(&mut world, ROBIN, |preferences| {
        preferences.buffer_minutes = 30;
        preferences.working_hours.truncate(2);
    });
    // Robin works on Monday and Tuesday; Monday is full but for an hour that the buffers eat up.
    import(
        &mut world,
        ROBIN,
        &[
            ("20261123T080000Z", "20261123T110000Z"),
            ("20261123T120000Z", "20261123T160000Z"),
        ],
    );
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let start = meetings(&world, ROBIN)[0].start;
    assert_eq!(&start.to_string()[..10], "2026-11-24");
}

#[test]
fn an_import_says_which_meetings_and_holds_it_stands_in_the_way_of() {
    let mut world = contacts();
    auto(&mut world, ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week about the garden")
        .unwrap();
    prefer(&mut world, ROBIN, |preferences| {
        preferences.approve_meetings = Approval::Ask
    });
    world
        .schedule(ALICE, "an hour with Robin next week about rakes")
        .unwrap();
    let arranged = agenda(&world, ALICE);
    let (meeting, hold) = (&arranged[0], &arranged[1]);
    assert_eq!(
        (meeting.kind, hold.kind),
        (EventKind::Meeting, EventKind::Hold)
    );

    let compact = |instant: jiff::Timestamp| instant.strftime("%Y%m%dT%H%M%SZ").to_string();
    let before = (
        compact(meeting.start - SignedDuration::from_hours(1)),
        compact(meeting.start),
    );
    let apart = import_named(&mut world, ALICE, "Apart", &[(&before.0, &before.1)]);
    assert_eq!(apart.clashes, []);
    let (start, end) = (compact(meeting.start), compact(hold.end));
    let across = import_named(&mut world, ALICE, "Across", &[(&start, &end)]);
    assert_eq!(across.clashes, arranged);
}

#[test]
fn an_import_says_that_another_calendar_has_the_same_events_and_what_blocks_whole_days() {
    let mut world = contacts();
    let events = [
        ("20261201T090000Z", "20261201T100000Z"),
        ("20261202T090000Z", "20261202T100000Z"),
        ("20261203T090000Z", "20261203T100000Z"),
    ];
    let first = import_named(&mut world, ALICE, "Work", &events);
    assert_eq!((first.also_in, first.all_day_busy), (None, 0));
    let again = import_named(&mut world, ALICE, "Work", &events);
    assert!(again.replaced && again.also_in.is_none());
    let copy = import_named(&mut world, ALICE, "work (2)", &events).also_in;
    let copy = copy.map(|also| (also.calendar, also.events));
    assert_eq!(copy, Some(("Work".to_owned(), 3)));

    let ics = "BEGIN:VCALENDAR\r\n\
        BEGIN:VEVENT\r\nUID:a\r\nDTSTART;VALUE=DATE:20261202\r\nSUMMARY:Fair\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:b\r\nDTSTART;VALUE=DATE:20261203\r\nTRANSP:TRANSPARENT\r\nSUMMARY:Birthday\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:c\r\nDTSTART;VALUE=DATE:20200103\r\nSUMMARY:Over\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";
    let command = Command::ImportCalendar {
        name: Some("Days".to_owned()),
        file_name: None,
        ics: ics.to_owned(),
    };
    let Ok(Reply::Import(days)) = world.command(ALICE, command) else {
        panic!("an import")
    };
    assert_eq!((days.all_day_busy, days.also_in), (1, None));
}
