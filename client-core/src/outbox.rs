//! Messages that the relay has not accepted yet. A message is encrypted once,
//! and its ciphertext is stored in the same batch as the ratchet's step; it is
//! posted, under the same id, until the relay accepts or refuses it for good.

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
    local_id::{ContactId, ConversationId},
};

/// Most messages that wait for the relay.
pub(crate) const MAX_WAITING: usize = 10_000;
/// Most posts without an answer yet.
const MAX_IN_FLIGHT: usize = 32;
/// The first pause after a refusal that may pass; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// No pause is longer.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Posting {
    message: MessageId,
    mailbox: MailboxId,
    contact: ContactId,
    /// The negotiation that it belongs to.
    conversation: Option<ConversationId>,
    /// Base64.
    payload: String,
    /// Postings go out in this order.
    order: u64,
    #[serde(default)]
    attempts: u32,
    #[serde(default)]
    not_before: Option<Timestamp>,
    #[serde(skip)]
    in_flight: bool,
}

impl Posting {
    fn frame(&self) -> client_frame::Body {
        let payload = BASE64.decode(self.payload.as_bytes()).unwrap_or_default();
        client_frame::Body::Post(Post {
            mailbox: self.mailbox.to_vec(),
            message_id: self.message.to_vec(),
            payload: payload.into(),
            ttl_seconds: 0,
        })
    }
}

/// A message that will not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undeliverable {
    pub(crate) message: MessageId,
    pub(crate) contact: ContactId,
    /// The negotiation that it belonged to.
    pub(crate) conversation: Option<ConversationId>,
}

impl From<Posting> for Undeliverable {
    fn from(posting: Posting) -> Self {
        Self {
            message: posting.message,
            contact: posting.contact,
            conversation: posting.conversation,
        }
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
        self.postings.insert(posting.message, posting);
        Ok(())
    }

    pub(crate) fn push(
        &mut self,
        message: MessageId,
        mailbox: MailboxId,
        contact: ContactId,
        conversation: Option<ConversationId>,
        payload: &[u8],
        cx: &mut Context<'_>,
    ) {
        let posting = Posting {
            message,
            mailbox,
            contact,
            conversation,
            payload: BASE64.encode(payload),
            order: self.next_order,
            attempts: 0,
            not_before: None,
            in_flight: false,
        };
        self.next_order += 1;
        cx.put(Store::Outbox, message, &posting);
        self.postings.insert(message, posting);
    }

    /// What waits for one contact is for another from here on.
    pub(crate) fn readdress(&mut self, from: &ContactId, to: &ContactId, cx: &mut Context<'_>) {
        for posting in self.postings.values_mut() {
            if posting.contact == *from {
                posting.contact = to.clone();
                cx.put(Store::Outbox, posting.message, posting);
            }
        }
    }

    /// How many wait for the relay.
    pub(crate) fn waiting(&self) -> usize {
        self.postings.len()
    }

    /// The negotiations of which something waits for the relay.
    pub(crate) fn conversations(&self) -> HashSet<&ConversationId> {
        let waiting = self.postings.values();
        waiting.filter_map(|p| p.conversation.as_ref()).collect()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.waiting() >= MAX_WAITING
    }

    /// Whether a message waits for the relay.
    pub(crate) fn holds(&self, message: &MessageId) -> bool {
        self.postings.contains_key(message)
    }

