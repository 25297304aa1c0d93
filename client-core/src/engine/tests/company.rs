//! Devices that meet, and what only one's own may say, where a whole story would take too long.

use sotto_protocol::{
    frames::{ClientFrame, client_frame},
    id::AccountId,
};

use super::*;
use crate::{
    api::{Direction, ProposalState},
    contacts::MAX_CONTACTS,
    engine::{introducing::MAX_INTRODUCING, meetings::MAX_NEGOTIATIONS},
    message::{Side, SyncContact, SyncMailbox, SyncMeeting, SyncState, SyncStep},
    peers::Introduction,
    random::random_bytes,
    span::Span,
};

pub(super) fn synced(robin: &Engine) -> SyncContact {
    let device = robin.identity.device().id();
    let mailbox = MailboxId::from_bytes([8; 32]);
    SyncContact {
        account: robin.identity.account(),
        name: robin.profile.name.clone(),
        own_name: None,
        verified: false,
        state: SyncState::Active,
        relay: robin.profile.relay.to_string(),
        since: now(),
        devices: crate::message::Devices::from(robin.identity.devices()),
        mailboxes: vec![SyncMailbox { device, mailbox }],
    }
}

pub(super) fn step(engine: &mut Engine, from: &PeerKey, step: SyncStep, rng: &mut ChaCha20Rng) {
    let mut cx = Context::new(now(), rng);
    engine.sync_received(from, step, &mut cx);
}

/// An engine that follows another device of the account, and the one that it follows.
pub(super) fn follower(rng: &mut ChaCha20Rng) -> (Engine, PeerKey) {
    let mut engine = created("Alice", rng);
    let (account, agent) = (engine.account_key.clone().unwrap(), created("Alice", rng));
    let held = engine.identity.devices();
    let mut devices = agent.identity.devices().devices().to_vec();
    devices.extend(held.devices());
    let list = account.sign_next(held, 0, &devices, now()).unwrap();
    let mut cx = Context::new(now(), rng);
    engine.follow_own(&list, crate::identity::Source::Session, &mut cx);
    let from = engine.agent().unwrap();
    (engine, from)
}

fn fetches(output: &Output) -> usize {
    let frames = output.effects.iter().filter_map(|effect| match effect {
        Effect::SendFrame { frame, .. } => {
            sotto_protocol::decode::<ClientFrame>(frame.clone())
                .ok()?
                .body
        }
        _ => None,
    });
    let is_fetch = |body: &client_frame::Body| matches!(body, client_frame::Body::FetchPrekeys(_));
    frames.filter(is_fetch).count()
}

#[test]
fn a_new_device_asks_for_the_keys_of_eight_people_at_once() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, agent) = follower(rng);
    let contacts: Vec<SyncContact> = (0..20).map(|_| synced(&created("Robin", rng))).collect();
    let all = SyncStep::All {
        series: 1,
        number: 0,
        page: 0,
        pages: 1,
        user: None,
        contacts,
        meetings: Vec::new(),
    };
    step(&mut engine, &agent, all, rng);
    assert_eq!(engine.contacts.len(), 20);
    assert_eq!(fetches(&welcomed(&mut engine, rng)), MAX_INTRODUCING);
    let is_fetch = |pending: &Pending| matches!(pending, Pending::Introduce(_));
    let refused = |code: ErrorCode| {
        server_frame::Body::Error(Error {
            code: code.to_string(),
            severity: "ERROR".to_owned(),
            ..Error::default()
        })
    };
    // One after the other, as the relay answers: nobody is asked for twice.
    let nobody = refused(ErrorCode::DirectoryNoPrekeys);
    for asked in MAX_INTRODUCING + 1..=20 {
        let number = asked_for(&engine, is_fetch);
        let output = say(&mut engine, number, nobody.clone(), rng);
        assert_eq!(fetches(&output), 1, "{asked}");
    }
    let number = asked_for(&engine, is_fetch);
    let output = say(&mut engine, number, nobody, rng);
    assert_eq!(fetches(&output), 0);
    // A relay that wants to be asked later is asked later, for all of them.
    while engine.pending.values().any(is_fetch) {
        let number = asked_for(&engine, is_fetch);
        let _ = say(&mut engine, number, refused(ErrorCode::RateLimited), rng);
    }
    let hour = later(now(), SignedDuration::from_hours(1));
    let output = engine.handle(
        Input::Woken,
        later(now(), SignedDuration::from_secs(5)),
        rng,
    );
    assert_eq!(fetches(&output), MAX_INTRODUCING - 1);
    assert!(output.wake_at.is_some_and(|at| at <= hour));
}

