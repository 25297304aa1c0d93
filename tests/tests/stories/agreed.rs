//! What is agreed, every device of a person knows: whichever answers next books no time twice, and each
//! can call it off.

use jiff::SignedDuration;
use sotto_client_core::api::{ApiErrorCode, Approval, Command, ProposalState, ProposalView};
use sotto_tests::{Fault, World};

use crate::leading::{ALICE, MOMENT, ROBIN, answers, make_agent, robin_twice};

const TUESDAY: &str = "half an hour with Robin on Tuesday at 10:00";
const WEDNESDAY: &str = "half an hour with Robin on Wednesday at 10:00";

/// Alice asks, and Robin's agent agrees.
fn agree(world: &mut World, wish: &str) -> ProposalView {
    world.schedule(ALICE, wish).unwrap();
    world.advance(MOMENT);
    newest(world, ALICE)
}

fn newest(world: &World, person: usize) -> ProposalView {
    world.proposals(person).remove(0)
}

/// The state of a meeting at each of these, and whether each has it in its calendar.
fn states(world: &World, id: &str, at: &[usize]) -> Vec<(ProposalState, bool)> {
    let state = |person: &usize| {
        let mut proposals = world.proposals(*person).into_iter();
        let known = proposals.find(|proposal| proposal.id == id);
        let meetings = world.meetings(*person).into_iter();
        let booked = meetings.filter(|event| event.proposal.as_deref() == Some(id));
        (known.expect("the meeting").state, booked.count() == 1)
    };
    at.iter().map(state).collect()
}

const AGREED: (ProposalState, bool) = (ProposalState::Confirmed, true);
const CALLED_OFF: (ProposalState, bool) = (ProposalState::Cancelled, false);

#[test]
fn a_device_knows_what_is_agreed_whether_it_was_there_or_came_later() {
    let (mut world, phone) = robin_twice();
    let meeting = agree(&mut world, TUESDAY);
    let tablet = world.add_device(ROBIN, false, "Tablet");
    assert_eq!(
        states(&world, &meeting.id, &[ALICE, ROBIN, phone, tablet]),
        [AGREED; 4]
    );
    let of_agent = newest(&world, ROBIN);
    for device in [phone, tablet] {
        world.restart(device);
        let known = newest(&world, device);
        assert_eq!(
            (known.title, known.direction, known.slot),
            (of_agent.title.clone(), of_agent.direction, of_agent.slot)
        );
        assert_eq!(known.duration_minutes, of_agent.duration_minutes);
        assert_eq!(known.contact.name, "Alice");
        assert_eq!(known.created_at, of_agent.created_at);
        // It stands with what was said of it.
        let said = world.history(device).into_iter();
        let of_meeting = said.filter(|m| m.conversation == meeting.id);
        assert!(device == tablet || of_meeting.count() >= 4);
    }
}

#[test]
fn whichever_device_answers_next_books_no_time_twice() {
    for removed in [false, true] {
        let (mut world, phone) = robin_twice();
        let carol = world.person("Carol", "Europe/Berlin");
        world.auto(carol);
        world.introduce(ROBIN, carol);
        world.advance(MOMENT);
        let meeting = agree(&mut world, TUESDAY);
        if removed {
            world.remove_device(phone, 0).unwrap();
        } else {
            make_agent(&mut world, ROBIN, 1).unwrap();
        }
        world.advance(MOMENT);
        assert_eq!(answers(&world, &[phone]), [true]);

        world.schedule(carol, TUESDAY).unwrap();
        world.advance(MOMENT);
        assert_eq!(newest(&world, carol).state, ProposalState::Rejected);
        assert_eq!(world.meetings(phone).len(), 1, "{removed}");
        world.schedule(carol, WEDNESDAY).unwrap();
        world.advance(MOMENT);
        assert_eq!(world.meetings(phone).len(), 2, "{removed}");

        // The one before need not be there to call it off.
        world.cancel(phone, &meeting.id).unwrap();
        world.advance(MOMENT);
        assert_eq!(
            states(&world, &meeting.id, &[ALICE, phone]),
            [CALLED_OFF; 2]
        );
        if !removed {
            assert_eq!(states(&world, &meeting.id, &[ROBIN]), [CALLED_OFF]);
        }
    }
}

