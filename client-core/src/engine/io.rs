//! What goes into the engine and what comes out.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;

use crate::api::{ApiError, Command, Notice, Reply};

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The shell is ready: connect, and take up what was left open.
    Started,
    /// The user wants something; the answer is an [`Effect::Reply`] with the same number.
    Command {
        /// Chosen by the shell.
        request: RequestId,
        /// What is wanted.
        command: Command,
    },
    /// The socket that [`Effect::OpenSocket`] asked for is open.
    SocketOpened {
        /// Which.
        socket: SocketId,
    },
    /// A binary message came.
    SocketFrame {
        /// On which socket.
        socket: SocketId,
        /// The whole message.
        frame: Bytes,
    },
    /// The socket closed, or could not be opened.
    SocketClosed {
        /// Which.
        socket: SocketId,
        /// Why, as far as the shell knows, for a person.
        reason: String,
    },
    /// The system says that the network came (true) or went (false).
    Network {
        /// Whether there is one.
        available: bool,
    },
    /// The time that [`Output::wake_at`] asked for has come.
    Woken,
}

/// Numbers a command of the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Numbers a socket of this run; never used twice, so that what a dead socket still says is known as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

/// What the shell does about an input: first make `persist` durable, as one
/// batch; only then carry out `effects`, in order; then pass `notices` on.
///
/// When the batch cannot be made durable, the engine is ahead of its store:
/// the shell drops both effects and engine, and loads a new one.
#[derive(Debug, Default)]
#[must_use = "commit `persist`, then carry out `effects`"]
pub struct Output {
    /// One atomic batch.
    pub persist: Vec<Change>,
    /// To do after the batch is durable.
    pub effects: Vec<Effect>,
    /// What a user interface may want to redraw.
    pub notices: BTreeSet<Notice>,
    /// When to send [`Input::Woken`]; replaces the time of earlier outputs. `None`: never.
    pub wake_at: Option<Timestamp>,
}

/// A record to write, or to delete where `value` is absent.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// The object store.
    pub store: Store,
    /// The record's key in it.
    pub key: String,
    /// In the clear: the vault seals it before it leaves the core.
    pub value: Option<zeroize::Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { store, key, value } = self;
        let bytes = value.as_ref().map(|value| value.len());
        f.debug_struct("Change")
            .field("store", store)
            .field("key", key)
            .field("bytes", &bytes)
            .finish()
    }
}

/// Something to do in the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Open a WebSocket with the sub-protocol [`sotto_protocol::SUBPROTOCOL`].
    OpenSocket {
        /// Its number from now on.
        socket: SocketId,
        /// `ws://` or `wss://`.
        url: String,
    },
    /// Send a binary message.
    SendFrame {
        /// On which socket.
        socket: SocketId,
        /// The whole message.
        frame: Bytes,
    },
    /// Close the socket; nothing more is wanted of it.
    CloseSocket {
        /// Which.
        socket: SocketId,
    },
    /// Answer a command.
    Reply {
        /// Which.
        request: RequestId,
        /// What it came to.
        result: Box<Result<Reply, ApiError>>,
    },
}

macro_rules! stores {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// The object stores. Each has a key of its own in the vault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Store {
            $($(#[$doc])* $name,)*
        }

        impl Store {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Whether the engine holds its records in memory, and wants them all when it is loaded.
            pub const fn in_memory(self) -> bool {
                !matches!(self, Self::Messages)
            }

            /// Its name on disk.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }

        impl std::str::FromStr for Store {
            type Err = UnknownStore;

            fn from_str(text: &str) -> Result<Self, UnknownStore> {
                match text {
                    $($text => Ok(Self::$name),)*
                    _ => Err(UnknownStore),
                }
            }
        }
    };
}

stores! {
    /// Profile and identity keys.
    Users = "users";
    /// What the agent may do: the preferences.
    Agents = "agents";
    /// Contacts.
    Connections = "connections";
    /// Ratchet sessions.
    Sessions = "sessions";
    /// Secret prekeys.
    Prekeys = "prekeys";
    /// Invitations of mine.
    Invitations = "invitations";
    /// Mailboxes of mine at the relay.
    Mailboxes = "mailboxes";
    /// Messages that the relay has not accepted yet.
    Outbox = "outbox";
    /// Ids of messages that were received, to know a repetition.
    Inbox = "inbox";
    /// Negotiations.
    Conversations = "conversations";
    /// What agents said to each other. Not held in memory.
    Messages = "messages";
    /// Imported calendars, their events, and meetings.
    CalendarEvents = "calendar_events";
}

/// A store of a newer version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a store of a newer version of Sotto")]
pub struct UnknownStore;
