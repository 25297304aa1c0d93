//! Guests: what they have, and that nothing of it stays.

use super::{Make, NOW, OPEN, member};
use crate::directory::{Refused, Wanted};
use crate::limits::Limits;
use crate::mailbox::{self, Terms};
use crate::store::{Posted, Purged};
use crate::testing::{Person, list};

/// When the passes of these tests are over.
const END: u64 = NOW + 600_000;
const UNTIL_END: Terms = Terms {
    expires_at_ms: Some(END),
    max_posts: None,
};

pub(super) fn a_guest_has_one_mailbox_and_no_place_among_the_devices(make: Make) {
    let mut store = make(Limits::default());
    let (robin, phone) = (Person::new(1), Person::new(2));
    let guest = robin.with_device_of(&phone);
    let unknown = store.let_in(&robin, &phone, END, NOW);
    assert_eq!(unknown, Err(Refused::UnknownAccount));
    store.register(&robin);
    store.publish(&robin, 1, 1, 1).unwrap();
    let admitted = store.let_in(&robin, &phone, END, NOW).unwrap();
    assert_eq!(admitted.guest_until_ms, Some(END));
    assert_eq!((admitted.registered, admitted.change), (false, None));
    assert_eq!(admitted.newer, Some(list(&robin, 1, &[&robin])));

    let outlasts = Err(mailbox::Refused::OutlastsGuest { until_ms: END });
    assert_eq!(store.create(&member(&guest), 1, OPEN), outlasts);
    assert_eq!(store.create(&member(&guest), 1, UNTIL_END), Ok(true));
    assert_eq!(store.create(&member(&guest), 1, UNTIL_END), Ok(false));
    assert_eq!(
        store.create(&member(&guest), 2, UNTIL_END),
        Err(mailbox::Refused::TooMany { limit: 1 })
    );
    assert_eq!(store.post(1, 7, NOW), Ok(Posted::Stored(member(&guest))));
    assert_eq!(store.ids(&member(&guest), NOW), [(1, 7)]);

    // It has no say about the account, and nobody is given keys of its.
    assert_eq!(store.publish(&guest, 1, 1, 1), Err(Refused::UnknownDevice));
    assert_eq!(
        store.relist(&guest, 2, &[&robin, &guest]),
        Err(Refused::UnknownDevice)
    );
    assert_eq!(
        store.enter(&guest, 1, &[&robin]),
        Err(Refused::UnknownDevice)
    );
    let named = Wanted::These(vec![guest.device_id()]);
    assert_eq!(store.fetch_some(&robin, &named).unwrap().devices, []);
    let served = store.fetch(&robin).unwrap();
    assert_eq!(served.devices.len(), 1);
    assert_eq!(served.list, list(&robin, 1, &[&robin]));

    // It comes again, and has what it had; a change of the list is nothing to it.
    let change = store.relist(&robin, 2, &[&robin]).unwrap().unwrap();
    assert_eq!(change.removed, []);
    assert_eq!(change.told(member(&robin)).count(), 0);
    let again = store.let_in(&robin, &phone, END, NOW).unwrap();
    assert_eq!((again.mailboxes, again.backlog), (1, 1));
}

pub(super) fn guests_go_with_all_they_had_when_their_pass_is_over(make: Make) {
    let mut store = make(Limits::default());
    let (robin, phone) = (Person::new(1), Person::new(2));
    let guest = robin.with_device_of(&phone);
    store.register(&robin);
    store.let_in(&robin, &phone, END, NOW).unwrap();
    store.create(&member(&guest), 1, UNTIL_END).unwrap();
    store.create(&member(&robin), 2, OPEN).unwrap();
    store.post(1, 7, NOW).unwrap();
    store.post(2, 8, NOW).unwrap();
    assert_eq!(store.purge(END - 1), Purged::default());
    assert_eq!(store.post(1, 9, END), Err(mailbox::Refused::Expired));
    assert_eq!(
        store.let_in(&robin, &phone, END, END),
        Err(Refused::PassOver)
    );
    // By another pass it comes again before a purge came by, and to nothing.
    let again = store.let_in(&robin, &phone, END + 600_000, END).unwrap();
    assert_eq!((again.mailboxes, again.backlog), (0, 0));
    assert_eq!(store.post(1, 9, END), Err(mailbox::Refused::Unknown));
    assert_eq!(store.purge(END).guests, 0);

    let purged = store.purge(END + 600_000);
    assert_eq!(
        (purged.guests, purged.mailboxes, purged.messages),
        (1, 0, 0)
    );
    assert_eq!(
        store.create(&member(&guest), 3, OPEN),
        Err(mailbox::Refused::Unknown)
    );
    assert_eq!(store.ids(&member(&robin), END), [(1, 8)]);
}

pub(super) fn an_account_has_few_guests_at_once(make: Make) {
    let mut store = make(Limits {
        guests_per_account: 2,
        ..Limits::default()
    });
    let [robin, kim, one, two, three] = [1, 2, 3, 4, 5].map(Person::new);
    store.register(&robin);
    store.register(&kim);
    store.let_in(&robin, &one, NOW + 1_000, NOW).unwrap();
    store.let_in(&robin, &two, END, NOW).unwrap();
    let too_many = Err(Refused::TooManyGuests { limit: 2 });
    assert_eq!(store.let_in(&robin, &three, END, NOW), too_many);
    assert!(store.let_in(&robin, &one, NOW + 1_000, NOW).is_ok());
    assert!(store.let_in(&kim, &three, END, NOW).is_ok());
    // A guest whose time is over takes up no place, purged or not.
    assert!(store.let_in(&robin, &three, END, NOW + 1_000).is_ok());
}

pub(super) fn a_guest_who_is_listed_becomes_a_device(make: Make) {
    let mut store = make(Limits::default());
    let (robin, phone) = (Person::new(1), Person::new(2));
    let guest = robin.with_device_of(&phone);
    store.register(&robin);
    store.let_in(&robin, &phone, END, NOW).unwrap();
    store.create(&member(&guest), 1, UNTIL_END).unwrap();
    store.relist(&robin, 2, &[&robin, &guest]).unwrap();
    assert_eq!(store.purge(END).guests, 0);
    let device = store.enter(&guest, 2, &[&robin, &guest]).unwrap();
    assert_eq!((device.guest_until_ms, device.newer), (None, None));
    assert_eq!(store.create(&member(&guest), 2, OPEN), Ok(true));
    assert_eq!(store.publish(&guest, 1, 1, 1), Ok((1, 1, 1)));
}

pub(super) fn a_pass_is_not_for_a_device_of_the_list(make: Make) {
    let mut store = make(Limits::default());
    let robin = Person::new(1);
    store.register(&robin);
    assert_eq!(
        store.let_in(&robin, &robin, END, NOW),
        Err(Refused::NoGuest)
    );
    // Its end would have been the end of the device.
    assert_eq!(store.purge(END), Purged::default());
    assert!(store.enter(&robin, 1, &[&robin]).is_ok());
}
