//! Which of a person's devices answers for them, and what happens when that is another one.

use jiff::SignedDuration;
use sotto_client_core::{
    api::{
        Answer, ApiErrorCode, Command, ConnectionState, ContactState, DeviceState, ProposalState,
        Query, Reply,
    },
    engine::Store,
};
use sotto_tests::{Fault, World};

pub(crate) const ALICE: usize = 0;
pub(crate) const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";
const HIS_WISH: &str = "an hour with Alice next week";
pub(crate) const MOMENT: SignedDuration = SignedDuration::from_secs(2);

/// Alice, and Robin on two devices; both agree to whatever fits.
pub(crate) fn robin_twice() -> (World, usize) {
    let mut world = World::acquainted();
    world.auto(ALICE);
    world.auto(ROBIN);
    let phone = world.add_device(ROBIN, true, "Phone");
    (world, phone)
}

pub(crate) fn make_agent(
    world: &mut World,
    on: usize,
    place: usize,
) -> Result<Reply, ApiErrorCode> {
    let device = world.devices(on)[place].id.clone();
    let made = world.command(on, Command::MakeAgent { device });
    world.advance(MOMENT);
    made.map_err(|error| error.code)
}

/// Which devices of Robin say that they answer.
pub(crate) fn answers(world: &World, devices: &[usize]) -> Vec<bool> {
    let mine = |device: &usize| {
        let own = world.devices(*device);
        own.iter().any(|own| own.this && own.agent)
    };
    devices.iter().map(mine).collect()
}

/// Both sides ask, and `agent` alone of Robin's devices agrees.
fn agent_agrees(world: &mut World, agent: usize, others: &[usize], case: &str) {
    let before = world.meetings(ALICE).len();
    let had: Vec<usize> = others.iter().map(|d| world.meetings(*d).len()).collect();
    world.schedule(ALICE, WISH).expect(case);
    world.schedule(agent, HIS_WISH).expect(case);
    world.advance(MOMENT);
    assert_eq!(world.meetings(ALICE).len(), before + 2, "{case}");
    for (other, had) in others.iter().zip(had) {
        assert_eq!(world.meetings(*other).len(), had + 2, "{case}: {other}");
        let refused = world.schedule(*other, HIS_WISH).unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::AgentAway, "{case}: {other}");
        let said = |device: usize, kind: &str| {
            let history = world.history(device).into_iter();
            history.filter(|message| message.kind == kind).count()
        };
        assert!(said(*other, "CONFIRMATION") >= 2, "{case}: {other}");
    }
    assert_eq!(world.contacts(ALICE)[0].unreadable, 0, "{case}");
}

#[test]
fn a_device_that_follows_hears_everything_and_leaves_the_answers_to_the_agent() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    let phone = world.add_device(ROBIN, false, "Phone");
    let device = world.devices(phone)[0].id.clone();
    let name = "Laptop".to_owned();
    let rename = Command::RenameDevice { device, name };
    world.command(phone, rename).unwrap();
    let link = world.invitation(ALICE);
    world
        .command(phone, Command::AcceptInvitation { link })
        .unwrap();

    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    let heard = |person: usize, kind: &str| {
        let said = world.history(person).into_iter();
        said.filter(|message| message.kind == kind).count()
    };
    assert_eq!(heard(phone, "QUERY"), 1);
    assert_eq!(heard(phone, "PROPOSAL"), 1);
    assert_eq!(heard(ALICE, "RESPONSE"), 1, "one answer");
    assert_eq!(heard(ALICE, "CONFIRMATION"), 1, "one confirmation");
    assert_eq!(world.meetings(ROBIN).len(), 1);
    assert_eq!(world.meetings(phone).len(), 1, "it knows what was agreed");

    let Ok(Answer::Preferences(preferences)) = world.query(phone, &Query::Preferences) else {
        panic!("preferences");
    };
    for refused in [
        world
            .schedule(phone, "half an hour with Alice next week")
            .map(drop),
        world.invite(phone, 1).map(drop),
        world.import_as(phone, "Calendar", &[]).map(drop),
        world
            .command(phone, Command::SetPreferences { preferences })
            .map(drop),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::AgentAway);
        assert_eq!(refused.message, "Laptop answers for you.");
    }
}

