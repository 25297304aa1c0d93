//! The devices of an account: which list holds, who is told of it, and what becomes of the removed.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sotto_protocol::id::DeviceId;

use super::{Make, NOW, OPEN, Subject, member};
use crate::directory::{Credential, Member, Refused, Visitor, Wanted};
use crate::limits::Limits;
use crate::mailbox;
use crate::store::ListChange;
use crate::testing::{Person, list};

/// A person with two further devices.
fn family() -> [Person; 3] {
    let robin = Person::new(1);
    let phone = robin.with_device_of(&Person::new(2));
    let tablet = robin.with_device_of(&Person::new(3));
    [robin, phone, tablet]
}

fn removed(change: Option<ListChange>) -> Vec<Member> {
    change.unwrap().removed
}

pub(super) fn lists_only_grow(make: Make) {
    let mut store = make(Limits::default());
    let [robin, phone, _] = family();
    assert_eq!(
        store.relist(&robin, 2, &[&robin]),
        Err(Refused::UnknownAccount)
    );
    store.register(&robin);
    let change = store.relist(&robin, 3, &[&robin, &phone]).unwrap().unwrap();
    assert_eq!(change.list.version(), 3);
    assert_eq!(
        change.told(member(&robin)).collect::<Vec<_>>(),
        [member(&phone)]
    );
    assert_eq!(store.relist(&phone, 3, &[&robin, &phone]), Ok(None));
    let stale = |found| Err(Refused::StaleList { held: 3, found });
    assert_eq!(store.relist(&robin, 3, &[&robin]), stale(3));
    assert_eq!(store.relist(&robin, 2, &[&robin]), stale(2));
    assert_eq!(store.relist_over(2, &robin, 9, &[&robin]), stale(9));
    let fork = Err(Refused::ForkedList { version: 3 });
    assert_eq!(store.enter(&robin, 3, &[&robin]), fork);
    assert_eq!(
        store.enter(&robin, 4, &[&phone]),
        Err(Refused::UnknownDevice)
    );
    // A refusal changes nothing.
    assert_eq!(store.relist(&robin, 3, &[&robin, &phone]), Ok(None));
    let change = store.enter(&robin, 4, &[&phone, &robin]).unwrap().change;
    assert_eq!(removed(change), []);
    assert_eq!(
        store.relist(&robin, 5, &[&robin]).map(removed),
        Ok(vec![member(&phone)])
    );
    assert_eq!(
        store.relist(&phone, 6, &[&robin, &phone]),
        Err(Refused::UnknownDevice)
    );
}

pub(super) fn who_missed_a_change_is_told_the_newer_list(make: Make) {
    let mut store = make(Limits::default());
    let [robin, phone, tablet] = family();
    store.register(&robin);
    store.relist(&robin, 2, &[&robin, &phone, &tablet]).unwrap();
    let newest = list(&robin, 3, &[&robin, &phone]);
    store.relist(&robin, 3, &[&robin, &phone]).unwrap();
    let late = store.enter(&phone, 2, &[&robin, &phone, &tablet]).unwrap();
    assert_eq!((late.newer, late.change), (Some(newest.clone()), None));
    let visitor = Visitor {
        member: member(&phone),
        credential: Credential::None,
        may_register: false,
    };
    let silent = store.change(|store| store.enter(&visitor, NOW)).unwrap();
    assert_eq!(silent.unwrap().newer, Some(newest));
    let known = store.enter(&phone, 3, &[&robin, &phone]).unwrap();
    assert_eq!(known.newer, None);
    let ahead = store.enter(&phone, 4, &[&robin, &phone]).unwrap();
    assert_eq!(ahead.newer, None);
    assert_eq!(
        store.enter(&tablet, 2, &[&robin, &phone, &tablet]),
        Err(Refused::UnknownDevice)
    );
}

