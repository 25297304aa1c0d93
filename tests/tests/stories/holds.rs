//! Contacts to whom nothing is sent until the user has decided: how it comes to that, and what each
//! decision leads to.

use jiff::SignedDuration;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::json;
use sotto_client_core::{
    api::{
        ApiError, ApiErrorCode, Command, ContactState, ContactView, Direction, HoldDecision,
        HoldKind, HoldView, MessageStatus, ProposalState, Reply,
    },
    identity::Device,
    session::{Session, Voucher},
};
use sotto_protocol::frames::{ClientFrame, client_frame};
use sotto_tests::{Outsider, World, sign_list};

pub(crate) const ALICE: usize = 0;
pub(crate) const ROBIN: usize = 1;
pub(crate) const WISH: &str = "half an hour with Robin next week";
const HIS_WISH: &str = "an hour with Alice next week";

/// A device that is not in Robin's newest list.
fn other_device() -> Device {
    Device::generate(&mut ChaCha20Rng::seed_from_u64(8))
}

/// How much was posted to Robin.
pub(crate) fn posts(world: &World) -> usize {
    let his = world.relay.mailboxes_of(&world.status(ROBIN).account);
    let frames = world.relay.seen.iter();
    let posts = frames.filter(|frame| {
        let frame = sotto_protocol::decode::<ClientFrame>((*frame).clone());
        match frame.map(|frame| frame.body) {
            Ok(Some(client_frame::Body::Post(post))) => {
                his.iter().any(|mailbox| mailbox.to_vec() == post.mailbox)
            }
            _ => false,
        }
    });
    posts.count()
}

pub(crate) fn decide(
    world: &mut World,
    contact: &str,
    decision: HoldDecision,
) -> Result<ContactView, ApiError> {
    let contact = contact.to_owned();
    match world.command(ALICE, Command::DecideHold { contact, decision })? {
        Reply::Contact(contact) => Ok(contact),
        other => panic!("a contact, not {other:?}"),
    }
}

pub(crate) fn robin(world: &World) -> ContactView {
    world.contacts(ALICE).remove(0)
}

pub(crate) fn hold(world: &World) -> HoldView {
    robin(world).hold.expect("a hold")
}

/// The lines of Alice's history about holds.
pub(crate) fn told(world: &World) -> Vec<String> {
    let lines = world.history(ALICE).into_iter();
    let holds = lines.filter(|line| line.kind == "HOLD");
    holds.map(|line| line.summary).collect()
}

fn verify(world: &mut World) {
    let contact = "Robin".to_owned();
    let verified = true;
    let verify = Command::VerifyContact { contact, verified };
    world.command(ALICE, verify).unwrap();
}

/// That nothing is posted to Robin, whatever Alice does, and what he says is kept.
fn stopped(world: &mut World, kind: HoldKind) {
    for restarted in [false, true] {
        assert_eq!(hold(world).kind, kind, "{restarted}");
        let waiting = world.status(ALICE).waiting_for_you;
        assert!(waiting >= 1, "it waits for her");
        let refused = world.schedule(ALICE, WISH).unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::ContactHeld, "{refused}");
        let before = posts(world);
        let asked = world.schedule(ROBIN, HIS_WISH).unwrap();
        world.advance(SignedDuration::from_mins(5));
        assert_eq!(posts(world), before, "nothing is said to him");
        let known = world.proposals(ALICE);
        let known = known.iter().find(|known| known.id == asked.id).unwrap();
        assert_eq!(known.state, ProposalState::Answered);
        assert!(known.stopped && known.untold);
        let answer = world.history(ALICE).pop().unwrap();
        assert_eq!(answer.kind, "RESPONSE");
        assert_eq!(answer.status, MessageStatus::Held);
        assert!(world.settled(ALICE), "nothing waits for the relay");
        assert_eq!(world.status(ALICE).queued, 0);
        let refused = world.cancel(ALICE, &asked.id).unwrap_err();
        assert_eq!(refused.code, ApiErrorCode::ContactHeld, "{refused}");
        world.restart(ALICE);
        assert_eq!(posts(world), before);
    }
    assert_eq!(hold(world).waiting, 2);
}

