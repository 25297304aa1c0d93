//! The connection to the relay: opening, proving the device, heartbeat, and
//! trying again with exponential backoff and full jitter.

use jiff::{SignedDuration, Timestamp};
use sotto_protocol::{
    PROTOCOL_VERSION,
    error::{ErrorCode, Severity},
    frames::{
        Challenge, ClientFrame, Error, Hello, Ping, ServerFrame, Welcome, client_frame,
        server_frame,
    },
};

use crate::{
    api::{ConnectionState, Notice},
    engine::{Context, Effect, SocketId},
    identity::LocalIdentity,
    random::random_up_to,
    refusals::shuts_out,
    relay_url::RelayUrl,
};

/// The first pause is at most this long, each further one at most twice the one before.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// No pause is longer.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// A pause is at least this long, so that a relay that closes at once is not hammered.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_millis(250);
/// A relay that refuses for good is asked again this seldom.
const REFUSED_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// From opening a socket to the welcome.
const OPENING_LIMIT: SignedDuration = SignedDuration::from_secs(20);
/// After so much silence the relay is asked whether it lives; sooner where the
/// relay would close the connection before.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(30);
/// No relay makes it ask more often.
const SHORTEST_HEARTBEAT: SignedDuration = SignedDuration::from_secs(1);
/// What came before the welcome is delivered within so much silence, or has expired at the relay.
const BACKLOG_LIMIT: SignedDuration = SignedDuration::from_secs(30);
/// It has so much time to say so.
const HEARTBEAT_LIMIT: SignedDuration = SignedDuration::from_secs(10);

/// Shown once a list that the account signed has removed this device.
const REMOVED: &str = "This device was removed from your account. Go on with another of your devices, and delete the data on this one.";
/// Shown where the relay alone says so.
const UNLISTED: &str = "The relay says that this device was removed from your account. If you removed it, delete the data here; if not, look at your devices on another one, and ask the relay's operator.";

/// Who connects.
pub(crate) trait Caller {
    /// The first frame, which proves it to the relay that is dialled as `audience`.
    fn hello(&self, nonce: &[u8; 32], audience: &str) -> Hello;
}

impl Caller for LocalIdentity {
    fn hello(&self, nonce: &[u8; 32], audience: &str) -> Hello {
        let account = self.account();
        let signature = self.device().hello_signature(nonce, &account, audience);
        Hello {
            version: PROTOCOL_VERSION,
            account: account.to_vec(),
            device: self.device().id().to_vec(),
            audience: audience.to_owned(),
            signature: signature.to_vec(),
            device_list: Some(self.signed_device_list()),
            pass: None,
        }
    }
}

/// What a frame of the relay means to the rest of the engine.
pub(crate) enum Event {
    /// Nothing.
    None,
    /// Let in.
    Up(Welcome),
    /// Something for the layers above.
    Frame(ServerFrame),
    /// It was up, and is no longer.
    Down,
}

enum State {
    /// Nothing is open; the next attempt is made then.
    Waiting { retry_at: Timestamp },
    /// From asking for a socket to the welcome.
    Opening {
        socket: SocketId,
        until: Timestamp,
        hello: Option<u64>,
    },
    /// Let in.
    Up {
        socket: SocketId,
        heard_at: Timestamp,
        pinged_at: Option<Timestamp>,
        heartbeat: SignedDuration,
        /// What the relay had waiting at the welcome, until it is delivered.
        backlog: Option<Backlog>,
    },
}

/// Messages that came before the welcome.
#[derive(Debug, Clone, Copy)]
struct Backlog {
    /// The sequence of the last of them.
    last: u64,
    /// When the last delivery came, or the welcome.
    heard_at: Timestamp,
}

pub(crate) struct Connection {
    relay: RelayUrl,
    state: State,
    /// What is wrong, for the user.
    detail: Option<String>,
    /// Whether the relay refused for good.
    refused: bool,
    /// Whether it did because, as it says, the account has removed this device.
    unlisted: bool,
    /// Whether the account has removed this device: it does not connect any more.
    stopped: bool,
    /// What the relay's clock said at the last welcome, in milliseconds since the Unix epoch, and
    /// this device's.
    relay_time: Option<(u64, Timestamp)>,
    attempts: u32,
    next_socket: u64,
    next_request: u64,
}

