//! Messages, from the post to the acknowledgement.

use std::time::Duration;

use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::{CloseMailbox, CreateMailbox, Error, Post};

use crate::client::{Relay, create, mailbox, post};
use crate::person::Person;

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    outcome.unwrap_err().code
}

#[tokio::test]
async fn what_is_posted_is_pushed_and_redelivered_until_acknowledged() {
    let relay = Relay::start().await;
    let (robin, kim) = (Person::new(1), Person::new(2));
    let mut owner = relay.connect(&robin).await;
    owner.create(1).await;
    let mut sender = relay.connect(&kim).await;
    sender.post(1, 7).await.unwrap();
    let deliver = owner.delivery().await;
    assert_eq!((deliver.sequence, deliver.mailbox), (1, mailbox(1)));
    assert_eq!(
        (deliver.message_id, deliver.payload.as_ref()),
        (vec![7; 16], [7; 20].as_slice())
    );
    drop(owner);
    sender.post(1, 8).await.unwrap();
    let mut owner = relay.connect(&robin).await;
    assert_eq!(owner.deliveries(2).await, [(1, 7), (2, 8)]);
    owner.acknowledge(&[1]).await;
    // Answered after the acknowledgement, so that is carried out by now.
    owner.create(2).await;
    let mut owner = relay.connect(&robin).await;
    assert_eq!(owner.deliveries(1).await, [(2, 8)]);
    owner.acknowledge(&[2]).await;
    owner.create(3).await;
    assert!(relay.connect(&robin).await.hears_nothing().await);
}

#[tokio::test]
async fn nobody_acknowledges_for_somebody_else() {
    let relay = Relay::start().await;
    let (robin, kim) = (Person::new(1), Person::new(2));
    let mut owner = relay.connect(&robin).await;
    owner.create(1).await;
    let mut sender = relay.connect(&kim).await;
    sender.post(1, 7).await.unwrap();
    sender.acknowledge(&[1]).await;
    sender.create(2).await;
    assert_eq!(relay.connect(&robin).await.deliveries(1).await, [(1, 7)]);
}

#[tokio::test]
async fn a_restart_keeps_what_was_answered() {
    let relay = Relay::start().await;
    let robin = Person::new(1);
    let mut owner = relay.connect(&robin).await;
    owner.create(1).await;
    owner.post(1, 7).await.unwrap();
    let data = relay.stop().await.unwrap();
    let config = sotto_relay::Config {
        data: data.path().to_owned(),
        ..Default::default()
    };
    let relay = Relay::run(config).await;
    let mut owner = relay.connect(&robin).await;
    assert_eq!(owner.deliveries(1).await, [(1, 7)]);
    owner.post(1, 7).await.unwrap();
    assert!(owner.hears_nothing().await);
}

#[tokio::test]
async fn the_welcome_says_how_many_mailboxes_there_are() {
    let relay = Relay::start().await;
    let robin = Person::new(1);
    let mut owner = relay.dial().await;
    assert_eq!(owner.enter(&robin).await.unwrap().mailboxes, 0);
    owner.create(1).await;
    owner.create(2).await;
    let mut owner = relay.dial().await;
    assert_eq!(owner.enter(&robin).await.unwrap().mailboxes, 2);
    let close = CloseMailbox {
        mailbox: mailbox(1),
    };
    owner.done(Ask::CloseMailbox(close)).await.unwrap();
    let mut owner = relay.dial().await;
    assert_eq!(owner.enter(&robin).await.unwrap().mailboxes, 1);

    // Started again on an empty directory, it takes the same device in and says what it lost.
    drop(relay.stop().await);
    let relay = Relay::start().await;
    let welcome = relay.dial().await.enter(&robin).await.unwrap();
    assert_eq!(welcome.mailboxes, 0);
}

#[tokio::test]
async fn a_repetition_is_answered_and_stored_once() {
    let relay = Relay::start().await;
    let mut owner = relay.connect(&Person::new(1)).await;
    let once = CreateMailbox {
        mailbox: mailbox(1),
        expires_at_ms: 0,
        max_posts: 1,
    };
    owner.done(Ask::CreateMailbox(once)).await.unwrap();
    let mut sender = relay.connect(&Person::new(2)).await;
    for _ in 0..2 {
        sender.post(1, 7).await.unwrap();
    }
    assert_eq!(owner.deliveries(1).await, [(1, 7)]);
    owner.acknowledge(&[1]).await;
    owner.create(2).await;
    sender.post(1, 7).await.unwrap();
    assert!(owner.hears_nothing().await);
    assert_eq!(code(sender.post(1, 8).await), "MAILBOX.SPENT");
}

