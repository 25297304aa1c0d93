//! The own prekeys: their secrets, what to publish of them, when to forget them.

use core::fmt;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sotto_protocol::{
    frames,
    id::{AccountId, DeviceId},
    signing,
};

use super::{
    KEM_ONE_TIME_REFILL_BELOW, KEM_ONE_TIME_TARGET, MAX_KEM_SECRETS, MAX_LOST_IDS,
    MAX_ONE_TIME_SECRETS, MAX_ROTATIONS, ONE_TIME_REFILL_BELOW, ONE_TIME_TARGET,
    SIGNED_PREKEY_GRACE, SIGNED_PREKEY_LIFETIME, kem::OwnKemKey, memory::Memory,
};
use crate::{
    clock::none_ahead,
    identity::{
        Device,
        agreement::{AgreementPair, AgreementSecret},
    },
    session::SessionId,
};

/// How far in the future a key may seem to have been made before the clock is held to have been
/// wrong then, and the key is replaced.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_hours(24);

/// A signed prekey and the last-resort KEM key of the same week.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Rotation {
    signed_id: u32,
    signed: AgreementPair,
    kem_id: u32,
    kem: OwnKemKey,
    created_at: Timestamp,
    /// When the next rotation replaced it.
    replaced_at: Option<Timestamp>,
}

#[cfg(test)]
crate::wiping::proof!(Rotation { signed, kem; signed_id, kem_id, created_at, replaced_at });

/// One device's own prekeys. Secrets are wiped when dropped; `Debug` shows counts alone.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Prekeys {
    /// The last id given out; ids of all kinds come from one row, so none is used twice.
    last_id: u32,
    /// Oldest first; the last one is published.
    rotations: Vec<Rotation>,
    one_time: BTreeMap<u32, AgreementSecret>,
    kem_one_time: BTreeMap<u32, OwnKemKey>,
    /// Handshakes that used no one-time key.
    remembered: Memory,
    /// The relay may hold one-time keys whose secrets are lost, as this device was put back to an older
    /// state: it is to drop them.
    drops_one_time: bool,
}

#[cfg(test)]
crate::wiping::proof!(Prekeys { rotations, one_time, kem_one_time; last_id, remembered, drops_one_time });

/// [`Prekeys`] as they were stored.
#[derive(Deserialize)]
struct Stored {
    last_id: u32,
    rotations: Vec<Rotation>,
    one_time: BTreeMap<u32, AgreementSecret>,
    kem_one_time: BTreeMap<u32, OwnKemKey>,
    remembered: Memory,
    #[serde(default)]
    drops_one_time: bool,
}

impl From<Stored> for Prekeys {
    /// A counter may be one that names the next id instead of the last, or be older than the keys:
    /// the keys say how far it had come.
    fn from(stored: Stored) -> Self {
        let Stored {
            last_id,
            rotations,
            one_time,
            kem_one_time,
            remembered,
            drops_one_time,
        } = stored;
        let mut prekeys = Self {
            last_id,
            rotations,
            one_time,
            kem_one_time,
            remembered,
            drops_one_time,
        };
        let newest = prekeys.held_ids().max();
        prekeys.last_id = last_id.max(newest.unwrap_or(0));
        prekeys
    }
}

/// Which prekeys a first message says that it used; zero is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) one_time: u32,
    pub(crate) kem: u32,
}

/// The secrets that a first message's selector named.
pub(crate) struct MatchedPrekeys<'a> {
    pub(crate) one_time: Option<&'a AgreementSecret>,
    pub(crate) kem: &'a OwnKemKey,
    /// Whether that is a key of last resort.
    pub(crate) last_resort: bool,
}

/// What a handshake used up. To be given to [`Prekeys::consume`] once the session is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedPrekeys {
    pub(crate) signed: u32,
    pub(crate) selector: Selector,
    pub(crate) session: SessionId,
    /// Who opened it.
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
}

