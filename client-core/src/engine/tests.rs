//! Bounds that no whole story reaches in reasonable time, and what holds for any request.

mod company;
mod following;
mod preview;
mod telling;

use jiff::SignedDuration;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_protocol::{
    error::ErrorCode,
    frames::{
        Challenge, Deliver, DevicePrekeys, Done, Error, PrekeySupply, ServerFrame, Welcome,
        server_frame,
    },
};

use super::{meetings::MAX_NEGOTIATIONS, *};
use crate::{
    api::{ApiErrorCode, Command, ConnectionState, ContactState, Reply, ScheduleRequest},
    connection::later,
    contacts::Contact,
    invitation::Invitation,
    message::{AgentMessage, Body, Greeting, Handshake, MESSAGE_VERSION, Query},
    outbox::{Letter, MAX_WAITING},
    prekeys::PeerPrekeys,
    record,
    session::{self, Session, Voucher},
    span::Span,
};

fn now() -> Timestamp {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

/// An engine with one contact, Robin, and the mailbox in which Robin's messages come.
fn engine(rng: &mut ChaCha20Rng) -> (Engine, ContactId, MailboxId) {
    let (mut engine, mut robin) = (created("Alice", rng), created("Robin", rng));
    let id = ContactId::random(rng);
    let session = session(&engine, &mut robin, Voucher::Nothing, rng);
    let mut cx = Context::new(now(), rng);
    let their_mailbox = Some(MailboxId::from_bytes([5; 32]));
    let device = robin.identity.device().id();
    let peer = engine.meet(&id, device, their_mailbox, &mut cx);
    let my_mailbox = peer.my_mailbox;
    keep(&mut engine, &peer.key, session);
    engine.peers.insert(peer);
    engine.contacts.insert(a_contact(id.clone(), &robin));
    (engine, id, my_mailbox)
}

/// Somebody as a contact.
fn a_contact(id: ContactId, of: &Engine) -> Contact {
    Contact {
        id,
        account: of.identity.account(),
        name: of.profile.name.clone(),
        own_name: None,
        relay: of.profile.relay.clone(),
        state: ContactState::Active,
        verified: false,
        safety_number: String::new(),
        since: now(),
        devices: of.identity.devices().clone(),
        invited_at: None,
        unreadable: 0,
        removed: false,
        returned: false,
        later_devices: BTreeMap::new(),
        doubts: Default::default(),
    }
}

fn keep(engine: &mut Engine, peer: &PeerKey, session: Session) {
    let sessions = engine.sessions.entry(peer.clone()).or_default();
    sessions.open(session, now());
}

fn created(name: &str, rng: &mut ChaCha20Rng) -> Engine {
    let created = Engine::create(name, "http://relay.test", "UTC", "", now(), rng);
    created.unwrap().0
}

/// A session that `from` begins with `to`, by prekeys that `to` has just made.
fn session(from: &Engine, to: &mut Engine, voucher: Voucher<'_>, rng: &mut ChaCha20Rng) -> Session {
    let (device, none) = (to.identity.device(), PrekeySupply::default());
    let published = to.prekeys.replenish(device, &none, now(), rng).unwrap();
    let served = DevicePrekeys {
        device: device.id().to_vec(),
        signed_prekey: published.signed_prekey.clone(),
        one_time_prekey: published.one_time_prekeys.first().cloned(),
        kem_prekey: published.kem_prekeys.last().cloned(),
    };
    let devices = to.identity.devices().devices();
    let prekeys = PeerPrekeys::verify(&served, &devices[0]).unwrap();
    session::initiate(&from.identity, &prekeys, voucher, now(), rng).unwrap()
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
    let id = ConversationId::random(rng);
    Negotiation::incoming(id, contact.clone(), &a_query(), now()).unwrap()
}

fn a_query() -> Body {
    let ends = later(now(), SignedDuration::from_hours(48));
    Body::Query(Query {
        title: "T".into(),
        duration_minutes: 30,
        windows: vec![Span::new(now(), ends).unwrap()],
        time_zone: "UTC".into(),
        expires_at: ends,
    })
}

/// As many messages to Robin wait for the relay as may.
fn fill_outbox(engine: &mut Engine, robin: &ContactId, cx: &mut Context<'_>) {
    let letter = a_letter(engine, robin);
    for _ in 0..MAX_WAITING {
        engine.outbox.push(letter.clone(), b"sealed", cx);
    }
}

/// One to Robin, outside of any negotiation.
fn a_letter(engine: &Engine, robin: &ContactId) -> Letter {
    let peer = engine.peers.of(robin).next().unwrap();
    Letter {
        message: MessageId::from_bytes([1; 16]),
        peer: peer.key.clone(),
        mailbox: peer.their_mailbox.unwrap(),
        conversation: None,
        leads: true,
    }
}

#[test]
fn a_full_outbox_refuses_what_would_have_to_be_sent_and_changes_nothing() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, robin, my_mailbox) = engine(rng);
    let open = open_negotiation(&robin, rng);
    engine.negotiations.insert(open.id.clone(), open.clone());
    let mut cx = Context::new(now(), rng);
    fill_outbox(&mut engine, &robin, &mut cx);
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
    let _ = welcomed(&mut engine, rng);
    let message_id = MessageId::from_bytes([9; 16]);
    let deliver = server_frame::Body::Deliver(Deliver {
        sequence: 1,
        mailbox: my_mailbox.to_vec(),
        message_id: message_id.to_vec(),
        payload: vec![0; 64].into(),
    });
    let output = say(&mut engine, 0, deliver, rng);
    assert_eq!(output.persist, []);
    assert_eq!(output.effects, []);
    assert!(!engine.inbox.has_seen(&message_id));

    // Once there is room again, a new connection brings it.
    let done = || server_frame::Body::Done(Done::default());
    let made = asked_for(&engine, |pending| {
        matches!(pending, Pending::MakeMailbox(_))
    });
    let _ = say(&mut engine, made, done(), rng);
    let posted = asked_for(&engine, |pending| matches!(pending, Pending::Post(_)));
    let output = say(&mut engine, posted, done(), rng);
    let (mut closed, mut opened) = (false, false);
    for effect in output.effects {
        closed |= matches!(
            effect,
            Effect::CloseSocket {
                socket: SocketId(1)
            }
        );
        opened |= matches!(
            effect,
            Effect::OpenSocket {
                socket: SocketId(2),
                ..
            }
        );
    }
    assert!(closed && opened);
}

