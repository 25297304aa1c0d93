//! Engines, their stores, the relay between them, and the time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_client_core::{
    api::{Answer, ApiError, Command, DeviceLink, Query, Reply},
    engine::{Change, Effect, Engine, Input, RequestId, SocketId, Store},
    joining::Joining,
    node::{LoadedNode, Node},
};
use zeroize::Zeroizing;

use sotto_protocol::frames::{ClientFrame, ServerFrame, client_frame, server_frame};

use sotto_protocol::id::MailboxId;

use crate::relay_model::{Link, RelayModel};

/// The address of the relay in every world.
pub const RELAY: &str = "http://relay.test:8787";
/// Its host and port, which clients sign.
const RELAY_NAME: &str = "relay.test:8787";

/// One person's client: the node, what is durable of it, and its socket.
pub struct Person {
    node: Node,
    store: BTreeMap<(Store, String), Vec<u8>>,
    wake_at: Option<Timestamp>,
    socket: Option<(SocketId, Link)>,
    replies: BTreeMap<RequestId, Result<Reply, ApiError>>,
    online: bool,
    /// Whether the lines that they dial now are mute.
    mute: bool,
    /// How often their process was started.
    runs: u64,
}

/// What goes wrong at one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process ends before what the input led to was durable: it is forgotten.
    EndBeforeCommit,
    /// The process ends when that was durable, and before any of its effects.
    EndAfterCommit,
    /// The line is cut before a frame that was under way on it; other inputs are as they were.
    CutBeforeFrame,
}

/// What is going to go wrong.
#[derive(Debug, Clone, Copy)]
struct Ahead {
    person: usize,
    /// At so many inputs of theirs from now.
    inputs: usize,
    fault: Fault,
}

/// Several people and a relay.
pub struct World {
    /// The time on every clock.
    pub now: Timestamp,
    /// The relay.
    pub relay: RelayModel,
    people: Vec<Person>,
    rng: ChaCha20Rng,
    /// Frames under way to people.
    under_way: VecDeque<(Link, Bytes)>,
    next_link: Link,
    next_request: u64,
    /// So many of the next messages arrive with a bit of them flipped.
    pub garble: usize,
    /// Lines on which nothing comes through any more.
    mute_lines: BTreeSet<Link>,
    /// What was said on them, and by whom.
    pub unheard: Vec<(usize, Bytes)>,
    ahead: Option<Ahead>,
}

impl World {
    /// An empty world at a moment.
    pub fn new(seed: u64, now: &str) -> Self {
        Self {
            now: now.parse().expect("an instant"),
            relay: RelayModel::new(RELAY_NAME),
            people: Vec::new(),
            rng: ChaCha20Rng::seed_from_u64(seed),
            under_way: VecDeque::new(),
            next_link: 1,
            next_request: 1,
            garble: 0,
            mute_lines: BTreeSet::new(),
            unheard: Vec::new(),
            ahead: None,
        }
    }

    /// Somebody new, online. Returns their number.
    pub fn person(&mut self, name: &str, time_zone: &str) -> usize {
        self.person_on(name, time_zone, "")
    }

    /// The same, with a name for their device.
    pub fn person_on(&mut self, name: &str, time_zone: &str, device: &str) -> usize {
        let (now, rng) = (self.now, &mut self.rng);
        let created = Engine::create(name, RELAY, time_zone, device, now, rng);
        let (engine, output) = created.expect("an engine");
        self.newcomer(
            Node::Running(Box::new(engine)),
            output.persist,
            BTreeMap::new(),
        )
    }

    /// A new device, online, that asks to be added by a link. Returns its number.
    pub fn join(&mut self, link: &DeviceLink, name: &str) -> Result<usize, ApiError> {
        let (joining, output) = Joining::begin(link, name, self.now, &mut self.rng)?;
        Ok(self.newcomer(
            Node::Joining(Box::new(joining)),
            output.persist,
            BTreeMap::new(),
        ))
    }

    fn newcomer(
        &mut self,
        node: Node,
        persist: Vec<Change>,
        store: BTreeMap<(Store, String), Vec<u8>>,
    ) -> usize {
        let mut person = Person {
            node,
            store,
            wake_at: None,
            socket: None,
            replies: BTreeMap::new(),
            online: true,
            mute: false,
            runs: 1,
        };
        person.commit(persist);
        self.people.push(person);
        let number = self.people.len() - 1;
        self.input(number, Input::Started);
        self.settle();
        number
    }

