//! The own devices: how their list changes, who hears of it, and what a removed one does.

use std::collections::HashSet;

use jiff::SignedDuration;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_client_core::{
    api::{ApiErrorCode, Command, ConnectionState, ContactState, DeviceState, MessageView, Reply},
    engine::Store,
    identity::Device,
};
use sotto_protocol::{
    error::ErrorCode,
    frames::{
        Challenge, ClientFrame, DeviceList, DeviceListChanged, Error, SignedDeviceList,
        client_frame::Body as Ask, server_frame::Body,
    },
};
use sotto_tests::{Fault, World, sign_list};

const ALICE: usize = 0;
const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";

fn devices<const N: usize>() -> [Device; N] {
    let rng = &mut ChaCha20Rng::seed_from_u64(9);
    std::array::from_fn(|_| Device::generate(rng))
}

/// Alice, and Robin on two devices, both of which know her. Robin's list has the number 2.
fn robin_twice() -> (World, usize) {
    let mut world = World::acquainted();
    let second = world.second_device(ROBIN);
    let link = world.invitation(ALICE);
    world
        .command(second, Command::AcceptInvitation { link })
        .unwrap();
    (world, second)
}

/// What Robin's own devices and Alice's history say of his list.
fn told(world: &World, person: usize) -> Vec<MessageView> {
    let said = world.history(person).into_iter();
    said.filter(|message| message.kind == "DEVICES").collect()
}

fn states(world: &World, person: usize) -> Vec<DeviceState> {
    let devices = world.devices(person).into_iter();
    devices.map(|device| device.state).collect()
}

fn version(list: &SignedDeviceList) -> u64 {
    let list: DeviceList = sotto_protocol::decode(list.list.clone()).unwrap();
    list.version
}

/// The numbers of the lists that hellos showed and that were published, in order.
fn lists_shown(world: &World, since: usize) -> Vec<(&'static str, u64)> {
    let frames = world.relay.seen[since..].iter();
    let asked = frames.filter_map(|frame| {
        let frame: ClientFrame = sotto_protocol::decode(frame.clone()).ok()?;
        match frame.body? {
            Ask::Hello(hello) => Some(("hello", version(&hello.device_list?))),
            Ask::PublishDeviceList(publish) => Some(("publish", version(&publish.device_list?))),
            _ => None,
        }
    });
    asked.collect()
}

#[test]
fn a_removed_device_is_shut_out_and_everybody_hears_of_it() {
    let (mut world, second) = robin_twice();
    assert_eq!(
        states(&world, ROBIN),
        [DeviceState::Listed, DeviceState::Listed]
    );
    let reply = world.remove_device(ROBIN, 1);
    assert_eq!(reply, Ok(Reply::Done));
    let expected = [DeviceState::Listed, DeviceState::Removed];
    assert_eq!(states(&world, ROBIN), expected);
    world.restart(ROBIN);
    assert_eq!(states(&world, ROBIN), expected);
    assert!(world.settled(ROBIN));

    assert_eq!(told(&world, ALICE).len(), 1);
    assert_eq!(
        told(&world, ALICE)[0].summary,
        "Robin’s agent told yours which devices are Robin’s."
    );
    // Nothing is said to the removed one, and nothing of it is taken.
    world.auto(ROBIN);
    let heard = world.history(second).len();
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 1);
    assert_eq!(world.history(second).len(), heard);
    assert_eq!(world.contacts(ALICE)[0].unreadable, 0);

    // The relay has shown the removed one the list that the account signed: it need not take its word.
    world.restart(second);
    assert_eq!(world.status(second).connection, ConnectionState::Removed);
}

#[test]
fn a_device_that_was_away_while_it_was_removed_is_shown_the_list_that_removes_it() {
    let (mut world, second) = robin_twice();
    world.set_online(second, false);
    world.remove_device(ROBIN, 1).unwrap();
    assert_eq!(world.status(second).connection, ConnectionState::Offline);
    world.set_online(second, true);
    assert_eq!(world.status(second).connection, ConnectionState::Removed);
}

