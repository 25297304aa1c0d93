//! A run: an open vault, from the unlocking to the locking.
//!
//! Everything goes through one queue. A turn takes a batch of it, lets the
//! engine handle each input, commits all their changes as one transaction, and
//! only then carries out the effects, passes notices on and answers queries,
//! so that nobody ever hears of what a crash could undo.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::{Rc, Weak},
};

use js_sys::Promise;
use serde::Serialize;
use sotto_client_core::{
    api::{ApiError, Command, Notice, Query},
    client::{Client, SealedChange},
    engine::{Effect, Input, RequestId, Store},
};
use wasm_bindgen_futures::spawn_local;

use crate::{
    clock,
    deferred::Deferred,
    queue::{Item, Queue},
    refusal::{Refusal, to_json},
    socket::Sockets,
    store::{Database, Holder, StoreError},
    timer::Timer,
};

/// What a run tells without being asked.
pub(crate) enum Told {
    /// Something may have changed.
    Notices(BTreeSet<Notice>),
    /// The run has ended of itself: it could not save, or another tab has taken the vault over.
    Ended(Broken),
}

/// Why a run cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    Store(StoreError),
    Client(ApiError),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ApiError> for Broken {
    fn from(error: ApiError) -> Self {
        Self::Client(error)
    }
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Store(error) => error.into(),
            Broken::Client(error) => error.into(),
        }
    }
}

/// An open vault with its engine, sockets and timer.
pub(crate) struct Run {
    /// Gone, with its keys, once the run has ended.
    client: RefCell<Option<Client>>,
    database: Database,
    holder: Holder,
    queue: RefCell<Queue>,
    /// Whether a task is at the queue.
    busy: Cell<bool>,
    pending: RefCell<BTreeMap<RequestId, Deferred>>,
    last_request: Cell<u64>,
    sockets: Sockets,
    timer: Rc<Timer>,
    tell: Box<dyn Fn(Told)>,
}

impl Run {
    /// Starts the engine.
    pub(crate) fn start(
        client: Client,
        database: Database,
        holder: Holder,
        tell: impl Fn(Told) + 'static,
    ) -> Rc<Self> {
        let run = Rc::new_cyclic(|run: &Weak<Self>| {
            let (for_sockets, for_timer) = (run.clone(), run.clone());
            Self {
                client: RefCell::new(Some(client)),
                database,
                holder,
                queue: RefCell::default(),
                busy: Cell::new(false),
                pending: RefCell::default(),
                last_request: Cell::new(0),
                sockets: Sockets::new(Rc::new(move |input| {
                    for_sockets.upgrade().is_none_or(|run| run.heard(input))
                })),
                timer: Timer::new(move || {
                    if let Some(run) = for_timer.upgrade() {
                        run.push(Item::Input(Input::Woken));
                    }
                }),
                tell: Box::new(tell),
            }
        });
        run.push(Item::Input(Input::Started));
        run
    }

    /// Hands a command to the engine; the promise is for the JSON of the reply.
    pub(crate) fn command(self: &Rc<Self>, command: Command) -> Promise {
        self.ask(|request| Item::Input(Input::Command { request, command }))
    }

    /// Asks the engine; the promise is for the JSON of the answer.
    pub(crate) fn query(self: &Rc<Self>, query: Query) -> Promise {
        self.ask(|request| Item::Query { request, query })
    }

    /// Tells the engine that the network came or went.
    pub(crate) fn network(self: &Rc<Self>, available: bool) {
        self.push(Item::Input(Input::Network { available }));
    }

    /// Ends the run: forgets the keys, closes the sockets, and refuses what is still to be answered.
    pub(crate) fn end(&self, refusal: &Refusal) {
        self.client.take();
        self.queue.take();
        self.sockets.close_all();
        self.timer.set(None);
        for deferred in self.pending.take().into_values() {
            deferred.reject(&refusal.into());
        }
    }

    fn goes_on(&self) -> bool {
        self.client.borrow().is_some()
    }

    fn ask(self: &Rc<Self>, item: impl FnOnce(RequestId) -> Item) -> Promise {
        let (promise, deferred) = Deferred::new();
        let request = RequestId(self.last_request.get() + 1);
        self.last_request.set(request.0);
        if self.queue.borrow_mut().offer(item(request)).is_err() {
            deferred.reject(&Refusal::too_busy().into());
            return promise;
        }
        self.pending.borrow_mut().insert(request, deferred);
        self.work();
        promise
    }

