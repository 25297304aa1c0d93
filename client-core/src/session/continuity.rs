//! What shows that somebody who opens a session anew is who one talked to before.
//!
//! Identity keys alone would show that only until they are stolen, and a thief of them could then
//! reset any conversation. So each turn of the ratchet also gives a [`Thread`], a secret that both
//! sides know and that a stolen copy loses its worth by with the next exchange, as the session does.
//! It is kept beside the session, so that it is still there when the session's record is lost.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::kdf::Key;
use crate::identity::secret;

/// The secret of one turn that authorises a new handshake. Wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Thread {
    #[serde(with = "secret::array")]
    key: Key,
}

impl Thread {
    pub(super) fn new(key: Key) -> Self {
        Self { key }
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.key
    }
}

/// The threads that one side keeps of a conversation with one device.
///
/// To open anew it uses that of the last turn that it received. That turn was the peer's last, or
/// the one before: the peer takes a further turn only after it has heard of this side's turn in
/// between. So the peer finds it among its own last two.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Threads {
    received: Option<Thread>,
    own: [Option<Thread>; 2],
}

impl Threads {
    /// The initiator's after the handshake, which counts as a turn of the responder's.
    pub(super) fn of_initiator(handshake: Thread) -> Self {
        Self {
            received: Some(handshake),
            own: [None, None],
        }
    }

    /// The responder's after the handshake.
    pub(super) fn of_responder(handshake: Thread) -> Self {
        Self {
            received: None,
            own: [Some(handshake), None],
        }
    }

    /// We took a turn.
    pub(super) fn gave(&mut self, thread: Thread) {
        let [last, before] = &mut self.own;
        *before = last.replace(thread);
    }

    /// The peer took a turn.
    pub(super) fn took(&mut self, thread: Thread) {
        self.received = Some(thread);
    }

    /// The one to open a new session with.
    pub fn to_open(&self) -> Option<&Thread> {
        self.received.as_ref()
    }

    /// Those that the peer may open a new session with.
    pub fn to_accept(&self) -> impl Iterator<Item = &Thread> {
        self.own.iter().flatten()
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _ } = self;
        f.write_str("Thread(…)")
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let received = u8::from(self.received.is_some());
        let own = self.to_accept().count();
        write!(f, "Threads({received} received, {own} own)")
    }
}
