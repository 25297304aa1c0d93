//! Which messages were received already, so that a repetition is known as one: by the id under
//! which it was posted, and by the id that its sender's agent gave it, which stays the same when it
//! is sent anew.

use std::collections::{BTreeMap, VecDeque};

use sotto_protocol::id::MessageId;

use crate::{
    engine::{Context, Store},
    local_id::ContactId,
};

/// So many ids of either kind are remembered: those of the newest messages. The ratchet refuses an
/// older repetition of a post in any case; knowing it by its id only spares the work.
const MAX_SEEN: usize = 2_000;

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    posts: Seen,
    messages: Seen,
}

/// Records by their keys, in the order in which they were made.
#[derive(Debug, Default)]
struct Seen {
    order_of: BTreeMap<String, u64>,
    in_order: VecDeque<(u64, String)>,
    next_order: u64,
}

impl Inbox {
    pub(crate) fn load(&mut self, key: &str, bytes: &[u8]) -> bool {
        let Ok(order) = crate::record::decode::<u64>(bytes) else {
            return false;
        };
        let (seen, id) = match key.split_once('/') {
            Some((_, id)) => (&mut self.messages, id),
            None => (&mut self.posts, key),
        };
        if id.parse::<MessageId>().is_err() {
            return false;
        }
        seen.order_of.insert(key.to_owned(), order);
        true
    }

    /// To be called once all records are loaded.
    pub(crate) fn loaded(&mut self) {
        self.posts.loaded();
        self.messages.loaded();
    }

    pub(crate) fn has_seen(&self, post: &MessageId) -> bool {
        self.posts.order_of.contains_key(&post.to_string())
    }

    /// Remembers what was posted under that id, in the same batch as whatever it changed.
    pub(crate) fn saw(&mut self, post: &MessageId, cx: &mut Context<'_>) {
        self.posts.saw(post.to_string(), cx);
    }

    /// Whether this contact's agent said a message of that id before.
    pub(crate) fn has_had(&self, of: &ContactId, message: &MessageId) -> bool {
        let key = format!("{of}/{message}");
        self.messages.order_of.contains_key(&key)
    }

    /// Whether the message is new, of all that this contact's agent said; remembers it, in the same
    /// batch as whatever it changes. Ids are the sender's: those of another contact are others.
    pub(crate) fn is_new(
        &mut self,
        of: &ContactId,
        message: &MessageId,
        cx: &mut Context<'_>,
    ) -> bool {
        let new = !self.has_had(of, message);
        if new {
            self.messages.saw(format!("{of}/{message}"), cx);
        }
        new
    }
}

impl Seen {
    fn loaded(&mut self) {
        let known = self.order_of.iter();
        let mut in_order: Vec<_> = known.map(|(key, order)| (*order, key.clone())).collect();
        in_order.sort_unstable();
        self.next_order = in_order.last().map_or(0, |(order, _)| order + 1);
        self.in_order = in_order.into();
    }

    fn saw(&mut self, key: String, cx: &mut Context<'_>) {
        let order = self.next_order;
        self.next_order += 1;
        cx.put(Store::Inbox, &key, &order);
        self.order_of.insert(key.clone(), order);
        self.in_order.push_back((order, key));
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

    fn id(number: u16) -> MessageId {
        let mut id = [0; 16];
        // Older ones have greater ids: their order in time is what counts.
        id[..2].copy_from_slice(&(u16::MAX - number).to_be_bytes());
        MessageId::from_bytes(id)
    }

    /// The inbox that a shell would load.
    fn reloaded(cx: Context<'_>) -> Inbox {
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
        inbox
    }

    #[test]
    fn the_ids_of_the_newest_two_thousand_posts_are_remembered() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(Timestamp::UNIX_EPOCH, &mut rng);
        let mut inbox = Inbox::default();
        (0..2_001).for_each(|number| inbox.saw(&id(number), &mut cx));
        assert!(!inbox.has_seen(&id(0)));
        assert!((1..2_001).all(|number| inbox.has_seen(&id(number))));
        assert_eq!(inbox.posts.order_of.len(), MAX_SEEN);

        // What is stored is the same, and the next one pushes out the oldest of it.
        let mut inbox = reloaded(cx);
        assert_eq!(inbox.posts.order_of.len(), MAX_SEEN);
        let mut cx = Context::new(Timestamp::UNIX_EPOCH, &mut rng);
        inbox.saw(&id(2_001), &mut cx);
        assert!(!inbox.has_seen(&id(1)));
        assert!(inbox.has_seen(&id(2)) && inbox.has_seen(&id(2_001)));
    }

    #[test]
    fn the_newest_two_thousand_messages_act_once_each_and_one_contact_s_ids_are_not_another_s() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let contacts = [0, 1].map(|_| ContactId::random(&mut rng));
        let mut cx = Context::new(Timestamp::UNIX_EPOCH, &mut rng);
        let mut inbox = Inbox::default();
        assert!((0..2_001).all(|number| inbox.is_new(&contacts[0], &id(number), &mut cx)));
        assert!(!inbox.has_seen(&id(2_000)), "a post is something else");
        let mut inbox = reloaded(cx);
        let mut cx = Context::new(Timestamp::UNIX_EPOCH, &mut rng);
        assert!(!inbox.is_new(&contacts[0], &id(2_000), &mut cx));
        assert!(inbox.is_new(&contacts[1], &id(2_000), &mut cx));
        assert!(inbox.is_new(&contacts[0], &id(0), &mut cx), "long ago");
        assert_eq!(inbox.messages.order_of.len(), MAX_SEEN);
    }
}
