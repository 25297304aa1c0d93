//! Somebody's prekeys, as a directory served them, after every check.

use ed25519_dalek::{Signature, VerifyingKey};
use sotto_protocol::{frames, id::DeviceId, signing};

use super::{PrekeyError, kem::PeerKemKey};
use crate::identity::{AgreementKey, PeerDevice};

const SIGNED: &str = "signed prekey";
const ONE_TIME: &str = "one-time prekey";
const KEM: &str = "ML-KEM prekey";

/// A signed X25519 prekey of a peer.
#[derive(Debug, Clone)]
pub(crate) struct PeerPrekey {
    pub(crate) id: u32,
    pub(crate) key: AgreementKey,
}

/// What one needs to write first to somebody's device: verified, and bound to that device.
#[derive(Debug, Clone)]
pub struct PeerPrekeys {
    device: PeerDevice,
    pub(crate) signed: PeerPrekey,
    pub(crate) one_time: Option<PeerPrekey>,
    pub(crate) kem_id: u32,
    pub(crate) kem: PeerKemKey,
    last_resort: bool,
}

impl PeerPrekeys {
    /// Checks what a directory served for `device`, which comes from a verified device list.
    ///
    /// # Errors
    ///
    /// [`PrekeyError`] when they are another device's, when the signed or the KEM prekey is
    /// missing or not signed by the device (the KEM prekey's `last_resort` is signed with it), when
    /// an id is zero, or when a key is malformed, of low order or beyond the modulus.
    /// The one-time X25519 key carries no signature, as in X3DH: the signed one vouches for the rest.
    pub fn verify(
        prekeys: &frames::DevicePrekeys,
        device: &PeerDevice,
    ) -> Result<Self, PrekeyError> {
        let (expected, found) = (device.id(), DeviceId::try_from(prekeys.device.as_slice())?);
        if expected != found {
            return Err(PrekeyError::WrongDevice { expected, found });
        }
        let signer = VerifyingKey::from_bytes(expected.as_bytes())
            .map_err(|_| PrekeyError::BadSignature { part: SIGNED })?;
        let verify = |part, message: &[u8], signature: &[u8]| {
            Signature::from_slice(signature)
                .and_then(|signature| signer.verify_strict(message, &signature))
                .map_err(|_| PrekeyError::BadSignature { part })
        };

        let signed = prekeys
            .signed_prekey
            .as_ref()
            .ok_or(PrekeyError::Missing { part: SIGNED })?;
        verify(
            SIGNED,
            &signing::signed_prekey(signed.id, &signed.public_key),
            &signed.signature,
        )?;
        let kem = prekeys
            .kem_prekey
            .as_ref()
            .ok_or(PrekeyError::Missing { part: KEM })?;
        verify(
            KEM,
            &signing::kem_prekey(kem.id, kem.last_resort, &kem.public_key),
            &kem.signature,
        )?;
        Ok(Self {
            device: *device,
            signed: PeerPrekey::parse(SIGNED, signed.id, &signed.public_key)?,
            one_time: prekeys
                .one_time_prekey
                .as_ref()
                .map(|key| PeerPrekey::parse(ONE_TIME, key.id, &key.public_key))
                .transpose()?,
            kem_id: not_zero(KEM, kem.id)?,
            kem: PeerKemKey::parse(&kem.public_key)?,
            last_resort: kem.last_resort,
        })
    }

    /// Whose prekeys they are.
    pub fn device(&self) -> &PeerDevice {
        &self.device
    }

    /// Whether the supply ran short: no one-time X25519 key, or only the last-resort KEM key. The
    /// first messages are then secret from a later thief of the device only once a week has passed.
    pub fn is_degraded(&self) -> bool {
        self.one_time.is_none() || self.last_resort
    }
}

impl PeerPrekey {
    fn parse(part: &'static str, id: u32, key: &[u8]) -> Result<Self, PrekeyError> {
        Ok(Self {
            id: not_zero(part, id)?,
            key: AgreementKey::parse(key).map_err(|source| PrekeyError::BadKey { part, source })?,
        })
    }
}

fn not_zero(part: &'static str, id: u32) -> Result<u32, PrekeyError> {
    if id == 0 {
        Err(PrekeyError::ZeroId { part })
    } else {
        Ok(id)
    }
}
