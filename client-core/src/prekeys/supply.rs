//! What the relay says that it holds of the own one-time prekeys, and whether somebody drains them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sotto_protocol::frames;

use crate::api::{PrekeySupplyState, PrekeysView};

/// A kind that is used up within this time of a refill was emptied: so many people are not met in it.
const SOON: SignedDuration = SignedDuration::from_hours(24);

/// A refill of which something is left after this time has lasted.
const LASTED: SignedDuration = SignedDuration::from_hours(12);

/// Emptied so often in a row, the supply is being drained: once or twice may be an invitation that
/// many people use.
const DRAINED_AFTER: u32 = 3;

/// The relay's word on the own one-time prekeys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Supply {
    last: Option<Word>,
    /// When the relay last took one-time keys.
    refilled_at: Option<Timestamp>,
    /// How often in a row a refill was used up soon.
    emptied: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Word {
    one_time: u32,
    kem_one_time: u32,
    at: Timestamp,
}

impl Word {
    fn is_exhausted(&self) -> bool {
        self.one_time == 0 || self.kem_one_time == 0
    }
}

impl Supply {
    /// The relay says what it holds: as it lets the device in, or because it was asked.
    pub(crate) fn said(&mut self, supply: &frames::PrekeySupply, now: Timestamp) {
        let word = word(supply, now);
        let age = self.refilled_at.map(|at| now.duration_since(at));
        if word.is_exhausted() {
            // One refill is found used up once.
            self.refilled_at = None;
            match age {
                Some(age) if age <= SOON => self.emptied = self.emptied.saturating_add(1),
                Some(_) => self.emptied = 0,
                None => {}
            }
        } else {
            // A refill whose answer was lost is known by this.
            self.refilled_at.get_or_insert(now);
            if age.is_some_and(|age| age >= LASTED) {
                self.emptied = 0;
            }
        }
        self.last = Some(word);
    }

    /// The relay has taken one-time keys, and says what it holds now.
    pub(crate) fn refilled(&mut self, supply: &frames::PrekeySupply, now: Timestamp) {
        let word = word(supply, now);
        if word.is_exhausted() {
            // It took them, and has none.
            self.emptied = self.emptied.saturating_add(1);
            self.refilled_at = None;
        } else {
            self.refilled_at = Some(now);
        }
        self.last = Some(word);
    }

    pub(crate) fn view(&self) -> Option<PrekeysView> {
        let word = self.last.as_ref()?;
        let supply = if self.emptied >= DRAINED_AFTER {
            PrekeySupplyState::Drained
        } else if word.is_exhausted() {
            PrekeySupplyState::Exhausted
        } else {
            PrekeySupplyState::Enough
        };
        Some(PrekeysView {
            one_time: word.one_time,
            ml_kem: word.kem_one_time,
            at: word.at,
            supply,
        })
    }
}

fn word(supply: &frames::PrekeySupply, at: Timestamp) -> Word {
    Word {
        one_time: supply.one_time,
        kem_one_time: supply.kem_one_time,
        at,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    fn held(one_time: u32, kem_one_time: u32) -> frames::PrekeySupply {
        frames::PrekeySupply {
            signed_prekey_id: 1,
            one_time,
            kem_one_time,
            ..frames::PrekeySupply::default()
        }
    }

    fn state(supply: &Supply) -> PrekeySupplyState {
        supply.view().unwrap().supply
    }

    #[test]
    fn either_kind_can_be_exhausted_and_a_refill_ends_it() {
        let mut supply = Supply::default();
        assert_eq!(supply.view(), None, "the relay has not said anything");
        for (one_time, ml_kem) in [(0, 20), (50, 0), (0, 0)] {
            supply.said(&held(one_time, ml_kem), at(100));
            let view = supply.view().unwrap();
            assert_eq!(
                (view.one_time, view.ml_kem, view.at),
                (one_time, ml_kem, at(100))
            );
            assert_eq!(view.supply, PrekeySupplyState::Exhausted);
            supply.refilled(&held(50, 20), at(100));
            assert_eq!(state(&supply), PrekeySupplyState::Enough);
            supply.said(&held(49, 19), at(101));
        }
    }

    #[test]
    fn what_is_used_up_soon_after_a_refill_three_times_in_a_row_is_being_drained() {
        let mut supply = Supply::default();
        supply.refilled(&held(50, 20), at(0));
        for (hour, expected) in [
            (12, PrekeySupplyState::Exhausted),
            (24, PrekeySupplyState::Exhausted),
            (36, PrekeySupplyState::Drained),
        ] {
            supply.said(&held(50, 0), at(hour));
            supply.said(&held(50, 0), at(hour));
            assert_eq!(state(&supply), expected, "after {hour} h");
            supply.refilled(&held(50, 20), at(hour));
        }
        supply.said(&held(47, 17), at(47));
        assert_eq!(
            state(&supply),
            PrekeySupplyState::Drained,
            "full, but not for long"
        );
        supply.said(&held(47, 17), at(48));
        assert_eq!(state(&supply), PrekeySupplyState::Enough);
    }

    #[test]
    fn a_relay_that_keeps_nothing_of_what_it_takes_is_noticed_as_well() {
        let mut supply = Supply::default();
        for hour in [0, 12, 24] {
            supply.said(&held(0, 0), at(hour));
            supply.refilled(&held(0, 0), at(hour));
        }
        assert_eq!(state(&supply), PrekeySupplyState::Drained);
    }

    #[test]
    fn what_is_used_up_slowly_or_now_and_then_is_no_attack() {
        let mut supply = Supply::default();
        supply.refilled(&held(50, 20), at(0));
        for day in 0..20 {
            supply.said(&held(0, 0), at(24 * day + 25));
            supply.refilled(&held(50, 20), at(24 * day + 25));
            assert_ne!(state(&supply), PrekeySupplyState::Drained);
            // Half a day later, it was but half used up.
            if day % 2 == 1 {
                supply.said(&held(25, 10), at(24 * day + 37));
            }
        }
    }

    proptest! {
        /// Whatever the relay says in whichever order: it is drained only after three refills that did
        /// not last, and is not any more when one has lasted.
        #[test]
        fn it_is_drained_only_after_three_refills_that_did_not_last(
            words in proptest::collection::vec((any::<bool>(), 0..3_u32, 0..3_u32, 0..40_i64), 0..40),
        ) {
            let (mut supply, mut now, mut refills) = (Supply::default(), 0, 0);
            for (refill, one_time, kem, hours) in words {
                now += hours;
                let held = held(one_time, kem);
                let before = supply.refilled_at;
                if refill {
                    supply.refilled(&held, at(now));
                } else {
                    supply.said(&held, at(now));
                }
                if refill || before.is_none() && supply.refilled_at.is_some() {
                    refills += 1;
                }
                let lasted = before.is_some_and(|before| at(now).duration_since(before) >= LASTED);
                if !refill && lasted && one_time > 0 && kem > 0 {
                    // This one may still be used up soon.
                    refills = 1;
                    prop_assert_eq!(state(&supply), PrekeySupplyState::Enough);
                }
                let drained = state(&supply) == PrekeySupplyState::Drained;
                prop_assert!(!drained || refills >= DRAINED_AFTER, "{} refills", refills);
                prop_assert_eq!(supply.view().unwrap().at, at(now));
            }
        }
    }
}