/// That both of his questions were answered, in their order.
fn resumed(world: &mut World) {
    assert_eq!(robin(world).hold, None);
    world.advance(SignedDuration::from_secs(5));
    let answers = world.history(ROBIN).into_iter();
    let answers = answers.filter(|line| line.kind == "RESPONSE").count();
    assert!(answers >= 2, "{answers}");
    world.auto(ROBIN);
    let before = world.meetings(ROBIN).len();
    world.schedule(ALICE, WISH).unwrap();
    world.advance(SignedDuration::from_secs(5));
    assert_eq!(world.meetings(ROBIN).len(), before + 1);
}

/// Alice verified Robin, whose list has the number 3. She accepts an invitation of his, and the
/// directory shows a list of that number.
fn directory_shows(version: u64) -> World {
    let gone = other_device();
    let mut world = World::strangers();
    world.sign_devices(ROBIN, &[&gone]);
    world.sign_devices(ROBIN, &[]);
    world.introduce(ALICE, ROBIN);
    verify(&mut world);
    let (account, local) = world.stolen_keys(ROBIN);
    let list = sign_list(&account, version, &[local.device(), &gone]);
    world.relay.serve_list(&account.id(), list);
    // His messages do not come through for a while, so that an invitation makes sense.
    world.garble = 1;
    world.schedule(ROBIN, HIS_WISH).unwrap();
    world
        .cancel(ROBIN, &world.proposals(ROBIN)[0].id.clone())
        .unwrap();
    world
}

#[test]
fn a_list_that_goes_backwards_stops_sending_until_the_user_decides() {
    for decision in [HoldDecision::Keep, HoldDecision::Take] {
        // The directory is asked as a message could not be opened.
        let mut world = directory_shows(2);
        stopped(&mut world, HoldKind::ListBackwards);
        let now = decide(&mut world, "Robin", decision).unwrap();
        let believed = decision == HoldDecision::Take;
        assert_eq!((now.verified, now.was_verified), (!believed, believed));
        resumed(&mut world);
        assert_eq!(told(&world).len(), 2, "{:?}", told(&world));
        let again = decide(&mut world, "Robin", decision).unwrap_err();
        assert_eq!(again.code, ApiErrorCode::WrongState);
    }
}

#[test]
fn a_list_that_was_not_believed_does_not_stop_sending_again() {
    let mut world = directory_shows(2);
    assert_eq!(hold(&world).kind, HoldKind::ListBackwards);
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    let link = world.invitation(ROBIN);
    world.garble = 1;
    world.schedule(ROBIN, HIS_WISH).unwrap();
    let refused = world.command(ALICE, Command::AcceptInvitation { link });
    assert_eq!(refused.unwrap_err().code, ApiErrorCode::IdentityMismatch);
    assert_eq!(robin(&world).hold, None);
}

#[test]
fn a_list_that_the_user_replaced_is_not_followed_again() {
    let mut world = directory_shows(2);
    decide(&mut world, "Robin", HoldDecision::Take).unwrap();
    // The newest, which she gave up for the older one, is shown by the directory, and by a device.
    let (account, local) = world.stolen_keys(ROBIN);
    let list = local.signed_device_list();
    world.relay.serve_list(&account.id(), list.clone());
    world.advance(SignedDuration::from_hours(2));
    assert_eq!(robin(&world).hold, None);
    let refused = world.status(ALICE).connection_detail.unwrap();
    assert!(refused.contains("you decided not to believe"), "{refused}");
    // Those who have a device on both lists are heard all the same.
    let mut device = Outsider::new(local.device(), &account.id(), &list);
    let link = world.invitation(ALICE);
    device.accept(&mut world, ROBIN, &link, "Robin");
    assert_eq!(world.history(ALICE).pop().unwrap().kind, "HANDSHAKE");
    assert_eq!(robin(&world).hold, None);
    // A further one of theirs is followed as ever.
    let newer = other_device();
    let list = sign_list(&account, 4, &[&newer]);
    let mut device = Outsider::new(&newer, &account.id(), &list);
    let link = world.invitation(ALICE);
    device.accept(&mut world, ROBIN, &link, "Robin");
    assert_eq!(world.history(ALICE).pop().unwrap().kind, "HANDSHAKE");
}

