//! Who is known, and the keys that they leave for others.

use sotto_protocol::frames::PublishPrekeys;

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

pub(super) fn keys_whose_secrets_are_lost_are_dropped(make: Make) {
    let mut store = make(Limits {
        one_time_prekeys: 3,
        ..Limits::default()
    });
    let robin = Person::new(1);
    store.register(&robin);
    let highest = |store: &mut super::Subject| {
        let nothing = PublishPrekeys::default();
        store.publish_frame(&robin, nothing).unwrap().highest_id
    };
    assert_eq!(highest(&mut store), 0);
    store.publish(&robin, 5, 3, 2).unwrap();
    // That of last resort.
    assert_eq!(highest(&mut store), 1_005);
    let handed_out = store.fetch(&robin).unwrap().devices.remove(0);
    assert_eq!(handed_out.one_time_prekey.unwrap().id, 5);
    // The two that are left, and one that was handed out, come again with another: that one is known.
    let frame = PublishPrekeys {
        drop_one_time: true,
        ..robin.prekeys(5, 3, 1)
    };
    let supply = store.publish_frame(&robin, frame).unwrap();
    assert_eq!((supply.one_time, supply.kem_one_time), (2, 0));
    let frame = PublishPrekeys {
        drop_one_time: true,
        ..robin.prekeys(10, 3, 3)
    };
    let supply = store.publish_frame(&robin, frame).unwrap();
    assert_eq!((supply.one_time, supply.kem_one_time), (3, 3));
    let served = store.fetch(&robin).unwrap().devices.remove(0);
    let (one_time, kem) = (served.one_time_prekey, served.kem_prekey);
    assert_eq!((one_time.unwrap().id, kem.unwrap().id), (10, 10));
    // What is given out last need not be what was highest.
    store.publish(&robin, 1, 0, 0).unwrap();
    assert_eq!(highest(&mut store), 1_010);
    // A refusal drops nothing.
    let frame = PublishPrekeys {
        drop_one_time: true,
        ..robin.prekeys(20, 4, 0)
    };
    let full = directory::Refused::TooManyPrekeys { limit: 3, found: 4 };
    assert_eq!(store.publish_frame(&robin, frame), Err(full));
    assert_eq!(store.publish(&robin, 1, 0, 0), Ok((1, 2, 2)));
}
