//! The devices of contacts with which this one speaks, and where each of the two takes messages.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sotto_protocol::id::{DeviceId, MailboxId};

use crate::local_id::{ContactId, is_hex};

/// Names one device of one contact. Records are named by it, so it shows no key.
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
        }
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
