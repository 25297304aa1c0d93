//! Several devices of one person, who speak with each other and with everybody whom their person
//! knows.

use jiff::SignedDuration;
use sotto_client_core::{
    api::{
        ApiErrorCode, Command, ContactState, ContactView, Direction, MessageView, ProposalState,
        Query, Reply,
    },
    engine::Store,
};
use sotto_protocol::{
    error::ErrorCode,
    frames::{ClientFrame, client_frame::Body as Ask},
};
use sotto_tests::{Fault, World};

pub(crate) const ALICE: usize = 0;
pub(crate) const ROBIN: usize = 1;
const WISH: &str = "half an hour with Robin next week";
const HIS_WISH: &str = "an hour with Alice next week";
pub(crate) const MOMENT: SignedDuration = SignedDuration::from_secs(2);

/// What negotiates, as a person's device shows it from some place of its history on.
fn said(world: &World, device: usize, since: usize) -> Vec<(String, bool, String)> {
    let history = world.history(device).into_iter().skip(since);
    let of_meetings = history
        .filter(|message| !matches!(message.kind.as_str(), "DEVICES" | "DEVICE" | "HANDSHAKE"));
    let mut said: Vec<_> = of_meetings
        .map(|message| {
            let mine = message.direction == Direction::Outgoing;
            (message.id.to_string(), mine, message.kind)
        })
        .collect();
    said.sort();
    said
}

pub(crate) fn of_kind(world: &World, device: usize, kind: &str) -> Vec<MessageView> {
    let mut history = world.history(device);
    history.retain(|message| message.kind == kind);
    history
}

fn contact(world: &World, device: usize) -> ContactView {
    let mut contacts = world.contacts(device);
    assert_eq!(contacts.len(), 1, "{device}: {contacts:?}");
    contacts.remove(0)
}

/// How many devices of the contact each of these can write to.
pub(crate) fn reaches(world: &World, devices: &[usize]) -> Vec<usize> {
    let count = |device: &usize| {
        let known = contact(world, *device).devices;
        known.iter().filter(|known| known.reachable).count()
    };
    devices.iter().map(count).collect()
}

/// Both ask the other for a meeting, and every device of theirs shows all that was said.
pub(crate) fn all_hear_all(world: &mut World, alices: &[usize], robins: &[usize], case: &str) {
    let before: Vec<usize> = (0..)
        .take(alices.len() + robins.len())
        .zip(alices.iter().chain(robins))
        .map(|(_, device)| world.history(*device).len())
        .collect();
    world.schedule(alices[0], WISH).expect(case);
    world.schedule(robins[0], HIS_WISH).expect(case);
    world.advance(MOMENT);
    let of = |device: usize| {
        let all = alices.iter().chain(robins);
        let at = all.clone().position(|other| *other == device);
        said(world, device, before[at.expect("one of them")])
    };
    for devices in [alices, robins] {
        let agent = of(devices[0]);
        let kinds: Vec<&str> = agent.iter().map(|(_, _, kind)| kind.as_str()).collect();
        for kind in ["QUERY", "RESPONSE", "PROPOSAL", "CONFIRMATION"] {
            let count = kinds.iter().filter(|other| **other == kind).count();
            assert_eq!(count, 2, "{case}: {kind} at {}", devices[0]);
        }
        for device in &devices[1..] {
            assert_eq!(of(*device), agent, "{case}: {device}");
            let meetings = world.meetings(devices[0]).len();
            assert_eq!(world.meetings(*device).len(), meetings, "{case}: {device}");
        }
    }
    for device in alices.iter().chain(robins) {
        assert!(
            world.settled(*device),
            "{case}: {device}: {:?}",
            world.status(*device)
        );
        assert_eq!(world.contacts(*device)[0].unreadable, 0, "{case}: {device}");
    }
}

/// Alice and Robin, whose agents agree to whatever fits.
pub(crate) fn contacts() -> World {
    let mut world = World::acquainted();
    world.auto(ALICE);
    world.auto(ROBIN);
    world
}

