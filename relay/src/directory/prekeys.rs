//! Prekeys: which are published, how many, and whose are handed out.

use sotto_protocol::frames::{KemPrekey, OneTimePrekey, PublishPrekeys, SignedPrekey};
use sotto_protocol::id::DeviceId;
use sotto_protocol::limits::MAX_DEVICES;
use sotto_protocol::signing;

use super::{Invalid, Refused, X25519_BYTES, invalid, verifies};

const ML_KEM_768_BYTES: usize = 1_184;

/// The devices whose prekeys somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of the account.
    All,
    /// These.
    These(Vec<DeviceId>),
}

impl Wanted {
    /// Checks which devices are asked for.
    ///
    /// # Errors
    ///
    /// [`Invalid`] names the field.
    pub fn check(devices: &[Vec<u8>]) -> Result<Self, Invalid> {
        if devices.is_empty() {
            return Ok(Self::All);
        }
        if devices.len() > MAX_DEVICES {
            return Err(invalid("devices", format!("at most {MAX_DEVICES} devices")));
        }
        let mut these = Vec::with_capacity(devices.len());
        for device in devices {
            let id = DeviceId::try_from(device.as_slice())
                .map_err(|_| invalid("devices", "32 bytes for each"))?;
            if these.contains(&id) {
                return Err(invalid("devices", "each device once"));
            }
            these.push(id);
        }
        Ok(Self::These(these))
    }

    /// Whether a device is among them.
    pub fn includes(&self, device: &DeviceId) -> bool {
        match self {
            Self::All => true,
            Self::These(these) => these.contains(device),
        }
    }

    /// Whether an answer without any prekeys is one. Who asks for all wants to write to somebody;
    /// who asks for some learns from the list which of them there are still.
    pub const fn may_be_empty(&self) -> bool {
        matches!(self, Self::These(_))
    }
}

/// Prekeys whose lengths and signatures were checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Publication {
    /// Replaces the signed prekey.
    pub signed: Option<SignedPrekey>,
    /// Added.
    pub one_time: Vec<OneTimePrekey>,
    /// Added.
    pub kem_one_time: Vec<KemPrekey>,
    /// Replaces the last-resort key.
    pub last_resort: Option<KemPrekey>,
    /// The one-time keys that are held go first.
    pub drops_one_time: bool,
}

impl Publication {
    /// Checks what `device` publishes.
    ///
    /// # Errors
    ///
    /// [`Invalid`] names the field.
    pub fn check(device: &DeviceId, frame: PublishPrekeys, most: u32) -> Result<Self, Invalid> {
        let most = most as usize;
        if frame.one_time_prekeys.len() > most {
            return Err(invalid("one_time_prekeys", format!("at most {most}")));
        }
        // One more: the last-resort key.
        if frame.kem_prekeys.len() > most + 1 {
            return Err(invalid(
                "kem_prekeys",
                format!("at most {most} and a last-resort key"),
            ));
        }
        if let Some(key) = &frame.signed_prekey {
            let message = signing::signed_prekey(key.id, &key.public_key);
            if key.public_key.len() != X25519_BYTES {
                return Err(invalid("signed_prekey.public_key", "32 bytes"));
            }
            // Zero means "none" in a PrekeySupply.
            if key.id == 0 {
                return Err(invalid("signed_prekey.id", "another number than zero"));
            }
            if !verifies(device.as_bytes(), &message, &key.signature) {
                return Err(invalid("signed_prekey.signature", "the device's signature"));
            }
        }
        if frame
            .one_time_prekeys
            .iter()
            .any(|key| key.public_key.len() != X25519_BYTES)
        {
            return Err(invalid("one_time_prekeys.public_key", "32 bytes"));
        }
        let mut publication = Self {
            signed: frame.signed_prekey,
            one_time: frame.one_time_prekeys,
            drops_one_time: frame.drop_one_time,
            ..Self::default()
        };
        for key in frame.kem_prekeys {
            let message = signing::kem_prekey(key.id, key.last_resort, &key.public_key);
            if key.public_key.len() != ML_KEM_768_BYTES {
                return Err(invalid(
                    "kem_prekeys.public_key",
                    format!("{ML_KEM_768_BYTES} bytes"),
                ));
            }
            if !verifies(device.as_bytes(), &message, &key.signature) {
                return Err(invalid("kem_prekeys.signature", "the device's signature"));
            }
            if !key.last_resort {
                publication.kem_one_time.push(key);
            } else if publication.last_resort.replace(key).is_some() {
                return Err(invalid(
                    "kem_prekeys.last_resort",
                    "true for at most one key",
                ));
            }
        }
        Ok(publication)
    }

