//! Prekeys, published and fetched.

use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{Error, FetchPrekeys, Prekeys};

use crate::client::{Client, Relay};
use crate::person::{Person, list};

async fn fetch(client: &mut Client, of: &Person) -> Result<Prekeys, String> {
    let fetched = fetch_some(client, of, Vec::new()).await;
    fetched.map_err(|error| error.code)
}

async fn fetch_some(
    client: &mut Client,
    of: &Person,
    devices: Vec<Vec<u8>>,
) -> Result<Prekeys, Error> {
    let fetch = FetchPrekeys {
        account: of.account_id().to_vec(),
        devices,
    };
    match client.ask(Ask::FetchPrekeys(fetch)).await? {
        Tell::Prekeys(prekeys) => Ok(prekeys),
        other => panic!("expected prekeys, found {other:?}"),
    }
}

#[tokio::test]
async fn prekeys_are_published_and_each_one_time_key_goes_to_one_asker() {
    let relay = Relay::start().await;
    let (robin, kim) = (Person::new(1), Person::new(2));
    let mut asker = relay.connect(&kim).await;
    assert_eq!(
        fetch(&mut asker, &robin).await,
        Err("DIRECTORY.UNKNOWN_ACCOUNT".into())
    );
    let mut owner = relay.connect(&robin).await;
    assert_eq!(
        fetch(&mut asker, &robin).await,
        Err("DIRECTORY.NO_PREKEYS".into())
    );
    let done = owner
        .done(Ask::PublishPrekeys(robin.prekeys(1, 2, 1)))
        .await
        .unwrap();
    let supply = done.prekeys.unwrap();
    assert_eq!(
        (
            supply.signed_prekey_id,
            supply.one_time,
            supply.kem_one_time
        ),
        (1, 2, 1)
    );

    let mut seen = Vec::new();
    for _ in 0..3 {
        let prekeys = fetch(&mut asker, &robin).await.unwrap();
        assert_eq!(prekeys.device_list, Some(list(&robin, 1, &[&robin])));
        let [device] = prekeys.devices.as_slice() else {
            panic!("one device")
        };
        assert_eq!(device.device, robin.device_id().to_vec());
        let kem = device.kem_prekey.as_ref().unwrap();
        seen.push((
            device.one_time_prekey.as_ref().map(|key| key.id),
            kem.last_resort,
        ));
    }
    assert_eq!(seen, [(Some(1), false), (Some(2), true), (None, true)]);
    let welcome = relay.dial().await.enter(&robin).await.unwrap();
    assert_eq!(welcome.prekeys.unwrap().signed_prekey_id, 1);
}

#[tokio::test]
async fn askers_at_the_same_time_never_share_a_key() {
    let relay = Relay::start().await;
    let robin = Person::new(1);
    let mut owner = relay.connect(&robin).await;
    owner
        .done(Ask::PublishPrekeys(robin.prekeys(1, 40, 40)))
        .await
        .unwrap();
    let askers = (2..6).map(|seed| {
        let relay = &relay;
        let robin = &robin;
        async move {
            let mut client = relay.connect(&Person::new(seed)).await;
            let mut ids = Vec::new();
            for _ in 0..10 {
                let device = fetch(&mut client, robin).await.unwrap().devices.remove(0);
                ids.push((
                    device.one_time_prekey.unwrap().id,
                    device.kem_prekey.unwrap().id,
                ));
            }
            ids
        }
    });
    let mut ids = futures_util::future::join_all(askers).await.concat();
    ids.sort_unstable();
    assert_eq!(ids, (1..=40).map(|id| (id, id)).collect::<Vec<_>>());
}

#[tokio::test]
async fn garbage_is_not_published() {
    let relay = Relay::start().await;
    let robin = Person::new(1);
    let mut owner = relay.connect(&robin).await;
    let others = Person::new(2).prekeys(1, 1, 1);
    let error = owner.done(Ask::PublishPrekeys(others)).await.unwrap_err();
    assert_eq!(error.code, "REQUEST.INVALID");
    assert_eq!(error.details["field"], "signed_prekey.signature");
    let error = owner
        .ask(Ask::FetchPrekeys(FetchPrekeys {
            account: vec![1],
            devices: Vec::new(),
        }))
        .await
        .unwrap_err();
    assert_eq!(error.details["field"], "account");
}

#[tokio::test]
async fn whoever_asks_for_one_device_uses_up_no_key_of_another() {
    let relay = Relay::start().await;
    let robin = Person::new(1);
    let phone = robin.with_device_of(&Person::new(2));
    let both = list(&robin, 1, &[&robin, &phone]);
    for device in [&robin, &phone] {
        let mut client = relay.connect_with(device, &both).await;
        let keys = Ask::PublishPrekeys(device.prekeys(1, 1, 1));
        client.done(keys).await.unwrap();
    }
    let mut asker = relay.connect(&Person::new(3)).await;
    let named = |person: &Person| vec![person.device_id().to_vec()];
    let one_time = |prekeys: &Prekeys| {
        let keys = prekeys.devices.iter();
        keys.map(|of| of.one_time_prekey.is_some())
            .collect::<Vec<_>>()
    };
    for left in [true, false] {
        let fetched = fetch_some(&mut asker, &robin, named(&phone)).await.unwrap();
        assert_eq!(fetched.devices[0].device, phone.device_id().to_vec());
        assert_eq!(one_time(&fetched), [left]);
    }
    let all = fetch(&mut asker, &robin).await.unwrap();
    assert_eq!(one_time(&all), [true, false]);
    // A device that is not there is an answer too: the list says so.
    let stranger = named(&Person::new(4));
    let none = fetch_some(&mut asker, &robin, stranger).await.unwrap();
    assert_eq!((none.device_list, none.devices), (Some(both), Vec::new()));

    for devices in [
        (0..9).map(|n| vec![n; 32]).collect(),
        vec![vec![1; 31]],
        vec![vec![1; 32], vec![1; 32]],
    ] {
        let error = fetch_some(&mut asker, &robin, devices).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.details["field"].as_str()),
            ("REQUEST.INVALID", "devices")
        );
    }
}
