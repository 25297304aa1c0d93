//! Messages that were sent, for as long as a device may ask for one of them again: it asks by the
//! id under which a copy was posted, and gets the message in its newest session.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sotto_protocol::id::MessageId;

use crate::{
    engine::{Context, Store},
    local_id::ContactId,
    message::{AgentMessage, Body},
    peers::PeerKey,
};

/// Most messages that are kept; the oldest go first. As many posts are known to a receiver.
const MAX_KEPT: usize = 2_000;
/// For so long they are: no relay holds an older post that could be found unreadable.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the keys of the records in `Store::Outbox` begin with.
pub(crate) const KEPT: &str = "kept/";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sent {
    order: u64,
    at: Timestamp,
    message: AgentMessage,
    posts: Vec<Copy>,
}

/// The message, as it was posted for a device.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Copy {
    peer: PeerKey,
    /// `None` once the device was met anew: what was said before is not said again.
    post: Option<MessageId>,
}

impl Sent {
    fn is_repeated(&self) -> bool {
        !matches!(&self.message.body, Body::Handshake(handshake) if handshake.is_about_keys())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// By its order.
    sent: BTreeMap<u64, Sent>,
    order_of: BTreeMap<MessageId, u64>,
}

impl Kept {
    pub(crate) fn load(&mut self, bytes: &[u8]) -> Result<(), serde_json::Error> {
        let sent: Sent = crate::record::decode(bytes)?;
        self.order_of.insert(sent.message.id, sent.order);
        self.sent.insert(sent.order, sent);
        Ok(())
    }

    /// Keeps a message that is to be posted.
    pub(crate) fn keep(&mut self, message: &AgentMessage, cx: &mut Context<'_>) {
        let order = self.sent.last_key_value().map_or(0, |(last, _)| last + 1);
        let sent = Sent {
            order,
            at: cx.now,
            message: message.clone(),
            posts: Vec::new(),
        };
        self.order_of.insert(message.id, order);
        self.sent.insert(order, sent);
        self.forget_old(cx);
    }

    /// A copy of it is posted under that id.
    pub(crate) fn posted(
        &mut self,
        message: &MessageId,
        peer: &PeerKey,
        post: MessageId,
        cx: &mut Context<'_>,
    ) {
        let order = self.order_of.get(message);
        if let Some(sent) = order.and_then(|order| self.sent.get_mut(order)) {
            let (peer, post) = (peer.clone(), Some(post));
            sent.posts.push(Copy { peer, post });
            cx.put(Store::Outbox, record_key(message), sent);
        }
    }

    /// The contact to whom it was said.
    pub(crate) fn contact_of(&self, message: &MessageId) -> Option<ContactId> {
        let sent = self.sent.get(self.order_of.get(message)?)?;
        let mut to = sent.posts.iter().map(|copy| copy.peer.contact());
        to.find(|to| !to.is_own()).cloned()
    }

    /// Whether it is kept, and would be said again.
    pub(crate) fn repeats(&self, message: &MessageId) -> bool {
        let order = self.order_of.get(message);
        let sent = order.and_then(|order| self.sent.get(order));
        sent.is_some_and(Sent::is_repeated)
    }

    /// The messages that a device asks for by their posts, or whose ids are among `others`, in the
    /// order in which they were said; and how many of the posts are not known any more.
    pub(crate) fn asked_for(
        &self,
        by: &PeerKey,
        posts: &[MessageId],
        others: &HashSet<MessageId>,
    ) -> (Vec<AgentMessage>, usize) {
        let mut unknown: HashSet<&MessageId> = posts.iter().collect();
        let mut asked_for = Vec::new();
        for sent in self.sent.values() {
            let theirs = sent.posts.iter().filter(|copy| copy.peer == *by);
            let posts = theirs.filter_map(|copy| copy.post);
            let named = posts.filter(|post| unknown.remove(post)).count();
            if sent.is_repeated() && (named > 0 || others.contains(&sent.message.id)) {
                asked_for.push(sent.message.clone());
            }
        }
        (asked_for, unknown.len())
    }

    /// The device was met anew: whoever has its keys now may not ask for what was said before.
    pub(crate) fn met_anew(&mut self, peer: &PeerKey, cx: &mut Context<'_>) {
        for sent in self.sent.values_mut() {
            let of_it = |copy: &&mut Copy| copy.peer == *peer && copy.post.is_some();
            let posts = sent.posts.iter_mut().filter(of_it);
            if posts.map(|copy| copy.post = None).count() > 0 {
                cx.put(Store::Outbox, record_key(&sent.message.id), sent);
            }
        }
    }

    /// Nobody of theirs will ask again.
    pub(crate) fn forget(&mut self, contact: &ContactId, cx: &mut Context<'_>) {
        let of_theirs = |sent: &Sent| sent.posts.iter().any(|c| c.peer.contact() == contact);
        self.remove(of_theirs, cx);
    }