pub(super) fn removed_devices_lose_everything(make: Make) {
    type Remove = fn(&mut Subject, &Person) -> Option<ListChange>;
    let ways: [Remove; 2] = [
        |store, robin| store.enter(robin, 3, &[robin]).unwrap().change,
        |store, robin| store.relist(robin, 3, &[robin]).unwrap(),
    ];
    for remove in ways {
        let mut store = make(Limits::default());
        let [robin, phone, _] = family();
        store.register(&robin);
        store.relist(&robin, 2, &[&robin, &phone]).unwrap();
        store.create(&member(&phone), 1, OPEN).unwrap();
        store.create(&member(&robin), 2, OPEN).unwrap();
        store.post(1, 7, NOW).unwrap();
        store.post(2, 8, NOW).unwrap();
        store.publish(&phone, 1, 1, 1).unwrap();
        store.publish(&robin, 1, 1, 1).unwrap();

        assert_eq!(removed(remove(&mut store, &robin)), [member(&phone)]);
        assert_eq!(store.post(1, 8, NOW), Err(mailbox::Refused::Unknown));
        assert_eq!(store.ids(&member(&phone), NOW), []);
        assert_eq!(store.ids(&member(&robin), NOW), [(1, 8)]);
        assert_eq!(store.publish(&phone, 2, 1, 1), Err(Refused::UnknownDevice));
        let served = store.fetch(&robin).unwrap().devices;
        assert_eq!(served.len(), 1);

        // Added again it begins with nothing.
        store.relist(&robin, 4, &[&robin, &phone]).unwrap();
        assert_eq!(store.ids(&member(&phone), NOW), []);
        assert_eq!(store.fetch(&robin).unwrap().devices.len(), 1);
        assert_eq!(store.publish(&phone, 1, 1, 1), Ok((1, 1, 1)));
    }
}

pub(super) fn a_removed_device_makes_no_mailbox(make: Make) {
    let mut store = make(Limits::default());
    let [robin, phone, _] = family();
    store.register(&robin);
    store.relist(&robin, 2, &[&robin, &phone]).unwrap();
    store.relist(&robin, 3, &[&robin]).unwrap();
    let unknown = Err(mailbox::Refused::Unknown);
    assert_eq!(store.create(&member(&phone), 1, OPEN), unknown);
    assert_eq!(store.post(1, 7, NOW).map(drop), unknown.map(drop));
}

pub(super) fn only_the_wanted_devices_give_prekeys(make: Make) {
    let mut store = make(Limits::default());
    let [robin, phone, tablet] = family();
    store.register(&robin);
    store.relist(&robin, 2, &[&robin, &phone, &tablet]).unwrap();
    for device in [&robin, &phone] {
        store.publish(device, 1, 1, 1).unwrap();
    }
    let these = |devices: &[&Person]| {
        Wanted::These(devices.iter().map(|person| person.device_id()).collect())
    };
    let mut fetch = |wanted| {
        let served = store.fetch_some(&robin, &wanted).unwrap();
        assert_eq!(served.list, list(&robin, 2, &[&robin, &phone, &tablet]));
        let set = |set: &sotto_protocol::frames::DevicePrekeys| {
            (set.device.clone(), set.one_time_prekey.is_some())
        };
        served.devices.iter().map(set).collect::<Vec<_>>()
    };
    let (of_robin, of_phone) = (robin.device_id().to_vec(), phone.device_id().to_vec());
    assert_eq!(fetch(these(&[&phone, &tablet])), [(of_phone.clone(), true)]);
    // Robin's key is there still, and the phone's is not.
    let both = [(of_robin, true), (of_phone, false)];
    assert_eq!(fetch(these(&[&phone, &robin])), both);
    // The list is an answer, where none of the devices has prekeys, or is of the account.
    assert_eq!(fetch(these(&[&tablet])), []);
    assert_eq!(fetch(these(&[&Person::new(9)])), []);
}

