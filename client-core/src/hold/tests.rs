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
    let shown = Vec::new();
    Cause::SessionUnvouched { shown, unread }
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
fn of_each_device_the_first_session_that_nothing_vouches_for_is_asked_about() {
    let of = |device: u8, session: u8| {
        let peer = PeerKey::new(&contact(1), &DeviceId::from_bytes([device; 32]));
        (peer, SessionId::from_bytes([session; 32]))
    };
    let asked = |shown: &[(u8, u8)]| Cause::SessionUnvouched {
        shown: shown
            .iter()
            .map(|(device, session)| of(*device, *session))
            .collect(),
        unread: Vec::new(),
    };
    let mut doubts = Doubts::default();
    doubts.add(asked(&[(1, 1)]), now());
    doubts.add(asked(&[(2, 2)]), now());
    doubts.add(asked(&[(1, 3)]), now());
    assert_eq!(doubts.worst().unwrap().cause, asked(&[(1, 1), (2, 2)]));
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
    insta::assert_snapshot!(said, @r#"
    AccountChanged
      Somebody who is called Bea as well has come with another account key. Bea may have lost theirs and begun anew; or it is another person, or somebody who pretends to be Bea. Anybody who has an invitation of yours can call themselves so.
      Before you decide, ask Bea in person or by phone, not here: have they begun anew? If so, compare the safety number of the new one with them.
      [They are two people] Sending to the Bea whom you know goes on. The new one is still to be approved or blocked, as anybody else.
      [The new one is Bea] The Bea whom you knew is removed, and what is open with them is called off. The new one gets the name that you gave, and is a contact if the old one was. Compare safety numbers with Bea anew then.
      Sending to Bea is stopped: somebody who is called Bea as well has come with another account key. Ask Bea by another way, then decide in your contacts.
      - Sending to Bea was stopped: somebody who is called Bea as well came with another account key.
      - You decided about Bea: there are two people who are called Bea.
      - You decided about Bea: the one who came with another account key is Bea.
      - Sending to Bea goes on.
    ListBackwards
      The relay shows an older list of Bea’s devices than the newest that Bea signed. It may hide that a device was removed, or Bea has gone back to an old copy of their data.
      Before you decide, ask Bea in person or by phone, not here: have they gone back to an old copy, and which devices are theirs?
      [Keep what I know] The older list is not believed. Sending goes on, to the devices of Bea that you know.
      [Believe the older list] The older list counts from now on. What was set up with devices that it does not name is deleted; if none is left, ask Bea for a new invitation. Compare safety numbers with Bea anew then.
      Sending to Bea is stopped: the relay shows an older list of Bea’s devices than the newest. Ask Bea by another way, then decide in your contacts.
      - Sending to Bea was stopped: the relay showed an older list of Bea’s devices than the newest.
      - You decided about Bea: the list of their devices that you knew stands.
      - You decided about Bea: the other list of their devices counts.
      - Sending to Bea goes on: the relay shows the newest list of their devices again.
    SessionUnvouched
      A device of Bea has begun your conversation anew, and nothing shows that it is still theirs: it has lost what it knew of it, or somebody has stolen its keys.
      Before you decide, ask Bea in person or by phone, not here: have they lost their data, or gone back to an old copy?
      [Go on as before] The new conversation is not believed and is forgotten. Sending to Bea goes on in the one that you had.
      [Believe the device] The new conversation takes the place of the one that you had, and what waits is said in it. Compare safety numbers with Bea anew then.
      Sending to Bea is stopped: a device of Bea has begun anew, and nothing shows that it is still theirs. Ask Bea by another way, then decide in your contacts.
      - Sending to Bea was stopped: a device of Bea began anew, with nothing to show that it is still theirs.
      - You decided about Bea: the device that began anew is not believed.
      - You decided about Bea: the device that began anew is theirs.
      - You met Bea anew by an invitation.
    ListForked
      Bea’s account has signed two different lists of devices with the number 3. Either two of Bea’s own devices have each changed the list before they knew of the other’s change, or a copy of Bea’s data is in use, or somebody has stolen Bea’s account key.
      Before you decide, ask Bea in person or by phone, not here: which devices are theirs, did they change the list on two of them at about the same time, and has anybody had hold of one?
      [Keep what I know] The other list is not believed. Sending goes on, to the devices of Bea that you know.
      [Believe the other list] The other list counts from now on. What was set up with devices that it does not name is deleted; if none is left, ask Bea for a new invitation. Compare safety numbers with Bea anew then.
      Sending to Bea is stopped: Bea’s account has signed two different lists of devices. Ask Bea by another way, then decide in your contacts.
      - Sending to Bea was stopped: Bea’s account signed two different lists of devices.
      - You decided about Bea: the list of their devices that you knew stands.
      - You decided about Bea: the other list of their devices counts.
      - Sending to Bea goes on.
    "#);
}
