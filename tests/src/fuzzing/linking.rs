//! A device that asks to be added hears what no relay would say, and the link itself.

use bytes::Bytes;
use serde_json::json;
use sotto_client_core::{api::Query, linking::fuzzing as links};
use sotto_protocol::{
    encode,
    frames::{Deliver, Done, Error, Prekeys, ServerFrame, server_frame::Body},
};

use super::two;
use crate::World;

/// Frames, each after its length in two bytes; at most 20. Nobody has said yes: whatever comes, the
/// device is none of the account's.
pub(super) fn joining_receives(data: &[u8]) {
    thread_local! {
        static JOINING: World = joining();
    }
    let (mut world, phone) = (JOINING.with(World::again), 2);
    let mut rest = data;
    for _ in 0..20 {
        let Some((length, after)) = rest.split_first_chunk() else {
            break;
        };
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (frame, after) = after.split_at(length);
        world.hear(phone, Bytes::copy_from_slice(frame));
        rest = after;
    }
    let code = JOINING
        .with(|world| world.joining(phone))
        .and_then(|joining| joining.code);
    assert!(code.is_some());
    for _ in 0..2 {
        let joining = world.joining(phone).expect("nobody has agreed");
        assert_eq!(joining.code, code, "nobody else has one for it");
        assert!(world.query(phone, &Query::Status).is_err());
        world.restart(phone);
    }
    assert_eq!(world.devices(1).len(), 2, "one, and one that asks");
}

/// Robin's phone asks to be added, as the third one there.
fn joining() -> World {
    let mut world = World::strangers();
    let link = world.device_link(1, true);
    let phone = world.join(&link.link, "Phone");
    assert_eq!(phone, Ok(2));
    world
}

pub(super) fn seeds(add: &mut impl FnMut(&'static str, &str, Vec<u8>)) {
    let mut world = World::strangers();
    let link = world.device_link(1, true).link;
    let text = link.as_str();
    add("device_link", "one", text.as_bytes().to_vec());
    let (_, fragment) = text.split_once("#device=").expect("a link");
    let fields = data_encoding::BASE64URL_NOPAD.decode(fragment.as_bytes());
    let mut fields = fields.expect("base64url");
    fields.truncate(141);
    add("device_link", "fields", fields);
    let request = json!({ "v": 1, "name": "Phone", "mailbox": "07".repeat(32) });
    add("link_request", "one", request.to_string().into_bytes());
    let challenge = json!({ "v": 1, "opening": "B".repeat(42) + "A" });
    let challenge = challenge.to_string().into_bytes();
    assert!(links::answer(&challenge), "a challenge");
    add("link_answer", "opening", challenge);
    for reason in ["declined", "wrong_codes", "replaced"] {
        let refusal = json!({ "v": 1, "reason": reason }).to_string().into_bytes();
        assert!(links::answer(&refusal), "a refusal");
        add("link_answer", reason, refusal);
    }
    let base64 = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let alice = &two()[0];
    let list = alice.local.signed_device_list();
    let preferences = world.copy_of(1);
    let key = (
        sotto_client_core::engine::Store::Agents,
        "preferences".to_owned(),
    );
    let preferences: serde_json::Value =
        serde_json::from_slice(&preferences[&key]).expect("the preferences");
    for keeper in [true, false] {
        let welcome = json!({
            "v": 1, "list": base64(&list.list), "signature": base64(&list.signature), "name": "Robin",
            "preferences": preferences, "account_key": keeper.then_some(&alice.account),
            "mailboxes": [{ "device": "05".repeat(32), "mailbox": "06".repeat(32) }],
            "names": [{ "device": "05".repeat(32), "name": "Laptop" }],
        });
        let name = if keeper { "keeper" } else { "other" };
        let welcome = welcome.to_string().into_bytes();
        assert!(links::answer(&welcome), "a welcome");
        add("link_answer", name, welcome);
    }
    let phone = world.join(&link, "Phone").expect("a new device");
    assert!(world.joining(phone).is_some());
    let bodies = [
        ("done", Body::Done(Done::default())),
        ("prekeys", Body::Prekeys(Prekeys::default())),
        (
            "guest",
            Body::Error(Error {
                code: "AUTH.GUEST".to_owned(),
                ..Error::default()
            }),
        ),
        (
            "deliver",
            Body::Deliver(Deliver {
                sequence: 1,
                mailbox: vec![3; 32],
                message_id: vec![4; 16],
                payload: vec![2; 400].into(),
            }),
        ),
    ];
    for (request, (name, body)) in (1..).zip(bodies) {
        let body = Some(body);
        let frame = encode(&ServerFrame { request, body });
        let length = u16::try_from(frame.len()).expect("short").to_be_bytes();
        add(
            "joining_receives",
            name,
            [length.as_slice(), &frame].concat(),
        );
    }
}
