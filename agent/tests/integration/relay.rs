//! A relay of this test's own, on a port of its own, which can be away for a while; and a line to it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use sotto_relay::{Config, config::Registration, limits::Limits};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::oneshot};

pub(crate) struct Relay {
    data: TempDir,
    addr: SocketAddr,
    registration: Registration,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Relay {
    pub(crate) fn start() -> Self {
        let mut relay = Self {
            data: tempfile::tempdir().unwrap(),
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            registration: Registration::Open,
            running: None,
        };
        relay.resume();
        relay
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Runs again, at the same address and with the same data.
    pub(crate) fn resume(&mut self) {
        let listener = TcpListener::bind(self.addr).unwrap();
        listener.set_nonblocking(true).unwrap();
        self.addr = listener.local_addr().unwrap();
        let config = Config {
            data: self.data.path().to_owned(),
            registration: self.registration,
            // One account makes several links for new devices here, in no time.
            limits: Limits {
                guests_per_account: 8,
                ..Limits::default()
            },
            ..Config::default()
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = move || {
            Runtime::new().unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let stopped = async { drop(stopped.await) };
                sotto_relay::serve(listener, config, stopped).await.unwrap();
            });
        };
        self.running = Some((stop, std::thread::spawn(serve)));
    }

    /// Is away from now on.
    pub(crate) fn pause(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().unwrap();
        }
    }

    /// Comes back without its data, and lets nobody in.
    pub(crate) fn close_registration(&mut self) {
        self.pause();
        self.data = tempfile::tempdir().unwrap();
        self.registration = Registration::Closed;
        self.resume();
    }

    /// From now on it serves for an account, by its hexadecimal id, the list of another one.
    pub(crate) fn swap_lists(&mut self, account: &str) {
        self.pause();
        let file = self.data.path().join("relay.sqlite");
        let database = rusqlite::Connection::open(file).unwrap();
        let swapped = database
            .execute(
                "UPDATE accounts SET (list, list_signature) =
                    (SELECT list, list_signature FROM accounts WHERE lower(hex(key)) <> ?1)
                 WHERE lower(hex(key)) = ?1",
                [account],
            )
            .unwrap();
        assert_eq!(swapped, 1);
        database.close().unwrap();
        self.resume();
    }

    /// Lets everybody in again.
    pub(crate) fn open_registration(&mut self) {
        self.pause();
        self.registration = Registration::Open;
        self.resume();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.pause();
    }
}

/// How a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    Fast,
    /// Towards the client a piece at a time: a message takes several.
    Slow,
}

/// A line to a relay.
pub(crate) struct Line {
    addr: SocketAddr,
    quality: Arc<Mutex<Quality>>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Line {
    pub(crate) fn to(relay: &Relay) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let line = Self {
            addr: listener.local_addr().unwrap(),
            quality: Arc::new(Mutex::new(Quality::Fast)),
            open: Arc::default(),
        };
        let (quality, open, relay) = (line.quality.clone(), line.open.clone(), relay.addr);
        std::thread::spawn(move || {
            for client in listener.incoming().map(Result::unwrap) {
                let quality = *quality.lock().unwrap();
                let server = TcpStream::connect(relay).unwrap();
                let copy = |stream: &TcpStream| stream.try_clone().unwrap();
                open.lock().unwrap().extend([copy(&client), copy(&server)]);
                let (client_in, server_out) = (copy(&client), copy(&server));
                std::thread::spawn(move || carry(client_in, server_out, Quality::Fast));
                std::thread::spawn(move || carry(server, client, quality));
            }
        });
        line
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Cuts what is open, and is like this for what is opened from now on.
    pub(crate) fn becomes(&self, quality: Quality) {
        *self.quality.lock().unwrap() = quality;
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Carries bytes until an end is closed.
fn carry(mut from: TcpStream, mut to: TcpStream, quality: Quality) {
    let mut piece = vec![
        0;
        if quality == Quality::Slow {
            256
        } else {
            65_536
        }
    ];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if quality == Quality::Slow {
            std::thread::sleep(Duration::from_millis(50));
        }
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