#[test]
fn each_side_calls_off_on_each_device() {
    let (mut world, phone) = robin_twice();
    let tablet = world.add_device(ROBIN, false, "Tablet");
    for by in [ALICE, ROBIN, phone, tablet] {
        let meeting = agree(&mut world, TUESDAY);
        assert_eq!(
            states(&world, &meeting.id, &[ALICE, ROBIN, phone, tablet]),
            [AGREED; 4]
        );
        world.cancel(by, &meeting.id).unwrap();
        world.advance(MOMENT);
        assert_eq!(
            states(&world, &meeting.id, &[ALICE, ROBIN, phone, tablet]),
            [CALLED_OFF; 4],
            "by {by}"
        );
        for device in [ROBIN, phone, tablet] {
            let reason = newest(&world, device).reason.unwrap();
            let expected = if by == ALICE {
                "Alice called it off."
            } else {
                "You called it off."
            };
            assert_eq!(reason, expected, "by {by} at {device}");
        }
    }
}

#[test]
fn a_device_that_follows_hears_the_contact_call_off_while_the_agent_is_away() {
    let (mut world, phone) = robin_twice();
    let meeting = agree(&mut world, TUESDAY);
    world.set_online(ROBIN, false);
    world.cancel(ALICE, &meeting.id).unwrap();
    world.advance(MOMENT);
    assert_eq!(
        states(&world, &meeting.id, &[ROBIN, phone]),
        [AGREED, CALLED_OFF]
    );
    // What the agent said before does not bring it back.
    world.set_online(ROBIN, true);
    world.restart(phone);
    world.advance(SignedDuration::from_mins(2));
    assert_eq!(
        states(&world, &meeting.id, &[ROBIN, phone]),
        [CALLED_OFF; 2]
    );
}

#[test]
fn what_a_device_called_off_while_the_agent_was_away_it_hears_later() {
    for lost in [false, true] {
        let (mut world, phone) = robin_twice();
        let meeting = agree(&mut world, TUESDAY);
        world.set_online(ROBIN, false);
        world.cancel(phone, &meeting.id).unwrap();
        world.advance(MOMENT);
        assert_eq!(states(&world, &meeting.id, &[ALICE]), [CALLED_OFF]);
        if lost {
            world.lose_sessions(ROBIN, false);
        }
        world.set_online(ROBIN, true);
        world.advance(SignedDuration::from_mins(2));
        assert_eq!(
            states(&world, &meeting.id, &[ALICE, ROBIN, phone]),
            [CALLED_OFF; 3],
            "{lost}"
        );
    }
}

#[test]
fn what_the_one_before_agreed_at_the_last_moment_the_next_hears() {
    let mut world = World::acquainted();
    world.auto(ALICE);
    let phone = world.add_device(ROBIN, true, "Phone");
    world.schedule(ALICE, TUESDAY).unwrap();
    let asked = newest(&world, ROBIN).id;
    world.set_online(ROBIN, false);
    world.approve(ROBIN, &asked).unwrap();
    // Meanwhile another one is to answer.
    make_agent(&mut world, phone, 1).unwrap();
    assert_eq!(answers(&world, &[phone]), [true]);
    world.set_online(ROBIN, true);
    world.advance(SignedDuration::from_mins(2));
    assert_eq!(answers(&world, &[ROBIN, phone]), [false, true]);
    assert_eq!(states(&world, &asked, &[ALICE, ROBIN, phone]), [AGREED; 3]);
}