#[test]
fn a_new_device_meets_the_contacts_and_hears_what_both_sides_say() {
    for keeper in [true, false] {
        let mut world = contacts();
        world.advance(MOMENT);
        let phone = world.add_device(ROBIN, keeper, "Phone");
        assert_eq!(reaches(&world, &[ALICE, ROBIN, phone]), [2, 1, 1]);
        let known = contact(&world, phone);
        assert_eq!(
            (known.name.as_str(), known.state),
            ("Alice", ContactState::Active)
        );
        assert_eq!(known.safety_number, contact(&world, ROBIN).safety_number);
        all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], "joined");

        // The user is told, and nobody was asked.
        let robin = contact(&world, ALICE);
        let leads: Vec<bool> = robin.devices.iter().map(|device| device.leads).collect();
        assert_eq!(leads, [true, false]);
        assert!(robin.devices[1].since > robin.devices[0].since);
        let lines = of_kind(&world, ALICE, "DEVICE");
        let expected = format!("Robin has a new device, {}.", robin.devices[1].fingerprint);
        assert_eq!(
            lines.iter().map(|l| &l.summary).collect::<Vec<_>>(),
            [&expected]
        );
        assert_eq!(
            world.devices(ROBIN)[1].fingerprint,
            robin.devices[1].fingerprint
        );
        // Nothing of how devices meet stands in a history.
        for device in [ALICE, ROBIN, phone] {
            world.restart(device);
            let steps = of_kind(&world, device, "HANDSHAKE").into_iter();
            let steps = steps.map(|message| message.body["body"]["step"].to_string());
            assert!(
                steps.into_iter().all(|step| !step.contains("device")),
                "{device}"
            );
            assert_eq!(of_kind(&world, device, "SYNC"), []);
        }
        all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], "restarted");
    }
}

#[test]
fn devices_of_both_sides_meet_whoever_comes_first() {
    let mut world = contacts();
    let (mut alices, mut robins) = (vec![ALICE], vec![ROBIN]);
    for name in ["Phone", "Tablet"] {
        alices.push(world.add_device(ALICE, false, name));
        robins.push(world.add_device(ROBIN, true, name));
        all_hear_all(&mut world, &alices, &robins, name);
        let everybody = [alices.as_slice(), &robins].concat();
        let all = vec![alices.len(); everybody.len()];
        assert_eq!(reaches(&world, &everybody), all, "{name}");
    }
}

#[test]
fn somebody_met_after_a_device_was_added_is_met_by_it_as_well() {
    let mut world = World::strangers();
    let phone = world.add_device(ROBIN, false, "Phone");
    let tablet = world.add_device(ALICE, false, "Tablet");
    world.auto(ALICE);
    world.auto(ROBIN);
    assert_eq!(world.contacts(phone), []);
    world.introduce(ALICE, ROBIN);
    world.advance(MOMENT);
    assert_eq!(reaches(&world, &[ALICE, tablet, ROBIN, phone]), [2; 4]);
    all_hear_all(&mut world, &[ALICE, tablet], &[ROBIN, phone], "met");
    let steps = |device| -> Vec<String> {
        let of = of_kind(&world, device, "HANDSHAKE").into_iter();
        of.map(|message| message.body["body"]["step"].to_string())
            .collect()
    };
    // They read how the acquaintance came about, as far as their agent said it.
    assert_eq!(steps(phone), ["\"request\""]);
    assert_eq!(steps(tablet), ["\"accept\""]);
}

#[test]
fn both_add_a_device_at_once_and_the_two_meet() {
    for first in [ALICE, ROBIN] {
        let mut world = contacts();
        // Neither hears of the other's before both are there.
        let (second, other) = (ALICE + ROBIN - first, "both at once");
        world.set_online(second, false);
        let one = world.add_device(first, false, "Phone");
        world.set_online(one, false);
        world.set_online(first, false);
        world.set_online(second, true);
        let two = world.add_device(second, false, "Phone");
        world.set_online(one, true);
        world.set_online(first, true);
        world.advance(MOMENT);
        let (alices, robins) = if first == ALICE {
            ([ALICE, one], [ROBIN, two])
        } else {
            ([ALICE, two], [ROBIN, one])
        };
        assert_eq!(
            reaches(&world, &[ALICE, ROBIN, one, two]),
            [2; 4],
            "{first}"
        );
        all_hear_all(&mut world, &alices, &robins, other);
    }
}

