//! What a new device takes from the one whose link it opened.

use rand_chacha::ChaCha20Rng;

use super::*;
use crate::{
    api::Preferences,
    engine::SocketId,
    session::tests::{Person, at, rng},
};

/// A device that has asked by a link with that opening; the link's account; who shows the link, and
/// their session.
fn asked(opening: &LinkOpening, rng: &mut ChaCha20Rng) -> (Joining, AccountKey, Person, Session) {
    let mut keeper = Person::new(1);
    let account = AccountKey::generate(rng);
    let this = keeper.local.device().id();
    let relay = "https://relay.example".parse().unwrap();
    let link = Link::make(relay, &account, &this, 1_800_000_600_000, opening);
    let (mut joining, _) = Joining::begin(&link.to_link(), "Phone", at(0), rng).unwrap();
    let served = keeper.served();
    let prekeys = keeper.verify(&served);
    let secret = link.secret.invitation();
    let voucher = Voucher::Invitation(&secret);
    let local = &joining.record.local;
    let mut session = session::initiate(local, &prekeys, voucher, at(0), rng).unwrap();
    let sealed = session.encrypt(local.device(), b"request", at(0), rng);
    let sealed = sealed.unwrap().bytes;
    let (own, vouchers) = (&keeper.local, [voucher]);
    let theirs = session::accept(own, &keeper.prekeys, &vouchers, &sealed, at(0)).unwrap();
    joining.record.asked = Some(Asked {
        session,
        post: MessageId::from_bytes([1; 16]),
        payload: sealed,
        taken: true,
        opening: None,
    });
    (joining, account, keeper, theirs.session)
}

/// Hears that from the other side.
fn hear(
    joining: &mut Joining,
    keeper: &Person,
    theirs: &mut Session,
    said: &[u8],
    rng: &mut ChaCha20Rng,
) {
    let device = keeper.local.device();
    let sealed = theirs.encrypt(device, said, at(0), rng).unwrap();
    let deliver = Deliver {
        payload: sealed.bytes.into(),
        ..Deliver::default()
    };
    joining.deliver(&deliver, &mut Context::new(at(0), rng));
}

fn problem(joining: &Joining) -> Option<ApiErrorCode> {
    joining.view().problem.map(|problem| problem.code)
}

#[test]
fn who_opens_another_link_than_was_shown_chooses_no_code() {
    let mut rng = rng(7);
    let [opening, other] = [(); 2].map(|()| LinkOpening::generate(&mut rng));
    for (said, shows) in [(&opening, true), (&other, false)] {
        let (mut joining, _, keeper, mut theirs) = asked(&opening, &mut rng);
        let challenge = LinkChallenge::new(said.clone()).to_bytes();
        hear(&mut joining, &keeper, &mut theirs, &challenge, &mut rng);
        let code = opening.code(&theirs.id()).digits().to_owned();
        assert_eq!(joining.view().code, shows.then_some(code));
        let problem = problem(&joining);
        assert_eq!(problem, (!shows).then_some(ApiErrorCode::IdentityMismatch));
    }
}

#[test]
fn a_device_becomes_one_of_the_account_by_a_list_of_it_and_after_its_code() {
    let mut rng = rng(8);
    let opening = LinkOpening::generate(&mut rng);
    let [other, mallory] = [Device::generate(&mut rng), Device::generate(&mut rng)];
    let stranger = AccountKey::generate(&mut rng);
    for (name, with_keeper, with_phone, key, challenged, joins) in [
        ("as it should be", true, true, 0, true, true),
        ("with the account key", true, true, 1, true, true),
        ("with another account's key", true, true, 2, true, false),
        (
            "without the one that showed the link",
            false,
            true,
            0,
            true,
            false,
        ),
        ("without the new one", true, false, 0, true, false),
        ("before the code", true, true, 0, false, false),
    ] {
        let (mut joining, account, keeper, mut theirs) = asked(&opening, &mut rng);
        let phone = joining.record.local.device();
        let first = if with_keeper {
            keeper.local.device()
        } else {
            &other
        };
        let second = if with_phone { phone } else { &mallory };
        let list = account.sign_device_list(&DeviceList {
            account_key: account.id().to_vec(),
            version: 2,
            created_at_ms: 0,
            devices: vec![first.entry(), second.entry()],
        });
        let list = PeerDevices::verify(&list, &account.id()).unwrap();
        let key = [None, Some(account), Some(stranger.clone())][key].clone();
        let preferences = Preferences::new("UTC");
        let welcome = LinkWelcome::new(&list, "Ada".to_owned(), preferences, Vec::new(), key);
        if challenged {
            let challenge = LinkChallenge::new(opening.clone()).to_bytes();
            hear(&mut joining, &keeper, &mut theirs, &challenge, &mut rng);
        }
        hear(
            &mut joining,
            &keeper,
            &mut theirs,
            &welcome.to_bytes(),
            &mut rng,
        );
        assert_eq!(joining.take_joined().is_some(), joins, "{name}");
        let expected = (!joins).then_some(ApiErrorCode::IdentityMismatch);
        assert_eq!(problem(&joining), expected, "{name}");
    }
}

const REASONS: [(RefusalReason, &str); 3] = [
    (RefusalReason::Declined, "Your other device said no."),
    (
        RefusalReason::WrongCodes,
        "Three wrong codes were typed on your other device.",
    ),
    (
        RefusalReason::Replaced,
        "Another link was made on your other device.",
    ),
];

