//! What is lost on the way, and how both sides come together again.

use jiff::SignedDuration;
use sotto_client_core::api::{
    Answer, ApiErrorCode, Command, ConnectionState, ContactState, InvitationLink, MessageStatus,
    ProposalState, Query, Reply,
};
use sotto_client_core::engine::Store;
use sotto_protocol::{
    error::ErrorCode,
    frames::{ClientFrame, PublishPrekeys, client_frame},
};
use sotto_tests::{NOW, World};

const ALICE: usize = 0;
const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";

#[test]
fn a_relay_that_lost_its_data_is_told_again() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    let Ok(Reply::Invitation(invitation)) = world.invite(ALICE, 3) else {
        panic!("an invitation");
    };
    let link = invitation.link;
    let accept = |world: &mut World, name: &str| {
        let person = world.person(name, "UTC");
        let link = link.clone();
        world.command(person, Command::AcceptInvitation { link })
    };
    accept(&mut world, "Bea").unwrap();

    world.lose_relay_data();
    world.advance(SignedDuration::from_mins(2));
    for person in [ALICE, ROBIN] {
        assert!(world.settled(person), "{person}");
    }
    // The mailboxes of the contacts are there again, and that of the invitation for those who are left.
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ALICE).len(), 1);
    assert_eq!(world.meetings(ROBIN).len(), 1);
    accept(&mut world, "Carol").unwrap();
    accept(&mut world, "Dora").unwrap();
    assert!(accept(&mut world, "Eve").is_err(), "three were invited");
    assert_eq!(world.contacts(ALICE).len(), 4);
}

#[test]
fn somebody_whose_mailbox_is_unknown_is_asked_again_and_is_back() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown].into();
    world.schedule(ALICE, WISH).unwrap();
    let lost = world.only_proposal(ALICE);
    assert_eq!(lost.state, ProposalState::Cancelled);
    assert_eq!(
        lost.reason.unwrap(),
        "Robin could not be told: the relay does not know their mailbox."
    );
    let message = world.history(ALICE).pop().unwrap();
    assert_eq!(message.status, MessageStatus::Failed);
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Unreachable);
    world.restart(ALICE);

    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    assert_eq!(world.meetings(ALICE).len(), 1);
}

#[test]
fn somebody_unreachable_who_is_heard_of_is_back() {
    let mut world = World::acquainted();
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown].into();
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Unreachable);
    world
        .schedule(ROBIN, "half an hour with Alice next week")
        .unwrap();
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    assert_eq!(world.proposals(ALICE).len(), 2);
}

#[test]
fn somebody_unreachable_is_met_again_by_a_new_invitation() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown].into();
    world.schedule(ALICE, WISH).unwrap();
    let link = world.invitation(ROBIN);
    world
        .command(ALICE, Command::AcceptInvitation { link })
        .unwrap();
    for person in [ALICE, ROBIN] {
        let contacts = world.contacts(person);
        assert_eq!(contacts.len(), 1);
        assert_eq!(contacts[0].state, ContactState::Active, "{person}");
    }
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ALICE).len(), 1);
}

#[test]
fn a_meeting_whose_confirmation_does_not_arrive_is_taken_out() {
    for code in [ErrorCode::MailboxUnknown, ErrorCode::RequestInvalid] {
        let mut world = World::acquainted();
        world.schedule(ALICE, WISH).unwrap();
        let proposal = world.only_proposal(ROBIN).id;
        world.relay.refuse_posts = [code].into();
        world.approve(ROBIN, &proposal).unwrap();
        let lost = world.only_proposal(ROBIN);
        assert_eq!(lost.state, ProposalState::Cancelled, "{code}");
        assert!(lost.reason.unwrap().starts_with("Alice could not be told"));
        assert_eq!(world.agenda(ROBIN), [], "{code}");
        // Alice lets go of the time when nobody answers.
        world.advance(SignedDuration::from_hours(3 * 24 + 1));
        assert_eq!(world.only_proposal(ALICE).state, ProposalState::Expired);
        assert_eq!(world.meetings(ALICE), [], "{code}");
    }
}

#[test]
fn a_cancellation_that_does_not_arrive_says_so() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    let proposal = world.schedule(ALICE, WISH).unwrap().id;
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown].into();
    world.cancel(ALICE, &proposal).unwrap();
    assert_eq!(
        world.only_proposal(ALICE).reason.unwrap(),
        "You called it off. Robin could not be told: the relay does not know their mailbox."
    );
    assert_eq!(world.meetings(ALICE), []);
    assert_eq!(world.meetings(ROBIN).len(), 1, "as the reason says");
}

