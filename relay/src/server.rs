//! The server: what all connections share, the accept loop, and the stop.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use sotto_protocol::frames::ServerFrame;
use sotto_protocol::frames::server_frame::Body as Tell;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::config::Config;
use crate::error::{Refusal, ServeError, request_id};
use crate::http;
use crate::log::Pseudonyms;
use crate::rate::TokenBucket;
use crate::registry::Registry;
use crate::store::{Purged, Sqlite, Store};

/// Room for a request's head; what is larger is refused.
const HEAD_BYTES: usize = 16 * 1024;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) pseudonyms: Pseudonyms,
    pub(crate) unauthenticated: Arc<Semaphore>,
    registrations: Mutex<TokenBucket>,
    draining: watch::Sender<bool>,
}

impl Relay {
    fn new(config: Config, store: Store) -> Result<Self, ServeError> {
        let limits = &config.limits;
        let per_minute = limits.registrations_per_minute;
        let registrations = TokenBucket::new(f64::from(per_minute) / 60.0, per_minute);
        Ok(Self {
            store,
            registry: Registry::default(),
            pseudonyms: Pseudonyms::new()?,
            unauthenticated: Arc::new(Semaphore::new(limits.max_unauthenticated as usize)),
            registrations: Mutex::new(registrations),
            draining: watch::Sender::new(false),
            config,
        })
    }

    /// Counts a new account.
    pub(crate) fn take_registration(&self) -> Result<(), Duration> {
        let now = self.config.clock.uptime();
        self.registrations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(now)
    }

    /// Whether the relay is stopping.
    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Returns once the relay is stopping.
    pub(crate) async fn draining(&self) {
        // The sender lives as long as `self`.
        let _ = self
            .draining
            .subscribe()
            .wait_for(|draining| *draining)
            .await;
    }

    /// A refusal as a frame, noted in the log under the id that the client is told.
    pub(crate) fn refuse(&self, request: u64, refusal: &Refusal, fatal: bool) -> ServerFrame {
        let occurrence = request_id();
        tracing::debug!(code = %refusal.code, request_id = occurrence, "refused");
        let error = refusal.frame(fatal, self.config.clock.now_ms(), &occurrence);
        ServerFrame {
            request,
            body: Some(Tell::Error(error)),
        }
    }
}

/// Runs a relay on a listener until `shutdown` resolves; then tells its
/// clients, closes and returns, within the configured bound.
///
/// # Errors
///
/// [`ServeError`] when the data cannot be used. What goes wrong later is logged.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let limits = config.limits.clone();
    let (writer, reader) = Sqlite::open(&config.data, limits.clone())?;
    let (store, threads) = Store::start(writer, reader, limits.store_queue as usize)?;
    let relay = Arc::new(Relay::new(config, store)?);
    let listen = listener.local_addr()?;
    announce(&relay.config, listen);

    let connections = Arc::new(Semaphore::new(limits.max_connections as usize));
    let service = http::router(Arc::clone(&relay));
    tokio::select! {
        () = shutdown => {}
        () = accept(&relay, listener, service, &connections) => {}
        () = purge(&relay) => {}
    }

    let bound = Duration::from_secs(limits.shutdown_seconds.into());
    let stopping = Instant::now();
    tracing::info!(
        devices = relay.registry.connected(),
        "stopping: telling the clients"
    );
    relay.draining.send_replace(true);
    // All places free again: every connection has ended.
    if timeout(bound, connections.acquire_many(limits.max_connections))
        .await
        .is_err()
    {
        tracing::warn!("some connections did not end in time and are cut");
    }
    drop(relay);
    let left = bound
        .saturating_sub(stopping.elapsed())
        .max(Duration::from_secs(1));
    let flushed = tokio::task::spawn_blocking(|| threads.join());
    if timeout(left, flushed).await.is_err() {
        tracing::warn!("the store was not closed in time; nothing that was answered is lost");
    }
    tracing::info!("stopped");
    Ok(())
}

fn announce(config: &Config, listen: SocketAddr) {
    let url = match &config.public_url {
        Some(url) => url.to_string(),
        None => format!("http://{listen}/"),
    };
    let data = config.data.display();
    tracing::info!(
        "sotto-relay {} serves {url} (data in {data})",
        env!("CARGO_PKG_VERSION")
    );
}

async fn accept(relay: &Arc<Relay>, listener: TcpListener, app: Router, places: &Arc<Semaphore>) {
    loop {
        // With every place taken, newcomers wait in the system's queue.
        let Ok(place) = Arc::clone(places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(Arc::clone(relay), stream, app.clone(), place));
            }
            Err(error) => {
                // Out of file descriptors, most likely: some will be free in a moment.
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// A connection's place among `max_connections`, handed on to its WebSocket if it becomes one.
#[derive(Debug, Clone)]
pub(crate) struct Place(
    #[expect(dead_code, reason = "held for its drop")] Arc<OwnedSemaphorePermit>,
);

async fn connection(
    relay: Arc<Relay>,
    stream: TcpStream,
    app: Router,
    place: OwnedSemaphorePermit,
) {
    // Frames are small and answers awaited: nothing is gained by holding them back.
    let _ = stream.set_nodelay(true);
    let place = Place(Arc::new(place));
    let app = TowerToHyperService::new(app);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(place.clone());
        let answer = hyper::service::Service::call(&app, request.map(Body::new));
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let patience = Duration::from_secs(relay.config.limits.hello_timeout_seconds.into());
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let outcome = tokio::select! {
        outcome = serving.as_mut() => outcome,
        () = relay.draining() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "an HTTP connection broke");
    }
}

/// Deletes what is over, again and again, in small pieces.
async fn purge(relay: &Relay) {
    let interval = Duration::from_secs(relay.config.limits.purge_interval_seconds.into());
    let clock = &relay.config.clock;
    let mut deleted = Purged::default();
    loop {
        let now = clock.now_ms();
        match relay.store.change(move |store| store.purge(now)).await {
            Ok(purged) if !purged.is_empty() => {
                deleted = deleted + purged;
                continue;
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "what is over could not be deleted"),
        }
        if !deleted.is_empty() {
            let Purged {
                messages,
                mailboxes,
                prekeys,
                guests,
            } = std::mem::take(&mut deleted);
            tracing::info!(
                messages,
                mailboxes,
                prekeys,
                guests,
                "deleted messages that were not fetched in time, expired mailboxes, notes of used prekeys, and guests whose pass is over"
            );
        }
        clock.sleep(interval).await;
    }
}