#[test]
fn a_mailbox_that_the_relay_cannot_make_just_now_is_asked_for_again_and_nobody_is_told_of_it() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, robin, _) = engine(rng);
    let mut cx = Context::new(now(), rng);
    let letter = a_letter(&engine, &robin);
    engine.outbox.push(letter, b"sealed", &mut cx);
    let _ = welcomed(&mut engine, rng);
    let makes = |pending: &Pending| matches!(pending, Pending::MakeMailbox(_));
    let posts = |pending: &Pending| matches!(pending, Pending::Post(_));
    let made = asked_for(&engine, makes);
    let refusal = server_frame::Body::Error(Error {
        code: ErrorCode::ServerInternal.to_string(),
        severity: "ERROR".to_owned(),
        ..Error::default()
    });
    let output = say(&mut engine, made, refusal, rng);
    assert!(!engine.pending.values().any(|p| makes(p) || posts(p)));
    let again = later(now(), SignedDuration::from_secs(5));
    assert_eq!(output.wake_at, Some(again));
    let output = engine.handle(Input::Woken, again, rng);
    assert!(
        output.wake_at.is_some_and(|at| at > again),
        "only the answer is awaited"
    );
    let made = asked_for(&engine, makes);
    assert!(!engine.pending.values().any(posts));
    let _ = say(
        &mut engine,
        made,
        server_frame::Body::Done(Done::default()),
        rng,
    );
    assert!(engine.pending.values().any(posts));
}

/// The relay says something on the first socket.
fn say(
    engine: &mut Engine,
    request: u64,
    body: server_frame::Body,
    rng: &mut ChaCha20Rng,
) -> Output {
    let body = Some(body);
    let frame = sotto_protocol::encode(&ServerFrame { request, body });
    let socket = SocketId(1);
    engine.handle(Input::SocketFrame { socket, frame }, now(), rng)
}

/// The relay lets the engine in.
fn welcomed(engine: &mut Engine, rng: &mut ChaCha20Rng) -> Output {
    let_in(engine, Welcome::default(), rng)
}

