//! That all secrets of a ratchet are wiped when dropped (`wiping`).

use super::{Begun, Change, Incoming, Outgoing, Ratchet, RatchetSeed, Receiving, Turn};
use crate::wiping::{Wiped, proof, wiped};

proof!(RatchetSeed {
    root,
    initiator_header,
    responder_header,
    thread
});
proof!(Receiving { header_key, chain; peer, epoch });
proof!(Ratchet { root, turn, receiving, next_receiving_header_key, rekey; steps });

proof!(Outgoing { header_key, message_key, thread; header, chain, attachment });
proof!(Incoming { message_key, change; header, chain });
proof!(Begun {
    turned, header_key, next_sending_header_key, skipped;
    peer, epoch, previous_length, fresh
});

impl Wiped for Change {}
const _: fn(&Change) = |change| match change {
    Change::UseSkipped { step: _, number: _ } => {}
    Change::Advance { chain, skipped } => {
        wiped(chain);
        wiped(skipped);
    }
    Change::Turn(begun) => wiped(begun),
};

impl Wiped for Turn {}
const _: fn(&Turn) = |turn| match turn {
    Turn::Sending {
        own,
        header_key,
        next_header_key,
        chain,
        previous_length: _,
    } => {
        wiped(own);
        wiped(header_key);
        wiped(next_header_key);
        wiped(chain);
    }
    Turn::Awaiting {
        own,
        next_header_key,
    } => {
        wiped(own);
        wiped(next_header_key);
    }
    Turn::Due {
        next_header_key,
        previous_length: _,
    } => wiped(next_header_key),
};
