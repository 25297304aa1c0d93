use tokio::net::TcpListener;
use tokio_tungstenite::accept_hdr_async;

use super::*;

const ONE: SocketId = SocketId(1);

fn sockets(reach: Reach) -> (Sockets, mpsc::Receiver<Event>) {
    let (events, heard) = mpsc::channel(8);
    (Sockets::new(reach, events), heard)
}

fn open(sockets: &mut Sockets, url: &str) {
    let url = url.to_owned();
    sockets.expect(&Effect::OpenSocket {
        socket: ONE,
        url: url.clone(),
    });
    sockets.open(ONE, url);
}

async fn next(sockets: &mut Sockets, heard: &mut mpsc::Receiver<Event>) -> Option<Input> {
    match heard.recv().await {
        Some(Event::Socket(socket, heard)) => sockets.admit(socket, heard),
        other => panic!("expected a socket's event, found {other:?}"),
    }
}

/// A relay that echoes.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        #[allow(clippy::result_large_err, reason = "the callback's type is tungstenite's")]
        let agree = |request: &tokio_tungstenite::tungstenite::handshake::server::Request,
                     mut response: tokio_tungstenite::tungstenite::handshake::server::Response| {
            let asked = request.headers()[SEC_WEBSOCKET_PROTOCOL].clone();
            assert_eq!(asked, SUBPROTOCOL);
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, asked);
            Ok(response)
        };
        let mut socket = accept_hdr_async(stream, agree).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if message.is_binary() {
                socket.send(message).await.unwrap();
            }
        }
    });
    format!("ws://{address}/v1/socket")
}

#[tokio::test]
async fn a_socket_opens_carries_frames_and_is_silent_once_closed() {
    let (mut sockets, mut heard) = sockets(Reach::Online);
    open(&mut sockets, &echo().await);
    let input = next(&mut sockets, &mut heard).await;
    assert_eq!(input, Some(Input::SocketOpened { socket: ONE }));
    let frame = Bytes::from_static(b"hello");
    sockets.send(ONE, frame.clone()).await;
    let input = next(&mut sockets, &mut heard).await;
    assert_eq!(input, Some(Input::SocketFrame { socket: ONE, frame }));
    sockets.expect(&Effect::CloseSocket { socket: ONE });
    sockets.close(ONE);
    assert_eq!(next(&mut sockets, &mut heard).await, None);
}

#[tokio::test]
async fn a_socket_that_cannot_be_opened_closes_once() {
    let (mut sockets, mut heard) = sockets(Reach::Online);
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/v1/socket", free.local_addr().unwrap());
    drop(free);
    open(&mut sockets, &url);
    let closed = Input::SocketClosed {
        socket: ONE,
        reason: "the connection was refused".into(),
    };
    assert_eq!(next(&mut sockets, &mut heard).await, Some(closed));
    assert_eq!(sockets.admit(ONE, Heard::Closed(String::new())), None);
    sockets.send(ONE, Bytes::new()).await;
}

#[tokio::test]
async fn offline_dials_nobody() {
    let (mut sockets, mut heard) = sockets(Reach::Offline);
    open(&mut sockets, "ws://192.0.2.1/");
    let input = next(&mut sockets, &mut heard).await;
    assert!(matches!(input, Some(Input::SocketClosed { .. })));
}

#[test]
fn a_secure_socket_can_be_configured_or_says_what_is_missing() {
    match tls() {
        Ok(connector) => assert!(matches!(connector, Connector::Rustls(_))),
        Err(error) => assert!(reason(&error).contains("ca-certificates")),
    }
}
