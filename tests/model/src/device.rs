//! A device: its prekeys, and its sessions with the others (`prekeys/`, `session/handshake/`, and
//! what an Initial message in a peer's mailbox does).

use std::collections::BTreeSet;

use crate::{
    Mutant,
    handshake::{Bundle, identity, open_towards},
    session::{Sent, Session, Threads},
    term::{Kind, Node, Party, Term, open, public, secret},
    wire::{Listed, Wire},
};

/// What a message from a peer was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Taken {
    /// Whose it is said to be.
    pub from: Term,
    /// In which session.
    pub session: Term,
    /// What it says.
    pub text: Term,
}

/// What is kept of one session in another record than it (`session/continuity.rs`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kept {
    /// Its threads.
    pub threads: Threads,
    /// Whether the peer is known to have the session.
    pub answered: bool,
}

/// What a new session can be authorised by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Continuity {
    /// Of the active session.
    pub present: Kept,
    /// Whether both sides are known to have used it.
    pub confirmed: bool,
    /// Of those before, from the last confirmed one on.
    pub former: Vec<Kept>,
    /// The latest time at which a session was opened.
    pub latest: u8,
}

/// What stands between this device and one peer (`session/device_sessions.rs`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Lines {
    /// The session that is sent in.
    pub active: Option<Term>,
    /// The one that the user has to decide on.
    pub pending: Option<Term>,
    /// Beside the sessions, so that it outlives them.
    pub continuity: Option<Continuity>,
}

/// Alice's or Bob's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Device {
    /// Whose.
    pub party: Party,
    /// Ids of one-time keys that are still there.
    pub one_time: BTreeSet<u8>,
    /// The same of the KEM.
    pub kem: BTreeSet<u8>,
    /// Handshakes without one-time keys that were accepted.
    pub seen: BTreeSet<Term>,
    /// All sessions that can receive.
    pub sessions: Vec<Session>,
    /// With the other honest one, and with Mallory.
    pub lines: [Lines; 2],
    /// What was received.
    pub taken: Vec<Taken>,
    /// How many one-time keys of each kind the directory has handed out.
    pub handed: u8,
    /// How much was drawn.
    pub drawn: u8,
    /// How many handshakes were opened.
    pub opened: u8,
}

/// Numbers what a device draws.
pub(crate) struct Drawer<'a> {
    party: Party,
    drawn: &'a mut u8,
}

impl Drawer<'_> {
    pub(crate) fn draw(&mut self, kind: Kind) -> Term {
        *self.drawn += 1;
        secret(self.party, kind, *self.drawn)
    }
}

impl Kept {
    fn of(session: &Session) -> Self {
        Self {
            threads: session.threads,
            answered: !session.ours || session.answered,
        }
    }
}

impl Device {
    /// A new one, with so many one-time keys of each kind.
    pub(crate) fn new(party: Party, one_time: u8) -> Self {
        Self {
            party,
            one_time: (1..=one_time).collect(),
            kem: (1..=one_time).collect(),
            seen: BTreeSet::new(),
            sessions: Vec::new(),
            lines: [Lines::default(), Lines::default()],
            taken: Vec::new(),
            handed: 0,
            drawn: 0,
            opened: 0,
        }
    }

    pub(crate) fn own(&self, kind: Kind, number: u8) -> Term {
        secret(self.party, kind, number)
    }

    /// What this device publishes; `full` with one-time keys.
    pub(crate) fn bundle(&self, full: bool) -> Option<Bundle> {
        let key = |kind, number| public(self.own(kind, number));
        let degraded = Bundle {
            of: Listed::of(self.party),
            signed_prekey: key(Kind::SignedPrekey, 0),
            one_time: None,
            kem: (None, key(Kind::LastResort, 0)),
        };
        if !full {
            return Some(degraded);
        }
        let id = self.handed + 1;
        let (one_time, kem) = (*self.one_time.get(&id)?, *self.kem.get(&id)?);
        Some(Bundle {
            one_time: Some((one_time, key(Kind::OneTime, one_time))),
            kem: (Some(kem), key(Kind::Kem, kem)),
            ..degraded
        })
    }

    /// The lines with an account.
    pub(crate) fn lines(&mut self, account: Term) -> &mut Lines {
        let dishonest = account.secret().expect("an account").of == Party::Mallory;
        &mut self.lines[usize::from(dishonest)]
    }

