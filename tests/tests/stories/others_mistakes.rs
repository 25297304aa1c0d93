//! Failures that other projects shipped, as far as it takes a whole client to make them. The rest is in
//! `client-core/src/session/tests/others_mistakes.rs`, and `healing` has the reset by static keys alone.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::SignedDuration;
use serde_json::json;
use sotto_client_core::{
    api::{Command, ContactState, ContactView, ScheduleRequest},
    engine::Store,
    linking,
    session::Voucher,
};
use sotto_protocol::{
    error::{ErrorCode, Severity},
    frames::{
        Challenge, ClientFrame, Deliver, DeviceList, DeviceListChanged, Done, Error, KemPrekey,
        OneTimePrekey, Pong, Post, Prekeys, PublishPrekeys, ServerFrame, SignedPrekey, Welcome,
        client_frame::Body as Ask, server_frame::Body,
    },
    id::MailboxId,
};
use sotto_tests::{Fault, NOW, Outsider, World};

const ALICE: usize = 0;
const ROBIN: usize = 1;

/// What Alice's client said from then on.
fn said(world: &World, since: usize) -> impl Iterator<Item = Ask> {
    let frames = world.relay.seen.iter().skip(since);
    frames.filter_map(|frame| {
        let frame: ClientFrame = sotto_protocol::decode(frame.clone()).ok()?;
        frame.body
    })
}

fn posts(world: &World, since: usize) -> Vec<Post> {
    let posts = said(world, since).filter_map(|body| match body {
        Ask::Post(post) => Some(post),
        _ => None,
    });
    posts.collect()
}

/// Where the header's nonce stands in a message, by `docs/protocol.md`, "Messages"; none if it is none.
fn nonce_at(payload: &[u8]) -> Option<usize> {
    let body = |at: usize| payload.len().checked_sub(at + 24 + 60 + 16);
    let at = match payload {
        [2, 1, ..] => {
            let length = payload.get(1_150..1_152)?;
            1_152 + usize::from(u16::from_be_bytes(length.try_into().ok()?))
        }
        [2, 2, ..] => 2,
        _ => return None,
    };
    // No body is shorter than its padding.
    body(at).filter(|body| *body >= 256).map(|_| at)
}

/// The words of the hostile, and Alice's own: neither is ever seen outside the encryption.
const THEIRS: &str = "walnut";
const HERS: &str = "chestnut";

/// What Alice's client is in the midst of when it begins.
#[derive(Debug, Clone, Copy)]
enum Midst {
    Quiet,
    /// The line is open, and the relay has not spoken.
    Dialling,
    /// It has said hello.
    Proving,
    /// A message of hers is under way.
    Asking,
    /// Her session is lost, and she waits for prekeys to make it anew.
    Healing,
    /// Her session is lost with all that was kept beside it.
    Lost,
    /// She has used an invitation of Kim's, who has not answered.
    Waiting,
}

const MIDSTS: [Midst; 7] = [
    Midst::Quiet,
    Midst::Dialling,
    Midst::Proving,
    Midst::Asking,
    Midst::Healing,
    Midst::Lost,
    Midst::Waiting,
];

fn world_in(midst: Midst) -> World {
    let mut world = World::acquainted();
    match midst {
        Midst::Quiet => {}
        Midst::Dialling | Midst::Proving => {
            world.set_online(ALICE, false);
            world.mute(ALICE);
            world.set_online(ALICE, true);
            if matches!(midst, Midst::Proving) {
                world.says(ALICE, challenge());
            }
        }
        Midst::Asking => {
            world.set_online(ROBIN, false);
            wants(&mut world);
        }
        Midst::Healing => {
            world
                .relay
                .refuse_fetches
                .push_back(ErrorCode::ServerInternal);
            world.lose_sessions(ALICE, false);
        }
        Midst::Lost => world.lose_sessions(ALICE, true),
        Midst::Waiting => {
            let kim = world.person("Kim", "Europe/Berlin");
            let link = world.invitation(kim);
            let accepted = world.command(ALICE, Command::AcceptInvitation { link });
            assert!(accepted.is_ok(), "{accepted:?}");
        }
    }
    world
}

fn wants(world: &mut World) {
    let request = ScheduleRequest {
        text: Some(format!("half an hour with Robin next week about {HERS}")),
        ..ScheduleRequest::default()
    };
    let _ = world.try_command(ALICE, Command::Schedule { request });
}

fn challenge() -> Body {
    Body::Challenge(Challenge {
        nonce: vec![7; 32],
        relay_time_ms: 0,
    })
}

