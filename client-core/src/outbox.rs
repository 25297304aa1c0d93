//! Messages that the relay has not accepted yet. A message is encrypted once for each device that
//! it is for, and the ciphertext is stored in the same batch as the ratchet's step; each copy is
//! posted under a random id of its own, the same one until the relay accepts or refuses it for good.
//! The relay does not learn from it which copies are of one message, and so whose devices belong
//! together.

use std::collections::{BTreeMap, HashSet};

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sotto_protocol::{
    error::ErrorCode,
    frames::{Error, Post, client_frame},
    id::{MailboxId, MessageId},
};

use crate::{
    connection::{later, pause_asked},
    engine::{Context, Store},
    local_id::ConversationId,
    peers::PeerKey,
    random::random_bytes,
    refusals::may_pass,
};

/// Most messages that wait for the relay.
pub(crate) const MAX_WAITING: usize = 10_000;
/// Most of them for one device: whoever takes nothing holds up nobody else.
pub(crate) const MAX_WAITING_FOR_PEER: usize = 500;
/// Most posts without an answer yet.
const MAX_IN_FLIGHT: usize = 32;
/// The first pause after a refusal that may pass; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// No pause is longer.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// A message, encrypted for one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letter {
    /// The agent message's id, the same in the copy for every device.
    pub(crate) message: MessageId,
    /// For whom it is.
    pub(crate) peer: PeerKey,
    /// Where they take it.
    pub(crate) mailbox: MailboxId,
    /// The negotiation that it belongs to.
    pub(crate) conversation: Option<ConversationId>,
    /// Whether the message is lost when this copy is: it is for the device that answers for the
    /// contact.
    pub(crate) leads: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Posting {
    /// The id under which it is posted.
    post: MessageId,
    letter: Letter,
    /// Base64.
    payload: String,
    /// Postings go out in this order.
    order: u64,
    #[serde(default)]
    attempts: u32,
    #[serde(default)]
    not_before: Option<Timestamp>,
    /// Whether it was last refused as the mailbox is full.
    #[serde(default)]
    found_full: bool,
    #[serde(skip)]
    in_flight: bool,
}

