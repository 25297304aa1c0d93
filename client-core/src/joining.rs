//! Becoming a device of an account: the side of the new one, until it is.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sotto_protocol::{
    error::ErrorCode,
    frames::{
        CreateMailbox, Deliver, DeviceList, Error, FetchPrekeys, Post, Prekeys as PrekeysFrame,
        ServerFrame, SignedDeviceList, client_frame::Body as Ask, server_frame::Body,
    },
    id::{MailboxId, MessageId},
};
use zeroize::Zeroizing;

use crate::{
    api::{ApiError, ApiErrorCode, JoiningView, LinkPreview, Notice, sentence},
    connection::{Connection, Event, later, pause_asked},
    engine::{Context, Engine, Input, LoadError, Output, Store},
    identity::{AccountKey, Device, LocalIdentity, PeerDevice, PeerDevices, secret},
    linking::{
        DeviceLink, Link, LinkChallenge, LinkOpening, LinkRefusal, LinkRequest, LinkWelcome,
        RefusalReason,
    },
    local_id::ContactId,
    message::MAX_TEXT_CHARS,
    peers::PeerKey,
    prekeys::PeerPrekeys,
    random::random_bytes,
    record,
    refusals::may_pass,
    session::{self, Session, Voucher},
    sharing::Way,
};

pub(crate) const JOINING_KEY: &str = "joining";
/// What the relay could not do just now is asked for again after this time.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The opening, and then the welcome or the refusal: never both.
const MAX_ANSWERS: u32 = 2;
/// Or after what the relay asks for, up to this.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// A device that asks to be added to an account.
pub struct Joining {
    link: Link,
    record: Record,
    connection: Connection,
    /// Requests that the relay has not answered, on this connection.
    pending: BTreeMap<u64, Wanted>,
    retry_at: Option<Timestamp>,
    /// Why nothing comes of it any more.
    problem: Option<ApiError>,
    joined: Option<Box<Engine>>,
}

/// All that has to survive.
#[derive(Serialize, Deserialize)]
struct Record {
    link: DeviceLink,
    /// What the device is to be called.
    name: String,
    /// Its keys, in the list of an account that is thrown away: it is of no other yet.
    local: LocalIdentity,
    /// Where it takes the answer.
    mailbox: MailboxId,
    /// The question; nothing any more once the answer was no.
    asked: Option<Asked>,
    /// Why the answer was no.
    #[serde(default)]
    refused: Option<RefusalReason>,
}

/// The question, as it is posted until the relay has it.
#[derive(Serialize, Deserialize)]
struct Asked {
    session: Session,
    post: MessageId,
    #[serde(with = "secret::public_bytes")]
    payload: Vec<u8>,
    /// Whether the relay has it.
    taken: bool,
    /// What the other device has answered: the code follows from it.
    opening: Option<LinkOpening>,
}

/// What an answer of the relay is the answer to.
enum Wanted {
    Mailbox,
    Prekeys,
    Post,
}

impl Joining {
    /// Makes the keys of a device that joins by this link. The output holds its record; nothing may
    /// happen before that is durable.
    ///
    /// # Errors
    ///
    /// When the link or the name cannot be used.
    pub fn begin(
        link: &DeviceLink,
        name: &str,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Output), ApiError> {
        let parsed = Link::parse(link)?;
        let name = name.trim();
        let fits = !name.is_empty()
            && name.chars().count() <= MAX_TEXT_CHARS
            && !name.contains(char::is_control);
        if !fits {
            return Err(ApiError::new(
                ApiErrorCode::ValueInvalid,
                "The device's name is empty or longer than 200 characters.",
                "Choose a name by which you know the device.",
            ));
        }
        let mut cx = Context::new(now, rng);
        let thrown_away = AccountKey::generate(cx.rng);
        let device = Device::generate(cx.rng);
        let list = thrown_away.sign_device_list(&DeviceList {
            account_key: thrown_away.id().to_vec(),
            version: 1,
            created_at_ms: 0,
            devices: vec![device.entry()],
        });
        let local = LocalIdentity::new(&thrown_away.id(), device, &list).map_err(|error| {
            ApiError::new(ApiErrorCode::StoreFailed, sentence(&error), "Try again.")
        })?;
        let record = Record {
            link: link.clone(),
            name: name.to_owned(),
            local,
            mailbox: MailboxId::from_bytes(random_bytes(cx.rng)),
            asked: None,
            refused: None,
        };
        let joining = Self::assemble(parsed, record);
        joining.save(&mut cx);
        Ok((joining, cx.into_output(None)))
    }

