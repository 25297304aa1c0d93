//! Prekeys, published and fetched.

use sotto_protocol::frames::client_frame::Body as Ask;
use sotto_protocol::frames::server_frame::Body as Tell;
use sotto_protocol::frames::{FetchPrekeys, Prekeys};

use crate::client::{Client, Relay};
use crate::person::{Person, list};

async fn fetch(client: &mut Client, of: &Person) -> Result<Prekeys, String> {
    let fetch = FetchPrekeys {
        account: of.account_id().to_vec(),
    };
    match client.ask(Ask::FetchPrekeys(fetch)).await {
        Ok(Tell::Prekeys(prekeys)) => Ok(prekeys),
        Ok(other) => panic!("expected prekeys, found {other:?}"),
        Err(error) => Err(error.code),
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
        .ask(Ask::FetchPrekeys(FetchPrekeys { account: vec![1] }))
        .await
        .unwrap_err();
    assert_eq!(error.details["field"], "account");
}