#[test]
fn only_the_agent_s_word_counts_and_no_contact_s_does() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let news = |robin: &Engine| SyncStep::News {
        series: 0,
        number: 1,
        user: None,
        contacts: vec![synced(robin)],
        gone: Vec::new(),
        meetings: Vec::new(),
    };
    let (mut engine, agent) = follower(rng);
    let robin = created("Robin", rng);
    let other = PeerKey::new(&ContactId::own(), &robin.identity.device().id());
    step(&mut engine, &other, news(&robin), rng);
    assert_eq!(engine.contacts.len(), 0, "another device");
    step(&mut engine, &agent, news(&robin), rng);
    assert_eq!(engine.contacts.len(), 1);
    step(&mut engine, &agent, news(&created("Bea", rng)), rng);
    assert_eq!(engine.contacts.len(), 1, "the same number");
    assert!(
        engine.sharing.due().is_some(),
        "so something may be missing"
    );

    // Nor is it asked for anything, which the agent alone can say.
    let had = (engine.sharing.series, engine.sharing.number);
    let (series, number) = (7, 7);
    step(&mut engine, &other, SyncStep::Want { series, number }, rng);
    assert_eq!((engine.sharing.series, engine.sharing.number), had);

    // From a contact it is refused, and shown.
    let (mut alice, mut session, mailbox) = told_by_robin(&robin, rng);
    let message = AgentMessage {
        v: MESSAGE_VERSION,
        id: MessageId::from_bytes([7; 16]),
        conversation: None,
        in_reply_to: None,
        sent_at: now(),
        body: Body::Sync(news(&created("Mallory", rng))),
    };
    let payload = session.encrypt(robin.identity.device(), &message.to_bytes(), now(), rng);
    let deliver = server_frame::Body::Deliver(Deliver {
        sequence: 1,
        mailbox: mailbox.to_vec(),
        message_id: vec![1; 16],
        payload: payload.unwrap().bytes.into(),
    });
    let output = say(&mut alice, 0, deliver, rng);
    assert_eq!(alice.contacts.len(), 1);
    let mut contacts = alice.contacts.iter();
    assert_eq!(contacts.next().map(|robin| robin.unreadable), Some(1));
    let written = output.persist.iter().filter(|c| c.store == Store::Messages);
    assert_eq!(written.count(), 1);
}

#[test]
fn an_own_device_that_was_removed_is_not_met_again_by_an_older_list() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, _) = follower(rng);
    let older = engine.identity.devices().clone();
    let [gone, this] = older.devices() else {
        panic!("two devices")
    };
    let account = engine.account_key.clone().unwrap();
    let newest = account.sign_next(&older, 0, std::slice::from_ref(this), now());
    let mut cx = Context::new(now(), rng);
    engine.follow_own(&newest.unwrap(), crate::identity::Source::Session, &mut cx);
    let own = ContactId::own();
    for (device, is_listed) in [(gone, false), (this, true)] {
        let checked = engine.check_listed_by(&own, &device.id(), &older, &mut cx);
        assert_eq!(checked.is_ok(), is_listed);
    }
}