impl Posting {
    fn frame(&self) -> client_frame::Body {
        let payload = BASE64.decode(self.payload.as_bytes()).unwrap_or_default();
        client_frame::Body::Post(Post {
            mailbox: self.letter.mailbox.to_vec(),
            message_id: self.post.to_vec(),
            payload: payload.into(),
            ttl_seconds: 0,
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    postings: BTreeMap<MessageId, Posting>,
    next_order: u64,
}

impl Outbox {
    pub(crate) fn load(&mut self, bytes: &[u8]) -> Result<(), serde_json::Error> {
        let posting: Posting = crate::record::decode(bytes)?;
        self.next_order = self.next_order.max(posting.order + 1);
        self.postings.insert(posting.post, posting);
        Ok(())
    }

    /// Takes a letter to be posted, and says under which id.
    pub(crate) fn push(
        &mut self,
        letter: Letter,
        payload: &[u8],
        cx: &mut Context<'_>,
    ) -> MessageId {
        let post = MessageId::from_bytes(random_bytes(cx.rng));
        let posting = Posting {
            post,
            letter,
            payload: BASE64.encode(payload),
            order: self.next_order,
            attempts: 0,
            not_before: None,
            found_full: false,
            in_flight: false,
        };
        self.next_order += 1;
        cx.put(Store::Outbox, post, &posting);
        self.postings.insert(post, posting);
        post
    }

    /// How many wait for the relay.
    pub(crate) fn waiting(&self) -> usize {
        self.postings.len()
    }

    /// How many of those there are.
    pub(crate) fn count(&self, which: impl Fn(&Letter) -> bool) -> usize {
        let letters = self.postings.values().map(|posting| &posting.letter);
        letters.filter(|letter| which(letter)).count()
    }

    /// The negotiations of which something waits for the relay.
    pub(crate) fn conversations(&self) -> HashSet<&ConversationId> {
        let waiting = self.postings.values();
        waiting
            .filter_map(|posting| posting.letter.conversation.as_ref())
            .collect()
    }

    /// The messages of which a copy waits for the relay.
    pub(crate) fn messages(&self) -> HashSet<MessageId> {
        let waiting = self.postings.values();
        waiting.map(|posting| posting.letter.message).collect()
    }

    pub(crate) fn has_room_for(&self, copies: usize) -> bool {
        self.waiting() + copies <= MAX_WAITING
    }

    /// Whether another message for a device may wait.
    pub(crate) fn has_room_for_peer(&self, peer: &PeerKey) -> bool {
        let waiting = self.postings.values();
        let theirs = waiting.filter(|posting| posting.letter.peer == *peer);
        theirs.count() < MAX_WAITING_FOR_PEER
    }

    /// The oldest posting to each mailbox: the others wait, so that none overtakes another.
    fn heads(&self) -> BTreeMap<MailboxId, &Posting> {
        let mut heads: BTreeMap<MailboxId, &Posting> = BTreeMap::new();
        for posting in self.postings.values() {
            let head = heads.entry(posting.letter.mailbox).or_insert(posting);
            if posting.order < head.order {
                *head = posting;
            }
        }
        heads
    }

    fn room(&self) -> usize {
        let in_flight = self.postings.values().filter(|p| p.in_flight).count();
        MAX_IN_FLIGHT.saturating_sub(in_flight)
    }

    /// What to post now, in order; counts as under way from here on. Only what is `ready` to be.
    pub(crate) fn due(
        &mut self,
        now: Timestamp,
        ready: impl Fn(&Letter) -> bool,
    ) -> Vec<(MessageId, client_frame::Body)> {
        let mut due: Vec<(u64, MessageId)> = self
            .heads()
            .into_values()
            .filter(|p| !p.in_flight && p.not_before.is_none_or(|at| at <= now))
            .filter(|posting| ready(&posting.letter))
            .map(|posting| (posting.order, posting.post))
            .collect();
        due.sort_unstable();
        due.truncate(self.room());
        let mut posts = Vec::with_capacity(due.len());
        for (_, post) in due {
            if let Some(posting) = self.postings.get_mut(&post) {
                posting.in_flight = true;
                posts.push((post, posting.frame()));
            }
        }
        posts
    }

    /// When something becomes due by the passing of time.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        if self.room() == 0 {
            return None;
        }
        let waiting = self.heads().into_values().filter(|p| !p.in_flight);
        waiting.filter_map(|posting| posting.not_before).min()
    }

    /// The connection is gone, and the answers with it.
    pub(crate) fn disconnected(&mut self) {
        for posting in self.postings.values_mut() {
            posting.in_flight = false;
        }
    }

    /// The relay has what was posted under that id.
    pub(crate) fn accepted(&mut self, post: &MessageId, cx: &mut Context<'_>) -> Option<Letter> {
        let posting = self.postings.remove(post)?;
        cx.delete(Store::Outbox, post);
        Some(posting.letter)
    }

    /// The relay refused. Returns what will not arrive when that is for good.
    pub(crate) fn refused(
        &mut self,
        post: &MessageId,
        error: &Error,
        cx: &mut Context<'_>,
    ) -> Option<Letter> {
        let posting = self.postings.get_mut(post)?;
        posting.in_flight = false;
        posting.found_full = error.code.parse() == Ok(ErrorCode::MailboxFull);
        if may_pass(error.code.parse().ok()) {
            let pause = FIRST_PAUSE
                .saturating_mul(1 << posting.attempts.min(16))
                .min(LONGEST_PAUSE);
            let pause = pause.max(pause_asked(error, LONGEST_PAUSE));
            posting.attempts = posting.attempts.saturating_add(1);
            posting.not_before = Some(later(cx.now, pause));
            cx.put(Store::Outbox, post, posting);
            return None;
        }
        self.accepted(post, cx)
    }

    /// What waits for these devices because a mailbox of theirs is full is not sent any more.
    pub(crate) fn give_up_full(
        &mut self,
        of: impl Fn(&PeerKey) -> bool,
        cx: &mut Context<'_>,
    ) -> Vec<Letter> {
        let postings = self.postings.values();
        let full = postings.filter(|posting| posting.found_full && of(&posting.letter.peer));
        // Whatever is behind it would find it full as well.
        let full: HashSet<MailboxId> = full.map(|posting| posting.letter.mailbox).collect();
        self.give_up(|letter| full.contains(&letter.mailbox), cx)
    }

    /// What was written for a session that is over is not sent any more.
    pub(crate) fn give_up(
        &mut self,
        over: impl Fn(&Letter) -> bool,
        cx: &mut Context<'_>,
    ) -> Vec<Letter> {
        let given_up = self
            .postings
            .extract_if(.., |_, posting| over(&posting.letter));
        let letters = given_up.map(|(post, posting)| {
            cx.delete(Store::Outbox, post);
            posting.letter
        });
        letters.collect()
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use sotto_protocol::{error::ErrorCode, id::DeviceId};

    use super::*;
    use crate::local_id::ContactId;

    fn anybody(_: &Letter) -> bool {
        true
    }

    fn somebody(rng: &mut dyn rand_core::CryptoRng) -> PeerKey {
        PeerKey::new(&ContactId::random(rng), &DeviceId::from_bytes([1; 32]))
    }

    fn now() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn refusal(code: ErrorCode) -> Error {
        Error {
            code: code.to_string(),
            ..Error::default()
        }
    }

    fn fill(outbox: &mut Outbox, count: u16, cx: &mut Context<'_>) {
        let peer = somebody(cx.rng);
        for number in 0..count {
            let (mut id, mut mailbox) = ([0; 16], [1; 32]);
            id[..2].copy_from_slice(&number.to_be_bytes());
            mailbox[..2].copy_from_slice(&number.to_be_bytes());
            let letter = Letter {
                message: MessageId::from_bytes(id),
                peer: peer.clone(),
                mailbox: MailboxId::from_bytes(mailbox),
                conversation: None,
                leads: true,
            };
            outbox.push(letter, b"sealed", cx);
        }
    }

    #[test]
    fn it_is_full_at_its_limit_and_hands_over_a_few_at_a_time_in_order() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(now(), &mut rng);
        let mut outbox = Outbox::default();
        fill(&mut outbox, 9_999, &mut cx);
        assert!(outbox.has_room_for(1) && !outbox.has_room_for(2));
        fill(&mut outbox, 1, &mut cx);
        assert!(!outbox.has_room_for(1));

        let due: Vec<MessageId> = outbox
            .due(now(), anybody)
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        assert_eq!(due.len(), MAX_IN_FLIGHT);
        assert!(
            due.iter()
                .map(|post| outbox.postings[post].order)
                .is_sorted()
        );
        assert_eq!(outbox.due(now(), anybody), [], "until some are answered");
        outbox.accepted(&due[0], &mut cx);
        assert!(outbox.has_room_for(1));
        assert_eq!(outbox.due(now(), anybody).len(), 1);
    }

    #[test]
    fn a_device_that_takes_nothing_has_a_quota_of_its_own() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(now(), &mut rng);
        let mut outbox = Outbox::default();
        let [peer, other] = [0, 1].map(|_| somebody(cx.rng));
        let letter = |peer: &PeerKey, mailbox| Letter {
            message: MessageId::from_bytes([7; 16]),
            peer: peer.clone(),
            mailbox: MailboxId::from_bytes([mailbox; 32]),
            conversation: None,
            leads: true,
        };
        for _ in 0..MAX_WAITING_FOR_PEER {
            assert!(outbox.has_room_for_peer(&peer));
            outbox.push(letter(&peer, 1), b"sealed", &mut cx);
        }
        assert!(!outbox.has_room_for_peer(&peer));
        assert!(outbox.has_room_for_peer(&other));
        outbox.push(letter(&other, 2), b"sealed", &mut cx);
        let anyone = |_: &PeerKey| true;
        assert_eq!(outbox.give_up_full(anyone, &mut cx), []);
        let due = outbox.due(now(), anybody);
        let full = due[0].0;
        outbox.refused(&full, &refusal(ErrorCode::MailboxFull), &mut cx);
        assert_eq!(outbox.give_up_full(|of| *of == other, &mut cx), []);
        let given_up = outbox.give_up_full(anyone, &mut cx);
        assert_eq!(given_up.len(), MAX_WAITING_FOR_PEER);
        assert_eq!(outbox.waiting(), 1);
    }

