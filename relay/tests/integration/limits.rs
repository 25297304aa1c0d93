//! Every limit, set low, bites.

use std::time::{Duration, Instant};

use sotto_protocol::encode;
use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::{Ack, ClientFrame, CreateMailbox, Error, FetchPrekeys, Ping, Post};
use sotto_relay::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{Client, Relay, create, mailbox, post};
use crate::http;
use crate::person::Person;

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    outcome.unwrap_err().code
}

/// A post of 256 KiB to mailbox 1.
fn large(id: u8) -> Ask {
    Ask::Post(Post {
        mailbox: mailbox(1),
        message_id: vec![id; 16],
        payload: vec![id; 256 * 1024].into(),
        ttl_seconds: 0,
    })
}

async fn owner(relay: &Relay) -> Client {
    let mut owner = relay.connect(&Person::new(1)).await;
    owner.create(1).await;
    owner
}

#[tokio::test]
async fn max_connections() {
    let relay = Relay::limited(|limits| limits.max_connections = 1).await;
    let first = relay.connect(&Person::new(1)).await;
    let mut second = TcpStream::connect(relay.address).await.unwrap();
    second
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    let waiting = timeout(
        Duration::from_millis(200),
        second.read_to_string(&mut answer),
    )
    .await;
    assert!(waiting.is_err(), "{answer}");
    drop(first);
    second.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn max_unauthenticated() {
    let relay = Relay::limited(|limits| limits.max_unauthenticated = 1).await;
    let inside = relay.connect(&Person::new(1)).await;
    let mut waiting = relay.dial().await;
    waiting.challenge().await;
    let answer = http::upgrade(relay.address, "sotto.v1").await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("SERVER.UNAVAILABLE"),
        "{answer}"
    );
    assert!(answer.contains("retry-after: 1"), "{answer}");
    drop((inside, waiting));
}

