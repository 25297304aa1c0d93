//! The devices of contacts, and the own ones, with which this one speaks, and where each of the two
//! takes messages.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sotto_protocol::id::{DeviceId, MailboxId, MessageId};

use crate::{
    connection::later,
    local_id::{ContactId, is_hex},
    message::MAX_UNREAD,
    prekeys::PeerPrekeys,
};

/// A session is opened anew this long after the last time, or later.
const FIRST_HEALING_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// A heartbeat is sent after so many messages of a device to which nothing was said meanwhile.
const HEARTBEAT_AFTER_MESSAGES: u32 = 20;
/// Or after this time, if anything else than a heartbeat came.
const HEARTBEAT_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So many sessions that were opened in a row, each as something came again that could not be read,
/// and not answered: none will be.
const IN_VAIN: u32 = 3;
/// The pause is doubled each time, up to this.
const LONGEST_HEALING_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// For so long the first message to a device may still be under way. What is not answered by then is
/// begun anew.
const INTRODUCTION_LASTS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// It is said again after this time, and then after twice as long each: the relay may have lost it.
const FIRST_REPETITION: SignedDuration = SignedDuration::from_hours(24);

/// Names one device of one contact, or of the user. Records are named by it, so it shows no key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct PeerKey {
    contact: ContactId,
    /// Hexadecimal.
    device: String,
}

/// Digits of a device in a [`PeerKey`].
const DEVICE_DIGITS: usize = 16;

impl PeerKey {
    pub(crate) fn new(contact: &ContactId, device: &DeviceId) -> Self {
        let digest = Sha256::new()
            .chain_update(contact.as_str())
            .chain_update(device.as_bytes())
            .finalize();
        let mut device = data_encoding::HEXLOWER.encode(&digest);
        device.truncate(DEVICE_DIGITS);
        Self {
            contact: contact.clone(),
            device,
        }
    }

    /// Whose device it is.
    pub(crate) fn contact(&self) -> &ContactId {
        &self.contact
    }
}

impl fmt::Display for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.contact, self.device)
    }
}

impl From<PeerKey> for String {
    fn from(key: PeerKey) -> Self {
        key.to_string()
    }
}

/// Text that names no device of a contact.
#[derive(Debug, thiserror::Error)]
#[error("expected a contact and the digits of a device, found something else")]
pub(crate) struct NoPeerKey;

impl FromStr for PeerKey {
    type Err = NoPeerKey;

    fn from_str(text: &str) -> Result<Self, NoPeerKey> {
        let (contact, device) = text.split_once('/').ok_or(NoPeerKey)?;
        if !is_hex(device, DEVICE_DIGITS) {
            return Err(NoPeerKey);
        }
        Ok(Self {
            contact: ContactId::parse(contact).ok_or(NoPeerKey)?,
            device: device.to_owned(),
        })
    }
}

impl TryFrom<String> for PeerKey {
    type Error = NoPeerKey;

    fn try_from(text: String) -> Result<Self, NoPeerKey> {
        text.parse()
    }
}

/// One device of a contact, as stored. Its session is a record of its own, under the same key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Peer {
    pub(crate) key: PeerKey,
    pub(crate) device: DeviceId,
    /// Where I take messages from it.
    pub(crate) my_mailbox: MailboxId,
    /// Where it takes messages from me; unknown until it has said so.
    pub(crate) their_mailbox: Option<MailboxId>,
    /// Whether it used an invitation of mine, and has not been told yet that I approve.
    pub(crate) asks: bool,
    /// Since when this device waits for an answer to its first message, in which it introduced itself.
    pub(crate) introduction: Option<Introduction>,
    pub(crate) healing: Healing,
    pub(crate) owed: Owed,
    /// The highest id of a signed prekey of its that the relay has served, or that of the last time
    /// that both met anew.
    #[serde(default)]
    pub(crate) signed_prekey: u32,
    /// The same of its ML-KEM keys of last resort; zero while none was served.
    #[serde(default)]
    pub(crate) last_resort: u32,
}

