//! Guests: how a new device reaches an account, and how much it may.

use std::time::Duration;

use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{
    CloseMailbox, CreateMailbox, Error, FetchPrekeys, Hello, Pass, Ping, PublishPrekeys,
};

use crate::client::{Client, Relay, create, mailbox, post, publish_list};
use crate::person::{Person, list};

const MINUTES: u64 = 60_000;

/// What a guest makes: a mailbox up to that time.
fn create_until(n: u8, expires_at_ms: u64) -> Ask {
    Ask::CreateMailbox(CreateMailbox {
        mailbox: mailbox(n),
        expires_at_ms,
        max_posts: 0,
    })
}

fn fetch(of: &Person) -> Ask {
    Ask::FetchPrekeys(FetchPrekeys {
        account: of.account_id().to_vec(),
        devices: Vec::new(),
    })
}

/// Robin, connected, with prekeys and mailbox 1.
async fn host(relay: &Relay, robin: &Person) -> Client {
    let mut client = relay.connect(robin).await;
    let keys = Ask::PublishPrekeys(robin.prekeys(1, 1, 1));
    client.done(keys).await.unwrap();
    client.create(1).await;
    client
}

async fn guest(relay: &Relay, robin: &Person, phone: &Person, until: u64) -> Client {
    let mut client = relay.dial().await;
    let pass = robin.pass(phone, until);
    client.enter_as_guest(robin, phone, pass).await.unwrap();
    client
}

#[tokio::test]
async fn a_guest_and_its_account_reach_each_other() {
    let relay = Relay::start().await;
    let (robin, phone) = (Person::new(1), Person::new(2));
    let mut owner = host(&relay, &robin).await;
    let until = relay.now_ms() + 10 * MINUTES;
    let mut newcomer = guest(&relay, &robin, &phone, until).await;
    newcomer.done(create_until(2, until)).await.unwrap();
    let Tell::Prekeys(prekeys) = newcomer.ask(fetch(&robin)).await.unwrap() else {
        panic!("expected prekeys")
    };
    assert_eq!(prekeys.device_list, Some(list(&robin, 1, &[&robin])));
    assert_eq!(prekeys.devices.len(), 1);
    newcomer.post(1, 7).await.unwrap();
    assert_eq!(owner.deliveries(1).await, [(1, 7)]);
    owner.post(2, 8).await.unwrap();
    assert_eq!(newcomer.deliveries(1).await, [(1, 8)]);
    drop(newcomer);
    // It comes again while the pass is good, and has what was not acknowledged.
    let mut newcomer = guest(&relay, &robin, &phone, until).await;
    assert_eq!(newcomer.deliveries(1).await, [(1, 8)]);
    newcomer.acknowledge(&[1]).await;
    assert!(newcomer.ask(Ask::Ping(Ping {})).await.is_ok());

    // Nobody else sees it: it is not listed, and not told of a new list.
    let with_tablet = list(&robin, 2, &[&robin, &Person::new(3)]);
    owner.publish_list(with_tablet).await.unwrap();
    assert!(newcomer.hears_nothing().await);
}

#[tokio::test]
async fn a_guest_and_all_it_had_go_when_its_pass_is_over() {
    let relay = Relay::limited(|limits| limits.purge_interval_seconds = 1).await;
    let (robin, phone) = (Person::new(1), Person::new(2));
    let mut owner = host(&relay, &robin).await;
    let until = relay.now_ms() + MINUTES;
    let mut newcomer = guest(&relay, &robin, &phone, until).await;
    newcomer.done(create_until(2, until)).await.unwrap();
    owner.post(2, 8).await.unwrap();
    newcomer.deliveries(1).await;
    relay.pass(Duration::from_millis(MINUTES - 1));
    assert!(newcomer.ask(Ask::Ping(Ping {})).await.is_ok());
    relay.pass(Duration::from_millis(1));
    let farewell = newcomer.farewell().await;
    assert_eq!(farewell.code, "AUTH.GUEST");
    assert!(
        farewell.message.contains("the pass is over"),
        "{farewell:?}"
    );
    let error = refused(&relay, &robin, &phone, robin.pass(&phone, until)).await;
    assert_eq!(error.code, "AUTH.GUEST");
    // Gone as soon as the purge comes by; until then it takes nothing.
    relay.pass(Duration::from_secs(1));
    for _ in 0..100 {
        match owner.post(2, 9).await.unwrap_err().code.as_str() {
            "MAILBOX.UNKNOWN" => return,
            found => assert_eq!(found, "MAILBOX.EXPIRED"),
        }
    }
    panic!("expected a purge after its interval");
}