#[tokio::test]
async fn hello_timeout_seconds() {
    let relay = Relay::limited(|limits| limits.hello_timeout_seconds = 1).await;
    let mut silent = relay.dial().await;
    silent.challenge().await;
    relay.pass(Duration::from_secs(1));
    assert_eq!(silent.farewell().await.code, "AUTH.TIMEOUT");
    // Neither may a request's head take for ever.
    let mut slow = TcpStream::connect(relay.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    let mut answer = Vec::new();
    let closed = timeout(Duration::from_secs(10), slow.read_to_end(&mut answer)).await;
    assert!(closed.is_ok());
}

#[tokio::test]
async fn idle_timeout_seconds() {
    let relay = Relay::limited(|limits| limits.idle_timeout_seconds = 1).await;
    let mut client = relay.connect(&Person::new(1)).await;
    client.create(1).await;
    relay.pass(Duration::from_millis(999));
    client.create(2).await;
    relay.pass(Duration::from_secs(1));
    assert_eq!(client.farewell().await.code, "CONNECTION.IDLE");
}

#[tokio::test]
async fn idle_timeout_seconds_of_a_client_that_takes_nothing() {
    let relay = Relay::limited(|limits| {
        limits.idle_timeout_seconds = 1;
        limits.max_connections = 2;
    })
    .await;
    let mut slow = owner(&relay).await;
    let mut sender = relay.connect(&Person::new(2)).await;
    for id in 0..64 {
        sender.done(large(id)).await.unwrap();
    }
    // It shows signs of life all the time, and loses its place all the same.
    for _ in 0..4 {
        slow.acknowledge(&[]).await;
        sender.ask(Ask::Ping(Ping {})).await.unwrap();
        relay.pass(Duration::from_millis(500));
    }
    let answer = http::ask(&relay, "GET", "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    sender.ask(Ask::Ping(Ping {})).await.unwrap();
}

#[tokio::test]
async fn delivery_window() {
    let relay = Relay::limited(|limits| limits.delivery_window = 2).await;
    let mut owner = owner(&relay).await;
    let mut sender = relay.connect(&Person::new(2)).await;
    for id in 1..=5 {
        sender.post(1, id).await.unwrap();
    }
    assert_eq!(owner.deliveries(2).await, [(1, 1), (2, 2)]);
    assert!(owner.hears_nothing().await);
    owner.acknowledge(&[2]).await;
    assert_eq!(owner.deliveries(1).await, [(3, 3)]);
    assert!(owner.hears_nothing().await);
    owner.acknowledge(&[1, 3]).await;
    assert_eq!(owner.deliveries(2).await, [(4, 4), (5, 5)]);
}

#[tokio::test]
async fn outbound_queue() {
    let relay = Relay::limited(|limits| {
        limits.outbound_queue = 2;
        limits.frames_per_second = 1_000_000;
        limits.frames_burst = 1_000_000;
    })
    .await;
    // Small requests with large answers, which the client does not take.
    let mut greedy = relay.connect(&Person::new(1)).await;
    let bad = encode(&ClientFrame {
        request: 0,
        body: Some(Ask::Ping(Ping {})),
    })
    .to_vec();
    let mut blocked = false;
    for _ in 0..1_000_000 {
        let sending = timeout(Duration::from_secs(1), greedy.send_bytes(bad.clone()));
        if sending.await.is_err() {
            blocked = true;
            break;
        }
    }
    assert!(
        blocked,
        "the relay took a million requests and kept their answers"
    );
    // Somebody else notices nothing of it.
    let mut other = relay.connect(&Person::new(2)).await;
    assert!(other.ask(Ask::Ping(Ping {})).await.is_ok());
}

#[tokio::test]
async fn a_slow_reader_holds_up_nobody_else() {
    let relay = Relay::start().await;
    let slow = owner(&relay).await;
    let mut sender = relay.connect(&Person::new(2)).await;
    let mut quick = relay.connect(&Person::new(3)).await;
    quick.create(2).await;
    // More than the sockets' buffers hold: the relay cannot get rid of all of it.
    for id in 0..64 {
        sender.done(large(id)).await.unwrap();
    }
    for id in 0..20 {
        sender.post(2, id).await.unwrap();
        assert_eq!(quick.deliveries(1).await, [(u64::from(id) + 1, id)]);
    }
    drop(slow);
}

#[tokio::test]
async fn mailboxes_per_device() {
    let relay = Relay::limited(|limits| limits.mailboxes_per_device = 1).await;
    let mut owner = owner(&relay).await;
    assert_eq!(code(owner.done(create(2)).await), "MAILBOX.TOO_MANY");
    let mut other = relay.connect(&Person::new(2)).await;
    other.create(2).await;
}

#[tokio::test]
async fn messages_per_mailbox() {
    let relay = Relay::limited(|limits| limits.messages_per_mailbox = 1).await;
    let mut owner = owner(&relay).await;
    let mut sender = relay.connect(&Person::new(2)).await;
    sender.post(1, 1).await.unwrap();
    let error = sender.post(1, 2).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.severity.as_str()),
        ("MAILBOX.FULL", "WARNING")
    );
    assert!(error.retry_after_ms > 0);
    assert_eq!(owner.deliveries(1).await, [(1, 1)]);
    owner.acknowledge(&[1]).await;
    owner.create(2).await;
    sender.post(1, 2).await.unwrap();
}

#[tokio::test]
async fn bytes_per_mailbox() {
    let relay = Relay::limited(|limits| limits.bytes_per_mailbox = 39).await;
    let _owner = owner(&relay).await;
    let mut sender = relay.connect(&Person::new(2)).await;
    sender.post(1, 1).await.unwrap();
    assert_eq!(code(sender.post(1, 2).await), "MAILBOX.FULL");
}

#[tokio::test]
async fn max_posts_per_mailbox() {
    let relay = Relay::limited(|limits| limits.max_posts_per_mailbox = 2).await;
    let mut client = relay.connect(&Person::new(1)).await;
    let limited = CreateMailbox {
        mailbox: mailbox(1),
        expires_at_ms: 0,
        max_posts: 3,
    };
    let error = client.done(Ask::CreateMailbox(limited)).await.unwrap_err();
    assert_eq!(error.details["field"], "max_posts");
}

