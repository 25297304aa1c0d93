//! Adding a device by a link, and everything that can go wrong with it.

use jiff::SignedDuration;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_client_core::{
    api::{
        Answer, ApiError, ApiErrorCode, Command, ConnectionState, DeviceState, DeviceView,
        LinkView, Query, Reply,
    },
    client::{Client, SealedRecord, answer_without_vault},
};
use sotto_protocol::{
    decode,
    frames::{
        ClientFrame, Deliver, FetchPrekeys, Post, client_frame::Body as Ask, server_frame::Body,
    },
    id::AccountId,
};
use sotto_tests::{Fault, World, sign_list};

pub(crate) const ALICE: usize = 0;
pub(crate) const ROBIN: usize = 1;

/// How often the code of the device that asks may still be typed.
pub(crate) fn asking(world: &World, person: usize) -> Option<u8> {
    let own = world.devices(person).into_iter();
    let mut tries = own.filter_map(|device| match device.state {
        DeviceState::Asking { tries_left, .. } => Some(tries_left),
        _ => None,
    });
    tries.next()
}

/// Types a code on the device that made the link.
pub(crate) fn type_code(world: &mut World, link: &LinkView, code: &str) -> Result<Reply, ApiError> {
    let (link, code) = (link.id.clone(), Some(code.to_owned()));
    world.command(ROBIN, Command::DecideLink { link, code })
}

pub(crate) fn say_no(world: &mut World, link: &LinkView) -> Result<Reply, ApiError> {
    let (link, code) = (link.id.clone(), None);
    world.command(ROBIN, Command::DecideLink { link, code })
}

/// Another than that.
pub(crate) fn other(code: &str) -> String {
    let first = if code.starts_with('0') { "1" } else { "0" };
    first.to_owned() + &code[1..]
}

pub(crate) fn listed(world: &World, person: usize) -> Vec<DeviceView> {
    let mut own = world.devices(person);
    own.retain(|device| device.state == DeviceState::Listed);
    own
}

pub(crate) fn problem(world: &World, person: usize) -> ApiError {
    world.joining(person).unwrap().problem.unwrap()
}

fn fetch(account: &AccountId) -> Ask {
    Ask::FetchPrekeys(FetchPrekeys {
        account: account.to_vec(),
        devices: Vec::new(),
    })
}

/// Robin's devices as they were, on his first one and at the relay.
pub(crate) fn nothing_was_signed(world: &mut World) {
    assert_eq!(listed(world, ROBIN).len(), 1);
    let (account, local) = world.stolen_keys(ROBIN);
    assert_eq!(local.devices().version(), 1);
    let Body::Prekeys(prekeys) = world.ask_relay(ALICE, fetch(&account.id())) else {
        panic!("prekeys");
    };
    assert_eq!(prekeys.device_list, Some(local.signed_device_list()));
}

#[test]
fn a_new_device_is_one_of_the_account_once_its_code_is_typed_on_another() {
    for keeper in [true, false] {
        let mut world = World::acquainted();
        let link = world.device_link(ROBIN, keeper);
        let phone = world.join(&link.link, " Phone ").unwrap();
        let view = world.joining(phone).unwrap();
        assert_eq!((view.name.as_str(), view.problem), ("Phone", None));
        assert_eq!(asking(&world, ROBIN), Some(3));
        assert!(matches!(
            &world.devices(ROBIN)[1].state,
            DeviceState::Asking { account_fingerprint, .. }
                if *account_fingerprint == view.account_fingerprint
        ));
        nothing_was_signed(&mut world);
        let refused = world.command(phone, Command::Reconnect).unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::WrongState);

        world.agree(ROBIN, &link, phone).unwrap();
        assert_eq!(world.joining(phone), None);
        for person in [ROBIN, phone] {
            world.restart(person);
            let own = listed(&world, person);
            let names: Vec<&str> = own.iter().map(|device| device.name.as_str()).collect();
            let first = if person == ROBIN {
                "This device"
            } else {
                names[0]
            };
            assert_eq!(names, [first, "Phone"]);
            let keepers: Vec<bool> = own.iter().map(|device| device.keeper).collect();
            assert_eq!(keepers, [true, keeper]);
            assert_eq!(
                own.iter().map(|d| d.agent).collect::<Vec<_>>(),
                [true, false]
            );
            assert!(world.settled(person));
        }
        let status = world.status(phone);
        assert_eq!(status.account, world.status(ROBIN).account);
        assert_eq!(status.name, "Robin");
        assert_eq!(status.connection, ConnectionState::Online);
        assert_eq!(asking(&world, ROBIN), None);
        let told = world.history(ALICE).into_iter();
        assert_eq!(told.filter(|message| message.kind == "DEVICES").count(), 1);

        // Who may add devices may remove them, and leave the others to another.
        let removed = world.remove_device(phone, 0);
        assert_eq!(removed.is_ok(), keeper, "{removed:?}");
        if !keeper {
            assert_eq!(removed.unwrap_err().code, ApiErrorCode::NotKeeper);
            let link = world.command(phone, Command::LinkDevice { keeper });
            assert_eq!(link.unwrap_err().code, ApiErrorCode::NotKeeper);
        }
    }
}