impl Prekeys {
    /// None yet; the first [`replenish`](Self::replenish) makes them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what to publish, given what the relay says that it holds: a new signed prekey and
    /// last-resort key each week, the present ones again if the relay does not name them, and fresh
    /// one-time keys when its supply runs low. Also forgets replaced keys whose time is over.
    ///
    /// Where the relay had keys of this device whose ids were never given out here, this is an older state
    /// of it: nothing that the relay holds can be answered, so everything is made anew, with ids after those.
    ///
    /// Keep `self` durably before sending the answer. If an answer is lost, ask again with the
    /// supply that the relay names next: rotations are then repeated as they were, one-time keys are
    /// made anew (the relay might have handed out the lost ones already), and the oldest are dropped
    /// beyond [`MAX_ONE_TIME_SECRETS`] and [`MAX_KEM_SECRETS`].
    pub fn replenish<R: CryptoRng + ?Sized>(
        &mut self,
        device: &Device,
        supply: &frames::PrekeySupply,
        now: Timestamp,
        rng: &mut R,
    ) -> Option<frames::PublishPrekeys> {
        let put_back = self.skip_lost_ids(supply.highest_id);
        self.rotate(put_back, now, rng);
        self.forget_expired(now);

        let mut publish = frames::PublishPrekeys::default();
        let (mut one_time, mut kem_one_time) = (supply.one_time, supply.kem_one_time);
        if let Some(current) = self.rotations.last()
            && current.signed_id != supply.signed_prekey_id
        {
            if self.drops_one_time {
                publish.drop_one_time = true;
                (one_time, kem_one_time) = (0, 0);
            }
            publish.signed_prekey = Some(signed_prekey(device, current));
            publish
                .kem_prekeys
                .push(kem_prekey(device, current.kem_id, true, &current.kem));
        } else {
            // It came with the word to drop them.
            self.drops_one_time = false;
        }
        if one_time < ONE_TIME_REFILL_BELOW {
            for _ in 0..missing(ONE_TIME_TARGET, one_time) {
                let (id, secret) = (self.fresh_id(), AgreementSecret::generate(rng));
                let public_key = secret.public().to_vec();
                publish
                    .one_time_prekeys
                    .push(frames::OneTimePrekey { id, public_key });
                self.one_time.insert(id, secret);
            }
            drop_oldest(&mut self.one_time, MAX_ONE_TIME_SECRETS);
        }
        if kem_one_time < KEM_ONE_TIME_REFILL_BELOW {
            for _ in 0..missing(KEM_ONE_TIME_TARGET, kem_one_time) {
                let (id, key) = (self.fresh_id(), OwnKemKey::generate(rng));
                publish
                    .kem_prekeys
                    .push(kem_prekey(device, id, false, &key));
                self.kem_one_time.insert(id, key);
            }
            drop_oldest(&mut self.kem_one_time, MAX_KEM_SECRETS);
        }
        (publish != frames::PublishPrekeys::default()).then_some(publish)
    }

    /// Forgets the one-time keys that a handshake used, so that no second one can use them; where
    /// it used none, remembers the handshake itself. Belongs into one batch with the session.
    pub fn consume(&mut self, used: &UsedPrekeys) {
        let one_time = self.one_time.remove(&used.selector.one_time).is_some();
        let kem = self.kem_one_time.remove(&used.selector.kem).is_some();
        if !one_time && !kem {
            self.remembered.insert(used);
        }
    }

    /// How many one-time secrets are kept: X25519 and ML-KEM.
    pub fn one_time_counts(&self) -> (usize, usize) {
        (self.one_time.len(), self.kem_one_time.len())
    }

    pub(crate) fn signed(&self, id: u32) -> Option<&AgreementPair> {
        self.rotations
            .iter()
            .find(|rotation| rotation.signed_id == id)
            .map(|rotation| &rotation.signed)
    }

