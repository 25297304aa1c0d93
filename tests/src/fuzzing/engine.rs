//! An engine receives frames that no relay would send.

use bytes::Bytes;
use sotto_protocol::{
    encode,
    frames::{Deliver, Done, Error, Pong, Prekeys, ServerFrame, Welcome, server_frame::Body},
};

use crate::World;

/// Frames, each after its length in two bytes; at most 20.
pub(super) fn engine_receives(data: &[u8]) {
    thread_local! {
        static ACQUAINTED: World = World::acquainted();
    }
    let mut world = ACQUAINTED.with(World::again);
    let mut rest = data;
    for _ in 0..20 {
        let Some((length, after)) = rest.split_first_chunk() else {
            break;
        };
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (frame, after) = after.split_at(length);
        world.hear(0, Bytes::copy_from_slice(frame));
        rest = after;
    }
    // Whatever it was: the records can be read, nobody is forgotten, and the line comes back.
    world.restart(0);
    world.advance(jiff::SignedDuration::from_mins(10));
    assert_eq!(world.contacts(0).len(), 1, "the contact is still there");
    assert!(world.settled(0), "connected again: {:?}", world.status(0));
}

pub(super) fn seeds(add: &mut impl FnMut(&'static str, &str, Vec<u8>)) {
    let bodies = [
        ("pong", Body::Pong(Pong::default())),
        ("done", Body::Done(Done::default())),
        ("error", Body::Error(Error::default())),
        ("prekeys", Body::Prekeys(Prekeys::default())),
        ("welcome", Body::Welcome(Welcome::default())),
        (
            "deliver",
            Body::Deliver(Deliver {
                sequence: 9,
                mailbox: vec![3; 16],
                message_id: vec![4; 16],
                payload: vec![2; 400].into(),
            }),
        ),
    ];
    let mut all = Vec::new();
    for (request, (name, body)) in (0..).zip(bodies) {
        let frame = encode(&ServerFrame {
            request,
            body: Some(body),
        });
        add("server_frame", name, frame.to_vec());
        let length = u16::try_from(frame.len()).expect("short").to_be_bytes();
        let said = [length.as_slice(), &frame].concat();
        add("engine_receives", name, said.clone());
        all.extend(said);
    }
    add("engine_receives", "all", all);
    // What a client really says.
    let world = World::acquainted();
    for (number, frame) in world.relay.seen.iter().enumerate() {
        add("client_frame", &format!("seen_{number}"), frame.to_vec());
    }
}