    fn assemble(link: Link, record: Record) -> Self {
        let mut connection = Connection::new(link.relay.clone());
        let problem = record.refused.map(said_no);
        if problem.is_some() {
            connection.never();
        }
        Self {
            connection,
            link,
            record,
            pending: BTreeMap::new(),
            retry_at: None,
            problem,
            joined: None,
        }
    }

    pub(crate) fn load(value: &[u8]) -> Result<Self, LoadError> {
        let damaged = |source| LoadError::Damaged {
            what: "joining device",
            source,
        };
        let record: Record = record::decode(value).map_err(damaged)?;
        let link = Link::parse(&record.link)
            .map_err(|error| damaged(serde::de::Error::custom(error.message)))?;
        Ok(Self::assemble(link, record))
    }

    fn save(&self, cx: &mut Context<'_>) {
        cx.put(Store::Users, JOINING_KEY, &self.record);
        cx.notice(Notice::Devices);
    }

    /// The engine of the device, once it is one of the account's.
    pub(crate) fn take_joined(&mut self) -> Option<Box<Engine>> {
        self.joined.take()
    }

    /// What is answered to whoever asks it anything else.
    pub(crate) fn refusal(&self) -> ApiError {
        self.problem.clone().unwrap_or_else(|| {
            ApiError::new(
                ApiErrorCode::WrongState,
                "This device is not one of your account's yet.",
                "Type the code that it shows into the other device.",
            )
        })
    }