#[test]
fn a_device_of_a_list_that_was_not_believed_is_not_heard() {
    let mut world = World::acquainted();
    let (account, local) = world.stolen_keys(ROBIN);
    let other = other_device();
    let forked = sign_list(&account, 1, &[local.device(), &other]);
    let mut thief = Outsider::new(&other, &account.id(), &forked);
    let mut comes = |world: &mut World| {
        let link = world.invitation(ALICE);
        thief.accept(world, ROBIN, &link, "Robin");
        world.history(ALICE).pop().unwrap()
    };
    comes(&mut world);
    // She believes a list of another number, to which the first is neither older nor equal.
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    assert_eq!(comes(&mut world).kind, "UNREADABLE");
    assert_eq!(robin(&world).hold, None, "it was decided");
}

#[test]
fn a_device_that_only_the_list_names_which_the_user_gave_up_is_not_heard() {
    let other = other_device();
    let mut world = World::strangers();
    world.sign_devices(ROBIN, &[&other]);
    world.introduce(ALICE, ROBIN);
    let (account, local) = world.stolen_keys(ROBIN);
    let older = sign_list(&account, 1, &[local.device()]);
    world.relay.serve_list(&account.id(), older);
    world.garble = 1;
    world.schedule(ROBIN, HIS_WISH).unwrap();
    decide(&mut world, "Robin", HoldDecision::Take).unwrap();
    // It is newer than the one that she believes.
    let list = local.signed_device_list();
    let mut device = Outsider::new(&other, &account.id(), &list);
    let link = world.invitation(ALICE);
    device.accept(&mut world, ROBIN, &link, "Robin");
    let said = world.history(ALICE).pop().unwrap();
    assert_eq!(said.kind, "UNREADABLE");
    assert!(
        said.summary.contains("you did not believe"),
        "{}",
        said.summary
    );
}

#[test]
fn what_a_believed_list_does_not_name_is_not_asked_about_any_more() {
    let mut world = World::acquainted();
    begun_anew(&mut world);
    let (account, _) = world.stolen_keys(ROBIN);
    let other = other_device();
    let list = sign_list(&account, 1, &[&other]);
    let mut thief = Outsider::new(&other, &account.id(), &list);
    let link = world.invitation(ALICE);
    thief.accept(&mut world, ROBIN, &link, "Robin");
    assert_eq!(hold(&world).kind, HoldKind::ListForked);
    // The device that has begun anew is not on it.
    let now = decide(&mut world, "Robin", HoldDecision::Take).unwrap();
    assert_eq!(now.hold, None);
}

#[test]
fn a_directory_that_shows_the_newest_list_again_lets_sending_go_on() {
    let mut world = directory_shows(1);
    stopped(&mut world, HoldKind::ListBackwards);
    let fetched = |world: &World| {
        let fetches = world.relay.seen.iter().filter(|frame| {
            let frame = sotto_protocol::decode::<ClientFrame>((*frame).clone());
            matches!(
                frame.map(|f| f.body),
                Ok(Some(client_frame::Body::FetchPrekeys(_)))
            )
        });
        fetches.count()
    };
    let before = fetched(&world);
    world.advance(SignedDuration::from_hours(3));
    assert_eq!(fetched(&world) - before, 3, "looked at each hour");
    assert_eq!(hold(&world).kind, HoldKind::ListBackwards);
    let (account, local) = world.stolen_keys(ROBIN);
    world
        .relay
        .serve_list(&account.id(), local.signed_device_list());
    world.advance(SignedDuration::from_hours(1));
    assert!(robin(&world).verified, "nothing else was ever believed");
    resumed(&mut world);
    assert_eq!(
        told(&world).pop().unwrap(),
        "Sending to Robin goes on: the relay shows the newest list of their devices again."
    );
    let before = fetched(&world);
    world.advance(SignedDuration::from_hours(3));
    assert_eq!(fetched(&world), before, "there is no need to look");
}

