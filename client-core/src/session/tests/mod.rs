//! Whole conversations, and what people do to them.

mod attacks;
mod conversation;
mod dishonest;
mod exhaustion;
mod first_contact;
mod handshakes;
mod instead;
mod others_mistakes;
mod properties;
mod redaction;
mod rekeying;
mod secrecy;
mod threads;
mod vectors;

use core::cell::Cell;

use jiff::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sotto_protocol::{
    frames::{DeviceList, DevicePrekeys, KemPrekey, PrekeySupply, PublishPrekeys},
    limits::MAX_DEVICES,
};

use super::*;
use crate::{
    identity::{AccountKey, Device, LocalIdentity, PeerDevices},
    prekeys::{PeerPrekeys, Prekeys},
};

const NOTHING: [Voucher<'static>; 1] = [Voucher::Nothing];

/// Somebody with one device, and a relay that holds what the device published.
pub(crate) struct Person {
    pub(crate) local: LocalIdentity,
    pub(crate) prekeys: Prekeys,
    pub(crate) published: PublishPrekeys,
    seed: u64,
    draws: Cell<u64>,
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn at(days: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + days * 86_400).unwrap()
}

impl Person {
    pub(crate) fn new(seed: u64) -> Self {
        Self::with(seed, 1, 1_800_000_000_000, 0)
    }

    /// With the longest device list that there can be.
    fn with_most_devices(seed: u64) -> Self {
        Self::with(seed, u64::MAX, u64::MAX, MAX_DEVICES - 1)
    }

    fn with(seed: u64, version: u64, created_at_ms: u64, others: usize) -> Self {
        let mut rng = rng(seed);
        let account = AccountKey::generate(&mut rng);
        let device = Device::generate(&mut rng);
        let mut devices = vec![device.entry()];
        devices.extend((0..others).map(|_| Device::generate(&mut rng).entry()));
        let list = account.sign_device_list(&DeviceList {
            account_key: account.id().to_vec(),
            version,
            created_at_ms,
            devices,
        });
        let local = LocalIdentity::new(&account.id(), device, &list).unwrap();
        let mut prekeys = Prekeys::new();
        let published = prekeys
            .replenish(local.device(), &PrekeySupply::default(), at(0), &mut rng)
            .unwrap();
        Self {
            local,
            prekeys,
            published,
            seed,
            draws: Cell::new(0),
        }
    }

    /// What a directory would serve: one-time keys while they last.
    pub(crate) fn served(&mut self) -> DevicePrekeys {
        let one_time = &mut self.published.one_time_prekeys;
        let kem = &mut self.published.kem_prekeys;
        let one_time_kem = kem.iter().position(|key| !key.last_resort);
        DevicePrekeys {
            device: self.local.device().id().to_vec(),
            signed_prekey: self.published.signed_prekey.clone(),
            one_time_prekey: (!one_time.is_empty()).then(|| one_time.remove(0)),
            kem_prekey: Some(match one_time_kem {
                Some(at) => kem.remove(at),
                None => self.last_resort(),
            }),
        }
    }

    pub(crate) fn last_resort(&self) -> KemPrekey {
        let mut keys = self.published.kem_prekeys.iter();
        keys.find(|key| key.last_resort).unwrap().clone()
    }

    pub(crate) fn verify(&self, served: &DevicePrekeys) -> PeerPrekeys {
        let signed = self.local.signed_device_list();
        let list = PeerDevices::verify(&signed, &self.local.account()).unwrap();
        PeerPrekeys::verify(served, &list.devices()[0]).unwrap()
    }

    pub(crate) fn opens_towards(&self, peer: &mut Self) -> Session {
        let served = peer.served();
        self.opens_with(&peer.verify(&served), Voucher::Nothing)
    }

    fn opens_with(&self, prekeys: &PeerPrekeys, voucher: Voucher<'_>) -> Session {
        initiate(&self.local, prekeys, voucher, at(0), &mut self.rng()).unwrap()
    }

    /// Other randomness each time, the same in each run.
    fn rng(&self) -> ChaCha20Rng {
        self.draws.set(self.draws.get() + 1);
        rng(self.seed << 32 | self.draws.get())
    }

    fn encrypt(&self, session: &mut Session, text: &str) -> Vec<u8> {
        session
            .encrypt(self.local.device(), text.as_bytes(), at(0), &mut self.rng())
            .unwrap()
            .bytes
    }

    /// Accepts, and forgets what was used.
    fn accepts(&mut self, bytes: &[u8]) -> Result<Accepted, SessionError> {
        let accepted = accept(&self.local, &self.prekeys, &NOTHING, bytes, at(0))?;
        self.prekeys.consume(&accepted.used);
        Ok(accepted)
    }
}

/// Alice and Bob, each with a session that both have used, in its first epoch after the handshake's.
fn talking() -> (Person, Session, Person, Session) {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let hello = alice.encrypt(&mut alices, "hello");
    let mut bobs = bob.accepts(&hello).unwrap().session;
    let answer = bob.encrypt(&mut bobs, "hello yourself");
    reads(&mut alices, &answer);
    let answer = alice.encrypt(&mut alices, "how are you");
    reads(&mut bobs, &answer);
    let answer = bob.encrypt(&mut bobs, "well");
    reads(&mut alices, &answer);
    (alice, alices, bob, bobs)
}

fn stored(session: &Session) -> String {
    serde_json::to_string(session).unwrap()
}

/// Refuses the bytes, and is as it was.
fn refuses(session: &mut Session, bytes: &[u8]) -> SessionError {
    let before = stored(session);
    let error = session.decrypt(bytes, at(0)).unwrap_err();
    assert_eq!(stored(session), before, "changed by {error}");
    error
}

fn reads(session: &mut Session, bytes: &[u8]) -> String {
    String::from_utf8(session.decrypt(bytes, at(0)).unwrap().plaintext).unwrap()
}