#[test]
fn a_keeper_that_has_another_one_removes_itself() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, true);
    let phone = world.join(&link.link, "Phone").unwrap();
    world.agree(ROBIN, &link, phone).unwrap();
    world.remove_device(ROBIN, 0).unwrap();
    assert_eq!(world.status(ROBIN).connection, ConnectionState::Removed);
    let own = listed(&world, phone);
    assert_eq!(own.len(), 1);
    assert!(own[0].this && own[0].agent);
    // It answers from now on.
    world.invitation(phone);
    world.restart(ROBIN);
    let refused = world.command(ROBIN, Command::Reconnect).unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::DeviceRemoved);
}

#[test]
fn whoever_says_no_adds_nobody() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, true);
    let early = type_code(&mut world, &link, "123456").unwrap_err();
    assert_eq!(early.code, ApiErrorCode::WrongState);
    let phone = world.join(&link.link, "Phone").unwrap();
    say_no(&mut world, &link).unwrap();
    assert_eq!(asking(&world, ROBIN), None);
    nothing_was_signed(&mut world);
    assert_eq!(problem(&world, phone).code, ApiErrorCode::LinkInvalid);
    nothing_was_signed(&mut world);
}

#[test]
fn a_link_is_used_once_and_where_a_photographer_was_first_the_phone_shows_no_code() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, true);
    let photographer = world.join(&link.link, "Phone").unwrap();
    let phone = world.join(&link.link, "Phone").unwrap();
    let refused = problem(&world, phone);
    assert_eq!(
        refused.message,
        "Another device has used this link already."
    );
    assert_eq!(world.joining(phone).unwrap().code, None);
    // The code is on the photographer's screen alone. Robin has none to type, says no, and makes another
    // link.
    assert!(world.joining(photographer).unwrap().code.is_some());
    nothing_was_signed(&mut world);
    say_no(&mut world, &link).unwrap();
    let again = world.device_link(ROBIN, true);
    let phone = world.join(&again.link, "Phone").unwrap();
    world.agree(ROBIN, &again, phone).unwrap();
    assert_eq!(world.joining(phone), None);
    assert_eq!(listed(&world, ROBIN).len(), 2);
    assert!(world.joining(photographer).is_some());
}

#[test]
fn a_relay_that_delivers_a_second_request_shows_it_no_code() {
    let mut world = World::acquainted();
    let (account, _) = world.stolen_keys(ROBIN);
    let link = world.device_link(ROBIN, true);
    let mailbox = *world.relay.mailboxes_of(&account.id()).last().unwrap();
    let request = |world: &mut World| {
        let device = world.join(&link.link, "Phone").unwrap();
        let posts = world.relay.seen.iter().rev();
        let mut posts = posts.filter_map(|frame| match decode::<ClientFrame>(frame.clone()) {
            Ok(ClientFrame {
                body: Some(Ask::Post(post)),
                ..
            }) => Some(post),
            _ => None,
        });
        let to_link = posts.find(|post| post.mailbox == mailbox.to_vec());
        (device, to_link.unwrap().payload)
    };
    // It would be the first, had not another device been; and has other prekeys than that.
    let mut fork = world.again();
    fork.invitation(ALICE);
    fork.ask_relay(ALICE, fetch(&account.id()));
    let (_, second) = request(&mut fork);
    let (first, payload) = request(&mut world);
    assert_ne!(payload, second);
    let asks = world.devices(ROBIN)[1].clone();
    world.says(
        ROBIN,
        Body::Deliver(Deliver {
            sequence: 99,
            mailbox: mailbox.to_vec(),
            message_id: vec![9; 16],
            payload: second,
        }),
    );
    assert_eq!(world.devices(ROBIN)[1], asks);
    world.agree(ROBIN, &link, first).unwrap();
    assert_eq!(world.joining(first), None);
}

