//! Contacts to whom nothing is sent until the user has decided (`docs/protocol.md`, "Holds"): how
//! it comes to that, what waits, and how it ends without them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sotto_protocol::{
    frames::{FetchPrekeys, Prekeys as PrekeysFrame, client_frame},
    id::{AccountId, DeviceId, MessageId},
};

use super::{Context, Engine, Pending, renewing::Renewal};
use crate::{
    api::{
        ApiError, ApiErrorCode, ContactRef, ContactState, ContactView, Direction, HoldDecision,
        HoldKind, HoldView, Notice,
    },
    connection::later,
    contacts::{Contact, Contacts},
    history::Said,
    hold::{Cause, Hold, HoldStep, Texts, folded_name, held_error},
    identity::{Follow, PeerDevices, Source},
    local_id::{ContactId, ConversationId},
    outbox::Letter,
    peers::PeerKey,
    random::random_bytes,
    session::{DeviceSessions, Session},
};

/// While the directory is known to show an older list, it is looked at this often.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Whether a letter may be posted. That with which somebody is met anew may: it goes where an
/// invitation says, in a session of its own.
pub(super) fn may_go(
    contacts: &Contacts,
    renewals: &BTreeMap<ContactId, Renewal>,
    letter: &Letter,
) -> bool {
    let to = letter.peer.contact();
    let renews = |renewal: &Renewal| renewal.request == letter.message;
    contacts.get(to).is_none_or(|contact| !contact.is_held())
        || renewals.get(to).is_some_and(renews)
}

impl Contact {
    /// Why nothing is sent to them until the user has decided.
    pub(super) fn held(&self) -> Option<&Hold> {
        self.doubts.worst().filter(|_| self.can_be_held())
    }

    /// Whether that is so.
    pub(crate) fn is_held(&self) -> bool {
        self.held().is_some()
    }

    /// Whether there is anything to be stopped.
    fn can_be_held(&self) -> bool {
        let over = matches!(self.state, ContactState::Blocked | ContactState::Declined);
        !over && !self.removed
    }

    /// That something may be said to them.
    ///
    /// # Errors
    ///
    /// Why not, and what is to be decided.
    pub(super) fn check_not_held(&self) -> Result<(), ApiError> {
        self.held()
            .map_or(Ok(()), |hold| Err(held_error(&hold.cause, self.name())))
    }

    /// That they may be met anew by an invitation of theirs: what it brings settles who they are.
    ///
    /// # Errors
    ///
    /// Where it does not.
    pub(super) fn check_may_meet_anew(&self) -> Result<(), ApiError> {
        let unsettled = [HoldKind::ListForked, HoldKind::AccountChanged];
        let hold = unsettled.iter().find_map(|kind| self.doubts.of(*kind));
        hold.map_or(Ok(()), |hold| Err(held_error(&hold.cause, self.name())))
    }

    /// Whether they are called so, by themselves or by the user.
    fn is_called(&self, folded: &str) -> bool {
        let own = self.own_name.iter();
        own.chain([&self.name])
            .any(|name| folded_name(name) == folded)
    }
}

impl Contacts {
    /// Whom somebody with that name and that account might be taken for, as far as the user has not
    /// said already that they are two.
    pub(super) fn namesakes(
        &self,
        name: &str,
        account: &AccountId,
    ) -> impl Iterator<Item = &Contact> {
        let folded = folded_name(name);
        let others = self.iter().filter(|known| known.account != *account);
        others
            .filter(|known| !known.doubts.is_known_to_differ(account))
            .filter(move |known| known.is_called(&folded))
    }

    /// Those who are held because that one has come under their name.
    fn claimed_by<'a>(&'a self, newcomer: &'a ContactId) -> impl Iterator<Item = &'a Contact> {
        self.iter()
            .filter(move |known| known.doubts.claimed_by().any(|other| other == newcomer))
    }
}

/// What is shown.
impl Engine {
    pub(super) fn is_held(&self, id: &ContactId) -> bool {
        self.contacts.get(id).is_some_and(Contact::is_held)
    }

    /// Whether a letter may be posted.
    pub(super) fn may_go(&self, letter: &Letter) -> bool {
        may_go(&self.contacts, &self.renewals, letter)
    }