#[test]
fn where_the_first_device_is_removed_the_next_one_answers() {
    let (mut world, phone) = robin_twice();
    let tablet = world.add_device(ROBIN, false, "Tablet");
    // By the phone, which may.
    world.remove_device(phone, 0).unwrap();
    world.advance(MOMENT);
    assert_eq!(world.status(ROBIN).connection, ConnectionState::Removed);
    assert_eq!(answers(&world, &[phone, tablet]), [true, false]);
    agent_agrees(&mut world, phone, &[tablet], "removed");
    let robin = &world.contacts(ALICE)[0];
    assert_eq!(robin.state, ContactState::Active);
    assert_eq!(robin.devices.len(), 2);

    // It says so, and what it was not given.
    world.restart(phone);
    let change = world.status(phone).agent_change.unwrap();
    assert!(change.leads);
    assert!(change.message.contains("It has no calendar of yours"));
    assert_eq!(
        world.status(tablet).agent_change,
        None,
        "it followed before as well"
    );
    world.advance(SignedDuration::from_hours(7 * 24));
    assert_eq!(world.status(phone).agent_change, None);
    // The others hear from the new one what changes.
    let rename = Command::RenameContact {
        contact: "Alice".to_owned(),
        name: "Ali".to_owned(),
    };
    world.command(phone, rename).unwrap();
    world.advance(MOMENT);
    assert_eq!(world.contacts(tablet)[0].name, "Ali");
}

#[test]
fn another_device_is_made_the_agent_and_back() {
    let (mut world, phone) = robin_twice();
    agent_agrees(&mut world, ROBIN, &[phone], "first");
    make_agent(&mut world, ROBIN, 1).unwrap();
    assert_eq!(answers(&world, &[ROBIN, phone]), [false, true]);
    agent_agrees(&mut world, phone, &[ROBIN], "the phone");
    let change = world.status(ROBIN).agent_change.unwrap();
    assert!(!change.leads && change.message.starts_with("Phone answers for you now"));
    let leads: Vec<bool> = world.contacts(ALICE)[0]
        .devices
        .iter()
        .map(|d| d.leads)
        .collect();
    assert_eq!(leads, [true, false]);
    make_agent(&mut world, phone, 1).unwrap();
    assert_eq!(answers(&world, &[ROBIN, phone]), [true, false]);
    let already = make_agent(&mut world, ROBIN, 0);
    assert_eq!(already, Err(ApiErrorCode::WrongState), "it is");
    agent_agrees(&mut world, ROBIN, &[phone], "back");
}

#[test]
fn only_a_keeper_says_who_answers() {
    let mut world = World::acquainted();
    let phone = world.add_device(ROBIN, false, "Phone");
    assert_eq!(
        make_agent(&mut world, phone, 1),
        Err(ApiErrorCode::NotKeeper)
    );
    let device = "Tablet".to_owned();
    let unknown = world.command(ROBIN, Command::MakeAgent { device });
    assert_eq!(unknown.unwrap_err().code, ApiErrorCode::NotFound);
    assert_eq!(answers(&world, &[ROBIN, phone]), [true, false]);
}

#[test]
fn a_device_that_is_to_answer_is_shown_so_until_the_relay_is_told() {
    let (mut world, phone) = robin_twice();
    let tablet = world.add_device(ROBIN, false, "Tablet");
    world.set_online(ROBIN, false);
    assert_eq!(make_agent(&mut world, ROBIN, 1), Ok(Reply::Done));
    let states = |world: &World| -> Vec<DeviceState> {
        let own = world.devices(ROBIN).into_iter();
        own.map(|device| device.state).collect()
    };
    let (listed, leading) = (DeviceState::Listed, DeviceState::Leading);
    let expected = [listed.clone(), leading, listed.clone()];
    assert_eq!(states(&world), expected);
    world.restart(ROBIN);
    assert_eq!(states(&world), expected);
    assert_eq!(make_agent(&mut world, ROBIN, 1), Ok(Reply::Done), "once");
    // Neither another nor the one that still answers, as long as that is not settled.
    for place in [0, 2] {
        let other = make_agent(&mut world, ROBIN, place);
        assert_eq!(other, Err(ApiErrorCode::WrongState), "{place}");
    }
    assert_eq!(
        answers(&world, &[ROBIN, phone, tablet]),
        [true, false, false]
    );

    world.set_online(ROBIN, true);
    world.advance(MOMENT);
    assert_eq!(states(&world), [listed.clone(), listed.clone(), listed]);
    assert_eq!(
        answers(&world, &[ROBIN, phone, tablet]),
        [false, true, false]
    );
}

