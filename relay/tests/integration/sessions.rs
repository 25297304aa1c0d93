//! Coming in, staying and leaving.

use std::time::Duration;

use sotto_protocol::encode;
use sotto_protocol::error::ErrorCode;
use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{ClientFrame, Error, Hello, Ping};
use sotto_protocol::limits::MAX_FRAME_BYTES;
use sotto_relay::config::Registration;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::client::{Relay, create};
use crate::person::{Person, list};

async fn refused(relay: &Relay, bend: impl FnOnce(&[u8; 32], Hello) -> Hello) -> Error {
    let mut client = relay.dial().await;
    let error = client.enter_with(&Person::new(1), bend).await.unwrap_err();
    assert_eq!(error.severity, "FATAL", "{error:?}");
    client.closed().await;
    error
}

#[tokio::test]
async fn a_device_registers_and_is_welcomed() {
    let relay = Relay::start().await;
    let robin = Person::new(1);
    let mut client = relay.dial().await;
    let welcome = client.enter(&robin).await.unwrap();
    let limits = welcome.limits.unwrap();
    assert_eq!(
        (limits.delivery_window, limits.idle_timeout_seconds),
        (64, 90)
    );
    assert_eq!(
        (limits.max_payload_bytes, limits.max_ttl_seconds),
        (262_144, 2_592_000)
    );
    assert_eq!(welcome.prekeys.unwrap(), Default::default());
    assert_eq!(welcome.relay_time_ms, relay.now_ms());
    assert!(matches!(
        client.ask(Ask::Ping(Ping {})).await,
        Ok(Tell::Pong(_))
    ));
    drop(client);
    // Known by now: the list may be left out.
    let mut client = relay.dial().await;
    let known = client
        .enter_with(&robin, |_, hello| Hello {
            device_list: None,
            ..hello
        })
        .await;
    known.unwrap();
}

#[tokio::test]
async fn a_hello_that_proves_nothing_is_refused() {
    let relay = Relay::start().await;
    let (robin, other) = (Person::new(1), Person::new(2));
    let wrong = ErrorCode::AuthInvalidProof.as_str();
    let error = refused(&relay, |nonce, _| robin.hello(nonce, "elsewhere.example")).await;
    assert_eq!(error.code, wrong);
    assert!(
        error
            .documentation_url
            .ends_with("docs/errors.md#authinvalid_proof")
    );
    let error = refused(&relay, |_, hello| robin.hello(&[0; 32], &hello.audience)).await;
    assert_eq!(error.code, wrong);
    let error = refused(&relay, |_, hello| Hello {
        signature: vec![0; 64],
        ..hello
    })
    .await;
    assert_eq!(error.code, wrong);
    let error = refused(&relay, |_, hello| Hello {
        version: 9,
        ..hello
    })
    .await;
    assert_eq!(error.code, "VERSION.UNSUPPORTED");
    let error = refused(&relay, |_, hello| Hello {
        device: vec![1],
        ..hello
    })
    .await;
    assert_eq!(
        (error.code.as_str(), error.details["field"].as_str()),
        ("REQUEST.INVALID", "device")
    );
    let list_of = |list| {
        move |_: &[u8; 32], hello| Hello {
            device_list: Some(list),
            ..hello
        }
    };
    let error = refused(&relay, list_of(list(&other, 1, &[&robin]))).await;
    assert_eq!(error.details["field"], "device_list.signature");
    let error = refused(&relay, list_of(list(&robin, 1, &[&other]))).await;
    assert_eq!(error.code, "AUTH.UNKNOWN_DEVICE");
    let error = refused(&relay, |_, hello| Hello {
        device_list: None,
        ..hello
    })
    .await;
    assert_eq!(error.code, "DIRECTORY.UNKNOWN_ACCOUNT");
}

#[tokio::test]
async fn the_public_url_says_which_name_must_be_signed() {
    let relay =
        Relay::with(|config| config.public_url = "https://relay.example".parse().ok()).await;
    let robin = Person::new(1);
    assert_eq!(
        refused(&relay, |_, hello| hello).await.code,
        "AUTH.INVALID_PROOF"
    );
    let mut client = relay.dial().await;
    client
        .enter_with(&robin, |nonce, _| robin.hello(nonce, "relay.example"))
        .await
        .unwrap();
}

