//! The stores against each other, with random steps of an account's devices and guests.

use proptest::prelude::*;
use sotto_protocol::frames::PublishPrekeys;

use super::{NOW, Subject, member, memory, sqlite};
use crate::directory::Wanted;
use crate::limits::Limits;
use crate::mailbox::Terms;
use crate::testing::Person;

/// What happens. Devices and guests are numbers below 4, sets of them bits; times are seconds, few, so
/// that some meet.
#[derive(Debug, Clone)]
enum Step {
    Enter(usize, u64, u8),
    Publish(usize, u64, u8),
    LetIn(usize, u64),
    Prekeys(usize, u32, bool),
    Fetch(Option<u8>),
    Create(usize, u8, Option<u64>),
    Post(u8, u8),
    Wait(u64),
    Purge,
}

fn step() -> impl Strategy<Value = Step> {
    let device = || 0usize..4;
    let seconds = || (0u64..6).prop_map(|n| n * 20);
    prop_oneof![
        2 => (device(), 1u64..9, 1u8..16).prop_map(|(by, version, set)| Step::Enter(by, version, set)),
        3 => (device(), 1u64..9, 1u8..16).prop_map(|(by, version, set)| Step::Publish(by, version, set)),
        4 => (device(), seconds()).prop_map(|(who, until)| Step::LetIn(who, until)),
        2 => (device(), 1u32..4, any::<bool>())
            .prop_map(|(by, first, drops)| Step::Prekeys(by, first, drops)),
        2 => proptest::option::of(1u8..16).prop_map(Step::Fetch),
        4 => (device(), 0u8..6, proptest::option::of(seconds()))
            .prop_map(|(by, n, until)| Step::Create(by, n, until)),
        4 => (0u8..6, 0u8..4).prop_map(|(to, id)| Step::Post(to, id)),
        2 => Just(Step::Wait(20)),
        1 => Just(Step::Purge),
    ]
}

/// Carries a step out; what came of it, in words that can be compared.
fn outcome(
    store: &mut Subject,
    robin: &Person,
    devices: &[Person],
    step: &Step,
    now: u64,
) -> String {
    let of = |set: u8| -> Vec<&Person> {
        let among = devices.iter().enumerate();
        among
            .filter(|(n, _)| set & (1 << n) != 0)
            .map(|(_, device)| device)
            .collect()
    };
    match *step {
        Step::Enter(by, version, set) => {
            format!("{:?}", store.enter(&devices[by], version, &of(set)))
        }
        Step::Publish(by, version, set) => {
            format!("{:?}", store.relist(&devices[by], version, &of(set)))
        }
        Step::LetIn(who, until) => {
            let until = NOW + until * 1_000;
            format!("{:?}", store.let_in(robin, &devices[who], until, now))
        }
        Step::Prekeys(by, first, drop_one_time) => {
            let frame = PublishPrekeys {
                drop_one_time,
                ..devices[by].prekeys(first, 2, 1)
            };
            format!("{:?}", store.publish_frame(&devices[by], frame))
        }
        Step::Fetch(set) => {
            let wanted = set.map_or(Wanted::All, |set| {
                Wanted::These(of(set).iter().map(|device| device.device_id()).collect())
            });
            format!("{:?}", store.fetch_some(robin, &wanted))
        }
        Step::Create(by, n, until) => {
            let terms = Terms {
                expires_at_ms: until.map(|until| NOW + until * 1_000),
                max_posts: None,
            };
            let owner = member(&devices[by]);
            let made = store
                .change(|store| store.create_mailbox(&owner, &super::mailbox(n), terms, now))
                .unwrap();
            format!("{made:?}")
        }
        Step::Post(to, id) => format!("{:?}", store.post(to, id, now)),
        Step::Wait(_) => String::new(),
        Step::Purge => format!("{:?}", store.purge(now)),
    }
}

#[test]
fn both_stores_come_to_the_same() {
    let robin = Person::new(1);
    let devices: Vec<Person> = (1..5)
        .map(|seed| robin.with_device_of(&Person::new(seed)))
        .collect();
    let limits = Limits {
        guest_seconds: 60,
        expired_mailbox_seconds: 10,
        ..Limits::default()
    };
    let config = ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(steps in proptest::collection::vec(step(), 1..60))| {
        let (mut one, mut other) = (memory(limits.clone()), sqlite(limits.clone()));
        for store in [&mut one, &mut other] {
            store.register(&robin);
        }
        let mut now = NOW;
        for step in steps {
            if let Step::Wait(seconds) = step {
                now += seconds * 1_000;
            }
            let of_one = outcome(&mut one, &robin, &devices, &step, now);
            let of_other = outcome(&mut other, &robin, &devices, &step, now);
            prop_assert_eq!(of_one, of_other, "{:?}", step);
            for device in &devices {
                let owner = member(device);
                prop_assert_eq!(one.ids(&owner, now), other.ids(&owner, now));
            }
        }
    });
}