/// Nobody who only says so removes a device: neither by the code alone, nor with a list that the account
/// did not sign, or an older one, at any moment of a connection.
#[test]
fn the_relay_s_word_alone_removes_no_device() {
    let (mut world, second) = robin_twice();
    let (account, local) = world.stolen_keys(ROBIN);
    let (thief, _) = world.stolen_keys(ALICE);
    let mut forged = sign_list(&account, 9, &[local.device()]);
    forged.signature = thief.sign_device_list(&DeviceList::default()).signature;
    let lists = [
        None,
        Some(forged),
        Some(sign_list(&account, 1, &[local.device()])),
        Some(sign_list(&thief, 9, &[local.device()])),
    ];
    for list in lists {
        // Whether it has been welcomed, or has just said hello.
        for welcomed in [true, false] {
            world.set_online(second, false);
            if !welcomed {
                world.mute(second);
            }
            world.set_online(second, true);
            if !welcomed {
                let nonce = vec![7; 32];
                world.says(
                    second,
                    Body::Challenge(Challenge {
                        nonce,
                        relay_time_ms: 0,
                    }),
                );
            }
            if let Some(list) = list.clone() {
                let device_list = Some(list);
                world.says(
                    second,
                    Body::DeviceListChanged(DeviceListChanged { device_list }),
                );
            }
            world.says(
                second,
                Body::Error(Error {
                    code: "AUTH.UNKNOWN_DEVICE".to_owned(),
                    severity: "FATAL".to_owned(),
                    ..Error::default()
                }),
            );
            let status = world.status(second);
            assert_eq!(status.connection, ConnectionState::Unlisted, "{list:?}");
            assert!(status.connection_detail.unwrap().starts_with(
                "The relay says that this device was removed from your account. If you removed it,"
            ));
            world.unmute(second);
            world.restart(second);
            world.advance(SignedDuration::from_mins(6));
            assert!(world.settled(second), "{:?}", world.status(second));
        }
    }
}

#[test]
fn a_device_that_sees_the_list_that_removes_it_stops_and_keeps_its_data() {
    let (mut world, second) = robin_twice();
    let (account, local) = world.stolen_keys(ROBIN);
    let list = sign_list(&account, 3, &[local.device()]);
    world.relay.serve_list(&account.id(), list);
    world.set_online(second, false);
    world.set_online(second, true);
    for _ in 0..2 {
        let status = world.status(second);
        assert_eq!(status.connection, ConnectionState::Removed);
        assert_eq!(status.retry_at, None);
        let refused = world.schedule(second, "half an hour with Alice next week");
        assert_eq!(refused.unwrap_err().code, ApiErrorCode::DeviceRemoved);
        let refused = world.command(second, Command::Reconnect);
        assert_eq!(refused.unwrap_err().code, ApiErrorCode::DeviceRemoved);
        assert_eq!(world.contacts(second).len(), 1);
        let own = world.devices(second);
        assert!(
            own.iter()
                .any(|d| d.this && d.state == DeviceState::Removed)
        );
        let since = world.relay.seen.len();
        world.advance(SignedDuration::from_hours(24));
        assert_eq!(lists_shown(&world, since), [], "it does not dial any more");
        world.restart(second);
        assert!(world.at(second).records(Store::Sessions) > 0);
    }
}

#[test]
fn a_change_is_shown_to_nobody_before_the_relay_has_it() {
    let (mut world, _) = robin_twice();
    world.set_online(ROBIN, false);
    world.remove_device(ROBIN, 1).unwrap();
    let expected = [DeviceState::Listed, DeviceState::Leaving];
    assert_eq!(states(&world, ROBIN), expected);
    assert_eq!(
        world.remove_device(ROBIN, 1),
        Ok(Reply::Done),
        "once is enough"
    );
    world.restart(ROBIN);
    assert_eq!(states(&world, ROBIN), expected);
    let since = world.relay.seen.len();
    world.set_online(ROBIN, true);
    let shown = lists_shown(&world, since);
    assert_eq!(shown, [("hello", 2), ("publish", 3)]);
    assert_eq!(
        states(&world, ROBIN),
        [DeviceState::Listed, DeviceState::Removed]
    );
}

