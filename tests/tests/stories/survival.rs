//! Restarts and cut lines, at every moment of a story.

use bytes::Bytes;
use jiff::SignedDuration;
use sotto_client_core::api::{
    Command, ConnectionState, ContactState, Direction, MessageStatus, ProposalState, Reply,
    ScheduleRequest,
};
use sotto_client_core::engine::Store;
use sotto_protocol::{
    error::ErrorCode,
    frames::{ClientFrame, client_frame},
};
use sotto_tests::{Fault, NOW, World};

fn contacts() -> World {
    let mut world = World::new(4, NOW);
    world.person("Alice", "Europe/Berlin");
    world.person("Robin", "America/New_York");
    world.introduce(0, 1);
    world
}

#[test]
fn an_offline_partner_answers_later() {
    let mut world = contacts();
    world.auto(1);
    world.set_online(1, false);
    world
        .schedule(0, "half an hour with Robin next week")
        .unwrap();
    assert_eq!(world.proposals(0)[0].state, ProposalState::Asking);
    assert_eq!(world.relay.waiting(), 1);
    world.advance(SignedDuration::from_hours(5));
    world.set_online(1, true);
    assert_eq!(world.proposals(0)[0].state, ProposalState::Confirmed);
    assert_eq!(world.proposals(1)[0].state, ProposalState::Confirmed);
    assert_eq!(world.relay.waiting(), 0);
}

#[test]
fn an_offline_wish_is_queued_and_sent_later() {
    let mut world = contacts();
    world.auto(1);
    world.set_online(0, false);
    world
        .schedule(0, "half an hour with Robin next week")
        .unwrap();
    let queued = world.history(0).pop().unwrap();
    assert_eq!(queued.status, MessageStatus::Queued);
    assert!(world.only_proposal(0).untold);
    let status = world.status(0);
    assert_eq!(status.queued, 1);
    assert!(status.connection_detail.unwrap().contains("relay.test"));
    world.restart(0);
    world.set_online(0, true);
    assert_eq!(world.proposals(0)[0].state, ProposalState::Confirmed);
    assert!(!world.only_proposal(0).untold);
}

/// The story of a first meeting, told by two people who do again what was lost on the way:
/// whoever got no answer looks whether it happened, and asks again only if it did not.
fn first_meeting(world: &mut World, uses: u32) {
    world.person("Alice", "Europe/Berlin");
    world.person("Robin", "America/New_York");
    // After each step, time for one more attempt to connect.
    let moment = SignedDuration::from_secs(1);
    world.advance(moment);

    let invite = Command::Invite {
        uses: Some(uses),
        valid_hours: None,
    };
    // A link that was made and never shown is of no use to anybody: another is wanted.
    let link = insist(|| match world.try_command(0, invite.clone())? {
        Ok(Reply::Invitation(invitation)) => Some(invitation.link),
        other => panic!("an invitation, not {other:?}"),
    });
    world.advance(moment);
    let accepted = insist(|| {
        let link = link.clone();
        world.try_command(1, Command::AcceptInvitation { link })
    });
    assert!(matches!(accepted, Ok(Reply::Contact(_))), "{accepted:?}");
    world.advance(moment);
    assert_eq!(world.contacts(0)[0].state, ContactState::Requested);
    insist(|| {
        let contact = "Robin".to_owned();
        world.try_command(0, Command::ApproveContact { contact })
    })
    .unwrap();
    world.advance(moment);

    insist(|| {
        if let [proposal] = world.proposals(0).as_slice() {
            return Some(proposal.id.clone());
        }
        let request = ScheduleRequest {
            text: Some("45 minutes with Robin next week".to_owned()),
            ..ScheduleRequest::default()
        };
        match world.try_command(0, Command::Schedule { request })? {
            Ok(Reply::Proposal(proposal)) => Some(proposal.id),
            other => panic!("a proposal, not {other:?}"),
        }
    });
    world.advance(moment);
    insist(|| {
        let proposal = world.only_proposal(1);
        if proposal.state != ProposalState::Approval {
            return Some(());
        }
        let (proposal, start) = (proposal.id, None);
        let approved = world.try_command(1, Command::Approve { proposal, start })?;
        assert!(approved.is_ok(), "{approved:?}");
        Some(())
    });
    world.advance(moment);

    let mut invitations = world.invitations(0).into_iter();
    let left = invitations.find(|own| own.link == link);
    let left = left.map_or(0, |own| own.uses_left);
    assert_eq!(left, uses - 1, "one use, however often the request came");
}

/// Asks until there is an answer: one process ends, and ends once.
fn insist<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let first = ask();
    first.or_else(ask).expect("an answer the second time")
}