impl Connection {
    pub(crate) fn new(relay: RelayUrl) -> Self {
        Self {
            relay,
            state: State::Waiting {
                retry_at: Timestamp::MAX,
            },
            detail: None,
            refused: false,
            unlisted: false,
            stopped: false,
            relay_time: None,
            attempts: 0,
            next_socket: 1,
            next_request: 1,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    /// What the relay's clock says now, in milliseconds since the Unix epoch, while there is a connection.
    pub(crate) fn relay_clock(&self, now: Timestamp) -> Option<u64> {
        let (relay_time_ms, at) = self.relay_time.filter(|_| self.is_up())?;
        let since = u64::try_from(now.duration_since(at).as_millis()).unwrap_or(0);
        Some(relay_time_ms.saturating_add(since))
    }

    /// Numbers its sockets after those of a connection that came before it.
    pub(crate) fn continue_after(&mut self, earlier: &Self) {
        self.next_socket = earlier.next_socket;
    }

    /// When everything that the relay had for this device at the welcome is known: now, or at the
    /// latest then; `None` while there is no connection.
    pub(crate) fn caught_up_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.state {
            State::Up {
                backlog: Some(backlog),
                ..
            } => Some(later(backlog.heard_at, BACKLOG_LIMIT)),
            State::Up { backlog: None, .. } => Some(now),
            State::Waiting { .. } | State::Opening { .. } => None,
        }
    }

    /// A message with this sequence was delivered.
    pub(crate) fn delivered(&mut self, sequence: u64, now: Timestamp) {
        if let State::Up { backlog, .. } = &mut self.state {
            let rest = backlog.filter(|backlog| sequence < backlog.last);
            *backlog = rest.map(|rest| Backlog {
                heard_at: now,
                ..rest
            });
        }
    }

    /// Lets go of the connection and makes a new one, so that the relay delivers again what it still has.
    pub(crate) fn renew(&mut self, cx: &mut Context<'_>) -> Event {
        let event = self.drop_socket("The connection is being made anew.", SHORTEST_PAUSE, cx);
        self.connect(cx);
        event
    }

    pub(crate) fn view(&self) -> (ConnectionState, Option<String>, Option<Timestamp>) {
        let detail = self.detail.clone();
        if self.stopped {
            return (ConnectionState::Removed, Some(REMOVED.to_owned()), None);
        }
        let state = match self.state {
            State::Up { .. } => return (ConnectionState::Online, None, None),
            // What the relay said holds until it says otherwise.
            _ if self.refused && self.unlisted => ConnectionState::Unlisted,
            State::Opening { .. } => ConnectionState::Connecting,
            State::Waiting { .. } if self.refused => ConnectionState::Refused,
            State::Waiting { .. } => ConnectionState::Offline,
        };
        let retry_at = match self.state {
            State::Waiting { retry_at } if retry_at < Timestamp::MAX => Some(retry_at),
            _ => None,
        };
        (state, detail, retry_at)
    }

    /// When [`tick`](Self::tick) has something to do.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        match self.state {
            State::Waiting { retry_at } => (retry_at < Timestamp::MAX).then_some(retry_at),
            State::Opening { until, .. } => Some(until),
            State::Up {
                pinged_at: Some(at),
                ..
            } => Some(later(at, HEARTBEAT_LIMIT)),
            State::Up {
                heard_at,
                heartbeat,
                ..
            } => Some(later(heard_at, heartbeat)),
        }
    }

    /// Ends the connection, for ever.
    pub(crate) fn stop(&mut self, cx: &mut Context<'_>) -> Event {
        self.never();
        self.drop_socket(REMOVED, SignedDuration::MAX, cx)
    }

    /// There is to be no connection any more.
    pub(crate) fn never(&mut self) {
        self.stopped = true;
    }

    /// Connects now, unless it is connected or about to be.
    pub(crate) fn connect(&mut self, cx: &mut Context<'_>) {
        if self.stopped || !matches!(self.state, State::Waiting { .. }) {
            return;
        }
        let socket = SocketId(self.next_socket);
        self.next_socket += 1;
        self.state = State::Opening {
            socket,
            until: later(cx.now, OPENING_LIMIT),
            hello: None,
        };
        cx.effect(Effect::OpenSocket {
            socket,
            url: self.relay.socket_url(),
        });
        cx.notice(Notice::Status);
    }

    /// Connects now, and if that fails begins with short pauses again.
    pub(crate) fn hurry(&mut self, cx: &mut Context<'_>) {
        self.attempts = 0;
        self.connect(cx);
    }

    /// Takes what the system says about the network as a hint.
    pub(crate) fn network(&mut self, available: bool, cx: &mut Context<'_>) -> Event {
        if available {
            self.hurry(cx);
            return Event::None;
        }
        self.drop_socket("There is no network.", LONGEST_PAUSE, cx)
    }

    pub(crate) fn tick(&mut self, cx: &mut Context<'_>) -> Event {
        if self.deadline().is_none_or(|at| at > cx.now) {
            return Event::None;
        }
        match &mut self.state {
            State::Waiting { .. } => {
                self.connect(cx);
                Event::None
            }
            State::Up {
                socket,
                pinged_at: pinged_at @ None,
                ..
            } => {
                *pinged_at = Some(cx.now);
                let socket = *socket;
                self.send_on(socket, client_frame::Body::Ping(Ping {}), cx);
                Event::None
            }
            State::Opening { .. } | State::Up { .. } => {
                let pause = self.pause(cx);
                self.drop_socket("The relay does not answer.", pause, cx)
            }
        }
    }

    /// The socket closed, or could not be opened.
    pub(crate) fn closed(&mut self, socket: SocketId, reason: &str, cx: &mut Context<'_>) -> Event {
        if self.socket() != Some(socket) {
            return Event::None;
        }
        let was_up = self.is_up();
        let pause = self.pause(cx);
        // A relay that refused has said why in a frame before it closed.
        if !self.refused {
            self.detail = Some(format!(
                "The relay {} cannot be reached ({reason}).",
                self.relay
            ));
        }
        self.state = State::Waiting {
            retry_at: later(cx.now, pause),
        };
        cx.notice(Notice::Status);
        if was_up { Event::Down } else { Event::None }
    }

    pub(crate) fn frame(
        &mut self,
        socket: SocketId,
        frame: ServerFrame,
        caller: &dyn Caller,
        cx: &mut Context<'_>,
    ) -> Event {
        if self.socket() != Some(socket) {
            return Event::None;
        }
        if let State::Up {
            heard_at,
            pinged_at,
            ..
        } = &mut self.state
        {
            (*heard_at, *pinged_at) = (cx.now, None);
        }
        match (&self.state, frame.body) {
            (
                State::Opening { hello: None, .. },
                Some(server_frame::Body::Challenge(challenge)),
            ) => self.prove(socket, &challenge, caller, cx),
            (State::Opening { hello: Some(_), .. }, Some(server_frame::Body::Welcome(welcome))) => {
                self.state = State::Up {
                    socket,
                    heard_at: cx.now,
                    pinged_at: None,
                    heartbeat: heartbeat(&welcome),
                    backlog: (welcome.backlog > 0).then_some(Backlog {
                        last: welcome.backlog,
                        heard_at: cx.now,
                    }),
                };
                (self.attempts, self.refused, self.detail) = (0, false, None);
                self.relay_time = Some((welcome.relay_time_ms, cx.now));
                cx.notice(Notice::Status);
                Event::Up(welcome)
            }
            (_, Some(server_frame::Body::Error(error))) if is_fatal(&error.severity) => {
                let for_good = shuts_out(error.code.parse().ok());
                let pause = if for_good {
                    REFUSED_PAUSE
                } else {
                    self.pause(cx).max(pause_asked(&error, REFUSED_PAUSE))
                };
                self.refused = for_good;
                self.unlisted = error.code.parse() == Ok(ErrorCode::AuthUnknownDevice);
                let detail = if self.unlisted {
                    UNLISTED
                } else {
                    &error.message
                };
                self.drop_socket(detail, pause, cx)
            }
            (State::Up { .. }, Some(server_frame::Body::Pong(_))) => Event::None,
            // Whom it does not let in, the relay shows the list that removes them.
            (
                State::Opening { hello: Some(_), .. },
                body @ Some(server_frame::Body::DeviceListChanged(_)),
            )
            | (State::Up { .. }, body @ Some(_)) => Event::Frame(ServerFrame {
                request: frame.request,
                body,
            }),
            _ => Event::None,
        }
    }

    /// Sends a request and returns its number, or nothing when the connection is not up.
    pub(crate) fn send(&mut self, body: client_frame::Body, cx: &mut Context<'_>) -> Option<u64> {
        let State::Up { socket, .. } = self.state else {
            return None;
        };
        Some(self.send_on(socket, body, cx))
    }

    fn send_on(&mut self, socket: SocketId, body: client_frame::Body, cx: &mut Context<'_>) -> u64 {
        let request = self.next_request;
        self.next_request += 1;
        let frame = sotto_protocol::encode(&ClientFrame {
            request,
            body: Some(body),
        });
        cx.effect(Effect::SendFrame { socket, frame });
        request
    }

    fn prove(
        &mut self,
        socket: SocketId,
        challenge: &Challenge,
        caller: &dyn Caller,
        cx: &mut Context<'_>,
    ) -> Event {
        let Ok(nonce) = <[u8; 32]>::try_from(challenge.nonce.as_slice()) else {
            let pause = self.pause(cx);
            return self.drop_socket("The relay sent a challenge of the wrong length.", pause, cx);
        };
        let hello = caller.hello(&nonce, self.relay.audience());
        let request = self.send_on(socket, client_frame::Body::Hello(hello), cx);
        if let State::Opening { hello, .. } = &mut self.state {
            *hello = Some(request);
        }
        Event::None
    }

    fn drop_socket(&mut self, detail: &str, pause: SignedDuration, cx: &mut Context<'_>) -> Event {
        let was_up = self.is_up();
        if let Some(socket) = self.socket() {
            cx.effect(Effect::CloseSocket { socket });
        }
        self.detail = Some(detail.to_owned());
        self.state = State::Waiting {
            retry_at: later(cx.now, pause),
        };
        cx.notice(Notice::Status);
        if was_up { Event::Down } else { Event::None }
    }

    fn socket(&self) -> Option<SocketId> {
        match self.state {
            State::Waiting { .. } => None,
            State::Opening { socket, .. } | State::Up { socket, .. } => Some(socket),
        }
    }

    /// Exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", 2015).
    fn pause(&mut self, cx: &mut Context<'_>) -> SignedDuration {
        if self.refused {
            return REFUSED_PAUSE;
        }
        let most = FIRST_PAUSE
            .saturating_mul(1 << self.attempts.min(16))
            .min(LONGEST_PAUSE);
        self.attempts = self.attempts.saturating_add(1);
        let millis = random_up_to(u64::try_from(most.as_millis()).unwrap_or(0), cx.rng);
        SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0)).max(SHORTEST_PAUSE)
    }
}

