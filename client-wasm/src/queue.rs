//! What waits for the engine, in the order in which it happened.

use std::collections::VecDeque;

use sotto_client_core::{
    api::Query,
    engine::{Input, RequestId},
};

/// At most so many inputs make one batch, so that a flood does not keep the page waiting.
const BATCH: usize = 256;
/// More than a relay has under way to one client; beyond them, something is wrong.
const MAX_ITEMS: usize = 16_384;
const MAX_FRAME_BYTES: usize = 64 << 20;

/// Something for the engine.
pub(crate) enum Item {
    Input(Input),
    /// Answered from what is durable.
    Query {
        request: RequestId,
        query: Query,
    },
}

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// A bounded queue.
#[derive(Default)]
pub(crate) struct Queue {
    items: VecDeque<Item>,
    frame_bytes: usize,
}

impl Queue {
    /// Adds an item of the page's or the relay's making, if there is room.
    pub(crate) fn offer(&mut self, item: Item) -> Result<(), Full> {
        let bytes = frame_bytes(&item);
        if self.items.len() >= MAX_ITEMS || self.frame_bytes + bytes > MAX_FRAME_BYTES {
            return Err(Full);
        }
        self.push(item);
        Ok(())
    }

    /// Adds an item that must not be lost, and of which there are few.
    pub(crate) fn push(&mut self, item: Item) {
        self.frame_bytes += frame_bytes(&item);
        self.items.push_back(item);
    }

    /// Takes the next batch.
    pub(crate) fn take(&mut self) -> Vec<Item> {
        let count = self.items.len().min(BATCH);
        let batch: Vec<Item> = self.items.drain(..count).collect();
        self.frame_bytes -= batch.iter().map(frame_bytes).sum::<usize>();
        batch
    }
}

fn frame_bytes(item: &Item) -> usize {
    match item {
        Item::Input(Input::SocketFrame { frame, .. }) => frame.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use sotto_client_core::engine::SocketId;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn frame(bytes: usize) -> Item {
        Item::Input(Input::SocketFrame {
            socket: SocketId(1),
            frame: Bytes::from(vec![0; bytes]),
        })
    }

    #[wasm_bindgen_test]
    fn it_is_bounded_in_number_and_in_bytes_and_has_room_again_for_what_was_taken() {
        let mut queue = Queue::default();
        for _ in 0..MAX_ITEMS {
            assert_eq!(queue.offer(Item::Input(Input::Woken)), Ok(()));
        }
        assert_eq!(queue.offer(Item::Input(Input::Woken)), Err(Full));
        assert_eq!(queue.take().len(), BATCH);
        assert_eq!(queue.offer(Item::Input(Input::Woken)), Ok(()));

        let mut queue = Queue::default();
        assert_eq!(queue.offer(frame(MAX_FRAME_BYTES)), Ok(()));
        assert_eq!(queue.offer(frame(1)), Err(Full));
        assert_eq!(queue.offer(Item::Input(Input::Woken)), Ok(()), "no frame");
        queue.take();
        assert_eq!(queue.offer(frame(1)), Ok(()));
    }
}