    fn forget_old(&mut self, cx: &mut Context<'_>) {
        let now = cx.now;
        let surplus = self.sent.len().saturating_sub(MAX_KEPT);
        let first = self.sent.keys().nth(surplus).copied().unwrap_or(0);
        let old = |sent: &Sent| sent.order < first || now.duration_since(sent.at) > KEPT_FOR;
        self.remove(old, cx);
    }

    fn remove(&mut self, which: impl Fn(&Sent) -> bool, cx: &mut Context<'_>) {
        for (_, sent) in self.sent.extract_if(.., |_, sent| which(sent)) {
            self.order_of.remove(&sent.message.id);
            cx.delete(Store::Outbox, record_key(&sent.message.id));
        }
    }
}

fn record_key(message: &MessageId) -> String {
    format!("{KEPT}{message}")
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use sotto_protocol::id::DeviceId;

    use super::*;
    use crate::message::{Confirmation, Handshake, MESSAGE_VERSION, MessageDigest};
    use crate::span::Span;

    fn id(number: u32) -> MessageId {
        let mut id = [0; 16];
        // Later ones have smaller ids.
        id[..4].copy_from_slice(&(u32::MAX - number).to_be_bytes());
        MessageId::from_bytes(id)
    }

    fn message(number: u32) -> AgentMessage {
        AgentMessage {
            v: MESSAGE_VERSION,
            id: id(number),
            conversation: None,
            in_reply_to: None,
            sent_at: Timestamp::UNIX_EPOCH,
            body: Body::Confirmation(Confirmation {
                uid: "u".into(),
                slot: Span::new(Timestamp::UNIX_EPOCH, Timestamp::MAX).unwrap(),
                proposal: MessageDigest::of(b"proposal"),
            }),
        }
    }

    /// As a shell would have stored it.
    fn reloaded(cx: Context<'_>) -> Kept {
        let mut stored = BTreeMap::new();
        for change in cx.into_output(None).persist {
            match change.value {
                Some(value) => stored.insert(change.key, value),
                None => stored.remove(&change.key),
            };
        }
        let mut kept = Kept::default();
        stored.values().for_each(|value| kept.load(value).unwrap());
        kept
    }

    #[test]
    fn the_newest_two_thousand_of_thirty_days_are_found_by_their_posts_in_order() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let contact = ContactId::random(&mut rng);
        let [one, other] = [1, 2].map(|n| PeerKey::new(&contact, &DeviceId::from_bytes([n; 32])));
        let mut kept = Kept::default();
        let mut cx = Context::new(Timestamp::UNIX_EPOCH, &mut rng);
        for number in 0..2_001 {
            kept.keep(&message(number), &mut cx);
            kept.posted(&id(number), &one, id(10_000 + number), &mut cx);
            kept.posted(&id(number), &other, id(20_000 + number), &mut cx);
        }
        let mut kept = reloaded(cx);
        assert_eq!(kept.sent.len(), MAX_KEPT);
        assert!(!kept.repeats(&id(0)) && kept.repeats(&id(1)));
        let ask = |kept: &Kept, by, numbers: &[u32]| {
            let posts: Vec<MessageId> = numbers.iter().map(|number| id(*number)).collect();
            let (found, unknown) = kept.asked_for(by, &posts, &HashSet::from([id(7)]));
            let found: Vec<MessageId> = found.into_iter().map(|message| message.id).collect();
            (found, unknown)
        };
        assert_eq!(
            ask(&kept, &one, &[10_009, 10_005, 10_000, 20_006]),
            (vec![id(5), id(7), id(9)], 2),
            "one is too old, and one was for another device"
        );
        let later = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(31 * 24);
        let mut cx = Context::new(later, &mut rng);
        kept.keep(&message(3_000), &mut cx);
        assert_eq!(kept.sent.len(), 1);
        kept.posted(&id(3_000), &one, id(1), &mut cx);
        // What is about keys is known, and not said again.
        let body = Body::Handshake(Handshake::Renewed {});
        let renewed = AgentMessage {
            body,
            ..message(3_001)
        };
        kept.keep(&renewed, &mut cx);
        kept.posted(&id(3_001), &one, id(2), &mut cx);
        assert_eq!(ask(&kept, &one, &[2, 1]), (vec![id(3_000)], 0));
        assert!(!kept.repeats(&id(3_001)));
        // Of a device that was met anew nothing is told it again; the other one may ask still.
        kept.posted(&id(3_000), &other, id(3), &mut cx);
        kept.met_anew(&one, &mut cx);
        let asked = |by| kept.asked_for(by, &[id(1), id(3)], &HashSet::new());
        assert_eq!(asked(&one), (Vec::new(), 2));
        assert_eq!(asked(&other), (vec![message(3_000)], 1));
        assert_eq!(kept.contact_of(&id(3_000)), Some(contact.clone()));
        kept.forget(&contact, &mut cx);
        assert_eq!((kept.sent.len(), kept.order_of.len()), (0, 0));
    }
}