/// What an agent would say, in the clear.
fn in_the_clear(world: &World) -> Vec<Vec<u8>> {
    let conversation = "0c".repeat(16);
    let slot = json!({"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T09:30:00Z"});
    let expires_at = "2026-11-30T10:00:00Z";
    let greeting = json!({
        "name": THEIRS, "mailbox": "ee".repeat(32), "relay": "http://relay.test:8787",
    });
    let with_step = |step: &str| {
        let mut body = greeting.clone();
        body["step"] = json!(step);
        body
    };
    let bodies = [
        ("HANDSHAKE", with_step("request")),
        ("HANDSHAKE", with_step("accept")),
        ("HANDSHAKE", json!({"step": "renew", "unread": []})),
        ("HANDSHAKE", json!({"step": "renewed"})),
        (
            "QUERY",
            json!({
                "title": THEIRS, "duration_minutes": 30, "windows": [slot],
                "time_zone": "Europe/Berlin", "expires_at": expires_at,
            }),
        ),
        (
            "PROPOSAL",
            json!({
                "uid": format!("{conversation}@sotto"), "title": THEIRS, "slot": slot, "round": 1,
                "expires_at": expires_at,
            }),
        ),
        ("REJECTION", json!({"reason": "cancelled", "note": THEIRS})),
    ];
    let mut all = Vec::new();
    for (kind, body) in bodies {
        let message = json!({
            "v": 2, "id": "0f".repeat(16), "conversation": conversation, "sent_at": world.now,
            "type": kind, "body": body,
        });
        let message = message.to_string().into_bytes();
        // Bare, as another version's message, and where a message of this one has its body.
        all.push(message.clone());
        for version in [0, 1, 3] {
            all.push([&[version, 2], message.as_slice()].concat());
        }
        let padded = [vec![2, 2], vec![0; 84 + 69], message, vec![0; 200]].concat();
        all.push(padded);
    }
    all
}

/// Everything that a relay, or whoever may post to it, can say without the keys.
fn hostile(world: &World) -> Vec<Body> {
    let alice = world.status(ALICE).account;
    let mailboxes: Vec<MailboxId> = world.relay.mailboxes_of(&alice).to_vec();
    let mut payloads = in_the_clear(world);
    payloads.extend([
        vec![],
        vec![2],
        vec![2, 1],
        vec![2, 2],
        vec![0; 400],
        vec![2; 2_000],
    ]);
    // What was said before: again, cut, of the other kind, with its version taken away.
    for post in posts(world, 0) {
        let genuine = post.payload.to_vec();
        let mut other_kind = genuine.clone();
        other_kind[1] ^= 3;
        let mut other_version = genuine.clone();
        other_version[0] = 1;
        payloads.extend([
            genuine[..genuine.len() / 2].to_vec(),
            other_kind,
            other_version,
            genuine[2..].to_vec(),
            genuine,
        ]);
    }
    let mut all = Vec::new();
    for (number, payload) in payloads.into_iter().enumerate() {
        for mailbox in &mailboxes {
            all.push(Body::Deliver(Deliver {
                sequence: 1_000 + number as u64,
                mailbox: mailbox.to_vec(),
                message_id: [mailbox.as_bytes()[0], number as u8].repeat(8),
                payload: payload.clone().into(),
            }));
        }
    }
    all.extend([
        challenge(),
        Body::Welcome(Welcome::default()),
        Body::Done(Done::default()),
        Body::Pong(Pong::default()),
        Body::DeviceListChanged(DeviceListChanged::default()),
        Body::Prekeys(Prekeys::default()),
    ]);
    for code in ErrorCode::ALL {
        for severity in [Severity::Warning, Severity::Error, Severity::Fatal] {
            all.push(Body::Error(Error {
                code: code.as_str().to_owned(),
                severity: severity.as_str().to_owned(),
                message: format!("plaintext, please: {THEIRS}"),
                ..Error::default()
            }));
        }
    }
    all
}