#[test]
fn a_meeting_is_taken_once_with_whom_it_is_while_it_is_ahead_and_as_far_as_there_is_room() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, agent) = follower(rng);
    let (robin, bea) = (created("Robin", rng), created("Bea", rng));
    let news = SyncStep::News {
        series: 0,
        number: 1,
        user: None,
        contacts: vec![synced(&robin), synced(&bea)],
        gone: Vec::new(),
        meetings: Vec::new(),
    };
    step(&mut engine, &agent, news, rng);
    let meeting = |number: usize, with: &Engine, from_now: i64| {
        let start = later(now(), SignedDuration::from_mins(from_now));
        let slot = Span::new(start, later(start, SignedDuration::from_mins(30)));
        SyncMeeting {
            account: with.identity.account(),
            conversation: format!("{number:032x}"),
            direction: Direction::Incoming,
            title: "Garden".to_owned(),
            slot: slot.unwrap(),
            proposal: None,
            since: now(),
            called_off_by: None,
        }
    };
    let called_off = |meeting: SyncMeeting| SyncMeeting {
        called_off_by: Some(Side::User),
        ..meeting
    };
    let mut told = |engine: &mut Engine, meetings: Vec<SyncMeeting>| -> usize {
        step(engine, &agent, SyncStep::Meetings { meetings }, rng);
        let all = engine.negotiations.values();
        all.filter(|n| n.state == ProposalState::Confirmed).count()
    };
    let stranger = created("Mallory", &mut ChaCha20Rng::seed_from_u64(2));
    assert_eq!(told(&mut engine, vec![meeting(1, &stranger, 60)]), 0);
    assert_eq!(told(&mut engine, vec![meeting(1, &robin, -30)]), 0, "over");
    let early = called_off(meeting(2, &robin, 60));
    assert_eq!(told(&mut engine, vec![early]), 0, "called off");
    assert_eq!(told(&mut engine, vec![meeting(2, &robin, 60)]), 0, "late");
    assert_eq!(told(&mut engine, vec![meeting(1, &robin, -29)]), 1, "begun");
    assert_eq!(
        told(&mut engine, vec![meeting(1, &robin, 60)]),
        1,
        "the same"
    );
    let of_another = called_off(meeting(1, &bea, -29));
    assert_eq!(told(&mut engine, vec![of_another]), 1, "not theirs");
    assert_eq!(
        told(&mut engine, vec![called_off(meeting(1, &robin, -29))]),
        0
    );
    assert_eq!(told(&mut engine, vec![meeting(1, &robin, -29)]), 0, "ended");

    for number in 0..MAX_NEGOTIATIONS {
        told(&mut engine, vec![meeting(100 + number, &robin, 60)]);
    }
    let more = meeting(7, &bea, 60);
    assert_eq!(told(&mut engine, vec![more.clone()]), MAX_NEGOTIATIONS);
    assert_eq!(engine.negotiations.len(), MAX_NEGOTIATIONS);
    let one = called_off(meeting(100, &robin, 60));
    assert_eq!(told(&mut engine, vec![one, more]), MAX_NEGOTIATIONS);
}

#[test]
fn whom_no_part_names_is_gone_and_a_series_of_the_future_is_none() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, agent) = follower(rng);
    let (robin, bea) = (created("Robin", rng), created("Bea", rng));
    let all = |series, number, contacts| SyncStep::All {
        series,
        number,
        page: 0,
        pages: 1,
        user: None,
        contacts,
        meetings: Vec::new(),
    };
    let names = |engine: &Engine| -> Vec<String> {
        let mut names: Vec<_> = engine.contacts.iter().map(|c| c.name.clone()).collect();
        names.sort();
        names
    };
    let both = vec![synced(&robin), synced(&bea)];
    step(&mut engine, &agent, all(1, 1, both), rng);
    assert_eq!(names(&engine), ["Bea", "Robin"]);
    // Of somebody whom this device met by itself the agent says nothing.
    let known = engine.contacts.iter().next().unwrap().clone();
    engine.contacts.insert(Contact {
        id: ContactId::random(rng),
        account: AccountId::from_bytes([7; 32]),
        name: "Kim".to_owned(),
        ..known
    });
    step(&mut engine, &agent, all(1, 2, vec![synced(&bea)]), rng);
    assert_eq!(names(&engine), ["Bea", "Kim"]);
    for (hours, taken) in [(49, ["Bea", "Kim"]), (47, ["Kim", "Robin"])] {
        let at = later(now(), SignedDuration::from_hours(hours));
        let series = u64::try_from(at.as_millisecond()).unwrap();
        let said = all(series, 0, vec![synced(&robin)]);
        step(&mut engine, &agent, said, rng);
        assert_eq!(names(&engine), taken, "{hours}");
    }
}