#[test]
fn a_refusal_for_good_ends_what_waited_for_the_message() {
    let mut world = World::acquainted();
    world.relay.refuse_posts = [ErrorCode::FrameTooLarge].into();
    world.schedule(ALICE, WISH).unwrap();
    let lost = world.only_proposal(ALICE);
    assert_eq!(lost.state, ProposalState::Cancelled);
    assert!(
        lost.reason
            .unwrap()
            .contains("the relay refused the message")
    );
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
}

#[test]
fn a_message_that_cannot_be_opened_is_shown_and_costs_nothing_else() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world.garble = 1;
    world.schedule(ALICE, WISH).unwrap();
    let mut seen = world.history(ROBIN).into_iter();
    let seen = seen.find(|message| message.kind == "UNREADABLE").unwrap();
    assert_eq!(seen.contact.name, "Alice");
    assert_eq!(seen.status, MessageStatus::Received);
    assert_eq!(seen.body, serde_json::Value::Null);
    assert!(
        seen.summary
            .starts_with("A message from Alice’s agent could not be read"),
        "{}",
        seen.summary
    );
    assert_eq!(world.contacts(ROBIN)[0].unreadable, 0, "it was said again");
    assert_eq!(world.meetings(ROBIN).len(), 1);
    world.restart(ROBIN);
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 2);
}

#[test]
fn an_invitation_of_the_one_who_is_not_understood_renews_the_session() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    let theirs = world.invitation(ALICE);
    let accept = |world: &mut World| {
        let link = theirs.clone();
        world.command(ROBIN, Command::AcceptInvitation { link })
    };
    // Where all is well, it is left to others.
    accept(&mut world).unwrap();
    world.lose_sessions(ROBIN, true);
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.contacts(ROBIN)[0].unreadable, 1);

    accept(&mut world).unwrap();
    for person in [ALICE, ROBIN] {
        let contacts = world.contacts(person);
        assert_eq!(contacts.len(), 1);
        assert_eq!(contacts[0].state, ContactState::Active);
        assert_eq!(contacts[0].unreadable, 0);
    }
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 1);
    assert!(accept(&mut world).is_ok(), "used, and not needed any more");
}

#[test]
fn unreadable_messages_do_not_fill_the_history() {
    let mut world = World::acquainted();
    world.lose_sessions(ROBIN, true);
    for _ in 0..51 {
        let proposal = world.schedule(ALICE, WISH).unwrap().id;
        world.cancel(ALICE, &proposal).unwrap();
    }
    assert_eq!(world.contacts(ROBIN)[0].unreadable, 102);
    let shown = world.history(ROBIN);
    let shown = shown.iter().filter(|message| message.kind == "UNREADABLE");
    assert_eq!(shown.count(), 100);
}

#[test]
fn the_user_need_not_wait_for_the_next_attempt() {
    let mut world = World::acquainted();
    world.set_online(ALICE, false);
    world.advance(SignedDuration::from_mins(30));
    world.mend_line(ALICE);
    assert_eq!(world.status(ALICE).connection, ConnectionState::Offline);
    assert_eq!(world.command(ALICE, Command::Reconnect), Ok(Reply::Done));
    assert_eq!(world.status(ALICE).connection, ConnectionState::Online);
}

#[test]
fn an_acquaintance_that_was_lost_on_the_way_is_made_by_another_invitation() {
    let mut world = World::strangers();
    let first = world.invitation(ALICE);
    world.set_online(ALICE, false);
    let accept = |world: &mut World, link: &InvitationLink| {
        let link = link.clone();
        world.command(ROBIN, Command::AcceptInvitation { link })
    };
    accept(&mut world, &first).unwrap();
    // The relay loses Robin's request before Alice fetches it.
    world.lose_relay_data();
    world.advance(SignedDuration::from_mins(2));
    world.set_online(ALICE, true);
    assert_eq!(world.contacts(ALICE), []);
    accept(&mut world, &first).unwrap();
    assert_eq!(world.contacts(ROBIN)[0].state, ContactState::Waiting);

    let second = world.invitation(ALICE);
    accept(&mut world, &second).unwrap();
    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
    for person in [ALICE, ROBIN] {
        let contacts = world.contacts(person);
        assert_eq!(
            (contacts.len(), contacts[0].state),
            (1, ContactState::Active)
        );
    }
}