impl Peer {
    /// Whether the relay has served newer keys of the device before: whoever has stolen the secrets of
    /// older ones could have it serve those.
    pub(crate) fn has_newer_than(&self, served: &PeerPrekeys) -> bool {
        let last_resort = served.last_resort_id();
        served.signed.id < self.signed_prekey || last_resort.is_some_and(|id| id < self.last_resort)
    }

    /// The relay has served these.
    pub(crate) fn served(self, prekeys: &PeerPrekeys) -> Self {
        Self {
            signed_prekey: prekeys.signed.id,
            last_resort: prekeys.last_resort_id().unwrap_or(self.last_resort),
            ..self
        }
    }

    /// Whatever it has served before: a device that was put back to an older state has older prekeys.
    pub(crate) fn met_anew(self) -> Self {
        Self {
            signed_prekey: 0,
            last_resort: 0,
            ..self
        }
    }
}

/// A first message to a device that has not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Introduction {
    since: Timestamp,
    /// When it was last said.
    said: Timestamp,
    /// The id of what is said, which stays the same: who has read it takes it once.
    #[serde(default)]
    pub(crate) message: Option<MessageId>,
    /// Whether prekeys are wanted to say it in other keys.
    #[serde(default)]
    pub(crate) wants_keys: bool,
}

impl Introduction {
    pub(crate) fn new(message: MessageId, now: Timestamp) -> Self {
        Self {
            since: now,
            said: now,
            message: Some(message),
            wants_keys: false,
        }
    }

    /// It is said again: in the same session, or in another one as soon as there are keys for it.
    pub(crate) fn again(self, wants_keys: bool, said: Timestamp) -> Self {
        Self {
            said,
            wants_keys,
            ..self
        }
    }

    /// When it is to be said again, or begun anew.
    pub(crate) fn due(&self) -> Timestamp {
        let waited = self.said.duration_since(self.since);
        later(self.said, waited.max(FIRST_REPETITION)).min(later(self.since, INTRODUCTION_LASTS))
    }

    /// Whether no answer can come any more.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        later(self.since, INTRODUCTION_LASTS) <= now
    }
}

/// Whether keys have to be made anew, as what came could not be opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Healing {
    /// The posts that could not be, the newest of them last.
    pub(crate) unread: Vec<MessageId>,
    /// So many of them, from the first on, were asked for when a session was last opened.
    asked: usize,
    /// When a new session is to be opened.
    pub(crate) due: Option<Timestamp>,
    /// When one last was.
    last: Option<Timestamp>,
    /// How often in a row.
    times: u32,
    /// How often since the other side last had the new one.
    #[serde(default)]
    unanswered: u32,
}

impl Healing {
    /// Something could not be opened. A relay can post rubbish: so the pauses grow.
    pub(crate) fn broken(&mut self, post: Option<MessageId>, now: Timestamp) {
        self.unread.extend(post);
        let excess = self.unread.len().saturating_sub(MAX_UNREAD);
        self.unread.drain(..excess);
        self.asked = self.asked.saturating_sub(excess);
        if self.due.is_some() {
            return;
        }
        let Some(last) = self.last else {
            self.due = Some(now);
            return;
        };
        if now.duration_since(last) > LONGEST_HEALING_PAUSE {
            self.times = 0;
        }
        let pause = FIRST_HEALING_PAUSE.saturating_mul(1 << self.times.saturating_sub(1).min(16));
        self.due = Some(later(last, pause.min(LONGEST_HEALING_PAUSE)).max(now));
    }

    /// It could not be done now.
    pub(crate) fn put_off(&mut self, now: Timestamp) {
        self.due = Some(later(now, FIRST_HEALING_PAUSE));
    }

    /// A new session was opened.
    pub(crate) fn begun(&mut self, now: Timestamp) {
        self.due = None;
        self.asked = self.unread.len();
        self.last = Some(now);
        self.times = self.times.saturating_add(1);
        self.unanswered = self.unanswered.saturating_add(1);
    }