#[test]
fn two_devices_that_change_the_list_at_once_both_have_their_way() {
    let [one, two] = devices();
    let mut world = World::acquainted();
    let second = world.second_device_beside(ROBIN, &[&one, &two]);
    world.set_online(ROBIN, false);
    world.remove_device(ROBIN, 2).unwrap();
    world.remove_device(second, 3).unwrap();
    let since = world.relay.seen.len();
    world.set_online(ROBIN, true);
    // The relay showed the newer list at once, so that nothing has to be signed twice.
    assert_eq!(lists_shown(&world, since), [("hello", 2), ("publish", 4)]);
    for person in [ROBIN, second] {
        let expected = [
            DeviceState::Listed,
            DeviceState::Listed,
            DeviceState::Removed,
            DeviceState::Removed,
        ];
        assert_eq!(states(&world, person), expected);
        assert!(world.settled(person));
    }
    assert_eq!(told(&world, ALICE).len(), 2);
}

#[test]
fn a_relay_that_always_has_another_list_is_given_up() {
    let [gone] = devices();
    let mut world = World::acquainted();
    world.sign_devices(ROBIN, &[&gone]);
    let (account, local) = world.stolen_keys(ROBIN);
    // It took a newer list from a copy of the account key, and shows the older one.
    let newer = sign_list(&account, 9, &[local.device(), &gone]);
    let older = local.signed_device_list();
    world.relay.serve_list(&account.id(), older);
    let published = world.ask_relay(
        ROBIN,
        Ask::PublishDeviceList(sotto_protocol::frames::PublishDeviceList {
            device_list: Some(newer),
            over_version: 0,
        }),
    );
    assert!(
        format!("{published:?}").starts_with("Done"),
        "{published:?}"
    );
    let since = world.relay.seen.len();
    world.remove_device(ROBIN, 1).unwrap();
    assert_eq!(lists_shown(&world, since), [("publish", 3); 3]);
    assert_eq!(
        states(&world, ROBIN),
        [DeviceState::Listed, DeviceState::Listed]
    );
    let problem = world.status(ROBIN).connection_detail.unwrap();
    assert!(
        problem.starts_with("The list of your devices could not be changed ("),
        "{problem}"
    );
    assert_eq!(told(&world, ALICE), []);
}

/// The lists that were handed to the relay to be published, in order.
fn handed(world: &World) -> Vec<SignedDeviceList> {
    let frames = world.relay.seen.iter();
    let asked = frames.filter_map(|frame| {
        let frame: ClientFrame = sotto_protocol::decode(frame.clone()).ok()?;
        match frame.body? {
            Ask::PublishDeviceList(publish) => publish.device_list,
            _ => None,
        }
    });
    asked.collect()
}

/// No two of them have one number, and Alice goes on talking to Robin.
fn none_is_forked(world: &World, lists: &[SignedDeviceList]) {
    for one in lists {
        for other in lists {
            let same = one.list == other.list;
            assert!(same || version(one) != version(other), "{}", version(one));
        }
    }
    assert_eq!(world.contacts(ALICE)[0].hold, None);
}

/// Robin's phone asks to be added and he agrees, while the relay takes no list.
fn phone_is_to_be_added(refused: ErrorCode, times: usize) -> World {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, false);
    let phone = world.join(&link.link, "Phone").unwrap();
    world.relay.refuse_lists = vec![refused; times].into();
    world.agree(ROBIN, &link, phone).unwrap();
    world
}

/// The relay publishes what it once said that it would not take.
fn relay_takes(world: &mut World, list: &SignedDeviceList) {
    let publish = sotto_protocol::frames::PublishDeviceList {
        device_list: Some(list.clone()),
        over_version: 0,
    };
    let taken = world.ask_relay(ROBIN, Ask::PublishDeviceList(publish));
    assert!(format!("{taken:?}").starts_with("Done"), "{taken:?}");
}

