//! Devices that meet because their people know each other already: a new one of the user's, and those
//! of contacts. The account's signature under the list is enough; nobody is asked.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use sotto_protocol::{
    frames::{Error, FetchPrekeys, Prekeys as PrekeysFrame, client_frame},
    id::{DeviceId, MailboxId, MessageId},
};

use super::{
    Context, Engine, Pending, Store,
    hearing::NotTaken,
    posting::{Saying, sealed},
    relay::{LONGEST_PAUSE, PAUSE},
};
use crate::{
    api::Direction,
    connection::{later, pause_asked},
    history::Said,
    identity::{DevicesChanged, Follow, PeerDevices, Source},
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, Greeting, Handshake},
    outbox::Letter,
    peers::{Introduction, Peer, PeerKey},
    prekeys::PeerPrekeys,
    random::random_bytes,
    refusals::may_pass,
    relay_url::RelayUrl,
    session::{self, Accepted, Decrypted, Encrypted, SessionError, Standing, VoucherKind},
    sharing::Way,
};

/// Of so many people the prekeys are asked for at once: a new device knows up to a thousand.
pub(super) const MAX_INTRODUCING: usize = 8;
/// Whose keys could not be had, or were not to be believed, is asked for again after this time.
const PUT_OFF: SignedDuration = SignedDuration::from_hours(1);

/// What the key of a record ends with that holds what the agent says of somebody.
pub(super) const TOLD: &str = "/told";

/// Who has still to be met, as far as anybody knows.
#[derive(Debug, Default)]
pub(super) struct ToMeet {
    /// Those with a device that may not have been met.
    pub(super) owners: BTreeSet<ContactId>,
    put_off: BTreeMap<ContactId, Timestamp>,
    /// The relay wants to be asked later.
    paused: Option<Timestamp>,
}

impl ToMeet {
    /// When one of them is to be tried again.
    fn due(&self) -> Option<Timestamp> {
        let later = self.owners.iter().filter_map(|of| self.put_off.get(of));
        later.copied().chain(self.paused).min()
    }

    /// The connection is gone, and its relay's wishes with it.
    pub(super) fn disconnected(&mut self) {
        self.paused = None;
    }
}

impl Engine {
    /// Somebody's devices, or where they take messages, are otherwise than before.
    pub(super) fn look_whom_to_meet(&mut self, owner: &ContactId) {
        if self.told.contains_key(owner) {
            self.to_meet.owners.insert(owner.clone());
            self.to_meet.put_off.remove(owner);
        }
    }

    /// The devices of somebody that this one knows how to reach, and has not met; or that have not
    /// answered, and are to be told once more in other keys.
    fn unmet(&self, owner: &ContactId) -> Vec<Way> {
        let (Some(told), Some(listed)) = (self.told.get(owner), self.devices_of(owner)) else {
            return Vec::new();
        };
        if !self.speaks_with(owner) {
            return Vec::new();
        }
        let this = self.identity.device().id();
        let new = |way: &&Way| {
            let known = self.peers.get(&PeerKey::new(owner, &way.to));
            let waits = |known: &Peer| known.introduction.is_some_and(|i| i.wants_keys);
            way.to != this && listed.device(&way.to).is_some() && known.is_none_or(waits)
        };
        told.ways.iter().filter(new).copied().collect()
    }

    /// Whether a device of somebody is known that this one can still meet.
    pub(super) fn is_to_be_met(&self, owner: &ContactId) -> bool {
        !self.unmet(owner).is_empty()
    }

    /// Asks for the prekeys of those whom this device has still to meet, of some at once.
    pub(super) fn fetch_for_introducing(&mut self, cx: &mut Context<'_>) {
        let to_meet = &mut self.to_meet;
        to_meet.put_off.retain(|_, at| *at > cx.now);
        to_meet.paused = to_meet.paused.filter(|at| *at > cx.now);
        if to_meet.paused.is_some() {
            return;
        }
        let under_way = self.pending.values().filter_map(|pending| match pending {
            Pending::Introduce(owner) => Some(owner.clone()),
            _ => None,
        });
        let under_way: BTreeSet<ContactId> = under_way.collect();
        let mut room = MAX_INTRODUCING.saturating_sub(under_way.len());
        let waits = |owner: &&ContactId| {
            !under_way.contains(*owner) && !self.to_meet.put_off.contains_key(*owner)
        };
        let owners: Vec<ContactId> = self.to_meet.owners.iter().filter(waits).cloned().collect();
        for owner in owners {
            if room == 0 {
                return;
            }
            let unmet = self.unmet(&owner);
            let account = self.account_of(&owner).filter(|_| !unmet.is_empty());
            let Some(account) = account else {
                self.to_meet.owners.remove(&owner);
                continue;
            };
            room -= 1;
            let fetch = FetchPrekeys {
                account: account.to_vec(),
                devices: unmet.iter().map(|way| way.to.to_vec()).collect(),
            };
            let body = client_frame::Body::FetchPrekeys(fetch);
            self.request(body, Pending::Introduce(owner), cx);
        }
    }

