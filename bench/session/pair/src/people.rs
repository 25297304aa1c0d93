//! People, and the session of two of them.

use jiff::Timestamp;
use rand_core::CryptoRng;
use sotto_client_core::{
    identity::{AccountKey, Device, LocalIdentity, PeerDevices},
    prekeys::{PeerPrekeys, Prekeys},
    session::{Session, Voucher, accept, initiate},
};
use sotto_protocol::frames::{DeviceList, DevicePrekeys, PrekeySupply, PublishPrekeys};

/// Somebody with one device, and what the directory has of it.
struct Person {
    local: LocalIdentity,
    prekeys: Prekeys,
    published: PublishPrekeys,
}

impl Person {
    /// Somebody new.
    fn new<R: CryptoRng>(rng: &mut R) -> Self {
        let account = AccountKey::generate(rng);
        let device = Device::generate(rng);
        let list = account.sign_device_list(&DeviceList {
            account_key: account.id().to_vec(),
            version: 1,
            created_at_ms: 1_800_000_000_000,
            devices: vec![device.entry()],
        });
        let local = LocalIdentity::new(&account.id(), device, &list).expect("an own list");
        let mut person = Self {
            local,
            prekeys: Prekeys::new(),
            published: PublishPrekeys::default(),
        };
        person.publish(rng);
        person
    }

    fn publish<R: CryptoRng>(&mut self, rng: &mut R) {
        let supply = PrekeySupply::default();
        let published = self
            .prekeys
            .replenish(self.local.device(), &supply, now(), rng);
        self.published = published.expect("an empty supply to be filled");
    }

    /// Prekeys for one handshake, a one-time key of each kind among them, verified.
    fn one_time_prekeys<R: CryptoRng>(&mut self, rng: &mut R) -> PeerPrekeys {
        if self.published.kem_prekeys.iter().all(|key| key.last_resort) {
            self.publish(rng);
        }
        let kem = &mut self.published.kem_prekeys;
        let one_time_kem = kem.iter().position(|key| !key.last_resort);
        let served = DevicePrekeys {
            device: self.local.device().id().to_vec(),
            signed_prekey: self.published.signed_prekey.clone(),
            one_time_prekey: self.published.one_time_prekeys.pop(),
            kem_prekey: one_time_kem.map(|at| kem.remove(at)),
        };
        let signed = self.local.signed_device_list();
        let list = PeerDevices::verify(&signed, &self.local.account()).expect("an own list");
        PeerPrekeys::verify(&served, &list.devices()[0]).expect("own prekeys")
    }

    /// Opens a session and encrypts its first message.
    fn opens<R: CryptoRng>(
        &self,
        towards: &PeerPrekeys,
        plaintext: &[u8],
        rng: &mut R,
    ) -> (Session, Vec<u8>) {
        let session = initiate(&self.local, towards, Voucher::Nothing, now(), rng);
        let mut session = session.expect("a session");
        let bytes = self.encrypts(&mut session, plaintext, rng);
        (session, bytes)
    }

    /// Takes a session up, and forgets the one-time keys that it used.
    fn takes(&mut self, bytes: &[u8]) -> Session {
        let accepted = accept(
            &self.local,
            &self.prekeys,
            &[Voucher::Nothing],
            bytes,
            now(),
        );
        let accepted = accepted.expect("a handshake");
        self.prekeys.consume(&accepted.used);
        accepted.session
    }

    fn encrypts<R: CryptoRng>(
        &self,
        session: &mut Session,
        plaintext: &[u8],
        rng: &mut R,
    ) -> Vec<u8> {
        let encrypted = session.encrypt(self.local.device(), plaintext, now(), rng);
        encrypted.expect("a message").bytes
    }
}

/// The instant at which it all happens: no key grows old meanwhile.
fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("a time")
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who opened the session.
    Initiator,
    /// Who took it up.
    Responder,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Responder,
            Self::Responder => Self::Initiator,
        }
    }
}

/// Two people who open one session after the other.
pub struct Meeting<R> {
    initiator: Person,
    responder: Person,
    rng: R,
}

impl<R: CryptoRng> Meeting<R> {
    /// Two people who do not know each other.
    pub fn new(mut rng: R) -> Self {
        Self {
            initiator: Person::new(&mut rng),
            responder: Person::new(&mut rng),
            rng,
        }
    }

    /// What the directory serves for the next handshake, verified.
    pub fn prekeys(&mut self) -> PeerPrekeys {
        self.responder.one_time_prekeys(&mut self.rng)
    }

    /// A handshake: opening, a first message, taking up. Gives the initiator's session and the message.
    pub fn meet(&mut self, prekeys: &PeerPrekeys, plaintext: &[u8]) -> (Session, Vec<u8>) {
        let (opened, hello) = self.initiator.opens(prekeys, plaintext, &mut self.rng);
        let taken = self.responder.takes(&hello);
        assert_eq!(taken.id(), opened.id());
        (opened, hello)
    }
}

/// Two people with a session that both have used once.
pub struct Pair<R> {
    people: [Person; 2],
    sessions: [Session; 2],
    rng: R,
}

impl<R: CryptoRng> Pair<R> {
    /// Two people who have just met.
    pub fn new(mut rng: R) -> Self {
        let initiator = Person::new(&mut rng);
        let mut responder = Person::new(&mut rng);
        let prekeys = responder.one_time_prekeys(&mut rng);
        let (opened, hello) = initiator.opens(&prekeys, b"hello", &mut rng);
        let taken = responder.takes(&hello);
        let mut pair = Self {
            people: [initiator, responder],
            sessions: [opened, taken],
            rng,
        };
        let answer = pair.encrypt(Side::Responder, b"hello yourself");
        pair.decrypt(Side::Initiator, &answer);
        pair
    }

    /// Encrypts what `from` writes.
    pub fn encrypt(&mut self, from: Side, plaintext: &[u8]) -> Vec<u8> {
        let at = from as usize;
        self.people[at].encrypts(&mut self.sessions[at], plaintext, &mut self.rng)
    }

    /// Decrypts what `to` received.
    pub fn decrypt(&mut self, to: Side, bytes: &[u8]) -> Vec<u8> {
        let read = self.sessions[to as usize].decrypt(bytes, now());
        read.expect("a genuine message").plaintext
    }

    /// A whole message; gives its length on the wire.
    pub fn say(&mut self, from: Side, plaintext: &[u8]) -> usize {
        let bytes = self.encrypt(from, plaintext);
        let read = self.decrypt(from.other(), &bytes);
        assert_eq!(read.len(), plaintext.len());
        bytes.len()
    }

    /// How long that side's session is as it is stored, before the vault encrypts it.
    pub fn stored(&self, side: Side) -> usize {
        stored(&self.sessions[side as usize])
    }
}

/// How long a session is as it is stored.
pub fn stored(session: &Session) -> usize {
    serde_json::to_vec(session)
        .expect("a session as text")
        .len()
}
