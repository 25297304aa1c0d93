//! Somebody comes under the name of a contact, with another account key: they have lost theirs and
//! begun anew, are somebody else, or pretend.

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use sotto_client_core::api::{
    Answer, ApiErrorCode, Approval, Command, ContactState, ContactView, HoldDecision, HoldKind,
    InvitationLink, InvitationPreview, MessageStatus, ProposalState, Query,
};
use sotto_tests::World;

use crate::holds::{ALICE, ROBIN, WISH, decide, posts, told};

/// Alice, Robin whom she knows, and another Robin. She lets people in without being asked.
fn two_robins() -> (World, usize) {
    let mut world = World::acquainted();
    world.prefer(ALICE, |preferences| {
        preferences.approve_contacts = Approval::Auto;
    });
    let other = world.person("robin ", "UTC");
    (world, other)
}

fn uses_invitation(world: &mut World, person: usize) {
    let link = world.invitation(ALICE);
    world
        .command(person, Command::AcceptInvitation { link })
        .unwrap();
}

/// The one whom Alice knew, and the other one.
fn both(world: &World) -> (ContactView, ContactView) {
    let contacts = world.contacts(ALICE).into_iter();
    let (old, new): (Vec<_>, Vec<_>) = contacts.partition(|known| known.name == "Robin");
    (old[0].clone(), new[0].clone())
}

fn inspect(world: &World, link: &InvitationLink) -> InvitationPreview {
    let link = link.clone();
    match world.query(ALICE, &Query::InspectInvitation { link }) {
        Ok(Answer::InvitationPreview(preview)) => preview,
        other => panic!("a preview, not {other:?}"),
    }
}

#[test]
fn somebody_who_comes_under_a_contact_s_name_stops_sending_and_is_not_let_in() {
    let (mut world, other) = two_robins();
    uses_invitation(&mut world, other);
    for _ in 0..2 {
        let (old, new) = both(&world);
        let hold = old.hold.unwrap();
        assert_eq!(hold.kind, HoldKind::AccountChanged);
        assert_eq!(hold.other.unwrap().id, new.id);
        assert_eq!(new.same_name.unwrap().id, old.id);
        assert_eq!(
            (old.state, new.state),
            (ContactState::Active, ContactState::Requested)
        );
        assert_eq!(new.hold, None);
        assert_eq!(world.status(ALICE).waiting_for_you, 2);
        let refused = world
            .schedule(ALICE, &WISH.replace("Robin", &old.id))
            .unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::ContactHeld, "{refused}");
        let contact = new.id;
        let refused = world.command(ALICE, Command::ApproveContact { contact });
        assert_eq!(refused.unwrap_err().code, ApiErrorCode::ContactHeld);
        world.restart(ALICE);
    }
    let before = posts(&world);
    world
        .schedule(ROBIN, "half an hour with Alice next week")
        .unwrap();
    assert_eq!(posts(&world), before, "he is not answered");
}

#[test]
fn two_people_of_one_name_stay_two() {
    let (mut world, other) = two_robins();
    uses_invitation(&mut world, other);
    // Named by what both are called: the one about whom something is to be decided is meant.
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    let (old, new) = both(&world);
    assert_eq!((old.hold, new.same_name), (None, None));
    assert_eq!(new.state, ContactState::Requested, "she is asked, as ever");
    let contact = new.id.clone();
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
    // The same two are not asked about again, though they meet anew, or come back.
    world.lose_sessions(other, true);
    uses_invitation(&mut world, other);
    let contact = new.id.clone();
    world
        .command(ALICE, Command::RemoveContact { contact })
        .unwrap();
    world.lose_sessions(other, true);
    uses_invitation(&mut world, other);
    let (old, new) = both(&world);
    assert_eq!((old.hold, new.same_name), (None, None));
    assert_eq!(
        told(&world),
        [
            "Sending to Robin was stopped: somebody who is called Robin as well came with another account key.",
            "You decided about Robin: there are two people who are called Robin.",
        ]
    );
}

#[test]
fn somebody_who_has_begun_anew_takes_the_place_of_whom_they_were() {
    let (mut world, other) = two_robins();
    let open = world.schedule(ALICE, WISH).unwrap();
    let (old, _) = (world.contacts(ALICE).remove(0), ());
    for command in [
        Command::VerifyContact {
            contact: old.id.clone(),
            verified: true,
        },
        Command::RenameContact {
            contact: old.id.clone(),
            name: "Rob".to_owned(),
        },
    ] {
        world.command(ALICE, command).unwrap();
    }
    uses_invitation(&mut world, other);
    let now = decide(&mut world, "Rob", HoldDecision::Take).unwrap();
    world.restart(ALICE);
    let contacts = world.contacts(ALICE);
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    assert_eq!(contacts[0].id, now.id);
    assert_ne!(now.id, old.id);
    assert_eq!(now.name, "Rob");
    assert_eq!(now.state, ContactState::Active, "as the one before was");
    assert!(!now.verified && now.was_verified);
    assert_eq!((&now.hold, &now.same_name), (&None, &None));
    let ended = world.only_proposal(ALICE);
    assert_eq!((ended.id, ended.state), (open.id, ProposalState::Cancelled));
    assert_eq!(
        told(&world).pop().unwrap(),
        "You decided about Rob: the one who came with another account key is Rob."
    );
    world.auto(other);
    world
        .schedule(ALICE, "half an hour with Rob next week")
        .unwrap();
    assert_eq!(world.meetings(other).len(), 1);
    // Whoever has the old key is the newcomer now.
    world.lose_sessions(ROBIN, true);
    uses_invitation(&mut world, ROBIN);
    let held = world.contacts(ALICE);
    let held = held.iter().find(|contact| contact.id == now.id).unwrap();
    let hold = held.hold.as_ref().unwrap();
    assert_eq!(hold.other.as_ref().unwrap().id, old.id);
}

