//! What the relay answers over HTTP.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Relay;

/// Sends a request as it stands and returns the whole answer.
async fn raw(address: SocketAddr, request: String) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn ask(relay: &Relay, method: &str, path: &str) -> String {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    raw(relay.address, request).await
}

/// Asks for a WebSocket and returns the answer, which had better be a refusal.
pub(crate) async fn upgrade(address: SocketAddr, protocol: &str) -> String {
    let request = format!(
        "GET /v1/socket HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Sec-WebSocket-Protocol: {protocol}\r\n\r\n"
    );
    raw(address, request).await
}

#[tokio::test]
async fn probes_answer() {
    let relay = Relay::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = ask(&relay, "GET", path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test]
async fn errors_have_one_shape() {
    let relay = Relay::start().await;
    for (method, path) in [
        ("GET", "/v1/nothing"),
        ("POST", "/healthz"),
        ("POST", "/"),
        ("GET", "/no/such.png"),
    ] {
        let answer = ask(&relay, method, path).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 404") && head.contains("application/json"),
            "{head}"
        );
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let error = &body["error"];
        assert_eq!(error["code"], "HTTP.NOT_FOUND");
        assert_eq!(error["severity"], "ERROR");
        assert_eq!(error["documentation_url"], "/docs/errors.md#httpnot_found");
        assert!(!error["request_id"].as_str().unwrap().is_empty());
    }
    let answer = upgrade(relay.address, "other").await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("VERSION.UNSUPPORTED"),
        "{answer}"
    );
    let answer = ask(&relay, "GET", "/v1/socket").await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("REQUEST.INVALID"),
        "{answer}"
    );
}

#[tokio::test]
async fn the_page_of_error_codes_is_served() {
    let relay = Relay::start().await;
    let answer = ask(&relay, "GET", "/docs/errors.md").await;
    assert!(answer.contains("content-type: text/markdown"), "{answer}");
    assert!(answer.contains("## MAILBOX.SPENT"));
}

#[tokio::test]
async fn the_front_page_is_the_app_or_says_that_it_is_missing() {
    let relay = Relay::start().await;
    let answer = ask(&relay, "GET", "/").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("content-security-policy: default-src 'none'; "),
        "{answer}"
    );
    assert!(
        answer.contains("x-content-type-options: nosniff"),
        "{answer}"
    );
    assert!(
        answer.contains("<html") || answer.contains("built without the web app"),
        "{answer}"
    );
}
