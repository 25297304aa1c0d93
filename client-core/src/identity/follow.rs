//! What a device list means to whoever knows one of the same account already.

use super::{PeerDevice, PeerDevices};

/// By which way a list came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The relay's directory answered with it: it says what is so now.
    Directory,
    /// Inside a session: it says what was so when the message was written, however late that comes.
    Session,
}

/// What a list that was found means, measured by the one that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follow {
    /// The very list that is held.
    Same,
    /// The account signed it later: it takes the place of the held one.
    Newer(DevicesChanged),
    /// A message that was long under way brought an older one. It changes nothing, and is no attack.
    Late,
    /// The directory shows an older one than the account has signed: somebody withholds the newer
    /// one, or the account's owner went back to an old copy.
    Backwards {
        /// The version of the held list.
        known: u64,
        /// That of the list that was found.
        found: u64,
    },
    /// The account signed two different lists of one version, which an honest one never does.
    Forked {
        /// That version.
        version: u64,
    },
    /// It is the list of another account.
    OtherAccount,
}

/// How a newer list differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicesChanged {
    /// Devices that the held list does not name.
    pub added: Vec<PeerDevice>,
    /// Devices that only the held list names. One with another agreement key than before is among
    /// both: nothing that was agreed with the old key is owed to the new one.
    pub removed: Vec<PeerDevice>,
    /// Whether another device comes first, and so answers for the person from now on.
    pub agent_moved: bool,
}

impl PeerDevices {
    /// What `found` means to whoever holds `self`; `docs/protocol.md`, "Following a list", has the table.
    pub fn follow(&self, found: &Self, from: Source) -> Follow {
        if found.account() != self.account() {
            return Follow::OtherAccount;
        }
        let (known, version) = (self.version(), found.version());
        if version > known {
            return Follow::Newer(self.changed_to(found));
        }
        if version < known {
            return match from {
                Source::Directory => Follow::Backwards {
                    known,
                    found: version,
                },
                Source::Session => Follow::Late,
            };
        }
        if found.same_list(self) {
            Follow::Same
        } else {
            Follow::Forked { version }
        }
    }

    /// How another list of the account differs, whichever is the newer.
    pub(crate) fn changed_to(&self, found: &Self) -> DevicesChanged {
        let missing = |from: &Self, of: &Self| {
            let gone = of.devices().iter().filter(|d| !from.devices().contains(d));
            gone.copied().collect()
        };
        DevicesChanged {
            added: missing(self, found),
            removed: missing(found, self),
            agent_moved: self.devices().first() != found.devices().first(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use sotto_protocol::frames::{self, DeviceList};

    use super::*;
    use crate::identity::{AccountKey, Device};

    struct Fixture {
        accounts: [AccountKey; 2],
        entries: Vec<frames::Device>,
    }

    impl Fixture {
        fn new() -> Self {
            let mut rng = ChaCha20Rng::seed_from_u64(5);
            Self {
                accounts: [0, 1].map(|_| AccountKey::generate(&mut rng)),
                entries: (0..3).map(|_| Device::generate(&mut rng).entry()).collect(),
            }
        }

        /// A list of one account with those devices, in that order.
        fn list(&self, account: usize, version: u64, made: u64, devices: &[usize]) -> PeerDevices {
            let account = &self.accounts[account];
            let list = DeviceList {
                account_key: account.id().to_vec(),
                version,
                created_at_ms: made,
                devices: devices.iter().map(|n| self.entries[*n].clone()).collect(),
            };
            PeerDevices::verify(&account.sign_device_list(&list), &account.id()).unwrap()
        }
    }

    #[test]
    fn whatever_comes_by_either_way_has_one_meaning() {
        let fixture = Fixture::new();
        let held = fixture.list(0, 3, 7, &[0, 1]);
        for from in [Source::Directory, Source::Session] {
            for account in 0..2 {
                for version in 1..=5 {
                    for made in [6, 7, 8] {
                        for devices in [&[0, 1][..], &[1, 0], &[0], &[0, 1, 2]] {
                            let found = fixture.list(account, version, made, devices);
                            let same = made == 7 && *devices == [0, 1];
                            let follow = held.follow(&found, from);
                            let case = format!("{from:?} {account} {version} {made} {devices:?}");
                            let right = match (account, version, from) {
                                (1, ..) => follow == Follow::OtherAccount,
                                (_, 1..=2, Source::Session) => follow == Follow::Late,
                                (_, 1..=2, Source::Directory) => {
                                    let found = version;
                                    follow == Follow::Backwards { known: 3, found }
                                }
                                (_, 3, _) if same => follow == Follow::Same,
                                (_, 3, _) => follow == Follow::Forked { version },
                                _ => matches!(follow, Follow::Newer(_)),
                            };
                            assert!(right, "{case}: {follow:?}");
                        }
                    }
                }
            }
        }
    }

    /// Every list of some of three devices, in every order.
    fn lists() -> Vec<Vec<usize>> {
        let mut lists = Vec::new();
        for first in 0..3 {
            lists.push(vec![first]);
            for second in (0..3).filter(|n| *n != first) {
                lists.push(vec![first, second]);
                lists.push(vec![first, second, 3 - first - second]);
            }
        }
        lists
    }

    #[test]
    fn a_newer_list_says_who_came_who_went_and_who_answers() {
        let fixture = Fixture::new();
        assert_eq!(lists().len(), 15);
        for before in lists() {
            let held = fixture.list(0, 1, 1, &before);
            for after in lists() {
                let found = fixture.list(0, 2, 1, &after);
                let Follow::Newer(changed) = held.follow(&found, Source::Directory) else {
                    panic!("a newer list");
                };
                let ids = |devices: &[PeerDevice]| -> Vec<Vec<u8>> {
                    devices.iter().map(|device| device.id().to_vec()).collect()
                };
                let only_in = |a: &[usize], b: &[usize]| -> Vec<Vec<u8>> {
                    let only = a.iter().filter(|n| !b.contains(n));
                    only.map(|n| fixture.entries[*n].signing_key.clone())
                        .collect()
                };
                assert_eq!(ids(&changed.added), only_in(&after, &before));
                assert_eq!(ids(&changed.removed), only_in(&before, &after));
                assert_eq!(changed.agent_moved, before[0] != after[0]);
            }
        }
    }

    #[test]
    fn a_device_with_another_agreement_key_is_gone_and_new() {
        let mut fixture = Fixture::new();
        let held = fixture.list(0, 1, 1, &[0, 1]);
        fixture.entries[1].agreement_key = fixture.entries[2].agreement_key.clone();
        let found = fixture.list(0, 2, 1, &[0, 1]);
        let Follow::Newer(changed) = held.follow(&found, Source::Session) else {
            panic!("a newer list");
        };
        assert_eq!(changed.removed, [held.devices()[1]]);
        assert_eq!(changed.added, [found.devices()[1]]);
        assert!(!changed.agent_moved);
    }
}
