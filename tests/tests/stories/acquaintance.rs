//! How strangers become contacts, and how they do not.

use jiff::SignedDuration;
use sotto_client_core::{
    api::{
        Answer, ApiErrorCode, Approval, Command, ContactState, HoldDecision, InvitationLink, Query,
        Reply,
    },
    engine::Store,
};
use sotto_tests::World;

use crate::holds::decide;

pub(crate) fn accept(
    world: &mut World,
    person: usize,
    link: &InvitationLink,
) -> Result<Reply, ApiErrorCode> {
    let link = link.clone();
    world
        .command(person, Command::AcceptInvitation { link })
        .map_err(|error| error.code)
}

#[test]
fn an_invitation_makes_two_contacts_once_both_agreed() {
    let mut world = World::strangers();
    let link = world.invitation(0);
    assert!(accept(&mut world, 1, &link).is_ok());
    assert_eq!(world.contacts(1)[0].state, ContactState::Waiting);
    assert_eq!(world.contacts(0)[0].state, ContactState::Requested);
    assert_eq!(world.contacts(0)[0].name, "Robin");

    // Nobody is talked to before the user said so.
    let early = world
        .schedule(1, "half an hour with Alice next week")
        .unwrap_err();
    assert_eq!(early.code, ApiErrorCode::ContactNotReady);

    world
        .command(
            0,
            Command::ApproveContact {
                contact: "robin".into(),
            },
        )
        .unwrap();
    let (alice, robin) = (world.contacts(0).remove(0), world.contacts(1).remove(0));
    assert_eq!(
        (alice.state, robin.state),
        (ContactState::Active, ContactState::Active)
    );
    assert_eq!(alice.safety_number, robin.safety_number);
    assert_eq!(alice.safety_number.split(' ').count(), 12);
    assert!(world.settled(0) && world.settled(1));
    assert_eq!(world.relay.waiting(), 0);
}

#[test]
fn an_invitation_is_good_once_and_says_so() {
    let mut world = World::strangers();
    let carol = world.person("Carol", "UTC");
    let link = world.invitation(0);
    accept(&mut world, 1, &link).unwrap();
    assert_eq!(
        accept(&mut world, carol, &link),
        Err(ApiErrorCode::InvitationUsed)
    );
    assert_eq!(world.contacts(carol), [], "nothing is left of the attempt");
    assert_eq!(world.at(carol).records(Store::Mailboxes), 0);
    assert_eq!(world.at(carol).records(Store::Sessions), 0);
    // Accepting again what one accepted before changes nothing.
    assert!(accept(&mut world, 1, &link).is_ok());
    assert_eq!(world.contacts(1).len(), 1);
}

#[test]
fn an_invitation_for_three_lets_three_in() {
    let mut world = World::strangers();
    let Ok(Reply::Invitation(invitation)) = world.command(
        0,
        Command::Invite {
            uses: Some(3),
            valid_hours: Some(1),
        },
    ) else {
        panic!("an invitation");
    };
    for name in ["B", "C", "D"] {
        let person = world.person(name, "UTC");
        accept(&mut world, person, &invitation.link).unwrap();
    }
    let last = world.person("E", "UTC");
    assert_eq!(
        accept(&mut world, last, &invitation.link),
        Err(ApiErrorCode::InvitationUsed)
    );
    assert_eq!(world.contacts(0).len(), 3);
    assert_eq!(world.at(0).records(Store::Invitations), 0);
}

#[test]
fn an_expired_a_revoked_and_a_foreign_invitation_are_told_apart() {
    let mut world = World::strangers();
    let link = world.invitation(0);
    world.advance(SignedDuration::from_hours(7 * 24));
    assert_eq!(
        accept(&mut world, 1, &link),
        Err(ApiErrorCode::InvitationExpired)
    );

    let Ok(Reply::Invitation(invitation)) = world.command(
        0,
        Command::Invite {
            uses: None,
            valid_hours: None,
        },
    ) else {
        panic!("an invitation");
    };
    world
        .command(
            0,
            Command::RevokeInvitation {
                invitation: invitation.id,
            },
        )
        .unwrap();
    assert_eq!(
        accept(&mut world, 1, &invitation.link),
        Err(ApiErrorCode::InvitationUsed)
    );

    let link = world.invitation(0);
    let foreign = link.as_str().replace("relay.test", "other.test").into();
    assert_eq!(
        accept(&mut world, 1, &foreign),
        Err(ApiErrorCode::InvitationOtherRelay)
    );
    assert_eq!(
        accept(&mut world, 0, &link),
        Err(ApiErrorCode::InvitationOwn)
    );
    assert_eq!(
        accept(&mut world, 1, &"hello".to_owned().into()),
        Err(ApiErrorCode::InvitationInvalid)
    );
    assert!(
        accept(&mut world, 1, &link).is_ok(),
        "after all that the good one still works"
    );
}

