//! The loop that drives the engine: commit, then act.
//!
//! One task owns the [`Client`]. It takes every input that waits, handles
//! each, makes their changes durable as **one** batch, and only then carries out their effects
//! in order; so a burst of messages costs one sync. Queries are answered
//! after the commit and never show what a crash could still undo.
//!
//! When a batch cannot be stored, the engine is ahead of its store: the loop
//! ends with the error, effects and engine are dropped, and a new process loads what is durable.

mod socket;
mod timer;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use rand_core::CryptoRng;
use sotto_client_core::{
    api::{Answer, ApiError, ApiErrorCode, Command, ConnectionState, Notice, Query, Reply},
    client::{Client, SealedChange},
    engine::{Effect, Input, RequestId, SocketId},
};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinHandle,
};

use self::{
    socket::{Heard, Sockets},
    timer::Timer,
};
use crate::{
    error::defect,
    home::VaultLock,
    store::RecordStore,
    vault::{OpenVault, rng},
};

pub use self::socket::Reach;

/// Inputs that wait for the loop. Full, it slows down sockets and callers.
const INPUTS: usize = 256;

/// Notices that a slow listener may be behind; one that is further behind asks for everything again.
const NOTICES: usize = 64;

/// What the loop takes in.
#[derive(Debug)]
enum Event {
    Command(Command, oneshot::Sender<Result<Reply, ApiError>>),
    Query(Query, oneshot::Sender<Result<Answer, ApiError>>),
    Socket(SocketId, Heard),
    Woken,
    Stop,
}

/// Reaches a running loop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Handle {
    events: mpsc::Sender<Event>,
    notices: broadcast::Sender<BTreeSet<Notice>>,
    connection: watch::Receiver<ConnectionState>,
}

impl Handle {
    /// Asks for a change, and waits until it is durable and answered.
    ///
    /// # Errors
    ///
    /// The core's refusal; `store_failed` when it could not be stored;
    /// `vault_busy` when the loop ended meanwhile.
    pub async fn command(&self, command: Command) -> Result<Reply, ApiError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Event::Command(command, answer), answered).await
    }

    /// Asks for what is durable.
    ///
    /// # Errors
    ///
    /// As for [`command`](Self::command).
    pub async fn query(&self, query: Query) -> Result<Answer, ApiError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Event::Query(query, answer), answered).await
    }

    async fn ask<T>(
        &self,
        event: Event,
        answered: oneshot::Receiver<Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        let ended = |_| {
            ApiError::new(
                ApiErrorCode::VaultBusy,
                "The agent stopped before it answered.",
                "Try again.",
            )
        };
        self.events.send(event).await.map_err(|_| ended(()))?;
        answered.await.map_err(|_| ended(()))?
    }

    /// What may have changed, from now on.
    pub fn notices(&self) -> broadcast::Receiver<BTreeSet<Notice>> {
        self.notices.subscribe()
    }

    /// The connection to the relay, now and from now on.
    pub fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.connection.clone()
    }

    /// Ends the loop after what it already took in.
    pub async fn stop(&self) {
        let _ = self.events.send(Event::Stop).await;
    }
}

/// Starts the loop on the current runtime. The vault stays locked until it has ended.
///
/// # Errors
///
/// When the system has no randomness, or the core does not know its own status.
pub fn start(
    vault: OpenVault,
    reach: Reach,
) -> Result<(Handle, JoinHandle<Result<(), ApiError>>), ApiError> {
    let (events, inbox) = mpsc::channel(INPUTS);
    let (notices, _) = broadcast::channel(NOTICES);
    let (connection, watched) = watch::channel(ConnectionState::Connecting);
    let shell = Shell {
        client: vault.client,
        store: vault.store,
        rng: rng()?,
        sockets: Sockets::new(reach, events.clone()),
        timer: Timer::default(),
        waiting: HashMap::new(),
        next_request: 0,
        notices: notices.clone(),
        connection,
        _lock: vault.lock,
    };
    let handle = Handle {
        events,
        notices,
        connection: watched,
    };
    Ok((handle, tokio::spawn(shell.run(inbox))))
}

/// What the steps of one turn add up to.
#[derive(Default)]
struct Turn {
    commit: Vec<SealedChange>,
    effects: Vec<Effect>,
    notices: BTreeSet<Notice>,
    queries: Vec<(Query, oneshot::Sender<Result<Answer, ApiError>>)>,
    stop: bool,
    failed: Option<ApiError>,
}

struct Shell<R> {
    client: Client,
    store: RecordStore,
    rng: R,
    sockets: Sockets,
    timer: Timer,
    waiting: HashMap<RequestId, oneshot::Sender<Result<Reply, ApiError>>>,
    next_request: u64,
    notices: broadcast::Sender<BTreeSet<Notice>>,
    connection: watch::Sender<ConnectionState>,
    _lock: VaultLock,
}

