//! The relay without sockets: its own rules and its store in memory, with frames going in and
//! coming out. What a relay that fails does is added here, and what one that lies does in `lies`.

mod lies;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use sotto_protocol::{
    decode, encode,
    error::ErrorCode,
    frames::{
        ClientFrame, Hello, Pong, ServerFrame, client_frame::Body as Ask, server_frame::Body,
    },
    id::{AccountId, MailboxId},
};
use sotto_relay::{
    Limits, Refusal,
    directory::{self, Member, Visitor},
    exchange::{
        Ending, Intake, Task, Window, challenge, list_changed, prove, shown_to_removed, welcome,
    },
    store::{Backend, ListChange, Memory, Page, Reader},
};

use self::lies::Lies;

/// Names a connection.
pub type Link = u64;

/// A frame for a connection.
pub type Outgoing = (Link, Bytes);

/// The relay's whole state.
pub struct RelayModel {
    /// The host and port under which it is dialled.
    name: String,
    limits: Limits,
    store: Memory,
    lines: BTreeMap<Link, Line>,
    /// Every device that ever came, as the store can be asked only about one.
    members: Vec<Member>,
    /// The mailboxes that each account asked for.
    mailboxes: HashMap<AccountId, Vec<MailboxId>>,
    lies: Lies,
    /// Reasons for which the next posts are refused, one each.
    pub refuse_posts: VecDeque<ErrorCode>,
    /// Reasons for which the next fetches of prekeys are.
    pub refuse_fetches: VecDeque<ErrorCode>,
    /// Reasons for which the next device lists that are published are.
    pub refuse_lists: VecDeque<ErrorCode>,
    /// Everything that crossed the relay, for tests that search it.
    pub seen: Vec<Bytes>,
}

/// A connection, before and after its hello.
enum Line {
    Waiting { nonce: [u8; 32] },
    In(Box<Conversation>),
}

struct Conversation {
    member: Member,
    intake: Intake,
    window: Window,
    since_ms: u64,
    guest_until_ms: Option<u64>,
}

impl RelayModel {
    /// An empty relay that is dialled under this host and port.
    pub fn new(name: &str) -> Self {
        let limits = Limits::default();
        Self {
            name: name.to_owned(),
            store: Memory::new(limits.clone()),
            limits,
            lines: BTreeMap::new(),
            members: Vec::new(),
            mailboxes: HashMap::new(),
            lies: Lies::default(),
            refuse_posts: VecDeque::new(),
            refuse_fetches: VecDeque::new(),
            refuse_lists: VecDeque::new(),
            seen: Vec::new(),
        }
    }

    /// The same relay, started anew on a copy of its store; it tells no lies.
    pub(crate) fn again(&self) -> Self {
        Self {
            store: self.store.copied(),
            limits: self.limits.clone(),
            members: self.members.clone(),
            mailboxes: self.mailboxes.clone(),
            ..Self::new(&self.name)
        }
    }

    /// A connection opens; the relay speaks first.
    pub fn opened(&mut self, link: Link, now_ms: u64) -> Vec<Outgoing> {
        let mut nonce = [7; 32];
        nonce[..8].copy_from_slice(&link.to_be_bytes());
        self.lines.insert(link, Line::Waiting { nonce });
        vec![frame(link, 0, Body::Challenge(challenge(&nonce, now_ms)))]
    }

    /// A connection closes.
    pub fn closed(&mut self, link: Link) {
        self.lines.remove(&link);
    }

    /// Starts it anew on an empty store. Returns the connections that ended by it.
    pub fn lose_data(&mut self) -> BTreeSet<Link> {
        self.store = Memory::new(self.limits.clone());
        std::mem::take(&mut self.lines).into_keys().collect()
    }

    /// The mailboxes that an account asked for, the newest last.
    pub fn mailboxes_of(&self, account: &AccountId) -> &[MailboxId] {
        self.mailboxes.get(account).map_or(&[], Vec::as_slice)
    }

    /// How many messages wait for their owners.
    pub fn waiting(&self) -> usize {
        let all = Page {
            messages: usize::MAX,
            bytes: usize::MAX,
        };
        let mut store = self.store.clone();
        let of = |member: &Member| store.pending(member, 0, all, 0).expect("a store").len();
        self.members.iter().map(of).sum()
    }

