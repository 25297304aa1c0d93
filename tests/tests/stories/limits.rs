//! Every bound of a client, and what happens at it.

use jiff::{SignedDuration, ToSpan, civil::date};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::json;
use sotto_client_core::{
    api::{ApiErrorCode, Command, ContactState, ProposalState, Query, Reply},
    identity::{AccountKey, Device},
};
use sotto_protocol::{error::ErrorCode, id::MailboxId};
use sotto_tests::{Outsider, World, sign_list};

const ALICE: usize = 0;
const ROBIN: usize = 1;

#[test]
fn open_invitations() {
    let mut world = World::strangers();
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
    let mut world = World::strangers();
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
    let mut world = World::acquainted();
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
    let mut world = World::acquainted();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    while world.only_proposal(ROBIN).state == ProposalState::Approval {
        let proposal = world.only_proposal(ROBIN).id;
        world.suggest_another(ROBIN, &proposal);
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
    let mut world = World::strangers();
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

const ACCEPT_LIMIT: SignedDuration = SignedDuration::from_secs(15);
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);

#[test]
fn how_long_an_acceptance_waits_for_the_keys() {
    let mut world = World::strangers();
    let link = world.invitation(ALICE);
    let stores = world.at(ROBIN).stores();
    let seen = world.relay.seen.len();
    world.mute(ROBIN);
    let accept = Command::AcceptInvitation { link };
    let request = world.send(ROBIN, accept.clone());
    world.advance(ACCEPT_LIMIT - MILLISECOND);
    assert_eq!(world.reply(ROBIN, request), None);
    world.advance(MILLISECOND);
    let error = world.reply(ROBIN, request).unwrap().unwrap_err();
    assert_eq!(error.code, ApiErrorCode::RelayUnreachable, "{error}");

    // Nothing is left of it, and nothing goes out once the relay is there again.
    assert_eq!(world.unheard.len(), 1, "the keys were asked for once");
    assert_eq!(world.contacts(ROBIN), []);
    assert_eq!(world.at(ROBIN).stores(), stores);
    world.unmute(ROBIN);
    world.advance(SignedDuration::from_mins(2));
    assert!(world.settled(ROBIN));
    assert_eq!(world.contacts(ALICE), []);
    assert_eq!(world.relay.waiting(), 0);
    assert!(world.relay.seen.len() > seen, "it came back");
    assert!(
        world.command(ROBIN, accept).is_ok(),
        "the link is still good"
    );
    assert_eq!(world.contacts(ALICE).len(), 1);
}

#[test]
fn how_long_an_acceptance_waits_for_the_relay_to_take_it() {
    let mut world = World::strangers();
    let link = world.invitation(ALICE);
    // Tried again after 2, 6, 14 and 30 seconds.
    world.relay.refuse_posts = [ErrorCode::RateLimited; 4].into();
    let request = world.send(ROBIN, Command::AcceptInvitation { link });
    world.settle();
    world.advance(ACCEPT_LIMIT - MILLISECOND);
    assert_eq!(world.reply(ROBIN, request), None);
    world.advance(MILLISECOND);
    let reply = world.reply(ROBIN, request).unwrap();
    let Ok(Reply::Contact(contact)) = reply else {
        panic!("a contact, not {reply:?}");
    };
    assert_eq!(contact.state, ContactState::Waiting);
    assert_eq!(world.status(ROBIN).queued, 1, "it goes out when it can");
    world.advance(ACCEPT_LIMIT);
    assert_eq!(world.status(ROBIN).queued, 0);
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Requested);
}

#[test]
fn days_of_an_agenda() {
    let world = World::strangers();
    let from = date(2026, 11, 21);
    let ask = |days: i32| {
        let (from, to) = (Some(from), Some(from + days.days()));
        world.query(ALICE, &Query::Agenda { from, to })
    };
    assert!(ask(365).is_ok());
    let error = ask(366).unwrap_err();
    assert_eq!(error.code, ApiErrorCode::WindowImpossible, "{error}");
}

/// Mallory asks again and again, and takes none of the answers.
#[test]
fn what_waits_for_one_device_holds_up_nobody_else() {
    let mut world = World::acquainted();
    world.auto(ALICE);
    world.auto(ROBIN);
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let (account, device) = (AccountKey::generate(rng), Device::generate(rng));
    let list = sign_list(&account, 1, &[&device]);
    let mut mallory = Outsider::new(&device, &account.id(), &list);
    world.relay.fill(&MailboxId::from_bytes([0xee; 32]));
    let link = world.invitation(ALICE);
    let mut session = mallory.accept(&mut world, ROBIN, &link, "Mallory");
    let contact = "Mallory".to_owned();
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
    let alice = world.status(ALICE).account;
    let mailbox = world.relay.mailboxes_of(&alice).last().unwrap().to_vec();
    let query = json!({
        "title": "Now", "duration_minutes": 30, "time_zone": "UTC",
        "windows": [{"start": "2026-11-24T08:00:00Z", "end": "2026-11-24T17:00:00Z"}],
        "expires_at": "2026-11-24T08:00:00Z",
    });
    for _ in 0..QUERIES {
        let to = mailbox.clone();
        mallory.say(&mut world, ROBIN, &mut session, to, "QUERY", &query);
    }
    assert_eq!(world.status(ALICE).queued, 500);
    world
        .schedule(ROBIN, "half an hour with Alice next week")
        .unwrap();
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 2);
    let refused = world.schedule(ALICE, "half an hour with Mallory next week");
    assert_eq!(refused.unwrap_err().code, ApiErrorCode::LimitReached);

    // Whoever is removed is not waited for.
    let contact = "Mallory".to_owned();
    world
        .command(ALICE, Command::RemoveContact { contact })
        .unwrap();
    assert_eq!(world.status(ALICE).queued, 0);
}

/// More than wait for one device by so many that a relay, had it kept the rest, would hand over
/// nothing else.
const QUERIES: usize = 700;
