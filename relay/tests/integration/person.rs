//! People with keys, for tests. Unit tests of the crate use this file as well.

use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use prost::Message;
use sotto_protocol::frames::{
    Device, DeviceList, Hello, KemPrekey, OneTimePrekey, Pass, PublishPrekeys, SignedDeviceList,
    SignedPrekey,
};
use sotto_protocol::id::{AccountId, DeviceId};
use sotto_protocol::signing;

/// Somebody with an account and one device, both made from a seed.
pub(crate) struct Person {
    pub(crate) account: SigningKey,
    pub(crate) device: SigningKey,
}

impl Person {
    pub(crate) fn new(seed: u8) -> Self {
        let key = |domain: u8| {
            let mut bytes = [seed; 32];
            bytes[0] = domain;
            SigningKey::from_bytes(&bytes)
        };
        Self {
            account: key(1),
            device: key(2),
        }
    }

    pub(crate) fn account_id(&self) -> AccountId {
        AccountId::from_bytes(self.account.verifying_key().to_bytes())
    }

    pub(crate) fn device_id(&self) -> DeviceId {
        DeviceId::from_bytes(self.device.verifying_key().to_bytes())
    }

    /// The account's signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Bytes {
        self.account.sign(message).to_bytes().to_vec().into()
    }

    /// A pass for somebody's device.
    pub(crate) fn pass(&self, guest: &Self, expires_at_ms: u64) -> Pass {
        let message = signing::pass(&self.account_id(), &guest.device_id(), expires_at_ms);
        Pass {
            expires_at_ms,
            signature: self.sign(&message).to_vec(),
        }
    }

    /// Somebody else's device as one of this person's account.
    pub(crate) fn with_device_of(&self, other: &Self) -> Self {
        Self {
            account: self.account.clone(),
            device: other.device.clone(),
        }
    }

    /// A hello with a device list that names this person's device alone.
    pub(crate) fn hello(&self, nonce: &[u8; 32], audience: &str) -> Hello {
        let (account, device) = (self.account_id(), self.device_id());
        let message = signing::hello(nonce, &account, &device, audience);
        Hello {
            version: sotto_protocol::PROTOCOL_VERSION,
            account: account.to_vec(),
            device: device.to_vec(),
            audience: audience.to_owned(),
            signature: self.device.sign(&message).to_bytes().to_vec(),
            device_list: Some(list(self, 1, &[self])),
            pass: None,
        }
    }

    /// Prekeys: a signed one, so many one-time ones of each kind, and one of last resort.
    pub(crate) fn prekeys(&self, first: u32, one_time: u32, kem: u32) -> PublishPrekeys {
        let signed = [first as u8; 32];
        let kem_key = |id: u32, last_resort| {
            let public_key = vec![id as u8; 1184];
            let message = signing::kem_prekey(id, last_resort, &public_key);
            let signature = self.device.sign(&message).to_bytes().to_vec();
            KemPrekey {
                id,
                public_key,
                signature,
                last_resort,
            }
        };
        let message = signing::signed_prekey(first, &signed);
        PublishPrekeys {
            signed_prekey: Some(SignedPrekey {
                id: first,
                public_key: signed.to_vec(),
                signature: self.device.sign(&message).to_bytes().to_vec(),
            }),
            one_time_prekeys: (first..first + one_time)
                .map(|id| OneTimePrekey {
                    id,
                    public_key: vec![id as u8; 32],
                })
                .collect(),
            kem_prekeys: (first..first + kem)
                .map(|id| kem_key(id, false))
                .chain([kem_key(first + 1_000, true)])
                .collect(),
            drop_one_time: false,
        }
    }
}

/// A device list of `owner`'s account with everybody's device.
pub(crate) fn list(owner: &Person, version: u64, devices: &[&Person]) -> SignedDeviceList {
    let devices = devices.iter().map(|person| Device {
        signing_key: person.device_id().to_vec(),
        // No agreement key, but as different from the others'.
        agreement_key: person.device_id().to_vec(),
    });
    let list = DeviceList {
        account_key: owner.account_id().to_vec(),
        version,
        created_at_ms: 1_800_000_000_000,
        devices: devices.collect(),
    }
    .encode_to_vec();
    SignedDeviceList {
        signature: owner.sign(&signing::device_list(&list)),
        list: list.into(),
    }
}
