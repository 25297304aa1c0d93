//! Several devices of one account, and the changes of its list.

use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{Error, Hello, PublishDeviceList, SignedDeviceList, Welcome};
use sotto_protocol::signing;

use crate::client::{Client, Relay, create, publish_list};
use crate::person::{Person, list};

/// A person with two further devices.
fn family() -> [Person; 3] {
    let robin = Person::new(1);
    let phone = robin.with_device_of(&Person::new(2));
    let tablet = robin.with_device_of(&Person::new(3));
    [robin, phone, tablet]
}

/// Keeps the store busy, so that what is asked meanwhile is of one commit.
struct Busy {
    database: rusqlite::Connection,
    asker: Client,
    request: u64,
}

impl Busy {
    async fn new(relay: &Relay) -> Self {
        let mut asker = relay.connect(&Person::new(9)).await;
        let database = relay.database();
        database.execute_batch("BEGIN IMMEDIATE").unwrap();
        let request = asker.send(create(9)).await;
        assert!(asker.hears_nothing().await);
        Self {
            database,
            asker,
            request,
        }
    }

    async fn end(mut self) {
        self.database.execute_batch("ROLLBACK").unwrap();
        self.asker.answer(self.request).await.unwrap();
    }
}

fn field(error: &Error) -> (&str, &str, &str) {
    (&error.code, &error.severity, &error.details["field"])
}

#[tokio::test]
async fn a_new_list_reaches_everybody_whom_it_concerns_at_once() {
    let relay = Relay::start().await;
    let [robin, phone, tablet] = family();
    let all = list(&robin, 1, &[&robin, &phone, &tablet]);
    let mut first = relay.connect_with(&robin, &all).await;
    let mut second = relay.connect_with(&phone, &all).await;
    let mut third = relay.connect_with(&tablet, &all).await;
    let mut stranger = relay.connect(&Person::new(4)).await;
    third.create(1).await;

    let without_tablet = list(&robin, 2, &[&robin, &phone]);
    first.publish_list(without_tablet.clone()).await.unwrap();
    assert_eq!(second.told_list().await, without_tablet);
    // The removed one need not take the relay's word for it.
    assert_eq!(third.told_list().await, without_tablet);
    let farewell = third.farewell().await;
    assert_eq!(farewell.code, "AUTH.UNKNOWN_DEVICE");
    assert!(farewell.message.contains("new device list"), "{farewell:?}");
    let error = stranger.post(1, 1).await.unwrap_err();
    assert_eq!(error.code, "MAILBOX.UNKNOWN");
    assert!(first.hears_nothing().await && stranger.hears_nothing().await);

    // By a hello it goes the same way, and the device that stays is not disturbed.
    let with_tablet = list(&robin, 3, &[&phone, &tablet]);
    relay.connect_with(&tablet, &with_tablet).await;
    assert_eq!(second.told_list().await, with_tablet);
    assert_eq!(first.told_list().await, with_tablet);
    assert_eq!(first.farewell().await.code, "AUTH.UNKNOWN_DEVICE");
    second.create(2).await;
}

#[tokio::test]
async fn a_device_that_missed_a_change_is_let_in_and_told() {
    let relay = Relay::start().await;
    let [robin, phone, tablet] = family();
    let (older, newer) = (
        list(&robin, 1, &[&robin, &phone, &tablet]),
        list(&robin, 2, &[&robin, &phone]),
    );
    let mut first = relay.connect_with(&robin, &older).await;
    first.publish_list(newer.clone()).await.unwrap();
    let told = |welcome: Welcome| welcome.device_list;
    let entered = relay.dial().await.enter_with_list(&phone, &older).await;
    assert_eq!(told(entered.unwrap()), Some(newer.clone()));
    let entered = relay.dial().await.enter_with_list(&phone, &newer).await;
    assert_eq!(told(entered.unwrap()), None);
    let without = |_: &[u8; 32], hello| Hello {
        device_list: None,
        ..hello
    };
    let entered = relay.dial().await.enter_with(&phone, without).await;
    assert_eq!(told(entered.unwrap()), Some(newer.clone()));
    // Who was removed is shown by what; whoever brings no list that names them is not.
    let stranger = robin.with_device_of(&Person::new(5));
    let cases = [
        (&tablet, Some(older.clone()), vec![newer.clone()]),
        (&tablet, Some(newer), vec![]),
        (&tablet, None, vec![]),
        (&stranger, Some(older), vec![]),
    ];
    for (device, device_list, shown) in cases {
        let mut removed = relay.dial().await;
        let with_it = |_: &[u8; 32], hello| Hello {
            device_list,
            ..hello
        };
        let error = removed.enter_with(device, with_it).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.severity.as_str()),
            ("AUTH.UNKNOWN_DEVICE", "FATAL")
        );
        assert_eq!(removed.lists_so_far(), shown);
        removed.closed().await;
    }
    let mut forked = relay.dial().await;
    let fork = list(&robin, 2, &[&robin, &phone, &tablet]);
    let error = forked.enter_with_list(&robin, &fork).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.severity.as_str()),
        ("DIRECTORY.STALE_LIST", "FATAL")
    );
    assert!(error.message.ends_with("open the newest one"), "{error:?}");
    assert_eq!(error.details["held_version"], "2");
    forked.closed().await;
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins_and_the_other_is_told_it_first() {
    let relay = Relay::start().await;
    let [robin, phone, tablet] = family();
    let both = list(&robin, 1, &[&robin, &phone]);
    let mut first = relay.connect_with(&robin, &both).await;
    let mut second = relay.connect_with(&phone, &both).await;
    let with_tablet = list(&robin, 2, &[&robin, &phone, &tablet]);
    let busy = Busy::new(&relay).await;
    let one = first.send(publish_list(with_tablet.clone())).await;
    assert!(first.hears_nothing().await);
    let alone = publish_list(list(&robin, 2, &[&phone]));
    let other = second.send(alone).await;
    assert!(second.hears_nothing().await);
    busy.end().await;
    first.answer(one).await.unwrap();
    let error = second.answer(other).await.unwrap_err();
    assert_eq!(second.lists_so_far(), [with_tablet]);
    assert_eq!(
        (error.code.as_str(), error.severity.as_str()),
        ("DIRECTORY.STALE_LIST", "ERROR")
    );
    assert_eq!(error.details["held_version"], "2");
    // The connection goes on, and the change is made in the list that was told.
    let mended = list(&robin, 3, &[&phone, &robin, &tablet]);
    second.publish_list(mended.clone()).await.unwrap();
    second.publish_list(mended.clone()).await.unwrap();
    assert_eq!(first.told_list().await, mended);
    // The repetition changed nothing.
    assert!(first.hears_nothing().await);
    assert!(first.publish_list(both).await.is_err());
}

