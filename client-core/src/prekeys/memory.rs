//! Handshakes that used no one-time key: nothing of ours is gone after the first time, so each is
//! remembered, and refused when it comes again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sotto_protocol::id::{AccountId, DeviceId};

use super::{
    MAX_REMEMBERED_HANDSHAKES, MAX_REMEMBERED_OF_ACCOUNT, MAX_REMEMBERED_OF_DEVICE, UsedPrekeys,
};
use crate::session::SessionId;

/// All of them, by their sessions' ids.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Memory(BTreeMap<SessionId, Remembered>);

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Remembered {
    /// The signed prekey that it used.
    signed: u32,
    /// Whose it was.
    account: AccountId,
    device: DeviceId,
}

impl Memory {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn insert(&mut self, used: &UsedPrekeys) {
        let remembered = Remembered {
            signed: used.signed,
            account: used.account,
            device: used.device,
        };
        self.0.insert(used.session, remembered);
    }

    /// Forgets those of signed prekeys that are gone: they cannot come again.
    pub(super) fn retain(&mut self, is_kept: impl Fn(u32) -> bool) {
        self.0.retain(|_, of| is_kept(of.signed));
    }

    /// Whether a handshake is new, and finds room.
    pub(super) fn admits(&self, used: &UsedPrekeys) -> bool {
        let all = self.0.values();
        let of_account = all.filter(|of| of.account == used.account);
        let of_device = of_account.clone().filter(|of| of.device == used.device);
        !self.0.contains_key(&used.session)
            && self.len() < MAX_REMEMBERED_HANDSHAKES
            && of_account.count() < MAX_REMEMBERED_OF_ACCOUNT
            && of_device.count() < MAX_REMEMBERED_OF_DEVICE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prekeys::own::Selector;

    fn used(number: u16, account: u8, device: u8) -> UsedPrekeys {
        let mut session = [account; 32];
        session[..2].copy_from_slice(&number.to_be_bytes());
        UsedPrekeys {
            signed: 1,
            selector: Selector {
                one_time: 0,
                kem: 2,
            },
            session: SessionId::from_bytes(session),
            account: AccountId::from_bytes([account; 32]),
            device: DeviceId::from_bytes([device; 32]),
        }
    }

    /// How many handshakes of an account are taken, each of the device that `of` says.
    fn taken(memory: &mut Memory, of: impl Fn(u16) -> u8) -> usize {
        let before = memory.len();
        for number in 0..MAX_REMEMBERED_HANDSHAKES as u16 {
            let used = used(number, 1, of(number));
            if memory.admits(&used) {
                memory.insert(&used);
            }
        }
        memory.len() - before
    }

    #[test]
    fn nobody_fills_the_memory_for_others() {
        let mut memory = Memory::default();
        assert_eq!(taken(&mut memory, |_| 1), MAX_REMEMBERED_OF_DEVICE);
        assert!(
            memory.admits(&used(5_000, 1, 2)),
            "another device of theirs"
        );
        // Each of their devices is a new one.
        let more = taken(&mut memory, |number| (number / 16 % 250) as u8 + 2);
        assert_eq!(more, MAX_REMEMBERED_OF_ACCOUNT - MAX_REMEMBERED_OF_DEVICE);
        assert!(memory.admits(&used(0, 2, 1)), "a stranger's");
        memory.retain(|signed| signed != 1);
        assert_eq!(memory.len(), 0);
    }
}