#[test]
fn what_is_agreed_while_nobody_answers_the_others_know() {
    for follower_hears in [true, false] {
        let mut world = World::acquainted();
        let phone = world.add_device(ROBIN, true, "Phone");
        world.schedule(ROBIN, HIS_TUESDAY).unwrap();
        world.advance(MOMENT);
        let asked = newest(&world, ALICE).id;
        let (proposed, none) = (ProposalState::Proposed, false);
        assert_eq!(
            states(&world, &asked, &[ROBIN, phone]),
            [(proposed, none); 2]
        );
        // The laptop is lost.
        world.set_online(ROBIN, false);
        world.set_online(phone, follower_hears);
        world.approve(ALICE, &asked).unwrap();
        world.advance(MOMENT);
        world.set_online(phone, true);
        world.remove_device(phone, 0).unwrap();
        world.advance(LATER);
        assert_eq!(states(&world, &asked, &[ALICE, phone]), [AGREED; 2]);
    }
}

#[test]
fn what_is_proposed_again_or_ends_the_others_know() {
    let (mut world, phone) = robin_twice();
    world.prefer(ALICE, |preferences| {
        preferences.approve_meetings = Approval::Ask
    });
    world
        .schedule(ROBIN, HIS_TUESDAY.trim_end_matches(" at 10:00"))
        .unwrap();
    world.advance(MOMENT);
    let asked = newest(&world, ALICE);
    world.suggest_another(ALICE, &asked.id);
    world.advance(MOMENT);
    let slots = [ROBIN, phone].map(|device| newest(&world, device).slot);
    assert_eq!(slots[0], slots[1]);
    assert_ne!(slots[0], asked.slot);
    world.cancel(ROBIN, &asked.id).unwrap();
    world.advance(MOMENT);
    assert_eq!(
        states(&world, &asked.id, &[ALICE, ROBIN, phone]),
        [CALLED_OFF; 3]
    );
    // What the user calls off on the phone is called off, too.
    world.schedule(ROBIN, HIS_TUESDAY).unwrap();
    world.advance(MOMENT);
    let asked = newest(&world, ALICE);
    world.cancel(phone, &asked.id).unwrap();
    world.advance(MOMENT);
    assert_eq!(
        states(&world, &asked.id, &[ALICE, ROBIN, phone]),
        [CALLED_OFF; 3]
    );
}

/// A device proposes, and is removed before the answer comes: the next one takes it.
#[test]
fn what_the_one_before_proposed_the_next_one_agrees_on() {
    let mut world = World::acquainted();
    let phone = world.add_device(ROBIN, true, "Phone");
    world
        .schedule(ROBIN, "half an hour with Alice on Tuesday at 10:00")
        .unwrap();
    world.advance(MOMENT);
    let asked = newest(&world, ALICE).id;
    assert_eq!(newest(&world, ALICE).state, ProposalState::Approval);
    world.set_online(ROBIN, false);
    world.remove_device(phone, 0).unwrap();
    world.advance(MOMENT);
    world.approve(ALICE, &asked).unwrap();
    world.advance(MOMENT);
    assert_eq!(states(&world, &asked, &[ALICE, phone]), [AGREED; 2]);
}

#[test]
fn a_device_that_knows_nobody_yet_is_not_made_the_agent() {
    let (mut refused, mut made) = (0, 0);
    // The new one is cut off at each moment of its first minute.
    for input in 1.. {
        let mut world = World::acquainted();
        let link = world.device_link(ROBIN, true);
        let phone = world.join(&link.link, "Phone").unwrap();
        world.fault_at(phone, input, Fault::CutBeforeFrame);
        world.agree(ROBIN, &link, phone).unwrap();
        if world.fault_is_ahead() {
            break;
        }
        let device = "Phone".to_owned();
        match world.command(ROBIN, Command::MakeAgent { device }) {
            Ok(_) => {
                made += 1;
                assert_eq!(world.contacts(phone).len(), 1, "{input}");
            }
            Err(error) => {
                refused += 1;
                let expected = [ApiErrorCode::WrongState, ApiErrorCode::NotFound];
                assert!(expected.contains(&error.code), "{input}: {error:?}");
            }
        }
    }
    assert!(refused > 0 && made > 0, "{refused} {made}");
}