fn said(joining: &Joining) -> Option<String> {
    joining.view().problem.map(|problem| problem.message)
}

/// What the one that showed the link would welcome the device with.
fn welcome(joining: &Joining, account: &AccountKey, keeper: &Person) -> Zeroizing<Vec<u8>> {
    let devices = [keeper.local.device(), joining.record.local.device()];
    let list = account.sign_device_list(&DeviceList {
        account_key: account.id().to_vec(),
        version: 2,
        created_at_ms: 0,
        devices: devices.map(Device::entry).to_vec(),
    });
    let list = PeerDevices::verify(&list, &account.id()).unwrap();
    let preferences = Preferences::new("UTC");
    LinkWelcome::new(&list, "Ada".to_owned(), preferences, Vec::new(), None).to_bytes()
}

/// The device after its process ended, and whether it dials then.
fn restarted(joining: &Joining, rng: &mut ChaCha20Rng) -> (Joining, bool) {
    let mut again = Joining::load(&record::encode(&joining.record)).unwrap();
    let output = again.handle(Input::Started, at(0), rng);
    (again, !output.effects.is_empty())
}

#[test]
fn a_device_that_is_not_added_says_why_for_good_and_is_welcomed_no_more() {
    let mut rng = rng(9);
    let opening = LinkOpening::generate(&mut rng);
    for (reason, message) in REASONS {
        for challenged in [true, false] {
            let (mut joining, account, keeper, mut theirs) = asked(&opening, &mut rng);
            if challenged {
                let challenge = LinkChallenge::new(opening.clone()).to_bytes();
                hear(&mut joining, &keeper, &mut theirs, &challenge, &mut rng);
            }
            let (_, dials) = restarted(&joining, &mut rng);
            assert!(dials && joining.view().code.is_some() == challenged);
            let refusal = LinkRefusal::new(reason).to_bytes();
            hear(&mut joining, &keeper, &mut theirs, &refusal, &mut rng);
            assert_eq!(said(&joining).as_deref(), Some(message));
            assert_eq!(joining.view().code, None);

            // Nor does the relay's word for the end, or the process's own, change what is said.
            let over = sotto_protocol::encode(&ServerFrame {
                request: 0,
                body: Some(Body::Error(Error {
                    code: ErrorCode::AuthGuest.to_string(),
                    ..Error::default()
                })),
            });
            let (socket, frame) = (SocketId(1), over);
            let _ = joining.handle(Input::SocketFrame { socket, frame }, at(0), &mut rng);
            let (mut again, dials) = restarted(&joining, &mut rng);
            assert!(!dials, "nothing is to be heard any more");
            let welcome = welcome(&joining, &account, &keeper);
            for device in [&mut joining, &mut again] {
                hear(device, &keeper, &mut theirs, &welcome, &mut rng);
                assert!(device.take_joined().is_none());
                assert_eq!(said(device).as_deref(), Some(message));
            }
        }
    }
}

#[test]
fn nobody_who_only_knows_the_link_can_say_no() {
    let mut rng = rng(10);
    let opening = LinkOpening::generate(&mut rng);
    let (mut joining, account, keeper, mut theirs) = asked(&opening, &mut rng);
    let challenge = LinkChallenge::new(opening.clone()).to_bytes();
    hear(&mut joining, &keeper, &mut theirs, &challenge, &mut rng);
    let code = joining.view().code;
    let refusal = LinkRefusal::new(RefusalReason::Declined).to_bytes();
    // In the clear; in another session by the same link; and in this one, changed on the way.
    let (_, _, _, mut other) = asked(&opening, &mut rng);
    let elsewhere = other.encrypt(keeper.local.device(), &refusal, at(0), &mut rng);
    let mut bent = theirs.clone();
    let bent = bent.encrypt(keeper.local.device(), &refusal, at(0), &mut rng);
    let mut bent = bent.unwrap().bytes;
    *bent.last_mut().unwrap() ^= 1;
    for payload in [refusal.clone(), elsewhere.unwrap().bytes, bent] {
        let payload = payload.into();
        let deliver = Deliver {
            payload,
            ..Deliver::default()
        };
        joining.deliver(&deliver, &mut Context::new(at(0), &mut rng));
        assert_eq!(
            (problem(&joining), joining.view().code),
            (None, code.clone())
        );
    }
    let welcome = welcome(&joining, &account, &keeper);
    hear(&mut joining, &keeper, &mut theirs, &welcome, &mut rng);
    assert!(joining.take_joined().is_some());
}

#[test]
fn the_length_does_not_say_why() {
    let mut rng = rng(11);
    let opening = LinkOpening::generate(&mut rng);
    for challenged in [true, false] {
        let (_, _, keeper, mut theirs) = asked(&opening, &mut rng);
        let device = keeper.local.device();
        if challenged {
            let challenge = LinkChallenge::new(opening.clone()).to_bytes();
            theirs.encrypt(device, &challenge, at(0), &mut rng).unwrap();
        }
        let mut lengths = REASONS.map(|(reason, _)| {
            let refusal = LinkRefusal::new(reason).to_bytes();
            let sealed = theirs.clone().encrypt(device, &refusal, at(0), &mut rng);
            sealed.unwrap().bytes.len()
        });
        lengths.sort_unstable();
        assert_eq!(lengths[0], lengths[2]);
    }
}
