//! Restarts and cut lines, at every moment of a story.

use jiff::SignedDuration;
use sotto_client_core::api::{Command, ContactState, MessageStatus, ProposalState, Reply};
use sotto_client_core::engine::Store;
use sotto_protocol::error::ErrorCode;
use sotto_tests::World;

fn contacts() -> World {
    let mut world = World::new(4, "2026-11-21T10:00:00Z");
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
    let status = world.status(0);
    assert_eq!(status.queued, 1);
    assert!(status.connection_detail.unwrap().contains("relay.test"));
    world.restart(0);
    world.set_online(0, true);
    assert_eq!(world.proposals(0)[0].state, ProposalState::Confirmed);
}

#[test]
fn a_restart_at_any_moment_loses_nothing() {
    // Who restarts after which step of the story.
    for restarted in 0..2 {
        for step in 0..5 {
            let mut world = World::new(5, "2026-11-21T10:00:00Z");
            world.person("Alice", "Europe/Berlin");
            world.person("Robin", "America/New_York");
            let maybe = |world: &mut World, at: usize| {
                if at == step {
                    world.restart(restarted);
                }
            };
            maybe(&mut world, 0);
            let link = world.invitation(0);
            maybe(&mut world, 1);
            let accepted = world.command(1, Command::AcceptInvitation { link });
            assert!(matches!(accepted, Ok(Reply::Contact(_))), "{accepted:?}");
            maybe(&mut world, 2);
            world
                .command(
                    0,
                    Command::ApproveContact {
                        contact: "Robin".into(),
                    },
                )
                .unwrap();
            maybe(&mut world, 3);
            world
                .schedule(0, "45 minutes with Robin next week")
                .unwrap();
            maybe(&mut world, 4);
            let proposal = world.proposals(1)[0].id.clone();
            world
                .command(
                    1,
                    Command::Approve {
                        proposal,
                        start: None,
                    },
                )
                .unwrap();
            for person in 0..2 {
                assert_eq!(world.contacts(person)[0].state, ContactState::Active);
                assert_eq!(world.proposals(person)[0].state, ProposalState::Confirmed);
                assert!(world.at(person).settled());
            }
        }
    }
}

#[test]
fn the_heartbeat_finds_a_dead_line() {
    let mut world = contacts();
    let asked = world.relay.seen.len();
    world.advance(SignedDuration::from_secs(35));
    assert!(
        world.relay.seen.len() > asked,
        "both asked whether the relay lives"
    );
    assert!(world.at(0).settled(), "and it answered");
}

#[test]
fn a_dead_relay_is_tried_again_in_growing_pauses() {
    let mut world = contacts();
    world.set_online(0, false);
    let first = world.status(0);
    assert!(first.retry_at.unwrap() <= world.now + SignedDuration::from_secs(1));
    world.advance(SignedDuration::from_mins(30));
    let later = world.status(0);
    assert!(later.retry_at.unwrap() <= world.now + SignedDuration::from_secs(60));
    world.set_online(0, true);
    assert!(world.at(0).settled());
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
        assert!(world.at(0).settled(), "{code}: it is not tried again");
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
