//! Sessions that were lost or broken, and heal without anybody doing anything.

use data_encoding::HEXLOWER;
use jiff::SignedDuration;
use serde_json::json;
use sotto_client_core::{
    api::{Command, ContactState, HoldDecision, MessageView},
    engine::Store,
    session::Voucher,
};
use sotto_protocol::{
    error::ErrorCode,
    frames::{ClientFrame, DevicePrekeys, Prekeys, client_frame},
};
use sotto_tests::{Fault, Outsider, RELAY, World};

use crate::holds::decide;

const ALICE: usize = 0;
const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";
const HIS_WISH: &str = "an hour with Alice next week";

/// Two who agree to whatever the other asks.
fn contacts() -> World {
    let mut world = World::acquainted();
    world.auto(ALICE);
    world.auto(ROBIN);
    world
}

/// That each can ask the other for one more meeting.
fn both_talk(world: &mut World, case: &str) {
    let before = [ALICE, ROBIN].map(|person| world.meetings(person).len());
    world.schedule(ALICE, WISH).unwrap();
    world.schedule(ROBIN, HIS_WISH).unwrap();
    world.advance(SignedDuration::from_secs(5));
    for person in [ALICE, ROBIN] {
        let contact = &world.contacts(person)[0];
        assert_eq!(contact.state, ContactState::Active, "{case}: {person}");
        assert_eq!(contact.unreadable, 0, "{case}: {person}");
        assert!(world.settled(person), "{case}: {person}");
        let meetings = world.meetings(person).len();
        assert_eq!(meetings, before[person] + 2, "{case}: {person}");
    }
}

/// What a person was told or said of one kind.
fn of_kind(world: &World, person: usize, kind: &str) -> Vec<MessageView> {
    let mut history = world.history(person);
    history.retain(|message| message.kind == kind);
    history
}

fn frames(world: &World) -> impl Iterator<Item = client_frame::Body> {
    let frames = world.relay.seen.iter();
    frames.filter_map(|frame| {
        let frame: ClientFrame = sotto_protocol::decode(frame.clone()).ok()?;
        frame.body
    })
}

#[test]
fn a_session_that_is_lost_is_opened_anew() {
    for (loser, busy) in [(ALICE, false), (ROBIN, false), (ALICE, true), (ROBIN, true)] {
        let case = format!("{loser} {busy}");
        let mut world = contacts();
        if busy {
            both_talk(&mut world, &case);
        }
        world.schedule(ALICE, WISH).unwrap();
        let damaged = world.damage(loser, Store::Sessions);
        assert_eq!(damaged.len(), 1, "{case}");
        world.advance(SignedDuration::from_secs(5));
        both_talk(&mut world, &case);
        let steps = of_kind(&world, loser, "HANDSHAKE");
        let [.., renew, renewed] = steps.as_slice() else {
            panic!("{steps:?}");
        };
        assert_eq!(renew.body["body"]["step"], "renew", "{case}");
        assert_eq!(renewed.body["body"]["step"], "renewed", "{case}");
        assert_eq!(of_kind(&world, ALICE, "UNREADABLE"), [], "{case}");
    }
}

#[test]
fn what_is_said_to_somebody_who_lost_the_session_meanwhile_is_said_again() {
    let mut world = contacts();
    both_talk(&mut world, "before");
    world.set_online(ROBIN, false);
    world.schedule(ALICE, WISH).unwrap();
    world
        .schedule(ALICE, "two hours with Robin next week")
        .unwrap();
    world.damage(ROBIN, Store::Sessions);
    world.set_online(ROBIN, true);
    world.advance(SignedDuration::from_secs(5));
    for person in [ALICE, ROBIN] {
        assert_eq!(world.meetings(person).len(), 4, "{person}");
    }
    assert_eq!(world.contacts(ROBIN)[0].unreadable, 0);
    both_talk(&mut world, "after");
}