#[test]
fn three_wrong_codes_end_a_link() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, true);
    let phone = world.join(&link.link, "Phone").unwrap();
    let code = world.joining(phone).unwrap().code.unwrap();
    // What is no code at all is no try.
    for odd in ["", "12345", "1234567", "12345x"] {
        let refused = type_code(&mut world, &link, odd).unwrap_err();
        assert_eq!(refused.message, "A code has six digits.");
    }
    for (left, said) in [(2, "twice"), (1, "once")] {
        world.restart(ROBIN);
        let refused = type_code(&mut world, &link, &other(&code)).unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::ValueInvalid);
        let message = format!("That is not the code. You can try {said} more.");
        assert_eq!(refused.message, message);
        assert_eq!(asking(&world, ROBIN), Some(left));
    }
    let refused = type_code(&mut world, &link, &other(&code)).unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::LinkInvalid);
    assert_eq!(asking(&world, ROBIN), None);
    let refused = type_code(&mut world, &link, &code).unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::LinkInvalid);
    nothing_was_signed(&mut world);
}

#[test]
fn a_code_is_good_after_others_and_with_spaces() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, false);
    let phone = world.join(&link.link, "Phone").unwrap();
    let code = world.joining(phone).unwrap().code.unwrap();
    world.restart(phone);
    assert_eq!(world.joining(phone).unwrap().code, Some(code.clone()));
    for _ in 0..2 {
        type_code(&mut world, &link, &other(&code)).unwrap_err();
    }
    let spaced = format!(" {} {}", &code[..3], &code[3..]);
    type_code(&mut world, &link, &spaced).unwrap();
    assert_eq!(world.joining(phone), None);
    assert_eq!(listed(&world, ROBIN).len(), 2);
}

#[test]
fn a_code_that_waits_for_the_relay_goes_with_its_link() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, false);
    world.set_online(ROBIN, false);
    world.join(&link.link, "Phone").unwrap();
    let (account, _) = world.stolen_keys(ROBIN);
    let answers = *world.relay.mailboxes_of(&account.id()).last().unwrap();
    world.relay.fill(&answers);
    world.set_online(ROBIN, true);
    assert_eq!(asking(&world, ROBIN), Some(3));
    assert_eq!(world.status(ROBIN).queued, 1);
    say_no(&mut world, &link).unwrap();
    // In its place the new device is told no.
    assert_eq!(world.status(ROBIN).queued, 1);
}

#[test]
fn a_newer_link_ends_the_one_before() {
    let mut world = World::acquainted();
    let first = world.device_link(ROBIN, true);
    let second = world.device_link(ROBIN, true);
    let late = world.join(&first.link, "Phone").unwrap();
    assert_eq!(problem(&world, late).code, ApiErrorCode::LinkInvalid);
    let refused = say_no(&mut world, &first).unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::LinkInvalid);
    let phone = world.join(&second.link, "Phone").unwrap();
    assert!(world.joining(phone).unwrap().code.is_some());
}

#[test]
fn a_link_is_over_after_ten_minutes() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, true);
    world.advance(SignedDuration::from_mins(10) - SignedDuration::from_secs(1));
    let phone = world.join(&link.link, "Phone").unwrap();
    assert!(asking(&world, ROBIN).is_some());
    world.advance(SignedDuration::from_secs(1));
    assert_eq!(asking(&world, ROBIN), None);
    let refused = type_code(&mut world, &link, "123456").unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::LinkInvalid);
    let late = world.join(&link.link, "Tablet").unwrap();
    for device in [late, phone] {
        world.set_online(device, false);
        world.set_online(device, true);
        let message = problem(&world, device).message;
        assert!(
            message.starts_with("The relay does not let this device in: "),
            "{message}"
        );
    }
    nothing_was_signed(&mut world);
}

