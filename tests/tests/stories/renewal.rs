//! Meeting anew, with whoever cannot be read or reached, and what goes wrong meanwhile.

use jiff::SignedDuration;
use sotto_client_core::api::{Command, ContactState};
use sotto_client_core::engine::Store;
use sotto_protocol::error::ErrorCode;
use sotto_tests::{Fault, World};

const ALICE: usize = 0;
const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";

/// Alice could not reach Robin.
fn unreachable() -> World {
    let mut world = World::acquainted();
    world.auto(ALICE);
    world.auto(ROBIN);
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown].into();
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Unreachable);
    world
}

/// That both reach each other, and nothing is left over.
fn both_talk(world: &mut World, case: &str) {
    for (person, wish) in [(ALICE, WISH), (ROBIN, "an hour with Alice next week")] {
        let known = world.contacts(person);
        assert_eq!(known.len(), 1, "{case}");
        assert_eq!(known[0].state, ContactState::Active, "{case}: {person}");
        assert_eq!(known[0].unreadable, 0, "{case}: {person}");
        world.schedule(person, wish).unwrap();
    }
    world.advance(SignedDuration::from_secs(1));
    for person in [ALICE, ROBIN] {
        assert_eq!(world.meetings(person).len(), 2, "{case}: {person}");
        let at = world.at(person);
        assert_eq!(at.records(Store::Sessions), 1, "{case}: {person}");
        assert_eq!(at.records(Store::Connections), 3, "{case}: {person}");
        assert_eq!(world.status(person).queued, 0, "{case}: {person}");
    }
}

#[test]
fn whatever_goes_wrong_when_people_meet_anew_they_do() {
    for fault in [
        Fault::EndBeforeCommit,
        Fault::EndAfterCommit,
        Fault::CutBeforeFrame,
    ] {
        for person in [ALICE, ROBIN] {
            for input in 1.. {
                let case = format!("{person}, {fault:?} {input}");
                let mut world = unreachable();
                let link = world.invitation(ROBIN);
                world.fault_at(person, input, fault);
                // Whoever got no answer asks again.
                let accept = Command::AcceptInvitation { link };
                let first = world.try_command(ALICE, accept.clone());
                first
                    .or_else(|| world.try_command(ALICE, accept))
                    .expect("an answer the second time")
                    .unwrap();
                world.advance(SignedDuration::from_secs(2));
                if world.fault_is_ahead() {
                    assert!(input > 3, "a story of only {input} inputs");
                    break;
                }
                both_talk(&mut world, &case);
            }
        }
    }
}

#[test]
fn until_the_relay_has_the_handshake_the_old_keys_serve() {
    let mut world = unreachable();
    let link = world.invitation(ROBIN);
    world.relay.refuse_posts = [ErrorCode::RateLimited].into();
    world.send(ALICE, Command::AcceptInvitation { link });
    world.settle();
    world.restart(ALICE);
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Unreachable);
    world
        .schedule(ROBIN, "two hours with Alice next week")
        .unwrap();
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    world.advance(SignedDuration::from_mins(1));
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ALICE).len(), 2);
    assert_eq!(world.meetings(ROBIN).len(), 2);
}