#[test]
fn a_message_that_does_not_open_is_said_again_and_acts_once() {
    for garbled in 1..=4 {
        let case = format!("{garbled} garbled");
        let mut world = contacts();
        world.garble = garbled;
        world.schedule(ALICE, WISH).unwrap();
        // A garbled handshake is only found when there is something more to say.
        world.schedule(ROBIN, HIS_WISH).unwrap();
        world.advance(SignedDuration::from_hours(30));
        both_talk(&mut world, &case);
        for person in [ALICE, ROBIN] {
            let said = of_kind(&world, person, "QUERY");
            assert_eq!(said.len(), 4, "{case}: {person}");
        }
    }
}

#[test]
fn whatever_goes_wrong_while_a_session_heals_it_does() {
    for fault in [
        Fault::EndBeforeCommit,
        Fault::EndAfterCommit,
        Fault::CutBeforeFrame,
    ] {
        for person in [ALICE, ROBIN] {
            for input in 1.. {
                let case = format!("{person}, {fault:?} {input}");
                let mut world = contacts();
                world.set_online(ROBIN, false);
                world.schedule(ALICE, WISH).unwrap();
                world.lose_sessions(ROBIN, false);
                world.fault_at(person, input, fault);
                world.set_online(ROBIN, true);
                world.advance(SignedDuration::from_secs(5));
                if world.fault_is_ahead() {
                    assert!(input > 5, "a story of only {input} inputs");
                    break;
                }
                assert_eq!(world.meetings(ALICE).len(), 1, "{case}");
                assert_eq!(world.meetings(ROBIN).len(), 1, "{case}");
                assert_eq!(of_kind(&world, ROBIN, "QUERY").len(), 1, "{case}");
                both_talk(&mut world, &case);
            }
        }
    }
}

#[test]
fn both_may_lose_the_session_at_once() {
    let mut world = contacts();
    both_talk(&mut world, "before");
    world.set_online(ROBIN, false);
    world.set_online(ALICE, false);
    world.damage(ALICE, Store::Sessions);
    world.damage(ROBIN, Store::Sessions);
    world.set_online(ALICE, true);
    world.set_online(ROBIN, true);
    world.advance(SignedDuration::from_secs(5));
    both_talk(&mut world, "after");
}

#[test]
fn a_vault_that_was_put_back_by_a_message_loses_nothing_that_is_said_then() {
    let mut world = contacts();
    both_talk(&mut world, "before");
    world.set_online(ROBIN, false);
    let copy = world.copy_of(ALICE);
    world.schedule(ALICE, WISH).unwrap();
    world.put_back(ALICE, copy);
    world
        .schedule(ALICE, "two hours with Robin next week")
        .unwrap();
    let said = of_kind(&world, ROBIN, "QUERY").len();
    world.set_online(ROBIN, true);
    world.advance(SignedDuration::from_secs(5));
    assert_eq!(of_kind(&world, ROBIN, "QUERY").len(), said + 2);
    world.advance(SignedDuration::from_hours(2));
    both_talk(&mut world, "after");
}

#[test]
fn rubbish_in_a_mailbox_costs_few_prekeys() {
    let mut world = contacts();
    let fetches = |world: &World| {
        let fetches = frames(world).filter(|b| matches!(b, client_frame::Body::FetchPrekeys(_)));
        fetches.count()
    };
    let before = fetches(&world);
    for hour in 0..72 {
        world.garble = 1;
        let proposal = world.schedule(ALICE, WISH).unwrap().id;
        world.cancel(ALICE, &proposal).unwrap();
        world.garble = 0;
        world.advance(SignedDuration::from_hours(1));
        if hour == 0 {
            assert_eq!(fetches(&world) - before, 1, "at once");
        }
    }
    let asked = fetches(&world) - before;
    assert!((4..=8).contains(&asked), "{asked} in three days");
}

