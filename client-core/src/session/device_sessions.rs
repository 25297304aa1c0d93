//! All sessions with one device of a peer (a device record of Sesame, revision 2, section 3): one that sends,
//! and those that may still receive.
//!
//! Handshakes may cross, come late, or be opened anew because a side has lost its keys. Of all
//! sessions that count, both sides send in the one that was opened last: by the time that its
//! initiator named, then by its id. Both know the same of each, so whatever comes in which order they
//! come to send in the same one.
//!
//! What counts is a handshake with a voucher. One by identity keys alone counts only as the first of
//! a device that another one of the same person leads to: otherwise a thief of those keys could
//! become the other end of a conversation, or of an acquaintance that an invitation has begun. Any
//! other is kept apart until the user decides.

use core::fmt;

use jiff::{SignedDuration, Timestamp};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{
    Continuity, Decrypted, Encrypted, MAX_HOURS_AHEAD, MAX_INACTIVE_DAYS, MAX_INACTIVE_SESSIONS,
    Session, SessionError, SessionId, Voucher, VoucherKind,
    wire::{self, Kind},
};
use crate::{clock::none_ahead, identity::Device};

/// In which kind of session a message came, or as which kind a session was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The one that sends.
    Active,
    /// One that only receives.
    Inactive,
    /// One that the user has to decide on: nothing in it has any effect.
    Pending,
}

/// By which way a new handshake of a device came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Into the mailbox that was made for that device, or into an invitation's.
    Direct,
    /// A device that was not met yet introduces itself, in the mailbox of another one of the same
    /// person.
    Introduced,
}

/// The sessions themselves, for one record.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Sessions {
    /// `None` when it is lost.
    active: Option<Session>,
    inactive: Vec<Inactive>,
    pending: Option<Session>,
}

#[cfg(test)]
crate::wiping::proof!(Sessions {
    active,
    inactive,
    pending
});

#[derive(Clone, Serialize, Deserialize)]
struct Inactive {
    session: Session,
    since: Timestamp,
    /// Whether it says again, in other keys, what the active one says, which is not answered: the
    /// device has one of them at most.
    #[serde(default)]
    instead: bool,
}

#[cfg(test)]
crate::wiping::proof!(Inactive { session; since, instead });

/// The sessions with one device, and what they can be opened anew by. The two parts are stored in
/// different records, so that one survives the loss of the other.
#[derive(Clone, Default)]
pub struct DeviceSessions {
    sessions: Sessions,
    continuity: Option<Continuity>,
    /// Whether the second part is stored as it is: most messages change the first one alone.
    continuity_is_stored: bool,
}

#[cfg(test)]
crate::wiping::proof!(DeviceSessions { sessions, continuity; continuity_is_stored });

impl DeviceSessions {
    /// From the two records, of which each may be missing.
    pub fn load(sessions: Option<Sessions>, continuity: Option<Continuity>) -> Self {
        Self {
            sessions: sessions.unwrap_or_default(),
            continuity,
            continuity_is_stored: true,
        }
    }

    /// To open the first session by what others have left, whose records are gone.
    pub fn left_by(others: Continuity) -> Self {
        Self {
            continuity: Some(others),
            ..Self::default()
        }
    }

    /// To be stored with each change.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// What the sessions can be opened anew by.
    pub fn continuity(&self) -> Option<&Continuity> {
        self.continuity.as_ref()
    }

    /// To be stored now, in another record, in the same step as the [`sessions`](Self::sessions);
    /// `None` where it is stored already as it is.
    pub fn continuity_to_store(&mut self) -> Option<Option<&Continuity>> {
        let is_stored = std::mem::replace(&mut self.continuity_is_stored, true);
        (!is_stored).then_some(self.continuity.as_ref())
    }

    /// The session that sends.
    pub fn active(&self) -> Option<&Session> {
        self.sessions.active.as_ref()
    }

    /// The session that the user has to decide on.
    pub fn pending(&self) -> Option<&Session> {
        self.sessions.pending.as_ref()
    }

    /// Signs and encrypts in the active session ([`Session::encrypt`]).
    ///
    /// # Errors
    ///
    /// As there, and [`SessionError::Lost`] when there is none.
    pub fn encrypt<R: CryptoRng + ?Sized>(
        &mut self,
        device: &Device,
        plaintext: &[u8],
        now: Timestamp,
        rng: &mut R,
    ) -> Result<Encrypted, SessionError> {
        let active = self.sessions.active.as_mut().ok_or(SessionError::Lost)?;
        let encrypted = active.encrypt(device, plaintext, now, rng)?;
        self.follow();
        Ok(encrypted)
    }

