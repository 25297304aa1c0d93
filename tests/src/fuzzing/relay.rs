//! The relay hears what somebody signed who means it ill.

use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use prost::Message;
use sotto_client_core::{identity::PeerDevices, prekeys::PeerPrekeys};
use sotto_protocol::{
    PROTOCOL_VERSION, decode, encode,
    frames::{
        ClientFrame, FetchPrekeys, Hello, PublishPrekeys, ServerFrame, client_frame::Body as Ask,
        server_frame::Body,
    },
    id::DeviceId,
    signing,
};

use super::two;
use crate::relay_model::RelayModel;

const NAME: &str = "relay.test";
const NOW_MS: u64 = 1_800_000_000_000;

/// A relay on which Alice has the line of that number.
fn relay_with_alice(link: u64) -> RelayModel {
    let mut relay = RelayModel::new(NAME);
    let local = &two()[0].local;
    let device = local.device();
    let hello = Hello {
        version: PROTOCOL_VERSION,
        account: local.account().to_vec(),
        device: device.id().to_vec(),
        audience: NAME.to_owned(),
        signature: device
            .hello_signature(&nonce(link), &local.account(), NAME)
            .to_vec(),
        device_list: Some(local.signed_device_list()),
        ..Hello::default()
    };
    let welcomed = says(&mut relay, link, hello);
    assert!(matches!(welcomed, Some(Body::Welcome(_))), "{welcomed:?}");
    relay
}

/// The model's challenge.
fn nonce(link: u64) -> [u8; 32] {
    let mut nonce = [7; 32];
    nonce[..8].copy_from_slice(&link.to_be_bytes());
    nonce
}

/// What a relay answers to the first frame on a new line.
fn says(relay: &mut RelayModel, link: u64, hello: Hello) -> Option<Body> {
    relay.opened(link, NOW_MS);
    asks(relay, link, Ask::Hello(hello))
}

fn asks(relay: &mut RelayModel, link: u64, body: Ask) -> Option<Body> {
    let body = Some(body);
    let frame = encode(&ClientFrame { request: 1, body });
    let said = relay.frame(link, frame, NOW_MS).into_iter();
    let mut said = said.filter(|(to, _)| *to == link).map(|(_, frame)| {
        let said: ServerFrame = decode(frame).expect("the relay's own frame");
        said
    });
    said.find(|said| said.request == 1)?.body
}

/// The relay hears a frame: as the first one on a connection, and after a hello.
pub(super) fn client_frame(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    if let Ok(frame) = decode::<ClientFrame>(bytes.clone()) {
        let again = decode::<ClientFrame>(encode(&frame)).expect("what was encoded");
        assert_eq!(again, frame);
    }
    let mut relay = relay_with_alice(2);
    relay.opened(1, NOW_MS);
    relay.frame(1, bytes.clone(), NOW_MS);
    for (_, frame) in relay.frame(2, bytes, NOW_MS) {
        decode::<ServerFrame>(frame).expect("the relay's own frame");
    }
}

/// A hello whose device, list and pass are signed as they should be, whatever they say.
pub(super) fn hello(data: &[u8]) {
    let Ok(mut hello) = Hello::decode(data) else {
        return;
    };
    let account = SigningKey::from_bytes(&[1; 32]);
    let device = SigningKey::from_bytes(&[2; 32]);
    let ids = [&account, &device].map(|key| key.verifying_key().to_bytes());
    let device_id = DeviceId::from_bytes(ids[1]);
    // Alice's account knows nobody's pass but its own.
    let account_id = match hello.pass {
        Some(_) => two()[0].local.account(),
        None => sotto_protocol::id::AccountId::from_bytes(ids[0]),
    };
    hello.version = PROTOCOL_VERSION;
    hello.account = account_id.to_vec();
    hello.device = device_id.to_vec();
    hello.audience = NAME.to_owned();
    let proof = signing::hello(&nonce(3), &account_id, &device_id, NAME);
    hello.signature = device.sign(&proof).to_bytes().to_vec();
    if let Some(list) = &mut hello.device_list {
        let message = signing::device_list(&list.list);
        list.signature = account.sign(&message).to_bytes().to_vec().into();
    }
    if let Some(pass) = &mut hello.pass {
        let signed = two()[0].account.sign_pass(&device_id, pass.expires_at_ms);
        pass.signature = signed.to_vec();
    }
    let (list, pass) = (hello.device_list.clone(), hello.pass.clone());
    let mut relay = relay_with_alice(2);
    let Some(Body::Welcome(welcome)) = says(&mut relay, 3, hello) else {
        return;
    };
    match (list, pass) {
        (Some(list), None) => {
            // Of the keys in it the relay knows the length alone.
            if let Ok(devices) = PeerDevices::verify(&list, &account_id) {
                assert!(devices.device(&device_id).is_some(), "let in unlisted");
            }
        }
        (None, Some(pass)) => {
            assert!(welcome.device_list.is_some(), "a guest sees the list");
            assert!(pass.expires_at_ms > NOW_MS, "the pass is over");
        }
        (list, pass) => panic!("let in with {list:?} and {pass:?}"),
    }
}