/// Robin adds a phone; one of the three is disturbed at an input. Whether it still was.
fn added(fault: Fault, disturbed: usize, input: usize) -> bool {
    let case = format!("{disturbed}, {fault:?} {input}");
    let mut world = contacts();
    let phone = 2;
    let link = world.device_link(ROBIN, true);
    assert_eq!(world.join(&link.link, "Phone"), Ok(phone));
    world.fault_at(disturbed, input, fault);
    let device = "a device that asks";
    for _ in 0..2 {
        if world.devices(ROBIN).len() == 2 && world.joining(phone).is_some() {
            let agree = world.agreement(&link, phone);
            let decided = world.try_command(ROBIN, agree);
            assert!(
                !matches!(decided, Some(Err(_))),
                "{case}: {device}: {decided:?}"
            );
        }
        world.advance(MOMENT);
    }
    world.advance(SignedDuration::from_mins(2));
    if world.fault_is_ahead() {
        return false;
    }
    assert_eq!(reaches(&world, &[ALICE, ROBIN, phone]), [2, 1, 1], "{case}");
    let told = of_kind(&world, ALICE, "DEVICE").len();
    assert_eq!(told, 1, "{case}");
    all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], &case);
    true
}

#[test]
fn everybody_meets_whatever_ends_at_whatever_moment() {
    for fault in [
        Fault::EndBeforeCommit,
        Fault::EndAfterCommit,
        Fault::CutBeforeFrame,
    ] {
        for disturbed in [ALICE, ROBIN, 2] {
            let last = (1..).find(|input| !added(fault, disturbed, *input));
            assert!(
                last.is_some_and(|last| last > 5),
                "{fault:?} {disturbed}: {last:?}"
            );
        }
    }
}

/// What two devices of one person have to agree on, once the follower knows everything.
fn known(world: &World, device: usize) -> Vec<(String, String, bool, ContactState)> {
    let known = world.contacts(device).into_iter();
    let known = known.map(|c| (c.their_name, c.name, c.verified, c.state));
    known.collect()
}

#[test]
fn what_changes_on_the_agent_changes_on_the_others() {
    let mut world = contacts();
    world.person("Bea", "Europe/Berlin");
    let phone = world.add_device(ROBIN, false, "Phone");
    world.introduce(2, ROBIN);
    let change = |world: &mut World, device: usize, command: Command| {
        world.command(device, command).unwrap();
        world.advance(MOMENT);
    };
    let rename = |contact: &str, name: &str| Command::RenameContact {
        contact: contact.to_owned(),
        name: name.to_owned(),
    };
    let verify = |contact: &str| Command::VerifyContact {
        contact: contact.to_owned(),
        verified: true,
    };
    let bea = 2;
    assert_eq!(known(&world, phone), known(&world, ROBIN));
    change(&mut world, ROBIN, rename("Alice", "Alice at work"));
    change(&mut world, ROBIN, verify("Alice"));
    assert_eq!(known(&world, phone), known(&world, ROBIN));
    assert_eq!(known(&world, phone)[0].1, "Alice at work");

    // What the user changes on the phone stays there, until it changes on the agent.
    change(&mut world, phone, rename("Alice", "Ali"));
    change(&mut world, ROBIN, rename("Bea", "Bea at home"));
    world.restart(phone);
    world.advance(SignedDuration::from_mins(2));
    assert_eq!(known(&world, phone)[0].1, "Ali");
    change(&mut world, ROBIN, rename("Alice", ""));
    assert_eq!(known(&world, phone), known(&world, ROBIN));

    world.prefer(ROBIN, |preferences| preferences.buffer_minutes = 25);
    world.advance(MOMENT);
    let Ok(sotto_client_core::api::Answer::Preferences(there)) =
        world.query(phone, &Query::Preferences)
    else {
        panic!("preferences");
    };
    assert_eq!(there.buffer_minutes, 25);

    // The agent ends an acquaintance, and the others with it; they cannot themselves.
    for contact in ["Alice", "Bea"] {
        let contact = contact.to_owned();
        for ended in [
            Command::BlockContact {
                contact: contact.clone(),
            },
            Command::RemoveContact { contact },
        ] {
            let refused = world.command(phone, ended).unwrap_err();
            assert_eq!(refused.code, ApiErrorCode::AgentAway);
        }
    }
    let sessions = world.at(phone).records(Store::Sessions);
    let contact = "Bea".to_owned();
    change(&mut world, ROBIN, Command::BlockContact { contact });
    let contact = "Alice".to_owned();
    change(&mut world, ROBIN, Command::RemoveContact { contact });
    assert_eq!(known(&world, phone), known(&world, ROBIN));
    assert_eq!(known(&world, phone).len(), 1);
    assert_eq!(world.at(phone).records(Store::Sessions), sessions - 2);
    let heard = world.history(phone).len();
    let _ = world.schedule(ALICE, WISH);
    let _ = world.schedule(bea, WISH);
    assert_eq!(world.history(phone).len(), heard);
}

