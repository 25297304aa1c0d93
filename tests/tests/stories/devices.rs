//! Whose devices somebody's are, and what an older list of them is worth.

use std::collections::HashSet;

use data_encoding::BASE64URL_NOPAD;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::json;
use sotto_client_core::{
    api::{ApiError, Command, ContactState, HoldDecision, MessageStatus, MessageView, Reply},
    identity::{AccountKey, Device},
};
use sotto_protocol::{
    error::ErrorCode,
    frames::{ClientFrame, client_frame},
};
use sotto_tests::{Outsider, World, sign_list};

use crate::holds::decide;

const ALICE: usize = 0;
const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";

fn devices<const N: usize>() -> [Device; N] {
    let rng = &mut ChaCha20Rng::seed_from_u64(8);
    std::array::from_fn(|_| Device::generate(rng))
}

/// A device of Robin's that shows a list of these beside his own, with that number.
fn shows(world: &World, device: &Device, version: u64, beside: &[&Device]) -> Outsider {
    let (account, local) = world.stolen_keys(ROBIN);
    let all: Vec<&Device> = [&[local.device()], beside].concat();
    Outsider::new(device, &account.id(), &sign_list(&account, version, &all))
}

/// Somebody uses an invitation of Alice's as Robin. What stands newest in her history.
fn comes(world: &mut World, mut device: Outsider) -> MessageView {
    let link = world.invitation(ALICE);
    device.accept(world, ROBIN, &link, "Robin");
    world.history(ALICE).pop().unwrap()
}

/// That Alice talks to the Robin whom she knew, and to nobody else.
fn robin_is_who_he_was(world: &mut World) {
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    assert_eq!(world.contacts(ALICE)[0].unreadable, 0);
    world.restart(ALICE);
    world.auto(ROBIN);
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 1);
}

#[test]
fn a_device_that_was_removed_does_not_come_back_with_an_older_list() {
    let [stolen] = devices();
    let mut world = World::strangers();
    world.sign_devices(ROBIN, &[&stolen]);
    world.sign_devices(ROBIN, &[]);
    world.introduce(ALICE, ROBIN);
    let thief = shows(&world, &stolen, 2, &[&stolen]);
    let refused = comes(&mut world, thief);
    assert_eq!(refused.kind, "UNREADABLE");
    assert_eq!(
        refused.summary,
        "A message from Robin’s agent could not be read: it comes from a device that Robin has removed."
    );
    robin_is_who_he_was(&mut world);
}

#[test]
fn what_a_listed_device_brings_late_is_taken_and_the_newer_list_stays() {
    let [listed, removed] = devices();
    let mut world = World::strangers();
    world.sign_devices(ROBIN, &[&listed, &removed]);
    world.sign_devices(ROBIN, &[&listed]);
    world.introduce(ALICE, ROBIN);
    let older = [&listed, &removed];
    let late = shows(&world, &listed, 2, &older);
    assert_eq!(comes(&mut world, late).kind, "HANDSHAKE");
    let thief = shows(&world, &removed, 2, &older);
    assert_eq!(comes(&mut world, thief).kind, "UNREADABLE");
}

#[test]
fn two_lists_of_one_number_are_not_both_believed() {
    let [other] = devices();
    let mut world = World::strangers();
    world.sign_devices(ROBIN, &[]);
    world.introduce(ALICE, ROBIN);
    let forked = shows(&world, &other, 2, &[&other]);
    let refused = comes(&mut world, forked);
    assert_eq!(
        refused.summary,
        "A message from Robin’s agent could not be read: Robin has signed two different lists of devices with the number 2."
    );
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    robin_is_who_he_was(&mut world);
}

#[test]
fn with_a_device_that_a_newer_list_removes_nothing_is_spoken_any_more() {
    let [newer] = devices();
    let mut world = World::acquainted();
    world.auto(ROBIN);
    // Robin's own device is not in the list that the newer one shows.
    let (account, _) = world.stolen_keys(ROBIN);
    let list = sign_list(&account, 2, &[&newer]);
    let newer = Outsider::new(&newer, &account.id(), &list);
    assert_eq!(comes(&mut world, newer).kind, "HANDSHAKE");
    world.restart(ALICE);
    let said = world.history(ALICE).len();
    world
        .schedule(ROBIN, "half an hour with Alice next week")
        .unwrap();
    assert_eq!(world.contacts(ROBIN)[0].state, ContactState::Unreachable);
    assert_eq!(world.history(ALICE).len(), said);
    // What is said to Robin goes to the device that is left.
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.proposals(ROBIN).len(), 1, "his own wish");
}

/// Alice could not reach Robin, whose list has the number 3, and accepts an invitation of his.
fn meets_anew(world: &mut World) -> Result<Reply, ApiError> {
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown].into();
    world.schedule(ALICE, WISH).unwrap();
    let link = world.invitation(ROBIN);
    world.command(ALICE, Command::AcceptInvitation { link })
}

#[test]
fn a_directory_that_withholds_the_newest_list_or_has_another_is_not_believed() {
    for version in 1..=3 {
        let [gone] = devices();
        let mut world = World::strangers();
        world.sign_devices(ROBIN, &[&gone]);
        world.sign_devices(ROBIN, &[]);
        world.introduce(ALICE, ROBIN);
        let (account, local) = world.stolen_keys(ROBIN);
        let list = sign_list(&account, version, &[local.device(), &gone]);
        world.relay.serve_list(&account.id(), list);
        let refused = meets_anew(&mut world).unwrap_err();
        let expected = match version {
            3 => "Robin has signed two different lists of devices with the number 3.",
            _ => {
                "The relay shows an older list of Robin’s devices than the newest that Robin signed."
            }
        };
        assert_eq!(refused.message, expected);
        assert_eq!(world.contacts(ALICE)[0].state, ContactState::Unreachable);
        world
            .schedule(ROBIN, "half an hour with Alice next week")
            .unwrap();
        assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    }
}