    /// The same people and the same relay, all started anew from what is durable of them: faster than to
    /// make them once more, as their keys are there.
    pub fn again(&self) -> Self {
        let mut again = Self {
            now: self.now,
            relay: self.relay.again(),
            people: Vec::new(),
            rng: self.rng.clone(),
            under_way: VecDeque::new(),
            next_link: self.next_link,
            next_request: self.next_request,
            garble: 0,
            mute_lines: BTreeSet::new(),
            unheard: Vec::new(),
            ahead: None,
        };
        for person in &self.people {
            let loaded = person.load();
            assert_eq!(
                loaded.damaged,
                [],
                "every record that an engine wrote can be read"
            );
            again.newcomer(loaded.node, Vec::new(), person.store.clone());
        }
        again
    }

    /// The person of that number.
    pub fn at(&self, person: usize) -> &Person {
        &self.people[person]
    }

    /// A command, carried out until everything is quiet.
    pub fn command(&mut self, person: usize, command: Command) -> Result<Reply, ApiError> {
        self.try_command(person, command)
            .expect("every command is answered")
    }

    /// As [`command`](Self::command); nothing where the process ended before it had answered.
    pub fn try_command(
        &mut self,
        person: usize,
        command: Command,
    ) -> Option<Result<Reply, ApiError>> {
        let run = self.people[person].runs;
        let request = self.send(person, command);
        self.settle();
        let reply = self.reply(person, request);
        if reply.is_some() || self.people[person].runs != run {
            return reply;
        }
        self.advance(SignedDuration::from_secs(20));
        self.reply(person, request)
    }

    /// Takes the answer to a command, once it is there.
    pub fn reply(&mut self, person: usize, request: RequestId) -> Option<Result<Reply, ApiError>> {
        self.people[person].replies.remove(&request)
    }

    /// A command whose answer and consequences are still to come.
    pub fn send(&mut self, person: usize, command: Command) -> RequestId {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        self.input(person, Input::Command { request, command });
        request
    }

    /// Cuts a person off, or lets them back.
    pub fn set_online(&mut self, person: usize, online: bool) {
        self.people[person].online = online;
        if online {
            self.input(person, Input::Network { available: true });
        } else {
            self.cut(person);
        }
        self.settle();
    }

    /// The line of a person ends, and what is under way on it is lost.
    fn cut(&mut self, person: usize) {
        if let Some((socket, link)) = self.people[person].socket.take() {
            self.close(link);
            self.under_way.retain(|(other, _)| *other != link);
            let reason = "cut".to_owned();
            self.input(person, Input::SocketClosed { socket, reason });
        }
    }

    /// Lets a person back without their system noticing.
    pub fn mend_line(&mut self, person: usize) {
        self.people[person].online = true;
    }

    /// A person's line goes mute: it stays open, and nothing comes through in either direction.
    /// Those that they dial are mute as well, until [`unmute`](Self::unmute).
    pub fn mute(&mut self, person: usize) {
        self.people[person].mute = true;
        if let Some((_, link)) = self.people[person].socket {
            self.mute_lines.insert(link);
        }
    }

    /// Lines that a person dials from now on are as they should be; one that is mute stays so.
    pub fn unmute(&mut self, person: usize) {
        self.people[person].mute = false;
    }

    /// Lets something go wrong for a person at so many inputs of theirs from now.
    pub fn fault_at(&mut self, person: usize, inputs: usize, fault: Fault) {
        self.ahead = Some(Ahead {
            person,
            inputs,
            fault,
        });
    }

    /// Whether it is still going to.
    pub fn fault_is_ahead(&self) -> bool {
        self.ahead.is_some()
    }