#[test]
fn a_confirmation_in_time_counts_however_late_it_is_read() {
    for restarted in [false, true] {
        let mut world = World::acquainted();
        world
            .schedule(ALICE, "half an hour with Robin in two weeks")
            .unwrap();
        let proposal = world.only_proposal(ROBIN).id;
        world.set_online(ALICE, false);
        world.approve(ROBIN, &proposal).unwrap();
        world.advance(SignedDuration::from_hours(4 * 24));
        if restarted {
            world.restart(ALICE);
        }
        world.set_online(ALICE, true);
        for person in [ALICE, ROBIN] {
            let state = world.only_proposal(person).state;
            assert_eq!(state, ProposalState::Confirmed, "{person} {restarted}");
            assert_eq!(world.meetings(person).len(), 1);
        }
    }
}

#[test]
fn who_used_an_invitation_in_time_is_let_in_however_late_it_is_read() {
    let mut world = World::strangers();
    let link = world.invitation(ALICE);
    world.set_online(ALICE, false);
    world
        .command(ROBIN, Command::AcceptInvitation { link })
        .unwrap();
    world.advance(SignedDuration::from_hours(8 * 24));
    world.restart(ALICE);
    let Ok(Answer::Invitations(shown)) = world.query(ALICE, &Query::Invitations) else {
        panic!("invitations");
    };
    assert_eq!(shown, [], "it is over");
    world.set_online(ALICE, true);
    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
    assert_eq!(world.contacts(ROBIN)[0].state, ContactState::Active);
    assert_eq!(world.at(ALICE).records(Store::Invitations), 0);
}

#[test]
fn a_lost_session_is_said_and_made_anew_by_an_invitation_of_the_other() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world.lose_sessions(ALICE, true);
    let lost = world.schedule(ALICE, WISH).unwrap_err();
    assert_eq!(lost.code, ApiErrorCode::ContactNotReady);
    assert_eq!(
        lost.next_step,
        "Ask Robin for a new invitation, and accept it."
    );
    assert_eq!(world.proposals(ALICE), []);
    let link = world.invitation(ROBIN);
    world
        .command(ALICE, Command::AcceptInvitation { link })
        .unwrap();
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ALICE).len(), 1);
    assert_eq!(world.meetings(ROBIN).len(), 1);
}

#[test]
fn a_link_that_is_used_up_costs_nothing_that_there_was() {
    let mut world = World::strangers();
    let link = world.invitation(ROBIN);
    let accept = |world: &mut World| {
        let link = link.clone();
        world.command(ALICE, Command::AcceptInvitation { link })
    };
    accept(&mut world).unwrap();
    let contact = "Alice".to_owned();
    world
        .command(ROBIN, Command::ApproveContact { contact })
        .unwrap();
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown].into();
    world.schedule(ALICE, WISH).unwrap();
    let used = accept(&mut world).unwrap_err();
    assert_eq!(used.code, ApiErrorCode::InvitationUsed);
    let known = world.contacts(ALICE);
    assert_eq!(
        (known.len(), known[0].state),
        (1, ContactState::Unreachable)
    );
    let message = world
        .history(ALICE)
        .into_iter()
        .rfind(|m| m.kind == "QUERY");
    assert_eq!(message.unwrap().status, MessageStatus::Failed);
    world
        .schedule(ROBIN, "half an hour with Alice next week")
        .unwrap();
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);

    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::BlockContact { contact })
        .unwrap();
    assert_eq!(
        accept(&mut world).unwrap_err().code,
        ApiErrorCode::InvitationUsed
    );
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Blocked);
    assert_eq!(world.at(ALICE).records(Store::Connections), 1);
}

#[test]
fn what_was_decided_before_somebody_was_blocked_is_still_said() {
    let mut world = World::acquainted();
    let block = |world: &mut World, person: usize, contact: &str| {
        let contact = contact.to_owned();
        world
            .command(person, Command::BlockContact { contact })
            .unwrap();
    };
    world.schedule(ALICE, WISH).unwrap();
    let proposal = world.only_proposal(ROBIN).id;
    world.set_online(ROBIN, false);
    world.approve(ROBIN, &proposal).unwrap();
    block(&mut world, ROBIN, "Alice");
    world.set_online(ROBIN, true);
    assert_eq!(world.meetings(ALICE).len(), 1);
    assert_eq!(world.meetings(ROBIN).len(), 1);

    let mut world = World::acquainted();
    world.auto(ROBIN);
    let proposal = world.schedule(ALICE, WISH).unwrap().id;
    world.set_online(ALICE, false);
    world.cancel(ALICE, &proposal).unwrap();
    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::RemoveContact { contact })
        .unwrap();
    world.set_online(ALICE, true);
    assert_eq!(world.meetings(ROBIN), []);
    assert_eq!(world.at(ALICE).records(Store::Outbox), 0);
}