/// Robin has compared the safety number, or takes that back.
fn verify(world: &mut World, verified: bool) {
    let contact = "Alice".to_owned();
    let command = Command::VerifyContact { contact, verified };
    world.command(ROBIN, command).unwrap();
    world.advance(MOMENT);
}

#[test]
fn a_follower_that_was_put_back_ends_where_the_others_are() {
    let mut world = contacts();
    let phone = world.add_device(ROBIN, false, "Phone");
    let copy = world.copy_of(phone);
    for verified in [true, false] {
        verify(&mut world, verified);
        all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], "before");
    }
    verify(&mut world, true);
    world.put_back(phone, copy);
    world.advance(SignedDuration::from_hours(48));
    assert_eq!(known(&world, phone), known(&world, ROBIN));
    // What it could not open was said again, to it as well.
    world.schedule(ALICE, WISH).unwrap();
    world.advance(SignedDuration::from_hours(48));
    all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], "back");
}

/// The last turn that it had, or the one before, vouches for a new session; what is older does not.
#[test]
fn a_follower_that_was_put_back_either_hears_all_again_or_says_that_it_cannot() {
    let parted = |world: &World, person| {
        let devices = world.devices(person);
        devices.iter().any(|device| device.parted)
    };
    let (mut healed, mut told) = (0, 0);
    for steps in 0..27u32 {
        let mut world = contacts();
        let phone = world.add_device(ROBIN, false, "Phone");
        verify(&mut world, false);
        let copy = world.copy_of(phone);
        let mut verified = false;
        for at in 0..3 {
            match steps / 3u32.pow(at) % 3 {
                0 => world.restart(phone),
                1 => {
                    verified = !verified;
                    verify(&mut world, verified);
                }
                _ => world.advance(SignedDuration::from_mins(10)),
            }
            world.advance(SignedDuration::from_mins(2));
        }
        verify(&mut world, false);
        verify(&mut world, true);
        assert_eq!(known(&world, phone), known(&world, ROBIN));
        assert!(!parted(&world, phone) && !parted(&world, ROBIN));
        world.put_back(phone, copy);
        world.advance(SignedDuration::from_hours(6));
        if known(&world, phone) == known(&world, ROBIN) {
            assert!(!parted(&world, phone) && !parted(&world, ROBIN), "{steps}");
            healed += 1;
            continue;
        }
        assert!(parted(&world, phone) && parted(&world, ROBIN), "{steps}");
        let status = world.status(phone).connection_detail.unwrap_or_default();
        assert!(status.contains("cannot read each other"), "{status}");
        let device = "Phone".to_owned();
        let refused = world.command(ROBIN, Command::MakeAgent { device });
        assert_eq!(refused.unwrap_err().code, ApiErrorCode::WrongState);
        told += 1;
    }
    assert!(healed > 0 && told > 0, "{healed} {told}");
}

#[test]
fn a_follower_that_has_everything_is_told_nothing() {
    let mut world = contacts();
    let phone = world.add_device(ROBIN, false, "Phone");
    world.advance(SignedDuration::from_mins(2));
    let posts = |world: &World| {
        let frames = world.relay.seen.iter();
        let frames = frames.filter_map(|f| sotto_protocol::decode::<ClientFrame>(f.clone()).ok());
        let is_post = |frame: &ClientFrame| matches!(frame.body, Some(Ask::Post(_)));
        frames.filter(is_post).count()
    };
    let before = posts(&world);
    world.restart(phone);
    world.advance(SignedDuration::from_mins(2));
    world.advance(SignedDuration::from_hours(12));
    assert_eq!(
        posts(&world),
        before + 2,
        "it has asked once, and was answered"
    );
}

