//! What is lost on the way, and how both sides come together again.

use jiff::SignedDuration;
use sotto_client_core::api::{
    Command, ConnectionState, ContactState, InvitationLink, MessageStatus, ProposalState, Reply,
};
use sotto_protocol::error::ErrorCode;
use sotto_tests::World;

const ALICE: usize = 0;
const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";

fn contacts() -> World {
    let mut world = World::new(6, "2026-11-21T10:00:00Z");
    world.person("Alice", "Europe/Berlin");
    world.person("Robin", "Europe/Berlin");
    world.introduce(ALICE, ROBIN);
    world
}

#[test]
fn a_relay_that_lost_its_data_is_told_again() {
    let mut world = contacts();
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
        assert!(world.at(person).settled(), "{person}");
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
    let mut world = contacts();
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
    let mut world = contacts();
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
    let mut world = contacts();
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
        let mut world = contacts();
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
    let mut world = contacts();
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
    let mut world = contacts();
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
    let mut world = contacts();
    world.auto(ROBIN);
    world.garble = 1;
    world.schedule(ALICE, WISH).unwrap();
    let seen = world.history(ROBIN).pop().unwrap();
    assert_eq!(seen.kind, "UNREADABLE");
    assert_eq!(seen.contact.name, "Alice");
    assert_eq!(seen.status, MessageStatus::Received);
    assert_eq!(seen.body, serde_json::Value::Null);
    assert!(
        seen.summary
            .starts_with("A message from Alice’s agent could not be read"),
        "{}",
        seen.summary
    );
    assert_eq!(world.contacts(ROBIN)[0].unreadable, 1);
    world.restart(ROBIN);
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 1);
}

#[test]
fn an_invitation_of_the_one_who_is_not_understood_renews_the_session() {
    let mut world = contacts();
    world.auto(ROBIN);
    let theirs = world.invitation(ALICE);
    let accept = |world: &mut World| {
        let link = theirs.clone();
        world.command(ROBIN, Command::AcceptInvitation { link })
    };
    // Where all is well, it is left to others.
    accept(&mut world).unwrap();
    world.garble = 1;
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
    let mut world = contacts();
    for _ in 0..51 {
        world.garble = 2;
        let proposal = world.schedule(ALICE, WISH).unwrap().id;
        world.cancel(ALICE, &proposal).unwrap();
        assert_eq!(world.garble, 0);
    }
    assert_eq!(world.contacts(ROBIN)[0].unreadable, 102);
    let shown = world.history(ROBIN);
    let shown = shown.iter().filter(|message| message.kind == "UNREADABLE");
    assert_eq!(shown.count(), 100);
}

#[test]
fn the_user_need_not_wait_for_the_next_attempt() {
    let mut world = contacts();
    world.set_online(ALICE, false);
    world.advance(SignedDuration::from_mins(30));
    world.mend_line(ALICE);
    assert_eq!(world.status(ALICE).connection, ConnectionState::Offline);
    assert_eq!(world.command(ALICE, Command::Reconnect), Ok(Reply::Done));
    assert_eq!(world.status(ALICE).connection, ConnectionState::Online);
}

#[test]
fn an_acquaintance_that_was_lost_on_the_way_is_made_by_another_invitation() {
    let mut world = World::new(6, "2026-11-21T10:00:00Z");
    world.person("Alice", "Europe/Berlin");
    world.person("Robin", "Europe/Berlin");
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