    /// The session of that id.
    pub(crate) fn session(&self, id: Term) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// Opens a session, by continuity if there is any, so many ticks after the latest one.
    pub(crate) fn open(
        &mut self,
        mutant: Option<Mutant>,
        bundle: &Bundle,
        (rank, ticks): (u8, u8),
    ) -> Term {
        self.opened += 1;
        let lines = self.lines(bundle.of.account);
        let latest = lines
            .continuity
            .as_ref()
            .map_or(0, |continuity| continuity.latest);
        let opened_at = match mutant {
            Some(Mutant::OpenedByTheClockAlone) => ticks - 1,
            _ => latest + ticks,
        };
        let voucher = lines.continuity.as_ref().and_then(|continuity| {
            let former = continuity.former.iter().rev();
            let mut known = [&continuity.present].into_iter().chain(former);
            let known = known
                .find(|kept| kept.answered)
                .unwrap_or(&continuity.present);
            known.threads.received
        });
        let party = self.party;
        let drawer = &mut Drawer {
            party,
            drawn: &mut self.drawn,
        };
        let (ephemeral, random) = (drawer.draw(Kind::Turn), drawer.draw(Kind::Encapsulation));
        let turn = drawer.draw(Kind::Turn);
        let local = (Listed::of(party), secret(party, Kind::Agree, 0));
        let opening = open_towards(
            mutant,
            local,
            bundle,
            voucher,
            (ephemeral, random),
            (opened_at, rank),
        );
        let mut session = Session::initiator(
            mutant,
            (local.0, bundle.of),
            opening.prologue,
            &opening.seed,
            turn,
        );
        session.history.extend(
            [random.secret(), bundle.kem.1.secret()]
                .into_iter()
                .flatten(),
        );
        let id = session.id;
        self.sessions.push(session.clone());
        self.count(mutant, &session);
        id
    }