#[test]
fn what_the_user_changes_on_a_follower_stays_until_it_changes_on_the_agent() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, agent) = follower(rng);
    let robin = synced(&created("Robin", rng));
    let mut told = |number, buffer_minutes, own_name: Option<&str>, engine: &mut Engine| {
        let mut preferences = engine.preferences.clone();
        preferences.buffer_minutes = buffer_minutes;
        let user = crate::message::SyncUser {
            name: "Alice".to_owned(),
            preferences,
            mailboxes: Vec::new(),
        };
        let all = SyncStep::All {
            series: 1,
            number,
            page: 0,
            pages: 1,
            user: Some(Box::new(user)),
            contacts: vec![SyncContact {
                own_name: own_name.map(str::to_owned),
                ..robin.clone()
            }],
            meetings: Vec::new(),
        };
        step(engine, &agent, all, rng);
        let name = engine.contacts.iter().next().unwrap().name().to_owned();
        (engine.preferences.buffer_minutes, name)
    };
    let expected = |minutes, name: &str| (minutes, name.to_owned());
    assert_eq!(told(1, 5, None, &mut engine), expected(5, "Robin"));
    // Preferences are the agent's alone, whatever is stored here.
    engine.preferences.buffer_minutes = 20;
    let mut renamed = engine.contacts.iter().next().unwrap().clone();
    renamed.own_name = Some("Rob".to_owned());
    renamed.state = ContactState::Unreachable;
    engine.contacts.insert(renamed);
    assert_eq!(told(2, 5, None, &mut engine), expected(5, "Rob"));
    // Whether they can be reached, it finds out itself.
    let state = engine.contacts.iter().next().unwrap().state;
    assert_eq!(state, ContactState::Unreachable);
    let changed = told(3, 10, Some("Robby"), &mut engine);
    assert_eq!(changed, expected(10, "Robby"));
}

#[test]
fn the_agent_s_contacts_are_taken_as_far_as_there_is_room() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, agent) = follower(rng);
    let all = |number, contacts| SyncStep::All {
        series: 1,
        number,
        page: 0,
        pages: 2,
        user: None,
        contacts,
        meetings: Vec::new(),
    };
    let robin = vec![synced(&created("Robin", rng))];
    step(&mut engine, &agent, all(1, robin), rng);
    let known = engine.contacts.iter().next().unwrap().clone();
    while engine.contacts.len() < MAX_CONTACTS {
        let (id, account) = (
            ContactId::random(rng),
            AccountId::from_bytes(random_bytes(rng)),
        );
        engine.contacts.insert(Contact {
            id,
            account,
            ..known.clone()
        });
    }
    let bea = vec![synced(&created("Bea", rng))];
    step(&mut engine, &agent, all(2, bea), rng);
    assert_eq!(engine.contacts.len(), MAX_CONTACTS);
}

/// Alice, whose contact is Robin, his session with her, and the mailbox for it.
fn told_by_robin(robin: &Engine, rng: &mut ChaCha20Rng) -> (Engine, Session, MailboxId) {
    let (mut alice, id, _) = engine(rng);
    let mut session = session(robin, &mut alice, Voucher::Nothing, rng);
    let hello = session.encrypt(robin.identity.device(), b"hello", now(), rng);
    let hello = hello.unwrap().bytes;
    let none = [Voucher::Nothing];
    let accepted = session::accept(&alice.identity, &alice.prekeys, &none, &hello, now());
    let mut cx = Context::new(now(), rng);
    let contact = Contact {
        account: robin.identity.account(),
        devices: robin.identity.devices().clone(),
        ..alice.contacts.get(&id).unwrap().clone()
    };
    alice.contacts.insert(contact);
    let peer = alice.meet(&id, robin.identity.device().id(), None, &mut cx);
    let mailbox = peer.my_mailbox;
    keep(&mut alice, &peer.key, accepted.unwrap().session);
    alice.peers.insert(peer);
    let _ = welcomed(&mut alice, rng);
    (alice, session, mailbox)
}

#[test]
fn what_is_never_answered_is_begun_anew_after_thirty_days() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, agent) = follower(rng);
    let mut robin = created("Robin", rng);
    let all = SyncStep::News {
        series: 0,
        number: 1,
        user: None,
        contacts: vec![synced(&robin)],
        gone: Vec::new(),
        meetings: Vec::new(),
    };
    step(&mut engine, &agent, all, rng);
    let owner = engine.contacts.iter().next().unwrap().id.clone();
    let device = robin.identity.device().id();
    let first = session(&engine, &mut robin, Voucher::Nothing, rng);
    let mut cx = Context::new(now(), rng);
    let peer = engine.meet(&owner, device, None, &mut cx);
    let key = peer.key.clone();
    keep(&mut engine, &key, first);
    let introduction = Some(Introduction::new(MessageId::from_bytes([1; 16]), now()));
    engine.save_peer(
        crate::peers::Peer {
            introduction,
            ..peer
        },
        &mut cx,
    );
    let _ = welcomed(&mut engine, rng);
    assert!(
        !engine
            .pending
            .values()
            .any(|p| matches!(p, Pending::Introduce(_)))
    );
    let days = |n: i64| later(now(), SignedDuration::from_hours(24 * n));
    let _ = engine.handle(Input::Woken, days(1), rng);
    assert_eq!(engine.outbox.waiting(), 0, "said again, in other keys");
    assert!(engine.sessions.contains_key(&key));
    assert!(engine.is_to_be_met(&owner), "as soon as there are any");
    for day in [2, 4, 8, 16, 30] {
        let _ = engine.handle(Input::Woken, days(day), rng);
    }
    assert_eq!(engine.outbox.waiting(), 0);
    assert!(!engine.sessions.contains_key(&key) && engine.peers.get(&key).is_none());
    assert!(engine.is_to_be_met(&owner));
}