    /// The relay has no prekeys for this, now or at all.
    pub(super) fn introducing_refused(
        &mut self,
        owner: &ContactId,
        error: &Error,
        cx: &mut Context<'_>,
    ) {
        if may_pass(error.code.parse().ok()) {
            let pause = pause_asked(error, LONGEST_PAUSE).max(PAUSE);
            self.to_meet.paused = Some(later(cx.now, pause));
        } else {
            let at = later(cx.now, PUT_OFF);
            self.to_meet.put_off.insert(owner.clone(), at);
        }
    }

    /// The relay served the prekeys of devices that this one has not met.
    pub(super) fn introduce(
        &mut self,
        owner: &ContactId,
        prekeys: &PrekeysFrame,
        cx: &mut Context<'_>,
    ) {
        let done = self.introduce_to_each(owner, prekeys, cx);
        if let Err(why) = &done {
            self.problem = Some(why.clone());
        }
        if done.is_err() || !self.unmet(owner).is_empty() {
            let at = later(cx.now, PUT_OFF);
            self.to_meet.put_off.insert(owner.clone(), at);
        }
    }

    fn introduce_to_each(
        &mut self,
        owner: &ContactId,
        prekeys: &PrekeysFrame,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        let devices = self.served_devices(owner, prekeys, cx)?;
        for way in self.unmet(owner) {
            let device = devices.device(&way.to);
            let mut offers = prekeys.devices.iter();
            let offered = offers.find(|offer| offer.device == way.to.to_vec());
            // One without prekeys is asked for again later.
            let (Some(device), Some(offered)) = (device, offered) else {
                continue;
            };
            let verified = PeerPrekeys::verify(offered, device)
                .map_err(|error| self.not_signed(owner, &error))?;
            if let Some(known) = self.peers.get(&PeerKey::new(owner, &way.to)).cloned() {
                self.introduce_again(known, way.mailbox, &verified, cx)?;
            } else {
                self.introduce_to(owner, way, &verified, cx)?;
            }
        }
        Ok(())
    }

    fn introduce_to(
        &mut self,
        owner: &ContactId,
        way: Way,
        prekeys: &PeerPrekeys,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        self.check_outbox(1).map_err(|error| error.message)?;
        let peer = self.meet(owner, way.to, None, cx);
        let sessions = self.sessions.entry(peer.key.clone()).or_default();
        let opened_at = sessions.opening_time(cx.now);
        // By what a link has given, where this device came, or the other one, by one.
        let voucher = sessions.voucher();
        let session = session::initiate(&self.identity, prekeys, voucher, opened_at, cx.rng);
        sessions.open(session.map_err(|error| error.to_string())?, cx.now);
        let message = MessageId::from_bytes(random_bytes(cx.rng));
        let introduction = Some(Introduction::new(message, cx.now));
        let peer = Peer {
            introduction,
            ..peer.served(prekeys)
        };
        self.save_peer(peer.clone(), cx);
        self.say_hello(&peer, way.mailbox, cx)
    }

    /// Who this device is. Said again, it keeps its id: whoever has read it takes it once.
    pub(super) fn hello(&self, to: &Peer, cx: &mut Context<'_>) -> AgentMessage {
        let mut greeting = self.greeting(to.my_mailbox);
        if to.key.contact().is_own()
            && let Some(called) = self.own_devices.name_of(&self.identity.device().id())
        {
            called.clone_into(&mut greeting.name);
        }
        let hello = Saying::new(Body::Handshake(Handshake::Device(greeting))).message(cx);
        let said = to
            .introduction
            .and_then(|introduction| introduction.message);
        AgentMessage {
            id: said.unwrap_or(hello.id),
            ..hello
        }
    }

    /// Says it in the active session, in the mailbox that the other one has for another of this account.
    pub(super) fn say_hello(
        &mut self,
        to: &Peer,
        mailbox: MailboxId,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        let hello = self.hello(to, cx);
        let Some(sessions) = self.sessions.get_mut(&to.key) else {
            return Ok(());
        };
        let device = self.identity.device();
        let sealed = sealed(sessions.encrypt(device, &hello.to_bytes(), cx.now, cx.rng))
            .map_err(|error| error.message)?;
        self.save_sessions(&to.key, cx);
        self.push_hello(&to.key, mailbox, &hello, &sealed, cx);
        Ok(())
    }