    /// A connection says something.
    pub fn frame(&mut self, link: Link, bytes: Bytes, now_ms: u64) -> Vec<Outgoing> {
        self.seen.push(bytes.clone());
        self.store.purge(now_ms).expect("a store");
        let (request, outcome) = match decode::<ClientFrame>(bytes) {
            Ok(frame) => (frame.request, self.hear(link, frame, now_ms)),
            Err(error) => {
                let refusal = Refusal::new(ErrorCode::FrameMalformed, error.to_string());
                (0, Err((refusal, true)))
            }
        };
        match outcome {
            Ok(out) => out,
            Err((refusal, fatal)) => vec![self.refuse(link, request, &refusal, fatal, now_ms)],
        }
    }

    /// What the relay says to a frame; or a refusal, and whether the connection ends with it.
    fn hear(
        &mut self,
        link: Link,
        frame: ClientFrame,
        now_ms: u64,
    ) -> Result<Vec<Outgoing>, (Refusal, bool)> {
        match self.lines.get(&link) {
            None => Ok(Vec::new()),
            Some(Line::Waiting { nonce }) => match frame.body {
                Some(Ask::Hello(hello)) => {
                    let nonce = *nonce;
                    self.hello(link, frame.request, hello, &nonce, now_ms)
                        .map_err(|refusal| (refusal, true))
                }
                _ => {
                    let message = "expected a hello, found another frame before it";
                    Err((Refusal::new(ErrorCode::FrameUnexpected, message), true))
                }
            },
            Some(Line::In(_)) => self.request(link, frame, now_ms).map_err(|refusal| {
                let fatal = refusal.is_fatal();
                (refusal, fatal)
            }),
        }
    }

    fn hello(
        &mut self,
        link: Link,
        request: u64,
        hello: Hello,
        nonce: &[u8; 32],
        now_ms: u64,
    ) -> Result<Vec<Outgoing>, Refusal> {
        let proven = prove(hello, nonce, &self.name)?;
        let member = proven.member;
        let visitor = Visitor {
            member,
            credential: proven.credential,
            may_register: true,
        };
        let admitted = match self.store.enter(&visitor, now_ms).expect("a store") {
            Err(refused @ directory::Refused::UnknownDevice) => {
                let shown = shown_to_removed(&mut self.store, &visitor, now_ms);
                let shown = shown.expect("a store").map(|shown| self.lies.bend(shown));
                let mut out: Vec<_> = shown
                    .map(|shown| frame(link, 0, shown))
                    .into_iter()
                    .collect();
                out.push(self.refuse(link, request, &refused.into(), true, now_ms));
                return Ok(out);
            }
            outcome => outcome?,
        };
        if !self.members.contains(&member) {
            self.members.push(member);
        }
        let mut out = Vec::new();
        if let Some(older) = self.line_of(&member) {
            out.push(self.refuse(older, 0, &Ending::Replaced.into(), true, now_ms));
        }
        if let Some(change) = &admitted.change {
            out.extend(self.relist(member, change, now_ms));
        }
        let conversation = Conversation {
            member,
            intake: Intake::new(member, admitted.guest_until_ms.is_some(), &self.limits),
            window: Window::new(self.limits.delivery_window as usize),
            since_ms: now_ms,
            guest_until_ms: admitted.guest_until_ms,
        };
        self.lines.insert(link, Line::In(Box::new(conversation)));
        let welcome = welcome(&admitted, &self.limits, now_ms);
        let welcome = self.lies.bend_welcome(&member.account, welcome);
        out.push(frame(link, request, Body::Welcome(welcome)));
        out.extend(self.deliver(link, now_ms));
        Ok(out)
    }