    /// Encrypts in the active session with somebody.
    pub(crate) fn encrypt(
        &mut self,
        (mutant, epochs): (Option<Mutant>, u8),
        id: Term,
        text: impl FnOnce(&mut Drawer<'_>) -> Term,
    ) -> Option<(Sent, Session)> {
        let party = self.party;
        let drawer = &mut Drawer {
            party,
            drawn: &mut self.drawn,
        };
        let session = self.sessions.iter_mut().find(|session| session.id == id)?;
        let text = text(drawer);
        let sent = session.encrypt(mutant, epochs, |kind| drawer.draw(kind), text)?;
        let session = session.clone();
        self.follow(&session);
        Some((sent, session))
    }

    /// What stands beside the sessions follows them.
    fn follow(&mut self, session: &Session) {
        let lines = self.lines(session.peer.account);
        if lines.active == Some(session.id)
            && let Some(continuity) = &mut lines.continuity
        {
            continuity.present = Kept::of(session);
            continuity.confirmed = session.confirmed();
            if continuity.confirmed {
                continuity.former.clear();
            }
        }
    }

    /// Reads a message: in a session that is there, or by a handshake. `None` is a refusal.
    pub(crate) fn receive(&self, mutant: Option<Mutant>, wire: &Wire) -> Option<Self> {
        for (at, session) in self.sessions.iter().enumerate() {
            match session.decrypt(mutant, wire) {
                Ok(changed) => {
                    let mut device = self.clone();
                    device.sessions[at] = changed.clone();
                    // What is said in a session that the user has to decide on has no effect.
                    if device.lines(changed.peer.account).pending != Some(changed.id) {
                        device.take(&changed, wire);
                        device.follow(&changed);
                    }
                    return Some(device);
                }
                Err(Some(changed)) if mutant == Some(Mutant::CommitsBeforeItAuthenticates) => {
                    let mut device = self.clone();
                    device.sessions[at] = *changed;
                    return Some(device);
                }
                Err(_) => {}
            }
        }
        self.accept(mutant, wire)
    }

    fn take(&mut self, session: &Session, wire: &Wire) {
        self.taken.push(Taken {
            from: session.peer.account,
            session: session.id,
            text: wire.text,
        });
        self.taken.sort();
    }

    /// The secrets by which a peer may open anew.
    pub(crate) fn vouchers(&self, account: Term) -> Vec<Term> {
        let dishonest = account.secret().expect("an account").of == Party::Mallory;
        let Some(continuity) = &self.lines[usize::from(dishonest)].continuity else {
            return Vec::new();
        };
        let kept = [&continuity.present]
            .into_iter()
            .chain(continuity.former.iter().rev());
        kept.flat_map(|kept| kept.threads.own).flatten().collect()
    }

    fn accept(&self, mutant: Option<Mutant>, wire: &Wire) -> Option<Self> {
        let prologue = wire.prologue?;
        let vouchers = self.vouchers(prologue.from.account).into_iter().map(Some);
        let (voucher, seed) = vouchers.chain([None]).find_map(|voucher| {
            let (key, data, seed) = self.handshake(mutant, &prologue, voucher)?;
            let block = open(key, data, prologue.identity)?;
            (block == identity(prologue.from, prologue.opened_at)).then_some((voucher, seed))
        })?;
        if self.seen.contains(&seed.id) || self.session(seed.id).is_some() {
            return None;
        }
        let local = Listed::of(self.party);
        let signed = self.own(Kind::SignedPrekey, 0);
        let session = Session::responder((local, prologue.from), prologue, &seed, signed);
        let mut session = session.decrypt(mutant, wire).ok()?;
        let (key, random) = match prologue.ciphertext.node() {
            Node::Ciphertext(key, random) => (*key, *random),
            _ => panic!("a ciphertext"),
        };
        session
            .history
            .extend([key.secret(), random.secret()].into_iter().flatten());

        let mut device = self.clone();
        if mutant != Some(Mutant::OneTimeKeysKept) {
            match prologue.one_time.is_some() || prologue.kem.is_some() {
                true => {
                    device.one_time.retain(|id| Some(*id) != prologue.one_time);
                    device.kem.retain(|id| Some(*id) != prologue.kem);
                }
                false => drop(device.seen.insert(seed.id)),
            }
        }
        device.sessions.push(session.clone());
        if voucher.is_some() || device.needs_no_voucher(mutant, &session) {
            device.take(&session, wire);
            device.count(mutant, &session);
        } else {
            device.lines(session.peer.account).pending = Some(session.id);
        }
        Some(device)
    }

    /// Whether identity keys alone are enough for a session to count.
    fn needs_no_voucher(&mut self, mutant: Option<Mutant>, new: &Session) -> bool {
        let active = self.lines(new.peer.account).active;
        let active = active.and_then(|id| self.session(id)).cloned();
        let lines = self.lines(new.peer.account);
        let order = |session: &Session| (session.prologue.opened_at, session.rank);
        let over_active = |over: &dyn Fn(&Session) -> bool| active.as_ref().is_some_and(over);
        let lenient = match mutant {
            Some(Mutant::ResetWithoutContinuity) => true,
            Some(Mutant::ResetWithoutContinuityWhileRenewing) => {
                over_active(&|active| active.ours && !active.answered)
            }
            Some(Mutant::OldHandshakesNeedNoContinuity) => {
                over_active(&|active| order(new) < order(active))
            }
            _ => false,
        };
        if lenient {
            return true;
        }
        match (&active, &lines.continuity) {
            (None, None) => true,
            // Both have opened their first one.
            (Some(active), Some(continuity)) => {
                let first = continuity.former.is_empty() && !continuity.confirmed;
                active.ours && !active.answered && first
            }
            _ => false,
        }
    }

    /// Takes a session that counts: of all, both sides send in the one that was opened last.
    fn count(&mut self, mutant: Option<Mutant>, new: &Session) {
        let active = self.lines(new.peer.account).active;
        let active = active.and_then(|id| self.session(id)).cloned();
        let lines = self.lines(new.peer.account);
        let opened_at = new.prologue.opened_at;
        let order = |session: &Session| (session.prologue.opened_at, session.rank);
        let is_late = match (active, &lines.continuity, mutant) {
            (Some(_), _, Some(Mutant::OldHandshakesDisplaceNewOnes)) => false,
            (Some(active), _, Some(Mutant::EachKeepsItsOwn)) => active.ours && !active.answered,
            (Some(active), ..) => order(new) < order(&active),
            (None, _, Some(Mutant::OldHandshakesFollowLostOnes)) => false,
            (None, Some(continuity), _) => opened_at < continuity.latest,
            (None, None, _) => false,
        };
        if is_late {
            return;
        }
        let present = Kept::of(new);
        match &mut lines.continuity {
            Some(continuity) => {
                continuity.latest = continuity.latest.max(opened_at);
                let replaced = std::mem::replace(&mut continuity.present, present);
                continuity.confirmed = new.confirmed();
                if mutant != Some(Mutant::FormerThreadsForgotten) {
                    continuity.former.push(replaced);
                }
            }
            None => {
                lines.continuity = Some(Continuity {
                    present,
                    confirmed: new.confirmed(),
                    former: Vec::new(),
                    latest: opened_at,
                });
            }
        }
        lines.active = Some(new.id);
    }

    /// Loses its sessions with somebody; what stands beside them stays.
    pub(crate) fn lose(&mut self, account: Term) {
        self.sessions
            .retain(|session| session.peer.account != account);
        let lines = self.lines(account);
        (lines.active, lines.pending) = (None, None);
    }

    /// What a thief of everything but the identity keys finds.
    pub(crate) fn secrets(&self) -> Vec<Term> {
        let mut all: Vec<Term> = self.sessions.iter().flat_map(Session::secrets).collect();
        for continuity in self
            .lines
            .iter()
            .filter_map(|lines| lines.continuity.as_ref())
        {
            for kept in continuity.former.iter().chain([&continuity.present]) {
                all.extend(kept.threads.received);
                all.extend(kept.threads.own.iter().flatten());
            }
        }
        all.extend([
            self.own(Kind::SignedPrekey, 0),
            self.own(Kind::LastResort, 0),
        ]);
        all.extend(self.one_time.iter().map(|id| self.own(Kind::OneTime, *id)));
        all.extend(self.kem.iter().map(|id| self.own(Kind::Kem, *id)));
        all
    }

    /// The identity keys.
    pub(crate) fn identity_keys(&self) -> [Term; 3] {
        [Kind::Account, Kind::Sign, Kind::Agree].map(|kind| self.own(kind, 0))
    }
}
