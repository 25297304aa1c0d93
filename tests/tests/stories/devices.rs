//! Whose devices somebody's are, and what an older list of them is worth.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_client_core::{
    api::ContactState,
    identity::Device,
};
use sotto_tests::{Outsider, World};

const ALICE: usize = 0;
const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";

fn a_device() -> Device {
    Device::generate(&mut ChaCha20Rng::seed_from_u64(8))
}

/// Alice and Robin, who had a second device and does not have it any more, and who stole it.
fn after_a_theft() -> (World, Outsider) {
    let mut world = World::strangers();
    let stolen = a_device();
    let with_it = world.sign_devices(ROBIN, &[&stolen]);
    world.sign_devices(ROBIN, &[]);
    world.introduce(ALICE, ROBIN);
    world.auto(ROBIN);
    let robin = world.status(ROBIN).account;
    (world, Outsider::new(&stolen, &robin, &with_it))
}

#[test]
fn a_device_that_was_removed_does_not_come_back_with_an_older_list() {
    let (mut world, mut thief) = after_a_theft();
    let link = world.invitation(ALICE);
    thief.accept(&mut world, ROBIN, &link, "Robin");
    let refused = world.history(ALICE).pop().unwrap();
    assert_eq!(
        (refused.kind.as_str(), refused.contact.name.as_str()),
        ("UNREADABLE", "Robin")
    );
    assert!(
        refused.summary.contains("a device that Robin has removed"),
        "{}",
        refused.summary
    );
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    world.restart(ALICE);
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(
        world.meetings(ROBIN).len(),
        1,
        "said to Robin, and to nobody else"
    );
}
