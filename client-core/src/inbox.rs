//! Which messages were received already, so that a repetition is known as one.

use std::collections::{BTreeMap, VecDeque};

use sotto_protocol::id::MessageId;

use crate::engine::{Context, Store};

/// So many ids are remembered: those of the newest messages. The ratchet refuses
/// an older repetition in any case; knowing it by its id only spares the work.
const MAX_SEEN: usize = 2_000;

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    order_of: BTreeMap<MessageId, u64>,
    in_order: VecDeque<(u64, MessageId)>,
    next_order: u64,
}

impl Inbox {
    pub(crate) fn load(&mut self, key: &str, bytes: &[u8]) -> bool {
        let (Ok(message), Ok(order)) = (key.parse(), crate::record::decode::<u64>(bytes)) else {
            return false;
        };
        self.order_of.insert(message, order);
        true
    }

    /// To be called once all records are loaded.
    pub(crate) fn loaded(&mut self) {
        let mut in_order: Vec<_> = self
            .order_of
            .iter()
            .map(|(id, order)| (*order, *id))
            .collect();
        in_order.sort_unstable();
        self.next_order = in_order.last().map_or(0, |(order, _)| order + 1);
        self.in_order = in_order.into();
    }

    pub(crate) fn has_seen(&self, message: &MessageId) -> bool {
        self.order_of.contains_key(message)
    }

    /// Remembers it, in the same batch as whatever the message changed.
    pub(crate) fn saw(&mut self, message: MessageId, cx: &mut Context<'_>) {
        let order = self.next_order;
        self.next_order += 1;
        cx.put(Store::Inbox, message, &order);
        self.order_of.insert(message, order);
        self.in_order.push_back((order, message));
        while self.in_order.len() > MAX_SEEN {
            if let Some((_, oldest)) = self.in_order.pop_front() {
                self.order_of.remove(&oldest);
                cx.delete(Store::Inbox, oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn the_ids_of_the_newest_two_thousand_messages_are_remembered() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(Timestamp::UNIX_EPOCH, &mut rng);
        let message = |number: u16| {
            let mut id = [0; 16];
            // Older ones have greater ids: their order in time is what counts.
            id[..2].copy_from_slice(&(u16::MAX - number).to_be_bytes());
            MessageId::from_bytes(id)
        };
        let mut inbox = Inbox::default();
        (0..2_001).for_each(|number| inbox.saw(message(number), &mut cx));
        assert!(!inbox.has_seen(&message(0)));
        assert!((1..2_001).all(|number| inbox.has_seen(&message(number))));
        assert_eq!(inbox.order_of.len(), MAX_SEEN);

        // What is stored is the same, and the next one pushes out the oldest of it.
        let mut stored = BTreeMap::new();
        for change in cx.into_output(None).persist {
            match change.value {
                Some(value) => stored.insert(change.key, value),
                None => stored.remove(&change.key),
            };
        }
        let mut inbox = Inbox::default();
        assert!(stored.iter().all(|(key, value)| inbox.load(key, value)));
        inbox.loaded();
        assert_eq!(inbox.order_of.len(), MAX_SEEN);
        let mut cx = Context::new(Timestamp::UNIX_EPOCH, &mut rng);
        inbox.saw(message(2_001), &mut cx);
        assert!(!inbox.has_seen(&message(1)));
        assert!(inbox.has_seen(&message(2)) && inbox.has_seen(&message(2_001)));
    }
}