/// What was said, as a person sees it.
fn said(world: &World, person: usize) -> Vec<(String, Direction, MessageStatus)> {
    let said = world.history(person).into_iter();
    said.map(|message| (message.kind, message.direction, message.status))
        .collect()
}

/// Tells the story with one person's process or line ending at every input of theirs in turn.
fn at_every_input(person: usize, fault: Fault, uses: u32) {
    let start = || World::new(5, NOW);
    let mut undisturbed = start();
    first_meeting(&mut undisturbed, uses);
    for input in 1.. {
        let mut world = start();
        world.fault_at(person, input, fault);
        let case = format!("{person}, {fault:?} {input}, {uses} uses");
        first_meeting(&mut world, uses);
        if world.fault_is_ahead() {
            assert!(input > 15, "a story of only {input} inputs");
            return;
        }
        let meetings = [0, 1].map(|person| {
            let contacts = world.contacts(person);
            assert_eq!(contacts.len(), 1, "{case}");
            assert_eq!(contacts[0].state, ContactState::Active, "{case}");
            let proposal = world.only_proposal(person);
            assert_eq!(proposal.state, ProposalState::Confirmed, "{case}");
            assert!(world.settled(person), "{case}");
            assert_eq!(world.status(person).queued, 0, "{case}");
            // Nothing of it was lost, and nothing said twice.
            assert_eq!(said(&world, person), said(&undisturbed, person), "{case}");
            let meetings = world.meetings(person);
            assert_eq!(meetings.len(), 1, "{case}");
            (meetings[0].start, meetings[0].end)
        });
        assert_eq!(meetings[0], meetings[1], "{case}");
        assert_eq!(world.relay.waiting(), 0, "{case}");
    }
}

fn at_every_input_of_either(fault: Fault) {
    for person in 0..2 {
        for uses in 1..=2 {
            at_every_input(person, fault, uses);
        }
    }
}

#[test]
fn a_restart_at_any_moment_loses_nothing() {
    at_every_input_of_either(Fault::EndAfterCommit);
}

#[test]
fn what_was_not_durable_is_asked_or_delivered_again() {
    at_every_input_of_either(Fault::EndBeforeCommit);
}

#[test]
fn a_line_cut_at_any_moment_loses_nothing() {
    at_every_input_of_either(Fault::CutBeforeFrame);
}

const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);

fn is_ping(frame: &Bytes) -> bool {
    let frame: ClientFrame = sotto_protocol::decode(frame.clone()).unwrap();
    matches!(frame.body, Some(client_frame::Body::Ping(_)))
}

fn connection(world: &World, person: usize) -> (ConnectionState, Option<String>) {
    let status = world.status(person);
    (status.connection, status.connection_detail)
}

fn unanswered() -> (ConnectionState, Option<String>) {
    let detail = "The relay does not answer.".to_owned();
    (ConnectionState::Offline, Some(detail))
}

#[test]
fn the_heartbeat_finds_a_dead_line() {
    let mut world = contacts();
    world.mute(0);
    world.advance(SignedDuration::from_secs(30) - MILLISECOND);
    assert_eq!(world.unheard, []);
    world.advance(MILLISECOND);
    let [(0, ping)] = world.unheard.as_slice() else {
        panic!("one question of Alice, not {:?}", world.unheard);
    };
    assert!(is_ping(ping));
    // Posted while nobody knows of it yet: the relay believes that the line lives.
    world
        .schedule(1, "half an hour with Alice next week")
        .unwrap();
    world.advance(SignedDuration::from_secs(10) - MILLISECOND);
    assert_eq!(connection(&world, 0), (ConnectionState::Online, None));
    world.advance(MILLISECOND);
    assert_eq!(connection(&world, 0), unanswered());
    assert_eq!(world.unheard.len(), 1, "it is asked once");
    assert_eq!(world.proposals(0), []);

    world.unmute(0);
    world.advance(SignedDuration::from_secs(1));
    assert_eq!(connection(&world, 0), (ConnectionState::Online, None));
    assert_eq!(world.only_proposal(0).state, ProposalState::Approval);
    assert!(world.settled(0));
}

#[test]
fn the_heartbeat_leaves_a_silent_line_that_lives_alone() {
    let mut world = contacts();
    let before = world.relay.seen.len();
    world.advance(SignedDuration::from_mins(10));
    let seen = &world.relay.seen[before..];
    assert!(seen.iter().all(is_ping), "no new connection, no hello");
    assert_eq!(seen.len(), 2 * 20, "each asks every 30 s");
    for person in 0..2 {
        assert_eq!(connection(&world, person), (ConnectionState::Online, None));
    }
}