#[test]
fn two_who_accept_each_others_invitations_at_once_have_one_session() {
    for seed in 0..6 {
        let mut world = World::new(seed, NOW);
        world.person("Alice", "Europe/Berlin");
        world.person("Robin", "Europe/Berlin");
        let links = [world.invitation(ROBIN), world.invitation(ALICE)];
        for (person, link) in links.into_iter().enumerate() {
            world.send(person, Command::AcceptInvitation { link });
        }
        world.settle();
        for person in [ALICE, ROBIN] {
            let known = world.contacts(person);
            assert_eq!((known.len(), known[0].state), (1, ContactState::Active));
            world.auto(person);
        }
        world.schedule(ALICE, WISH).unwrap();
        world
            .schedule(ROBIN, "half an hour with Alice next week")
            .unwrap();
        for person in [ALICE, ROBIN] {
            assert_eq!(world.meetings(person).len(), 2, "seed {seed}");
            assert_eq!(world.contacts(person)[0].unreadable, 0);
        }
    }
}

#[test]
fn no_message_overtakes_another() {
    let mut world = World::strangers();
    let link = world.invitation(ALICE);
    world
        .command(ROBIN, Command::AcceptInvitation { link })
        .unwrap();
    // The approval is put off by the relay, and a question follows at once.
    world.relay.refuse_posts = [ErrorCode::RateLimited].into();
    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
    world.schedule(ALICE, WISH).unwrap();
    world.advance(SignedDuration::from_mins(1));
    assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Approval);
    assert_eq!(world.only_proposal(ALICE).state, ProposalState::Proposed);
}

#[test]
fn one_link_accepted_twice_at_once_makes_one_acquaintance() {
    let mut world = World::strangers();
    let link = world.invitation(ALICE);
    for _ in 0..2 {
        let link = link.clone();
        world.send(ROBIN, Command::AcceptInvitation { link });
    }
    world.settle();
    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
    let known = world.contacts(ROBIN);
    assert_eq!((known.len(), known[0].state), (1, ContactState::Active));
}

/// Everything that was published to the directory.
fn published(world: &World) -> Vec<PublishPrekeys> {
    let frames = world.relay.seen.iter();
    let frames = frames.filter_map(|f| sotto_protocol::decode::<ClientFrame>(f.clone()).ok());
    let published = frames.filter_map(|frame| match frame.body {
        Some(client_frame::Body::PublishPrekeys(keys)) => Some(keys),
        _ => None,
    });
    published.collect()
}

#[test]
fn a_connection_that_lasts_for_weeks_keeps_its_prekeys_fresh() {
    let mut world = World::acquainted();
    let signed = |world: &World| {
        let published = published(world).into_iter();
        published
            .filter(|keys| keys.signed_prekey.is_some())
            .count()
    };
    let before = signed(&world);
    world.advance(SignedDuration::from_hours(20 * 24));
    // Each of the two replaces its own every week.
    assert_eq!(signed(&world) - before, 4);
}

#[test]
fn one_time_prekeys_are_refilled_while_the_connection_lasts() {
    let mut world = World::new(6, NOW);
    let alice = world.person("Alice", "UTC");
    let Ok(Reply::Invitation(invitation)) = world.invite(alice, 100) else {
        panic!("an invitation");
    };
    for number in 0..70 {
        let guest = world.person(&format!("Guest {number}"), "UTC");
        let link = invitation.link.clone();
        world
            .command(guest, Command::AcceptInvitation { link })
            .unwrap();
    }
    assert_eq!(world.contacts(alice).len(), 70);
    // Fifty each at first; Alice made more as hers were used.
    let published = published(&world).into_iter();
    let one_time: usize = published.map(|keys| keys.one_time_prekeys.len()).sum();
    assert!(one_time > 71 * 50, "{one_time}");
}
