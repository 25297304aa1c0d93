//! What both sides have said and agreed on so far (Noise rev. 34 section 5.2, SymmetricState).

use sotto_protocol::id::{AccountId, DeviceId};
use zeroize::Zeroizing;

use crate::{
    identity::agreement::SharedSecret,
    prekeys::kem::KemSecret,
    session::{
        SESSION_VERSION, SessionError, SessionId, Thread, Voucher, cipher,
        kdf::{self, Key},
        ratchet::RatchetSeed,
    },
};

/// The public keys of the responder that both sides know when they begin.
pub(super) struct ResponderKeys {
    pub(super) account: AccountId,
    pub(super) device: DeviceId,
    pub(super) agreement: [u8; 32],
    pub(super) signed_prekey_id: u32,
    pub(super) signed_prekey: [u8; 32],
}

/// A hash of all that was said, and a chaining key of all that was agreed.
#[derive(Clone)]
pub(super) struct Transcript {
    hash: [u8; 32],
    chaining: Key,
}

#[cfg(test)]
crate::wiping::proof!(Transcript { chaining; hash });

impl Transcript {
    /// Begins with the responder's keys and the initiator's ephemeral key.
    pub(super) fn new(responder: &ResponderKeys, ephemeral: &[u8; 32]) -> Self {
        let hash = kdf::hash(&[kdf::HANDSHAKE, &[SESSION_VERSION]]);
        let mut transcript = Self {
            hash,
            chaining: Key::new(hash),
        };
        transcript.mix_public(&[
            responder.account.as_bytes(),
            responder.device.as_bytes(),
            &responder.agreement,
            &responder.signed_prekey_id.to_be_bytes(),
            &responder.signed_prekey,
            ephemeral,
        ]);
        transcript
    }

    /// hash = SHA-256(hash ‖ parts).
    pub(super) fn mix_public(&mut self, parts: &[&[u8]]) {
        let mut all = vec![self.hash.as_slice()];
        all.extend_from_slice(parts);
        self.hash = kdf::hash(&all);
    }

    /// (chaining key, block key) = HKDF(salt: chaining key, input: secret, info: label).
    fn mix_secret(&mut self, label: &[u8], secret: &[u8]) -> Key {
        let [chaining, block] = kdf::derive_keys(&self.chaining, secret, &[label]);
        self.chaining = chaining;
        block
    }

    /// Ephemeral with signed prekey; gives the selector's key.
    pub(super) fn mix_first(&mut self, shared: &SharedSecret) -> Key {
        self.mix_secret(kdf::HANDSHAKE_SELECTOR, shared.as_slice())
    }

    /// The prekeys that the selector named, and the KEM's secret.
    pub(super) fn mix_prekeys(
        &mut self,
        one_time: Option<&[u8; 32]>,
        kem_key: &[u8],
        kem_ciphertext: &[u8],
        kem_secret: &KemSecret,
    ) {
        // The selector was hashed before and says whether there is a one-time key.
        let one_time = one_time.map_or([].as_slice(), |key| key.as_slice());
        self.mix_public(&[one_time, kem_key, kem_ciphertext]);
        self.mix_secret(kdf::HANDSHAKE_KEM, kem_secret.as_slice());
    }

    /// What shows that the initiator is welcome; gives the identity block's key.
    pub(super) fn mix_voucher(&mut self, voucher: Voucher<'_>) -> Key {
        let (label, secret) = voucher.material();
        self.mix_secret(label, secret)
    }

    /// The initiator's identity in the clear, and what its key and the remaining ones agree on.
    pub(super) fn finish(
        mut self,
        initiator: &InitiatorKeys,
        identity_to_prekey: &SharedSecret,
        ephemeral_to_identity: &SharedSecret,
        ephemeral_to_one_time: Option<&SharedSecret>,
    ) -> (SessionId, RatchetSeed) {
        self.mix_public(&[
            initiator.account.as_bytes(),
            initiator.device.as_bytes(),
            &initiator.agreement,
        ]);
        self.mix_secret(kdf::HANDSHAKE_IDENTITY, identity_to_prekey.as_slice());
        self.mix_secret(kdf::HANDSHAKE_EPHEMERAL, ephemeral_to_identity.as_slice());
        if let Some(shared) = ephemeral_to_one_time {
            self.mix_secret(kdf::HANDSHAKE_ONE_TIME, shared.as_slice());
        }
        let [root, initiator_header, responder_header, thread] =
            kdf::expand_keys(&self.chaining, &[kdf::HANDSHAKE_SESSION, &self.hash]);
        let id = SessionId::from_bytes(kdf::hash(&[kdf::SESSION_ID, &self.hash]));
        let seed = RatchetSeed {
            root,
            initiator_header,
            responder_header,
            thread: Thread::new(thread),
        };
        (id, seed)
    }

    /// Encrypts a block under a key of its own, bound to the transcript, and adds it to that.
    pub(super) fn seal(&mut self, key: &Key, plaintext: &[u8]) -> Result<Vec<u8>, SessionError> {
        let mut buffer = Vec::with_capacity(plaintext.len() + cipher::TAG_LEN);
        buffer.extend_from_slice(plaintext);
        cipher::seal(key, &cipher::SINGLE_USE_NONCE, &self.hash, &mut buffer, 0)?;
        self.mix_public(&[&buffer]);
        Ok(buffer)
    }

    /// The other direction of [`seal`](Self::seal).
    pub(super) fn open(
        &mut self,
        key: &Key,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SessionError> {
        let plaintext = cipher::open(key, &cipher::SINGLE_USE_NONCE, &self.hash, ciphertext)?;
        self.mix_public(&[ciphertext]);
        Ok(plaintext)
    }
}

/// The initiator's public identity.
pub(super) struct InitiatorKeys {
    pub(super) account: AccountId,
    pub(super) device: DeviceId,
    pub(super) agreement: [u8; 32],
}