    pub(super) fn push_hello(
        &mut self,
        to: &PeerKey,
        mailbox: MailboxId,
        hello: &AgentMessage,
        sealed: &Encrypted,
        cx: &mut Context<'_>,
    ) {
        let letter = Letter {
            message: hello.id,
            peer: to.clone(),
            mailbox,
            conversation: None,
            leads: false,
        };
        self.outbox.push(letter, &sealed.bytes, cx);
    }

    /// When somebody is to be tried again.
    pub(super) fn introducing_due(&self) -> Option<Timestamp> {
        let waiting = self.peers.iter().filter_map(|peer| peer.introduction);
        let repeated = waiting.map(|introduction| introduction.due());
        repeated.chain(self.to_meet.due()).min()
    }

    /// That a first message, in the mailbox of another device of theirs, is one by which a device
    /// introduces itself.
    ///
    /// # Errors
    ///
    /// Why it is not taken, for a person.
    pub(super) fn check_introduction(
        &self,
        owner: &ContactId,
        accepted: &Accepted,
    ) -> Result<(), String> {
        if !self.speaks_with(owner) {
            return Err("you do not talk with them".to_owned());
        }
        // What vouches for the device whose mailbox it is does not for another.
        let vouched = accepted.voucher != VoucherKind::Nothing;
        match AgentMessage::from_bytes(&accepted.message.plaintext) {
            Ok(message) if is_introduction(&message) && !vouched => Ok(()),
            _ => Err("it comes from another of their devices".to_owned()),
        }
    }

