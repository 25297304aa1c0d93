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
