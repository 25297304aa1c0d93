//! What people see of identities and keys: digits, codes, and first contacts that went without.

use jiff::SignedDuration;
use sotto_client_core::api::{
    Answer, ApiErrorCode, Command, InvitationLink, InvitationPreview, MissingPrekey,
    PrekeySupplyState, PrekeysView, Query, Reply, SafetyCheck, SafetyCheckView, SafetyLink,
};
use sotto_protocol::frames::{FetchPrekeys, client_frame::Body as Ask, server_frame::Body};
use sotto_tests::World;

const ALICE: usize = 0;
const ROBIN: usize = 1;
const KIM: usize = 2;

fn preview(world: &World, person: usize, link: &InvitationLink) -> InvitationPreview {
    let link = link.clone();
    match world.query(person, &Query::InspectInvitation { link }) {
        Ok(Answer::InvitationPreview(preview)) => preview,
        other => panic!("a preview, not {other:?}"),
    }
}

#[test]
fn whoever_is_invited_sees_the_digits_that_the_inviter_sees() {
    let mut world = World::strangers();
    let link = world.invitation(ALICE);
    let shown = world.invitations(ALICE).remove(0).account_fingerprint;
    assert_eq!(shown.split(' ').map(str::len).collect::<Vec<_>>(), [5; 6]);
    assert_eq!(preview(&world, ROBIN, &link).account_fingerprint, shown);
    // They are her part of every safety number of hers, which comes next.
    world.introduce(ALICE, ROBIN);
    let number = world.contacts(ROBIN).remove(0).safety_number;
    assert!(number.contains(&shown), "{number} has {shown}");
    let others = world.invitation(ROBIN);
    assert_ne!(preview(&world, ALICE, &others).account_fingerprint, shown);
}

/// What a person's screen shows for a contact to scan.
fn code(world: &World, person: usize, contact: &str) -> SafetyLink {
    let contact = contact.to_owned();
    match world.query(person, &Query::SafetyCode { contact }) {
        Ok(Answer::SafetyCode(code)) => code.link,
        other => panic!("a code, not {other:?}"),
    }
}

fn scan(world: &World, person: usize, link: SafetyLink) -> SafetyCheckView {
    match world.query(person, &Query::InspectSafetyCode { link }) {
        Ok(Answer::SafetyCheck(check)) => check,
        other => panic!("a comparison, not {other:?}"),
    }
}

#[test]
fn a_scanned_code_says_whose_key_it_shows_and_whether_both_are_what_is_known() {
    let mut world = World::acquainted();
    world.person("Kim", "UTC");
    world.introduce(ALICE, KIM);
    let robins = code(&world, ROBIN, "Alice");
    let check = scan(&world, ALICE, robins.clone());
    assert_eq!(check.result, SafetyCheck::Match);
    let contact = check.contact.unwrap();
    assert_eq!((contact.name.as_str(), check.verified), ("Robin", false));
    // Looking alone verifies nobody.
    assert!(
        world
            .contacts(ALICE)
            .iter()
            .all(|contact| !contact.verified)
    );
    let verify = Command::VerifyContact {
        contact: contact.id,
        verified: true,
    };
    world.command(ALICE, verify).unwrap();
    assert!(scan(&world, ALICE, robins.clone()).verified);

    let of = |world: &World, person, link: &SafetyLink| {
        let check = scan(world, person, link.clone());
        (check.result, check.contact.map(|contact| contact.name))
    };
    // Robin's own; Kim, who knows neither of the two keys but Alice's; Kim's, for Alice, at Robin.
    assert_eq!(of(&world, ROBIN, &robins), (SafetyCheck::Own, None));
    assert_eq!(of(&world, KIM, &robins), (SafetyCheck::NotForYou, None));
    let alices = code(&world, ALICE, "Robin");
    let named = (SafetyCheck::OtherKeyOfMine, Some("Alice".to_owned()));
    assert_eq!(of(&world, KIM, &alices), named);
    let kims = code(&world, KIM, "Alice");
    assert_eq!(of(&world, ROBIN, &kims), (SafetyCheck::NotForYou, None));
}

#[test]
fn somebody_in_between_is_seen_by_a_scan_on_either_side() {
    // Mallory is Robin to Alice, and Alice to Robin.
    let mut world = World::strangers();
    for name in ["Robin", "Alice"] {
        world.person(name, "UTC");
    }
    let (as_robin, as_alice) = (2, 3);
    world.introduce(ALICE, as_robin);
    world.introduce(as_alice, ROBIN);
    // Face to face, each scans the other's screen: it shows the key that the other takes for theirs.
    for (one, other, name) in [(ALICE, ROBIN, "Alice"), (ROBIN, ALICE, "Robin")] {
        let check = scan(&world, one, code(&world, other, name));
        assert_eq!(check.contact, None);
        assert_eq!(check.result, SafetyCheck::NotForYou, "and so never a match");
    }
    // What Mallory shows of himself is a match, as it has to be: it is not scanned from Robin's screen.
    let check = scan(&world, ALICE, code(&world, as_robin, "Alice"));
    assert_eq!(check.result, SafetyCheck::Match);
}