fn let_in(engine: &mut Engine, welcome: Welcome, rng: &mut ChaCha20Rng) -> Output {
    let _ = engine.handle(Input::Started, now(), rng);
    let challenge = Challenge {
        nonce: vec![1; 32],
        relay_time_ms: 0,
    };
    let _ = say(engine, 0, server_frame::Body::Challenge(challenge), rng);
    say(engine, 1, server_frame::Body::Welcome(welcome), rng)
}

/// The number of the request under way that is of that kind.
fn asked_for(engine: &Engine, kind: impl Fn(&Pending) -> bool) -> u64 {
    let mut pending = engine.pending.iter();
    *pending.find(|(_, pending)| kind(pending)).unwrap().0
}

#[test]
fn it_is_online_once_what_the_relay_had_is_here() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, ..) = engine(rng);
    let welcome = Welcome {
        backlog: 2,
        mailboxes: 1,
        ..Welcome::default()
    };
    let _ = let_in(&mut engine, welcome, rng);
    let unanswered: Vec<u64> = engine.pending.keys().copied().collect();
    for request in unanswered {
        let done = server_frame::Body::Done(Done::default());
        let _ = say(&mut engine, request, done, rng);
    }
    let mut states = Vec::new();
    for sequence in 1..=2 {
        states.push(engine.status(now()).connection);
        let deliver = server_frame::Body::Deliver(Deliver {
            sequence,
            // One that was closed.
            mailbox: vec![3; 32],
            message_id: vec![1; 16],
            payload: vec![0; 64].into(),
        });
        let _ = say(&mut engine, 0, deliver, rng);
    }
    states.push(engine.status(now()).connection);
    let syncing = ConnectionState::Syncing;
    assert_eq!(states, [syncing, syncing, ConnectionState::Online]);
}

#[test]
fn when_every_negotiation_is_open_no_new_one_begins() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, robin, _) = engine(rng);
    let somebody = ContactId::random(rng);
    for _ in 0..MAX_NEGOTIATIONS {
        let open = open_negotiation(&somebody, rng);
        engine.negotiations.insert(open.id.clone(), open);
    }
    let full = engine.check_room(&robin, now()).unwrap_err();
    assert_eq!(full.code, ApiErrorCode::LimitReached);
    let one = engine.negotiations.keys().next().cloned().unwrap();
    engine.negotiations.remove(&one);
    assert_eq!(engine.check_room(&robin, now()), Ok(()));
}

#[test]
fn prekeys_that_an_introduction_used_up_are_gone_in_the_batch_that_keeps_its_session() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut alice, robin) = (created("Alice", rng), created("Robin", rng));
    let invite = Command::Invite {
        uses: Some(1),
        valid_hours: None,
    };
    let request = RequestId(1);
    let output = alice.handle(
        Input::Command {
            request,
            command: invite,
        },
        now(),
        rng,
    );
    let link = output.effects.into_iter().find_map(|effect| match effect {
        Effect::Reply { result, .. } => match *result {
            Ok(Reply::Invitation(invitation)) => Some(invitation.link),
            _ => None,
        },
        _ => None,
    });
    let invitation = Invitation::parse(&link.unwrap()).unwrap();
    let voucher = Voucher::Invitation(&invitation.secret);
    let mut session = session(&robin, &mut alice, voucher, rng);
    let message = AgentMessage {
        v: MESSAGE_VERSION,
        id: MessageId::from_bytes([7; 16]),
        conversation: None,
        in_reply_to: None,
        sent_at: now(),
        body: Body::Handshake(Handshake::Request(Greeting {
            name: "Robin".into(),
            mailbox: MailboxId::from_bytes([6; 32]),
            relay: robin.profile.relay.to_string(),
        })),
    };
    let payload = session.encrypt(robin.identity.device(), &message.to_bytes(), now(), rng);
    let payload = bytes::Bytes::from(payload.unwrap().bytes);
    let _ = welcomed(&mut alice, rng);
    let (x25519, kem) = alice.prekeys.one_time_counts();
    let deliver = server_frame::Body::Deliver(Deliver {
        sequence: 1,
        mailbox: invitation.mailbox.to_vec(),
        message_id: message.id.to_vec(),
        payload: payload.clone(),
    });
    let output = say(&mut alice, 0, deliver, rng);
    let written = |store| {
        let mut of = output
            .persist
            .iter()
            .rev()
            .filter(move |c| c.store == store);
        of.find_map(|change| change.value.clone())
    };
    assert!(written(Store::Sessions).is_some());
    let kept: Prekeys = record::decode(&written(Store::Prekeys).unwrap()).unwrap();
    assert_eq!(kept.one_time_counts(), (x25519 - 1, kem - 1));
    let vouchers = [Voucher::Invitation(&invitation.secret)];
    let again = session::accept(&alice.identity, &kept, &vouchers, &payload, now());
    assert!(again.is_err(), "a second time, after a restart");
}

