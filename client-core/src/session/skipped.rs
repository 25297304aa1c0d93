//! Keys of messages that later ones overtook.

use core::fmt;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    MAX_SKIPPED_AGE, MAX_SKIPPED_DAYS, MAX_SKIPPED_KEYS,
    header::{Header, HeaderKey, SealedHeader},
    message_key::MessageKey,
};
use crate::clock::none_ahead;

/// What is left of one receiving chain.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SkippedChain {
    header_key: HeaderKey,
    epoch: u32,
    /// When the newest of the keys was skipped, in seconds since the Unix epoch.
    since: i64,
    keys: BTreeMap<u32, MessageKey>,
}

#[cfg(test)]
crate::wiping::proof!(SkippedChain { header_key, keys; epoch, since });

impl SkippedChain {
    pub(super) fn new(
        header_key: HeaderKey,
        epoch: u32,
        now: Timestamp,
        keys: Vec<(u32, MessageKey)>,
    ) -> Self {
        Self {
            header_key,
            epoch,
            since: now.as_second(),
            keys: keys.into_iter().collect(),
        }
    }
}

/// All skipped keys of a session, by the step of the receiving ratchet and the message's number.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct SkippedKeys {
    chains: BTreeMap<u64, SkippedChain>,
}

#[cfg(test)]
crate::wiping::proof!(SkippedKeys { chains });

impl SkippedKeys {
    /// The older chain whose header key made this header; `current` was tried already.
    pub(super) fn find(
        &self,
        current: u64,
        header: &SealedHeader,
        associated_data: &[u8],
    ) -> Option<(u64, Header)> {
        self.chains
            .iter()
            .rev()
            .filter(|(step, _)| **step != current)
            .find_map(|(step, chain)| {
                let header = chain.header_key.open(header, associated_data)?;
                (header.epoch == chain.epoch).then_some((*step, header))
            })
    }

    pub(super) fn key(&self, step: u64, number: u32) -> Option<&MessageKey> {
        self.chains.get(&step)?.keys.get(&number)
    }

    /// Forgets a key that was used.
    pub(super) fn remove(&mut self, step: u64, number: u32) {
        if let Some(chain) = self.chains.get_mut(&step) {
            chain.keys.remove(&number);
            if chain.keys.is_empty() {
                self.chains.remove(&step);
            }
        }
    }

    /// Keeps new keys, and drops what is too many steps old at `current`, or too much.
    pub(super) fn insert(&mut self, new: Vec<(u64, SkippedChain)>, current: u64) {
        for (step, chain) in new {
            if chain.keys.is_empty() {
                continue;
            }
            match self.chains.get_mut(&step) {
                Some(known) => {
                    known.since = known.since.max(chain.since);
                    known.keys.extend(chain.keys);
                }
                None => {
                    self.chains.insert(step, chain);
                }
            }
        }
        self.chains
            .retain(|step, _| current.saturating_sub(*step) <= MAX_SKIPPED_AGE);
        let mut excess = self.len().saturating_sub(MAX_SKIPPED_KEYS);
        while excess > 0
            && let Some(mut oldest) = self.chains.first_entry()
        {
            oldest.get_mut().keys.pop_first();
            if oldest.get().keys.is_empty() {
                oldest.remove();
            }
            excess -= 1;
        }
    }

    /// Drops what was skipped so long ago that no relay has it any more. Whether anything changed.
    pub(super) fn forget_expired(&mut self, now: Timestamp) -> bool {
        let now = now.as_second();
        let oldest = now - i64::from(MAX_SKIPPED_DAYS) * 86_400;
        let before = self.chains.len();
        self.chains.retain(|_, chain| chain.since > oldest);
        let forgot = self.chains.len() < before;
        let stamps = self.chains.values_mut();
        none_ahead(stamps.map(|chain| &mut chain.since), now) || forgot
    }

    pub(super) fn is_empty(&self) -> bool {
        self.chains.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.chains.values().map(|chain| chain.keys.len()).sum()
    }
}

impl fmt::Debug for SkippedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chains } = self;
        write!(f, "SkippedKeys({} of {} chains)", self.len(), chains.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{kdf::Key, tests::at};

    fn chain(numbers: core::ops::Range<u32>) -> SkippedChain {
        let keys = numbers.map(|number| (number, MessageKey::new(Key::default())));
        SkippedChain::new(HeaderKey::new(Key::default()), 0, at(0), keys.collect())
    }

    #[test]
    fn a_session_that_rests_forgets_them_after_thirty_days() {
        let mut skipped = SkippedKeys::default();
        skipped.insert(vec![(1, chain(0..2))], 1);
        assert!(!skipped.forget_expired(at(i64::from(MAX_SKIPPED_DAYS) - 1)));
        assert!(skipped.key(1, 1).is_some());
        assert!(skipped.forget_expired(at(i64::from(MAX_SKIPPED_DAYS))));
        assert_eq!(skipped.len(), 0);
    }

    #[test]
    fn a_chain_that_skips_again_keeps_all_its_keys_from_then_on() {
        let mut skipped = SkippedKeys::default();
        skipped.insert(vec![(1, chain(0..1))], 1);
        let again = SkippedChain {
            since: at(20).as_second(),
            ..chain(5..6)
        };
        skipped.insert(vec![(1, again)], 1);
        assert!(!skipped.forget_expired(at(35)));
        assert!(skipped.key(1, 0).is_some() && skipped.key(1, 5).is_some());
        assert!(skipped.forget_expired(at(50)));
    }

    #[test]
    fn the_oldest_go_beyond_the_limit() {
        let mut skipped = SkippedKeys::default();
        skipped.insert(vec![(1, chain(0..600)), (2, chain(0..600))], 2);
        assert_eq!(skipped.len(), MAX_SKIPPED_KEYS);
        assert!(skipped.key(1, 199).is_none() && skipped.key(1, 200).is_some());
        assert!(skipped.key(2, 0).is_some());
    }

    #[test]
    fn old_ones_go_after_so_many_steps() {
        let mut skipped = SkippedKeys::default();
        skipped.insert(vec![(1, chain(0..1))], 1);
        skipped.insert(vec![], 1 + MAX_SKIPPED_AGE);
        assert_eq!(skipped.len(), 1);
        skipped.insert(vec![], 2 + MAX_SKIPPED_AGE);
        assert_eq!(skipped.len(), 0);
    }

    #[test]
    fn a_used_key_is_gone_and_its_chain_with_the_last() {
        let mut skipped = SkippedKeys::default();
        skipped.insert(vec![(1, chain(0..2))], 1);
        skipped.remove(1, 0);
        assert!(skipped.key(1, 0).is_none() && skipped.key(1, 1).is_some());
        skipped.remove(1, 1);
        assert!(skipped.chains.is_empty());
        insta::assert_snapshot!(format!("{skipped:?}"), @"SkippedKeys(0 of 0 chains)");
    }
}
