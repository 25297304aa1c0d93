//! The session and its parts for the browser's bench: the npm package does not show them.
#![cfg(target_arch = "wasm32")]

use getrandom::SysRng;
use rand_core::UnwrapErr;
use sotto_bench_pair::{CHAIN_CYCLE, PING_PONG_CYCLE, PeerPrekeys, Side};
use wasm_bindgen::prelude::*;

type Rng = UnwrapErr<SysRng>;

/// The generator of the product's browser shell.
fn rng() -> Rng {
    UnwrapErr(SysRng)
}

fn side(initiator: bool) -> Side {
    if initiator {
        Side::Initiator
    } else {
        Side::Responder
    }
}

/// After how many messages in one chain all that a session does has been done.
#[wasm_bindgen]
pub fn chain_cycle() -> u32 {
    CHAIN_CYCLE
}

/// The same for messages in turn.
#[wasm_bindgen]
pub fn ping_pong_cycle() -> u32 {
    PING_PONG_CYCLE
}

/// Two people with a session that both have used once.
#[wasm_bindgen]
pub struct Pair(sotto_bench_pair::Pair<Rng>);

#[wasm_bindgen]
impl Pair {
    /// Two people who have just met.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript has no default")]
    pub fn new() -> Self {
        Self(sotto_bench_pair::Pair::new(rng()))
    }

    /// Encrypts what one of them writes.
    pub fn encrypt(&mut self, initiator: bool, plaintext: &[u8]) -> Vec<u8> {
        self.0.encrypt(side(initiator), plaintext)
    }

    /// Decrypts what one of them received.
    pub fn decrypt(&mut self, initiator: bool, bytes: &[u8]) -> Vec<u8> {
        self.0.decrypt(side(initiator), bytes)
    }
}

/// Two people who open one session after the other.
#[wasm_bindgen]
pub struct Meeting {
    people: sotto_bench_pair::Meeting<Rng>,
    prekeys: Vec<PeerPrekeys>,
}

#[wasm_bindgen]
impl Meeting {
    /// Two people who do not know each other.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript has no default")]
    pub fn new() -> Self {
        let (people, prekeys) = (sotto_bench_pair::Meeting::new(rng()), Vec::new());
        Self { people, prekeys }
    }

    /// Has the directory serve prekeys for so many handshakes.
    pub fn prepare(&mut self, handshakes: usize) {
        let Self { people, prekeys } = self;
        prekeys.extend((0..handshakes).map(|_| people.prekeys()));
    }

    /// One handshake: opening, a first message, taking up. Gives the message.
    pub fn meet(&mut self, plaintext: &[u8]) -> Vec<u8> {
        let prekeys = self.prekeys.pop().expect("prepared prekeys");
        self.people.meet(&prekeys, plaintext).1
    }
}

/// Bare XChaCha20-Poly1305.
#[wasm_bindgen]
pub struct Aead(sotto_bench_pair::Aead);

#[wasm_bindgen]
impl Aead {
    /// With a new key.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript has no default")]
    pub fn new() -> Self {
        Self(sotto_bench_pair::Aead::new(&mut rng()))
    }

    /// Encrypts.
    pub fn seal(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.0.seal(plaintext)
    }

    /// Decrypts the last one.
    pub fn open(&self, ciphertext: &[u8]) -> Vec<u8> {
        self.0.open(ciphertext)
    }
}

/// The same, and a signature; it stands before the ciphertext.
#[wasm_bindgen]
pub struct SignedAead(sotto_bench_pair::SignedAead);

#[wasm_bindgen]
impl SignedAead {
    /// With new keys.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript has no default")]
    pub fn new() -> Self {
        Self(sotto_bench_pair::SignedAead::new(&mut rng()))
    }

    /// Signs and encrypts.
    pub fn seal(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.0.seal(plaintext)
    }

    /// Decrypts the last one and verifies.
    pub fn open(&self, sealed: &[u8]) -> Vec<u8> {
        self.0.open(sealed)
    }
}