#[test]
fn two_lists_of_one_number_stop_sending_by_whichever_way_they_come() {
    for decision in [HoldDecision::Keep, HoldDecision::Take] {
        let mut world = directory_shows(3);
        stopped(&mut world, HoldKind::ListForked);
        let link = world.invitation(ROBIN);
        let refused = world.command(ALICE, Command::AcceptInvitation { link });
        assert_eq!(refused.unwrap_err().code, ApiErrorCode::ContactHeld);
        // That the directory shows the list that she knows says nothing of the other one.
        let (account, local) = world.stolen_keys(ROBIN);
        world
            .relay
            .serve_list(&account.id(), local.signed_device_list());
        world.advance(SignedDuration::from_hours(3));
        assert_eq!(hold(&world).kind, HoldKind::ListForked);
        let now = decide(&mut world, "Robin", decision).unwrap();
        assert_eq!(now.verified, decision == HoldDecision::Keep);
        resumed(&mut world);
    }
    // In an introduction.
    let mut world = World::acquainted();
    world.sign_devices(ROBIN, &[]);
    let (account, local) = world.stolen_keys(ROBIN);
    let other = other_device();
    for number in [1, 2] {
        let list = sign_list(&account, 1, &[&other]);
        let mut thief = Outsider::new(&other, &account.id(), &list);
        let link = world.invitation(ALICE);
        thief.accept(&mut world, ROBIN, &link, "Robin");
        assert_eq!(hold(&world).kind, HoldKind::ListForked, "{number}");
    }
    decide(&mut world, "Robin", HoldDecision::Take).unwrap();
    let lost = world.schedule(ALICE, WISH).unwrap_err();
    assert_eq!(
        lost.message, "The keys of your conversation with Robin are lost.",
        "the believed list does not name his device"
    );
    assert_ne!(local.device().id(), other.id());
}

/// Somebody who has Robin's keys, and nothing of what was said, writes to Alice. Also as his device.
fn begun_anew(world: &mut World) -> Thief {
    world.auto(ROBIN);
    world.schedule(ALICE, WISH).unwrap();
    let (account, local) = world.stolen_keys(ROBIN);
    let list = local.signed_device_list();
    let thief = Outsider::new(local.device(), &account.id(), &list);
    // Robin confirmed last.
    let thief = comes_by_keys_alone(world, thief);
    world.prefer(ROBIN, |preferences| {
        preferences.approve_meetings = sotto_client_core::api::Approval::Ask;
    });
    thief
}

/// Somebody with a session with Alice that nothing vouches for, and the mailbox for it.
struct Thief {
    device: Outsider,
    session: Session,
    mailbox: Vec<u8>,
}

/// Opens one, where something was posted last.
fn comes_by_keys_alone(world: &mut World, mut device: Outsider) -> Thief {
    let frames = world.relay.seen.iter().filter_map(|frame| {
        let frame: ClientFrame = sotto_protocol::decode(frame.clone()).ok()?;
        match frame.body {
            Some(client_frame::Body::Post(post)) => Some(post.mailbox),
            _ => None,
        }
    });
    let mailbox = frames.last().unwrap();
    let alice = world.status(ALICE).account;
    let body = json!({"reason": "cancelled"});
    let (voucher, at) = (Voucher::Nothing, mailbox.clone());
    let session = device.open(world, ROBIN, &alice, at, voucher, "REJECTION", &body);
    Thief {
        device,
        session,
        mailbox,
    }
}

