//! Who would like to be taken for another device of somebody, and what a relay can do about those
//! who are.

use jiff::SignedDuration;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use sotto_client_core::{
    api::{ConnectionState, MessageView},
    identity::Device,
    session::{Continuity, Voucher},
};
use sotto_protocol::{frames::SignedDeviceList, id::MailboxId};
use sotto_tests::{Outsider, RELAY, World, sign_list};

const ALICE: usize = 0;
const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";
const MOMENT: SignedDuration = SignedDuration::from_secs(2);

fn device(seed: u64) -> Device {
    Device::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

/// The mailbox in which Alice takes what Robin's first device says: he learned it from her.
fn mailbox_for_robin(world: &World) -> MailboxId {
    let (alice, _) = world.stolen_keys(ALICE);
    *world.relay.mailboxes_of(&alice.id()).last().unwrap()
}

/// A list of Robin's own device and these.
fn robins(world: &World, version: u64, others: &[&Device]) -> SignedDeviceList {
    let (account, local) = world.stolen_keys(ROBIN);
    let all = [&[local.device()], others].concat();
    sign_list(&account, version, &all)
}

fn hello() -> Value {
    json!({"step": "device", "name": "Robin", "mailbox": "ee".repeat(32), "relay": RELAY})
}

/// A device says something to Alice, in the mailbox that she has for Robin's. What she reads of it.
fn says(
    world: &mut World,
    mailbox: MailboxId,
    mut device: Outsider,
    kind: &str,
    body: &Value,
) -> Vec<MessageView> {
    let before = world.history(ALICE).len();
    let (alice, _) = world.stolen_keys(ALICE);
    let (to, mailbox) = (alice.id(), mailbox.to_vec());
    device.open(world, ROBIN, &to, mailbox, Voucher::Nothing, kind, body);
    world.advance(MOMENT);
    world.history(ALICE).split_off(before)
}

fn refused(said: &[MessageView]) -> &str {
    let [only] = said else {
        panic!("one line, not {said:?}");
    };
    assert_eq!(only.kind, "UNREADABLE");
    only.summary
        .strip_prefix("A message from Robin’s agent could not be read: ")
        .unwrap()
}

/// How many of Robin's devices Alice knows, and can write to.
fn known(world: &World) -> (usize, usize) {
    let devices = &world.contacts(ALICE)[0].devices;
    let reachable = devices.iter().filter(|device| device.reachable);
    (devices.len(), reachable.count())
}

#[test]
fn a_device_that_the_newest_list_names_is_taken_and_no_other() {
    let (phone, gone, other) = (device(1), device(2), device(3));
    let mut world = World::acquainted();
    let at = mailbox_for_robin(&world);
    let (account, _) = world.stolen_keys(ROBIN);
    let id = account.id();

    let list = robins(&world, 2, &[&gone]);
    let newer = robins(&world, 3, &[&phone]);
    let taken = says(
        &mut world,
        at,
        Outsider::new(&phone, &id, &newer),
        "HANDSHAKE",
        &hello(),
    );
    // The line that a device came, and nothing of the handshake.
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!(taken[0].kind, "DEVICE");
    assert_eq!(known(&world), (2, 2));

    // One of an older list is not.
    let late = Outsider::new(&gone, &id, &list);
    let said = says(&mut world, at, late, "HANDSHAKE", &hello());
    assert_eq!(
        refused(&said),
        "it comes from a device that Robin has removed."
    );
    // Nor is one of another list of the same number.
    let forked = Outsider::new(&other, &id, &robins(&world, 3, &[&other]));
    let mut said = says(&mut world, at, forked, "HANDSHAKE", &hello());
    assert_eq!(said.remove(0).kind, "HOLD");
    assert_eq!(
        refused(&said),
        "Robin has signed two different lists of devices with the number 3."
    );
    assert_eq!(known(&world), (2, 2));
    assert_eq!(world.contacts(ALICE)[0].unreadable, 2);
}

#[test]
fn a_device_of_another_account_is_refused_and_shown() {
    let mut world = World::acquainted();
    let at = mailbox_for_robin(&world);
    let mallory = world.person("Robin", "UTC");
    let (account, local) = world.stolen_keys(mallory);
    let list = sign_list(&account, 1, &[local.device()]);
    let device = Outsider::new(local.device(), &account.id(), &list);
    let said = says(&mut world, at, device, "HANDSHAKE", &hello());
    assert_eq!(refused(&said), "it comes from somebody else.");
    assert_eq!(known(&world), (1, 1));
    // Nor do names help: nothing of what Robin's own session is was lost.
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.proposals(ROBIN).len(), 1);
}