#[test]
fn what_waits_for_the_one_before_is_not_sent() {
    let (mut world, other) = two_robins();
    uses_invitation(&mut world, other);
    world
        .schedule(ROBIN, "half an hour with Alice next week")
        .unwrap();
    let before = posts(&world);
    assert_eq!(both(&world).0.hold.unwrap().waiting, 1);
    decide(&mut world, "Robin", HoldDecision::Take).unwrap();
    world.advance(SignedDuration::from_mins(5));
    assert_eq!(posts(&world), before);
    let answer = world.history(ALICE).into_iter();
    let mut answer = answer.filter(|line| line.kind == "RESPONSE");
    assert_eq!(answer.next().unwrap().status, MessageStatus::Failed);
}

#[test]
fn whoever_takes_the_place_of_one_of_two_is_not_the_other() {
    let (mut world, second) = two_robins();
    uses_invitation(&mut world, second);
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    let (first, new) = both(&world);
    let contact = new.id;
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
    let third = world.person("Robin", "UTC");
    uses_invitation(&mut world, third);
    let held = |world: &World| {
        let contacts = world.contacts(ALICE).into_iter();
        contacts.filter(|known| known.hold.is_some()).count()
    };
    assert_eq!(held(&world), 2);
    decide(&mut world, &first.id, HoldDecision::Take).unwrap();
    assert_eq!(held(&world), 0);
    assert_eq!(world.contacts(ALICE).len(), 2);
}

#[test]
fn an_invitation_says_that_somebody_of_that_name_is_known() {
    let (mut world, other) = two_robins();
    let link = world.invitation(other);
    let (old, _) = (world.contacts(ALICE).remove(0), ());
    let preview = inspect(&world, &link);
    assert_eq!(preview.contact, None);
    assert_eq!(preview.same_name.unwrap().id, old.id);
    let his = world.invitation(ROBIN);
    assert_eq!(inspect(&world, &his).same_name, None);

    // One that somebody else has used stops nothing.
    let used = world.invitation(other);
    let kim = world.person("Kim", "UTC");
    for person in [kim, ALICE] {
        let link = used.clone();
        let _ = world.command(person, Command::AcceptInvitation { link });
    }
    assert_eq!(world.contacts(ALICE).len(), 1);
    assert_eq!(world.contacts(ALICE)[0].hold, None);

    world
        .command(ALICE, Command::AcceptInvitation { link: link.clone() })
        .unwrap();
    let (old, new) = both(&world);
    assert_eq!(old.hold.unwrap().kind, HoldKind::AccountChanged);
    assert_eq!(new.state, ContactState::Waiting);
    // An invitation of the one who is held is not used either.
    let refused = world.command(ALICE, Command::AcceptInvitation { link: his });
    assert_eq!(refused.unwrap_err().code, ApiErrorCode::ContactHeld);
    let contact = new.id;
    world
        .command(ALICE, Command::BlockContact { contact })
        .unwrap();
    assert_eq!(both(&world).0.hold, None, "whom she blocks is nobody else");
}

/// The invitation under another name; nobody signs it.
fn renamed(link: &InvitationLink, name: &str) -> InvitationLink {
    let (relay, fragment) = link.as_str().split_once("#invite=").unwrap();
    let mut fragment = BASE64URL_NOPAD.decode(fragment.as_bytes()).unwrap();
    fragment.truncate(105);
    fragment.extend(name.as_bytes());
    let checksum = Sha256::digest(&fragment);
    fragment.extend(&checksum[..4]);
    format!("{relay}#invite={}", BASE64URL_NOPAD.encode(&fragment)).into()
}

#[test]
fn a_name_that_is_told_only_after_the_invitation_is_compared_too() {
    let (mut world, other) = two_robins();
    let link = renamed(&world.invitation(other), "Kim");
    assert_eq!(inspect(&world, &link).same_name, None);
    world
        .command(ALICE, Command::AcceptInvitation { link })
        .unwrap();
    assert_eq!(world.contacts(ALICE).len(), 2);
    assert!(
        world
            .contacts(ALICE)
            .iter()
            .all(|known| known.hold.is_none())
    );
    let contact = "Alice".to_owned();
    world
        .command(other, Command::ApproveContact { contact })
        .unwrap();
    let (old, new) = both(&world);
    assert_eq!(old.hold.unwrap().other.unwrap().id, new.id);
}

#[test]
fn whoever_has_the_name_of_somebody_blocked_is_not_let_in_unasked() {
    let (mut world, other) = two_robins();
    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::BlockContact { contact })
        .unwrap();
    uses_invitation(&mut world, other);
    let (old, new) = both(&world);
    assert_eq!((old.hold, new.state), (None, ContactState::Requested));
    let contact = new.id;
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
}