#[test]
fn whoever_meets_names_the_relay_as_it_is_written_and_no_other() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, robin, _) = engine(rng);
    let key = engine.peers.of(&robin).next().unwrap().key.clone();
    let at = |engine: &Engine| engine.peers.get(&key).unwrap().their_mailbox;
    let before = at(&engine);
    let mailbox = MailboxId::from_bytes([9; 32]);
    for relay in [
        "http://elsewhere.test",
        "http://relay.test/",
        "HTTP://relay.test",
        "http://Relay.test",
        "http://relay.test:80",
    ] {
        let greeting = Greeting {
            name: "Robin".to_owned(),
            mailbox,
            relay: relay.to_owned(),
        };
        let mut cx = Context::new(now(), rng);
        engine.device_met(&key, &greeting, &mut cx);
        assert_eq!(at(&engine), before, "{relay}");
        engine.device_accepted(&key, mailbox, relay, &mut cx);
        assert_eq!(at(&engine), before, "{relay}");
    }
    let mut cx = Context::new(now(), rng);
    engine.device_accepted(&key, mailbox, "http://relay.test", &mut cx);
    assert_eq!(at(&engine), Some(mailbox));
}

#[test]
fn whoever_is_met_need_not_be_told_any_more_who_this_device_is() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, robin, _) = engine(rng);
    let mut peer = engine.peers.of(&robin).next().unwrap().clone();
    let letter = a_letter(&engine, &robin);
    let mut cx = Context::new(now(), rng);
    engine.outbox.push(letter, b"it is me", &mut cx);
    peer.their_mailbox = None;
    let key = peer.key.clone();
    engine.peers.insert(peer);
    let greeting = Greeting {
        name: "Robin".to_owned(),
        mailbox: MailboxId::from_bytes([9; 32]),
        relay: "http://relay.test".to_owned(),
    };
    engine.device_met(&key, &greeting, &mut cx);
    assert_eq!(engine.outbox.waiting(), 1, "that it is known, and no more");
}

#[test]
fn who_begins_to_answer_for_the_user_begins_a_series() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, agent) = follower(rng);
    let all = SyncStep::All {
        series: 5,
        number: 3,
        page: 0,
        pages: 1,
        user: None,
        contacts: Vec::new(),
        meetings: Vec::new(),
    };
    step(&mut engine, &agent, all, rng);
    let held = engine.identity.devices().clone();
    let [first, this] = held.devices() else {
        panic!("two devices")
    };
    let turned = [*this, *first];
    let account = engine.account_key.clone().unwrap();
    let list = account.sign_next(&held, 0, &turned, now()).unwrap();
    let mut cx = Context::new(now(), rng);
    engine.follow_own(&list, crate::identity::Source::Session, &mut cx);
    let series = u64::try_from(now().as_millisecond()).unwrap();
    assert_eq!((engine.sharing.series, engine.sharing.number), (series, 0));
}

#[test]
fn a_contact_s_account_is_not_the_user_s() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let (mut engine, agent) = follower(rng);
    let own = SyncContact {
        account: engine.identity.account(),
        devices: crate::message::Devices::from(engine.identity.devices()),
        ..synced(&created("Robin", rng))
    };
    let unsigned = SyncContact {
        account: AccountId::from_bytes([1; 32]),
        ..synced(&created("Robin", rng))
    };
    let misspelt = SyncContact {
        relay: "http://relay.test/".to_owned(),
        ..synced(&created("Robin", rng))
    };
    let news = SyncStep::News {
        series: 0,
        number: 1,
        user: None,
        contacts: vec![own, unsigned, misspelt],
        gone: Vec::new(),
        meetings: Vec::new(),
    };
    step(&mut engine, &agent, news, rng);
    assert_eq!(engine.contacts.len(), 0);
}