    /// The secrets behind a selector, or `None` when one is gone or never was.
    pub(crate) fn select(&self, selector: Selector) -> Option<MatchedPrekeys<'_>> {
        let one_time = match selector.one_time {
            0 => None,
            id => Some(self.one_time.get(&id)?),
        };
        let last_resort = || {
            self.rotations
                .iter()
                .find(|rotation| rotation.kem_id == selector.kem)
                .map(|rotation| &rotation.kem)
        };
        let (kem, last_resort) = match self.kem_one_time.get(&selector.kem) {
            Some(kem) => (kem, false),
            None => (last_resort()?, true),
        };
        Some(MatchedPrekeys {
            one_time,
            kem,
            last_resort,
        })
    }

    /// Whether a handshake that has not been consumed uses no one-time key, and is to be remembered.
    pub(crate) fn is_remembered(&self, used: &UsedPrekeys) -> bool {
        used.selector.one_time == 0 && !self.kem_one_time.contains_key(&used.selector.kem)
    }

    /// Whether a handshake without any one-time key may be accepted: it is new, and can be remembered.
    pub(crate) fn admits(&self, used: &UsedPrekeys) -> bool {
        !self.is_remembered(used) || self.remembered.admits(used)
    }

    /// The ids of all keys that are kept.
    fn held_ids(&self) -> impl Iterator<Item = u32> {
        let rotated = self.rotations.iter().flat_map(|r| [r.signed_id, r.kem_id]);
        let one_time = self.one_time.keys().chain(self.kem_one_time.keys());
        rotated.chain(one_time.copied())
    }

    /// Whether this is an older state of the device, which has published that id since: ids go on after it.
    fn skip_lost_ids(&mut self, published: u32) -> bool {
        let lost = published.saturating_sub(self.last_id);
        if lost == 0 || lost > MAX_LOST_IDS {
            return false;
        }
        self.last_id = published;
        self.drops_one_time = true;
        true
    }

    fn rotate<R: CryptoRng + ?Sized>(&mut self, at_once: bool, now: Timestamp, rng: &mut R) {
        let is_due = self.rotations.last().is_none_or(|current| {
            let age = now.duration_since(current.created_at);
            at_once || age >= SIGNED_PREKEY_LIFETIME || age < -CLOCK_SLACK
        });
        if !is_due {
            return;
        }
        if let Some(current) = self.rotations.last_mut() {
            current.replaced_at = Some(now);
        }
        let rotation = Rotation {
            signed_id: self.fresh_id(),
            signed: AgreementPair::generate(rng),
            kem_id: self.fresh_id(),
            kem: OwnKemKey::generate(rng),
            created_at: now,
            replaced_at: None,
        };
        self.rotations.push(rotation);
        let excess = self.rotations.len().saturating_sub(MAX_ROTATIONS);
        self.rotations.drain(..excess);
    }

    /// Forgets replaced keys whose time is over. Whether anything changed, and is to be kept durably.
    pub(crate) fn forget_expired(&mut self, now: Timestamp) -> bool {
        let before = self.rotations.len();
        self.rotations.retain(|rotation| {
            rotation
                .replaced_at
                .is_none_or(|at| now.duration_since(at) < SIGNED_PREKEY_GRACE)
        });
        let forgot = self.rotations.len() < before;
        let stamps = self.rotations.iter_mut();
        let stamps = stamps.filter_map(|rotation| rotation.replaced_at.as_mut());
        let changed = none_ahead(stamps, now) || forgot;
        let rotations = &self.rotations;
        self.remembered
            .retain(|signed| rotations.iter().any(|kept| kept.signed_id == signed));
        changed
    }

    /// The next id: never zero, and after four thousand million of them none that is still in use.
    fn fresh_id(&mut self) -> u32 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            let id = self.last_id;
            if !self.held_ids().any(|held| held == id) {
                return id;
            }
        }
    }
}

fn signed_prekey(device: &Device, rotation: &Rotation) -> frames::SignedPrekey {
    let (id, public_key) = (rotation.signed_id, *rotation.signed.public());
    frames::SignedPrekey {
        id,
        public_key: public_key.to_vec(),
        signature: device
            .sign(&signing::signed_prekey(id, &public_key))
            .to_vec(),
    }
}

fn kem_prekey(device: &Device, id: u32, last_resort: bool, key: &OwnKemKey) -> frames::KemPrekey {
    let public_key = key.public();
    frames::KemPrekey {
        id,
        signature: device
            .sign(&signing::kem_prekey(id, last_resort, &public_key))
            .to_vec(),
        public_key: public_key.to_vec(),
        last_resort,
    }
}

fn missing(target: usize, held: u32) -> usize {
    target.saturating_sub(usize::try_from(held).unwrap_or(usize::MAX))
}

/// Ids grow, so the smallest is the oldest (but for the one time in four thousand million that they wrap).
fn drop_oldest<T>(keys: &mut BTreeMap<u32, T>, limit: usize) {
    while keys.len() > limit {
        keys.pop_first();
    }
}

impl fmt::Debug for Prekeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            last_id,
            rotations,
            one_time,
            kem_one_time,
            remembered,
            drops_one_time,
        } = self;
        f.debug_struct("Prekeys")
            .field("last_id", last_id)
            .field("rotations", &rotations.len())
            .field("one_time", &one_time.len())
            .field("kem_one_time", &kem_one_time.len())
            .field("remembered", &remembered.len())
            .field("drops_one_time", drops_one_time)
            .finish()
    }
}

#[cfg(test)]
mod put_back;
#[cfg(test)]
mod tests;