#[test]
fn without_a_relay_nothing_is_lost() {
    let mut world = World::strangers();
    let link = world.invitation(0);
    world.set_online(1, false);
    assert_eq!(
        accept(&mut world, 1, &link),
        Err(ApiErrorCode::RelayUnreachable)
    );
    assert_eq!(world.contacts(1), []);
    world.set_online(1, true);
    assert!(accept(&mut world, 1, &link).is_ok());
}

#[test]
fn a_directory_that_lies_is_caught_by_the_link() {
    let mut world = World::strangers();
    let mallory = world.person("Mallory", "UTC");
    let link = world.invitation(0);
    world
        .relay
        .impersonate(&world.status(0).account, &world.status(mallory).account);
    assert_eq!(
        accept(&mut world, 1, &link),
        Err(ApiErrorCode::IdentityMismatch)
    );
    assert_eq!(world.contacts(1), []);
}

#[test]
fn whoever_is_blocked_is_not_heard_again() {
    let mut world = World::strangers();
    world.introduce(0, 1);
    world
        .command(
            0,
            Command::BlockContact {
                contact: "Robin".into(),
            },
        )
        .unwrap();
    assert_eq!(world.contacts(0)[0].state, ContactState::Blocked);
    // Robin's agent learns that the mailbox is gone when it posts.
    let proposal = world
        .schedule(1, "half an hour with Alice next week")
        .unwrap();
    assert_eq!(world.proposals(1)[0].id, proposal.id);
    assert_eq!(world.contacts(1)[0].state, ContactState::Unreachable);
    assert!(
        !world
            .history(0)
            .iter()
            .any(|message| message.kind == "QUERY")
    );
    let again = world
        .schedule(0, "half an hour with Robin next week")
        .unwrap_err();
    assert_eq!(again.code, ApiErrorCode::ContactNotReady, "{again}");
    assert_eq!(again.message, "You blocked Robin.");
}

#[test]
fn somebody_blocked_is_let_in_again_only_by_an_invitation_and_the_user() {
    let mut world = World::strangers();
    world.introduce(0, 1);
    world.prefer(0, |preferences| {
        preferences.approve_contacts = Approval::Auto;
    });
    world
        .command(
            0,
            Command::BlockContact {
                contact: "Robin".into(),
            },
        )
        .unwrap();
    world
        .schedule(1, "half an hour with Alice next week")
        .unwrap();
    let before = world.contacts(1)[0].id.clone();

    let link = world.invitation(0);
    accept(&mut world, 1, &link).unwrap();
    assert_eq!(world.contacts(0).len(), 1);
    assert_eq!(
        world.contacts(0)[0].state,
        ContactState::Requested,
        "not by policy"
    );
    world
        .command(
            0,
            Command::ApproveContact {
                contact: "Robin".into(),
            },
        )
        .unwrap();
    assert_eq!(world.contacts(1)[0].state, ContactState::Active);
    assert_eq!(
        world.contacts(1)[0].id,
        before,
        "the history still knows who it was"
    );
    world
        .schedule(1, "half an hour with Alice next week")
        .unwrap();
    assert!(
        world
            .history(0)
            .iter()
            .any(|message| message.kind == "QUERY")
    );
}

#[test]
fn both_may_invite_each_other() {
    let mut world = World::strangers();
    let (to_robin, to_alice) = (world.invitation(0), world.invitation(1));
    accept(&mut world, 1, &to_robin).unwrap();
    accept(&mut world, 0, &to_alice).unwrap();
    for person in 0..2 {
        assert_eq!(world.contacts(person).len(), 1);
        assert_eq!(world.contacts(person)[0].state, ContactState::Active);
    }
    world
        .schedule(0, "half an hour with Robin next week")
        .unwrap();
    assert!(
        world
            .history(1)
            .iter()
            .any(|message| message.kind == "PROPOSAL")
    );
}