#[test]
fn a_session_that_nothing_vouches_for_stops_sending_until_the_user_decides() {
    let mut world = World::acquainted();
    verify(&mut world);
    let mut thief = begun_anew(&mut world);
    stopped(&mut world, HoldKind::SessionUnvouched);
    assert_eq!(
        world.meetings(ALICE).len(),
        1,
        "what came in it has no effect"
    );
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    assert!(robin(&world).verified);
    // It is forgotten: what is said in it is not even asked about.
    let (at, body) = (thief.mailbox, json!({"reason": "cancelled"}));
    let (device, session) = (&mut thief.device, &mut thief.session);
    device.say(&mut world, ROBIN, session, at, "REJECTION", &body);
    assert_eq!(robin(&world).hold, None);
    world.advance(SignedDuration::from_mins(5));
    resumed(&mut world);
}

#[test]
fn a_device_that_has_begun_anew_and_is_believed_is_told_what_waits_in_its_new_session() {
    let mut world = World::acquainted();
    verify(&mut world);
    begun_anew(&mut world);
    stopped(&mut world, HoldKind::SessionUnvouched);
    let before = (posts(&world), world.history(ROBIN).len());
    let now = decide(&mut world, "Robin", HoldDecision::Take).unwrap();
    assert_eq!(now.hold, None);
    assert!(!now.verified && now.was_verified);
    // Both answers, and the question for what was not taken. Robin, who did not begin anew, reads none.
    assert!(posts(&world) >= before.0 + 3);
    let mut read = world.history(ROBIN).split_off(before.1);
    read.retain(|line| line.direction == Direction::Incoming);
    assert!(
        read.iter().all(|line| line.kind == "UNREADABLE"),
        "{read:?}"
    );
}

#[test]
fn a_decision_believes_only_the_session_that_the_user_was_asked_about() {
    let mut world = World::acquainted();
    let thief = begun_anew(&mut world);
    let asked = hold(&world);
    // Another one takes its place, while she asks him by phone.
    world.advance(SignedDuration::from_mins(5));
    comes_by_keys_alone(&mut world, thief.device);
    assert_eq!(hold(&world), asked, "nothing changes under her hands");
    let before = posts(&world);
    for restarted in [false, true] {
        if restarted {
            world.restart(ALICE);
        } else {
            decide(&mut world, "Robin", HoldDecision::Take).unwrap();
        }
        assert_eq!(hold(&world).kind, HoldKind::SessionUnvouched, "{restarted}");
        world.advance(SignedDuration::from_mins(5));
        assert_eq!(posts(&world), before, "nothing is said in either");
    }
    let raised = told(&world);
    assert_eq!(raised.len(), 3, "she is asked about that one: {raised:?}");
    let now = decide(&mut world, "Robin", HoldDecision::Take).unwrap();
    assert_eq!(now.hold, None);
    world.advance(SignedDuration::from_mins(5));
    assert!(posts(&world) > before, "what was missed is asked for in it");
}

#[test]
fn an_invitation_vouches_for_whoever_has_begun_anew() {
    for theirs in [true, false] {
        let mut world = World::acquainted();
        begun_anew(&mut world);
        assert_eq!(hold(&world).kind, HoldKind::SessionUnvouched);
        if theirs {
            let link = world.invitation(ROBIN);
            world
                .command(ALICE, Command::AcceptInvitation { link })
                .unwrap();
        } else {
            world.lose_sessions(ROBIN, true);
            let link = world.invitation(ALICE);
            world
                .command(ROBIN, Command::AcceptInvitation { link })
                .unwrap();
            // She is asked, whatever they were before.
            assert_eq!(robin(&world).state, ContactState::Requested);
            let contact = "Robin".to_owned();
            world
                .command(ALICE, Command::ApproveContact { contact })
                .unwrap();
        }
        world.advance(SignedDuration::from_secs(5));
        assert_eq!(robin(&world).hold, None, "{theirs}");
        assert_eq!(robin(&world).state, ContactState::Active, "{theirs}");
        world.auto(ROBIN);
        let before = world.meetings(ROBIN).len();
        world
            .schedule(ALICE, "20 minutes with Robin in the next 20 days")
            .unwrap();
        assert_eq!(world.meetings(ROBIN).len(), before + 1, "{theirs}");
    }
}

