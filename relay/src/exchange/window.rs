//! The delivery window of one connection: what was handed over and is not
//! acknowledged, and where to go on.

use std::collections::HashSet;

use sotto_protocol::frames::Deliver;

use crate::store::{Page, StoredMessage};

/// How much is read from the store, and so held in memory, at once for one connection.
const PAGE: Page = Page {
    messages: 32,
    bytes: 1024 * 1024,
};

/// A delivery window. A new connection starts with a new one, so that
/// everything unacknowledged is delivered again.
#[derive(Debug)]
pub struct Window {
    size: usize,
    unacknowledged: HashSet<u64>,
    delivered_up_to: u64,
}

impl Window {
    /// An empty window.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            unacknowledged: HashSet::new(),
            delivered_up_to: 0,
        }
    }

    /// What to read from the store next: the messages after that sequence, and
    /// how many. `None` when there is no room.
    pub fn next(&self) -> Option<(u64, Page)> {
        let room = self.size.saturating_sub(self.unacknowledged.len());
        let page = Page {
            messages: PAGE.messages.min(room),
            ..PAGE
        };
        (room > 0).then_some((self.delivered_up_to, page))
    }

    /// Notes that a message is handed over, and makes the frame that does it.
    pub fn deliver(&mut self, message: StoredMessage) -> Deliver {
        self.delivered_up_to = self.delivered_up_to.max(message.sequence);
        self.unacknowledged.insert(message.sequence);
        Deliver {
            sequence: message.sequence,
            mailbox: message.mailbox.to_vec(),
            message_id: message.message_id.to_vec(),
            payload: message.payload,
        }
    }

    /// Notes acknowledgements; whether that made room.
    pub fn acknowledge(&mut self, sequences: &[u64]) -> bool {
        let before = self.unacknowledged.len();
        for sequence in sequences {
            self.unacknowledged.remove(sequence);
        }
        self.unacknowledged.len() < before
    }
}

#[cfg(test)]
mod tests {
    use sotto_protocol::id::{MailboxId, MessageId};

    use super::*;

    #[test]
    fn only_what_was_delivered_makes_room() {
        let message = |sequence| StoredMessage {
            sequence,
            mailbox: MailboxId::from_bytes([1; 32]),
            message_id: MessageId::from_bytes([2; 16]),
            payload: Default::default(),
        };
        let mut window = Window::new(2);
        let next = |window: &Window| window.next().map(|(after, page)| (after, page.messages));
        assert_eq!(next(&window), Some((0, 2)));
        assert_eq!(window.deliver(message(3)).sequence, 3);
        assert_eq!(next(&window), Some((3, 1)));
        window.deliver(message(7));
        assert_eq!(next(&window), None);
        assert!(!window.acknowledge(&[1, 2, 99]));
        assert!(window.acknowledge(&[3, 3]));
        assert!(!window.acknowledge(&[3]));
        assert_eq!(next(&window), Some((7, 1)));
        assert_eq!(next(&Window::new(1_000)), Some((0, PAGE.messages)));
    }
}