#[test]
fn a_relay_that_never_says_anything_is_given_up_and_tried_again() {
    let mut world = contacts();
    world.set_online(0, false);
    world.mute(0);
    world.set_online(0, true);
    for _ in 0..3 {
        assert_eq!(connection(&world, 0).0, ConnectionState::Connecting);
        world.advance(SignedDuration::from_secs(20) - MILLISECOND);
        assert_eq!(connection(&world, 0).0, ConnectionState::Connecting);
        world.advance(MILLISECOND);
        assert_eq!(connection(&world, 0), unanswered());
        world.advance(pause(&world, 0));
    }
    assert_eq!(world.unheard, [], "nothing is said before the challenge");
    world.advance(SignedDuration::from_secs(20));
    assert_eq!(connection(&world, 0), unanswered());
    world.unmute(0);
    world.advance(pause(&world, 0));
    assert_eq!(connection(&world, 0), (ConnectionState::Online, None));
    assert!(world.settled(0));
}

/// How long from now to the next attempt.
fn pause(world: &World, person: usize) -> SignedDuration {
    let retry_at = world.status(person).retry_at.expect("another attempt");
    retry_at.duration_since(world.now)
}

#[test]
fn a_dead_relay_is_tried_again_in_growing_pauses() {
    const ATTEMPTS: u32 = 10;
    let mut pauses = vec![Vec::new(); ATTEMPTS as usize];
    for seed in 0..5 {
        let mut world = World::new(seed, NOW);
        world.person("Alice", "Europe/Berlin");
        // Each time from short pauses again, as it was let in between.
        for _ in 0..8 {
            world.set_online(0, false);
            for of_attempt in &mut pauses {
                let pause = pause(&world, 0);
                of_attempt.push(pause);
                world.advance(pause);
            }
            world.mend_line(0);
            world.advance(pause(&world, 0));
            assert_eq!(connection(&world, 0), (ConnectionState::Online, None));
        }
    }
    let shortest = SignedDuration::from_millis(250);
    for (attempt, pauses) in (0..ATTEMPTS).zip(pauses) {
        let most = SignedDuration::from_secs(1 << attempt).min(SignedDuration::from_mins(1));
        let bounds = shortest..=most;
        assert!(
            pauses.iter().all(|pause| bounds.contains(pause)),
            "{attempt}: {pauses:?}"
        );
        // Of 40 evenly from nothing to the bound, some are below a quarter and some above three.
        let (least, longest) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        assert!(
            *least <= (most / 4).max(shortest) && *longest >= most * 3 / 4,
            "{attempt}: from {least:?} to {longest:?}"
        );
    }
}

#[test]
fn a_refusal_that_passes_is_tried_again() {
    for code in [
        ErrorCode::RateLimited,
        ErrorCode::MailboxFull,
        ErrorCode::ServerInternal,
    ] {
        let mut world = contacts();
        world.auto(1);
        world.relay.refuse_posts = [code, code, code].into();
        world
            .schedule(0, "half an hour with Robin next week")
            .unwrap();
        assert_eq!(
            world.history(0).pop().unwrap().status,
            MessageStatus::Queued,
            "{code}"
        );
        world.advance(SignedDuration::from_mins(1));
        assert_eq!(
            world.proposals(0)[0].state,
            ProposalState::Confirmed,
            "{code}"
        );
    }
}

#[test]
fn a_refusal_for_good_costs_that_message_alone() {
    for code in [ErrorCode::RequestInvalid, ErrorCode::FrameTooLarge] {
        let mut world = contacts();
        world.relay.refuse_posts = [code].into();
        world
            .schedule(0, "half an hour with Robin next week")
            .unwrap();
        assert_eq!(
            world.history(0).pop().unwrap().status,
            MessageStatus::Failed,
            "{code}"
        );
        world.advance(SignedDuration::from_mins(2));
        assert!(world.settled(0), "{code}: it is not tried again");
        world
            .schedule(0, "half an hour with Robin next week")
            .unwrap();
        assert_eq!(world.history(1).pop().unwrap().kind, "PROPOSAL", "{code}");
    }
}

#[test]
fn a_damaged_record_is_set_apart_and_the_rest_goes_on() {
    for store in [
        Store::Conversations,
        Store::CalendarEvents,
        Store::Inbox,
        Store::Mailboxes,
    ] {
        let mut world = contacts();
        world.auto(1);
        world
            .schedule(0, "half an hour with Robin next week")
            .unwrap();
        let damaged = world.damage(0, store);
        assert_eq!(damaged.len(), 1, "{store:?}");
        assert_eq!(damaged[0].0, store);
        assert_eq!(
            world.contacts(0)[0].state,
            ContactState::Active,
            "{store:?}"
        );
        assert_eq!(
            world.history(0).len(),
            6,
            "{store:?}: what was said is still there"
        );
    }
}