#[test]
fn what_is_agreed_to_while_the_relay_is_away_for_too_long_is_withdrawn() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, true);
    let phone = world.join(&link.link, "Phone").unwrap();
    world.set_online(ROBIN, false);
    world.agree(ROBIN, &link, phone).unwrap();
    let own = world.devices(ROBIN);
    assert!(
        own.iter()
            .any(|device| device.state == DeviceState::Joining)
    );
    world.advance(SignedDuration::from_mins(11));
    world.set_online(ROBIN, true);
    assert!(world.settled(ROBIN));
    assert_eq!(world.devices(ROBIN).len(), 1);
    nothing_was_signed(&mut world);
}

#[test]
fn a_relay_that_shows_another_list_adds_the_device_to_nothing() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, true);
    let (robin, _) = world.stolen_keys(ROBIN);
    let (mallory, local) = world.stolen_keys(ALICE);
    // A list that somebody else signed, and then all of somebody else's keys.
    world
        .relay
        .serve_list(&robin.id(), sign_list(&mallory, 9, &[local.device()]));
    let phone = world.join(&link.link, "Phone").unwrap();
    assert_eq!(problem(&world, phone).code, ApiErrorCode::IdentityMismatch);
    assert_eq!(asking(&world, ROBIN), None);
    nothing_was_signed_here(&world);
}

fn nothing_was_signed_here(world: &World) {
    let (_, local) = world.stolen_keys(ROBIN);
    assert_eq!(local.devices().version(), 1);
}

#[test]
fn rubbish_in_the_link_s_mailbox_ends_it() {
    let mut world = World::acquainted();
    let (account, _) = world.stolen_keys(ROBIN);
    let link = world.device_link(ROBIN, true);
    let mailbox = *world.relay.mailboxes_of(&account.id()).last().unwrap();
    let posted = world.ask_relay(
        ALICE,
        Ask::Post(Post {
            mailbox: mailbox.to_vec(),
            message_id: vec![1; 16],
            payload: vec![2; 2_000].into(),
            ttl_seconds: 0,
        }),
    );
    assert!(matches!(posted, Body::Done(_)), "{posted:?}");
    world.settle();
    let status = world.status(ROBIN);
    let detail = status.connection_detail.unwrap();
    assert!(
        detail.starts_with("Somebody used the link that adds a device,"),
        "{detail}"
    );
    let phone = world.join(&link.link, "Phone").unwrap();
    assert_eq!(problem(&world, phone).code, ApiErrorCode::LinkInvalid);
    nothing_was_signed(&mut world);
}

#[test]
fn an_account_has_at_most_eight_devices() {
    let mut world = World::acquainted();
    for number in 2..=8 {
        let link = world.device_link(ROBIN, false);
        let phone = world.join(&link.link, &format!("Device {number}")).unwrap();
        world.agree(ROBIN, &link, phone).unwrap();
        assert_eq!(listed(&world, ROBIN).len(), number);
        // A relay lets so many guests of an account in at once, each for as long as its link is good.
        world.advance(SignedDuration::from_mins(11));
    }
    let refused = world.command(ROBIN, Command::LinkDevice { keeper: false });
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::DeviceLimit);
    assert_eq!(refused.message, "You have 8 devices already.");
}

#[test]
fn without_a_connection_there_is_no_link() {
    let mut world = World::acquainted();
    world.set_online(ROBIN, false);
    let refused = world.command(ROBIN, Command::LinkDevice { keeper: true });
    assert_eq!(refused.unwrap_err().code, ApiErrorCode::RelayUnreachable);
}

/// Asks until there is an answer: one process ends, and ends once.
pub(crate) fn insist<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let first = ask();
    first.or_else(ask).expect("an answer the second time")
}