#[test]
fn a_message_that_is_sent_anew_acts_once() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut alice, robin) = (created("Alice", rng), created("Robin", rng));
    let mut session = session(&robin, &mut alice, Voucher::Nothing, rng);
    let handshake = session.encrypt(robin.identity.device(), b"hello", now(), rng);
    let none = [Voucher::Nothing];
    let handshake = handshake.unwrap().bytes;
    let accepted = session::accept(&alice.identity, &alice.prekeys, &none, &handshake, now());
    let contact = ContactId::random(rng);
    let mut cx = Context::new(now(), rng);
    let device = robin.identity.device().id();
    let peer = alice.meet(&contact, device, None, &mut cx);
    let (key, my_mailbox) = (peer.key.clone(), peer.my_mailbox);
    alice.peers.insert(peer);
    keep(&mut alice, &key, accepted.unwrap().session);
    let _ = welcomed(&mut alice, rng);

    let message = AgentMessage {
        v: MESSAGE_VERSION,
        id: MessageId::from_bytes([7; 16]),
        conversation: Some("ab".repeat(16)),
        in_reply_to: None,
        sent_at: now(),
        body: a_query(),
    };
    for sequence in 1..=3 {
        let payload = session.encrypt(robin.identity.device(), &message.to_bytes(), now(), rng);
        let deliver = server_frame::Body::Deliver(Deliver {
            sequence,
            mailbox: my_mailbox.to_vec(),
            // Each post has an id of its own.
            message_id: vec![sequence as u8; 16],
            payload: payload.unwrap().bytes.into(),
        });
        let output = say(&mut alice, 0, deliver, rng);
        let of = |store| output.persist.iter().filter(move |c| c.store == store);
        assert_eq!(of(Store::Sessions).count(), 1, "the ratchet goes on");
        let written = of(Store::Messages).count();
        assert_eq!(written, usize::from(sequence == 1), "{sequence}");
    }
}

#[test]
fn the_names_of_the_last_thousand_who_were_removed_are_kept() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, robin, _) = engine(rng);
    let robin = engine.contacts.get(&robin).cloned().unwrap();
    let mut cx = Context::new(now(), rng);
    let mut ids = Vec::new();
    for minute in 0..1_003 {
        cx.now = later(now(), SignedDuration::from_mins(minute));
        let id = ContactId::random(cx.rng);
        ids.push(id.clone());
        let contact = Contact {
            id,
            ..robin.clone()
        };
        engine.contacts.insert(contact.clone());
        engine.bury_contact(contact, &mut cx);
    }
    let kept = |id: &ContactId| engine.contacts.get(id).is_some();
    assert!(!ids[..3].iter().any(kept));
    assert!(ids[3..].iter().all(kept));
}

#[test]
fn all_copies_of_a_message_find_room_or_none_is_written() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, robin, _) = engine(rng);
    let mut second = created("Robin", rng);
    let session = session(&engine, &mut second, Voucher::Nothing, rng);
    let mut cx = Context::new(now(), rng);
    let mailbox = Some(MailboxId::from_bytes([6; 32]));
    let peer = engine.meet(&robin, second.identity.device().id(), mailbox, &mut cx);
    keep(&mut engine, &peer.key, session);
    engine.peers.insert(peer);
    let letter = a_letter(&engine, &robin);
    for _ in 1..MAX_WAITING {
        engine.outbox.push(letter.clone(), b"sealed", &mut cx);
    }
    let full = ask(&mut engine, wish(), rng);
    assert_eq!(full, Err(ApiErrorCode::LimitReached));
    assert_eq!(engine.outbox.waiting(), MAX_WAITING - 1);
    assert!(engine.negotiations.is_empty());

    let mut cx = Context::new(now(), rng);
    engine.outbox.give_up(|_| true, &mut cx);
    ask(&mut engine, wish(), rng).unwrap();
    assert_eq!(engine.outbox.waiting(), 2);
    assert_eq!(engine.outbox.messages().len(), 1);
}
