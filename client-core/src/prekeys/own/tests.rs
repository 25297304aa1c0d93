use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::{prekeys::MAX_REMEMBERED_HANDSHAKES, session::tests::at};

pub(super) struct Fixture {
    device: Device,
    pub(super) prekeys: Prekeys,
    rng: ChaCha20Rng,
    /// The highest id, as the relay says it.
    pub(super) published: u32,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        Self {
            device: Device::generate(&mut rng),
            prekeys: Prekeys::new(),
            rng,
            published: 0,
        }
    }

    pub(super) fn replenish(
        &mut self,
        (signed_prekey_id, one_time, kem_one_time): (u32, u32, u32),
        day: i64,
    ) -> Option<frames::PublishPrekeys> {
        let supply = frames::PrekeySupply {
            signed_prekey_id,
            one_time,
            kem_one_time,
            highest_id: self.published,
        };
        let publish = self
            .prekeys
            .replenish(&self.device, &supply, at(day), &mut self.rng)?;
        let ids = ids(&publish).into_iter();
        self.published = ids.chain([self.published]).max().unwrap_or_default();
        Some(publish)
    }
}

#[test]
fn an_empty_relay_gets_everything_and_a_full_one_nothing() {
    let mut fixture = Fixture::new();
    let publish = fixture.replenish((0, 0, 0), 0).unwrap();
    let signed = publish.signed_prekey.unwrap();
    assert_eq!(publish.one_time_prekeys.len(), ONE_TIME_TARGET);
    assert_eq!(publish.kem_prekeys.len(), 1 + KEM_ONE_TIME_TARGET);
    assert!(publish.kem_prekeys[0].last_resort);
    assert_eq!(fixture.replenish((signed.id, 50, 20), 0), None);
    assert_eq!(fixture.replenish((signed.id, 25, 10), 6), None);
}

#[test]
fn ids_are_never_zero_and_never_used_twice() {
    let mut fixture = Fixture::new();
    fixture.prekeys.last_id = u32::MAX - 10;
    let publish = fixture.replenish((0, 0, 0), 0).unwrap();
    let mut ids: Vec<u32> = publish.one_time_prekeys.iter().map(|key| key.id).collect();
    ids.extend(publish.kem_prekeys.iter().map(|key| key.id));
    ids.extend(publish.signed_prekey.map(|key| key.id));
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), ids.first()), (count, Some(&1)));
}

#[test]
fn low_supplies_are_filled_up_to_the_target() {
    let mut fixture = Fixture::new();
    fixture.replenish((0, 0, 0), 0).unwrap();
    let publish = fixture.replenish((1, 24, 20), 0).unwrap();
    assert_eq!(publish.one_time_prekeys.len(), 26);
    assert!(publish.signed_prekey.is_none() && publish.kem_prekeys.is_empty());
    let publish = fixture.replenish((1, 50, 9), 0).unwrap();
    assert_eq!(publish.kem_prekeys.len(), 11);
    assert!(publish.kem_prekeys.iter().all(|key| !key.last_resort));
}

#[test]
fn a_lost_answer_is_repeated_without_using_one_time_keys_twice() {
    let mut fixture = Fixture::new();
    let first = fixture.replenish((0, 0, 0), 0).unwrap();
    let second = fixture.replenish((0, 0, 0), 0).unwrap();
    assert_eq!(first.signed_prekey, second.signed_prekey);
    assert_eq!(first.kem_prekeys[0], second.kem_prekeys[0]);
    let is_new = |key| !first.one_time_prekeys.contains(key);
    assert!(second.one_time_prekeys.iter().all(is_new));
    // The relay had the first after all, and serves from it.
    let id = first.one_time_prekeys[0].id;
    let kem = first.kem_prekeys[1].id;
    let selector = Selector { one_time: id, kem };
    assert!(fixture.prekeys.select(selector).is_some());
}

#[test]
fn however_often_it_is_asked_the_store_is_bounded() {
    let mut fixture = Fixture::new();
    for _ in 0..20 {
        fixture.replenish((0, 0, 0), 0);
    }
    let counts = (MAX_ONE_TIME_SECRETS, MAX_KEM_SECRETS);
    assert_eq!(fixture.prekeys.one_time_counts(), counts);
}

#[test]
fn the_signed_prekey_changes_each_week_and_stays_for_thirty_days() {
    let mut fixture = Fixture::new();
    let first = fixture
        .replenish((0, 0, 0), 0)
        .unwrap()
        .signed_prekey
        .unwrap();
    assert_eq!(fixture.replenish((first.id, 50, 20), 6), None);
    let next = fixture.replenish((first.id, 50, 20), 7).unwrap();
    let second = next.signed_prekey.unwrap();
    assert_ne!(first.id, second.id);
    assert!(next.kem_prekeys[0].last_resort && next.kem_prekeys.len() == 1);
    for week in 1..5 {
        fixture.replenish((0, 50, 20), 7 + 7 * week);
    }
    assert!(fixture.prekeys.signed(first.id).is_some());
    fixture.replenish((0, 50, 20), 37);
    assert!(fixture.prekeys.signed(first.id).is_none());
    assert!(fixture.prekeys.signed(second.id).is_some());
}

