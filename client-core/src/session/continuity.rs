//! What shows that somebody who opens a session anew is who one talked to before.
//!
//! Identity keys alone would show that only until they are stolen, and a thief of them could then
//! reset any conversation. So each turn of the ratchet also gives a [`Thread`], a secret that both
//! sides know and that a stolen copy loses its worth by with the next exchange, as the session does.
//! It is kept beside the session, so that it is still there when the session's record is lost.

use core::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{MAX_FORMER_SESSIONS, Session, kdf::Key};
use crate::identity::secret;

/// The secret of one turn that authorises a new handshake. Wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Thread {
    #[serde(with = "secret::array")]
    key: Key,
}

#[cfg(test)]
crate::wiping::proof!(Thread { key });

impl Thread {
    pub(super) fn new(key: Key) -> Self {
        Self { key }
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.key
    }
}

/// The threads that one side has of one session.
///
/// To open anew it uses that of the last turn that it received. That turn was the peer's last, or
/// the one before: the peer takes a further turn only after it has heard of this side's turn in
/// between. So the peer finds it among its own last two.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Threads {
    received: Option<Thread>,
    own: [Option<Thread>; 2],
}

#[cfg(test)]
crate::wiping::proof!(Threads { received, own });

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

    /// Whether they are the same.
    fn are(&self, others: &Self) -> bool {
        let same = |one: &Option<Thread>, other: &Option<Thread>| match (one, other) {
            (Some(one), Some(other)) => one.as_bytes().ct_eq(other.as_bytes()).into(),
            (one, other) => one.is_none() && other.is_none(),
        };
        let own = self.own.iter().zip(&others.own);
        same(&self.received, &others.received)
            && own.into_iter().all(|(one, other)| same(one, other))
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

/// What is kept beside the sessions with one device, in another record, so that a lost session can
/// be opened anew.
///
/// While the active session is not confirmed, the peer may have any of those before it, back to the
/// last that was. So their threads are kept until then.
#[derive(Clone, Serialize, Deserialize)]
pub struct Continuity {
    /// Of the active session.
    present: Kept,
    /// Whether both sides are known to have used the active session.
    confirmed: bool,
    /// Of the sessions before, from the last confirmed one on.
    former: Vec<Kept>,
    /// The latest time at which a session was opened.
    latest: Timestamp,
}

#[cfg(test)]
crate::wiping::proof!(Continuity { present, former; confirmed, latest });

impl Continuity {
    pub(super) fn of(session: &Session) -> Self {
        Self {
            present: Kept::of(session),
            confirmed: session.is_confirmed(),
            former: Vec::new(),
            latest: session.opened_at(),
        }
    }

    /// The latest time at which a session was opened.
    pub(super) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// Whether the peer is known to have any of the sessions.
    pub(crate) fn is_shared(&self) -> bool {
        self.present.answered || self.former.iter().any(|kept| kept.answered)
    }

    /// Another session is the active one, whatever was opened before it, and when.
    pub(super) fn restarted(self, active: &Session) -> Self {
        Self {
            latest: active.opened_at(),
            ..self.replaced(active)
        }
    }

    /// Whether there was no other session before this one.
    pub(super) fn is_of_first(&self) -> bool {
        self.former.is_empty() && !self.confirmed
    }

    /// Whether it says what there is to say of the active session.
    pub(super) fn is_as(&self, active: &Session) -> bool {
        let settled = !active.is_confirmed() || self.former.is_empty();
        self.present.is_of(active) && self.confirmed == active.is_confirmed() && settled
    }

    /// The active session moved on.
    pub(super) fn followed(self, active: &Session) -> Self {
        let confirmed = active.is_confirmed();
        let former = if confirmed { Vec::new() } else { self.former };
        Self {
            present: Kept::of(active),
            confirmed,
            former,
            latest: self.latest,
        }
    }

    /// Another session is the active one.
    pub(super) fn replaced(self, active: &Session) -> Self {
        let Self {
            present,
            mut former,
            latest,
            ..
        } = self;
        if former.len() == MAX_FORMER_SESSIONS {
            // Not the confirmed one.
            former.remove(1);
        }
        former.push(present);
        Self {
            present: Kept::of(active),
            confirmed: active.is_confirmed(),
            former,
            latest: latest.max(active.opened_at()),
        }
    }

    /// The one to open a new session with: one that the peer is known to have, where there is one.
    pub fn to_open(&self) -> Option<&Thread> {
        let former = self.former.iter().rev();
        let known = [&self.present].into_iter().chain(former);
        let known = known.filter(|kept| kept.answered);
        known
            .map(|kept| &kept.threads)
            .next()
            .unwrap_or(&self.present.threads)
            .to_open()
    }

    /// Those that the peer may open a new session with.
    pub fn to_accept(&self) -> impl Iterator<Item = &Thread> {
        let all = [&self.present].into_iter().chain(self.former.iter().rev());
        all.flat_map(|kept| kept.threads.to_accept())
    }
}

/// The threads of one session.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    threads: Threads,
    /// Whether the peer is known to have the session.
    answered: bool,
}

#[cfg(test)]
crate::wiping::proof!(Kept { threads; answered });

impl Kept {
    fn of(session: &Session) -> Self {
        Self {
            threads: session.threads().clone(),
            answered: session.is_answered(),
        }
    }

    fn is_of(&self, session: &Session) -> bool {
        self.answered == session.is_answered() && self.threads.are(session.threads())
    }
}

impl fmt::Debug for Continuity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            present,
            confirmed: _,
            former,
            latest: _,
        } = self;
        f.debug_struct("Continuity")
            .field("present", &present.threads)
            .field("former", &former.len())
            .finish()
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