    /// What a device says in its first session while it has not been answered comes into the mailbox of
    /// the device by which it found the way.
    pub(super) fn open_introduced(
        &mut self,
        at: &PeerKey,
        payload: &Bytes,
        cx: &mut Context<'_>,
    ) -> Result<Option<(PeerKey, Decrypted)>, NotTaken> {
        let others = self.peers.of(at.contact()).map(|peer| peer.key.clone());
        for key in others.filter(|key| key != at).collect::<Vec<_>>() {
            let sessions = self.sessions.entry(key.clone()).or_default();
            match sessions.decrypt(payload, cx.now) {
                Ok((decrypted, standing)) => {
                    self.save_sessions(&key, cx);
                    let message = AgentMessage::from_bytes(&decrypted.plaintext)?;
                    if standing == Standing::Pending || !is_introduction(&message) {
                        let why = "it comes from another of their devices".to_owned();
                        return Err(NotTaken::Unreadable(why));
                    }
                    return Ok(Some((key, decrypted)));
                }
                Err(SessionError::AlreadyReceived) => {
                    let why = "it was received before".to_owned();
                    return Err(NotTaken::Unreadable(why));
                }
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// That a device, which shows that list, is one of somebody's by the newest list known.
    ///
    /// # Errors
    ///
    /// Why not, for a person.
    pub(super) fn check_listed_by(
        &mut self,
        owner: &ContactId,
        device: &DeviceId,
        shown: &PeerDevices,
        cx: &mut Context<'_>,
    ) -> Result<(), String> {
        if !owner.is_own() {
            return self.check_shown(owner, device, shown, cx);
        }
        let known = self.identity.devices();
        match known.follow(shown, Source::Session) {
            Follow::Same | Follow::Newer(_) => Ok(()),
            Follow::Late if known.device(device) == shown.device(device) => Ok(()),
            _ => Err("it comes from a device that the list of yours does not name".to_owned()),
        }
    }

    /// A device has introduced itself: it is answered, and hears what is said from here on.
    pub(super) fn device_met(&mut self, from: &PeerKey, greeting: &Greeting, cx: &mut Context<'_>) {
        let owner = from.contact();
        let home = RelayUrl::read(&greeting.relay);
        let (Some(device), true) = (
            self.listed(from),
            self.speaks_with(owner) && home.as_ref() == self.relay_of(owner),
        ) else {
            return;
        };
        let known = self.peers.get(from).cloned();
        if known
            .as_ref()
            .is_some_and(|peer| peer.their_mailbox.is_none())
        {
            // It need not be told who this device is any more.
            self.outbox.give_up(|letter| letter.peer == *from, cx);
        }
        if owner.is_own() {
            self.own_devices.awaits(&device, false);
            // One without a name says the user's, as to everybody.
            if greeting.name != self.profile.name {
                let (list, name) = (self.identity.devices(), &greeting.name);
                self.own_devices.told_name(device, name, list, cx.now);
            }
            self.save_own_devices(cx);
        }
        let peer = known.unwrap_or_else(|| self.meet(owner, device, None, cx));
        self.device_is_at(peer, greeting.mailbox, cx);
        self.accept_device(from, cx);
    }

    /// Tells a device that has introduced itself where this one takes what it says.
    pub(super) fn accept_device(&mut self, device: &PeerKey, cx: &mut Context<'_>) {
        let Some(peer) = self.peers.get(device).filter(|peer| self.can_reach(peer)) else {
            return;
        };
        let mailbox = peer.my_mailbox;
        let relay = self.profile.relay.to_string();
        let accept = Handshake::DeviceAccept { mailbox, relay };
        if let Err(error) = self.say_quietly(device, Body::Handshake(accept), cx) {
            self.problem = Some(error.message);
        }
    }

    /// A device to which this one introduced itself takes messages.
    pub(super) fn device_accepted(
        &mut self,
        from: &PeerKey,
        mailbox: MailboxId,
        relay: &str,
        cx: &mut Context<'_>,
    ) {
        let home = RelayUrl::read(relay);
        if home.as_ref() == self.relay_of(from.contact())
            && let Some(peer) = self.peers.get(from).cloned()
        {
            self.device_is_at(peer, mailbox, cx);
        }
    }

    fn device_is_at(&mut self, peer: Peer, mailbox: MailboxId, cx: &mut Context<'_>) {
        if Some(&peer.key) == self.agent().as_ref() {
            self.sharing.want();
            self.save_sharing(cx);
        }
        let peer = Peer {
            their_mailbox: Some(mailbox),
            introduction: None,
            ..peer
        };
        self.save_peer(peer, cx);
    }

    /// Somebody's devices as the relay's directory shows them; a newer list is taken.
    ///
    /// # Errors
    ///
    /// Why they are not to be believed, for a person.
    pub(super) fn served_devices(
        &mut self,
        owner: &ContactId,
        prekeys: &PrekeysFrame,
        cx: &mut Context<'_>,
    ) -> Result<PeerDevices, String> {
        let Some(account) = self.account_of(owner) else {
            return Err("Somebody removed is to be met.".to_owned());
        };
        let signed = prekeys.device_list.clone().unwrap_or_default();
        let devices = PeerDevices::verify(&signed, &account)
            .map_err(|error| self.not_signed(owner, &error))?;
        if !owner.is_own() {
            self.check_directory(owner, &devices, cx)
                .map_err(|error| error.message)?;
            self.take_devices(owner, &devices, cx);
            return Ok(devices);
        }
        self.follow_own(&devices, Source::Directory, cx);
        if self.identity.devices().same_list(&devices) {
            return Ok(devices);
        }
        Err("The relay shows another list of your devices than the newest.".to_owned())
    }

    pub(super) fn older_keys(&self, owner: &ContactId) -> String {
        let name = self.contact_ref(owner).name;
        format!("The relay serves older keys of {name}’s device than it has served before.")
    }

    pub(super) fn not_signed(&self, owner: &ContactId, why: &dyn std::fmt::Display) -> String {
        let name = self.contact_ref(owner).name;
        format!("The relay served keys that {name} did not sign ({why}).")
    }

    /// Keeps where somebody's devices take messages.
    pub(super) fn save_told(&mut self, owner: &ContactId, cx: &mut Context<'_>) {
        if let Some(told) = self.told.get(owner) {
            cx.put(Store::Connections, format!("{owner}{TOLD}"), told);
            self.look_whom_to_meet(owner);
        }
    }

    pub(super) fn forget_told(&mut self, owner: &ContactId, cx: &mut Context<'_>) {
        if self.told.remove(owner).is_some() {
            cx.delete(Store::Connections, format!("{owner}{TOLD}"));
        }
        self.to_meet.owners.remove(owner);
    }

    pub(super) fn forget_way(&mut self, owner: &ContactId, to: &DeviceId, cx: &mut Context<'_>) {
        if let Some(told) = self.told.get_mut(owner) {
            told.ways.retain(|way| way.to != *to);
            self.save_told(owner, cx);
        }
    }

    /// Tells the user which devices of a contact came and went.
    pub(super) fn tell_of_devices(
        &mut self,
        contact: &ContactId,
        changed: &DevicesChanged,
        cx: &mut Context<'_>,
    ) {
        let came = changed.added.iter().map(|device| (device.id(), true));
        let went = changed.removed.iter().map(|device| (device.id(), false));
        for (device, came) in came.chain(went) {
            let said = Said::Device {
                id: MessageId::from_bytes(random_bytes(cx.rng)),
                device: crate::devices::fingerprint(&device),
                came,
            };
            let conversation = ConversationId::from(contact);
            self.write_down(conversation, contact.clone(), Direction::Incoming, said, cx);
        }
    }
}

/// Whether a device says by it who it is.
pub(super) fn is_introduction(message: &AgentMessage) -> bool {
    matches!(message.body, Body::Handshake(Handshake::Device(_)))
}