#[tokio::test]
async fn posts_to_nowhere_are_refused_by_name() {
    let relay = Relay::start().await;
    let (mut owner, mut sender) = (
        relay.connect(&Person::new(1)).await,
        relay.connect(&Person::new(2)).await,
    );
    assert_eq!(code(sender.post(1, 7).await), "MAILBOX.UNKNOWN");
    let expires_at_ms = relay.now_ms() + 1_000;
    let brief = CreateMailbox {
        mailbox: mailbox(1),
        expires_at_ms,
        max_posts: 0,
    };
    owner.done(Ask::CreateMailbox(brief.clone())).await.unwrap();
    relay.pass(Duration::from_secs(1));
    assert_eq!(code(sender.post(1, 7).await), "MAILBOX.EXPIRED");
    let late = CreateMailbox {
        mailbox: mailbox(2),
        ..brief
    };
    let error = owner.done(Ask::CreateMailbox(late)).await.unwrap_err();
    assert_eq!(error.details["field"], "expires_at_ms");

    owner.create(3).await;
    owner.create(3).await;
    assert_eq!(code(sender.done(create(3)).await), "MAILBOX.TAKEN");
    let close = || {
        Ask::CloseMailbox(CloseMailbox {
            mailbox: mailbox(3),
        })
    };
    assert_eq!(code(sender.done(close()).await), "MAILBOX.TAKEN");
    sender.post(3, 7).await.unwrap();
    assert_eq!(owner.deliveries(1).await, [(1, 7)]);
    for _ in 0..2 {
        owner.done(close()).await.unwrap();
    }
    assert_eq!(code(sender.post(3, 8).await), "MAILBOX.UNKNOWN");
}

#[tokio::test]
async fn bad_fields_are_named() {
    let relay = Relay::start().await;
    let mut client = relay.connect(&Person::new(1)).await;
    client.create(1).await;
    let Ask::Post(good) = post(1, 7) else {
        panic!("a post")
    };
    let asks = [
        ("mailbox", Ask::CreateMailbox(CreateMailbox::default())),
        (
            "mailbox",
            Ask::CloseMailbox(CloseMailbox {
                mailbox: vec![1; 33],
            }),
        ),
        (
            "mailbox",
            Ask::Post(Post {
                mailbox: vec![],
                ..good.clone()
            }),
        ),
        (
            "message_id",
            Ask::Post(Post {
                message_id: vec![1; 15],
                ..good.clone()
            }),
        ),
    ];
    for (field, ask) in asks {
        let error = client.done(ask).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.severity.as_str()),
            ("REQUEST.INVALID", "ERROR")
        );
        assert_eq!(error.details["field"], field);
        assert!(error.message.contains("expected"), "{}", error.message);
        assert!(!error.request_id.is_empty() && error.timestamp.starts_with("2027-01-15T"));
    }
    client.done(Ask::Post(good)).await.unwrap();
}

#[tokio::test]
async fn messages_expire() {
    let relay = Relay::start().await;
    let robin = Person::new(1);
    let mut owner = relay.connect(&robin).await;
    owner.create(1).await;
    drop(owner);
    let mut sender = relay.connect(&Person::new(2)).await;
    let Ask::Post(lasting) = post(1, 7) else {
        panic!("a post")
    };
    let brief = Post {
        ttl_seconds: 5,
        message_id: vec![8; 16],
        ..lasting.clone()
    };
    sender.done(Ask::Post(brief)).await.unwrap();
    sender.done(Ask::Post(lasting)).await.unwrap();
    relay.pass(Duration::from_secs(5));
    assert_eq!(relay.connect(&robin).await.deliveries(1).await, [(2, 7)]);
}

#[tokio::test]
async fn many_requests_are_in_work_at_once() {
    let relay = Relay::start().await;
    let (mut owner, mut sender) = (
        relay.connect(&Person::new(1)).await,
        relay.connect(&Person::new(2)).await,
    );
    owner.create(1).await;
    for id in 0..200 {
        sender.send(post(1, id)).await;
    }
    for request in 2..=201 {
        sender.answer(request).await.unwrap();
    }
    let mut last = 0;
    for _ in 0..200 {
        let deliver = owner.delivery().await;
        assert_eq!(deliver.sequence, last + 1);
        last = deliver.sequence;
        owner.acknowledge(&[last]).await;
    }
}