#[test]
fn a_relay_that_has_no_keys_for_it_is_asked_again() {
    let mut world = contacts();
    world.set_online(ROBIN, false);
    world.damage(ROBIN, Store::Sessions);
    world.relay.refuse_fetches = [ErrorCode::RateLimited].into();
    world.set_online(ROBIN, true);
    let lost = world.schedule(ROBIN, HIS_WISH).unwrap_err();
    assert_eq!(
        lost.next_step,
        "They are made anew as soon as you are connected; try again then."
    );
    world.advance(SignedDuration::from_hours(1));
    both_talk(&mut world, "after");
}

/// The mailbox into which somebody posted last.
fn last_mailbox(world: &World) -> Vec<u8> {
    let posts = frames(world).filter_map(|body| match body {
        client_frame::Body::Post(post) => Some(post.mailbox),
        _ => None,
    });
    posts.last().unwrap()
}

// Others let whoever had the identity keys alone start a conversation over.
#[test]
fn a_ratchet_is_not_reset_by_static_keys_alone() {
    for (lost, for_good) in [(false, false), (true, false), (true, true)] {
        let mut world = contacts();
        both_talk(&mut world, "before");
        world.schedule(ROBIN, HIS_WISH).unwrap();
        world
            .cancel(ROBIN, &world.proposals(ROBIN)[0].id.clone())
            .unwrap();
        let mailbox = last_mailbox(&world);
        let mut thief = thief_of(&world, ROBIN);
        if lost {
            world.set_online(ALICE, false);
            world.lose_sessions(ALICE, for_good);
        }
        let alice = world.status(ALICE).account;
        let meetings = world.meetings(ALICE);
        let body = json!({"reason": "cancelled"});
        thief.open(
            &mut world,
            ROBIN,
            &alice,
            mailbox,
            Voucher::Nothing,
            "REJECTION",
            &body,
        );
        world.set_online(ALICE, true);
        let told = of_kind(&world, ALICE, "UNREADABLE");
        assert_eq!(told.len(), 1, "{lost}");
        assert!(
            told[0].summary.contains("or somebody has stolen its keys"),
            "{}",
            told[0].summary
        );
        assert_eq!(world.meetings(ALICE), meetings);
        let said = of_kind(&world, ROBIN, "QUERY").len();
        decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
        world.advance(SignedDuration::from_secs(5));
        // What is lost together with all that was kept beside it is made anew by an invitation alone.
        assert_eq!(world.schedule(ALICE, WISH).is_err(), for_good);
        let heard = of_kind(&world, ROBIN, "QUERY").len();
        assert_eq!(heard - said, usize::from(!for_good), "{lost}");
    }
}

#[test]
fn what_waits_for_the_user_to_decide_takes_no_more_memory() {
    let mut world = contacts();
    both_talk(&mut world, "before");
    let alice = world.status(ALICE).account;
    let mailbox = world.relay.mailboxes_of(&alice).last().unwrap().to_vec();
    world.relay.strip_one_time(&alice);
    let mut thief = thief_of(&world, ROBIN);
    for _ in 0..2 {
        let (at, body) = (mailbox.clone(), json!({"reason": "cancelled"}));
        let nothing = Voucher::Nothing;
        thief.open(&mut world, ROBIN, &alice, at, nothing, "REJECTION", &body);
    }
    let told = of_kind(&world, ALICE, "UNREADABLE");
    let told: Vec<bool> = told
        .iter()
        .map(|told| told.summary.contains("another one waits for you to decide"))
        .collect();
    assert_eq!(told, [false, true]);
}

#[test]
fn a_session_that_is_made_anew_by_keys_that_were_used_heals_from_the_other_side() {
    let mut world = contacts();
    world.person("Kim", "Europe/Berlin");
    both_talk(&mut world, "before");
    let robin = world.status(ROBIN).account;
    world.relay.hand_out_twice(&robin);
    let (kim, link) = (2, world.invitation(ROBIN));
    world
        .command(kim, Command::AcceptInvitation { link })
        .unwrap();
    world.lose_sessions(ALICE, false);
    world.advance(SignedDuration::from_secs(5));
    both_talk(&mut world, "healed");
}