    /// Decrypts in whichever session the message belongs to ([`Session::decrypt`]).
    ///
    /// # Errors
    ///
    /// As there: [`SessionError::OtherHandshake`] says to try [`accept`](super::accept) with the
    /// [`vouchers`](Self::vouchers), and then to [`take`](Self::take) what it gives.
    pub fn decrypt(
        &mut self,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<(Decrypted, Standing), SessionError> {
        let mut why = match wire::peek(bytes)? {
            Kind::Initial => SessionError::OtherHandshake,
            Kind::Ratchet => SessionError::Undecryptable,
        };
        let mut sessions = self.sessions.all();
        let opened = sessions.find_map(|(session, standing)| match session.decrypt(bytes, now) {
            Ok(decrypted) => Some((decrypted, standing)),
            Err(SessionError::Undecryptable | SessionError::OtherHandshake) => None,
            Err(error) => {
                why = error;
                None
            }
        });
        drop(sessions);
        self.settle(now);
        self.follow();
        opened.ok_or(why)
    }

    /// By what, and with which time, the first session is to be opened once more in other keys, while
    /// nothing shows that the device could open it. `None` where it has answered, and where that was
    /// done often enough.
    pub fn first_again(&self) -> Option<(Voucher<'_>, Timestamp)> {
        let first = self.active().filter(|first| !first.is_answered())?;
        let instead = self.sessions.inactive.iter().filter(|other| other.instead);
        if instead.count() >= MAX_INACTIVE_SESSIONS {
            return None;
        }
        let voucher = if first.is_unvouched_question() {
            Voucher::Nothing
        } else {
            self.voucher()
        };
        Some((voucher, first.opened_at()))
    }

    /// Keeps a session that says the same in other keys as the active one. That in which the device
    /// answers becomes the active one.
    pub fn keep_instead(&mut self, session: Session, now: Timestamp) {
        self.sessions.keep_inactive(session, now, true);
    }

    /// The device has answered in a session that says the same as the active one.
    fn settle(&mut self, now: Timestamp) {
        if self.active().is_none_or(Session::is_answered) {
            return;
        }
        let mut inactive = self.sessions.inactive.iter();
        let answered = inactive.position(|other| other.instead && other.session.is_answered());
        if let Some(at) = answered {
            let Inactive { session, .. } = self.sessions.inactive.remove(at);
            self.succeed(session, now);
        }
    }

    /// What a new handshake of the device is accepted with.
    pub fn vouchers(&self) -> Vec<Voucher<'_>> {
        let threads = self.continuity.iter().flat_map(Continuity::to_accept);
        let threads = threads.map(Voucher::Continuity);
        threads.chain([Voucher::Nothing]).collect()
    }