#[tokio::test]
async fn max_payload_bytes() {
    let relay = Relay::limited(|limits| limits.max_payload_bytes = 19).await;
    let mut owner = owner(&relay).await;
    owner.send(post(1, 1)).await;
    assert_eq!(owner.farewell().await.code, "FRAME.TOO_LARGE");
}

#[tokio::test]
async fn max_ttl_seconds() {
    let relay = Relay::limited(|limits| limits.max_ttl_seconds = 10).await;
    let mut first = owner(&relay).await;
    let Ask::Post(good) = post(1, 1) else {
        panic!("a post")
    };
    let error = first
        .done(Ask::Post(Post {
            ttl_seconds: 11,
            ..good.clone()
        }))
        .await
        .unwrap_err();
    assert_eq!(error.details["field"], "ttl_seconds");
    first.done(Ask::Post(good)).await.unwrap();
    relay.pass(Duration::from_secs(10));
    assert!(relay.connect(&Person::new(1)).await.hears_nothing().await);
}

#[tokio::test]
async fn posts_per_second_and_burst() {
    let relay =
        Relay::limited(|limits| (limits.posts_per_second, limits.posts_burst) = (1, 2)).await;
    let _owner = owner(&relay).await;
    let mut sender = relay.connect(&Person::new(2)).await;
    sender.post(1, 1).await.unwrap();
    sender.post(1, 2).await.unwrap();
    let error = sender.post(1, 3).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.severity.as_str()),
        ("RATE.LIMITED", "WARNING")
    );
    assert!((1..=1_001).contains(&error.retry_after_ms), "{error:?}");
    let fetch = FetchPrekeys {
        account: Person::new(1).account_id().to_vec(),
        devices: Vec::new(),
    };
    assert_eq!(
        code(sender.ask(Ask::FetchPrekeys(fetch)).await),
        "RATE.LIMITED"
    );
    relay.pass(Duration::from_millis(error.retry_after_ms));
    sender.post(1, 3).await.unwrap();
}

#[tokio::test]
async fn frames_per_second_and_burst() {
    let relay =
        Relay::limited(|limits| (limits.frames_per_second, limits.frames_burst) = (10, 3)).await;
    let mut client = relay.connect(&Person::new(1)).await;
    for _ in 0..5 {
        client.send(Ask::Ping(Ping {})).await;
    }
    for request in 2..=4 {
        client.answer(request).await.unwrap();
    }
    // The others are read as their time comes, and not refused.
    for request in 5..=6 {
        assert!(client.hears_nothing().await);
        relay.pass(Duration::from_millis(101));
        client.answer(request).await.unwrap();
    }
}

#[tokio::test]
async fn registrations_per_minute() {
    let relay = Relay::limited(|limits| limits.registrations_per_minute = 1).await;
    relay.connect(&Person::new(1)).await;
    let error = relay.dial().await.enter(&Person::new(2)).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.severity.as_str()),
        ("RATE.LIMITED", "FATAL")
    );
    assert!(error.retry_after_ms > 10_000, "{error:?}");
    // Who is registered already comes in.
    relay.connect(&Person::new(1)).await;
}

#[tokio::test]
async fn one_time_prekeys() {
    let relay = Relay::limited(|limits| limits.one_time_prekeys = 1).await;
    let robin = Person::new(1);
    let mut client = relay.connect(&robin).await;
    let error = client
        .done(Ask::PublishPrekeys(robin.prekeys(1, 2, 1)))
        .await
        .unwrap_err();
    assert_eq!(error.details["field"], "one_time_prekeys");
    client
        .done(Ask::PublishPrekeys(robin.prekeys(1, 1, 1)))
        .await
        .unwrap();
    assert_eq!(
        code(
            client
                .done(Ask::PublishPrekeys(robin.prekeys(2, 1, 1)))
                .await
        ),
        "REQUEST.INVALID"
    );
}

#[tokio::test]
async fn acknowledgements_in_a_frame() {
    let relay = Relay::start().await;
    let mut client = relay.connect(&Person::new(1)).await;
    let error = client
        .ask(Ask::Ack(Ack {
            sequences: vec![1; 1_025],
        }))
        .await
        .unwrap_err();
    assert_eq!(error.details["field"], "sequences");
}