/// A teardown that re-opened a plaintext path on one unauthenticated frame: here there is no such path.
/// Whatever comes that is not authentic, in whatever state, is read by nobody, and what the client says
/// after it is encrypted, or not said.
#[test]
fn no_frame_and_no_message_opens_a_plaintext_path() {
    for midst in MIDSTS {
        let mut world = world_in(midst);
        let before = world.contacts(ALICE);
        let since = world.relay.seen.len();
        for body in hostile(&world) {
            // As the answer to whatever the client may have asked, and unasked.
            let answers = matches!(body, Body::Error(_) | Body::Done(_) | Body::Prekeys(_));
            let requests = if answers { 0..24 } else { 0..1 };
            for request in requests {
                let body = Some(body.clone());
                world.hear(
                    ALICE,
                    sotto_protocol::encode(&ServerFrame { request, body }),
                );
            }
            world.advance(SignedDuration::from_mins(6));
        }
        // And an outsider's own session, of which nobody knows why it should be.
        let outsider = world.person("Mallory", "UTC");
        let (account, local) = world.stolen_keys(outsider);
        let list = local.signed_device_list();
        let alice = world.status(ALICE).account;
        let mailbox = world.relay.mailboxes_of(&alice).last().unwrap().to_vec();
        world.unmute(ALICE);
        world.restart(ALICE);
        world.restart(ROBIN);
        world.set_online(ROBIN, true);
        world.advance(SignedDuration::from_mins(6));
        let body = json!({"step": "renew", "unread": []});
        Outsider::new(local.device(), &account.id(), &list).open(
            &mut world,
            outsider,
            &alice,
            mailbox,
            Voucher::Nothing,
            "HANDSHAKE",
            &body,
        );

        // Nothing of it was taken.
        for message in world.history(ALICE) {
            let shown = format!("{message:?}");
            let is_read = message.kind != "UNREADABLE" && shown.contains(THEIRS);
            assert!(!is_read, "{midst:?}: {shown}");
        }
        assert_eq!(world.meetings(ALICE), [], "{midst:?}");
        let names = |contacts: Vec<ContactView>| -> Vec<String> {
            contacts.into_iter().map(|contact| contact.name).collect()
        };
        assert_eq!(names(world.contacts(ALICE)), names(before), "{midst:?}");

        // What she says from here on is encrypted, and read where there are keys for it.
        world.advance(SignedDuration::from_hours(25));
        let told = world.history(ROBIN).len();
        wants(&mut world);
        world.advance(SignedDuration::from_secs(20));
        let heard = world.history(ROBIN).len() > told;
        let contact = world.contacts(ALICE).swap_remove(0);
        let lost = matches!(midst, Midst::Lost);
        assert_eq!(heard, !lost, "{midst:?}: {contact:?}");
        assert_ne!(contact.state, ContactState::Blocked);
        for post in posts(&world, since) {
            assert!(nonce_at(&post.payload).is_some(), "{midst:?}: {post:?}");
        }
        for word in [HERS, THEIRS, "\"type\"", "HANDSHAKE"] {
            let is_in = |frame: &Bytes| frame.windows(word.len()).any(|w| w == word.as_bytes());
            let leaked = world.relay.seen[since..].iter().any(is_in);
            assert!(!leaked, "{midst:?}: the relay saw “{word}”");
        }
    }
}

/// A device that asks to be added takes no welcome in the clear.
#[test]
fn a_device_is_not_added_by_a_welcome_in_the_clear() {
    let mut world = World::strangers();
    let link = world.device_link(ROBIN, true);
    let phone = world.join(&link.link, "Phone").unwrap();
    let (account, local) = world.stolen_keys(ROBIN);
    let base64 = data_encoding::BASE64URL_NOPAD;
    // All that Robin would have signed.
    let record = &world.copy_of(phone)[&(Store::Users, "joining".to_owned())];
    let record: serde_json::Value = serde_json::from_slice(record).unwrap();
    let own = record["local"]["devices"]["list"].as_str().unwrap();
    let own = base64.decode(own.as_bytes()).unwrap();
    let own: DeviceList = sotto_protocol::decode(own.into()).unwrap();
    let list = account.sign_device_list(&DeviceList {
        account_key: account.id().to_vec(),
        version: 2,
        created_at_ms: 0,
        devices: [vec![local.device().entry()], own.devices].concat(),
    });
    let preferences = &world.copy_of(ROBIN)[&(Store::Agents, "preferences".to_owned())];
    let preferences: serde_json::Value = serde_json::from_slice(preferences).unwrap();
    let welcome = json!({
        "v": 1, "list": base64.encode(&list.list), "signature": base64.encode(&list.signature),
        "name": "Robin", "preferences": preferences, "account_key": account, "mailboxes": [],
        "names": [],
    });
    let welcome = welcome.to_string().into_bytes();
    assert!(linking::fuzzing::answer(&welcome), "a welcome");
    for payload in [
        welcome.clone(),
        [vec![2, 2], vec![0; 84 + 69], welcome, vec![0; 200]].concat(),
    ] {
        world.says(
            phone,
            Body::Deliver(Deliver {
                sequence: 1,
                mailbox: vec![1; 32],
                message_id: vec![1; 16],
                payload: payload.into(),
            }),
        );
        let joining = world.joining(phone).expect("it is none of the account's");
        assert_eq!(joining.problem, None);
    }
}

