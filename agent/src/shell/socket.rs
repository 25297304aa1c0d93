//! WebSockets to relays: opened, written and closed as the engine's effects say.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use sotto_client_core::engine::{Effect, Input, SocketId};
use sotto_protocol::{SUBPROTOCOL, limits::MAX_FRAME_BYTES};
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet, time::timeout};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::{CloseFrame, WebSocketConfig},
    },
};

use super::Event;

/// How long a relay may take to answer the dial.
const DIAL_PATIENCE: Duration = Duration::from_secs(10);

/// How long a relay may take nothing while its queue is full.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// How long a closing handshake may take.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// Frames that wait for a socket to take them.
const QUEUE: usize = 1024;

/// What a socket says.
#[derive(Debug)]
pub(super) enum Heard {
    Opened,
    Frame(Bytes),
    Closed(String),
}

/// Whether relays may be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Dial.
    Online,
    /// Every dial fails at once: the user asked for it.
    Offline,
}

/// The sockets of the engine.
///
/// A socket is live from the step that asked for it to the step that closed
/// it, or to its end; what it says outside of that is dropped here. So the
/// engine hears exactly one end of each socket that it did not close itself.
#[derive(Debug)]
pub(super) struct Sockets {
    reach: Reach,
    live: BTreeSet<SocketId>,
    queues: HashMap<SocketId, mpsc::Sender<Bytes>>,
    tasks: JoinSet<()>,
    events: mpsc::Sender<Event>,
}

impl Sockets {
    pub(super) fn new(reach: Reach, events: mpsc::Sender<Event>) -> Self {
        Self {
            reach,
            live: BTreeSet::new(),
            queues: HashMap::new(),
            tasks: JoinSet::new(),
            events,
        }
    }

    /// Takes note of what a step asks for, before it is carried out.
    pub(super) fn expect(&mut self, effect: &Effect) {
        match effect {
            Effect::OpenSocket { socket, .. } => {
                self.live.insert(*socket);
            }
            Effect::CloseSocket { socket } => {
                self.live.remove(socket);
            }
            Effect::SendFrame { .. } | Effect::Reply { .. } => {}
        }
    }

    /// What the engine is to hear of this, if anything.
    pub(super) fn admit(&mut self, socket: SocketId, heard: Heard) -> Option<Input> {
        if !self.live.contains(&socket) {
            return None;
        }
        Some(match heard {
            Heard::Opened => Input::SocketOpened { socket },
            Heard::Frame(frame) => Input::SocketFrame { socket, frame },
            Heard::Closed(reason) => {
                tracing::debug!(socket = socket.0, reason, "socket closed");
                self.live.remove(&socket);
                self.queues.remove(&socket);
                Input::SocketClosed { socket, reason }
            }
        })
    }

    /// Dials.
    pub(super) fn open(&mut self, socket: SocketId, url: String) {
        while self.tasks.try_join_next().is_some() {}
        let (queue, frames) = mpsc::channel(QUEUE);
        self.queues.insert(socket, queue);
        let (reach, events) = (self.reach, self.events.clone());
        self.tasks.spawn(async move {
            let reason = talk(socket, &url, reach, frames, &events).await;
            hand_over(&events, socket, Heard::Closed(reason)).await;
        });
    }

    /// Sends, and waits while the relay is slow; a relay that takes nothing at all is let go.
    pub(super) async fn send(&mut self, socket: SocketId, frame: Bytes) {
        let Some(queue) = self.queues.get(&socket) else {
            return;
        };
        if queue.send_timeout(frame, WRITE_PATIENCE).await.is_err() {
            self.queues.remove(&socket);
        }
    }

    /// Closes, once everything sent before has left.
    pub(super) fn close(&mut self, socket: SocketId) {
        self.queues.remove(&socket);
    }

    /// Closes all of them and waits for it, but not long.
    pub(super) async fn shut_down(mut self) {
        self.queues.clear();
        drop(self.events);
        let _ = timeout(CLOSE_PATIENCE, async {
            while self.tasks.join_next().await.is_some() {}
        })
        .await;
    }
}