impl<R: CryptoRng + Send> Shell<R> {
    async fn run(mut self, mut inbox: mpsc::Receiver<Event>) -> Result<(), ApiError> {
        let ended = self.turns(&mut inbox).await;
        // Sockets must not wait for a loop that takes nothing any more.
        drop(inbox);
        self.sockets.shut_down().await;
        ended
    }

    async fn turns(&mut self, inbox: &mut mpsc::Receiver<Event>) -> Result<(), ApiError> {
        let mut turn = Turn::default();
        self.handle(Input::Started, &mut turn);
        self.finish(turn).await?;
        let mut waiting = Vec::with_capacity(INPUTS);
        loop {
            tokio::select! {
                taken = inbox.recv_many(&mut waiting, INPUTS) => if taken == 0 {
                    return Ok(());
                },
                () = self.timer.due() => waiting.push(Event::Woken),
            }
            let mut turn = Turn::default();
            for event in waiting.drain(..) {
                self.take(event, &mut turn);
            }
            let stop = turn.stop;
            self.finish(turn).await?;
            if stop {
                return Ok(());
            }
        }
    }

    fn take(&mut self, event: Event, turn: &mut Turn) {
        match event {
            Event::Command(command, answer) => {
                let request = RequestId(self.next_request);
                self.next_request += 1;
                self.waiting.insert(request, answer);
                self.handle(Input::Command { request, command }, turn);
            }
            Event::Query(query, answer) => turn.queries.push((query, answer)),
            Event::Socket(socket, heard) => {
                if let Some(input) = self.sockets.admit(socket, heard) {
                    self.handle(input, turn);
                }
            }
            Event::Woken => self.handle(Input::Woken, turn),
            Event::Stop => turn.stop = true,
        }
    }

    fn handle(&mut self, input: Input, turn: &mut Turn) {
        if turn.failed.is_some() {
            return;
        }
        let step = match self.client.handle(input, Timestamp::now(), &mut self.rng) {
            Ok(step) => step,
            Err(error) => {
                turn.failed = Some(error);
                return;
            }
        };
        step.effects.iter().for_each(|e| self.sockets.expect(e));
        turn.commit.extend(step.commit);
        turn.effects.extend(step.effects);
        turn.notices.extend(step.notices);
        self.timer.set(step.wake_at);
    }

    /// Commits, then acts.
    async fn finish(&mut self, turn: Turn) -> Result<(), ApiError> {
        let batch = turn.commit;
        let stored = match turn.failed {
            Some(error) => Err(error),
            None if batch.is_empty() => Ok(()),
            None => self.store.on_disk(move |store| store.commit(&batch)).await,
        };
        if let Err(error) = stored {
            tracing::error!(%error, "a batch could not be stored");
            self.fail(&error, turn.queries);
            return Err(error);
        }
        for effect in turn.effects {
            self.act(effect).await;
        }
        for (query, answer) in turn.queries {
            let _ = answer.send(self.look(&query).await);
        }
        self.beat();
        if !turn.notices.is_empty() {
            // Nobody may be listening.
            let _ = self.notices.send(turn.notices);
        }
        Ok(())
    }

    async fn act(&mut self, effect: Effect) {
        match effect {
            Effect::OpenSocket { socket, url } => self.sockets.open(socket, url),
            Effect::SendFrame { socket, frame } => self.sockets.send(socket, frame).await,
            Effect::CloseSocket { socket } => self.sockets.close(socket),
            Effect::Reply { request, result } => match self.waiting.remove(&request) {
                // The caller may have gone.
                Some(answer) => drop(answer.send(*result)),
                None => tracing::warn!(request = request.0, "an answer that nobody asked for"),
            },
        }
    }

    async fn look(&self, query: &Query) -> Result<Answer, ApiError> {
        let scanned = match self.client.scan_for(query) {
            Some(scan) => self.store.on_disk(move |store| store.scan(&scan)).await?,
            None => Vec::new(),
        };
        self.client.query(query, scanned, Timestamp::now())
    }

    fn beat(&self) {
        let status = self
            .client
            .query(&Query::Status, Vec::new(), Timestamp::now());
        let Ok(Answer::Status(status)) = status else {
            return;
        };
        let now = status.connection;
        self.connection
            .send_if_modified(|was| std::mem::replace(was, now) != now);
    }

    fn fail(
        &mut self,
        error: &ApiError,
        queries: Vec<(Query, oneshot::Sender<Result<Answer, ApiError>>)>,
    ) {
        for (_, answer) in self.waiting.drain() {
            let _ = answer.send(Err(error.clone()));
        }
        for (_, answer) in queries {
            let _ = answer.send(Err(error.clone()));
        }
    }
}

/// The loop's own end, as one error.
///
/// # Errors
///
/// What ended the loop.
pub async fn ended(task: JoinHandle<Result<(), ApiError>>) -> Result<(), ApiError> {
    task.await.unwrap_or_else(|error| Err(defect(error)))
}

#[cfg(test)]
mod tests;