#[test]
fn a_device_that_was_removed_does_not_answer() {
    let (mut world, phone) = robin_twice();
    world.remove_device(ROBIN, 1).unwrap();
    let device = "phone".to_owned();
    let refused = world.command(ROBIN, Command::MakeAgent { device });
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::NotFound);
    assert!(
        refused.message.starts_with("Phone was removed"),
        "{refused:?}"
    );
    // Nor does that one say who does.
    assert_eq!(
        make_agent(&mut world, phone, 0),
        Err(ApiErrorCode::DeviceRemoved)
    );
}

#[test]
fn what_the_former_agent_had_open_is_called_off() {
    let mut world = World::acquainted();
    world.add_device(ROBIN, true, "Phone");
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Approval);
    make_agent(&mut world, ROBIN, 1).unwrap();
    for person in [ALICE, ROBIN] {
        assert_eq!(world.only_proposal(person).state, ProposalState::Cancelled);
    }
    let reason = world.only_proposal(ALICE).reason.unwrap();
    assert!(
        reason.contains("is on another device from now on"),
        "{reason}"
    );
}

/// Robin makes his phone the agent; one of the two is disturbed at an input. Whether it still was.
fn moved(fault: Fault, disturbed: usize, input: usize) -> bool {
    let case = format!("{disturbed}, {fault:?} {input}");
    let (mut world, phone) = robin_twice();
    world.fault_at(disturbed, input, fault);
    let device = world.devices(ROBIN)[1].id.clone();
    for _ in 0..2 {
        if answers(&world, &[ROBIN]) == [true] {
            let device = device.clone();
            let _ = world.try_command(ROBIN, Command::MakeAgent { device });
        }
        world.advance(MOMENT);
    }
    world.advance(SignedDuration::from_mins(2));
    if world.fault_is_ahead() {
        return false;
    }
    assert_eq!(answers(&world, &[ROBIN, phone]), [false, true], "{case}");
    agent_agrees(&mut world, phone, &[ROBIN], &case);
    true
}

#[test]
fn the_agent_moves_whatever_ends_at_whatever_moment() {
    for fault in [
        Fault::EndBeforeCommit,
        Fault::EndAfterCommit,
        Fault::CutBeforeFrame,
    ] {
        for disturbed in [ROBIN, 2] {
            let last = (1..).find(|input| !moved(fault, disturbed, *input));
            assert!(
                last.is_some_and(|last| last > 3),
                "{fault:?} {disturbed}: {last:?}"
            );
        }
    }
}

/// The phone says that it has heard of the last series that there can be.
#[test]
fn a_device_that_says_what_cannot_be_stops_nothing() {
    let (mut world, phone) = robin_twice();
    let tablet = world.add_device(ROBIN, false, "Tablet");
    let sharing = |world: &World, device: usize| -> serde_json::Value {
        let records = world.copy_of(device);
        serde_json::from_slice(&records[&(Store::Users, "sharing".to_owned())]).unwrap()
    };
    let mut records = world.copy_of(phone);
    let mut bent = sharing(&world, phone);
    // The greatest number that anything may say.
    bent["series"] = ((1_u64 << 53) - 1).into();
    records.insert(
        (Store::Users, "sharing".to_owned()),
        bent.to_string().into_bytes(),
    );
    world.put_back(phone, records);
    world.advance(SignedDuration::from_mins(2));
    let of_agent = sharing(&world, ROBIN)["series"].clone();
    assert!(of_agent.as_u64().unwrap() <= u64::try_from(world.now.as_millisecond()).unwrap());
    assert_eq!(sharing(&world, phone)["series"], of_agent);
    // It becomes the agent, and the tablet follows it.
    world.remove_device(phone, 0).unwrap();
    world.advance(MOMENT);
    let rename = Command::RenameContact {
        contact: "Alice".to_owned(),
        name: "Ali".to_owned(),
    };
    world.command(phone, rename).unwrap();
    world.advance(MOMENT);
    assert_eq!(world.contacts(tablet)[0].name, "Ali");
}
