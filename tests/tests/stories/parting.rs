//! How acquaintances end, are renewed, and begin again.

use jiff::SignedDuration;
use sotto_client_core::{
    api::{ApiErrorCode, Approval, Command, ContactState, Reply},
    engine::Store,
};
use sotto_protocol::error::ErrorCode;
use sotto_tests::{Fault, World};

use crate::acquaintance::accept;

#[test]
fn a_removed_contact_leaves_nothing_but_what_was_said() {
    let mut world = World::strangers();
    world.introduce(0, 1);
    world
        .schedule(0, "half an hour with Robin next week")
        .unwrap();
    let said = world.history(0).len();
    let contact = "Robin".to_owned();
    let removed = world.command(0, Command::RemoveContact { contact });
    assert_eq!(removed, Ok(Reply::Done));
    world.restart(0);
    assert_eq!(world.contacts(0), []);
    for store in [Store::Sessions, Store::Outbox] {
        assert_eq!(world.at(0).records(store), 0, "{store:?}");
    }
    // The spent one of the invitation, which goes when its time is over.
    assert_eq!(world.at(0).records(Store::Mailboxes), 1);
    assert_eq!(world.history(0).len(), said);
    assert_eq!(world.history(0)[0].contact.name, "Robin (removed)");
    let ended = world.only_proposal(0);
    assert_eq!(
        ended.state,
        sotto_client_core::api::ProposalState::Cancelled
    );
    assert_eq!(ended.reason.unwrap(), "You ended the acquaintance.");

    // Robin learns it when there is something to say, and may be invited again.
    world
        .schedule(1, "half an hour with Alice next week")
        .unwrap();
    assert_eq!(world.contacts(1)[0].state, ContactState::Unreachable);
    world.introduce(0, 1);
    assert_eq!(world.contacts(0)[0].state, ContactState::Active);
    assert_eq!(world.contacts(1)[0].state, ContactState::Active);
}

#[test]
fn a_meeting_with_somebody_removed_can_be_called_off_and_says_that_they_were_not_told() {
    let mut world = World::strangers();
    world.introduce(0, 1);
    world.auto(1);
    let proposal = world
        .schedule(0, "half an hour with Robin next week")
        .unwrap()
        .id;
    let contact = "Robin".to_owned();
    world
        .command(0, Command::RemoveContact { contact })
        .unwrap();
    let meeting = world.meetings(0).remove(0);
    assert_eq!(meeting.contact.unwrap().name, "Robin (removed)");
    world.cancel(0, &proposal).unwrap();
    assert_eq!(world.meetings(0), []);
    assert_eq!(
        world.only_proposal(0).reason.unwrap(),
        "You called it off. Robin (removed) was not told: you have no contact any more."
    );
    assert_eq!(world.meetings(1).len(), 1, "as the reason says");
}

#[test]
fn somebody_removed_who_comes_back_is_who_they_were() {
    for by_own_link in [true, false] {
        let mut world = World::strangers();
        world.introduce(0, 1);
        world.schedule(0, "30 min with Robin next week").unwrap();
        let said = world.history(0).len();
        let rename = Command::RenameContact {
            contact: "Robin".into(),
            name: "Rob".into(),
        };
        world.command(0, rename).unwrap();
        let before = world.contacts(0).remove(0);
        let contact = before.id.clone();
        let verify = Command::VerifyContact {
            contact,
            verified: true,
        };
        world.command(0, verify).unwrap();
        remove(&mut world, 0, "Rob");
        // Robin learns it when there is something to say.
        world.schedule(1, "30 min with Alice next week").unwrap();
        let (inviter, guest, name) = if by_own_link {
            (0, 1, "Rob")
        } else {
            (1, 0, "Alice")
        };
        let link = world.invitation(inviter);
        accept(&mut world, guest, &link).unwrap();
        let contact = name.to_owned();
        let approve = Command::ApproveContact { contact };
        world.command(inviter, approve).unwrap();
        let again = world.contacts(0).remove(0);
        assert_eq!(world.contacts(0).len(), 1);
        assert_eq!((&again.id, &again.name), (&before.id, &"Rob".to_owned()));
        assert_eq!(again.state, ContactState::Active);
        assert!(again.verified, "an account key does not change");
        assert!(world.history(0).len() > said);
        let named = |message: &sotto_client_core::api::MessageView| message.contact.name == "Rob";
        assert!(world.history(0).iter().all(named));
    }
}

#[test]
fn somebody_removed_is_not_let_in_without_asking() {
    let mut world = World::strangers();
    world.introduce(0, 1);
    world.prefer(0, |preferences| {
        preferences.approve_contacts = Approval::Auto;
    });
    remove(&mut world, 0, "Robin");
    world.schedule(1, "30 min with Alice next week").unwrap();
    let link = world.invitation(0);
    accept(&mut world, 1, &link).unwrap();
    assert_eq!(world.contacts(0)[0].state, ContactState::Requested);
}