    /// The relay starts again with an empty store, and everybody's connection drops.
    pub fn lose_relay_data(&mut self) {
        let dropped = self.relay.lose_data();
        self.under_way.retain(|(link, _)| !dropped.contains(link));
        for person in 0..self.people.len() {
            let of = |(_, link): &mut (SocketId, Link)| dropped.contains(link);
            if let Some((socket, _)) = self.people[person].socket.take_if(of) {
                let reason = "the relay went away".to_owned();
                self.input(person, Input::SocketClosed { socket, reason });
            }
        }
        self.settle();
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.now.as_millisecond()).expect("a time after 1970")
    }

    /// Ends a person's process and starts it again from what is durable.
    pub fn restart(&mut self, person: usize) {
        let damaged = self.reload(person);
        assert_eq!(damaged, [], "every record that an engine wrote can be read");
    }

    /// Spoils the first record of a store and restarts. Returns what was found to be damaged.
    pub fn damage(&mut self, person: usize, store: Store) -> Vec<(Store, String)> {
        let records = self.people[person].store.iter_mut();
        let (_, value) = records
            .into_iter()
            .find(|((s, _), _)| *s == store)
            .expect("a record");
        value.truncate(value.len() / 2);
        self.reload(person)
    }

    /// Loses the sessions of a person, and what they could be opened anew by if that is to go too.
    pub fn lose_sessions(&mut self, person: usize, for_good: bool) {
        let kept = |store: Store, key: &str| {
            store != Store::Sessions && !(for_good && key.ends_with("/continuity"))
        };
        let records = &mut self.people[person].store;
        records.retain(|(store, key), _| kept(*store, key));
        self.restart(person);
    }

    /// What is durable of a person.
    pub fn copy_of(&self, person: usize) -> BTreeMap<(Store, String), Vec<u8>> {
        self.people[person].store.clone()
    }

    /// Puts an older copy back.
    pub fn put_back(&mut self, person: usize, copy: BTreeMap<(Store, String), Vec<u8>>) {
        self.people[person].store = copy;
        self.restart(person);
    }

    fn reload(&mut self, person: usize) -> Vec<(Store, String)> {
        if let Some((_, link)) = self.people[person].socket.take() {
            self.close(link);
            self.under_way.retain(|(other, _)| *other != link);
        }
        let loaded = self.people[person].load();
        self.people[person].node = loaded.node;
        self.people[person].runs += 1;
        self.input(person, Input::Started);
        self.settle();
        loaded.damaged
    }

    /// A record of who a person is.
    pub(crate) fn record(&self, person: usize, key: &str) -> &[u8] {
        self.record_of(Store::Users, person, key)
    }

    /// One of any store.
    pub(crate) fn record_of(&self, store: Store, person: usize, key: &str) -> &[u8] {
        &self.people[person].store[&(store, key.to_owned())]
    }

    /// Writes one behind the engine's back.
    pub(crate) fn set_record(&mut self, person: usize, key: &str, value: Vec<u8>) {
        let key = (Store::Users, key.to_owned());
        self.people[person].store.insert(key, value);
    }

    /// Asks the relay something on a person's line, which their engine does not know of.
    pub fn ask_relay(&mut self, person: usize, body: client_frame::Body) -> server_frame::Body {
        let (_, link) = self.people[person].socket.expect("a line");
        let request = u64::MAX;
        let frame = sotto_protocol::encode(&ClientFrame {
            request,
            body: Some(body),
        });
        let mut answer = None;
        for (to, frame) in self.relay.frame(link, frame, self.now_ms()) {
            let said: ServerFrame = sotto_protocol::decode(frame.clone()).expect("a frame");
            if (to, said.request) == (link, request) {
                answer = said.body;
            } else {
                self.under_way.push_back((to, frame));
            }
        }
        answer.expect("an answer")
    }

    /// The relay delivers what it has withheld from a mailbox, after what has come since.
    pub fn deliver_later(&mut self, mailbox: &MailboxId) {
        let late = self.relay.deliver_later(mailbox, self.now_ms());
        self.under_way.extend(late);
        self.settle();
    }

    /// Lets time pass; every timer fires in order.
    pub fn advance(&mut self, by: SignedDuration) {
        let until = self.now.checked_add(by).expect("a time in range");
        loop {
            let next = self.people.iter().filter_map(|p| p.wake_at).min();
            let Some(next) = next.filter(|at| *at <= until) else {
                break;
            };
            self.now = self.now.max(next);
            for person in 0..self.people.len() {
                if self.people[person].wake_at.is_some_and(|at| at <= self.now) {
                    self.people[person].wake_at = None;
                    self.input(person, Input::Woken);
                }
            }
            self.settle();
        }
        self.now = until;
    }

    /// A frame comes on a person's line that the relay did not send.
    pub fn hear(&mut self, person: usize, frame: Bytes) {
        if let Some((socket, _)) = self.people[person].socket {
            self.input(person, Input::SocketFrame { socket, frame });
            self.settle();
        }
    }

    /// The relay says something unasked on a person's line, or who pretends to be it.
    pub fn says(&mut self, person: usize, body: server_frame::Body) {
        let (request, body) = (0, Some(body));
        self.hear(
            person,
            sotto_protocol::encode(&ServerFrame { request, body }),
        );
    }

    /// Delivers everything that is under way.
    pub fn settle(&mut self) {
        while let Some((link, frame)) = self.under_way.pop_front() {
            if self.mute_lines.contains(&link) {
                continue;
            }
            let owner = |p: &Person| p.socket.is_some_and(|(_, other)| other == link);
            let Some(person) = self.people.iter().position(owner) else {
                continue;
            };
            let Some((socket, _)) = self.people[person].socket else {
                continue;
            };
            let frame = self.garbled(frame);
            self.input(person, Input::SocketFrame { socket, frame });
        }
    }

    fn garbled(&mut self, frame: Bytes) -> Bytes {
        let Ok(ServerFrame {
            request,
            body: Some(server_frame::Body::Deliver(mut deliver)),
        }) = sotto_protocol::decode(frame.clone())
        else {
            return frame;
        };
        if self.garble == 0 {
            return frame;
        }
        self.garble -= 1;
        let mut payload = deliver.payload.to_vec();
        if let Some(last) = payload.last_mut() {
            *last ^= 1;
        }
        deliver.payload = payload.into();
        let body = Some(server_frame::Body::Deliver(deliver));
        sotto_protocol::encode(&ServerFrame { request, body })
    }

    fn input(&mut self, person: usize, input: Input) {
        let fault = self.fault_now(person);
        if fault == Some(Fault::CutBeforeFrame) && matches!(input, Input::SocketFrame { .. }) {
            return self.cut(person);
        }
        let output = self.people[person]
            .node
            .handle(input, self.now, &mut self.rng);
        if fault == Some(Fault::EndBeforeCommit) {
            return self.restart(person);
        }
        self.people[person].commit(output.persist);
        if fault == Some(Fault::EndAfterCommit) {
            return self.restart(person);
        }
        self.people[person].wake_at = output.wake_at;
        let run = self.people[person].runs;
        for effect in output.effects {
            self.effect(person, effect);
            // What one effect led to ended the process, and the others with it.
            if self.people[person].runs != run {
                return;
            }
        }
    }

    fn fault_now(&mut self, person: usize) -> Option<Fault> {
        let ahead = self.ahead.as_mut().filter(|ahead| ahead.person == person)?;
        ahead.inputs -= 1;
        let due = ahead.inputs == 0;
        due.then(|| self.ahead.take())?.map(|ahead| ahead.fault)
    }

    fn effect(&mut self, person: usize, effect: Effect) {
        match effect {
            Effect::OpenSocket { socket, .. } if !self.people[person].online => {
                let reason = "no network".to_owned();
                self.input(person, Input::SocketClosed { socket, reason });
            }
            Effect::OpenSocket { socket, .. } => {
                let link = self.next_link;
                self.next_link += 1;
                self.people[person].socket = Some((socket, link));
                if self.people[person].mute {
                    self.mute_lines.insert(link);
                } else {
                    let opened = self.relay.opened(link, self.now_ms());
                    self.under_way.extend(opened);
                }
                self.input(person, Input::SocketOpened { socket });
            }
            Effect::SendFrame { socket, frame } => {
                if let Some((open, link)) = self.people[person].socket
                    && open == socket
                {
                    if self.mute_lines.contains(&link) {
                        return self.unheard.push((person, frame));
                    }
                    let said = self.relay.frame(link, frame, self.now_ms());
                    self.under_way.extend(said);
                }
            }
            Effect::CloseSocket { .. } => {
                if let Some((_, link)) = self.people[person].socket.take() {
                    self.close(link);
                }
            }
            Effect::Reply { request, result } => {
                let twice = self.people[person].replies.insert(request, *result);
                assert!(twice.is_none(), "a command is answered once");
            }
        }
    }

    /// Tells the relay of the end of a line, unless it is mute.
    fn close(&mut self, link: Link) {
        if !self.mute_lines.contains(&link) {
            self.relay.closed(link);
        }
    }

    /// What a person sees.
    pub fn query(&self, person: usize, query: &Query) -> Result<Answer, ApiError> {
        let person = &self.people[person];
        let scanned: Vec<Zeroizing<Vec<u8>>> = match person.node.scan_for(query) {
            None => Vec::new(),
            Some((store, prefix)) => {
                let of = person
                    .store
                    .iter()
                    .filter(|((s, k), _)| *s == store && k.starts_with(&prefix));
                of.map(|(_, value)| value.clone().into()).collect()
            }
        };
        person.node.query(query, scanned.into_iter(), self.now)
    }
}

impl Person {
    /// What is durable of them, as a process of theirs would find it.
    fn load(&self) -> LoadedNode {
        let records = self.store.clone().into_iter();
        let records = records.filter(|((store, _), _)| store.in_memory());
        let loaded = Node::load(records.map(|((store, key), value)| (store, key, value.into())));
        loaded.expect("the records of an engine")
    }

    fn commit(&mut self, changes: Vec<Change>) {
        for change in changes {
            let key = (change.store, change.key);
            match change.value {
                Some(value) => self.store.insert(key, value.to_vec()),
                None => self.store.remove(&key),
            };
        }
    }

    /// The stores that hold a record.
    pub fn stores(&self) -> BTreeSet<Store> {
        self.store.keys().map(|(store, _)| *store).collect()
    }

    /// How many records a store holds.
    pub fn records(&self, store: Store) -> usize {
        self.store
            .keys()
            .filter(|(other, _)| *other == store)
            .count()
    }
}