    /// A contact as the user sees them.
    pub(super) fn contact_view(&self, contact: &Contact) -> ContactView {
        let hold = contact.held();
        let hold = hold.map(|hold| self.hold_view(contact, hold));
        let same_name = self.contacts.claimed_by(&contact.id).next();
        let is_reachable = |device: &DeviceId| {
            let peer = self.peers.get(&PeerKey::new(&contact.id, device));
            peer.is_some_and(|peer| self.can_reach(peer))
        };
        contact.view(
            is_reachable,
            self.missing_prekeys(&contact.id),
            hold,
            same_name.map(Contact::reference),
            self.is_agents(&contact.id),
        )
    }

    fn hold_view(&self, contact: &Contact, hold: &Hold) -> HoldView {
        let Texts {
            happened,
            first,
            keep,
            take,
        } = Texts::new(&hold.cause, contact.name());
        let other = match &hold.cause {
            Cause::AccountChanged { other } => Some(self.contact_ref(other)),
            _ => None,
        };
        let waits = |letter: &Letter| *letter.peer.contact() == contact.id && !self.may_go(letter);
        HoldView {
            kind: hold.cause.kind(),
            since: hold.since,
            other,
            happened,
            first,
            keep,
            take,
            waiting: u32::try_from(self.outbox.count(waits)).unwrap_or(u32::MAX),
        }
    }

    /// To whom nothing more is sent if somebody with that name and that account is met.
    pub(super) fn same_name(&self, name: &str, account: &AccountId) -> Option<ContactRef> {
        if self.contacts.by_account(account).is_some() {
            return None;
        }
        let mut namesakes = self.contacts.namesakes(name, account);
        let held = namesakes.find(|known| known.can_be_held());
        held.map(Contact::reference)
    }
}

/// How it comes to a hold, and how one ends without the user.
impl Engine {
    /// Stops sending to a contact, unless the user has decided about the very same before.
    fn hold(&mut self, id: &ContactId, cause: Cause, cx: &mut Context<'_>) {
        let contact = self.contacts.get(id).filter(|known| known.can_be_held());
        let Some(mut contact) = contact.cloned() else {
            return;
        };
        let kind = cause.kind();
        let is_new = contact.doubts.add(cause, cx.now);
        self.save_contact(contact, cx);
        if is_new {
            self.note_hold(id, kind, HoldStep::Raised, cx);
        }
    }

    pub(super) fn change_doubts(
        &mut self,
        id: &ContactId,
        change: impl FnOnce(&mut Contact) -> bool,
        cx: &mut Context<'_>,
    ) -> bool {
        let Some(mut contact) = self.contacts.get(id).cloned() else {
            return false;
        };
        let changed = change(&mut contact);
        if changed {
            self.save_contact(contact, cx);
        }
        changed
    }

    pub(super) fn note_hold(
        &mut self,
        id: &ContactId,
        kind: HoldKind,
        step: HoldStep,
        cx: &mut Context<'_>,
    ) {
        let said = Said::Hold {
            id: MessageId::from_bytes(random_bytes(cx.rng)),
            kind,
            step,
        };
        let direction = match step {
            HoldStep::Decided(_) => Direction::Outgoing,
            HoldStep::Raised | HoldStep::Passed => Direction::Incoming,
        };
        let conversation = ConversationId::from(id);
        self.write_down(conversation, id.clone(), direction, said, cx);
        cx.notice(Notice::Proposals);
    }

    /// Measures a list that the relay's directory shows, which says what is so now.
    ///
    /// # Errors
    ///
    /// Why it is not to be believed.
    pub(super) fn check_directory(
        &mut self,
        id: &ContactId,
        shown: &PeerDevices,
        cx: &mut Context<'_>,
    ) -> Result<(), ApiError> {
        let Some(contact) = self.contacts.get(id) else {
            return Ok(());
        };
        let mut checked = contact.check_directory(shown);
        if checked.is_ok() && contact.doubts.is_disbelieved(shown) {
            checked = Err(not_believed(contact.name()));
        }
        match contact.devices.follow(shown, Source::Directory) {
            Follow::Backwards { .. } => {
                let shown = shown.clone();
                self.hold(id, Cause::ListBackwards { shown }, cx);
            }
            Follow::Forked { .. } => {
                let shown = shown.clone();
                self.hold(id, Cause::ListForked { shown }, cx);
            }
            Follow::Same | Follow::Newer(_) if checked.is_ok() => {
                self.pass(id, HoldKind::ListBackwards, cx);
            }
            _ => {}
        }
        checked
    }

