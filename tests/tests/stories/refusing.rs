//! A device that asks to be added, and is not: it is told why, whatever happens meanwhile.

use jiff::SignedDuration;
use sotto_client_core::api::{ApiErrorCode, Command, LinkView, Reply};
use sotto_protocol::{
    frames::{Post, client_frame::Body as Ask, server_frame::Body},
    id::MailboxId,
};
use sotto_tests::{Fault, World};

use crate::linking::{
    ALICE, ROBIN, asking, insist, listed, nothing_was_signed, other, problem, say_no, type_code,
};

const NO: &str = "Your other device said no.";
const WRONG_CODES: &str = "Three wrong codes were typed on your other device.";
const ANOTHER_LINK: &str = "Another link was made on your other device.";
const PHONE: usize = 2;

/// Robin, whose phone asks to be added.
fn phone_asks() -> (World, LinkView) {
    let mut world = World::acquainted();
    let link = world.device_link(ROBIN, true);
    assert_eq!(world.join(&link.link, "Phone"), Ok(PHONE));
    assert_eq!(asking(&world, ROBIN), Some(3));
    (world, link)
}

/// What the phone says of it; nothing while it still asks.
fn told(world: &World) -> Option<String> {
    let joining = world.joining(PHONE).expect("no device of the account");
    joining.problem.map(|problem| problem.message)
}

/// Where the phone takes its answers.
fn answers(world: &World) -> MailboxId {
    let (account, _) = world.stolen_keys(ROBIN);
    *world.relay.mailboxes_of(&account.id()).last().unwrap()
}

/// Posts that there, as who knows the mailbox may; whether the relay took it.
fn post(world: &mut World, number: u8, payload: &[u8]) -> bool {
    let mailbox = answers(world).to_vec();
    let posted = world.ask_relay(
        ALICE,
        Ask::Post(Post {
            mailbox,
            message_id: vec![number; 16],
            payload: payload.to_vec().into(),
            ttl_seconds: 0,
        }),
    );
    world.settle();
    match posted {
        Body::Done(_) => true,
        Body::Error(error) => {
            assert_eq!(error.code, "MAILBOX.SPENT");
            false
        }
        other => panic!("an answer, not {other:?}"),
    }
}

#[test]
fn whoever_is_told_no_hears_it_at_once_and_for_good() {
    let (mut world, link) = phone_asks();
    let code = world.joining(PHONE).unwrap().code.unwrap();
    assert_eq!(told(&world), None);
    say_no(&mut world, &link).unwrap();
    assert_eq!(told(&world).as_deref(), Some(NO));
    assert_eq!(world.joining(PHONE).unwrap().code, None);
    assert_eq!(world.status(ROBIN).queued, 0);
    // It stays so, without the relay as well, and its right code is of no use any more.
    world.set_online(PHONE, false);
    world.restart(PHONE);
    assert_eq!(told(&world).as_deref(), Some(NO));
    world.set_online(PHONE, true);
    let late = type_code(&mut world, &link, &code).unwrap_err();
    assert_eq!(late.code, ApiErrorCode::LinkInvalid);
    world.advance(SignedDuration::from_mins(11));
    assert_eq!(told(&world).as_deref(), Some(NO));
    assert_eq!(world.relay.waiting(), 0);
    nothing_was_signed(&mut world);
}

#[test]
fn two_answers_are_all_that_a_new_device_is_given() {
    let (mut world, link) = phone_asks();
    say_no(&mut world, &link).unwrap();
    assert!(!post(&mut world, 1, b"a third one"));
}

#[test]
fn whoever_typed_three_wrong_codes_has_the_phone_told_so() {
    let (mut world, link) = phone_asks();
    let code = world.joining(PHONE).unwrap().code.unwrap();
    for _ in 0..3 {
        assert_eq!(told(&world), None);
        world.restart(ROBIN);
        type_code(&mut world, &link, &other(&code)).unwrap_err();
    }
    assert_eq!(told(&world).as_deref(), Some(WRONG_CODES));
    nothing_was_signed(&mut world);
}

#[test]
fn a_newer_link_is_made_known_to_the_device_that_asked_by_the_one_before() {
    let (mut world, _) = phone_asks();
    // While no link can be made, it goes on asking.
    world.set_online(ROBIN, false);
    let offline = world.command(ROBIN, Command::LinkDevice { keeper: true });
    assert_eq!(offline.unwrap_err().code, ApiErrorCode::RelayUnreachable);
    world.set_online(ROBIN, true);
    assert_eq!((told(&world), asking(&world, ROBIN)), (None, Some(3)));
    let newer = world.device_link(ROBIN, true);
    assert_eq!(told(&world).as_deref(), Some(ANOTHER_LINK));
    let phone = world.join(&newer.link, "Phone").unwrap();
    world.agree(ROBIN, &newer, phone).unwrap();
    assert_eq!(world.joining(phone), None);
    assert_eq!(told(&world).as_deref(), Some(ANOTHER_LINK));
}

#[test]
fn whichever_side_is_away_it_is_told_when_both_are_back() {
    for away in [ROBIN, PHONE] {
        let (mut world, link) = phone_asks();
        world.set_online(away, false);
        say_no(&mut world, &link).unwrap();
        world.restart(away);
        world.advance(SignedDuration::from_mins(5));
        assert_eq!(told(&world), None);
        world.set_online(away, true);
        assert_eq!(told(&world).as_deref(), Some(NO), "{away}");
        assert_eq!(world.status(ROBIN).queued, 0);
        nothing_was_signed(&mut world);
    }
}