/// Somebody who has copied the keys of a person's device.
fn thief_of(world: &World, person: usize) -> Outsider {
    let (account, local) = world.stolen_keys(person);
    let list = local.signed_device_list();
    Outsider::new(local.device(), &account.id(), &list)
}

#[test]
fn keys_alone_do_not_answer_an_invitation_in_the_place_of_who_made_it() {
    let mut world = World::strangers();
    let link = world.invitation(ROBIN);
    world
        .command(ALICE, Command::AcceptInvitation { link })
        .unwrap();
    let mut thief = thief_of(&world, ROBIN);
    let alice = world.status(ALICE).account;
    let mailbox = world.relay.mailboxes_of(&alice).last().unwrap().to_vec();
    world.advance(SignedDuration::from_secs(1));
    let accept = json!({
        "step": "accept", "name": "Robin", "mailbox": "ee".repeat(32), "relay": RELAY,
    });
    thief.open(
        &mut world,
        ROBIN,
        &alice,
        mailbox,
        Voucher::Nothing,
        "HANDSHAKE",
        &accept,
    );
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Waiting);
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    let contact = "Alice".to_owned();
    world
        .command(ROBIN, Command::ApproveContact { contact })
        .unwrap();
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
    world.auto(ALICE);
    world.auto(ROBIN);
    world.schedule(ALICE, WISH).unwrap();
    world.schedule(ROBIN, HIS_WISH).unwrap();
    for person in [ALICE, ROBIN] {
        assert_eq!(world.meetings(person).len(), 2, "{person}");
    }
}

/// What was posted into a mailbox.
fn posted_into(world: &World, mailbox: &[u8]) -> usize {
    let posts = frames(world)
        .filter(|body| matches!(body, client_frame::Body::Post(post) if post.mailbox == mailbox));
    posts.count()
}

/// Somebody has the keys of Robin's device and a link of Alice's: they are let in, hear nothing of
/// what was said before, and she is told.
#[test]
fn who_meets_anew_by_an_invitation_is_told_nothing_from_before() {
    let mut world = contacts();
    both_talk(&mut world, "before");
    let posts = frames(&world).filter_map(|body| match body {
        client_frame::Body::Post(post) => Some(HEXLOWER.encode(&post.message_id)),
        _ => None,
    });
    let unread: Vec<String> = posts.collect();
    let mut thief = thief_of(&world, ROBIN);
    let alice = world.status(ALICE).account;
    let mailbox = world.relay.mailboxes_of(&alice).last().unwrap().to_vec();
    let link = world.invitation(ALICE);
    let mut session = thief.accept(&mut world, ROBIN, &link, "Robin");
    let told = of_kind(&world, ALICE, "KEYS");
    assert_eq!(told.len(), 1);
    let says = "Robin met you anew by an invitation, on the device ";
    assert!(told[0].summary.starts_with(says), "{}", told[0].summary);
    assert_eq!(posted_into(&world, &[0xee; 32]), 1, "that they are let in");
    let renew = json!({"step": "renew", "unread": unread});
    thief.say(
        &mut world,
        ROBIN,
        &mut session,
        mailbox,
        "HANDSHAKE",
        &renew,
    );
    assert_eq!(posted_into(&world, &[0xee; 32]), 2, "`renewed`");
}

#[test]
fn a_session_that_is_made_anew_is_protected_anew_at_once() {
    let mut world = contacts();
    both_talk(&mut world, "before");
    let posts = |world: &World| {
        let posts = frames(world).filter(|body| matches!(body, client_frame::Body::Post(_)));
        posts.count()
    };
    let before = posts(&world);
    world.lose_sessions(ROBIN, false);
    world.advance(SignedDuration::from_secs(5));
    // `renew`, `renewed` with a new key, a sign of life with the answer, one that begins the epoch.
    assert_eq!(posts(&world) - before, 4);
    world.advance(SignedDuration::from_hours(1));
    assert_eq!(posts(&world) - before, 4);
    both_talk(&mut world, "after");
}

