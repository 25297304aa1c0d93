//! Adding a device: the link, what follows from its secret, and what the two devices say by it.

use sotto_protocol::id::MailboxId;

use super::{
    handshakes::{Strangers, Supply, draws},
    *,
};
use crate::{
    api::Preferences,
    connection::Caller,
    linking::{
        DeviceName, Link, LinkChallenge, LinkOpening, LinkRefusal, LinkRequest, LinkWelcome,
        RefusalReason,
    },
    message::SyncMailbox,
    record,
};

const RELAY: &str = "https://relay.example:8443";
const ENDS_AT_MS: u64 = 1_800_000_600_000;

pub(super) fn device_links() -> File {
    File {
        protocol: PROTOCOL,
        name: "device-link",
        about: "A link that adds a device, a device that is added by one, and one that is not.",
        cases: vec![link(), introduction(), refusal()],
    }
}

fn link() -> Case {
    let draws = ["account seed", "device seed", "agreement secret", "opening"];
    let mut random = Scripted::new("device-link", draws.map(|name| (name, 32)));
    let account = AccountKey::generate(&mut random);
    let device = Device::generate(&mut random);
    let relay = RELAY.parse().unwrap();
    let opening = LinkOpening::generate(&mut random);
    let link = Link::make(relay, &account, &device.id(), ENDS_AT_MS, &opening);
    let text = link.to_link();
    assert_eq!(Link::parse(&text).unwrap(), link);
    let (nonce, audience) = ([7; 32], "relay.example:8443");
    let hello = link.hello(&nonce, audience);
    Case {
        name: "a link".to_owned(),
        about: "what both sides derive of it, and how the guest says hello".to_owned(),
        random: random.drawn(),
        given: Fields::new()
            .with("relay", RELAY)
            .with("ends", ENDS_AT_MS)
            .bytes("nonce", nonce)
            .with("audience", audience),
        result: Fields::new()
            .bytes("account", account.id().as_bytes())
            .bytes("device", device.id().as_bytes())
            .bytes("mailbox", link.secret.mailbox().as_bytes())
            .bytes("guest", link.secret.guest_id().as_bytes())
            .bytes("invitation", link.secret.invitation().as_bytes())
            .bytes("pass", hello.pass.unwrap().signature)
            .bytes("hello signature", hello.signature)
            .with("link", text.as_str()),
        ..Case::default()
    }
}

fn introduction() -> Case {
    let welcome = |strangers: &Strangers| {
        let Strangers {
            account,
            alice,
            bob,
            ..
        } = strangers;
        let list = account.sign_device_list(&DeviceList {
            account_key: account.id().to_vec(),
            version: 2,
            created_at_ms: 1_800_000_060_000,
            devices: vec![bob.device().entry(), alice.device().entry()],
        });
        let list = PeerDevices::verify(&list, &account.id()).unwrap();
        let preferences = Preferences::new("Europe/Berlin");
        let key = Some(account.clone());
        // Where it posts to the device that welcomes it.
        let mailboxes = vec![SyncMailbox {
            device: bob.device().id(),
            mailbox: MailboxId::from_bytes([9; 32]),
        }];
        let name = "Robin".to_owned();
        let names = vec![DeviceName {
            device: bob.device().id(),
            name: "Laptop".to_owned(),
        }];
        let welcome = LinkWelcome::new(&list, name, preferences, mailboxes, key)
            .with_names(names)
            .to_bytes();
        assert!(LinkWelcome::from_bytes(&welcome).is_some());
        welcome.to_vec()
    };
    Case {
        name: "an introduction".to_owned(),
        about: "A asks, B opens what the link commits to, the user types the code, and B welcomes A as one that may add devices"
            .to_owned(),
        ..asked("device-link/introduction", ["welcome", "welcome header nonce", "welcomed at"], welcome)
    }
}

fn refusal() -> Case {
    let refusal = |_: &Strangers| LinkRefusal::new(RefusalReason::Declined).to_bytes();
    Case {
        name: "a refusal".to_owned(),
        about: "A asks, B opens what the link commits to, and the user says no".to_owned(),
        ..asked(
            "device-link/refusal",
            ["refusal", "refusal header nonce", "refused at"],
            refusal,
        )
    }
}

/// A is the new device with the account that it throws away, B the one that shows the link. Its last
/// answer is `said`; what that is called, what its header is drawn by, and when it is said, are `last`.
fn asked(
    script: &'static str,
    [last, nonce, said_at]: [&'static str; 3],
    said: impl FnOnce(&Strangers) -> Vec<u8>,
) -> Case {
    let drawn = draws(Supply::Full).into_iter().chain([
        ("opening", 32),
        ("mailbox", 32),
        ("EK secret", 32),
        ("encapsulation", 32),
        ("ratchet key", 32),
        ("header nonce", 24),
        ("challenge ratchet key", 32),
        ("challenge offer seed", 64),
        ("challenge header nonce", 24),
        (nonce, 24),
    ]);
    let mut random = Scripted::new(script, drawn);
    let strangers = Strangers::meet_with_list((1, 0), Supply::Full, &mut random);
    let Strangers {
        account,
        alice,
        bob,
        prekeys,
        verified,
        ..
    } = &strangers;
    let relay = RELAY.parse().unwrap();
    let this = bob.device().id();
    let opening = LinkOpening::generate(&mut random);
    let link = Link::make(relay, account, &this, ENDS_AT_MS, &opening);
    let secret = link.secret.invitation();
    let voucher = Voucher::Invitation(&secret);
    let mut mailbox = [0; 32];
    rand_core::Rng::fill_bytes(&mut random, &mut mailbox);
    let request = LinkRequest::new("Phone".to_owned(), MailboxId::from_bytes(mailbox));
    let request = record::encode(&request);
    let answer = said(&strangers);
    let challenge = LinkChallenge::new(opening.clone()).to_bytes();
    let (asked, challenged, answered) = (at(0), at(1), at(2));
    let ((session, sent, answers), trace) = traced(|| {
        let mut session = initiate(alice, verified, voucher, asked, &mut random).unwrap();
        let sent = session.encrypt(alice.device(), &request, asked, &mut random);
        let sent = sent.unwrap().bytes;
        let accepted = accept(bob, prekeys, &[voucher], &sent, asked).unwrap();
        assert_eq!(accepted.message.plaintext, request);
        let mut theirs = accepted.session;
        let mut says = |said: &[u8], at| {
            let sent = theirs.encrypt(bob.device(), said, at, &mut random);
            let sent = sent.unwrap().bytes;
            assert_eq!(session.decrypt(&sent, at).unwrap().plaintext, said);
            sent
        };
        let answers = [says(&challenge, challenged), says(&answer, answered)];
        (session, sent, answers)
    });
    let [challenge_sent, answer_sent] = answers;
    Case {
        random: random.drawn(),
        given: strangers
            .given
            .with("asked at", milliseconds(asked))
            .with("name", "Phone")
            .with("challenged at", milliseconds(challenged))
            .with(said_at, milliseconds(answered))
            .with(last, String::from_utf8(answer).unwrap()),
        steps: trace.steps(),
        result: strangers
            .result
            .bytes("session id", session.id().as_bytes())
            .with("code", opening.code(&session.id()).digits())
            .with("challenge", String::from_utf8(challenge.to_vec()).unwrap())
            .with("request", String::from_utf8(request).unwrap())
            .bytes("request message", sent)
            .bytes("challenge message", challenge_sent)
            .bytes(format!("{last} message"), answer_sent),
        ..Case::default()
    }
}
