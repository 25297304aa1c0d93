//! A supply of prekeys that others use up, and that is filled again.

use proptest::prelude::*;

use super::*;
use crate::prekeys::{
    KEM_ONE_TIME_REFILL_BELOW, KEM_ONE_TIME_TARGET, ONE_TIME_REFILL_BELOW, ONE_TIME_TARGET,
};

/// What the directory holds of one-time keys.
fn held(person: &Person) -> (usize, usize) {
    let kem = person.published.kem_prekeys.iter();
    let one_time = person.published.one_time_prekeys.len();
    (one_time, kem.filter(|key| !key.last_resort).count())
}

/// The device hears what the directory has, and publishes what is missing.
fn refill(person: &mut Person) {
    let (one_time, kem) = held(person);
    let count = |held: usize| u32::try_from(held).unwrap();
    let signed = person.published.signed_prekey.as_ref().unwrap();
    let supply = PrekeySupply {
        signed_prekey_id: signed.id,
        one_time: count(one_time),
        kem_one_time: count(kem),
        ..PrekeySupply::default()
    };
    let rng = &mut person.rng();
    let more = person
        .prekeys
        .replenish(person.local.device(), &supply, at(0), rng);
    if let Some(more) = more {
        person
            .published
            .one_time_prekeys
            .extend(more.one_time_prekeys);
        person.published.kem_prekeys.extend(more.kem_prekeys);
    }
    let (one_time, kem) = held(person);
    assert!((ONE_TIME_REFILL_BELOW as usize..=ONE_TIME_TARGET).contains(&one_time));
    assert!((KEM_ONE_TIME_REFILL_BELOW as usize..=KEM_ONE_TIME_TARGET).contains(&kem));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// However many keys others take in between, whoever comes is let in, with less where there is no
    /// more, of which both sides know the same; and after a refill with nothing less.
    #[test]
    fn whatever_others_take_everybody_is_let_in_and_both_know_what_was_lacking(
        rounds in proptest::collection::vec((0..60_usize, any::<bool>()), 1..6),
    ) {
        let (alice, mut bob) = (Person::new(1), Person::new(2));
        for (taken, refilled) in rounds {
            for _ in 0..taken {
                bob.served();
            }
            if refilled {
                refill(&mut bob);
            }
            let (one_time, kem) = held(&bob);
            let lacking = Shortage { one_time: one_time == 0, kem: kem == 0 };
            prop_assert!(!refilled || lacking.is_none());
            let mut alices = alice.opens_towards(&mut bob);
            prop_assert_eq!(alices.shortage(), lacking);
            let hello = alice.encrypt(&mut alices, "hello");
            let mut bobs = bob.accepts(&hello).unwrap().session;
            prop_assert_eq!(bobs.shortage(), lacking);
            // A repetition is refused, whatever was lacking.
            prop_assert!(bob.accepts(&hello).is_err());
            let answer = bob.encrypt(&mut bobs, "hello yourself");
            prop_assert_eq!(reads(&mut alices, &answer), "hello yourself");
            prop_assert!(!alices.shortage().one_time);
        }
    }
}