/// A ratchet position that was not persisted: the process ends before or after each commit, and what is
/// said from there on repeats no place of the conversation (of which the other side would find, and begin
/// anew), and no nonce. What is posted again is the same to the byte.
#[test]
fn a_ratchet_position_survives_a_crash_at_any_moment() {
    for fault in [Fault::EndBeforeCommit, Fault::EndAfterCommit] {
        for person in [ALICE, ROBIN] {
            let mut happened = 0;
            for inputs in 1.. {
                let mut world = World::acquainted();
                world.auto(ALICE);
                world.auto(ROBIN);
                world.fault_at(person, inputs, fault);
                for (who, with) in [(ALICE, "Robin"), (ROBIN, "Alice"), (ALICE, "Robin")] {
                    let text = Some(format!("half an hour with {with} next week"));
                    let request = ScheduleRequest {
                        text,
                        ..ScheduleRequest::default()
                    };
                    let _ = world.try_command(who, Command::Schedule { request });
                    world.advance(SignedDuration::from_secs(2));
                }
                if world.fault_is_ahead() {
                    break;
                }
                happened += 1;
                no_nonce_is_used_twice(&world);
                let posts = posts(&world, 0);
                let handshakes: BTreeSet<&[u8]> = posts
                    .iter()
                    .filter(|post| post.payload[1] == 1)
                    .map(|post| &post.payload[..1_152])
                    .collect();
                assert_eq!(handshakes.len(), 1, "{fault:?} of {person} at {inputs}");
                for person in [ALICE, ROBIN] {
                    assert_eq!(
                        world.contacts(person)[0].unreadable,
                        0,
                        "{fault:?} {inputs}"
                    );
                }
            }
            assert!(happened >= 12, "{fault:?} of {person}: {happened}");
        }
    }
}

/// And a vault that was put back to what it was, again and again.
#[test]
fn a_vault_that_was_put_back_repeats_no_nonce() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    let copy = world.copy_of(ALICE);
    for _ in 0..4 {
        world.put_back(ALICE, copy.clone());
        // The same words at the same place of the ratchet: the nonce alone keeps the key streams apart.
        wants(&mut world);
        world.advance(SignedDuration::from_secs(2));
    }
    assert!(no_nonce_is_used_twice(&world) > 8);
}

/// How many nonces there were. Those that repeat are in posts that repeat.
fn no_nonce_is_used_twice(world: &World) -> usize {
    let mut payload_of: BTreeMap<Vec<u8>, (Vec<u8>, Bytes)> = BTreeMap::new();
    for post in posts(world, 0) {
        let at = nonce_at(&post.payload).expect("a message");
        let nonce = post.payload[at..at + 24].to_vec();
        let this = (post.message_id, post.payload);
        let first = payload_of.entry(nonce).or_insert_with(|| this.clone());
        assert_eq!(*first, this, "a nonce for two messages");
    }
    payload_of.len()
}

/// A one-time-key counter that is off by one after a reload: whenever the process ends, between the
/// publication and its commit too, no id ever names two keys.
#[test]
fn no_prekey_id_names_two_keys_whenever_the_process_ends() {
    for fault in [Fault::EndBeforeCommit, Fault::EndAfterCommit] {
        for inputs in 1..=12 {
            let mut world = World::new(7, NOW);
            world.person("Alice", "Europe/Berlin");
            world.fault_at(ALICE, inputs, fault);
            for _ in 0..4 {
                // Each time it publishes as many new ones as it can.
                world.lose_relay_data();
                world.advance(SignedDuration::from_mins(2));
            }
            assert!(!world.fault_is_ahead());
            world.restart(ALICE);
            world.advance(SignedDuration::from_mins(2));
            let mut keys: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
            let published = said(&world, 0).filter_map(|body| match body {
                Ask::PublishPrekeys(publish) => Some(named(publish)),
                _ => None,
            });
            for (id, key) in published.flatten() {
                let first = keys.entry(id).or_insert_with(|| key.clone());
                assert_eq!(*first, key, "{fault:?} at {inputs}: {id} names two keys");
            }
            assert!(keys.len() > 200, "{}", keys.len());
            assert!(!keys.contains_key(&0));
            // Whatever the relay hands out opens.
            world.person("Robin", "Europe/Berlin");
            world.introduce(ALICE, ROBIN);
            assert_eq!(world.contacts(ROBIN)[0].state, ContactState::Active);
        }
    }
}

fn named(publish: PublishPrekeys) -> Vec<(u32, Vec<u8>)> {
    let signed = publish.signed_prekey.into_iter();
    let signed = signed.map(|SignedPrekey { id, public_key, .. }| (id, public_key));
    let one_time = publish.one_time_prekeys.into_iter();
    let one_time = one_time.map(|OneTimePrekey { id, public_key }| (id, public_key));
    let kem = publish.kem_prekeys.into_iter();
    let kem = kem.map(|KemPrekey { id, public_key, .. }| (id, public_key));
    signed.chain(one_time).chain(kem).collect()
}