#[test]
fn a_change_that_was_given_up_leaves_its_number_to_nobody() {
    let (mut world, _) = robin_twice();
    world.relay.refuse_lists = [ErrorCode::DirectoryStaleList; 3].into();
    world.remove_device(ROBIN, 1).unwrap();
    assert!(world.settled(ROBIN), "given up");
    world.restart(ROBIN);
    world.advance(SignedDuration::from_mins(1));
    world.remove_device(ROBIN, 1).unwrap();
    let lists = handed(&world);
    let numbers: Vec<u64> = lists.iter().map(version).collect();
    assert_eq!(numbers, [3, 3, 3, 4]);
    none_is_forked(&world, &lists);
    assert_eq!(
        states(&world, ROBIN),
        [DeviceState::Listed, DeviceState::Removed]
    );
    assert_eq!(told(&world, ALICE).len(), 1);
}

#[test]
fn a_device_that_the_relay_may_add_after_its_link_is_taken_back_by_a_later_list() {
    let mut world = phone_is_to_be_added(ErrorCode::ServerUnavailable, 1_000);
    assert!(!world.settled(ROBIN));
    // The connection on which the relay was handed the list ends.
    world.set_online(ROBIN, false);
    world.advance(SignedDuration::from_mins(11));
    world.set_online(ROBIN, true);
    world.relay.refuse_lists.clear();
    world.restart(ROBIN);
    world.advance(SignedDuration::from_mins(6));
    assert!(world.settled(ROBIN));
    assert_eq!(states(&world, ROBIN), [DeviceState::Listed]);
    let lists = handed(&world);
    assert_eq!(
        lists.iter().map(version).collect::<HashSet<_>>(),
        [2, 3].into()
    );
    none_is_forked(&world, &lists);
    // It comes too late.
    let account = world.stolen_keys(ROBIN).0.id();
    world.relay.serve_list(&account, lists[0].clone());
    world.set_online(ROBIN, false);
    world.set_online(ROBIN, true);
    assert_eq!(states(&world, ROBIN), [DeviceState::Listed]);
}

#[test]
fn a_device_whose_adding_was_given_up_is_not_added_when_the_relay_likes() {
    // It refuses the list, and the one that takes the device back as well.
    let mut world = phone_is_to_be_added(ErrorCode::DirectoryStaleList, 6);
    assert!(world.settled(ROBIN));
    let lists = handed(&world);
    let numbers: Vec<u64> = lists.iter().map(version).collect();
    assert_eq!(numbers, [2, 2, 2, 3, 3, 3]);
    relay_takes(&mut world, &lists[0]);
    world.restart(ROBIN);
    world.advance(SignedDuration::from_secs(10));
    let states = states(&world, ROBIN);
    assert_eq!(states.first(), Some(&DeviceState::Listed));
    assert_eq!(
        states.get(1),
        Some(&DeviceState::Joining),
        "until its link ends"
    );
    assert!(world.settled(ROBIN));
    let lists = handed(&world);
    let last: DeviceList = sotto_protocol::decode(lists.last().unwrap().list.clone()).unwrap();
    assert_eq!((last.version, last.devices.len()), (4, 1));
    none_is_forked(&world, &lists);
    assert_eq!(told(&world, ALICE).len(), 1);
    world.advance(SignedDuration::from_mins(11));
    assert_eq!(world.devices(ROBIN).len(), 1);
}

#[test]
fn a_number_that_was_left_out_hides_no_change_of_another_device() {
    let [one, two] = devices();
    let mut world = World::acquainted();
    let second = world.second_device_beside(ROBIN, &[&one, &two]);
    world.relay.refuse_lists = [ErrorCode::DirectoryStaleList; 3].into();
    world.remove_device(ROBIN, 2).unwrap();
    // Robin's next list has a higher number than the one of his other device, which he does not know yet.
    let [_, _, first, other] = world.devices(ROBIN).try_into().unwrap();
    for (by, device) in [(second, other.id), (ROBIN, first.id)] {
        let _ = world.send(by, Command::RemoveDevice { device });
    }
    world.settle();
    for person in [ROBIN, second] {
        assert!(world.settled(person));
        let left = states(&world, person).into_iter();
        let left = left.filter(|state| *state == DeviceState::Listed);
        assert_eq!(left.count(), 2, "{person}");
    }
    assert_eq!(world.contacts(ALICE)[0].hold, None);
}