#[test]
fn a_no_that_comes_to_the_relay_too_late_troubles_nobody() {
    let (mut world, link) = phone_asks();
    world.set_online(ROBIN, false);
    say_no(&mut world, &link).unwrap();
    world.advance(SignedDuration::from_mins(11));
    assert_eq!(problem(&world, PHONE).code, ApiErrorCode::LinkInvalid);
    assert_ne!(told(&world).as_deref(), Some(NO));
    world.set_online(ROBIN, true);
    let status = world.status(ROBIN);
    assert_eq!((status.queued, status.connection_detail), (0, None));
    assert_eq!(listed(&world, ROBIN).len(), 1);
}

#[test]
fn no_is_not_said_after_the_code_and_no_code_counts_after_no() {
    let (mut world, link) = phone_asks();
    world.set_online(ROBIN, false);
    world.agree(ROBIN, &link, PHONE).unwrap();
    for _ in 0..2 {
        let late = say_no(&mut world, &link).unwrap_err();
        assert_eq!(late.code, ApiErrorCode::WrongState);
        world.restart(ROBIN);
    }
    world.set_online(ROBIN, true);
    world.advance(SignedDuration::from_secs(2));
    assert_eq!(world.joining(PHONE), None);
    assert_eq!(listed(&world, ROBIN).len(), 2);
    assert!(world.settled(PHONE));
}

#[test]
fn whoever_has_the_link_alone_says_no_to_nobody_and_can_only_keep_the_answer_away() {
    let (mut world, link) = phone_asks();
    // As the same guest they see where the phone is answered, and may post there.
    let refusal = br#"{"v":1,"reason":"declined"}"#;
    assert!(post(&mut world, 1, refusal));
    let joining = world.joining(PHONE).unwrap();
    assert_eq!(joining.problem, None);
    assert!(joining.code.is_some());
    assert!(!post(&mut world, 2, refusal));
    say_no(&mut world, &link).unwrap();
    assert_eq!(world.status(ROBIN).queued, 0);
    assert_eq!(told(&world), None);
    world.advance(SignedDuration::from_mins(11));
    assert_eq!(problem(&world, PHONE).code, ApiErrorCode::LinkInvalid);
    nothing_was_signed(&mut world);
}

/// Robin says no, or types wrong codes until the link is over; one of the two is disturbed at an input.
/// Whether it still was.
fn refused(by_codes: bool, fault: Fault, disturbed: usize, input: usize) -> bool {
    let case = format!("{by_codes}, {disturbed}, {fault:?} {input}");
    let (mut world, link) = phone_asks();
    let code = world.joining(PHONE).unwrap().code.unwrap();
    let moment = SignedDuration::from_secs(2);
    world.fault_at(disturbed, input, fault);
    let code = by_codes.then(|| other(&code));
    let decide = || Command::DecideLink {
        link: link.id.clone(),
        code: code.clone(),
    };
    if by_codes {
        let mut tries = 0;
        while asking(&world, ROBIN).is_some() {
            let decided = world.try_command(ROBIN, decide());
            assert!(decided.is_none_or(|decided| decided.is_err()), "{case}");
            tries += 1;
        }
        // What the end of the process made forgotten was not answered.
        assert!(tries <= 4, "{case}");
    } else {
        insist(|| {
            if asking(&world, ROBIN).is_none() {
                return Some(());
            }
            let decided = world.try_command(ROBIN, decide())?;
            assert_eq!(decided, Ok(Reply::Done), "{case}");
            Some(())
        });
    }
    world.advance(moment);
    let ahead = world.fault_is_ahead();
    let expected = if by_codes { WRONG_CODES } else { NO };
    assert_eq!(told(&world).as_deref(), Some(expected), "{case}");
    assert_eq!(world.status(ROBIN).queued, 0, "{case}");
    nothing_was_signed(&mut world);
    world.advance(SignedDuration::from_mins(11));
    assert_eq!(world.relay.waiting(), 0, "{case}");
    !ahead
}

#[test]
fn a_device_is_told_whatever_ends_at_whatever_moment() {
    for by_codes in [true, false] {
        for fault in [
            Fault::EndBeforeCommit,
            Fault::EndAfterCommit,
            Fault::CutBeforeFrame,
        ] {
            for disturbed in [ROBIN, PHONE] {
                let last = (1..).find(|input| !refused(by_codes, fault, disturbed, *input));
                assert!(
                    last.is_some_and(|last| last > 1),
                    "{by_codes} {fault:?} {disturbed}: {last:?}"
                );
            }
        }
    }
}

#[test]
fn no_other_link_is_made_while_a_device_is_being_added() {
    let (mut world, link) = phone_asks();
    let limited = sotto_protocol::error::ErrorCode::RateLimited;
    world.relay.refuse_lists.push_back(limited);
    world.agree(ROBIN, &link, PHONE).unwrap();
    let refused = world.command(ROBIN, Command::LinkDevice { keeper: true });
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, ApiErrorCode::WrongState);
    assert_eq!(refused.message, "Phone is being added.");
    world.advance(SignedDuration::from_mins(2));
    assert!(world.joining(PHONE).is_none(), "it was welcomed");
    assert_eq!(listed(&world, ROBIN).len(), 2);
    assert!(
        world
            .command(ROBIN, Command::LinkDevice { keeper: true })
            .is_ok()
    );
}
