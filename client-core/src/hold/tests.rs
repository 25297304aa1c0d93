use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_protocol::{frames::DeviceList, id::DeviceId};

use super::*;
use crate::identity::{AccountKey, Device};

fn now() -> Timestamp {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

fn contact(number: u64) -> ContactId {
    ContactId::random(&mut ChaCha20Rng::seed_from_u64(number))
}

fn list(version: u64) -> PeerDevices {
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let account = AccountKey::generate(rng);
    let list = DeviceList {
        account_key: account.id().to_vec(),
        version,
        created_at_ms: 0,
        devices: vec![Device::generate(rng).entry()],
    };
    PeerDevices::verify(&account.sign_device_list(&list), &account.id()).unwrap()
}

fn backwards(version: u64) -> Cause {
    let shown = list(version);
    Cause::ListBackwards { shown }
}

fn unvouched(posts: std::ops::Range<u8>) -> Cause {
    let peer = PeerKey::new(&contact(1), &DeviceId::from_bytes([1; 32]));
    let post = |number| (peer.clone(), MessageId::from_bytes([number; 16]));
    let unread = posts.map(post).collect();
    Cause::SessionUnvouched { unread }
}

#[test]
fn the_worst_is_decided_first_and_none_is_lost() {
    let mut doubts = Doubts::default();
    let changed = |number| Cause::AccountChanged {
        other: contact(number),
    };
    let forked = Cause::ListForked { shown: list(3) };
    for cause in [
        changed(1),
        backwards(1),
        changed(2),
        forked,
        unvouched(0..1),
    ] {
        assert!(doubts.add(cause.clone(), now()), "{cause:?}");
        assert!(!doubts.add(cause, now()), "once");
    }
    assert_eq!(doubts.claimed_by().count(), 2);
    let mut order = Vec::new();
    while let Some(hold) = doubts.worst().cloned() {
        order.push(hold.cause.kind());
        assert!(doubts.end(&hold.cause));
    }
    assert_eq!(
        order,
        [
            HoldKind::ListForked,
            HoldKind::SessionUnvouched,
            HoldKind::ListBackwards,
            HoldKind::AccountChanged,
            HoldKind::AccountChanged,
        ]
    );
}

#[test]
fn what_the_user_reads_stays_and_what_was_missed_grows_to_a_limit() {
    let mut doubts = Doubts::default();
    doubts.add(backwards(2), now());
    doubts.add(backwards(1), now());
    assert_eq!(doubts.worst().unwrap().cause, backwards(2));
    assert_eq!(doubts.is_backwards_from(&list(3)), Some(true));
    assert_eq!(doubts.is_backwards_from(&list(2)), Some(false));
    assert_eq!(Doubts::default().is_backwards_from(&list(3)), None);

    doubts.add(unvouched(0..60), now());
    doubts.add(unvouched(60..130), now());
    assert_eq!(doubts.worst().unwrap().cause, unvouched(30..130));
}

#[test]
fn a_list_that_was_not_believed_is_not_asked_about_again() {
    let mut doubts = Doubts::default();
    doubts.disbelieve(&list(1));
    assert!(!doubts.add(backwards(1), now()));
    assert!(!doubts.add(Cause::ListForked { shown: list(1) }, now()));
    assert!(doubts.add(backwards(2), now()));

    for version in 2..=MAX_DISBELIEVED as u64 {
        doubts.disbelieve(&list(version));
    }
    doubts.end_every();
    assert!(!doubts.add(backwards(1), now()), "as many are remembered");
    doubts.disbelieve(&list(100));
    assert!(!doubts.is_disbelieved(&list(1)), "the oldest is forgotten");
    assert!(doubts.add(backwards(1), now()));
    doubts.bury();
    assert!(!doubts.is_disbelieved(&list(100)), "they meet anew");
}

#[test]
fn those_who_are_known_to_be_others_are_remembered_up_to_a_limit() {
    let mut doubts = Doubts::default();
    let account = |number: usize| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        AccountId::from_bytes(bytes)
    };
    (0..MAX_OTHERS).for_each(|number| doubts.is_not(account(number)));
    doubts.is_not(account(0));
    assert!((0..MAX_OTHERS).all(|number| doubts.is_known_to_differ(&account(number))));
    doubts.is_not(account(MAX_OTHERS));
    assert!(doubts.is_known_to_differ(&account(0)), "said last");
    assert!(!doubts.is_known_to_differ(&account(1)));
}

#[test]
fn names_that_look_the_same_are_the_same() {
    let same = [
        "Zoë O’Neil",
        " zoë  o'neil ",
        "ZOE\u{308} O\u{2bc}Neil",
        "Zo\u{200b}ë O'Neil",
    ];
    for name in same {
        assert_eq!(folded_name(name), folded_name(same[0]), "{name:?}");
    }
    for other in ["Zoe O’Neil", "Zoë ONeil", "Zoë"] {
        assert_ne!(folded_name(other), folded_name(same[0]), "{other:?}");
    }
    let mut doubts = Doubts::default();
    assert!(doubts.compare_as("zoë"), "not compared yet");
    assert!(!doubts.compare_as("zoë"), "once under a name");
    assert!(doubts.compare_as("bea"));
    doubts.bury();
    assert!(doubts.compare_as("bea"), "they come back as anybody else");
}

#[test]
fn every_hold_says_what_happened_what_to_do_and_what_each_decision_means() {
    let causes = [
        Cause::AccountChanged { other: contact(1) },
        backwards(1),
        unvouched(0..1),
        Cause::ListForked { shown: list(3) },
    ];
    let mut said = String::new();
    for cause in causes {
        let texts = Texts::new(&cause, "Bea");
        let refused = held_error(&cause, "Bea");
        assert_eq!(refused.code, ApiErrorCode::ContactHeld);
        said += &format!(
            "{:?}\n  {}\n  {}\n  [{}] {}\n  [{}] {}\n  {refused}\n",
            cause.kind(),
            texts.happened,
            texts.first,
            texts.keep.label,
            texts.keep.meaning,
            texts.take.label,
            texts.take.meaning,
        );
        for step in [
            HoldStep::Raised,
            HoldStep::Decided(HoldDecision::Keep),
            HoldStep::Decided(HoldDecision::Take),
            HoldStep::Passed,
        ] {
            said += &format!("  - {}\n", summary(cause.kind(), step, "Bea"));
        }
    }
    insta::assert_snapshot!(said);
}