    /// The other side has the new session, and has said again what it was asked for. Whether
    /// nothing is left to ask for.
    pub(crate) fn answered(&mut self) -> bool {
        self.unread.drain(..self.asked.min(self.unread.len()));
        self.asked = 0;
        self.unanswered = 0;
        self.unread.is_empty()
    }

    /// Whether no new session is answered although something comes: one of the two was put back by
    /// more than an exchange, and lacks what the other would know it by.
    pub(crate) fn is_in_vain(&self) -> bool {
        self.unanswered >= IN_VAIN
    }
}

/// What came from a device since something was last said to it. Whoever only listens never takes a
/// turn of the ratchet: its keys stay those that a thief has, and the other side's chain grows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owed {
    received: u32,
    /// Whether any of it was more than a heartbeat: two who have nothing to say fall silent.
    said: bool,
    /// Since something was last said, or since the first of it came.
    since: Option<Timestamp>,
}

impl Owed {
    pub(crate) fn received(&mut self, heartbeat: bool, now: Timestamp) {
        self.received = self.received.saturating_add(1);
        self.said |= !heartbeat;
        self.since.get_or_insert(now);
    }

    pub(crate) fn sent(&mut self, now: Timestamp) {
        *self = Self {
            since: Some(now),
            ..Self::default()
        };
    }

    /// When a heartbeat is due.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let since = self.since?;
        if self.received >= HEARTBEAT_AFTER_MESSAGES {
            return Some(since);
        }
        self.said.then(|| later(since, HEARTBEAT_AFTER))
    }
}

/// Every device with which this one speaks.
#[derive(Debug, Default)]
pub(crate) struct Peers(BTreeMap<PeerKey, Peer>);

impl Peers {
    pub(crate) fn insert(&mut self, peer: Peer) {
        self.0.insert(peer.key.clone(), peer);
    }

    pub(crate) fn remove(&mut self, key: &PeerKey) {
        self.0.remove(key);
    }

