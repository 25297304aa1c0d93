//! Every bound of a client, and what happens at it.

use sotto_client_core::api::{ApiErrorCode, Command, ProposalState, Reply};
use sotto_tests::World;

const ALICE: usize = 0;
const ROBIN: usize = 1;

fn two() -> World {
    let mut world = World::new(7, "2026-11-21T10:00:00Z");
    world.person("Alice", "Europe/Berlin");
    world.person("Robin", "Europe/Berlin");
    world
}

#[test]
fn open_invitations() {
    let mut world = two();
    for _ in 0..100 {
        world.invite(ALICE, 1).unwrap();
    }
    let error = world.invite(ALICE, 1).unwrap_err();
    assert_eq!(error.code, ApiErrorCode::LimitReached);
    for uses in [0, 101] {
        let error = world.invite(ROBIN, uses).unwrap_err();
        assert_eq!(error.code, ApiErrorCode::ValueInvalid, "{uses}");
    }
    for hours in [0, 721] {
        let invite = Command::Invite {
            uses: None,
            valid_hours: Some(hours),
        };
        let error = world.command(ROBIN, invite).unwrap_err();
        assert_eq!(error.code, ApiErrorCode::ValueInvalid, "{hours}");
    }
}

#[test]
fn contacts_whom_invitations_may_bring_included() {
    let mut world = two();
    let link = world.invitation(ROBIN);
    let mut last = None;
    for _ in 0..10 {
        last = Some(world.invite(ALICE, 100).unwrap());
    }
    let accept = Command::AcceptInvitation { link };
    let error = world.command(ALICE, accept.clone()).unwrap_err();
    assert_eq!(error.code, ApiErrorCode::LimitReached);
    assert_eq!(
        world.invite(ALICE, 1).unwrap_err().code,
        ApiErrorCode::LimitReached
    );
    assert_eq!(world.contacts(ROBIN), [], "Robin heard nothing of it");

    let Some(Reply::Invitation(last)) = last else {
        panic!("an invitation");
    };
    let invitation = last.id;
    world
        .command(ALICE, Command::RevokeInvitation { invitation })
        .unwrap();
    world.command(ALICE, accept).unwrap();
    assert_eq!(world.contacts(ALICE).len(), 1);
    assert_eq!(world.invite(ALICE, 99).map(|_| ()), Ok(()));
    assert_eq!(
        world.invite(ALICE, 1).unwrap_err().code,
        ApiErrorCode::LimitReached
    );
}

#[test]
fn open_proposals_with_one_contact() {
    let mut world = two();
    world.introduce(ALICE, ROBIN);
    // Fifteen from each side, before either hears of the other's.
    world.set_online(ALICE, false);
    for _ in 0..15 {
        world
            .schedule(ALICE, "half an hour with Robin next week")
            .unwrap();
        world
            .schedule(ROBIN, "half an hour with Alice next week")
            .unwrap();
    }
    world.set_online(ALICE, true);
    for person in [ALICE, ROBIN] {
        let proposals = world.proposals(person);
        let open = proposals.iter().filter(|proposal| {
            !matches!(
                proposal.state,
                ProposalState::Rejected | ProposalState::Cancelled | ProposalState::Expired
            )
        });
        let open = open.count();
        assert!(open <= 20, "{open}");
        // What found no room was answered, not passed over.
        let told = proposals.iter().filter(|proposal| {
            let reason = proposal.reason.as_deref().unwrap_or_default();
            reason.contains("Too many proposals are open")
        });
        assert_ne!(told.count(), 0);
    }
    for _ in 0..20 {
        let _ = world.schedule(ALICE, "half an hour with Robin in two weeks");
    }
    let error = world
        .schedule(ALICE, "half an hour with Robin in two weeks")
        .unwrap_err();
    assert_eq!(error.code, ApiErrorCode::LimitReached, "{error}");
}

#[test]
fn rounds_of_one_negotiation() {
    let mut world = two();
    world.introduce(ALICE, ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    while world.only_proposal(ROBIN).state == ProposalState::Approval {
        let reject = Command::Reject {
            proposal: world.only_proposal(ROBIN).id,
            reason: None,
            suggest_another: true,
        };
        world.command(ROBIN, reject).unwrap();
    }
    for person in [ALICE, ROBIN] {
        let said = world.history(person);
        let proposals = said.iter().filter(|message| message.kind == "PROPOSAL");
        assert_eq!(proposals.count(), 8);
        assert_eq!(world.only_proposal(person).state, ProposalState::Rejected);
    }
}

#[test]
fn imported_calendars() {
    let mut world = two();
    let event = [("20261124T080000Z", "20261124T090000Z")];
    for number in 0..50 {
        let name = format!("Calendar {number}");
        world.import_as(ALICE, &name, &event).unwrap();
    }
    let error = world.import_as(ALICE, "One more", &event).unwrap_err();
    assert_eq!(error.code, ApiErrorCode::LimitReached);
    assert!(world.import_as(ALICE, "Calendar 7", &event).is_ok());
    assert_eq!(world.agenda(ALICE).len(), 50);
}