#[test]
fn an_agent_that_was_put_back_tells_everything_anew() {
    let mut world = contacts();
    let phone = world.add_device(ROBIN, false, "Phone");
    let copy = world.copy_of(ROBIN);
    for verified in [true, false, true] {
        verify(&mut world, verified);
    }
    world.put_back(ROBIN, copy);
    world.advance(SignedDuration::from_hours(48));
    for verified in [true, false] {
        verify(&mut world, verified);
        world.advance(SignedDuration::from_hours(48));
        assert_eq!(known(&world, phone), known(&world, ROBIN), "{verified}");
    }
}

#[test]
fn sessions_between_own_devices_that_are_lost_heal() {
    for loser in [ROBIN, 2] {
        let mut world = contacts();
        let phone = world.add_device(ROBIN, false, "Phone");
        world.lose_sessions(loser, false);
        world.advance(SignedDuration::from_secs(5));
        verify(&mut world, true);
        world.advance(SignedDuration::from_mins(2));
        assert_eq!(known(&world, phone), known(&world, ROBIN), "{loser}");
        all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], &format!("{loser}"));
    }
}

#[test]
fn contacts_who_are_away_are_met_when_they_are_back() {
    let mut world = contacts();
    world.set_online(ALICE, false);
    let phone = world.add_device(ROBIN, false, "Phone");
    assert_eq!(reaches(&world, &[phone]), [0]);
    world.schedule(ROBIN, HIS_WISH).unwrap();
    world.advance(SignedDuration::from_hours(5 * 24));
    world.restart(phone);
    world.set_online(ALICE, true);
    world.advance(MOMENT);
    assert_eq!(reaches(&world, &[ALICE, ROBIN, phone]), [2, 1, 1]);
    all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], "back");
    assert_eq!(of_kind(&world, ALICE, "UNREADABLE"), []);
}

#[test]
fn a_refusal_that_passes_and_a_first_message_that_is_lost_are_got_over() {
    for code in [ErrorCode::RateLimited, ErrorCode::DirectoryNoPrekeys] {
        let mut world = contacts();
        // The first is that of the device that joins, and the second for its sibling.
        world.set_online(ALICE, false);
        let phone = {
            let link = world.device_link(ROBIN, false);
            let phone = world.join(&link.link, "Phone").unwrap();
            world.relay.refuse_fetches = [code, code].into();
            world.agree(ROBIN, &link, phone).unwrap();
            phone
        };
        world.advance(SignedDuration::from_hours(3));
        world.set_online(ALICE, true);
        world.advance(MOMENT);
        assert_eq!(reaches(&world, &[ALICE, ROBIN, phone]), [2, 1, 1], "{code}");
        all_hear_all(&mut world, &[ALICE], &[ROBIN, phone], &format!("{code}"));
    }
    // The relay lost the first message: it is said again.
    let mut world = contacts();
    let (alice, _) = world.stolen_keys(ALICE);
    let for_robin = *world.relay.mailboxes_of(&alice.id()).last().unwrap();
    world.relay.withhold(&for_robin);
    let phone = world.add_device(ROBIN, false, "Phone");
    assert_eq!(reaches(&world, &[phone]), [0]);
    world.relay.let_through(&for_robin);
    world.advance(SignedDuration::from_hours(25));
    assert_eq!(reaches(&world, &[ALICE, ROBIN, phone]), [2, 1, 1]);
    let late = of_kind(&world, ALICE, "UNREADABLE").len();
    world.deliver_later(&for_robin);
    world.advance(MOMENT);
    assert_eq!(reaches(&world, &[ALICE, ROBIN, phone]), [2, 1, 1]);
    assert_eq!(of_kind(&world, ALICE, "UNREADABLE").len(), late);
}

#[test]
fn a_wish_under_way_is_heard_by_a_device_that_comes_in_the_middle() {
    let mut world = World::acquainted();
    world.schedule(ALICE, WISH).unwrap();
    assert_eq!(world.only_proposal(ROBIN).state, ProposalState::Approval);
    let phone = world.add_device(ROBIN, false, "Phone");
    let proposal = world.only_proposal(ROBIN).id;
    let approved = world.approve(ROBIN, &proposal);
    assert!(matches!(approved, Ok(Reply::Proposal(_))));
    world.advance(MOMENT);
    let kinds: Vec<String> = said(&world, phone, 0).into_iter().map(|s| s.2).collect();
    assert_eq!(kinds, ["CONFIRMATION"]);
}