#[test]
fn a_relay_that_shows_an_older_or_another_own_list_changes_nothing() {
    for number in 1..=3 {
        let [gone] = devices();
        let mut world = World::acquainted();
        world.sign_devices(ROBIN, &[&gone]);
        world.sign_devices(ROBIN, &[]);
        let (account, local) = world.stolen_keys(ROBIN);
        let list = sign_list(&account, number, &[local.device(), &gone]);
        world.relay.serve_list(&account.id(), list);
        world.set_online(ROBIN, false);
        world.set_online(ROBIN, true);
        let problem = world.status(ROBIN).connection_detail.unwrap();
        let expected = match number {
            3 => "Your account key has signed two different lists of devices with the number 3: ",
            _ => "The relay shows an older list of your devices than the newest.",
        };
        assert!(problem.starts_with(expected), "{problem}");
        assert_eq!(states(&world, ROBIN), [DeviceState::Listed]);
        assert_eq!(told(&world, ALICE), []);
    }
}

#[test]
fn only_a_keeper_removes_and_the_last_one_stays() {
    let (mut world, second) = robin_twice();
    let refused = world.remove_device(ROBIN, 0).unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::LastKeeper);
    world.forget_account_key(second);
    for place in 0..2 {
        let refused = world.remove_device(second, place).unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::NotKeeper);
    }
    assert_eq!(
        states(&world, second),
        [DeviceState::Listed, DeviceState::Listed]
    );
    let unknown = Command::RemoveDevice {
        device: "Tablet".to_owned(),
    };
    let refused = world.command(ROBIN, unknown).unwrap_err();
    assert_eq!(refused.message, "There is no device called “Tablet”.");
}

#[test]
fn who_could_not_be_told_is_told_later() {
    let mut world = World::strangers();
    world.second_device(ROBIN);
    let link = world.invitation(ALICE);
    world
        .command(ROBIN, Command::AcceptInvitation { link })
        .unwrap();
    // Alice has not approved Robin, and still believes what his first message showed.
    world.remove_device(ROBIN, 1).unwrap();
    assert_eq!(told(&world, ALICE), []);
    world.restart(ROBIN);
    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
    assert_eq!(told(&world, ALICE).len(), 1);
    assert_eq!(world.contacts(ALICE)[0].state, ContactState::Active);
}

/// Robin removes his second device, again if the process ended before it was noted.
fn removal(world: &mut World) -> Vec<DeviceState> {
    for _ in 0..2 {
        if world.devices(ROBIN)[1].state == DeviceState::Listed {
            let device = world.devices(ROBIN)[1].id.clone();
            let reply = world.try_command(ROBIN, Command::RemoveDevice { device });
            assert!(!matches!(reply, Some(Err(_))), "{reply:?}");
        }
        world.advance(SignedDuration::from_secs(2));
    }
    states(world, ROBIN)
}

#[test]
fn a_removal_survives_an_end_at_any_moment() {
    for fault in [
        Fault::EndBeforeCommit,
        Fault::EndAfterCommit,
        Fault::CutBeforeFrame,
    ] {
        for input in 1.. {
            let (mut world, _) = robin_twice();
            world.set_online(ROBIN, false);
            world.fault_at(ROBIN, input, fault);
            world.set_online(ROBIN, true);
            let after = removal(&mut world);
            if world.fault_is_ahead() {
                assert!(input > 5, "a story of only {input} inputs");
                break;
            }
            let case = format!("{fault:?} {input}");
            let expected = [DeviceState::Listed, DeviceState::Removed];
            assert_eq!(after, expected, "{case}");
            assert_eq!(told(&world, ALICE).len(), 1, "{case}");
            assert!(world.settled(ROBIN), "{case}");
            world.schedule(ALICE, WISH).unwrap();
            assert_eq!(world.proposals(ROBIN).len(), 1, "{case}");
        }
    }
}