    /// Measures the list that a device shows in a session of its own.
    ///
    /// # Errors
    ///
    /// Why the device is not one of theirs, for a person.
    pub(super) fn check_shown(
        &mut self,
        id: &ContactId,
        device: &DeviceId,
        shown: &PeerDevices,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        let Some(contact) = self.contacts.get(id) else {
            return Ok(());
        };
        let mut checked = contact.check_device(device, shown);
        let is_known = contact.devices.device(device) == shown.device(device);
        if checked.is_ok() && !is_known && contact.doubts.is_disbelieved(shown) {
            let name = contact.name();
            checked = Err(format!(
                "it comes from a device of a list of {name}’s that you did not believe"
            ));
        }
        if let Follow::Forked { .. } = contact.devices.follow(shown, Source::Session) {
            self.forked(id, shown, cx);
        }
        checked
    }

    /// Their account has signed two lists of one number.
    pub(super) fn forked(&mut self, id: &ContactId, shown: &PeerDevices, cx: &mut Context<'_>) {
        let shown = shown.clone();
        self.hold(id, Cause::ListForked { shown }, cx);
    }

    /// What came under that id was said in a session that nothing vouches for.
    pub(super) fn doubted(&mut self, from: &PeerKey, post: MessageId, cx: &mut Context<'_>) {
        let pending = self.sessions.get(from).and_then(DeviceSessions::pending);
        let Some(shown) = pending.map(Session::id) else {
            return;
        };
        let cause = Cause::SessionUnvouched {
            shown: vec![(from.clone(), shown)],
            unread: vec![(from.clone(), post)],
        };
        self.hold(from.contact(), cause, cx);
    }

    /// Somebody was introduced under a name. Whoever is known by it, with another account key, is
    /// held until the user has said whether they are one. Whether there is anybody.
    pub(super) fn compare_names(&mut self, newcomer: &ContactId, cx: &mut Context<'_>) -> bool {
        let Some(mut new) = self.contacts.get(newcomer).cloned() else {
            return false;
        };
        if !new.doubts.compare_as(&folded_name(&new.name)) {
            return self.check_no_claim(newcomer).is_err();
        }
        let namesakes = self.contacts.namesakes(&new.name, &new.account);
        let namesakes: Vec<ContactId> = namesakes.map(|known| known.id.clone()).collect();
        self.save_contact(new, cx);
        for known in &namesakes {
            let other = newcomer.clone();
            self.hold(known, Cause::AccountChanged { other }, cx);
        }
        !namesakes.is_empty()
    }

    /// The relay has taken something for a contact: from the first handshake on they are one, and
    /// bear a name.
    pub(super) fn taken_for(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        let contact = self.contacts.get(id);
        if contact.is_some_and(|contact| contact.state == ContactState::Waiting) {
            self.compare_names(id, cx);
        }
    }

    /// That the user has said of somebody who bears a contact's name whether they are the same.
    ///
    /// # Errors
    ///
    /// About whom it is to be decided.
    pub(super) fn check_no_claim(&self, newcomer: &ContactId) -> Result<(), ApiError> {
        let Some(claimed) = self.contacts.claimed_by(newcomer).next() else {
            return Ok(());
        };
        let name = claimed.name();
        Err(ApiError::new(
            ApiErrorCode::ContactHeld,
            format!("You know a {name} already, under another account key."),
            format!("First decide about the {name} whom you know whether they are one person."),
        ))
    }

    /// What was found is so no more.
    pub(super) fn pass(&mut self, id: &ContactId, kind: HoldKind, cx: &mut Context<'_>) {
        let end = |contact: &mut Contact| contact.doubts.end_all(kind);
        if self.change_doubts(id, end, cx) {
            self.note_hold(id, kind, HoldStep::Passed, cx);
        }
    }

    /// A device was met anew by an invitation, whose secret vouches for it: what waited for a
    /// decision is not asked about any more.
    pub(super) fn vouched(&mut self, peer: &PeerKey, cx: &mut Context<'_>) {
        self.disbelieve_session(peer, cx);
        self.forget_unvouched(peer.contact(), cx);
    }

    /// Forgets the session of a device that waits for a decision.
    pub(super) fn disbelieve_session(&mut self, peer: &PeerKey, cx: &mut Context<'_>) {
        if let Some(sessions) = self.sessions.get_mut(peer)
            && let Some(pending) = sessions.pending().map(Session::id)
        {
            sessions.decide(pending, false, cx.now);
            self.save_sessions(peer, cx);
        }
    }

