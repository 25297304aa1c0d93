//! A relay under test, and a plain client for it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{
    Ack, ClientFrame, CreateMailbox, Deliver, Done, Error, Hello, Pass, Post, PublishDeviceList,
    ServerFrame, SignedDeviceList, Welcome,
};
use sotto_protocol::{SOCKET_PATH, SUBPROTOCOL, decode, encode};
use sotto_relay::{Clock, Config, Limits, ServeError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::person::Person;

/// Nothing here takes so long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A relay on a port of its own.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    time: watch::Sender<u64>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServeError>>,
    directory: Option<tempfile::TempDir>,
}

impl Relay {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn limited(limit: impl FnOnce(&mut Limits)) -> Self {
        Self::with(|config| limit(&mut config.limits)).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config {
            data: directory.path().to_owned(),
            ..Config::default()
        };
        change(&mut config);
        let mut relay = Self::run(config).await;
        relay.directory = Some(directory);
        relay
    }

    pub(crate) async fn run(mut config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (time, shown) = watch::channel(1_800_000_000_000);
        config.clock = Clock::manual(shown);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move { drop(stopped.await) };
        let task = tokio::spawn(sotto_relay::serve(listener, config, shutdown));
        Self {
            address,
            time,
            stop,
            task,
            directory: None,
        }
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.time.send_modify(|now| *now += time.as_millis() as u64);
    }

    pub(crate) fn now_ms(&self) -> u64 {
        *self.time.borrow()
    }

    /// Another connection to its database.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        let directory = self.directory.as_ref().unwrap().path();
        rusqlite::Connection::open(directory.join("relay.sqlite")).unwrap()
    }

    /// Stops the relay; its data may be used again.
    pub(crate) async fn stop(self) -> Option<tempfile::TempDir> {
        drop(self.stop);
        timeout(PATIENCE, self.task)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        self.directory
    }

    /// A client with an open socket that has seen nothing yet.
    pub(crate) async fn dial(&self) -> Client {
        Client::dial(self.address).await
    }

    /// A client that was let in.
    pub(crate) async fn connect(&self, person: &Person) -> Client {
        let mut client = self.dial().await;
        client.enter(person).await.unwrap();
        client
    }

    /// A client that was let in with this list.
    pub(crate) async fn connect_with(&self, person: &Person, list: &SignedDeviceList) -> Client {
        let mut client = self.dial().await;
        client.enter_with_list(person, list).await.unwrap();
        client
    }
}

/// A plain client.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    audience: String,
    request: u64,
    /// What was delivered while an answer was awaited.
    early: VecDeque<Deliver>,
    /// The lists that were told meanwhile.
    lists: VecDeque<SignedDeviceList>,
}

