//! The least that a message costs: what no session with these properties can be faster than.

use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce, aead::Aead as _};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

/// How many bytes a message's signature covers (`docs/protocol.md`, "Content signature").
const SIGNED: usize = 294;

/// Bare XChaCha20-Poly1305 under one key, from one buffer into a new one.
pub struct Aead {
    cipher: XChaCha20Poly1305,
    sent: u64,
}

impl Aead {
    /// With a new key.
    pub fn new<R: CryptoRng>(rng: &mut R) -> Self {
        let mut key = Key::default();
        rng.fill_bytes(&mut key);
        let cipher = XChaCha20Poly1305::new(&key);
        Self { cipher, sent: 0 }
    }

    /// Encrypts.
    pub fn seal(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.sent += 1;
        let sealed = self.cipher.encrypt(&self.nonce(), plaintext);
        sealed.expect("a short message")
    }

    /// Decrypts the last one.
    pub fn open(&self, ciphertext: &[u8]) -> Vec<u8> {
        let opened = self.cipher.decrypt(&self.nonce(), ciphertext);
        opened.expect("an own ciphertext")
    }

    fn nonce(&self) -> XNonce {
        let mut nonce = XNonce::default();
        for (to, from) in nonce.iter_mut().zip(self.sent.to_be_bytes()) {
            *to = from;
        }
        nonce
    }
}

/// The same, and a signature over as much as a message's covers, the plaintext by its digest.
pub struct SignedAead {
    aead: Aead,
    own: SigningKey,
    peer: VerifyingKey,
}

impl SignedAead {
    /// With new keys; the peer's is kept decompressed.
    pub fn new<R: CryptoRng>(rng: &mut R) -> Self {
        let own = SigningKey::generate(rng);
        let peer = own.verifying_key();
        let aead = Aead::new(rng);
        Self { aead, own, peer }
    }

    /// Signs and encrypts; the signature is inside, as a message's is.
    pub fn seal(&mut self, plaintext: &[u8]) -> Vec<u8> {
        let signature = self.own.sign(&content(plaintext)).to_bytes();
        self.aead.seal(&[plaintext, &signature].concat())
    }

    /// Decrypts the last one and verifies.
    pub fn open(&self, ciphertext: &[u8]) -> Vec<u8> {
        let mut plaintext = self.aead.open(ciphertext);
        let signature = plaintext.split_off(plaintext.len() - Signature::BYTE_SIZE);
        let signature = Signature::from_slice(&signature).expect("64 bytes");
        // As strictly as the session (`identity::verifying`), but for comparing R with eight points.
        let verified = self.peer.verify(&content(&plaintext), &signature);
        verified.expect("an own signature");
        plaintext
    }
}

/// As long as what a message's signature covers, with the plaintext's digest in it.
fn content(plaintext: &[u8]) -> [u8; SIGNED] {
    let mut content = [0; SIGNED];
    let digest = Sha256::digest(plaintext);
    for (to, from) in content.iter_mut().zip(digest) {
        *to = from;
    }
    content
}