#[tokio::test]
async fn where_registration_is_closed_only_the_known_come_in() {
    let open = Relay::start().await;
    drop(open.connect(&Person::new(1)).await);
    let data = open.stop().await.unwrap();
    let config = sotto_relay::Config {
        data: data.path().to_owned(),
        registration: Registration::Closed,
        ..Default::default()
    };
    let closed = Relay::run(config).await;
    closed.connect(&Person::new(1)).await;
    let error = closed
        .dial()
        .await
        .enter(&Person::new(2))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.severity.as_str()),
        ("REGISTRATION.CLOSED", "FATAL")
    );
}

#[tokio::test]
async fn a_newer_connection_replaces_the_older() {
    let relay = Relay::start().await;
    let robin = Person::new(1);
    let mut older = relay.connect(&robin).await;
    let mut newer = relay.connect(&robin).await;
    assert_eq!(older.farewell().await.code, "CONNECTION.REPLACED");
    newer.create(1).await;
    newer.post(1, 7).await.unwrap();
    assert_eq!(newer.deliveries(1).await, [(1, 7)]);
}

#[tokio::test]
async fn frames_out_of_turn_end_the_connection() {
    let relay = Relay::start().await;
    let mut early = relay.dial().await;
    early.challenge().await;
    early.send(create(1)).await;
    assert_eq!(early.farewell().await.code, "FRAME.UNEXPECTED");
    let mut twice = relay.connect(&Person::new(1)).await;
    twice.send(Ask::Hello(Hello::default())).await;
    assert_eq!(twice.farewell().await.code, "FRAME.UNEXPECTED");
}

#[tokio::test]
async fn what_is_no_frame_ends_the_connection() {
    let relay = Relay::start().await;
    let robin = Person::new(1);
    for bytes in [
        b"no frame".to_vec(),
        encode(&ClientFrame {
            request: 1,
            body: None,
        })
        .to_vec(),
    ] {
        let mut client = relay.connect(&robin).await;
        client.send_bytes(bytes).await;
        assert_eq!(client.farewell().await.code, "FRAME.MALFORMED");
    }
    let mut client = relay.connect(&robin).await;
    client.send_message(Message::text("text")).await;
    assert_eq!(client.farewell().await.code, "FRAME.MALFORMED");
    let mut client = relay.connect(&robin).await;
    client.send_bytes(vec![0; MAX_FRAME_BYTES + 1]).await;
    assert_eq!(client.farewell().await.code, "FRAME.TOO_LARGE");
    let mut client = relay.dial().await;
    client.challenge().await;
    client.send_bytes(vec![0xff; 16]).await;
    assert_eq!(client.farewell().await.code, "FRAME.MALFORMED");
}

#[tokio::test]
async fn a_request_without_a_number_is_refused_and_the_connection_goes_on() {
    let relay = Relay::start().await;
    let mut client = relay.connect(&Person::new(1)).await;
    let frame = ClientFrame {
        request: 0,
        body: Some(Ask::Ping(Ping {})),
    };
    client.send_bytes(encode(&frame).to_vec()).await;
    let error = client.answer(0).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.severity.as_str()),
        ("REQUEST.INVALID", "ERROR")
    );
    assert_eq!(error.details["field"], "request");
    assert!(client.ask(Ask::Ping(Ping {})).await.is_ok());
}

#[tokio::test]
async fn a_socket_without_the_sub_protocol_is_refused() {
    let relay = Relay::start().await;
    for protocol in [None, Some("sotto.v9")] {
        let url = format!("ws://{}/v1/socket", relay.address);
        let mut request = url.into_client_request().unwrap();
        if let Some(protocol) = protocol {
            request
                .headers_mut()
                .insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        let error = tokio_tungstenite::connect_async(request).await.unwrap_err();
        assert!(error.to_string().contains("400"), "{error}");
    }
}

#[tokio::test]
async fn a_stopping_relay_tells_its_clients() {
    let relay = Relay::start().await;
    let mut inside = relay.connect(&Person::new(1)).await;
    let mut outside = relay.dial().await;
    outside.challenge().await;
    let began = std::time::Instant::now();
    let (_, inside, outside) = tokio::join!(relay.stop(), inside.farewell(), outside.farewell());
    assert_eq!(inside.code, "SERVER.UNAVAILABLE");
    assert!(inside.retry_after_ms > 0);
    assert_eq!(outside.code, "SERVER.UNAVAILABLE");
    assert!(began.elapsed() < Duration::from_secs(10));
}
