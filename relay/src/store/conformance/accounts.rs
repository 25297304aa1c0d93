//! Who is known, and the keys that they leave for others.

use super::{Make, NOW, member};
use crate::directory::{self, Credential, Visitor};
use crate::limits::Limits;
use crate::store::{HANDED_OUT_MEMORY_MS, Purged};
use crate::testing::{Person, list};

pub(super) fn accounts_register_once(make: Make) {
    let mut store = make(Limits::default());
    let robin = Person::new(1);
    let visitor = Visitor {
        member: member(&robin),
        credential: Credential::None,
        may_register: true,
    };
    let unknown = store.change(|store| store.enter(&visitor, NOW)).unwrap();
    assert_eq!(unknown, Err(directory::Refused::UnknownAccount));
    store.register(&robin);
    assert!(!store.enter(&robin, 1, &[&robin]).unwrap().registered);
    assert!(
        !store
            .change(|store| store.enter(&visitor, NOW))
            .unwrap()
            .unwrap()
            .registered
    );
}

pub(super) fn one_time_prekeys_are_handed_out_once(make: Make) {
    let mut store = make(Limits::default());
    let robin = Person::new(1);
    assert_eq!(store.fetch(&robin), Err(directory::Refused::UnknownAccount));
    store.register(&robin);
    assert_eq!(store.fetch(&robin), Err(directory::Refused::NoPrekeys));
    assert_eq!(store.publish(&robin, 1, 2, 1), Ok((1, 2, 1)));
    let mut fetched = || {
        let served = store.fetch(&robin).unwrap();
        assert_eq!(served.list, list(&robin, 1, &[&robin]));
        let [device] = served.devices.as_slice() else {
            panic!("one device")
        };
        let signed = device.signed_prekey.as_ref().unwrap();
        assert_eq!(
            (signed.id, signed.public_key.len(), signed.signature.len()),
            (1, 32, 64)
        );
        let kem = device.kem_prekey.as_ref().unwrap();
        assert_eq!((kem.public_key.len(), kem.signature.len()), (1184, 64));
        (
            device.one_time_prekey.as_ref().map(|key| key.id),
            kem.id,
            kem.last_resort,
        )
    };
    assert_eq!(fetched(), (Some(1), 1, false));
    assert_eq!(fetched(), (Some(2), 1_001, true));
    assert_eq!(fetched(), (None, 1_001, true));
    assert_eq!(store.publish(&robin, 9, 1, 1), Ok((9, 1, 1)));
}

pub(super) fn a_prekey_that_was_handed_out_is_not_taken_again(make: Make) {
    let mut store = make(Limits::default());
    let robin = Person::new(1);
    store.register(&robin);
    store.publish(&robin, 1, 1, 1).unwrap();
    store.fetch(&robin).unwrap();
    assert_eq!(store.publish(&robin, 1, 2, 2), Ok((1, 1, 1)));
    assert_eq!(
        store.purge(NOW + HANDED_OUT_MEMORY_MS - 1),
        Purged::default()
    );
    assert_eq!(store.purge(NOW + HANDED_OUT_MEMORY_MS).prekeys, 2);
    assert_eq!(store.publish(&robin, 1, 1, 1), Ok((1, 2, 2)));
}

pub(super) fn the_prekey_supply_is_bounded(make: Make) {
    let mut store = make(Limits {
        one_time_prekeys: 3,
        ..Limits::default()
    });
    let robin = Person::new(1);
    store.register(&robin);
    assert_eq!(store.publish(&robin, 1, 3, 1), Ok((1, 3, 1)));
    let full = directory::Refused::TooManyPrekeys { limit: 3, found: 4 };
    assert_eq!(store.publish(&robin, 4, 1, 1), Err(full));
    // All or nothing: the signed prekey that came with them is not there either.
    assert_eq!(store.publish(&robin, 1, 3, 3), Ok((1, 3, 3)));
}