    /// What to open a new session with.
    pub fn voucher(&self) -> Voucher<'_> {
        let thread = self.continuity.as_ref().and_then(Continuity::to_open);
        thread.map_or(Voucher::Nothing, Voucher::Continuity)
    }

    /// The time to open a new session at: now, but after every other, however the clocks are set.
    pub fn opening_time(&self, now: Timestamp) -> Timestamp {
        let latest = self.continuity.as_ref().map(Continuity::latest);
        let after = latest.and_then(|at| at.checked_add(SignedDuration::from_millis(1)).ok());
        after.map_or(now, |after| after.max(now))
    }

    /// Takes a session that we opened.
    pub fn open(&mut self, session: Session, now: Timestamp) -> Standing {
        self.count(session, now)
    }

    /// Keeps the threads of a session with the device that neither side sends in any more, to open
    /// and accept the first one here by. Where anything is kept already it changes nothing.
    pub fn vouch(&mut self, by: &Session) {
        if self.continuity.is_none() {
            self.change_continuity(|_| Continuity::of(by));
        }
    }

    /// Takes a session that we opened by an invitation, with a device that was met before: the other
    /// side does not go by what was opened earlier either.
    pub fn open_anew(&mut self, session: Session, now: Timestamp) {
        self.change_continuity(|kept| match kept {
            Some(kept) => kept.restarted(&session),
            None => Continuity::of(&session),
        });
        self.sessions.activate(session, now);
    }

    /// That a session which the device opened is of a time that its clock may show.
    ///
    /// # Errors
    ///
    /// [`SessionError::OpenedAhead`].
    pub fn check_time(&self, session: &Session, now: Timestamp) -> Result<(), SessionError> {
        let latest = self.continuity.as_ref().map(Continuity::latest);
        let latest = latest.map_or(now, |latest| latest.max(now));
        let limit = MAX_HOURS_AHEAD;
        if session.opened_at().duration_since(latest) > SignedDuration::from_hours(limit) {
            return Err(SessionError::OpenedAhead { limit });
        }
        Ok(())
    }

    /// Takes a session that the device opened, by that voucher.
    pub fn take(
        &mut self,
        session: Session,
        voucher: VoucherKind,
        arrival: Arrival,
        now: Timestamp,
    ) -> Standing {
        if self.counts(voucher, arrival) {
            return self.count(session, now);
        }
        let held = self.sessions.pending.as_ref();
        if held.is_none_or(|held| order(held) < order(&session)) {
            self.sessions.pending = Some(session);
        }
        Standing::Pending
    }

    /// The user has decided whether a pending session is the device's. False, and nothing is changed,
    /// where it is not `shown` that is pending: another one may have come since the user was asked.
    pub fn decide(&mut self, shown: SessionId, genuine: bool, now: Timestamp) -> bool {
        let pending = &mut self.sessions.pending;
        let Some(session) = pending.take_if(|pending| pending.id() == shown) else {
            return false;
        };
        if genuine {
            // Whatever was known before is lost on the other side.
            self.change_continuity(|_| Continuity::of(&session));
            self.sessions.activate(session, now);
        }
        true
    }

    /// Forgets what can come no more. Whether anything changed.
    pub fn forget_expired(&mut self, now: Timestamp) -> bool {
        let mut changed = false;
        for (session, _) in self.sessions.all() {
            changed |= session.forget_expired(now);
        }
        changed | self.sessions.forget_inactive(now)
    }

    /// Whether a session by that voucher may be sent in.
    fn counts(&self, voucher: VoucherKind, arrival: Arrival) -> bool {
        match (voucher, arrival) {
            (VoucherKind::Invitation | VoucherKind::Continuity, _) => true,
            (VoucherKind::Nothing, Arrival::Direct) => false,
            (VoucherKind::Nothing, Arrival::Introduced) => {
                match (&self.sessions.active, &self.continuity) {
                    (None, None) => true,
                    // Both sides introduce themselves at once.
                    (Some(active), Some(continuity)) => {
                        active.is_unvouched_question() && continuity.is_of_first()
                    }
                    _ => false,
                }
            }
        }
    }

    fn count(&mut self, session: Session, now: Timestamp) -> Standing {
        let active = self.sessions.active.as_ref();
        let lost = self.continuity.as_ref().map(Continuity::latest);
        // Where the active one is lost, what was opened before it is not to be sent in either.
        let is_late = match active {
            Some(active) => order(&session) < order(active),
            None => lost.is_some_and(|lost| session.opened_at() < lost),
        };
        if is_late {
            self.sessions.keep_inactive(session, now, false);
            return Standing::Inactive;
        }
        self.succeed(session, now);
        Standing::Active
    }

    /// Another session is the active one.
    fn succeed(&mut self, session: Session, now: Timestamp) {
        self.change_continuity(|kept| match kept {
            Some(kept) => kept.replaced(&session),
            None => Continuity::of(&session),
        });
        self.sessions.activate(session, now);
    }

    /// The active session moved on.
    fn follow(&mut self) {
        let Some(active) = &self.sessions.active else {
            return;
        };
        let now = match self.continuity.take() {
            Some(kept) if kept.is_as(active) => {
                self.continuity = Some(kept);
                return;
            }
            Some(kept) => kept.followed(active),
            None => Continuity::of(active),
        };
        self.change_continuity(|_| now);
    }

    /// The only way in which it changes: so each change is stored.
    fn change_continuity(&mut self, change: impl FnOnce(Option<Continuity>) -> Continuity) {
        self.continuity = Some(change(self.continuity.take()));
        self.continuity_is_stored = false;
    }
}

/// The session of the greatest order is the one that both sides send in.
fn order(session: &Session) -> (Timestamp, SessionId) {
    (session.opened_at(), session.id())
}

impl Sessions {
    fn all(&mut self) -> impl Iterator<Item = (&mut Session, Standing)> {
        let active = self.active.iter_mut();
        let active = active.map(|session| (session, Standing::Active));
        let inactive = self.inactive.iter_mut().rev();
        let inactive = inactive.map(|inactive| (&mut inactive.session, Standing::Inactive));
        let pending = self.pending.iter_mut();
        let pending = pending.map(|session| (session, Standing::Pending));
        active.chain(inactive).chain(pending)
    }

    fn activate(&mut self, session: Session, now: Timestamp) {
        if let Some(replaced) = self.active.replace(session) {
            self.keep_inactive(replaced, now, false);
        }
    }

    fn keep_inactive(&mut self, session: Session, since: Timestamp, instead: bool) {
        self.inactive.push(Inactive {
            session,
            since,
            instead,
        });
        let excess = self.inactive.len().saturating_sub(MAX_INACTIVE_SESSIONS);
        self.inactive.drain(..excess);
    }

    /// Forgets those that are over. Whether anything changed.
    fn forget_inactive(&mut self, now: Timestamp) -> bool {
        let before = self.inactive.len();
        let longest = i64::from(MAX_INACTIVE_DAYS) * 86_400;
        self.inactive
            .retain(|inactive| now.as_second() - inactive.since.as_second() < longest);
        let forgot = self.inactive.len() < before;
        let stamps = self.inactive.iter_mut();
        none_ahead(stamps.map(|inactive| &mut inactive.since), now) || forgot
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            active,
            inactive,
            pending,
        } = self;
        f.debug_struct("Sessions")
            .field("active", active)
            .field("inactive", &inactive.len())
            .field("pending", &pending.is_some())
            .finish()
    }
}

impl fmt::Debug for DeviceSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sessions,
            continuity,
            continuity_is_stored: _,
        } = self;
        f.debug_struct("DeviceSessions")
            .field("sessions", sessions)
            .field("continuity", continuity)
            .finish()
    }
}