    pub(crate) fn get(&self, key: &PeerKey) -> Option<&Peer> {
        self.0.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &PeerKey) -> Option<&mut Peer> {
        self.0.get_mut(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.0.values()
    }

    /// The devices of one contact.
    pub(crate) fn of(&self, contact: &ContactId) -> impl Iterator<Item = &Peer> {
        let first = PeerKey {
            contact: contact.clone(),
            device: String::new(),
        };
        let theirs = |(key, _): &(&PeerKey, &Peer)| key.contact == *contact;
        self.0
            .range(first..)
            .take_while(theirs)
            .map(|(_, peer)| peer)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn peer(contact: &ContactId, device: u8) -> Peer {
        let device = DeviceId::from_bytes([device; 32]);
        Peer {
            key: PeerKey::new(contact, &device),
            device,
            my_mailbox: MailboxId::from_bytes([1; 32]),
            their_mailbox: None,
            asks: false,
            introduction: None,
            healing: Healing::default(),
            owed: Owed::default(),
            signed_prekey: 0,
            last_resort: 0,
        }
    }

    #[test]
    fn a_first_message_is_repeated_ever_more_rarely_for_thirty_days() {
        let day = |n: i64| later(Timestamp::UNIX_EPOCH, SignedDuration::from_hours(24 * n));
        let mut introduction = Introduction::new(MessageId::from_bytes([1; 16]), day(0));
        let mut said = Vec::new();
        while !introduction.is_over(introduction.due()) {
            said.push(introduction.due());
            introduction = introduction.again(false, introduction.due());
        }
        assert_eq!(said, [1, 2, 4, 8, 16].map(day));
        assert_eq!(introduction.due(), day(30));
        assert!(!introduction.is_over(day(29)));
    }

    #[test]
    fn a_key_is_one_text_and_shows_no_device() {
        let contact = ContactId::random(&mut ChaCha20Rng::seed_from_u64(1));
        let key = peer(&contact, 0xab).key;
        let text = key.to_string();
        assert_eq!(text.len(), 12 + 1 + 16);
        assert!(!text.contains("abab"));
        assert_eq!(text.parse::<PeerKey>().unwrap(), key);
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PeerKey>(&json).unwrap(), key);
        let upper = text.to_uppercase();
        for wrong in ["", &text[..28], &text[1..], &format!("{text}0"), &upper] {
            assert!(wrong.parse::<PeerKey>().is_err(), "{wrong}");
        }
        // A device is another one to another contact.
        let other = ContactId::random(&mut ChaCha20Rng::seed_from_u64(2));
        assert_ne!(peer(&other, 0xab).key.device, key.device);
        // So are the user's own.
        let own = peer(&ContactId::own(), 0xab).key;
        assert!(own.contact().is_own() && !key.contact().is_own());
        assert_eq!(own.to_string().parse::<PeerKey>().unwrap(), own);
    }

    #[test]
    fn a_heartbeat_is_owed_after_twenty_messages_or_seven_days_and_two_heartbeats_end_it() {
        let day = |n: i64| later(Timestamp::UNIX_EPOCH, SignedDuration::from_hours(24 * n));
        let mut owed = Owed::default();
        assert_eq!(owed.due(), None);
        owed.received(false, day(1));
        assert_eq!(owed.due(), Some(day(8)));
        owed.sent(day(2));
        assert_eq!(owed.due(), None, "nothing came since");
        owed.received(true, day(3));
        assert_eq!(owed.due(), None, "a heartbeat is not answered by one");
        owed.received(false, day(4));
        assert_eq!(owed.due(), Some(day(9)));
        (2..19).for_each(|_| owed.received(true, day(5)));
        assert_eq!(owed.due(), Some(day(9)));
        owed.received(true, day(5));
        assert!(owed.due().is_some_and(|at| at <= day(5)), "at once");
    }

    #[test]
    fn keys_are_made_anew_at_once_and_then_in_growing_pauses() {
        let hour = |n: i64| later(Timestamp::UNIX_EPOCH, SignedDuration::from_hours(n));
        let post = |n| Some(MessageId::from_bytes([n; 16]));
        let mut healing = Healing::default();
        let mut now = hour(100);
        let mut pauses = Vec::new();
        for number in 0..8 {
            healing.broken(post(number), now);
            let due = healing.due.unwrap();
            pauses.push(due.duration_since(now).as_hours());
            healing.broken(post(100 + number), now);
            assert_eq!(healing.due, Some(due), "once for all that came");
            now = due;
            healing.begun(now);
        }
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 24, 24]);
        assert_eq!(healing.unread.len(), 16);
        healing.broken(post(50), now);
        assert!(!healing.answered(), "one came after the question");
        assert_eq!(healing.unread, [post(50).unwrap()]);
        assert!(!healing.answered(), "that was not asked for");
        healing.begun(now);
        assert!(healing.answered());

        // After a quiet day it is as the first time, but for the pause.
        now = later(now, SignedDuration::from_hours(25));
        healing.broken(None, now);
        assert_eq!(healing.due, Some(now));
        (0..200).for_each(|number| healing.broken(post(number), now));
        assert_eq!(healing.unread.len(), MAX_UNREAD);
        assert_eq!(healing.unread.first(), post(100).as_ref());
        healing.put_off(now);
        assert_eq!(healing.due, Some(later(now, SignedDuration::from_hours(1))));
    }

    #[test]
    fn the_devices_of_one_contact_are_found_among_those_of_others() {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let contacts: Vec<ContactId> = (0..20).map(|_| ContactId::random(rng)).collect();
        let mut peers = Peers::default();
        for (number, contact) in contacts.iter().enumerate() {
            (0..number as u8 % 4).for_each(|device| peers.insert(peer(contact, device)));
        }
        for (number, contact) in contacts.iter().enumerate() {
            let mut devices: Vec<u8> = peers.of(contact).map(|p| p.device.as_bytes()[0]).collect();
            devices.sort_unstable();
            assert_eq!(devices, (0..number as u8 % 4).collect::<Vec<_>>());
        }
    }
}
