//! Bounds that no whole story reaches in reasonable time.

use jiff::SignedDuration;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_protocol::frames::{Challenge, Deliver, ServerFrame, Welcome, server_frame};

use super::{meetings::MAX_NEGOTIATIONS, *};
use crate::{
    api::{ApiErrorCode, Command, ContactState, ScheduleRequest},
    connection::later,
    contacts::Contact,
    mailboxes::Purpose,
    message::{Body, Query},
    outbox::MAX_WAITING,
    span::Span,
};

fn now() -> Timestamp {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

/// An engine with one contact, Robin, and the mailbox in which Robin's messages come.
fn engine(rng: &mut ChaCha20Rng) -> (Engine, ContactId, MailboxId) {
    let create = |name, rng: &mut ChaCha20Rng| {
        Engine::create(name, "http://relay.test", "UTC", now(), rng)
            .unwrap()
            .0
    };
    let (mut engine, robin) = (create("Alice", rng), create("Robin", rng));
    let mut cx = Context::new(now(), rng);
    let id = ContactId::random(cx.rng);
    let purpose = Purpose::Contact(id.clone());
    let my_mailbox = engine.mailboxes.open(purpose, None, 0, &mut cx);
    engine.contacts.insert(Contact {
        id: id.clone(),
        account: robin.identity.account(),
        name: "Robin".into(),
        own_name: None,
        relay: robin.profile.relay.clone(),
        state: ContactState::Active,
        verified: false,
        safety_number: String::new(),
        since: now(),
        devices: robin.identity.devices().clone(),
        their_mailbox: Some(MailboxId::from_bytes([5; 32])),
        my_mailbox,
        invited_at: None,
        unreadable: 0,
    });
    (engine, id, my_mailbox)
}

fn wish() -> Command {
    let request = ScheduleRequest {
        text: Some("half an hour with Robin next week".into()),
        ..ScheduleRequest::default()
    };
    Command::Schedule { request }
}

fn ask(engine: &mut Engine, command: Command, rng: &mut ChaCha20Rng) -> Result<(), ApiErrorCode> {
    let request = RequestId(1);
    let output = engine.handle(Input::Command { request, command }, now(), rng);
    let result = output.effects.into_iter().find_map(|effect| match effect {
        Effect::Reply { result, .. } => Some(*result),
        _ => None,
    });
    result.unwrap().map(|_| ()).map_err(|error| error.code)
}

/// A negotiation that Robin began, and that waits for Robin.
fn open_negotiation(contact: &ContactId, rng: &mut ChaCha20Rng) -> Negotiation {
    let ends = later(now(), SignedDuration::from_hours(48));
    let query = Body::Query(Query {
        title: "T".into(),
        duration_minutes: 30,
        windows: vec![Span::new(now(), ends).unwrap()],
        time_zone: "UTC".into(),
        expires_at: ends,
    });
    let id = ConversationId::random(rng);
    Negotiation::incoming(id, contact.clone(), &query, now()).unwrap()
}

#[test]
fn a_full_outbox_refuses_what_would_have_to_be_sent_and_changes_nothing() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, robin, my_mailbox) = engine(rng);
    let open = open_negotiation(&robin, rng);
    engine.negotiations.insert(open.id.clone(), open.clone());
    let mut cx = Context::new(now(), rng);
    for number in 0..MAX_WAITING {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        let (message, mailbox) = (MessageId::from_bytes(id), MailboxId::from_bytes([5; 32]));
        engine
            .outbox
            .push(message, mailbox, robin.clone(), None, b"sealed", &mut cx);
    }
    assert_eq!(
        ask(&mut engine, wish(), rng),
        Err(ApiErrorCode::LimitReached)
    );
    let cancel = Command::Cancel {
        proposal: open.id.to_string(),
        reason: None,
    };
    assert_eq!(
        ask(&mut engine, cancel, rng),
        Err(ApiErrorCode::LimitReached)
    );
    assert_eq!(engine.negotiations.len(), 1);
    assert!(engine.negotiations[&open.id].is_open());

    // A message that might have to be answered stays with the relay: neither seen nor acknowledged.
    let socket = SocketId(1);
    let mut say = |body| {
        let frame = sotto_protocol::encode(&ServerFrame {
            request: 0,
            body: Some(body),
        });
        engine.handle(Input::SocketFrame { socket, frame }, now(), rng)
    };
    let _ = say(server_frame::Body::Challenge(Challenge {
        nonce: vec![1; 32],
        relay_time_ms: 0,
    }));
    let _ = say(server_frame::Body::Welcome(Welcome::default()));
    let message_id = MessageId::from_bytes([9; 16]);
    let output = say(server_frame::Body::Deliver(Deliver {
        sequence: 1,
        mailbox: my_mailbox.to_vec(),
        message_id: message_id.to_vec(),
        payload: vec![0; 64].into(),
    }));
    assert_eq!(output.persist, []);
    assert_eq!(output.effects, []);
    assert!(!engine.inbox.has_seen(&message_id));
}

#[test]
fn when_every_negotiation_is_open_no_new_one_begins() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, _, _) = engine(rng);
    let somebody = ContactId::random(rng);
    for _ in 0..MAX_NEGOTIATIONS {
        let open = open_negotiation(&somebody, rng);
        engine.negotiations.insert(open.id.clone(), open);
    }
    assert_eq!(
        ask(&mut engine, wish(), rng),
        Err(ApiErrorCode::LimitReached)
    );
    assert_eq!(engine.negotiations.len(), MAX_NEGOTIATIONS);
}