    /// Takes what a socket says, if there is room; there always is for its end.
    fn heard(self: &Rc<Self>, input: Input) -> bool {
        let room = match input {
            Input::SocketFrame { .. } => {
                let offered = self.queue.borrow_mut().offer(Item::Input(input));
                offered.is_ok()
            }
            input => {
                self.queue.borrow_mut().push(Item::Input(input));
                true
            }
        };
        self.work();
        room
    }

    fn push(self: &Rc<Self>, item: Item) {
        self.queue.borrow_mut().push(item);
        self.work();
    }

    /// Works the queue off, unless that is being done.
    fn work(self: &Rc<Self>) {
        if self.busy.replace(true) {
            return;
        }
        let run = Rc::clone(self);
        spawn_local(async move {
            loop {
                let batch = run.queue.borrow_mut().take();
                if batch.is_empty() {
                    break;
                }
                if let Err(error) = run.turn(batch).await
                    && run.goes_on()
                {
                    // The engine is ahead of its store: it must go.
                    run.end(&error.clone().into());
                    (run.tell)(Told::Ended(error));
                }
            }
            run.busy.set(false);
        });
    }

    async fn turn(&self, batch: Vec<Item>) -> Result<(), Broken> {
        let mut queries = Vec::new();
        let mut outcome = Outcome::default();
        let mut handled = false;
        if let Some(client) = self.client.borrow_mut().as_mut() {
            let mut rng = clock::rng();
            for item in batch {
                match item {
                    Item::Query { request, query } => queries.push((request, query)),
                    Item::Input(input) => {
                        if let Input::SocketClosed { socket, .. } = input {
                            self.sockets.close(socket);
                        }
                        let step = client.handle(input, clock::now(), &mut rng)?;
                        outcome.changes.extend(
                            step.commit
                                .into_iter()
                                .map(|change| ((change.store, change.key), change.value)),
                        );
                        outcome.effects.extend(step.effects);
                        outcome.notices.extend(step.notices);
                        outcome.wake_at = step.wake_at;
                        handled = true;
                    }
                }
            }
        }

        let changes = outcome.changes();
        if !changes.is_empty() {
            self.database.commit(&changes, &self.holder).await?;
        }
        if !self.goes_on() {
            // Ended while it was being written: as after a crash, the effects are made up for later.
            return Ok(());
        }
        for effect in outcome.effects {
            self.carry_out(effect);
        }
        if !outcome.notices.is_empty() {
            (self.tell)(Told::Notices(outcome.notices));
        }
        if handled {
            self.timer.set(outcome.wake_at);
        }
        for (request, query) in queries {
            self.answer(request, &query).await;
        }
        Ok(())
    }

    fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::OpenSocket { socket, url } => self.sockets.open(socket, &url),
            Effect::SendFrame { socket, frame } => self.sockets.send(socket, &frame),
            Effect::CloseSocket { socket } => self.sockets.close(socket),
            Effect::Reply { request, result } => {
                self.settle(request, (*result).map_err(Refusal::from));
            }
        }
    }

    async fn answer(&self, request: RequestId, query: &Query) {
        let scan = match self.client.borrow().as_ref() {
            Some(client) => client.scan_for(query),
            None => return,
        };
        let scanned = match &scan {
            Some(scan) => self.database.scan(scan).await,
            None => Ok(Vec::new()),
        };
        let answer = match (scanned, self.client.borrow().as_ref()) {
            (Ok(scanned), Some(client)) => client
                .query(query, scanned, clock::now())
                .map_err(Refusal::from),
            (Err(error), _) => Err(error.into()),
            (_, None) => Err(Refusal::locked()),
        };
        self.settle(request, answer);
    }

    fn settle(&self, request: RequestId, result: Result<impl Serialize, Refusal>) {
        // One that ended with the run is settled already.
        let Some(deferred) = self.pending.borrow_mut().remove(&request) else {
            return;
        };
        match result {
            Ok(value) => deferred.resolve(&to_json(&value).into()),
            Err(refusal) => deferred.reject(&refusal.into()),
        }
    }
}

/// What several steps come to, taken together.
#[derive(Default)]
struct Outcome {
    /// The last change of each record.
    changes: BTreeMap<(Store, String), Option<Vec<u8>>>,
    effects: Vec<Effect>,
    notices: BTreeSet<Notice>,
    wake_at: Option<jiff::Timestamp>,
}

impl Outcome {
    fn changes(&mut self) -> Vec<SealedChange> {
        std::mem::take(&mut self.changes)
            .into_iter()
            .map(|((store, key), value)| SealedChange { store, key, value })
            .collect()
    }
}