#[test]
fn a_clock_that_was_wrong_does_not_keep_a_prekey_for_ever() {
    let mut fixture = Fixture::new();
    let wrong = fixture
        .replenish((0, 0, 0), 1000)
        .unwrap()
        .signed_prekey
        .unwrap();
    let right = fixture.replenish((wrong.id, 50, 20), 0).unwrap();
    assert_ne!(right.signed_prekey.unwrap().id, wrong.id);
}

#[test]
fn a_full_memory_refuses_instead_of_forgetting() {
    let mut fixture = Fixture::new();
    fixture.replenish((0, 0, 0), 0);
    let selector = Selector {
        one_time: 0,
        kem: 2,
    };
    // Sixteen by each of four devices of each of sixty-four accounts.
    let used = |number: u16| {
        let mut session = [0; 32];
        session[..2].copy_from_slice(&number.to_be_bytes());
        UsedPrekeys {
            signed: 1,
            selector,
            session: SessionId::from_bytes(session),
            account: AccountId::from_bytes([(number / 64) as u8; 32]),
            device: DeviceId::from_bytes([(number / 16) as u8; 32]),
        }
    };
    for number in 0..MAX_REMEMBERED_HANDSHAKES as u16 {
        assert!(fixture.prekeys.admits(&used(number)));
        fixture.prekeys.consume(&used(number));
    }
    assert!(!fixture.prekeys.admits(&used(0)));
    assert!(!fixture.prekeys.admits(&used(u16::MAX)));
    fixture.replenish((0, 50, 20), 7);
    fixture.replenish((0, 50, 20), 37);
    assert!(fixture.prekeys.admits(&used(u16::MAX)));
}

/// Every id in what is published.
pub(super) fn ids(publish: &frames::PublishPrekeys) -> Vec<u32> {
    let one_time = publish.one_time_prekeys.iter().map(|key| key.id);
    let kem = publish.kem_prekeys.iter().map(|key| key.id);
    let signed = publish.signed_prekey.iter().map(|key| key.id);
    one_time.chain(kem).chain(signed).collect()
}

// libolm stored the last id and vodozemac the next one, and an import gave one id twice
// (vodozemac, issue 382).
#[test]
fn an_imported_counter_never_gives_a_key_id_again() {
    for gone in [0, 30] {
        let mut fixture = Fixture::new();
        let mut given = ids(&fixture.replenish((0, 0, 0), 0).unwrap());
        given.extend(ids(&fixture.replenish((1, 0, 0), 8).unwrap()));
        let last = fixture.prekeys.last_id;
        // Some were used up; the newest never are before the others.
        for _ in 0..gone {
            fixture.prekeys.one_time.pop_first();
            fixture.prekeys.kem_one_time.pop_first();
        }
        let stored = serde_json::to_value(&fixture.prekeys).unwrap();
        let near_the_end = u32::MAX - 2..=u32::MAX;
        for counter in (0..=last + 2).chain(near_the_end) {
            let mut stored = stored.clone();
            stored["last_id"] = counter.into();
            fixture.prekeys = serde_json::from_value(stored).unwrap();
            let held: Vec<u32> = fixture.prekeys.held_ids().collect();
            let fresh = ids(&fixture.replenish((0, 0, 0), 20).unwrap());
            assert!(fresh.len() > 60);
            let again = if counter <= last + 2 { &given } else { &held };
            let twice = fresh.iter().find(|id| again.contains(id));
            assert_eq!(twice, None, "{gone} {counter}");
        }
    }
}

#[test]
fn no_secret_outlives_its_days_by_a_clock_that_was_wrong_when_it_was_replaced() {
    let mut fixture = Fixture::new();
    let first = fixture.replenish((0, 0, 0), 0).unwrap();
    let first = first.signed_prekey.unwrap().id;
    fixture.replenish((first, 50, 20), 1000).unwrap();
    // The first right clock, and thirty days from then on, whether anything is published or not.
    assert!(fixture.prekeys.forget_expired(at(8)));
    fixture.prekeys = reloaded(&fixture.prekeys);
    assert!(!fixture.prekeys.forget_expired(at(37)));
    assert!(fixture.prekeys.signed(first).is_some());
    assert!(fixture.prekeys.forget_expired(at(38)));
    assert!(fixture.prekeys.signed(first).is_none());
}

fn reloaded(prekeys: &Prekeys) -> Prekeys {
    serde_json::from_str(&serde_json::to_string(prekeys).unwrap()).unwrap()
}

#[test]
fn it_is_stored_and_loaded() {
    let mut fixture = Fixture::new();
    fixture.replenish((0, 0, 0), 0);
    let json = serde_json::to_string(&fixture.prekeys).unwrap();
    let loaded: Prekeys = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&loaded).unwrap(), json);
    insta::assert_snapshot!(format!("{loaded:?}"), @"Prekeys { last_id: 72, rotations: 1, one_time: 50, kem_one_time: 20, remembered: 0, drops_one_time: false }");
}
