//! Somebody's prekeys, as a directory served them, after every check.

use sotto_protocol::{frames, id::DeviceId, signing};

use super::{PrekeyError, kem::PeerKemKey};
use crate::{
    identity::{AgreementKey, PeerDevice, PeerSigningKey},
    session::Shortage,
};

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
        let signer = PeerSigningKey::parse(expected.as_bytes())
            .map_err(|_| PrekeyError::BadSignature { part: SIGNED })?;
        let verify = |part, message: &[u8], signature: &[u8]| {
            let verified = signature
                .try_into()
                .is_ok_and(|signature| signer.verify(message, signature).is_ok());
            verified
                .then_some(())
                .ok_or(PrekeyError::BadSignature { part })
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

    /// The id of the ML-KEM key, where it is one of last resort.
    pub(crate) fn last_resort_id(&self) -> Option<u32> {
        self.last_resort.then_some(self.kem_id)
    }

    /// What the supply was too short for: no one-time X25519 key, or only the last-resort KEM key. The
    /// first messages are then secret from a later thief of the device only once weeks have passed.
    pub fn shortage(&self) -> Shortage {
        Shortage {
            one_time: self.one_time.is_none(),
            kem: self.last_resort,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::{IdentityError, agreement::tests::LOW_ORDER},
        session::tests::Person,
    };

    fn refused(bob: &Person, served: &frames::DevicePrekeys) -> PrekeyError {
        PeerPrekeys::verify(served, &bob.local.devices().devices()[0]).unwrap_err()
    }

    #[test]
    fn what_the_device_did_not_sign_is_refused() {
        let (mut bob, mut carol) = (Person::new(2), Person::new(3));
        let (served, other) = (bob.served(), carol.served());
        let mut bent = served.clone();
        bent.signed_prekey = other.signed_prekey.clone();
        assert_eq!(
            refused(&bob, &bent),
            PrekeyError::BadSignature { part: SIGNED }
        );
        let mut bent = served.clone();
        bent.kem_prekey = other.kem_prekey.clone();
        assert_eq!(
            refused(&bob, &bent),
            PrekeyError::BadSignature { part: KEM }
        );
        let mut bent = served.clone();
        bent.signed_prekey.as_mut().unwrap().signature.clear();
        assert_eq!(
            refused(&bob, &bent),
            PrekeyError::BadSignature { part: SIGNED }
        );
        let mut bent = served.clone();
        bent.signed_prekey.as_mut().unwrap().id += 1;
        assert_eq!(
            refused(&bob, &bent),
            PrekeyError::BadSignature { part: SIGNED }
        );
        let mut bent = served;
        bent.kem_prekey.as_mut().unwrap().last_resort = true;
        assert_eq!(
            refused(&bob, &bent),
            PrekeyError::BadSignature { part: KEM }
        );
        assert!(matches!(
            refused(&bob, &other),
            PrekeyError::WrongDevice { .. }
        ));
    }

    #[test]
    fn missing_parts_and_zero_ids_are_refused() {
        let mut bob = Person::new(2);
        let served = bob.served();
        let mut bent = served.clone();
        bent.signed_prekey = None;
        assert_eq!(refused(&bob, &bent), PrekeyError::Missing { part: SIGNED });
        let mut bent = served.clone();
        bent.kem_prekey = None;
        assert_eq!(refused(&bob, &bent), PrekeyError::Missing { part: KEM });
        let mut bent = served;
        bent.one_time_prekey.as_mut().unwrap().id = 0;
        assert_eq!(refused(&bob, &bent), PrekeyError::ZeroId { part: ONE_TIME });
        bent.device.pop();
        assert!(matches!(refused(&bob, &bent), PrekeyError::Id(_)));
    }

    #[test]
    fn bad_keys_are_refused_even_when_signed() {
        let mut bob = Person::new(2);
        let served = bob.served();
        let source = IdentityError::BadAgreementKey;
        for hex in LOW_ORDER {
            let point = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
            let mut bent = served.clone();
            bent.one_time_prekey.as_mut().unwrap().public_key = point.clone();
            let (part, source) = (ONE_TIME, source.clone());
            assert_eq!(refused(&bob, &bent), PrekeyError::BadKey { part, source });
            let mut bent = served.clone();
            let signature = bob.local.device().sign(&signing::signed_prekey(1, &point));
            bent.signed_prekey = Some(frames::SignedPrekey {
                id: 1,
                public_key: point,
                signature: signature.to_vec(),
            });
            let (part, source) = (SIGNED, IdentityError::BadAgreementKey);
            assert_eq!(refused(&bob, &bent), PrekeyError::BadKey { part, source });
        }
        let mut bent = served;
        let kem = bent.kem_prekey.as_mut().unwrap();
        kem.public_key[..2].fill(0xff);
        let message = signing::kem_prekey(kem.id, kem.last_resort, &kem.public_key);
        kem.signature = bob.local.device().sign(&message).to_vec();
        assert_eq!(refused(&bob, &bent), PrekeyError::BadKemKey);
    }
}