#[test]
fn a_key_that_no_contact_has_is_told_from_a_match() {
    let mut world = World::acquainted();
    let robins = code(&world, ROBIN, "Alice");
    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::RemoveContact { contact })
        .unwrap();
    let check = scan(&world, ALICE, robins.clone());
    assert_eq!(
        (check.result, check.contact),
        (SafetyCheck::DifferentKey, None)
    );
    let link = SafetyLink::from(robins.as_str().replace("#verify=A", "#verify=B"));
    let refused = world.query(ALICE, &Query::InspectSafetyCode { link });
    assert_eq!(refused.unwrap_err().code, ApiErrorCode::SafetyCodeInvalid);
}

fn supply(world: &World, person: usize) -> PrekeysView {
    world.status(person).prekeys.unwrap()
}

/// Somebody takes all one-time keys that the relay has of a person, as anybody can.
fn use_up(world: &mut World, taker: usize, victim: usize) {
    let account = world.status(victim).account.to_vec();
    loop {
        let fetch = FetchPrekeys {
            account: account.clone(),
            devices: Vec::new(),
        };
        // The relay lets nobody ask much faster.
        world.advance(SignedDuration::from_secs(1));
        let Body::Prekeys(prekeys) = world.ask_relay(taker, Ask::FetchPrekeys(fetch)) else {
            panic!("prekeys")
        };
        let set = &prekeys.devices[0];
        let last_resort = set.kem_prekey.as_ref().is_some_and(|key| key.last_resort);
        if set.one_time_prekey.is_none() && last_resort {
            return;
        }
    }
}

fn missing(world: &World, person: usize) -> Vec<MissingPrekey> {
    world.contacts(person)[0].missing_prekeys.clone()
}

#[test]
fn others_use_up_all_keys_and_the_first_contact_goes_without_which_both_are_told() {
    let mut world = World::strangers();
    world.person("Kim", "UTC");
    let full = supply(&world, ALICE);
    assert_eq!((full.one_time, full.ml_kem), (50, 20));
    assert_eq!(full.supply, PrekeySupplyState::Enough);
    use_up(&mut world, KIM, ALICE);

    let link = world.invitation(ALICE);
    let accept = Command::AcceptInvitation { link };
    assert!(matches!(
        world.command(ROBIN, accept),
        Ok(Reply::Contact(_))
    ));
    let both = [MissingPrekey::OneTime, MissingPrekey::MlKem];
    for person in [ALICE, ROBIN] {
        assert_eq!(missing(&world, person), both, "{person}");
        world.restart(person);
        assert_eq!(missing(&world, person), both, "{person}: it is stored");
    }
    // Being met made her look, and refill.
    let refilled = supply(&world, ALICE);
    assert_eq!((refilled.one_time, refilled.ml_kem), (50, 20));

    // Her approval is Robin's round trip; his next message is hers.
    let contact = "Robin".to_owned();
    world
        .command(ALICE, Command::ApproveContact { contact })
        .unwrap();
    assert_eq!(missing(&world, ROBIN), [MissingPrekey::MlKem]);
    assert_eq!(missing(&world, ALICE), both);
    world.auto(ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week")
        .unwrap();
    for person in [ALICE, ROBIN] {
        assert_eq!(world.meetings(person).len(), 1);
        assert_eq!(
            missing(&world, person),
            [],
            "the ratchet has made up for it"
        );
    }

    // Whoever is met after the refill is met in full.
    let link = world.invitation(ALICE);
    world
        .command(KIM, Command::AcceptInvitation { link })
        .unwrap();
    assert_eq!(missing(&world, KIM), []);
}

#[test]
fn somebody_who_takes_the_keys_after_each_refill_is_noticed() {
    let mut world = World::strangers();
    let mut seen = Vec::new();
    for _ in 0..3 {
        use_up(&mut world, ROBIN, ALICE);
        // She asks twice a day.
        world.advance(SignedDuration::from_hours(12));
        seen.push(supply(&world, ALICE).supply);
    }
    assert_eq!(
        seen,
        [
            PrekeySupplyState::Enough,
            PrekeySupplyState::Enough,
            PrekeySupplyState::Drained
        ]
    );
    world.restart(ALICE);
    assert_eq!(supply(&world, ALICE).supply, PrekeySupplyState::Drained);
    // The first that lasts ends it.
    world.advance(SignedDuration::from_hours(12));
    assert_eq!(supply(&world, ALICE).supply, PrekeySupplyState::Enough);
}

#[test]
fn a_signed_prekey_is_off_the_disk_after_37_days_though_nothing_is_published_then() {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let mut world = World::strangers();
    let first = world.stolen_signed_prekeys(ALICE)[0];
    world.advance(days(36));
    assert!(world.stolen_signed_prekeys(ALICE).contains(&first));
    world.advance(days(2));
    let kept = world.stolen_signed_prekeys(ALICE);
    assert!(!kept.contains(&first), "{first} of {kept:?}");
}
