//! The delivery window of one connection: what was handed over and is not
//! acknowledged, and where to go on.

use std::collections::HashSet;

/// A delivery window. A new connection starts with a new one, so that
/// everything unacknowledged is delivered again.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    unacknowledged: HashSet<u64>,
    delivered_up_to: u64,
}

impl Window {
    /// An empty window.
    pub(super) fn new(size: usize) -> Self {
        Self {
            size,
            unacknowledged: HashSet::new(),
            delivered_up_to: 0,
        }
    }

    /// How many more may be handed over now.
    pub(super) fn room(&self) -> usize {
        self.size.saturating_sub(self.unacknowledged.len())
    }

    /// The last sequence that was handed over.
    pub(super) const fn delivered_up_to(&self) -> u64 {
        self.delivered_up_to
    }

    /// Notes a delivery.
    pub(super) fn deliver(&mut self, sequence: u64) {
        self.delivered_up_to = self.delivered_up_to.max(sequence);
        self.unacknowledged.insert(sequence);
    }

    /// Notes acknowledgements; whether that made room.
    pub(super) fn acknowledge(&mut self, sequences: &[u64]) -> bool {
        let before = self.unacknowledged.len();
        for sequence in sequences {
            self.unacknowledged.remove(sequence);
        }
        self.unacknowledged.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_delivered_makes_room() {
        let mut window = Window::new(2);
        window.deliver(3);
        window.deliver(7);
        assert_eq!((window.room(), window.delivered_up_to()), (0, 7));
        assert!(!window.acknowledge(&[1, 2, 99]));
        assert!(window.acknowledge(&[3, 3]));
        assert!(!window.acknowledge(&[3]));
        assert_eq!((window.room(), window.delivered_up_to()), (1, 7));
    }
}
