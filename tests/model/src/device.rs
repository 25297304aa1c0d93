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

/// Into whose mailbox a message comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// That which was made for the device that it is said to be from.
    Own,
    /// That of another device of the same account.
    Other,
    /// That of an invitation.
    Invitation,
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
    /// Those that say in other keys what the first one says, which is not answered.
    pub instead: Vec<Term>,
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
    /// The secret of an invitation that it made, or uses.
    pub invitation: Option<Term>,
    /// What it has in common with another device of the other's account.
    pub sibling: Option<Term>,
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

impl Lines {
    /// Another session is the active one.
    fn succeed(&mut self, mutant: Option<Mutant>, new: &Session) {
        let (present, opened_at) = (Kept::of(new), new.prologue.opened_at);
        match &mut self.continuity {
            Some(continuity) => {
                continuity.latest = continuity.latest.max(opened_at);
                let replaced = std::mem::replace(&mut continuity.present, present);
                continuity.confirmed = new.confirmed();
                if mutant != Some(Mutant::FormerThreadsForgotten) {
                    continuity.former.push(replaced);
                }
            }
            None => {
                self.continuity = Some(Continuity {
                    present,
                    confirmed: new.confirmed(),
                    former: Vec::new(),
                    latest: opened_at,
                });
            }
        }
        self.active = Some(new.id);
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
            invitation: None,
            sibling: None,
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

    /// Of its keys, one-time ones that somebody else has used.
    pub(crate) fn used_bundle(&self) -> Option<Bundle> {
        let key = |kind| public(self.own(kind, 0));
        Some(Bundle {
            one_time: Some((0, key(Kind::OneTime))),
            kem: (Some(0), key(Kind::Kem)),
            ..self.bundle(false)?
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
        let thread = lines.continuity.as_ref().and_then(|continuity| {
            let former = continuity.former.iter().rev();
            let mut known = [&continuity.present].into_iter().chain(former);
            let known = known
                .find(|kept| kept.answered)
                .unwrap_or(&continuity.present);
            known.threads.received
        });
        let voucher = thread.or(self.invitation);
        let session = self.begin(mutant, bundle, voucher, (opened_at, rank));
        self.count(mutant, &session);
        session.id
    }

    /// Says the first message, which is not answered, in other keys. The session.
    pub(crate) fn open_again(
        &mut self,
        mutant: Option<Mutant>,
        bundle: &Bundle,
        rank: u8,
    ) -> Option<Term> {
        let first = self.lines(bundle.of.account).active?;
        let first = self.session(first)?;
        if !first.ours || first.answered || first.vouched {
            return None;
        }
        let opened_at = first.prologue.opened_at;
        let session = self.begin(mutant, bundle, None, (opened_at, rank));
        self.lines(bundle.of.account).instead.push(session.id);
        Some(session.id)
    }

    fn begin(
        &mut self,
        mutant: Option<Mutant>,
        bundle: &Bundle,
        voucher: Option<Term>,
        (opened_at, rank): (u8, u8),
    ) -> Session {
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
        session.vouched = voucher.is_some();
        self.sessions.push(session.clone());
        session
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
        self.follow(mutant, &session);
        Some((sent, session))
    }

    /// What stands beside the sessions follows them.
    fn follow(&mut self, mutant: Option<Mutant>, session: &Session) {
        let lines = self.lines(session.peer.account);
        if lines.active == Some(session.id)
            && let Some(continuity) = &mut lines.continuity
        {
            continuity.present = Kept::of(session);
            continuity.confirmed = session.confirmed();
            if continuity.confirmed && mutant != Some(Mutant::FormerThreadsKept) {
                continuity.former.clear();
            }
        }
    }

    /// Reads a message: in a session that is there, or by a handshake. `None` is a refusal.
    pub(crate) fn receive(&self, mutant: Option<Mutant>, wire: &Wire) -> Option<Self> {
        self.receive_at(mutant, wire, Way::Other)
    }

    /// As [`receive`](Self::receive), in some mailbox.
    pub(crate) fn receive_at(&self, mutant: Option<Mutant>, wire: &Wire, way: Way) -> Option<Self> {
        for (at, session) in self.sessions.iter().enumerate() {
            match session.decrypt(mutant, wire) {
                Ok(changed) => {
                    let mut device = self.clone();
                    device.sessions[at] = changed.clone();
                    // What is said in a session that the user has to decide on has no effect.
                    if device.lines(changed.peer.account).pending != Some(changed.id) {
                        device.take(&changed, wire);
                        device.follow(mutant, &changed);
                        device.settle(mutant, &changed);
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
        self.accept(mutant, wire, way)
    }

    /// Of the sessions that say the same, that in which an answer comes is the active one.
    fn settle(&mut self, mutant: Option<Mutant>, answered: &Session) {
        let active = self.lines(answered.peer.account).active;
        let active = active.and_then(|id| self.session(id));
        let waits = active.is_some_and(|active| active.ours && !active.answered);
        let lines = self.lines(answered.peer.account);
        let instead = lines.instead.contains(&answered.id) && answered.answered;
        if waits && instead && mutant != Some(Mutant::FirstKeysAreKept) {
            lines.succeed(mutant, answered);
        }
    }

    fn has_heard(&self, from: Term, text: Term) -> bool {
        let mut taken = self.taken.iter();
        taken.any(|taken| (taken.from, taken.text) == (from, text))
    }

    fn take(&mut self, session: &Session, wire: &Wire) {
        // An introduction that is said again acts once.
        if self.sibling.is_some() && self.has_heard(session.peer.account, wire.text) {
            return;
        }
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

    fn accept(&self, mutant: Option<Mutant>, wire: &Wire, way: Way) -> Option<Self> {
        let prologue = wire.prologue?;
        let vouchers: Vec<Option<Term>> = match (way, self.sibling) {
            (Way::Invitation, _) => vec![Some(self.invitation?)],
            (Way::Other, Some(sibling)) => vec![Some(sibling), None],
            _ => {
                let threads = self.vouchers(prologue.from.account);
                threads.into_iter().map(Some).chain([None]).collect()
            }
        };
        let (voucher, seed) = vouchers.into_iter().find_map(|voucher| {
            let (key, data, seed) = self.handshake(mutant, &prologue, voucher)?;
            let block = open(key, data, prologue.identity)?;
            (block == identity(prologue.from, prologue.opened_at)).then_some((voucher, seed))
        })?;
        if self.seen.contains(&seed.id) || self.session(seed.id).is_some() {
            return None;
        }
        // What vouches for the device whose mailbox it is vouches for no other.
        let of_another = voucher.is_some() && voucher == self.sibling;
        if of_another && mutant != Some(Mutant::SiblingsVouchForEachOther) {
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
        let account = session.peer.account;
        let active = device.lines(account).active;
        // What is said again in other keys changes nothing.
        let again = active.is_some() && device.has_heard(account, wire.text);
        if again && mutant != Some(Mutant::OtherKeysAreAnotherSession) {
            return None;
        }
        if mutant != Some(Mutant::OneTimeKeysKept) {
            match prologue.one_time.is_some() || prologue.kem.is_some() {
                true => {
                    device.one_time.retain(|id| Some(*id) != prologue.one_time);
                    device.kem.retain(|id| Some(*id) != prologue.kem);
                }
                false => drop(device.seen.insert(seed.id)),
            }
        }
        if way == Way::Invitation {
            device.invitation = None;
            let active = active.and_then(|id| device.session(id));
            let crosses = active.is_some_and(|active| active.ours && !active.answered);
            if !crosses {
                // They have lost all that there was.
                device.lose(account);
                device.lines(account).continuity = None;
            }
        }
        device.sessions.push(session.clone());
        if voucher.is_some() || device.needs_no_voucher(mutant, &session, way) {
            device.take(&session, wire);
            device.count(mutant, &session);
        } else {
            device.hold(&session);
        }
        Some(device)
    }

    /// Keeps a session for the user to decide on: of two, that of the greater time and id.
    fn hold(&mut self, new: &Session) {
        let held = self.lines(new.peer.account).pending;
        let order = |session: &Session| (session.prologue.opened_at, session.rank);
        let held = held.and_then(|id| self.session(id));
        let gone = held.map(|held| {
            if order(held) < order(new) {
                held.id
            } else {
                new.id
            }
        });
        self.sessions.retain(|session| Some(session.id) != gone);
        if gone != Some(new.id) {
            self.lines(new.peer.account).pending = Some(new.id);
        }
    }

    /// Whether identity keys alone are enough for a session to count.
    fn needs_no_voucher(&mut self, mutant: Option<Mutant>, new: &Session, way: Way) -> bool {
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
        if way == Way::Own {
            return false;
        }
        match (&active, &lines.continuity) {
            (None, None) => true,
            // Both have opened their first one.
            (Some(active), Some(continuity)) => {
                let first = continuity.former.is_empty() && !continuity.confirmed;
                let ignored = mutant == Some(Mutant::KeysAloneDisplaceInvitations);
                active.ours && !active.answered && first && (!active.vouched || ignored)
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
        lines.succeed(mutant, new);
    }

    /// Loses its sessions with somebody; what stands beside them stays.
    pub(crate) fn lose(&mut self, account: Term) {
        self.sessions
            .retain(|session| session.peer.account != account);
        let lines = self.lines(account);
        (lines.active, lines.pending) = (None, None);
        lines.instead.clear();
    }

    /// What a thief finds of what is kept beside the sessions.
    pub(crate) fn threads(&self) -> impl Iterator<Item = Term> {
        let lines = self.lines.iter();
        let continuity = lines.filter_map(|lines| lines.continuity.as_ref());
        let kept = continuity.flat_map(|all| all.former.iter().chain([&all.present]));
        let threads = kept.map(|kept| kept.threads);
        threads.flat_map(|threads| {
            threads
                .received
                .into_iter()
                .chain(threads.own.into_iter().flatten())
        })
    }

    /// What a thief of everything but the identity keys finds.
    pub(crate) fn secrets(&self) -> Vec<Term> {
        let mut all: Vec<Term> = self.sessions.iter().flat_map(Session::secrets).collect();
        all.extend(self.threads());
        all.extend([
            self.own(Kind::SignedPrekey, 0),
            self.own(Kind::LastResort, 0),
        ]);
        all.extend(self.sibling.into_iter().chain(self.invitation));
        all.extend(self.one_time.iter().map(|id| self.own(Kind::OneTime, *id)));
        all.extend(self.kem.iter().map(|id| self.own(Kind::Kem, *id)));
        all
    }

    /// The identity keys.
    pub(crate) fn identity_keys(&self) -> [Term; 3] {
        [Kind::Account, Kind::Sign, Kind::Agree].map(|kind| self.own(kind, 0))
    }
}
