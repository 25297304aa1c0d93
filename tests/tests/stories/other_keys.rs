//! Introductions that nobody answers, as their keys were used by somebody else, or as they or their
//! answers were lost: they are said again, in other keys.

use jiff::SignedDuration;
use sotto_tests::{Outsider, World};

use crate::siblings::{ALICE, MOMENT, ROBIN, all_hear_all, contacts, of_kind, reaches};

/// Whether nobody was asked about anything.
fn nobody_is_held(world: &World, devices: &[usize]) -> bool {
    let mut all = devices.iter().flat_map(|device| world.contacts(*device));
    all.all(|contact| contact.hold.is_none())
}

#[test]
fn keys_that_somebody_else_has_used_are_replaced_by_others() {
    for (lies_for_days, met_by_day) in [(0, 1), (1, 2), (3, 30)] {
        let days = |n: i64| SignedDuration::from_hours(24 * n);
        let mut world = contacts();
        let (alice, _) = world.stolen_keys(ALICE);
        world.relay.hand_out_twice(&alice.id());
        let phone = world.add_device(ROBIN, false, "Phone");
        let tablet = world.add_device(ROBIN, false, "Tablet");
        // She could not open what the second one said, and does not know who it was.
        assert_eq!(reaches(&world, &[ALICE, phone, tablet]), [2, 1, 0]);
        world.restart(tablet);
        world.advance(days(lies_for_days) + SignedDuration::from_hours(1));
        world.relay.hand_out_once(&alice.id());
        world.advance(days(met_by_day - lies_for_days));
        let case = format!("{lies_for_days}");
        assert_eq!(
            reaches(&world, &[ALICE, phone, tablet]),
            [3, 1, 1],
            "{case}"
        );
        assert!(
            nobody_is_held(&world, &[ALICE, ROBIN, phone, tablet]),
            "{case}"
        );
        world.advance(SignedDuration::from_mins(5));
        world.restart(tablet);
        world.restart(ALICE);
        all_hear_all(&mut world, &[ALICE], &[ROBIN, phone, tablet], &case);
    }
}

#[test]
fn keys_of_the_device_that_showed_a_link_are_replaced_as_well() {
    for (lies_for_days, met_by_day) in [(0, 1), (3, 30)] {
        let days = |n: i64| SignedDuration::from_hours(24 * n);
        let mut world = contacts();
        let (robin, _) = world.stolen_keys(ROBIN);
        // What the link used up is handed out again for the introduction.
        world.relay.hand_out_twice(&robin.id());
        let phone = world.add_device(ROBIN, false, "Phone");
        assert_eq!(world.contacts(phone), []);
        world.advance(days(lies_for_days));
        world.relay.hand_out_once(&robin.id());
        world.advance(days(met_by_day - lies_for_days) + SignedDuration::from_hours(1));
        let case = format!("{lies_for_days}");
        assert_eq!(reaches(&world, &[ALICE, ROBIN, phone]), [2, 1, 1], "{case}");
        all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], &case);
    }
}

#[test]
fn an_introduction_whose_answer_was_lost_is_answered_again_whichever_keys_it_is_in() {
    let mut world = contacts();
    let (robin, _) = world.stolen_keys(ROBIN);
    world.set_online(ALICE, false);
    let phone = world.add_device(ROBIN, false, "Phone");
    let hers: Vec<_> = world.relay.mailboxes_of(&robin.id()).to_vec();
    hers.iter()
        .for_each(|mailbox| world.relay.withhold(mailbox));
    world.set_online(ALICE, true);
    world.advance(MOMENT);
    assert_eq!(reaches(&world, &[ALICE, phone]), [2, 0], "she has answered");
    hers.iter()
        .for_each(|mailbox| world.relay.let_through(mailbox));
    world.advance(SignedDuration::from_hours(25));
    assert_eq!(reaches(&world, &[ALICE, ROBIN, phone]), [2, 1, 1]);
    assert!(nobody_is_held(&world, &[ALICE, ROBIN, phone]));
    assert_eq!(of_kind(&world, ALICE, "DEVICE").len(), 1);
    all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], "answered again");
}

#[test]
fn an_introduction_of_which_every_part_is_lost_once_asks_nobody() {
    let days = |n: i64| SignedDuration::from_hours(24 * n);
    let mut world = contacts();
    let [(alice, _), (robin, _)] = [ALICE, ROBIN].map(|person| world.stolen_keys(person));
    let way = *world.relay.mailboxes_of(&alice.id()).last().unwrap();
    world.relay.withhold(&way);
    let phone = world.add_device(ROBIN, false, "Phone");
    world.relay.let_through(&way);
    let hers: Vec<_> = world.relay.mailboxes_of(&robin.id()).to_vec();
    hers.iter()
        .for_each(|mailbox| world.relay.withhold(mailbox));
    // What comes after a day, in other keys, she answers; of that the phone hears nothing. After four it
    // says it in the first ones, of which she has heard nothing yet.
    world.advance(days(5));
    assert_eq!(reaches(&world, &[ALICE, phone]), [2, 0]);
    assert!(nobody_is_held(&world, &[ALICE, ROBIN, phone]));
    hers.iter()
        .for_each(|mailbox| world.relay.let_through(mailbox));
    world.advance(days(4));
    assert_eq!(reaches(&world, &[ALICE, ROBIN, phone]), [2, 1, 1]);
    world.deliver_later(&way);
    hers.iter().for_each(|mailbox| world.deliver_later(mailbox));
    assert!(nobody_is_held(&world, &[ALICE, ROBIN, phone]));
    all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], "in the end");
}

#[test]
fn an_introduction_is_not_said_again_by_older_keys() {
    let hours = SignedDuration::from_hours;
    let mut world = contacts();
    let (alice, _) = world.stolen_keys(ALICE);
    let old = Outsider::fetch(&mut world, ROBIN, &alice.id());
    world.advance(hours(8 * 24));
    let way = *world.relay.mailboxes_of(&alice.id()).last().unwrap();
    world.relay.withhold(&way);
    let phone = world.add_device(ROBIN, false, "Phone");
    world.relay.let_through(&way);
    world.relay.serve_prekeys(&alice.id(), &old);
    world.advance(hours(25));
    assert_eq!(reaches(&world, &[phone]), [0]);
    let why = world.status(phone).connection_detail.unwrap();
    assert!(why.contains("serves older keys of Alice’s device"), "{why}");
    world.relay.hand_out_once(&alice.id());
    world.advance(hours(2));
    assert_eq!(reaches(&world, &[ALICE, phone]), [2, 1]);
}
