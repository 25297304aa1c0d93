//! A device that was put back to an older state: what the relay holds of it, it cannot answer.

use super::tests::{Fixture, ids};
use crate::prekeys::{KEM_ONE_TIME_TARGET, MAX_LOST_IDS, MAX_ROTATIONS, ONE_TIME_TARGET};

/// A first week, as it was stored, and what the device published after that.
fn put_back(rotated: bool) -> (Fixture, Vec<u32>) {
    let mut fixture = Fixture::new();
    let mut lost = ids(&fixture.replenish((0, 0, 0), 0).unwrap());
    let copy = serde_json::to_string(&fixture.prekeys).unwrap();
    let day = if rotated { 7 } else { 6 };
    lost.extend(ids(&fixture.replenish((1, 0, 0), day).unwrap()));
    fixture.prekeys = serde_json::from_str(&copy).unwrap();
    (fixture, lost)
}

#[test]
fn everything_is_made_anew_with_ids_that_no_key_had() {
    for rotated in [true, false] {
        let (mut fixture, lost) = put_back(rotated);
        let signed = if rotated { 73 } else { 1 };
        let publish = fixture.replenish((signed, 50, 20), 8).unwrap();
        assert!(publish.drop_one_time);
        assert_eq!(publish.one_time_prekeys.len(), ONE_TIME_TARGET);
        assert_eq!(publish.kem_prekeys.len(), 1 + KEM_ONE_TIME_TARGET);
        assert!(ids(&publish).iter().all(|id| !lost.contains(id)));
        let new = publish.signed_prekey.unwrap();
        let kept = fixture.prekeys.signed(new.id).unwrap();
        assert_eq!(kept.public().to_vec(), new.public_key);
        // Who has fetched the older key can still be answered.
        assert!(fixture.prekeys.signed(1).is_some());
        assert_eq!(fixture.replenish((new.id, 50, 20), 8), None);
        let refill = fixture.replenish((new.id, 0, 20), 8).unwrap();
        assert!(!refill.drop_one_time);
    }
}

#[test]
fn the_keys_are_dropped_until_the_relay_is_known_to_have_done_it() {
    let (mut fixture, _) = put_back(true);
    let lost = fixture.replenish((73, 50, 20), 8).unwrap();
    let stored = serde_json::to_string(&fixture.prekeys).unwrap();
    fixture.prekeys = serde_json::from_str(&stored).unwrap();
    let again = fixture.replenish((73, 50, 20), 8).unwrap();
    assert_eq!(again.signed_prekey, lost.signed_prekey);
    assert!(again.drop_one_time);
    assert_eq!(again.one_time_prekeys.len(), ONE_TIME_TARGET);
    let ids = ids(&again);
    let stale = lost.one_time_prekeys.iter();
    assert!(stale.clone().all(|key| !ids.contains(&key.id)), "made anew");
}

#[test]
fn a_relay_that_names_too_high_an_id_is_not_believed() {
    let mut fixture = Fixture::new();
    fixture.replenish((0, 0, 0), 0).unwrap();
    fixture.published = 72 + MAX_LOST_IDS + 1;
    assert_eq!(fixture.replenish((1, 50, 20), 1), None);
    fixture.published = 72 + MAX_LOST_IDS;
    let publish = fixture.replenish((1, 50, 20), 1).unwrap();
    assert!(ids(&publish).iter().all(|id| *id > 72 + MAX_LOST_IDS));
}

#[test]
fn a_relay_that_says_so_again_and_again_fills_no_memory() {
    let mut fixture = Fixture::new();
    fixture.replenish((0, 0, 0), 0).unwrap();
    for _ in 0..2 * MAX_ROTATIONS {
        fixture.published += 1;
        fixture.replenish((1, 50, 20), 1).unwrap();
    }
    assert_eq!(fixture.prekeys.rotations.len(), MAX_ROTATIONS);
    let current = fixture.prekeys.rotations.last().unwrap().signed_id;
    assert!(fixture.prekeys.signed(current).is_some());
}