const HIS_TUESDAY: &str = "half an hour with Alice on Tuesday at 10:00";
/// Long after a question or a proposal is over.
const DAYS: SignedDuration = SignedDuration::from_hours(4 * 24);
const LATER: SignedDuration = SignedDuration::from_mins(5);

/// What came to a device before it answered, the one before has answered.
#[test]
fn a_device_that_was_away_when_it_was_let_answer_answers_nothing_again() {
    for (mine, waits) in [(true, MOMENT), (false, MOMENT), (false, DAYS)] {
        for removed in [false, true] {
            let (mut world, phone) = robin_twice();
            let tablet = world.add_device(ROBIN, true, "Tablet");
            world.set_online(phone, false);
            let by = if mine { ROBIN } else { ALICE };
            let wish = if mine {
                "half an hour with Alice on 10 December at 10:00"
            } else {
                "half an hour with Robin on 10 December at 10:00"
            };
            world.schedule(by, wish).unwrap();
            world.advance(waits);
            let meeting = newest(&world, ALICE).id;
            if removed {
                world.remove_device(tablet, 0).unwrap();
            } else {
                make_agent(&mut world, ROBIN, 1).unwrap();
            }
            world.advance(MOMENT);
            world.set_online(phone, true);
            world.advance(LATER);
            assert_eq!(answers(&world, &[phone]), [true]);
            world.advance(DAYS);
            let case = format!("{mine} {waits} {removed}");
            let rest = if removed { tablet } else { ROBIN };
            let all = states(&world, &meeting, &[ALICE, phone, tablet, rest]);
            assert_eq!(all, [AGREED; 4], "{case}");
            assert_eq!(world.only_proposal(ALICE).id, meeting, "{case}");
        }
    }
}

#[test]
fn whoever_answers_again_after_a_while_away_calls_nothing_off() {
    let (mut world, phone) = robin_twice();
    make_agent(&mut world, ROBIN, 1).unwrap();
    world.set_online(ROBIN, false);
    world.schedule(phone, HIS_TUESDAY).unwrap();
    world.advance(MOMENT);
    let meeting = newest(&world, phone).id;
    make_agent(&mut world, phone, 1).unwrap();
    world.set_online(ROBIN, true);
    world.advance(LATER);
    assert_eq!(answers(&world, &[ROBIN, phone]), [true, false]);
    assert_eq!(
        states(&world, &meeting, &[ALICE, ROBIN, phone]),
        [AGREED; 3]
    );
    // What comes now is answered.
    let next = agree(&mut world, WEDNESDAY);
    assert_eq!(states(&world, &next.id, &[ALICE, ROBIN]), [AGREED; 2]);
}

/// A device asks its user again what the one before has agreed to, and had not sent.
#[test]
fn what_is_open_on_one_device_and_agreed_on_another_is_agreed() {
    let mut world = World::acquainted();
    let phone = world.add_device(ROBIN, true, "Phone");
    world.schedule(ALICE, TUESDAY).unwrap();
    let asked = newest(&world, ROBIN).id;
    world.set_online(ROBIN, false);
    make_agent(&mut world, phone, 1).unwrap();
    let other = "half an hour with Robin on Wednesday at 10:00";
    world.schedule(ALICE, other).unwrap();
    world.advance(MOMENT);
    assert_eq!(newest(&world, phone).state, ProposalState::Approval);
    world.approve(ROBIN, &asked).unwrap();
    world.set_online(ROBIN, true);
    world.advance(LATER);
    assert_eq!(states(&world, &asked, &[ALICE, ROBIN, phone]), [AGREED; 3]);
}