#[tokio::test]
async fn whoever_removes_itself_hears_that_it_did() {
    let relay = Relay::start().await;
    let [robin, phone, _] = family();
    let both = list(&robin, 1, &[&robin, &phone]);
    let mut first = relay.connect_with(&robin, &both).await;
    let mut second = relay.connect_with(&phone, &both).await;
    let alone = list(&robin, 2, &[&robin]);
    second.publish_list(alone.clone()).await.unwrap();
    assert_eq!(second.farewell().await.code, "AUTH.UNKNOWN_DEVICE");
    assert_eq!(first.told_list().await, alone);
}

#[tokio::test]
async fn a_device_that_comes_in_while_it_is_removed_does_not_stay() {
    let relay = Relay::start().await;
    let [robin, phone, _] = family();
    let both = list(&robin, 1, &[&robin, &phone]);
    let mut first = relay.connect_with(&robin, &both).await;
    let mut second = relay.dial().await;
    let nonce = second.challenge().await;
    let busy = Busy::new(&relay).await;
    let entering = second.send_hello(&phone, &nonce, &both).await;
    assert!(second.hears_nothing().await);
    let alone = list(&robin, 2, &[&robin]);
    let removing = first.send(publish_list(alone.clone())).await;
    assert!(first.hears_nothing().await);
    busy.end().await;
    first.answer(removing).await.unwrap();
    // Perhaps with a welcome, perhaps too late for it.
    let mut last = second.receive().await.unwrap();
    if last.request == entering && matches!(last.body, Some(Tell::Welcome(_))) {
        last = second.receive().await.unwrap();
    }
    match last.body {
        Some(Tell::DeviceListChanged(changed)) => assert_eq!(changed.device_list, Some(alone)),
        other => panic!("expected the list that removes it, found {other:?}"),
    }
    match second.receive().await.unwrap().body {
        Some(Tell::Error(error)) => assert_eq!(error.code, "AUTH.UNKNOWN_DEVICE"),
        other => panic!("expected the end, found {other:?}"),
    }
    second.closed().await;
}

#[tokio::test]
async fn a_list_that_is_none_is_refused_by_its_field() {
    let relay = Relay::start().await;
    let [robin, phone, _] = family();
    let mut client = relay.connect(&robin).await;
    let nine: Vec<Person> = (1..=9).map(Person::new).collect();
    let nine: Vec<&Person> = nine.iter().collect();
    let thief = Person::new(5);
    let mut bent = list(&robin, 2, &[&robin]);
    bent.signature = robin.sign(&signing::device_list(b"another"));
    let mut long = list(&robin, 2, &[&robin]);
    long.list = vec![0; 4_097].into();
    let cases: [(SignedDeviceList, &str); 6] = [
        (bent, "device_list.signature"),
        (list(&thief, 2, &[&robin]), "device_list.signature"),
        (long, "device_list.list"),
        (list(&robin, 0, &[&robin]), "device_list.list.version"),
        (list(&robin, 2, &nine), "device_list.list.devices"),
        (list(&robin, 2, &[]), "device_list.list.devices"),
    ];
    for (bad, name) in cases {
        let error = client.publish_list(bad).await.unwrap_err();
        assert_eq!(field(&error), ("REQUEST.INVALID", "ERROR", name));
    }
    let none = PublishDeviceList::default();
    let error = client.done(Ask::PublishDeviceList(none)).await.unwrap_err();
    assert_eq!(field(&error), ("REQUEST.INVALID", "ERROR", "device_list"));
    client
        .publish_list(list(&robin, 2, &[&robin, &phone]))
        .await
        .unwrap();
}
