//! Meeting anew, with whoever cannot be read or reached, and what goes wrong meanwhile.

use jiff::SignedDuration;
use sotto_client_core::api::{Command, ContactState};
use sotto_protocol::error::ErrorCode;
use sotto_tests::World;

const ALICE: usize = 0;
const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";

/// Alice could not reach Robin.
fn unreachable() -> World {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown].into();
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Unreachable);
    world
}

#[test]
fn keys_that_were_made_anew_outlast_a_restart_before_the_relay_has_taken_the_handshake() {
    let mut world = unreachable();
    let link = world.invitation(ROBIN);
    world.relay.refuse_posts = [ErrorCode::RateLimited].into();
    world.send(ALICE, Command::AcceptInvitation { link });
    world.settle();
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Unreachable);
    world.restart(ALICE);
    world.advance(SignedDuration::from_mins(1));
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ALICE).len(), 1);
    assert_eq!(world.meetings(ROBIN).len(), 1);
}