    /// The highest id of all its keys; zero when there is none.
    pub fn highest_id(&self) -> u32 {
        let signed = self.signed.iter().map(|key| key.id);
        let one_time = self.one_time.iter().map(|key| key.id);
        let kem = self.kem_one_time.iter().chain(&self.last_resort);
        let all = signed.chain(one_time).chain(kem.map(|key| key.id));
        all.max().unwrap_or(0)
    }
}

/// Decides whether a device may hold so many one-time prekeys of a kind.
///
/// # Errors
///
/// [`Refused::TooManyPrekeys`].
pub fn supply(held: u64, added: u64, limit: u32) -> Result<(), Refused> {
    let found = held.saturating_add(added);
    if added > 0 && found > u64::from(limit) {
        return Err(Refused::TooManyPrekeys { limit, found });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Person;

    #[test]
    fn which_devices_are_asked_for() {
        let field = |devices: &[Vec<u8>]| Wanted::check(devices).unwrap_err().field;
        assert_eq!(Wanted::check(&[]), Ok(Wanted::All));
        let ids: Vec<Vec<u8>> = (0..9).map(|n| vec![n; 32]).collect();
        let eight = Wanted::check(&ids[..8]).unwrap();
        assert!(eight.includes(&DeviceId::from_bytes([7; 32])));
        assert!(!eight.includes(&DeviceId::from_bytes([8; 32])));
        assert_eq!(field(&ids), "devices");
        assert_eq!(field(&[vec![1; 31]]), "devices");
        assert_eq!(field(&[vec![1; 32], vec![1; 32]]), "devices");
    }

    #[test]
    fn prekeys_are_published_only_as_the_device_signed_them() {
        let robin = Person::new(1);
        let good = robin.prekeys(1, 2, 2);
        let check = |frame| Publication::check(&robin.device_id(), frame, 2);
        let publication = check(good.clone()).unwrap();
        assert_eq!(
            (publication.one_time.len(), publication.kem_one_time.len()),
            (2, 2)
        );
        assert!(publication.last_resort.is_some() && publication.signed.is_some());

        type Bend = fn(&mut PublishPrekeys);
        let bends: [(&str, Bend); 8] = [
            ("signed_prekey.signature", |p| {
                p.signed_prekey.as_mut().unwrap().id += 1
            }),
            ("signed_prekey.public_key", |p| {
                p.signed_prekey.as_mut().unwrap().public_key.truncate(31);
            }),
            ("signed_prekey.id", |p| {
                p.signed_prekey.as_mut().unwrap().id = 0
            }),
            ("one_time_prekeys.public_key", |p| {
                p.one_time_prekeys[0].public_key.push(0)
            }),
            ("one_time_prekeys", |p| {
                p.one_time_prekeys.push(OneTimePrekey::default())
            }),
            ("kem_prekeys.public_key", |p| {
                p.kem_prekeys[0].public_key.truncate(32)
            }),
            ("kem_prekeys.signature", |p| {
                p.kem_prekeys[0].last_resort ^= true
            }),
            ("kem_prekeys.last_resort", |p| {
                let last = p
                    .kem_prekeys
                    .iter()
                    .find(|key| key.last_resort)
                    .cloned()
                    .unwrap();
                p.kem_prekeys[0] = last;
            }),
        ];
        for (field, bend) in bends {
            let mut bad = good.clone();
            bend(&mut bad);
            assert_eq!(check(bad).unwrap_err().field, field);
        }
    }

    #[test]
    fn the_supply_is_bounded() {
        assert_eq!(supply(60, 40, 100), Ok(()));
        assert_eq!(supply(200, 0, 100), Ok(()));
        assert_eq!(
            supply(61, 40, 100),
            Err(Refused::TooManyPrekeys {
                limit: 100,
                found: 101
            })
        );
    }
}