#[tokio::test]
async fn a_guest_does_nothing_that_only_a_device_may() {
    let relay = Relay::start().await;
    let [robin, phone, kim] = [1, 2, 3].map(Person::new);
    let mut owner = host(&relay, &robin).await;
    let mut stranger = relay.connect(&kim).await;
    let keys = Ask::PublishPrekeys(kim.prekeys(1, 1, 1));
    stranger.done(keys).await.unwrap();
    let until = relay.now_ms() + MINUTES;
    let mut newcomer = guest(&relay, &robin, &phone, until).await;

    let forbidden = [
        Ask::PublishPrekeys(phone.prekeys(1, 1, 1)),
        Ask::PublishPrekeys(PublishPrekeys::default()),
        // Even one that the account signed.
        publish_list(list(&robin, 2, &[&robin, &phone])),
        fetch(&kim),
        fetch(&Person::new(9)),
        Ask::CloseMailbox(CloseMailbox {
            mailbox: mailbox(1),
        }),
        Ask::CloseMailbox(CloseMailbox {
            mailbox: mailbox(2),
        }),
    ];
    for ask in forbidden {
        let error = newcomer
            .ask(ask.clone())
            .await
            .expect_err(&format!("{ask:?}"));
        assert_eq!(
            (error.code.as_str(), error.severity.as_str()),
            ("AUTH.GUEST", "ERROR"),
            "{ask:?}"
        );
    }
    for (ask, field) in [
        (create(2), "expires_at_ms"),
        (create_until(2, until + 1), "expires_at_ms"),
    ] {
        let error = newcomer.done(ask).await.unwrap_err();
        assert_eq!(error.details["field"], field);
    }
    newcomer.done(create_until(2, until)).await.unwrap();
    let error = newcomer.done(create_until(3, until)).await.unwrap_err();
    assert_eq!(error.code, "MAILBOX.TOO_MANY");
    let error = newcomer.done(create_until(1, until)).await.unwrap_err();
    assert_eq!(error.code, "MAILBOX.TAKEN");
    // What waits for a device is not the guest's to take away.
    stranger.post(1, 7).await.unwrap();
    newcomer.acknowledge(&[1]).await;
    assert!(newcomer.ask(Ask::Ping(Ping {})).await.is_ok());
    drop(owner);
    owner = relay.connect(&robin).await;
    assert_eq!(owner.deliveries(1).await, [(1, 7)]);
}

async fn refused(relay: &Relay, host: &Person, guest: &Person, pass: Pass) -> Error {
    let mut client = relay.dial().await;
    let entered = client.enter_as_guest(host, guest, pass).await;
    let error = entered.unwrap_err();
    assert_eq!(error.severity, "FATAL", "{error:?}");
    client.closed().await;
    error
}

#[tokio::test]
async fn a_pass_opens_for_one_key_of_one_account_in_its_time() {
    let relay = Relay::start().await;
    let [robin, phone, kim, thief] = [1, 2, 3, 4].map(Person::new);
    let soon = relay.now_ms() + MINUTES;
    let good = robin.pass(&phone, soon);
    // A pass makes no account.
    let error = refused(&relay, &robin, &phone, good.clone()).await;
    assert_eq!(error.code, "DIRECTORY.UNKNOWN_ACCOUNT");
    relay.connect(&robin).await;
    relay.connect(&kim).await;

    // Another key, another account, another time, another signer.
    let longer = Pass {
        expires_at_ms: soon + 1,
        ..good.clone()
    };
    let cases = [
        (&robin, &thief, good.clone()),
        (&kim, &phone, good.clone()),
        (&robin, &phone, longer),
        (&robin, &phone, kim.pass(&phone, soon)),
        (&robin, &phone, phone.pass(&phone, soon)),
        (&robin, &phone, Pass::default()),
    ];
    for (host, guest, pass) in cases {
        let error = refused(&relay, host, guest, pass).await;
        assert_eq!(
            (error.code.as_str(), error.details["field"].as_str()),
            ("REQUEST.INVALID", "pass.signature")
        );
    }
    // Late, too long, for a device that needs none.
    let now = relay.now_ms();
    for (guest, until) in [
        (&phone, now),
        (&phone, now - 1),
        (&phone, 0),
        (&phone, now + 15 * MINUTES + 1),
        (&phone, u64::MAX),
        (&robin, soon),
    ] {
        let error = refused(&relay, &robin, guest, robin.pass(guest, until)).await;
        assert_eq!(error.code, "AUTH.GUEST", "{until}");
    }
    // A list beside it.
    let mut client = relay.dial().await;
    let both = |_: &[u8; 32], hello| Hello {
        pass: Some(good.clone()),
        ..hello
    };
    let guest = robin.with_device_of(&phone);
    let error = client.enter_with(&guest, both).await.unwrap_err();
    assert_eq!(error.details["field"], "pass");
    // Without its key a pass that was overheard is worth nothing.
    let mut client = relay.dial().await;
    let stolen = |nonce: &[u8; 32], hello: Hello| Hello {
        device: phone.device_id().to_vec(),
        device_list: None,
        pass: Some(good.clone()),
        ..robin.with_device_of(&thief).hello(nonce, &hello.audience)
    };
    let error = client.enter_with(&guest, stolen).await.unwrap_err();
    assert_eq!(error.code, "AUTH.INVALID_PROOF");
    // And the good one is good.
    let mut client = relay.dial().await;
    let welcome = client.enter_as_guest(&robin, &phone, good).await.unwrap();
    assert_eq!(welcome.device_list, Some(list(&robin, 1, &[&robin])));
}

#[tokio::test]
async fn there_are_so_many_guests_at_once_and_each_has_one_connection() {
    let relay = Relay::limited(|limits| limits.guests_per_account = 2).await;
    let [robin, one, two, three] = [1, 2, 3, 4].map(Person::new);
    relay.connect(&robin).await;
    let until = relay.now_ms() + MINUTES;
    let mut first = guest(&relay, &robin, &one, until).await;
    let mut second = guest(&relay, &robin, &two, until).await;
    let error = refused(&relay, &robin, &three, robin.pass(&three, until)).await;
    assert_eq!(error.code, "AUTH.GUEST");
    assert!(error.message.contains("at most 2 guests"), "{error:?}");
    let mut again = guest(&relay, &robin, &one, until).await;
    assert_eq!(first.farewell().await.code, "CONNECTION.REPLACED");
    for client in [&mut again, &mut second] {
        assert!(client.ask(Ask::Ping(Ping {})).await.is_ok());
    }
    assert_eq!(
        again.ask(post(9, 1)).await.unwrap_err().code,
        "MAILBOX.UNKNOWN"
    );
}