#[test]
fn what_waits_and_expires_ends_as_usual() {
    let mut world = World::acquainted();
    let mine = world.schedule(ALICE, WISH).unwrap();
    assert_eq!(mine.state, ProposalState::Asking);
    let theirs = world.schedule(ROBIN, HIS_WISH).unwrap();
    begun_anew(&mut world);
    let before = posts(&world);
    // No sign of life is given either.
    world.advance(SignedDuration::from_hours(9 * 24));
    let state = |id: &str| {
        let all = world.proposals(ALICE);
        all.iter().find(|known| known.id == id).unwrap().state
    };
    assert_eq!(state(&mine.id), ProposalState::Expired);
    assert_eq!(state(&theirs.id), ProposalState::Expired);
    assert_eq!(posts(&world), before);
    assert_eq!(
        hold(&world).waiting,
        1,
        "that his is over, as he said himself of hers; and nothing else"
    );
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    world.advance(SignedDuration::from_secs(5));
    assert_eq!(world.status(ALICE).queued, 0);
    assert_eq!(world.relay.waiting(), 0);
}

#[test]
fn nobody_is_agreed_with_unasked_while_they_are_held() {
    let mut world = World::acquainted();
    world.auto(ALICE);
    begun_anew(&mut world);
    // The hold comes between his question and his proposal.
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    world.prefer(ROBIN, |preferences| preferences.review = true);
    let asked = world.schedule(ROBIN, HIS_WISH).unwrap();
    world.advance(SignedDuration::from_secs(5));
    let (account, _) = world.stolen_keys(ROBIN);
    let other = other_device();
    let list = sign_list(&account, 1, &[&other]);
    let mut thief = Outsider::new(&other, &account.id(), &list);
    let link = world.invitation(ALICE);
    thief.accept(&mut world, ROBIN, &link, "Robin");
    assert_eq!(hold(&world).kind, HoldKind::ListForked);
    world.approve(ROBIN, &asked.id).unwrap();
    let known = world.proposals(ALICE);
    let known = known.iter().find(|known| known.id == asked.id).unwrap();
    assert_eq!(known.state, ProposalState::Approval, "she is asked");
    let refused = world.approve(ALICE, &asked.id).unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::ContactHeld);
    decide(&mut world, "Robin", HoldDecision::Keep).unwrap();
    world.approve(ALICE, &asked.id).unwrap();
    assert_eq!(world.meetings(ROBIN).len(), 2);
}

#[test]
fn blocking_or_removing_somebody_ends_the_hold_and_sends_nothing() {
    for block in [true, false] {
        let mut world = World::acquainted();
        begun_anew(&mut world);
        stopped(&mut world, HoldKind::SessionUnvouched);
        let before = posts(&world);
        let contact = "Robin".to_owned();
        let end = if block {
            Command::BlockContact { contact }
        } else {
            Command::RemoveContact { contact }
        };
        world.command(ALICE, end).unwrap();
        world.restart(ALICE);
        world.advance(SignedDuration::from_mins(5));
        assert_eq!(posts(&world), before, "{block}");
        assert_eq!(world.status(ALICE).queued, 0);
        let contacts = world.contacts(ALICE);
        assert_eq!(contacts.len(), usize::from(block));
        assert!(contacts.iter().all(|contact| contact.hold.is_none()));
        let unsent = world.history(ALICE).into_iter();
        let unsent = unsent.filter(|line| line.status == MessageStatus::Failed);
        assert_eq!(unsent.count(), 2, "both answers");
    }
}