impl Client {
    pub(crate) async fn dial(address: SocketAddr) -> Self {
        let mut request = format!("ws://{address}{SOCKET_PATH}")
            .into_client_request()
            .unwrap();
        let protocol = SUBPROTOCOL.parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        // Each frame is on its way at once, whatever the clock of the test does next.
        let connecting = connect_async_with_config(request, None, true);
        let (socket, response) = timeout(PATIENCE, connecting).await.unwrap().unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], SUBPROTOCOL);
        Self {
            socket,
            audience: address.to_string(),
            request: 0,
            early: VecDeque::new(),
            lists: VecDeque::new(),
        }
    }

    pub(crate) async fn challenge(&mut self) -> [u8; 32] {
        match self.receive().await {
            Some(ServerFrame {
                request: 0,
                body: Some(Tell::Challenge(challenge)),
            }) => {
                assert!(challenge.relay_time_ms > 0);
                challenge.nonce.try_into().unwrap()
            }
            other => panic!("expected a challenge, found {other:?}"),
        }
    }

    pub(crate) async fn enter(&mut self, person: &Person) -> Result<Welcome, Error> {
        self.enter_with(person, |_, hello| hello).await
    }

    pub(crate) async fn enter_with_list(
        &mut self,
        person: &Person,
        list: &SignedDeviceList,
    ) -> Result<Welcome, Error> {
        let device_list = Some(list.clone());
        self.enter_with(person, |_, hello| Hello {
            device_list,
            ..hello
        })
        .await
    }

    /// As a guest of `host`'s account.
    pub(crate) async fn enter_as_guest(
        &mut self,
        host: &Person,
        guest: &Person,
        pass: Pass,
    ) -> Result<Welcome, Error> {
        let guest = host.with_device_of(guest);
        self.enter_with(&guest, |_, hello| Hello {
            device_list: None,
            pass: Some(pass),
            ..hello
        })
        .await
    }

    pub(crate) async fn enter_with(
        &mut self,
        person: &Person,
        bend: impl FnOnce(&[u8; 32], Hello) -> Hello,
    ) -> Result<Welcome, Error> {
        let nonce = self.challenge().await;
        let hello = bend(&nonce, person.hello(&nonce, &self.audience));
        match self.ask(Ask::Hello(hello)).await? {
            Tell::Welcome(welcome) => {
                assert!(self.lists.is_empty(), "the welcome comes first");
                Ok(welcome)
            }
            other => panic!("expected a welcome, found {other:?}"),
        }
    }

    /// Sends a hello whose answer is awaited later.
    pub(crate) async fn send_hello(
        &mut self,
        person: &Person,
        nonce: &[u8; 32],
        list: &SignedDeviceList,
    ) -> u64 {
        let hello = Hello {
            device_list: Some(list.clone()),
            ..person.hello(nonce, &self.audience)
        };
        self.send(Ask::Hello(hello)).await
    }

    pub(crate) async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    pub(crate) async fn send(&mut self, body: Ask) -> u64 {
        self.request += 1;
        let frame = ClientFrame {
            request: self.request,
            body: Some(body),
        };
        self.socket
            .send(Message::Binary(encode(&frame)))
            .await
            .unwrap();
        self.request
    }

    /// The next frame; `None` once the relay has closed.
    pub(crate) async fn receive(&mut self) -> Option<ServerFrame> {
        loop {
            match timeout(PATIENCE, self.socket.next())
                .await
                .expect("an answer in time")
            {
                Some(Ok(Message::Binary(bytes))) => return Some(decode(bytes).unwrap()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return None,
                Some(Ok(other)) => panic!("expected a binary message, found {other:?}"),
            }
        }
    }

    /// Whether nothing comes for a moment.
    pub(crate) async fn hears_nothing(&mut self) -> bool {
        assert!(self.early.is_empty(), "{:?}", self.early);
        assert!(self.lists.is_empty(), "{:?}", self.lists);
        timeout(Duration::from_millis(150), self.socket.next())
            .await
            .is_err()
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn ask(&mut self, body: Ask) -> Result<Tell, Error> {
        let request = self.send(body).await;
        self.answer(request).await
    }

    pub(crate) async fn answer(&mut self, request: u64) -> Result<Tell, Error> {
        let frame = loop {
            match self.receive().await.expect("an answer") {
                // Answers and deliveries come in any order, but the welcome comes first.
                ServerFrame {
                    request: 0,
                    body: Some(Tell::Deliver(deliver)),
                } if request > 1 => {
                    self.early.push_back(deliver);
                }
                ServerFrame {
                    request: 0,
                    body: Some(Tell::DeviceListChanged(changed)),
                } => self.lists.extend(changed.device_list),
                frame => break frame,
            }
        };
        assert_eq!(frame.request, request, "{frame:?}");
        match frame.body.unwrap() {
            Tell::Error(error) => Err(error),
            other => Ok(other),
        }
    }

    pub(crate) async fn done(&mut self, body: Ask) -> Result<Done, Error> {
        match self.ask(body).await? {
            Tell::Done(done) => Ok(done),
            other => panic!("expected done, found {other:?}"),
        }
    }

    pub(crate) async fn publish_list(&mut self, list: SignedDeviceList) -> Result<Done, Error> {
        self.done(publish_list(list)).await
    }

    pub(crate) async fn create(&mut self, mailbox: u8) {
        self.done(create(mailbox)).await.unwrap();
    }

    pub(crate) async fn post(&mut self, mailbox: u8, id: u8) -> Result<Done, Error> {
        self.done(post(mailbox, id)).await
    }

    pub(crate) async fn delivery(&mut self) -> Deliver {
        if let Some(deliver) = self.early.pop_front() {
            return deliver;
        }
        match self.receive().await.expect("a delivery") {
            ServerFrame {
                request: 0,
                body: Some(Tell::Deliver(deliver)),
            } => deliver,
            other => panic!("expected a delivery, found {other:?}"),
        }
    }

    /// The account's new list, which the relay tells unasked.
    pub(crate) async fn told_list(&mut self) -> SignedDeviceList {
        if let Some(list) = self.lists.pop_front() {
            return list;
        }
        match self.receive().await.expect("a list") {
            ServerFrame {
                request: 0,
                body: Some(Tell::DeviceListChanged(changed)),
            } => changed.device_list.unwrap(),
            other => panic!("expected a list, found {other:?}"),
        }
    }

    /// The lists that were told before the last answer.
    pub(crate) fn lists_so_far(&mut self) -> Vec<SignedDeviceList> {
        self.lists.drain(..).collect()
    }

    pub(crate) async fn deliveries(&mut self, count: usize) -> Vec<(u64, u8)> {
        let mut found = Vec::new();
        for _ in 0..count {
            let deliver = self.delivery().await;
            found.push((deliver.sequence, deliver.message_id[0]));
        }
        found
    }

    pub(crate) async fn acknowledge(&mut self, sequences: &[u64]) {
        self.send(Ask::Ack(Ack {
            sequences: sequences.to_vec(),
        }))
        .await;
    }

    /// The error with which the relay closes, unasked or in answer to a bad frame.
    pub(crate) async fn farewell(&mut self) -> Error {
        let Some(ServerFrame {
            body: Some(Tell::Error(error)),
            ..
        }) = self.receive().await
        else {
            panic!("expected an error");
        };
        assert_eq!(error.severity, "FATAL");
        self.closed().await;
        error
    }

    pub(crate) async fn closed(&mut self) {
        let frame = self.receive().await;
        assert!(frame.is_none(), "expected the end, found {frame:?}");
    }
}

pub(crate) fn mailbox(n: u8) -> Vec<u8> {
    vec![n; 32]
}

pub(crate) fn publish_list(list: SignedDeviceList) -> Ask {
    Ask::PublishDeviceList(PublishDeviceList {
        device_list: Some(list),
        over_version: 0,
    })
}

pub(crate) fn create(n: u8) -> Ask {
    Ask::CreateMailbox(CreateMailbox {
        mailbox: mailbox(n),
        ..CreateMailbox::default()
    })
}

pub(crate) fn post(n: u8, id: u8) -> Ask {
    Ask::Post(Post {
        mailbox: mailbox(n),
        message_id: vec![id; 16],
        payload: vec![id; 20].into(),
        ttl_seconds: 0,
    })
}