#[test]
fn whoever_comes_says_first_who_it_is_and_from_the_relay_that_is_known() {
    let query = json!({
        "title": "Coffee", "duration_minutes": 30, "time_zone": "UTC",
        "windows": [{"start": "2026-11-24T08:00:00Z", "end": "2026-11-24T17:00:00Z"}],
        "expires_at": "2026-11-24T08:00:00Z",
    });
    let want = json!({"step": "want", "series": 0, "number": 0});
    let accept = json!({"step": "device_accept", "mailbox": "ee".repeat(32), "relay": RELAY});
    for (kind, body) in [("QUERY", query), ("SYNC", want), ("HANDSHAKE", accept)] {
        let mut world = World::acquainted();
        let at = mailbox_for_robin(&world);
        let (account, _) = world.stolen_keys(ROBIN);
        let phone = device(1);
        let list = robins(&world, 2, &[&phone]);
        let outsider = Outsider::new(&phone, &account.id(), &list);
        let said = says(&mut world, at, outsider, kind, &body);
        assert_eq!(refused(&said), "it comes from another of their devices.");
        assert_eq!(known(&world), (1, 1), "{kind}: nothing was changed");
        assert_eq!(world.proposals(ALICE), []);
    }
    let mut world = World::acquainted();
    let at = mailbox_for_robin(&world);
    let (account, _) = world.stolen_keys(ROBIN);
    let phone = device(1);
    let outsider = Outsider::new(&phone, &account.id(), &robins(&world, 2, &[&phone]));
    let mut elsewhere = hello();
    elsewhere["relay"] = json!("https://elsewhere.test");
    says(&mut world, at, outsider, "HANDSHAKE", &elsewhere);
    assert_eq!(
        known(&world),
        (2, 1),
        "it is known, and nothing is said to it"
    );
}

#[test]
fn a_removed_device_reads_nothing_more_and_does_not_come_back() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    let at = mailbox_for_robin(&world);
    let phone = world.add_device(ROBIN, false, "Phone");
    assert_eq!(known(&world), (2, 2));
    let copy = world.copy_of(phone);
    let stolen = world.stolen_device(phone).device().clone();
    let listed = robins(&world, 2, &[&stolen]);
    world.remove_device(ROBIN, 1).unwrap();
    world.advance(MOMENT);
    assert_eq!(known(&world), (1, 1));
    let gone = world.history(ALICE).pop().unwrap();
    assert!(
        world
            .history(ALICE)
            .iter()
            .any(|line| line.summary.starts_with("Robin removed a device, ")),
        "{gone:?}"
    );
    let heard = world.history(phone).len();
    world.schedule(ALICE, WISH).unwrap();
    world.advance(MOMENT);
    assert_eq!(world.meetings(ROBIN).len(), 1);
    assert_eq!(world.history(phone).len(), heard);

    // As it was before, it does not get in, and nobody speaks with it.
    world.put_back(phone, copy);
    world.advance(SignedDuration::from_hours(1));
    assert_ne!(world.status(phone).connection, ConnectionState::Online);
    let (account, _) = world.stolen_keys(ROBIN);
    let thief = Outsider::new(&stolen, &account.id(), &listed);
    let said = says(&mut world, at, thief, "HANDSHAKE", &hello());
    assert_eq!(
        refused(&said),
        "it comes from a device that Robin has removed."
    );
    assert_eq!(known(&world), (1, 1));
    assert_eq!(world.history(phone).len(), heard);
}