#[test]
fn a_newer_list_of_the_directory_is_kept_although_the_invitation_comes_to_nothing() {
    let [gone] = devices();
    let mut world = World::strangers();
    world.sign_devices(ROBIN, &[&gone]);
    world.introduce(ALICE, ROBIN);
    world.sign_devices(ROBIN, &[]);
    world.relay.refuse_posts = [ErrorCode::MailboxUnknown, ErrorCode::MailboxSpent].into();
    world.schedule(ALICE, WISH).unwrap();
    let link = world.invitation(ROBIN);
    let used = world.command(ALICE, Command::AcceptInvitation { link });
    assert!(used.is_err());
    world.restart(ALICE);
    let thief = shows(&world, &gone, 2, &[&gone]);
    assert_eq!(comes(&mut world, thief).kind, "UNREADABLE");
}

#[test]
fn the_relay_learns_no_message_s_own_id() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world.schedule(ALICE, WISH).unwrap();
    let frames = world.relay.seen.iter().cloned();
    let posts: HashSet<String> = frames
        .filter_map(|frame| match sotto_protocol::decode::<ClientFrame>(frame) {
            Ok(frame) => match frame.body {
                Some(client_frame::Body::Post(post)) => {
                    Some(post.message_id.iter().map(|b| format!("{b:02x}")).collect())
                }
                _ => None,
            },
            Err(_) => None,
        })
        .collect();
    let said = world.history(ALICE);
    assert_eq!(posts.len(), said.len(), "each was posted once");
    for message in said {
        assert!(!posts.contains(&message.id.to_string()), "{}", message.kind);
    }
}

/// Alice, and Robin on two devices, the second of which used an invitation of hers as well.
fn robin_twice() -> (World, usize) {
    let mut world = World::acquainted();
    let second = world.second_device(ROBIN);
    let link = world.invitation(ALICE);
    world
        .command(second, Command::AcceptInvitation { link })
        .unwrap();
    assert_eq!(world.contacts(ALICE).len(), 1);
    for person in [ALICE, ROBIN, second] {
        let known = world.contacts(person);
        assert_eq!(known[0].state, ContactState::Active, "{person}");
    }
    (world, second)
}

/// The questions that came to a person.
fn asked(world: &World, person: usize) -> Vec<String> {
    let came = world.history(person).into_iter();
    came.filter(|message| message.kind == "QUERY")
        .map(|message| message.id.to_string())
        .collect()
}

/// What Alice asked.
fn question(world: &World) -> MessageView {
    let mut said = world.history(ALICE).into_iter();
    said.rfind(|message| message.kind == "QUERY").unwrap()
}

#[test]
fn every_device_of_a_contact_hears_what_is_said() {
    let (mut world, second) = robin_twice();
    world.restart(ALICE);
    world.schedule(ALICE, WISH).unwrap();
    let said = asked(&world, ALICE);
    assert_eq!(said.len(), 1, "said once");
    assert_eq!(asked(&world, ROBIN), said);
    assert_eq!(asked(&world, second), said);
}

#[test]
fn a_message_waits_until_every_copy_is_taken_and_is_lost_only_with_that_for_the_first_device() {
    // The relay's answers for the two copies, in order: that for the first device goes first.
    let cases = [
        (vec![ErrorCode::RateLimited], MessageStatus::Queued),
        (
            vec![ErrorCode::RequestInvalid, ErrorCode::RateLimited],
            MessageStatus::Failed,
        ),
        (vec![ErrorCode::MailboxUnknown], MessageStatus::Failed),
    ];
    for (answers, status) in cases {
        let (mut world, _) = robin_twice();
        world.relay.refuse_posts = answers.clone().into();
        world.schedule(ALICE, WISH).unwrap();
        assert_eq!(question(&world).status, status, "{answers:?}");
    }
    // Whatever becomes of the other copy, the first one counts.
    let (mut world, second) = robin_twice();
    world.set_online(ALICE, false);
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.status(ALICE).queued, 2);
    let contact = "Alice".to_owned();
    world
        .command(second, Command::RemoveContact { contact })
        .unwrap();
    world.set_online(ALICE, true);
    assert_eq!(asked(&world, ROBIN).len(), 1);
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    assert_eq!(question(&world).status, MessageStatus::Accepted);
}

#[test]
fn what_is_part_of_no_negotiation_stands_with_its_contact_whatever_it_names() {
    let [device, other] = devices();
    let mut world = World::strangers();
    let account = AccountKey::generate(&mut ChaCha20Rng::seed_from_u64(10));
    let list = sign_list(&account, 1, &[&device]);
    let mut kim = Outsider::new(&device, &account.id(), &list);
    let link = world.invitation(ALICE);
    let mut session = kim.accept(&mut world, ROBIN, &link, "Kim");
    let contact = world.contacts(ALICE)[0].id.clone();
    let approve = Command::ApproveContact {
        contact: contact.clone(),
    };
    world.command(ALICE, approve).unwrap();
    let alice = world.status(ALICE).account;
    let mailbox = world.relay.mailboxes_of(&alice).last().unwrap().to_vec();
    let newer = sign_list(&account, 2, &[&device, &other]);
    let base64 = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let body = json!({"list": base64(&newer.list), "signature": base64(&newer.signature)});
    // Outsiders name a conversation in everything.
    kim.say(&mut world, ROBIN, &mut session, mailbox, "DEVICES", &body);
    let said = world.history(ALICE);
    let said = said.iter().find(|said| said.kind == "DEVICES").unwrap();
    assert_eq!(said.conversation, contact);
}