    fn request(
        &mut self,
        link: Link,
        mut asked: ClientFrame,
        now_ms: u64,
    ) -> Result<Vec<Outgoing>, Refusal> {
        if let Some(answer) = self.lie_about(&mut asked, now_ms) {
            return Ok(vec![frame(link, asked.request, answer)]);
        }
        if matches!(asked.body, Some(Ask::Post(_)))
            && let Some(code) = self.refuse_posts.pop_front()
        {
            return Err(Refusal::new(code, "refused for the test"));
        }
        if matches!(asked.body, Some(Ask::FetchPrekeys(_)))
            && let Some(code) = self.refuse_fetches.pop_front()
        {
            return Err(Refusal::new(code, "refused for the test"));
        }
        if matches!(asked.body, Some(Ask::PublishDeviceList(_)))
            && let Some(code) = self.refuse_lists.pop_front()
        {
            return Err(Refusal::new(code, "refused for the test"));
        }
        let Some(Line::In(conversation)) = self.lines.get_mut(&link) else {
            return Ok(Vec::new());
        };
        if conversation.guest_until_ms.is_some_and(|at| at <= now_ms) {
            return Err(Ending::PassOver.into());
        }
        if let Some(Ask::CreateMailbox(create)) = &asked.body
            && let Ok(mailbox) = MailboxId::try_from(create.mailbox.as_slice())
        {
            let account = conversation.member.account;
            self.mailboxes.entry(account).or_default().push(mailbox);
            self.mailbox_made(&account, &mailbox);
        }
        let Some(Line::In(conversation)) = self.lines.get_mut(&link) else {
            return Ok(Vec::new());
        };
        let (request, member) = (asked.request, conversation.member);
        let since = Duration::from_millis(now_ms.saturating_sub(conversation.since_ms));
        match conversation.intake.check(asked, since)? {
            Task::Ping => Ok(vec![frame(link, request, Body::Pong(Pong {}))]),
            Task::Acknowledge(sequences) => {
                conversation.window.acknowledge(&sequences);
                self.store
                    .acknowledge(&member, &sequences)
                    .expect("a store");
                Ok(self.deliver(link, now_ms))
            }
            Task::Change(change) => {
                let carried = change.carry_out(&mut self.store, now_ms).expect("a store");
                let answer = self.lies.bend(carried.answer?);
                let mut out = vec![frame(link, request, answer)];
                if let Some(change) = &carried.change {
                    out.extend(self.relist(member, change, now_ms));
                }
                if let Some(line) = carried.wake.and_then(|owner| self.line_of(&owner)) {
                    out.extend(self.deliver(line, now_ms));
                }
                Ok(out)
            }
        }
    }

    /// Tells the account's other connections of its new list, and ends those that it removes.
    fn relist(&mut self, by: Member, change: &ListChange, now_ms: u64) -> Vec<Outgoing> {
        let told: Vec<Link> = change
            .told(by)
            .filter_map(|member| self.line_of(&member))
            .collect();
        let mut out = Vec::new();
        for line in told {
            let news = self.lies.bend(list_changed(&change.list));
            out.push(frame(line, 0, news));
        }
        for removed in &change.removed {
            if let Some(line) = self.line_of(removed) {
                if *removed != by {
                    let news = self.lies.bend(list_changed(&change.list));
                    out.push(frame(line, 0, news));
                }
                out.push(self.refuse(line, 0, &Ending::Removed.into(), true, now_ms));
            }
        }
        out
    }

    /// Hands over what waits, as far as the window has room.
    fn deliver(&mut self, link: Link, now_ms: u64) -> Vec<Outgoing> {
        let mut out = Vec::new();
        let Some(Line::In(conversation)) = self.lines.get_mut(&link) else {
            return out;
        };
        let Conversation { member, window, .. } = conversation.as_mut();
        while let Some((after, page)) = window.next() {
            let messages = self
                .store
                .pending(member, after, page, now_ms)
                .expect("a store");
            if messages.is_empty() {
                break;
            }
            let frames = messages.into_iter().map(|message| window.deliver(message));
            out.extend(frames.map(|deliver| frame(link, 0, Body::Deliver(deliver))));
        }
        out
    }

    fn line_of(&self, member: &Member) -> Option<Link> {
        let is_theirs = |line: &Line| matches!(line, Line::In(of) if of.member == *member);
        let mut lines = self.lines.iter();
        lines
            .find(|(_, line)| is_theirs(line))
            .map(|(link, _)| *link)
    }

    /// A refusal for a connection, which ends with it if that is `fatal`.
    fn refuse(
        &mut self,
        link: Link,
        request: u64,
        refusal: &Refusal,
        fatal: bool,
        now_ms: u64,
    ) -> Outgoing {
        if fatal {
            self.lines.remove(&link);
        }
        let error = refusal.frame(fatal, now_ms, "in a test");
        frame(link, request, Body::Error(error))
    }
}

fn frame(link: Link, request: u64, body: Body) -> Outgoing {
    let frame = ServerFrame {
        request,
        body: Some(body),
    };
    (link, encode(&frame))
}