#[test]
fn nothing_is_called_off_where_the_contact_cannot_be_told_yet() {
    // The tablet has not met her.
    let (mut world, _) = robin_twice();
    let meeting = agree(&mut world, TUESDAY);
    world.set_online(ALICE, false);
    let tablet = world.add_device(ROBIN, false, "Tablet");
    assert!(world.cancel(tablet, &meeting.id).is_err());
    assert_eq!(states(&world, &meeting.id, &[ROBIN, tablet]), [AGREED; 2]);
    world.set_online(ALICE, true);
    world.advance(LATER);
    world.cancel(tablet, &meeting.id).unwrap();
    world.advance(MOMENT);
    assert_eq!(
        states(&world, &meeting.id, &[ALICE, ROBIN, tablet]),
        [CALLED_OFF; 3]
    );

    // The phone has lost its session with her.
    let (mut world, phone) = robin_twice();
    let meeting = agree(&mut world, TUESDAY);
    world.set_online(phone, false);
    world.lose_sessions(phone, false);
    let called_off = world.cancel(phone, &meeting.id).is_ok();
    world.set_online(phone, true);
    world.advance(LATER);
    let expected = if called_off { CALLED_OFF } else { AGREED };
    assert_eq!(
        states(&world, &meeting.id, &[ALICE, ROBIN, phone]),
        [expected; 3]
    );
}

#[test]
fn a_meeting_that_was_called_off_does_not_come_back() {
    let (mut world, phone) = robin_twice();
    let meeting = agree(&mut world, TUESDAY);
    world.set_online(phone, false);
    world.cancel(ROBIN, &meeting.id).unwrap();
    world.advance(MOMENT);
    let tablet = world.add_device(ROBIN, true, "Tablet");
    make_agent(&mut world, ROBIN, 2).unwrap();
    world.set_online(phone, true);
    world.advance(LATER);
    assert_eq!(answers(&world, &[tablet]), [true]);
    assert_eq!(
        states(&world, &meeting.id, &[ALICE, ROBIN, phone, tablet]),
        [CALLED_OFF; 4]
    );
}

#[test]
fn two_meetings_at_one_time_by_two_devices_are_named() {
    let mut world = World::acquainted();
    world.auto(ALICE);
    let carol = world.person("Carol", "Europe/Berlin");
    world.auto(carol);
    world.introduce(ROBIN, carol);
    let phone = world.add_device(ROBIN, true, "Phone");
    world.schedule(ALICE, TUESDAY).unwrap();
    let asked = newest(&world, ROBIN).id;
    world.set_online(ROBIN, false);
    world.approve(ROBIN, &asked).unwrap();
    make_agent(&mut world, phone, 1).unwrap();
    world
        .schedule(phone, "half an hour with Carol on Tuesday at 10:00")
        .unwrap();
    world.advance(MOMENT);
    world.set_online(ROBIN, true);
    world.advance(LATER);
    assert_eq!(world.meetings(phone).len(), 2);
    let said = world.status(phone).connection_detail.unwrap();
    assert!(
        said.contains("at the same time: “Meeting” with Alice"),
        "{said}"
    );
    assert!(said.contains("with Carol. Call one of them off."), "{said}");
}

#[test]
fn of_two_of_one_name_a_device_that_follows_says_so() {
    let (mut world, phone) = robin_twice();
    agree(&mut world, TUESDAY);
    agree(&mut world, WEDNESDAY);
    for device in [ROBIN, phone] {
        let refused = world.cancel(device, "Meeting").unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::Ambiguous, "{device}");
    }
}

/// A device came after another had proposed something, and answers now.
#[test]
fn what_nobody_knows_of_who_answers_ends_on_both_sides() {
    let mut world = World::acquainted();
    world.schedule(ROBIN, HIS_TUESDAY).unwrap();
    world.advance(MOMENT);
    let asked = newest(&world, ALICE).id;
    let phone = world.add_device(ROBIN, true, "Phone");
    world.set_online(ROBIN, false);
    world.remove_device(phone, 0).unwrap();
    world.advance(MOMENT);
    world.approve(ALICE, &asked).unwrap();
    world.advance(MOMENT);
    assert_eq!(states(&world, &asked, &[ALICE, phone]), [CALLED_OFF; 2]);
    let reason = newest(&world, phone).reason.unwrap();
    assert!(reason.contains("did not know of it"), "{reason}");
}