#[tokio::test]
async fn expired_mailbox_seconds_and_purge_interval_seconds() {
    let relay = Relay::limited(|limits| {
        limits.expired_mailbox_seconds = 0;
        limits.purge_interval_seconds = 1;
    })
    .await;
    let mut client = relay.connect(&Person::new(1)).await;
    let expires_at_ms = relay.now_ms() + 1_000;
    let brief = CreateMailbox {
        mailbox: mailbox(1),
        expires_at_ms,
        max_posts: 0,
    };
    client.done(Ask::CreateMailbox(brief)).await.unwrap();
    relay.pass(Duration::from_secs(1));
    // Forgotten as soon as the purge comes by; until then it is remembered as expired.
    for _ in 0..100 {
        match code(client.post(1, 1).await).as_str() {
            "MAILBOX.UNKNOWN" => return,
            found => assert_eq!(found, "MAILBOX.EXPIRED"),
        }
    }
    panic!("expected a purge after its interval");
}

#[tokio::test]
async fn guest_seconds_and_guests_per_account() {
    let relay = Relay::limited(|limits| {
        limits.guest_seconds = 60;
        limits.guests_per_account = 1;
    })
    .await;
    let [robin, one, two] = [1, 2, 3].map(Person::new);
    relay.connect(&robin).await;
    let until = relay.now_ms() + 60_000;
    let enter = async |guest: &Person, until| {
        let mut client = relay.dial().await;
        let pass = robin.pass(guest, until);
        client
            .enter_as_guest(&robin, guest, pass)
            .await
            .map(|_| client)
    };
    let long = enter(&one, until + 1).await.map(drop).unwrap_err();
    assert_eq!(
        (long.code.as_str(), long.severity.as_str()),
        ("AUTH.GUEST", "FATAL")
    );
    assert!(long.message.contains("at most 60 s"), "{long:?}");
    let mut first = enter(&one, until).await.unwrap();
    let second = enter(&two, until).await.map(drop).unwrap_err();
    assert_eq!(second.code, "AUTH.GUEST");
    assert!(second.message.contains("at most 1 guest"), "{second:?}");
    relay.pass(Duration::from_secs(60));
    assert_eq!(first.farewell().await.code, "AUTH.GUEST");
    enter(&two, relay.now_ms() + 1).await.unwrap();
}

#[tokio::test]
async fn store_queue() {
    let relay = Relay::limited(|limits| limits.store_queue = 1).await;
    let mut owner = owner(&relay).await;
    let mut sender = relay.connect(&Person::new(2)).await;
    // While somebody else writes, one change is in work, one waits, and its sender with the next.
    let database = relay.database();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut asked = Vec::new();
    for id in 0..10 {
        asked.push(sender.send(post(1, id)).await);
    }
    asked.push(sender.send(Ask::Ping(Ping {})).await);
    assert!(
        sender.hears_nothing().await,
        "the relay took what has no room"
    );
    assert!(owner.ask(Ask::Ping(Ping {})).await.is_ok());

    database.execute_batch("ROLLBACK").unwrap();
    let mut answered = Vec::new();
    for _ in &asked {
        answered.push(sender.receive().await.unwrap().request);
    }
    answered.sort_unstable();
    assert_eq!(answered, asked);
    assert_eq!(owner.deliveries(10).await.len(), 10);
}

#[test]
fn every_limit_is_set_low_here() {
    let here = include_str!("limits.rs");
    for (variable, _) in Limits::TABLE {
        let limit = variable.strip_prefix("SOTTO_RELAY_").unwrap();
        let set = format!("limits.{}", limit.to_lowercase());
        assert!(here.contains(&set), "no test of {variable}");
    }
}

#[tokio::test]
async fn shutdown_seconds() {
    let relay = Relay::limited(|limits| limits.shutdown_seconds = 1).await;
    let mut stuck = TcpStream::connect(relay.address).await.unwrap();
    stuck.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    // One connection later, that one has been accepted.
    relay.connect(&Person::new(1)).await;
    let began = Instant::now();
    relay.stop().await;
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
}
