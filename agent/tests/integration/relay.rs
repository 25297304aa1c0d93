//! A relay of this test's own, on a port of its own, which can be away for a while.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread::JoinHandle,
};

use sotto_relay::{
    Config,
    config::{PublicUrl, Registration},
};
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
            public_url: Some(self.url().parse::<PublicUrl>().unwrap()),
            registration: self.registration,
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
