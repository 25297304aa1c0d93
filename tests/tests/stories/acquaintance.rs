//! How strangers become contacts, and how they do not.

use jiff::SignedDuration;
use sotto_client_core::{
    api::{Answer, ApiErrorCode, Approval, Command, ContactState, ContactView, Query, Reply},
    engine::Store,
};
use sotto_tests::World;

const NOW: &str = "2026-11-21T10:00:00Z";

fn two() -> World {
    let mut world = World::new(1, NOW);
    world.person("Alice", "Europe/Berlin");
    world.person("Robin", "Europe/Berlin");
    world
}

fn contacts(world: &World, person: usize) -> Vec<ContactView> {
    match world.query(person, &Query::Contacts) {
        Ok(Answer::Contacts(contacts)) => contacts,
        other => panic!("contacts, not {other:?}"),
    }
}

fn accept(world: &mut World, person: usize, link: &str) -> Result<Reply, ApiErrorCode> {
    let link = link.to_owned();
    world
        .command(person, Command::AcceptInvitation { link })
        .map_err(|error| error.code)
}

#[test]
fn an_invitation_makes_two_contacts_once_both_agreed() {
    let mut world = two();
    let link = world.invitation(0);
    assert!(accept(&mut world, 1, &link).is_ok());
    assert_eq!(contacts(&world, 1)[0].state, ContactState::Waiting);
    assert_eq!(contacts(&world, 0)[0].state, ContactState::Requested);
    assert_eq!(contacts(&world, 0)[0].name, "Robin");

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
    let (alice, robin) = (contacts(&world, 0).remove(0), contacts(&world, 1).remove(0));
    assert_eq!(
        (alice.state, robin.state),
        (ContactState::Active, ContactState::Active)
    );
    assert_eq!(alice.safety_number, robin.safety_number);
    assert_eq!(alice.safety_number.split(' ').count(), 12);
    assert!(world.at(0).settled() && world.at(1).settled());
    assert_eq!(world.relay.waiting(), 0);
}

#[test]
fn an_invitation_is_good_once_and_says_so() {
    let mut world = two();
    let carol = world.person("Carol", "UTC");
    let link = world.invitation(0);
    accept(&mut world, 1, &link).unwrap();
    assert_eq!(
        accept(&mut world, carol, &link),
        Err(ApiErrorCode::InvitationUsed)
    );
    assert_eq!(
        contacts(&world, carol),
        [],
        "nothing is left of the attempt"
    );
    assert_eq!(world.at(carol).records(Store::Mailboxes), 0);
    assert_eq!(world.at(carol).records(Store::Sessions), 0);
    // Accepting again what one accepted before changes nothing.
    assert!(accept(&mut world, 1, &link).is_ok());
    assert_eq!(contacts(&world, 1).len(), 1);
}

#[test]
fn an_invitation_for_three_lets_three_in() {
    let mut world = two();
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
    assert_eq!(contacts(&world, 0).len(), 3);
    assert_eq!(world.at(0).records(Store::Invitations), 0);
}

#[test]
fn an_expired_a_revoked_and_a_foreign_invitation_are_told_apart() {
    let mut world = two();
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
    let foreign = link.replace("relay.test", "other.test");
    assert_eq!(
        accept(&mut world, 1, &foreign),
        Err(ApiErrorCode::InvitationOtherRelay)
    );
    assert_eq!(
        accept(&mut world, 0, &link),
        Err(ApiErrorCode::InvitationOwn)
    );
    assert_eq!(
        accept(&mut world, 1, "hello"),
        Err(ApiErrorCode::InvitationInvalid)
    );
    assert!(
        accept(&mut world, 1, &link).is_ok(),
        "after all that the good one still works"
    );
}

#[test]
fn without_a_relay_nothing_is_lost() {
    let mut world = two();
    let link = world.invitation(0);
    world.set_online(1, false);
    assert_eq!(
        accept(&mut world, 1, &link),
        Err(ApiErrorCode::RelayUnreachable)
    );
    assert_eq!(contacts(&world, 1), []);
    world.set_online(1, true);
    assert!(accept(&mut world, 1, &link).is_ok());
}

#[test]
fn a_directory_that_lies_is_caught_by_the_link() {
    let mut world = two();
    let mallory = world.person("Mallory", "UTC");
    let link = world.invitation(0);
    world
        .relay
        .impersonate(&world.account(0), &world.account(mallory));
    assert_eq!(
        accept(&mut world, 1, &link),
        Err(ApiErrorCode::IdentityMismatch)
    );
    assert_eq!(contacts(&world, 1), []);
}

#[test]
fn whoever_is_blocked_is_not_heard_again() {
    let mut world = two();
    world.introduce(0, 1);
    world
        .command(
            0,
            Command::BlockContact {
                contact: "Robin".into(),
            },
        )
        .unwrap();
    assert_eq!(contacts(&world, 0)[0].state, ContactState::Blocked);
    // Robin's agent learns that the mailbox is gone when it posts.
    let proposal = world
        .schedule(1, "half an hour with Alice next week")
        .unwrap();
    assert_eq!(world.proposals(1)[0].id, proposal.id);
    assert_eq!(contacts(&world, 1)[0].state, ContactState::Declined);
    assert!(
        !world
            .history(0)
            .iter()
            .any(|message| message.kind == "QUERY")
    );
    let again = world
        .schedule(0, "half an hour with Robin next week")
        .unwrap_err();
    assert_eq!(again.code, ApiErrorCode::NotFound, "{again}");
}

#[test]
fn somebody_blocked_is_let_in_again_only_by_an_invitation_and_the_user() {
    let mut world = two();
    world.introduce(0, 1);
    let Ok(Answer::Preferences(mut preferences)) = world.query(0, &Query::Preferences) else {
        panic!("preferences");
    };
    preferences.approve_contacts = Approval::Auto;
    world
        .command(0, Command::SetPreferences { preferences })
        .unwrap();
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
    let before = contacts(&world, 1)[0].id.clone();

    let link = world.invitation(0);
    accept(&mut world, 1, &link).unwrap();
    assert_eq!(contacts(&world, 0).len(), 1);
    assert_eq!(
        contacts(&world, 0)[0].state,
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
    assert_eq!(contacts(&world, 1)[0].state, ContactState::Active);
    assert_eq!(
        contacts(&world, 1)[0].id,
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
    let mut world = two();
    let (to_robin, to_alice) = (world.invitation(0), world.invitation(1));
    accept(&mut world, 1, &to_robin).unwrap();
    accept(&mut world, 0, &to_alice).unwrap();
    for person in 0..2 {
        assert_eq!(contacts(&world, person).len(), 1);
        assert_eq!(contacts(&world, person)[0].state, ContactState::Active);
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
    let mut world = two();
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
        (contacts(&world, 1)[0].id.clone(), "Alice")
    );
    let contact = known.name;
    world.command(1, Command::BlockContact { contact }).unwrap();
    assert_eq!(inviter(&world), None);
}