#[test]
fn an_invitation_that_was_not_taken_leaves_somebody_removed_as_they_were() {
    let mut world = World::strangers();
    world.introduce(0, 1);
    world.schedule(0, "30 min with Robin next week").unwrap();
    remove(&mut world, 0, "Robin");
    let link = world.invitation(1);
    let other = world.person("Kim", "Europe/Berlin");
    accept(&mut world, other, &link).unwrap();
    for _ in 0..2 {
        let used = accept(&mut world, 0, &link);
        assert_eq!(used, Err(ApiErrorCode::InvitationUsed));
        assert_eq!(world.contacts(0), []);
    }
    assert_eq!(world.only_proposal(0).contact.name, "Robin (removed)");
}

#[test]
fn a_renewal_outlasts_a_restart() {
    let mut world = World::strangers();
    world.introduce(0, 1);
    renewing(&mut world);
    world.restart(0);
    world.advance(SignedDuration::from_mins(2));
    for person in [0, 1] {
        let contacts = world.contacts(person);
        assert_eq!(contacts.len(), 1);
        assert_eq!(contacts[0].state, ContactState::Active, "{person}");
    }
    world.schedule(0, "30 min with Robin next week").unwrap();
    world.schedule(1, "30 min with Alice next week").unwrap();
    assert_eq!([0, 1].map(|person| world.proposals(person).len()), [3, 2]);
}

#[test]
fn whoever_is_blocked_or_removed_while_they_are_renewed_stays_so() {
    for block in [true, false] {
        let mut world = World::strangers();
        world.introduce(0, 1);
        renewing(&mut world);
        let contact = "Robin".to_owned();
        if block {
            world.command(0, Command::BlockContact { contact }).unwrap();
        } else {
            remove(&mut world, 0, "Robin");
        }
        world.advance(SignedDuration::from_mins(2));
        let contacts = world.contacts(0);
        let states: Vec<_> = contacts.iter().map(|contact| contact.state).collect();
        let expected: &[ContactState] = if block { &[ContactState::Blocked] } else { &[] };
        assert_eq!(states, expected);
    }
}

/// Robin cannot be reached, and Alice accepts an invitation of his. Her line is cut when his keys
/// have come and the handshake is on its way.
fn renewing(world: &mut World) {
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown].into();
    world.schedule(0, "30 min with Robin next week").unwrap();
    let link = world.invitation(1);
    world.fault_at(0, 3, Fault::CutBeforeFrame);
    world.send(0, Command::AcceptInvitation { link });
    world.settle();
    assert_eq!(
        world.at(0).records(Store::Sessions),
        2,
        "the old and the new"
    );
}

fn remove(world: &mut World, person: usize, contact: &str) {
    let contact = contact.to_owned();
    let removed = world.command(person, Command::RemoveContact { contact });
    assert_eq!(removed, Ok(Reply::Done));
}

#[test]
fn nothing_is_agreed_or_called_off_with_somebody_who_cannot_be_told_yet() {
    let mut world = World::acquainted();
    let open = world.schedule(0, "30 min with Robin next week").unwrap().id;
    world.auto(1);
    let agreed = world.schedule(0, "30 min with Robin next week").unwrap().id;
    world.auto(0);
    world.prefer(0, |preferences| {
        preferences.approve_meetings = Approval::Ask
    });
    // Robin's keys are lost; he waits for Alice, whose line is down.
    world.lose_sessions(1, true);
    let link = world.invitation(0);
    world.set_online(0, false);
    accept(&mut world, 1, &link).unwrap();
    assert_eq!(world.contacts(1)[0].state, ContactState::Waiting);
    let refused = world.approve(1, &open).unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::ContactNotReady);
    let refused = world.cancel(1, &agreed).unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::ContactNotReady);
    assert_eq!(world.meetings(1).len(), 1);
    // Once Alice is there again both can be said.
    world.set_online(0, true);
    world.advance(SignedDuration::from_mins(2));
    assert_eq!(world.contacts(1)[0].state, ContactState::Active);
    world.approve(1, &open).unwrap();
    world.cancel(1, &agreed).unwrap();
    for person in [0, 1] {
        let meetings = world.meetings(person);
        assert_eq!(meetings.len(), 1, "{person}");
        assert_eq!(meetings[0].proposal, Some(open.clone()), "{person}");
    }
}

#[test]
fn whoever_tried_a_used_invitation_is_not_taken_for_somebody_removed() {
    let mut world = World::strangers();
    let kim = world.person("Kim", "Europe/Berlin");
    let link = world.invitation(1);
    accept(&mut world, kim, &link).unwrap();
    assert_eq!(
        accept(&mut world, 0, &link),
        Err(ApiErrorCode::InvitationUsed)
    );
    assert_eq!(world.at(0).records(Store::Connections), 0);
    world.prefer(0, |preferences| {
        preferences.approve_contacts = Approval::Auto;
    });
    let link = world.invitation(0);
    accept(&mut world, 1, &link).unwrap();
    assert_eq!(world.contacts(0)[0].state, ContactState::Active);
}