#[test]
fn an_invitation_is_known_as_that_of_a_contact() {
    let mut world = World::strangers();
    let link = world.invitation(0);
    let inviter = |world: &World| {
        let link = link.clone();
        match world.query(1, &Query::InspectInvitation { link }) {
            Ok(Answer::InvitationPreview(preview)) => preview.contact,
            other => panic!("a preview, not {other:?}"),
        }
    };
    assert_eq!(inviter(&world), None);
    accept(&mut world, 1, &link).unwrap();
    let known = inviter(&world).unwrap();
    assert_eq!(
        (known.id, known.name.as_str()),
        (world.contacts(1)[0].id.clone(), "Alice")
    );
    let contact = known.name;
    world.command(1, Command::BlockContact { contact }).unwrap();
    assert_eq!(inviter(&world), None);
}

#[test]
fn a_contact_is_called_as_the_user_likes() {
    let mut world = World::strangers();
    world.introduce(0, 1);
    let rename = |world: &mut World, contact: &str, name: &str| {
        let (contact, name) = (contact.to_owned(), name.to_owned());
        world.command(0, Command::RenameContact { contact, name })
    };
    rename(&mut world, "Robin", " Rob from work ").unwrap();
    world.restart(0);
    let known = world.contacts(0).remove(0);
    assert_eq!(known.name, "Rob from work");
    assert_eq!(known.their_name, "Robin");
    let request = sotto_client_core::api::ScheduleRequest {
        text: Some("half an hour next week".into()),
        with: Some("rob from work".into()),
        ..Default::default()
    };
    world.command(0, Command::Schedule { request }).unwrap();
    assert_eq!(world.only_proposal(0).contact.name, "Rob from work");
    assert_eq!(world.contacts(1)[0].name, "Alice", "nobody else sees it");

    let long = rename(&mut world, "Rob from work", &"x".repeat(201)).unwrap_err();
    assert_eq!(long.code, ApiErrorCode::ValueInvalid);
    rename(&mut world, "Rob from work", "").unwrap();
    assert_eq!(world.contacts(0)[0].name, "Robin");
}

#[test]
fn a_name_of_ones_own_outlasts_an_introduction() {
    let mut world = World::strangers();
    let link = world.invitation(0);
    accept(&mut world, 1, &link).unwrap();
    let (contact, name) = ("Alice".to_owned(), "Ali".to_owned());
    world
        .command(1, Command::RenameContact { contact, name })
        .unwrap();
    let contact = "Robin".to_owned();
    world
        .command(0, Command::ApproveContact { contact })
        .unwrap();
    let known = world.contacts(1).remove(0);
    assert_eq!(
        (known.name, known.state),
        ("Ali".into(), ContactState::Active)
    );
}

#[test]
fn two_of_one_name_are_told_apart_by_id_or_by_another_name() {
    let mut world = World::strangers();
    let other = world.person("Robin", "Europe/Berlin");
    world.introduce(0, 1);
    let link = world.invitation(0);
    accept(&mut world, other, &link).unwrap();
    let asking =
        |contact: &sotto_client_core::api::ContactView| contact.state == ContactState::Requested;
    let newer = world.contacts(0).into_iter().find(asking).unwrap().id;
    let contact = "Robin".to_owned();
    let unclear = world
        .command(0, Command::ApproveContact { contact })
        .unwrap_err();
    assert_eq!(unclear.code, ApiErrorCode::Ambiguous);
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    let contact = newer.clone();
    world
        .command(0, Command::ApproveContact { contact })
        .unwrap();
    let (contact, name) = (newer, "Robin S".to_owned());
    world
        .command(0, Command::RenameContact { contact, name })
        .unwrap();
    world
        .schedule(0, "half an hour with Robin S next week")
        .unwrap();
    assert_eq!(world.proposals(other).len(), 1);
    assert_eq!(world.proposals(1).len(), 0);
}

#[test]
fn the_mailbox_of_a_used_invitation_is_closed_when_its_time_is_over() {
    let mut world = World::strangers();
    world.introduce(0, 1);
    assert_eq!(world.at(0).records(Store::Mailboxes), 2);
    world.advance(SignedDuration::from_hours(7 * 24 + 1));
    assert_eq!(
        world.at(0).records(Store::Mailboxes),
        1,
        "that of the contact"
    );
}
