//! Somebody's vault is put back to an older copy: whoever wants to meet them can.

use jiff::SignedDuration;
use sotto_client_core::api::{Command, ContactState};
use sotto_protocol::frames::{FetchPrekeys, client_frame::Body as Ask, server_frame::Body};
use sotto_tests::{NOW, World};

const ALICE: usize = 0;
const TAKER: usize = 1;
const A_MOMENT: SignedDuration = SignedDuration::from_secs(5);

fn world() -> World {
    let mut world = World::new(7, NOW);
    for name in ["Alice", "Taker"] {
        world.person(name, "Europe/Berlin");
    }
    world.advance(SignedDuration::from_mins(2));
    world
}

/// Whether whoever uses an invitation of Alice's becomes her contact at once.
fn is_met(world: &mut World, name: &str) -> bool {
    let guest = world.person(name, "Europe/Berlin");
    let link = world.invitation(ALICE);
    let accepted = world.command(guest, Command::AcceptInvitation { link });
    world.advance(A_MOMENT);
    let contact = name.to_owned();
    let approved = world.command(ALICE, Command::ApproveContact { contact });
    world.advance(A_MOMENT);
    let active = |contact: &ContactState| *contact == ContactState::Active;
    let states = world.contacts(guest).into_iter().map(|found| found.state);
    accepted.is_ok() && approved.is_ok() && states.collect::<Vec<_>>().iter().any(active)
}

fn is_met_by_all(world: &mut World) -> bool {
    ["Robin", "Kim", "Lee"].map(|name| is_met(world, name)) == [true; 3]
}

/// Somebody fetches keys of hers, so that they are filled up again.
fn use_up_keys(world: &mut World, count: usize) {
    let account = world.status(ALICE).account.to_vec();
    for _ in 0..count {
        world.advance(SignedDuration::from_secs(1));
        let fetch = FetchPrekeys {
            account: account.clone(),
            devices: Vec::new(),
        };
        let fetched = world.ask_relay(TAKER, Ask::FetchPrekeys(fetch));
        assert!(matches!(fetched, Body::Prekeys(_)));
    }
}

/// The next signed prekey gets the id of the one that the relay has, and is another key.
#[test]
fn whoever_is_put_back_over_a_rotation_can_be_met() {
    let mut world = world();
    let copy = world.copy_of(ALICE);
    world.advance(SignedDuration::from_hours(24 * 8));
    world.put_back(ALICE, copy);
    world.advance(SignedDuration::from_mins(2));
    assert!(is_met_by_all(&mut world));
    world.advance(SignedDuration::from_hours(24 * 8));
    assert!(is_met(&mut world, "Max"));
}

/// The relay has one-time keys whose secrets are gone, under the same signed prekey.
#[test]
fn whoever_is_put_back_over_a_refill_can_be_met() {
    let mut world = world();
    let copy = world.copy_of(ALICE);
    use_up_keys(&mut world, 50);
    world.advance(SignedDuration::from_hours(13));
    world.put_back(ALICE, copy);
    world.advance(SignedDuration::from_mins(2));
    assert!(is_met_by_all(&mut world));
}

/// Before and after each change that is stored, and each frame, of the first minutes afterwards.
#[test]
fn whoever_is_put_back_can_be_met_whatever_ends_meanwhile() {
    for number in 0.. {
        let mut world = world();
        let copy = world.copy_of(ALICE);
        use_up_keys(&mut world, 30);
        world.advance(SignedDuration::from_hours(24 * 8));
        world.put_back(ALICE, copy);
        for _ in 0..number {
            world.advance(SignedDuration::from_millis(20));
        }
        world.restart(ALICE);
        world.advance(SignedDuration::from_mins(2));
        assert!(is_met(&mut world, "Robin"), "{number}");
        if number == 12 {
            break;
        }
    }
}