/// Some time after an instant, as far as the calendar reaches.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// How long the relay asks to wait after it refused, or the most that is granted.
pub(crate) fn pause_asked(error: &Error, most: SignedDuration) -> SignedDuration {
    let asked = i64::try_from(error.retry_after_ms).unwrap_or(i64::MAX);
    SignedDuration::from_millis(asked).min(most)
}

/// A third of the silence that the relay bears, so that one lost question does not end the connection.
fn heartbeat(welcome: &Welcome) -> SignedDuration {
    let idle = welcome
        .limits
        .map_or(0, |limits| limits.idle_timeout_seconds);
    if idle == 0 {
        return HEARTBEAT;
    }
    SignedDuration::from_secs(i64::from(idle) / 3).clamp(SHORTEST_HEARTBEAT, HEARTBEAT)
}

fn is_fatal(severity: &str) -> bool {
    severity == Severity::Fatal.as_str()
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use sotto_protocol::frames::{DeviceList, Limits};

    use super::*;
    use crate::identity::{AccountKey, Device};

    /// A connection on which the relay refuses, fatally, and the pause after that.
    fn pause_after(code: ErrorCode, retry_after: SignedDuration) -> (Connection, SignedDuration) {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (account, device) = (AccountKey::generate(&mut rng), Device::generate(&mut rng));
        let list = account.sign_device_list(&DeviceList {
            account_key: account.id().to_vec(),
            version: 1,
            created_at_ms: 1,
            devices: vec![device.entry()],
        });
        let identity = LocalIdentity::new(&account.id(), device, &list).unwrap();
        let mut cx = Context::new("2026-11-21T10:00:00Z".parse().unwrap(), &mut rng);
        let mut connection = Connection::new("https://relay.test".parse().unwrap());
        connection.connect(&mut cx);
        let error = Error {
            code: code.to_string(),
            severity: Severity::Fatal.as_str().to_owned(),
            retry_after_ms: u64::try_from(retry_after.as_millis()).unwrap(),
            ..Error::default()
        };
        let frame = ServerFrame {
            request: 0,
            body: Some(server_frame::Body::Error(error)),
        };
        let socket = connection.socket().unwrap();
        let _ = connection.frame(socket, frame, &identity, &mut cx);
        let pause = connection.deadline().unwrap().duration_since(cx.now);
        (connection, pause)
    }

    #[test]
    fn a_refusal_for_good_is_asked_again_seldom_and_others_when_the_relay_wants() {
        let second = SignedDuration::from_secs(1);
        for code in [
            ErrorCode::AuthInvalidProof,
            ErrorCode::AuthGuest,
            ErrorCode::ConnectionReplaced,
        ] {
            let (mut connection, pause) = pause_after(code, second);
            assert_eq!(pause, SignedDuration::from_mins(5), "{code}");
            let (waiting, trying) = match code {
                ErrorCode::AuthUnknownDevice => {
                    (ConnectionState::Unlisted, ConnectionState::Unlisted)
                }
                _ => (ConnectionState::Refused, ConnectionState::Connecting),
            };
            assert_eq!(connection.view().0, waiting, "{code}");
            let mut rng = ChaCha20Rng::seed_from_u64(2);
            connection.connect(&mut Context::new(Timestamp::UNIX_EPOCH, &mut rng));
            assert_eq!(connection.view().0, trying, "{code}");
        }
        let passing = ErrorCode::ServerUnavailable;
        for (asked, granted) in [(40, 40), (300, 300), (301, 300), (86_400, 300)] {
            let (connection, pause) = pause_after(passing, second * asked);
            assert_eq!(pause, second * granted, "{asked}");
            assert_eq!(connection.view().0, ConnectionState::Offline);
        }
        let (_, pause) = pause_after(passing, SignedDuration::ZERO);
        assert!(pause <= second, "{pause:?}: as after any failure");
    }

    #[test]
    fn without_a_network_it_tries_once_a_minute_and_at_once_when_there_is_one() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new("2026-11-21T10:00:00Z".parse().unwrap(), &mut rng);
        let mut connection = Connection::new("https://relay.test".parse().unwrap());
        connection.connect(&mut cx);
        let _ = connection.network(false, &mut cx);
        let minute = later(cx.now, SignedDuration::from_mins(1));
        assert_eq!(connection.deadline(), Some(minute));
        assert_eq!(connection.view().0, ConnectionState::Offline);
        let _ = connection.network(true, &mut cx);
        assert_eq!(connection.view().0, ConnectionState::Connecting);
    }

    #[test]
    fn the_heartbeat_is_quicker_than_the_relays_patience() {
        let heartbeat = |idle_timeout_seconds| {
            heartbeat(&Welcome {
                limits: Some(Limits {
                    idle_timeout_seconds,
                    ..Limits::default()
                }),
                ..Welcome::default()
            })
            .as_secs()
        };
        assert_eq!([90, 3_600, 20, 2].map(heartbeat), [30, 30, 6, 1]);
        assert_eq!(super::heartbeat(&Welcome::default()), HEARTBEAT);
    }
}