/// What happens to the lists of an account in the model test. Devices are numbers below 4, sets of
/// them bits.
#[derive(Debug, Clone)]
enum Step {
    Enter { by: u8, version: u64, set: u8 },
    EnterWithout { by: u8 },
    Publish { by: u8, version: u64, set: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    let list = || (0u8..4, 1u64..12, 1u8..16);
    prop_oneof![
        2 => list().prop_map(|(by, version, set)| Step::Enter { by, version, set }),
        1 => (0u8..4).prop_map(|by| Step::EnterWithout { by }),
        4 => list().prop_map(|(by, version, set)| Step::Publish { by, version, set }),
    ]
}

/// The same rules as a table of what may be.
#[derive(Default)]
struct Model {
    version: u64,
    set: u8,
    /// Whose mailbox, made as soon as they were listed, must be there still.
    mailboxes: BTreeSet<u8>,
}

impl Model {
    fn names(&self, device: u8) -> bool {
        self.set & (1 << device) != 0
    }

    /// Takes a list; which devices it removes.
    fn take(&mut self, version: u64, set: u8) -> BTreeSet<u8> {
        let gone: BTreeSet<u8> = (0..4)
            .filter(|n| self.names(*n) && set & (1 << n) == 0)
            .collect();
        self.mailboxes.retain(|n| !gone.contains(n));
        (self.version, self.set) = (version, set);
        gone
    }
}

pub(super) fn it_agrees_with_a_simple_model_of_lists(make: Make) {
    let robin = Person::new(1);
    let devices: Vec<Person> = (1..5)
        .map(|seed| robin.with_device_of(&Person::new(seed)))
        .collect();
    let of = |set: u8| -> Vec<&Person> {
        let among = devices.iter().enumerate();
        among
            .filter(|(n, _)| set & (1 << n) != 0)
            .map(|(_, device)| device)
            .collect()
    };
    let number = |device: &DeviceId| {
        let found = devices.iter().position(|of| of.device_id() == *device);
        found.unwrap() as u8
    };
    let numbers = |change: Option<ListChange>| -> Option<BTreeSet<u8>> {
        let gone = change?.removed;
        Some(gone.iter().map(|member| number(&member.device)).collect())
    };
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(steps in proptest::collection::vec(step(), 1..40))| {
        let mut store = make(Limits::default());
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Enter { by, version, set } => {
                    let entered = store.enter(&devices[by as usize], version, &of(set));
                    let newer = version > model.version;
                    let fork = version == model.version && set != model.set;
                    let named = if newer { set & (1 << by) != 0 } else { model.names(by) };
                    prop_assert_eq!(entered.is_ok(), named && !fork, "{:?}", entered);
                    if let Ok(admitted) = entered {
                        prop_assert_eq!(admitted.registered, model.version == 0);
                        prop_assert_eq!(admitted.newer.is_some(), version < model.version);
                        let gone = newer.then(|| model.take(version, set));
                        prop_assert_eq!(numbers(admitted.change), gone);
                    }
                }
                Step::EnterWithout { by } => {
                    let visitor = Visitor {
                        member: member(&devices[by as usize]),
                        credential: Credential::None,
                        may_register: true,
                    };
                    let entered = store.change(|store| store.enter(&visitor, NOW)).unwrap();
                    prop_assert_eq!(entered.is_ok(), model.names(by));
                }
                Step::Publish { by, version, set } => {
                    let published = store.relist(&devices[by as usize], version, &of(set));
                    let (newer, same) = (
                        version > model.version,
                        (version, set) == (model.version, model.set),
                    );
                    let taken = model.names(by) && (newer || same);
                    prop_assert_eq!(published.is_ok(), taken, "{:?}", published);
                    if let Ok(change) = published {
                        let gone = newer.then(|| model.take(version, set));
                        prop_assert_eq!(numbers(change), gone);
                    }
                }
            }
            // Whoever is listed owns things, and keeps them for as long as they are.
            for (n, device) in (0u8..).zip(&devices) {
                if model.names(n) {
                    let made = store.create(&member(device), n, OPEN);
                    prop_assert_eq!(made, Ok(model.mailboxes.insert(n)));
                } else {
                    let post = store.post(n, 0, NOW);
                    prop_assert_eq!(post, Err(mailbox::Refused::Unknown));
                }
            }
        }
    });
}