async fn hand_over(events: &mpsc::Sender<Event>, socket: SocketId, heard: Heard) {
    // The shell has ended where this fails, and nobody is left to tell.
    let _ = events.send(Event::Socket(socket, heard)).await;
}

/// A socket's whole life; gives the reason of its end.
async fn talk(
    socket: SocketId,
    url: &str,
    reach: Reach,
    mut frames: mpsc::Receiver<Bytes>,
    events: &mpsc::Sender<Event>,
) -> String {
    if reach == Reach::Offline {
        return "offline, as asked".to_owned();
    }
    tracing::debug!(socket = socket.0, url, "dialling");
    let dialled = tokio::select! {
        dialled = timeout(DIAL_PATIENCE, dial(url)) => dialled,
        // Nothing is sent before the socket is open: it was closed meanwhile.
        _ = frames.recv() => return "closed before it was open".to_owned(),
    };
    let stream = match dialled {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return reason(&error),
        Err(_) => return format!("no answer within {} seconds", DIAL_PATIENCE.as_secs()),
    };
    hand_over(events, socket, Heard::Opened).await;
    let (mut sink, mut stream) = stream.split();
    let read = async {
        loop {
            match stream.next().await {
                Some(Ok(Message::Binary(frame))) => {
                    hand_over(events, socket, Heard::Frame(frame)).await;
                }
                Some(Ok(Message::Close(frame))) => return farewell(frame),
                Some(Ok(Message::Text(_))) => return "expected binary frames, found text".into(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return reason(&error),
                None => return "the connection ended".into(),
            }
        }
    };
    let write = async {
        while let Some(frame) = frames.recv().await {
            if let Err(error) = sink.feed(Message::Binary(frame)).await {
                return reason(&error);
            }
            if frames.is_empty()
                && let Err(error) = sink.flush().await
            {
                return reason(&error);
            }
        }
        let _ = timeout(CLOSE_PATIENCE, sink.close()).await;
        "the relay took nothing any more".to_owned()
    };
    tokio::select! {
        reason = read => reason,
        reason = write => reason,
    }
}

async fn dial(url: &str) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Error> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert(
        SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    let secure = request.uri().scheme_str() == Some("wss");
    let connector = if secure { tls()? } else { Connector::Plain };
    let (stream, _) =
        connect_async_tls_with_config(request, Some(config), true, Some(connector)).await?;
    Ok(stream)
}

/// TLS that trusts what the system trusts, so that a relay with a certificate of one's own works.
fn tls() -> Result<Connector, Error> {
    let mut roots = rustls::RootCertStore::empty();
    let (added, _) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        return Err(Error::Io(std::io::Error::other(
            "this system has no certificates to trust: install its ca-certificates package, or set SSL_CERT_FILE",
        )));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Io(std::io::Error::other(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Connector::Rustls(Arc::new(config)))
}

/// The end of a socket, for a person.
fn reason(error: &Error) -> String {
    match error {
        Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => "the connection was refused".into(),
            std::io::ErrorKind::ConnectionReset => "the connection was cut".into(),
            std::io::ErrorKind::UnexpectedEof => "the connection ended".into(),
            std::io::ErrorKind::InvalidData => format!("no secure connection: {error}"),
            _ => error.to_string(),
        },
        Error::Http(response) => format!(
            "expected a relay, found a server that answers {}",
            response.status()
        ),
        Error::Protocol(error) => format!("expected a relay, found something else: {error}"),
        Error::Tls(error) => format!("no secure connection: {error}"),
        error => error.to_string(),
    }
}

fn farewell(frame: Option<CloseFrame>) -> String {
    match frame {
        Some(frame) if !frame.reason.is_empty() => {
            format!("the relay closed the connection: {}", frame.reason)
        }
        _ => "the relay closed the connection".to_owned(),
    }
}

#[cfg(test)]
mod tests;