    /// Where no session waits for a decision any more, there is none.
    pub(super) fn forget_unvouched(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        if self.unvouched(id).is_empty() {
            self.pass(id, HoldKind::SessionUnvouched, cx);
        }
    }

    /// The devices of a contact of which a session waits for a decision.
    pub(super) fn unvouched(&self, id: &ContactId) -> Vec<PeerKey> {
        let waits = |key: &PeerKey| {
            let sessions = self.sessions.get(key);
            sessions.and_then(DeviceSessions::pending).is_some()
        };
        let peers = self.peers.of(id).map(|peer| peer.key.clone());
        peers.filter(waits).collect()
    }

    /// Nothing is to be decided about a contact any more, as the acquaintance is over; nor about
    /// those whose name they bear. What waits is not sent.
    pub(super) fn end_holds(&mut self, id: &ContactId, cx: &mut Context<'_>) {
        self.tell_apart(id, cx);
        if !self.is_held(id) {
            return;
        }
        let why = "as sending was stopped";
        self.lose_letters(|letter| letter.peer.contact() == id, why, cx);
        let end = |contact: &mut Contact| {
            contact.doubts.end_every();
            true
        };
        self.change_doubts(id, end, cx);
    }

    /// The user has ended the acquaintance with somebody, or said who they are: they are nobody else.
    pub(super) fn tell_apart(&mut self, newcomer: &ContactId, cx: &mut Context<'_>) {
        let claimed = self.contacts.claimed_by(newcomer);
        let claimed: Vec<ContactId> = claimed.map(|known| known.id.clone()).collect();
        for known in claimed {
            self.are_two(&known, newcomer, cx);
        }
    }

    pub(super) fn are_two(&mut self, known: &ContactId, other: &ContactId, cx: &mut Context<'_>) {
        let account = self.contacts.get(other).map(|new| new.account);
        let cause = Cause::AccountChanged {
            other: other.clone(),
        };
        let end = |contact: &mut Contact| {
            account
                .into_iter()
                .for_each(|other| contact.doubts.is_not(other));
            contact.doubts.end(&cause)
        };
        self.change_doubts(known, end, cx);
        let step = HoldStep::Decided(HoldDecision::Keep);
        self.note_hold(known, HoldKind::AccountChanged, step, cx);
    }
}

/// Looking again whether the directory still shows an older list.
impl Engine {
    /// When the directory is to be looked at next, on this connection.
    pub(super) fn look_due(&self) -> Option<Timestamp> {
        let mut contacts = self.contacts.iter();
        let waits = contacts.any(|contact| contact.doubts.of(HoldKind::ListBackwards).is_some());
        self.look_at.filter(|_| waits)
    }

    /// Asks for the lists alone, so that nobody's prekeys are used up.
    pub(super) fn look_again(&mut self, cx: &mut Context<'_>) {
        if self.look_at.is_some_and(|at| at > cx.now) {
            return;
        }
        self.look_at = Some(later(cx.now, LOOK_AGAIN));
        let backwards = self.contacts.iter();
        let backwards =
            backwards.filter(|known| known.doubts.of(HoldKind::ListBackwards).is_some());
        let asked: Vec<_> = backwards
            .map(|known| (known.id.clone(), known.account))
            .collect();
        let none_of_theirs = self.identity.device().id();
        for (contact, account) in asked {
            let fetch = FetchPrekeys {
                account: account.to_vec(),
                devices: vec![none_of_theirs.to_vec()],
            };
            let body = client_frame::Body::FetchPrekeys(fetch);
            self.request(body, Pending::Look(contact), cx);
        }
    }

    /// The directory has shown a contact's list.
    pub(super) fn looked(
        &mut self,
        contact: &ContactId,
        shown: &PrekeysFrame,
        cx: &mut Context<'_>,
    ) {
        let Some(known) = self.contacts.get(contact) else {
            return;
        };
        let signed = shown.device_list.clone().unwrap_or_default();
        // What is not theirs says nothing of what is.
        let Ok(found) = PeerDevices::verify(&signed, &known.account) else {
            return;
        };
        if self.check_directory(contact, &found, cx).is_ok() {
            self.take_devices(contact, &found, cx);
        }
    }
}

/// The relay shows a list against which the user has decided.
fn not_believed(name: &str) -> ApiError {
    ApiError::new(
        ApiErrorCode::IdentityMismatch,
        format!("The relay shows a list of {name}’s devices that you decided not to believe."),
        format!(
            "Ask {name} by another way. If it is right after all, remove {name} and meet anew by an invitation."
        ),
    )
}