/// Robin adds a phone; one of the two is disturbed at an input. Whether it still was.
fn added(fault: Fault, disturbed: usize, input: usize) -> bool {
    let case = format!("{disturbed}, {fault:?} {input}");
    let mut world = World::acquainted();
    let phone = 2;
    world.fault_at(disturbed, input, fault);
    let moment = SignedDuration::from_secs(2);
    let link = insist(
        || match world.try_command(ROBIN, Command::LinkDevice { keeper: true })? {
            Ok(Reply::Link(link)) => Some(link),
            other => panic!("a link, not {other:?}"),
        },
    );
    world.advance(moment);
    assert_eq!(world.join(&link.link, "Phone"), Ok(phone));
    world.advance(moment);
    assert_eq!(asking(&world, ROBIN), Some(3), "{case}");
    insist(|| {
        if asking(&world, ROBIN).is_none() {
            return Some(());
        }
        let agree = world.agreement(&link, phone);
        let decided = world.try_command(ROBIN, agree)?;
        assert_eq!(decided, Ok(Reply::Done), "{case}");
        Some(())
    });
    world.advance(moment);
    let ahead = world.fault_is_ahead();
    assert_eq!(world.joining(phone), None, "{case}");
    for person in [ROBIN, phone] {
        assert_eq!(listed(&world, person).len(), 2, "{case}");
        assert!(world.settled(person), "{case}");
    }
    let told = world.history(ALICE).into_iter();
    let told = told.filter(|message| message.kind == "DEVICES").count();
    assert_eq!(told, 1, "{case}");
    // What waits for a guest goes with it.
    world.advance(SignedDuration::from_mins(11));
    assert_eq!(world.relay.waiting(), 0, "{case}");
    !ahead
}

#[test]
fn a_device_is_added_whatever_ends_at_whatever_moment() {
    for fault in [
        Fault::EndBeforeCommit,
        Fault::EndAfterCommit,
        Fault::CutBeforeFrame,
    ] {
        for disturbed in [ROBIN, 2] {
            let last = (1..).find(|input| !added(fault, disturbed, *input));
            assert!(
                last.is_some_and(|last| last > 6),
                "{fault:?} {disturbed}: {last:?}"
            );
        }
    }
}

#[test]
fn a_vault_of_a_device_that_joins_opens_as_one() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, true).link;
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let passphrase = "several unrelated words of it";
    let made = Client::join(&link, "Phone", passphrase, world.now, rng).unwrap();
    let secret = link.as_str().split_once('=').unwrap().1.as_bytes();
    let records = made.commit.into_iter().map(|change| {
        let value = change.value.unwrap();
        assert!(!value.windows(secret.len()).any(|part| part == secret));
        let (store, key) = (change.store, change.key);
        SealedRecord { store, key, value }
    });
    let opened = Client::open(&made.header, passphrase, records).unwrap();
    assert_eq!(opened.damaged, []);
    let asked = |query| opened.client.query(&query, Vec::new(), world.now);
    let Ok(Answer::Joining(Some(joining))) = asked(Query::Joining) else {
        panic!("a device that joins");
    };
    assert_eq!((joining.name.as_str(), joining.code), ("Phone", None));
    let inspect = Query::InspectLink { link: link.clone() };
    let Some(Ok(Answer::LinkPreview(preview))) = answer_without_vault(&inspect) else {
        panic!("what a link says");
    };
    assert_eq!(asked(inspect), Ok(Answer::LinkPreview(preview.clone())));
    assert_eq!(
        (
            joining.relay,
            joining.account_fingerprint,
            joining.expires_at
        ),
        (
            preview.relay,
            preview.account_fingerprint,
            preview.expires_at
        )
    );
    assert_eq!(
        preview.expires_at,
        world.now + SignedDuration::from_mins(10)
    );
    assert_eq!(
        asked(Query::Status).unwrap_err().code,
        ApiErrorCode::WrongState
    );

    let damaged = "https://relay.test/#device=AAAA".to_owned().into();
    let refused = Client::join(&damaged, "Phone", passphrase, world.now, rng);
    assert_eq!(refused.err().unwrap().code, ApiErrorCode::LinkInvalid);
}

#[test]
fn a_device_that_was_added_too_late_is_shown_as_one_that_never_came() {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, false);
    let phone = world.join(&link.link, "Phone").unwrap();
    // The relay has the list, and its answer is lost.
    let agree = world.agreement(&link, phone);
    let _ = world.send(ROBIN, agree);
    world.set_online(ROBIN, false);
    world.advance(SignedDuration::from_mins(20));
    world.set_online(ROBIN, true);
    world.advance(SignedDuration::from_mins(1));
    assert!(world.joining(phone).is_some());
    let own = listed(&world, ROBIN);
    assert_eq!(
        own.iter().map(|d| d.came).collect::<Vec<_>>(),
        [true, false]
    );
    // It can be removed, and added anew.
    world.remove_device(ROBIN, 1).unwrap();
    world.add_device(ROBIN, false, "Phone");
    let own = listed(&world, ROBIN);
    assert_eq!(own.iter().map(|d| d.came).collect::<Vec<_>>(), [true, true]);
}