#[test]
fn a_relay_that_shows_old_or_foreign_lists_only_delays() {
    for lie in ["old", "foreign"] {
        let mut world = World::acquainted();
        world.auto(ALICE);
        let (alice, alices) = world.stolen_keys(ALICE);
        let (robin, robins) = world.stolen_keys(ROBIN);
        let truth = alices.signed_device_list();
        let shown = match lie {
            "old" => {
                // A newer one is known to Robin than the relay shows to his phone.
                world.sign_devices(ALICE, &[&device(3)]);
                world.advance(MOMENT);
                world.schedule(ALICE, WISH).unwrap();
                truth.clone()
            }
            _ => sign_list(&robin, 9, &[robins.device()]),
        };
        world.relay.serve_list(&alice.id(), shown);
        let phone = world.add_device(ROBIN, false, "Phone");
        let (_, now) = world.stolen_keys(ALICE);
        let met = |world: &World| {
            let devices = &world.contacts(phone)[0].devices;
            devices.iter().filter(|device| device.reachable).count()
        };
        if lie == "foreign" {
            assert_eq!(met(&world), 0, "{lie}");
            let problem = world.status(phone).connection_detail.unwrap();
            assert!(problem.contains("that Alice did not sign"), "{problem}");
        }
        world
            .relay
            .serve_list(&alice.id(), now.signed_device_list());
        world.advance(SignedDuration::from_hours(2));
        assert_eq!(met(&world), 1, "{lie}");
    }
}

#[test]
fn a_relay_that_withholds_and_reorders_changes_nothing_in_the_end() {
    let mut world = World::acquainted();
    world.auto(ALICE);
    world.auto(ROBIN);
    let (robin, _) = world.stolen_keys(ROBIN);
    let phone = world.add_device(ROBIN, false, "Phone");
    world.advance(MOMENT);
    assert_eq!(world.contacts(phone).len(), 1);
    assert_eq!(known(&world), (2, 2));
    // What the agent tells the phone is kept back, and comes late and in another order.
    let withheld = *world.relay.mailboxes_of(&robin.id()).last().unwrap();
    let at_phone: Vec<MailboxId> = world.relay.mailboxes_of(&robin.id()).to_vec();
    for mailbox in &at_phone {
        world.relay.withhold(mailbox);
    }
    world.prefer(ROBIN, |preferences| preferences.buffer_minutes = 5);
    world
        .schedule(ROBIN, "an hour with Alice next week")
        .unwrap();
    for mailbox in &at_phone {
        world.relay.let_through(mailbox);
    }
    world.prefer(ROBIN, |preferences| preferences.buffer_minutes = 10);
    world.deliver_later(&withheld);
    for mailbox in at_phone.iter().rev() {
        world.deliver_later(mailbox);
    }
    world.advance(SignedDuration::from_mins(5));
    let buffer =
        |person: usize| match world.query(person, &sotto_client_core::api::Query::Preferences) {
            Ok(sotto_client_core::api::Answer::Preferences(there)) => there.buffer_minutes,
            other => panic!("preferences, not {other:?}"),
        };
    assert_eq!(buffer(phone), buffer(ROBIN));
    assert_eq!(world.meetings(ALICE).len(), 1);
    let kinds = |person: usize| {
        let said = world.history(person).into_iter().map(|m| m.kind);
        let mut said: Vec<String> = said.filter(|k| k.ends_with("AL") || k == "QUERY").collect();
        said.sort();
        said
    };
    assert_eq!(kinds(phone), kinds(ROBIN));
}