    /// The oldest posting to each mailbox: the others wait, so that none overtakes another.
    fn heads(&self) -> BTreeMap<MailboxId, &Posting> {
        let mut heads: BTreeMap<MailboxId, &Posting> = BTreeMap::new();
        for posting in self.postings.values() {
            let head = heads.entry(posting.mailbox).or_insert(posting);
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

    /// What to post now, in order; counts as under way from here on. Only to contacts who are `ready`.
    pub(crate) fn due(
        &mut self,
        now: Timestamp,
        ready: impl Fn(&ContactId) -> bool,
    ) -> Vec<(MessageId, client_frame::Body)> {
        let mut due: Vec<(u64, MessageId)> = self
            .heads()
            .into_values()
            .filter(|p| !p.in_flight && p.not_before.is_none_or(|at| at <= now))
            .filter(|posting| ready(&posting.contact))
            .map(|posting| (posting.order, posting.message))
            .collect();
        due.sort_unstable();
        due.truncate(self.room());
        let mut posts = Vec::with_capacity(due.len());
        for (_, message) in due {
            if let Some(posting) = self.postings.get_mut(&message) {
                posting.in_flight = true;
                posts.push((message, posting.frame()));
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

    /// The relay has the message. Returns whom it is for.
    pub(crate) fn accepted(
        &mut self,
        message: &MessageId,
        cx: &mut Context<'_>,
    ) -> Option<ContactId> {
        let posting = self.postings.remove(message)?;
        cx.delete(Store::Outbox, message);
        Some(posting.contact)
    }

    /// The relay refused. Returns what will not arrive when that is for good.
    pub(crate) fn refused(
        &mut self,
        message: &MessageId,
        error: &Error,
        cx: &mut Context<'_>,
    ) -> Option<Undeliverable> {
        let posting = self.postings.get_mut(message)?;
        posting.in_flight = false;
        if may_pass(error.code.parse().ok()) {
            let pause = FIRST_PAUSE
                .saturating_mul(1 << posting.attempts.min(16))
                .min(LONGEST_PAUSE);
            let pause = pause.max(pause_asked(error, LONGEST_PAUSE));
            posting.attempts = posting.attempts.saturating_add(1);
            posting.not_before = Some(later(cx.now, pause));
            cx.put(Store::Outbox, message, posting);
            return None;
        }
        cx.delete(Store::Outbox, message);
        self.postings.remove(message).map(Undeliverable::from)
    }

    /// What waits for this contact was written for a session that is over, and is not sent any more.
    pub(crate) fn give_up(
        &mut self,
        contact: &ContactId,
        cx: &mut Context<'_>,
    ) -> Vec<Undeliverable> {
        let (theirs, others) = std::mem::take(&mut self.postings)
            .into_iter()
            .partition(|(_, posting)| posting.contact == *contact);
        self.postings = others;
        let given_up = theirs.into_values().map(|posting: Posting| {
            cx.delete(Store::Outbox, posting.message);
            Undeliverable::from(posting)
        });
        given_up.collect()
    }
}

/// Whether the same request may be granted later.
pub(crate) fn may_pass(code: Option<ErrorCode>) -> bool {
    matches!(
        code,
        Some(
            ErrorCode::MailboxFull
                | ErrorCode::RateLimited
                | ErrorCode::ServerInternal
                | ErrorCode::ServerUnavailable
        )
    )
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn anybody(_: &ContactId) -> bool {
        true
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
        let contact = ContactId::random(cx.rng);
        for number in 0..count {
            let (mut id, mut mailbox) = ([0; 16], [1; 32]);
            id[..2].copy_from_slice(&number.to_be_bytes());
            mailbox[..2].copy_from_slice(&number.to_be_bytes());
            let mailbox = MailboxId::from_bytes(mailbox);
            let message = MessageId::from_bytes(id);
            outbox.push(message, mailbox, contact.clone(), None, b"sealed", cx);
        }
    }

    #[test]
    fn it_is_full_at_its_limit_and_hands_over_a_few_at_a_time_in_order() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(now(), &mut rng);
        let mut outbox = Outbox::default();
        fill(&mut outbox, 9_999, &mut cx);
        assert!(!outbox.is_full());
        fill(&mut outbox, 10_000, &mut cx);
        assert!(outbox.is_full());

        let due: Vec<MessageId> = outbox
            .due(now(), anybody)
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        assert_eq!(due.len(), MAX_IN_FLIGHT);
        assert!(due.is_sorted());
        assert_eq!(outbox.due(now(), anybody), [], "until some are answered");
        outbox.accepted(&due[0], &mut cx);
        assert!(!outbox.is_full());
        assert_eq!(outbox.due(now(), anybody).len(), 1);
    }

    #[test]
    fn what_will_not_be_sent_is_not_kept() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(now(), &mut rng);
        let mut outbox = Outbox::default();
        fill(&mut outbox, 2, &mut cx);
        let (first, contact) = {
            let posting = outbox.postings.values().next().unwrap();
            (posting.message, posting.contact.clone())
        };
        let lost = outbox.refused(&first, &refusal(ErrorCode::RequestInvalid), &mut cx);
        assert_eq!(lost.map(|lost| lost.message), Some(first));
        assert_eq!((outbox.waiting(), outbox.holds(&first)), (1, false));
        assert_eq!(outbox.give_up(&contact, &mut cx).len(), 1);
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
            let [(message, _)] = outbox.due(at, anybody).try_into().unwrap();
            let mut cx = Context::new(at, cx.rng);
            assert_eq!(
                outbox.refused(&message, &refusal(ErrorCode::RateLimited), &mut cx),
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
        let contact = ContactId::random(cx.rng);
        let id = |n| MessageId::from_bytes([n; 16]);
        for (message, mailbox) in [(9, 1), (3, 1), (5, 2)] {
            let mailbox = MailboxId::from_bytes([mailbox; 32]);
            outbox.push(
                id(message),
                mailbox,
                contact.clone(),
                None,
                b"sealed",
                &mut cx,
            );
        }
        let due = |outbox: &mut Outbox| -> Vec<MessageId> {
            let due = outbox.due(now(), anybody).into_iter();
            due.map(|(id, _)| id).collect()
        };
        assert_eq!(due(&mut outbox), [id(9), id(5)]);
        outbox.refused(&id(9), &refusal(ErrorCode::RateLimited), &mut cx);
        assert_eq!(due(&mut outbox), [], "the first is to be tried again first");
        assert!(outbox.deadline().is_some_and(|at| at > now()));
        outbox.accepted(&id(9), &mut cx);
        assert_eq!(due(&mut outbox), [id(3)]);
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