/// Prekeys that their device signed, whatever they are: what is served again is what was published, or
/// refused by who fetches it.
pub(super) fn publication(data: &[u8]) {
    let Ok(mut publish) = PublishPrekeys::decode(data) else {
        return;
    };
    let local = &two()[0].local;
    let device = local.device();
    if let Some(key) = &mut publish.signed_prekey {
        let message = signing::signed_prekey(key.id, &key.public_key);
        key.signature = device.sign(&message).to_vec();
    }
    for key in &mut publish.kem_prekeys {
        let message = signing::kem_prekey(key.id, key.last_resort, &key.public_key);
        key.signature = device.sign(&message).to_vec();
    }
    let mut relay = relay_with_alice(2);
    let answer = asks(&mut relay, 2, Ask::PublishPrekeys(publish.clone()));
    let taken = matches!(answer, Some(Body::Done(_)));
    let fetch = FetchPrekeys {
        account: local.account().to_vec(),
        devices: Vec::new(),
    };
    let Some(Body::Prekeys(served)) = asks(&mut relay, 2, Ask::FetchPrekeys(fetch)) else {
        return;
    };
    assert!(taken, "refused, and served");
    let peer = &local.devices().devices()[0];
    for set in served.devices {
        assert_eq!(set.signed_prekey, publish.signed_prekey);
        let one_time = set.one_time_prekey.as_ref();
        assert!(one_time.is_none_or(|key| publish.one_time_prekeys.contains(key)));
        let kem = set.kem_prekey.as_ref();
        assert!(kem.is_none_or(|key| publish.kem_prekeys.contains(key)));
        let _ = PeerPrekeys::verify(&set, peer);
    }
}

pub(super) fn seeds(add: &mut impl FnMut(&'static str, &str, Vec<u8>)) {
    let [alice, bob] = two();
    let device = SigningKey::from_bytes(&[2; 32]);
    let mut entry = alice.local.device().entry();
    entry.signing_key = device.verifying_key().to_bytes().to_vec();
    let list = sotto_protocol::frames::DeviceList {
        account_key: SigningKey::from_bytes(&[1; 32])
            .verifying_key()
            .to_bytes()
            .to_vec(),
        version: 1,
        created_at_ms: 5,
        devices: vec![entry],
    };
    let listed = Hello {
        device_list: Some(sotto_protocol::frames::SignedDeviceList {
            list: list.encode_to_vec().into(),
            ..Default::default()
        }),
        ..Hello::default()
    };
    let guest = Hello {
        pass: Some(sotto_protocol::frames::Pass {
            expires_at_ms: NOW_MS + 60_000,
            ..Default::default()
        }),
        ..Hello::default()
    };
    for (name, hello) in [("listed", listed), ("guest", guest)] {
        self::hello(&hello.encode_to_vec());
        add("hello", name, hello.encode_to_vec());
    }
    let served = bob.served.clone();
    let publish = PublishPrekeys {
        signed_prekey: served.signed_prekey,
        one_time_prekeys: served.one_time_prekey.into_iter().collect(),
        kem_prekeys: served.kem_prekey.into_iter().collect(),
        drop_one_time: true,
    };
    add("publication", "one_of_each", publish.encode_to_vec());
}