    #[test]
    fn what_will_not_be_sent_is_not_kept() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(now(), &mut rng);
        let mut outbox = Outbox::default();
        fill(&mut outbox, 2, &mut cx);
        let (post, first) = {
            let (post, posting) = outbox.postings.first_key_value().unwrap();
            (*post, posting.letter.clone())
        };
        let lost = outbox.refused(&post, &refusal(ErrorCode::RequestInvalid), &mut cx);
        assert_eq!(lost.as_ref(), Some(&first));
        assert_eq!(outbox.waiting(), 1);
        assert!(!outbox.messages().contains(&first.message));
        assert_eq!(
            outbox.give_up(|letter| letter.peer != first.peer, &mut cx),
            []
        );
        assert_eq!(
            outbox
                .give_up(|letter| letter.peer == first.peer, &mut cx)
                .len(),
            1
        );
        assert_eq!(outbox.waiting(), 0);
        let output = cx.into_output(None);
        let deleted = output
            .persist
            .iter()
            .filter(|change| change.value.is_none());
        assert_eq!(deleted.count(), 2);
    }

    #[test]
    fn a_refusal_that_may_pass_is_repeated_later_and_later() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(now(), &mut rng);
        let mut outbox = Outbox::default();
        fill(&mut outbox, 1, &mut cx);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let at = outbox.deadline().unwrap_or(now());
            let [(post, _)] = outbox.due(at, anybody).try_into().unwrap();
            let mut cx = Context::new(at, cx.rng);
            assert_eq!(
                outbox.refused(&post, &refusal(ErrorCode::RateLimited), &mut cx),
                None
            );
            let next = outbox.deadline().unwrap();
            assert_eq!(outbox.due(at, anybody), [], "not before its time");
            pauses.push(next.as_second() - at.as_second());
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]);
    }

    #[test]
    fn none_overtakes_another_to_the_same_mailbox() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(now(), &mut rng);
        let mut outbox = Outbox::default();
        let peer = somebody(cx.rng);
        let posts = [1, 1, 2].map(|mailbox| {
            let letter = Letter {
                message: MessageId::from_bytes([7; 16]),
                peer: peer.clone(),
                mailbox: MailboxId::from_bytes([mailbox; 32]),
                conversation: None,
                leads: true,
            };
            let before: HashSet<MessageId> = outbox.postings.keys().copied().collect();
            outbox.push(letter, b"sealed", &mut cx);
            let mut posts = outbox.postings.keys();
            *posts.find(|post| !before.contains(post)).unwrap()
        });
        let due = |outbox: &mut Outbox| -> Vec<MessageId> {
            let due = outbox.due(now(), anybody).into_iter();
            due.map(|(id, _)| id).collect()
        };
        assert_eq!(due(&mut outbox), [posts[0], posts[2]]);
        outbox.refused(&posts[0], &refusal(ErrorCode::RateLimited), &mut cx);
        assert_eq!(due(&mut outbox), [], "the first is to be tried again first");
        assert!(outbox.deadline().is_some_and(|at| at > now()));
        outbox.accepted(&posts[0], &mut cx);
        assert_eq!(due(&mut outbox), [posts[1]]);
        assert!(
            posts
                .iter()
                .all(|post| *post != MessageId::from_bytes([7; 16])),
            "the relay sees no message's own id"
        );
    }

    #[test]
    fn with_no_room_for_more_under_way_nothing_becomes_due() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(now(), &mut rng);
        let mut outbox = Outbox::default();
        fill(&mut outbox, 50, &mut cx);
        let all: Vec<MessageId> = outbox.postings.keys().copied().collect();
        for message in &all {
            outbox.refused(message, &refusal(ErrorCode::RateLimited), &mut cx);
        }
        let later = outbox.deadline().unwrap();
        assert_eq!(outbox.due(later, anybody).len(), MAX_IN_FLIGHT);
        assert_eq!(outbox.deadline(), None, "an answer has to come first");
    }
}