/// How often Alice has opened a session anew.
fn renewals(world: &World) -> usize {
    let mut steps = of_kind(world, ALICE, "HANDSHAKE");
    steps.retain(|step| step.body["body"]["step"] == "renew");
    steps.len()
}

#[test]
fn keys_that_are_older_than_those_seen_before_open_no_session_anew() {
    let mut world = contacts();
    both_talk(&mut world, "before");
    let robin = world.status(ROBIN).account;
    let old = Outsider::fetch(&mut world, ALICE, &robin);
    world.advance(SignedDuration::from_hours(8 * 24));
    world.lose_sessions(ALICE, false);
    world.advance(SignedDuration::from_secs(5));
    assert_eq!(renewals(&world), 1);
    world.relay.serve_prekeys(&robin, &old);
    world.advance(SignedDuration::from_hours(48));
    world.lose_sessions(ALICE, false);
    world.advance(SignedDuration::from_secs(5));
    assert_eq!(renewals(&world), 1);
}

/// Robin's keys once nobody has left any ML-KEM key of his that is used once.
fn last_resort(world: &mut World) -> Prekeys {
    let robin = world.status(ROBIN).account;
    world.set_online(ROBIN, false);
    let is_last = |set: &DevicePrekeys| set.kem_prekey.as_ref().unwrap().last_resort;
    let served = loop {
        let served = Outsider::fetch(world, ALICE, &robin);
        if served.devices.iter().all(is_last) {
            break served;
        }
    };
    world.set_online(ROBIN, true);
    served
}

#[test]
fn an_older_key_of_last_resort_opens_no_session_anew_beside_whichever_signed_prekey() {
    let hours = SignedDuration::from_hours;
    let mut world = contacts();
    both_talk(&mut world, "before");
    let robin = world.status(ROBIN).account;
    let old = last_resort(&mut world);
    world.advance(hours(8 * 24));
    let new = last_resort(&mut world);
    world.relay.serve_prekeys(&robin, &new);
    world.lose_sessions(ALICE, false);
    world.advance(SignedDuration::from_secs(5));
    assert_eq!(renewals(&world), 1);
    let mut mixed = new;
    for (set, old) in mixed.devices.iter_mut().zip(&old.devices) {
        assert_ne!(set.kem_prekey, old.kem_prekey);
        set.kem_prekey.clone_from(&old.kem_prekey);
        set.one_time_prekey = None;
    }
    world.relay.serve_prekeys(&robin, &mixed);
    world.advance(hours(48));
    world.lose_sessions(ALICE, false);
    world.advance(SignedDuration::from_secs(5));
    assert_eq!(renewals(&world), 1);
    let why = world.status(ALICE).connection_detail.unwrap();
    assert!(why.contains("serves older keys of"), "{why}");
    world.relay.hand_out_once(&robin);
    world.advance(hours(2));
    assert_eq!(renewals(&world), 2);
    both_talk(&mut world, "after");
}

#[test]
fn who_only_listens_gives_a_sign_of_life_that_nobody_reads() {
    let mut world = contacts();
    let proposal = world.schedule(ALICE, WISH).unwrap().id;
    world.cancel(ALICE, &proposal).unwrap();
    let before = [ALICE, ROBIN].map(|person| world.history(person).len());
    let posts = |world: &World| {
        let posts = frames(world).filter(|body| matches!(body, client_frame::Body::Post(_)));
        posts.count()
    };
    let said = posts(&world);
    world.advance(SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(1));
    assert_eq!(posts(&world), said);
    world.restart(ROBIN);
    world.advance(SignedDuration::from_secs(1));
    assert_eq!(posts(&world), said + 1, "Robin's, who heard of it last");
    world.advance(SignedDuration::from_hours(8 * 24));
    assert_eq!(posts(&world), said + 1, "which Alice does not answer");
    assert_eq!(
        [ALICE, ROBIN].map(|person| world.history(person).len()),
        before
    );
    both_talk(&mut world, "after");
}