/// What the two have in common who have met vouches for neither of the others.
#[test]
fn what_vouches_for_one_device_vouches_for_no_other_of_the_same_person() {
    let mut world = World::acquainted();
    let at = mailbox_for_robin(&world).to_vec();
    let phone = world.add_device(ROBIN, false, "Phone");
    world.auto(ALICE);
    world.auto(ROBIN);
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(known(&world), (2, 2));
    // The phone's keys, and what the laptop has in common with Alice.
    let local = world.stolen_device(phone);
    let (account, list) = (local.account(), local.signed_device_list());
    let mut thief = Outsider::new(local.device(), &account, &list);
    let records = world.copy_of(ROBIN);
    let hers = world.contacts(ROBIN)[0].id.clone();
    let kept = records
        .iter()
        .find(|((_, key), _)| key.starts_with(&hers) && key.ends_with("/continuity"));
    let (_, kept) = kept.unwrap();
    let continuity: Continuity = serde_json::from_slice(kept).unwrap();
    let (alice, _) = world.stolen_keys(ALICE);
    for kind in ["HANDSHAKE", "REJECTION"] {
        let body = match kind {
            "HANDSHAKE" => hello(),
            _ => json!({"reason": "cancelled"}),
        };
        let before = world.history(ALICE).len();
        let voucher = Voucher::Continuity(continuity.to_open().unwrap());
        let (to, mailbox) = (alice.id(), at.clone());
        thief.open(&mut world, ROBIN, &to, mailbox, voucher, kind, &body);
        world.advance(MOMENT);
        let said = world.history(ALICE);
        assert_eq!(said.len(), before + 1);
        let unreadable: Vec<_> = said
            .into_iter()
            .filter(|m| m.kind == "UNREADABLE")
            .collect();
        let last = unreadable.last().unwrap();
        assert!(
            last.summary
                .contains("it comes from another of their devices"),
            "{}",
            last.summary
        );
    }
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ALICE).len(), 2);
}

/// A thief has the laptop's keys while the phone, which it linked, still waits for its answer.
#[test]
fn keys_alone_are_not_taken_for_the_device_that_showed_the_link() {
    let mut world = World::acquainted();
    let (account, local) = world.stolen_keys(ROBIN);
    let link = world.device_link(ROBIN, false);
    let phone = world.join(&link.link, "Phone").unwrap();
    let before = world.relay.mailboxes_of(&account.id()).len();
    world.relay.withhold_new(&account.id());
    world.agree(ROBIN, &link, phone).unwrap();
    world.advance(MOMENT);
    assert_eq!(world.contacts(phone), [], "what it said is kept back");
    let mut preferences = None;
    world.prefer(ROBIN, |own| preferences = serde_json::to_value(own).ok());
    let all = json!({
        "step": "all", "series": world.now.as_millisecond(), "number": 0, "page": 0, "pages": 1,
        "user": {"name": "Mallory", "preferences": preferences, "mailboxes": []}, "contacts": [],
    });
    let list = world.stolen_keys(ROBIN).1.signed_device_list();
    let known = world.relay.mailboxes_of(&account.id()).to_vec();
    for mailbox in known.iter().skip(before) {
        world.relay.let_through(mailbox);
        let mut thief = Outsider::new(local.device(), &account.id(), &list);
        thief.writes_to(1);
        let (to, at, nothing) = (account.id(), mailbox.to_vec(), Voucher::Nothing);
        let mut session = thief.open(
            &mut world,
            ALICE,
            &to,
            at.clone(),
            nothing,
            "HANDSHAKE",
            &hello(),
        );
        thief.say(&mut world, ALICE, &mut session, at, "SYNC", &all);
    }
    world.advance(MOMENT);
    assert_eq!(world.status(phone).name, "Robin");
    // The laptop hears of the phone after all, and answers.
    for mailbox in world.relay.mailboxes_of(&account.id()).to_vec() {
        world.deliver_later(&mailbox);
    }
    world.advance(MOMENT);
    assert_eq!(world.contacts(phone).len(), 1);
}