    /// Takes what happened; see [`Engine::handle`].
    pub(crate) fn handle(
        &mut self,
        input: Input,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Output {
        let mut cx = Context::new(now, rng);
        match input {
            Input::Started => self.connection.connect(&mut cx),
            Input::Command { request, .. } => cx.reply(request, Err(self.refusal())),
            Input::SocketOpened { .. } | Input::Woken => {}
            Input::SocketFrame { socket, frame } => {
                if let Ok(frame) = sotto_protocol::decode::<ServerFrame>(frame) {
                    let refusal = match &frame.body {
                        Some(Body::Error(error)) => Some(error.clone()),
                        _ => None,
                    };
                    let event = self.connection.frame(socket, frame, &self.link, &mut cx);
                    self.event(event, &mut cx);
                    if let Some(error) = refusal {
                        self.refused(&error, &mut cx);
                    }
                }
            }
            Input::SocketClosed { socket, reason } => {
                let event = self.connection.closed(socket, &reason, &mut cx);
                self.event(event, &mut cx);
            }
            Input::Network { available } => {
                let event = self.connection.network(available, &mut cx);
                self.event(event, &mut cx);
            }
        }
        let event = self.connection.tick(&mut cx);
        self.event(event, &mut cx);
        if self.retry_at.is_some_and(|at| at <= cx.now) {
            self.retry_at = None;
            self.ask(&mut cx);
        }
        let waits = [self.connection.deadline(), self.retry_at];
        cx.into_output(waits.into_iter().flatten().min())
    }

    fn event(&mut self, event: Event, cx: &mut Context<'_>) {
        match event {
            Event::None => {}
            Event::Down => {
                self.pending.clear();
                self.retry_at = None;
            }
            Event::Up(_) => {
                self.pending.clear();
                let create = Ask::CreateMailbox(CreateMailbox {
                    mailbox: self.record.mailbox.to_vec(),
                    expires_at_ms: self.link.ends_at_ms,
                    max_posts: MAX_ANSWERS,
                });
                self.request(create, Wanted::Mailbox, cx);
            }
            Event::Frame(frame) => match frame.body {
                Some(Body::Deliver(deliver)) => self.deliver(&deliver, cx),
                Some(body) => self.answer(frame.request, body, cx),
                None => {}
            },
        }
    }

    fn request(&mut self, body: Ask, wanted: Wanted, cx: &mut Context<'_>) {
        if let Some(number) = self.connection.send(body, cx) {
            self.pending.insert(number, wanted);
        }
    }

    fn answer(&mut self, request: u64, body: Body, cx: &mut Context<'_>) {
        let Some(wanted) = self.pending.remove(&request) else {
            return;
        };
        match (wanted, body) {
            (Wanted::Mailbox, Body::Done(_)) => self.ask(cx),
            (Wanted::Prekeys, Body::Prekeys(prekeys)) => match self.greet(&prekeys, cx) {
                Ok(()) if self.retry_at.is_none() => self.ask(cx),
                Ok(()) => {}
                Err(error) => self.fail(error, cx),
            },
            (Wanted::Post, Body::Done(_)) => {
                if let Some(asked) = &mut self.record.asked {
                    asked.taken = true;
                }
                self.save(cx);
            }
            (wanted, Body::Error(error)) => {
                let code: Option<ErrorCode> = error.code.parse().ok();
                if may_pass(code) || code == Some(ErrorCode::DirectoryNoPrekeys) {
                    let pause = pause_asked(&error, LONGEST_PAUSE).max(PAUSE);
                    self.retry_at = Some(later(cx.now, pause));
                } else if matches!(
                    (wanted, code),
                    (Wanted::Post, Some(ErrorCode::MailboxSpent))
                        // All who use the link are one guest, who has one mailbox.
                        | (Wanted::Mailbox, Some(ErrorCode::MailboxTooMany))
                ) {
                    self.fail(used(), cx);
                } else {
                    self.fail(over(), cx);
                }
            }
            _ => {}
        }
    }

    /// The relay does not let the guest in, or not any more.
    fn refused(&mut self, error: &Error, cx: &mut Context<'_>) {
        if error.code.parse() == Ok(ErrorCode::AuthGuest) {
            let mut problem = over();
            problem.message = format!("The relay does not let this device in: {}.", error.message);
            self.fail(problem, cx);
        }
    }

    /// The next question, or the same one again.
    fn ask(&mut self, cx: &mut Context<'_>) {
        let body = match &self.record.asked {
            Some(Asked { taken: true, .. }) => return,
            Some(asked) => {
                let post = Ask::Post(Post {
                    mailbox: self.link.secret.mailbox().to_vec(),
                    message_id: asked.post.to_vec(),
                    payload: asked.payload.clone().into(),
                    ttl_seconds: 0,
                });
                return self.request(post, Wanted::Post, cx);
            }
            None => Ask::FetchPrekeys(FetchPrekeys {
                account: self.link.account.to_vec(),
                devices: Vec::new(),
            }),
        };
        self.request(body, Wanted::Prekeys, cx);
    }

    /// Opens a session with the device that shows the link.
    fn greet(&mut self, served: &PrekeysFrame, cx: &mut Context<'_>) -> Result<(), ApiError> {
        let not_theirs = || {
            ApiError::new(
                ApiErrorCode::IdentityMismatch,
                "The relay served keys that the account of the link did not sign.",
                "Do not go on; tell the relay's operator.",
            )
        };
        let list = served.device_list.clone().unwrap_or_default();
        let devices = PeerDevices::verify(&list, &self.link.account).map_err(|_| not_theirs())?;
        let shows = |device: &&PeerDevice| self.link.is_shown_by(&device.id());
        let keeper = devices
            .devices()
            .iter()
            .find(shows)
            .ok_or_else(not_theirs)?;
        let mut sets = served.devices.iter();
        let Some(set) = sets.find(|set| set.device == keeper.id().to_vec()) else {
            // It has published none yet.
            self.retry_at = Some(later(cx.now, PAUSE));
            return Ok(());
        };
        let prekeys = PeerPrekeys::verify(set, keeper).map_err(|_| not_theirs())?;
        let secret = self.link.secret.invitation();
        let (local, voucher) = (&self.record.local, Voucher::Invitation(&secret));
        let mut session = session::initiate(local, &prekeys, voucher, cx.now, cx.rng)
            .map_err(|_| not_theirs())?;
        let request = LinkRequest::new(self.record.name.clone(), self.record.mailbox);
        let sealed = session
            .encrypt(local.device(), &record::encode(&request), cx.now, cx.rng)
            .map_err(|_| not_theirs())?;
        self.record.asked = Some(Asked {
            session,
            post: MessageId::from_bytes(random_bytes(cx.rng)),
            payload: sealed.bytes,
            taken: false,
            opening: None,
        });
        self.save(cx);
        Ok(())
    }

    /// An answer: what the code follows from, and once the user has typed that there, the account's
    /// list with this device; or that it is not added.
    fn deliver(&mut self, deliver: &Deliver, cx: &mut Context<'_>) {
        let Some(asked) = &mut self.record.asked else {
            return;
        };
        let opened = asked.session.decrypt(&deliver.payload, cx.now);
        let Ok(mut decrypted) = opened else {
            return;
        };
        let plaintext = Zeroizing::new(std::mem::take(&mut decrypted.plaintext));
        // Another opening than that of the link would let who sent it choose the code.
        let is_of_link = |said: &LinkChallenge| said.opening.secret() == self.link.secret;
        if let Some(challenge) = LinkChallenge::from_bytes(&plaintext).filter(is_of_link) {
            asked.opening = Some(challenge.opening);
            return self.save(cx);
        }
        if let Some(LinkRefusal { reason, .. }) = LinkRefusal::from_bytes(&plaintext) {
            // With the session goes the way by which it could be welcomed after all.
            self.record.asked = None;
            self.record.refused = Some(reason);
            self.save(cx);
            return self.fail(said_no(reason), cx);
        }
        // Nobody can have typed a code that was not shown yet.
        let shown = asked.opening.is_some();
        let welcome = LinkWelcome::from_bytes(&plaintext).filter(|_| shown);
        match welcome.and_then(|welcome| self.become_listed(welcome, cx)) {
            Some(engine) => {
                self.joined = Some(Box::new(engine));
                cx.notice(Notice::Devices);
                // The guest is no more; the device connects as itself.
                let event = self.connection.stop(cx);
                self.event(event, cx);
            }
            None => self.fail(
                ApiError::new(
                    ApiErrorCode::IdentityMismatch,
                    "What the other device has answered does not fit its link.",
                    "Make a new link there, and start again here.",
                ),
                cx,
            ),
        }
    }

    fn become_listed(&self, welcome: LinkWelcome, cx: &mut Context<'_>) -> Option<Engine> {
        let account = self.link.account;
        let list: SignedDeviceList = welcome.signed_list();
        let device = self.record.local.device().clone();
        let local = LocalIdentity::new(&account, device, &list).ok()?;
        let key = welcome.account_key;
        if key.as_ref().is_some_and(|key| key.id() != account) {
            return None;
        }
        let shows = |device: &PeerDevice| self.link.is_shown_by(&device.id());
        let keeper = local.devices().devices().iter().find(|d| shows(d))?.id();
        cx.delete(Store::Users, JOINING_KEY);
        let profile = (welcome.name.as_str(), &self.link.relay);
        let (preferences, called) = (welcome.preferences, &self.record.name);
        let ways = welcome.mailboxes.iter().map(Way::from).collect();
        let keys = (key, local);
        let mut engine = Engine::join(profile, preferences, keys, keeper, called, ways, cx);
        if let Some(asked) = &self.record.asked {
            let key = PeerKey::new(&ContactId::own(), &keeper);
            engine.met_by_link(&key, &asked.session, cx);
        }
        engine.told_device_names(&welcome.names, cx);
        engine.continue_after(&self.connection);
        Some(engine)
    }

    fn fail(&mut self, problem: ApiError, cx: &mut Context<'_>) {
        // What the relay says once the connection is given up explains nothing.
        self.problem.get_or_insert(problem);
        let event = self.connection.stop(cx);
        self.event(event, cx);
        cx.notice(Notice::Devices);
    }

    pub(crate) fn view(&self) -> JoiningView {
        let asked = self.record.asked.as_ref();
        let code = asked.and_then(|asked| Some(asked.opening.as_ref()?.code(&asked.session.id())));
        let (connection, detail, _) = self.connection.view();
        let LinkPreview {
            relay,
            account_fingerprint,
            expires_at,
        } = self.link.preview();
        JoiningView {
            name: self.record.name.clone(),
            relay,
            account_fingerprint,
            expires_at,
            code: code.map(|code| code.digits().to_owned()),
            connection,
            connection_detail: detail.filter(|_| self.problem.is_none()),
            problem: self.problem.clone(),
        }
    }
}

fn used() -> ApiError {
    ApiError::new(
        ApiErrorCode::LinkInvalid,
        "Another device has used this link already.",
        "If that was not you, say no on the other device; make a new link there, and start again here.",
    )
}

fn over() -> ApiError {
    ApiError::new(
        ApiErrorCode::LinkInvalid,
        "The link's time is over, or it was taken back.",
        "Make a new one on the other device, whose clock must be right, and start again here.",
    )
}

/// The other device is not going to add it.
fn said_no(reason: RefusalReason) -> ApiError {
    let (message, next_step) = match reason {
        RefusalReason::Declined => (
            "Your other device said no.",
            "To try again, make a new link there, and start again here.",
        ),
        RefusalReason::WrongCodes => (
            "Three wrong codes were typed on your other device.",
            "To try again, make a new link there, and start again here. If this device had shown them, somebody else was in between: show the new link to nobody else.",
        ),
        RefusalReason::Replaced => (
            "Another link was made on your other device.",
            "Start again here with the new one.",
        ),
    };
    ApiError::new(ApiErrorCode::LinkInvalid, message, next_step)
}

#[cfg(test)]
mod tests;
