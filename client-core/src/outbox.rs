//! Messages that the relay has not accepted yet. A message is encrypted once,
//! and its ciphertext is stored in the same batch as the ratchet's step; it is
//! posted, under the same id, until the relay accepts or refuses it for good.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sotto_protocol::{
    error::ErrorCode,
    frames::{Post, client_frame},
    id::{MailboxId, MessageId},
};

use crate::{
    api::MessageStatus,
    connection::later,
    engine::{Context, Store},
    local_id::{ContactId, ConversationId},
};

/// Most messages that wait for the relay.
pub(crate) const MAX_WAITING: usize = 10_000;
/// Most posts without an answer yet.
const MAX_IN_FLIGHT: usize = 32;
/// Most refused messages that are remembered, to show their status.
const MAX_REFUSED: usize = 200;
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
    /// Base64; empty once the message is refused.
    payload: String,
    /// Postings go out in this order.
    order: u64,
    #[serde(default)]
    refused: bool,
    #[serde(default)]
    attempts: u32,
    #[serde(default)]
    not_before: Option<Timestamp>,
    #[serde(skip)]
    in_flight: bool,
}

/// A message that the relay refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undeliverable {
    pub(crate) contact: ContactId,
    /// The negotiation that it belonged to.
    pub(crate) conversation: Option<ConversationId>,
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
            refused: false,
            attempts: 0,
            not_before: None,
            in_flight: false,
        };
        self.next_order += 1;
        cx.put(Store::Outbox, message, &posting);
        self.postings.insert(message, posting);
    }

    /// How many wait for the relay.
    pub(crate) fn waiting(&self) -> usize {
        self.postings
            .values()
            .filter(|posting| !posting.refused)
            .count()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.waiting() >= MAX_WAITING
    }

    /// How far a message is; `None` when the relay has it.
    pub(crate) fn status(&self, message: &MessageId) -> Option<MessageStatus> {
        let posting = self.postings.get(message)?;
        Some(if posting.refused {
            MessageStatus::Failed
        } else {
            MessageStatus::Queued
        })
    }

    /// What to post now, in order; counts as under way from here on.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<(MessageId, client_frame::Body)> {
        let in_flight = self
            .postings
            .values()
            .filter(|posting| posting.in_flight)
            .count();
        let mut due: Vec<&mut Posting> = self
            .postings
            .values_mut()
            .filter(|p| !p.refused && !p.in_flight && p.not_before.is_none_or(|at| at <= now))
            .collect();
        due.sort_by_key(|posting| posting.order);
        let room = MAX_IN_FLIGHT.saturating_sub(in_flight);
        due.into_iter()
            .take(room)
            .map(|posting| {
                posting.in_flight = true;
                let payload = BASE64
                    .decode(posting.payload.as_bytes())
                    .unwrap_or_default()
                    .into();
                let post = Post {
                    mailbox: posting.mailbox.to_vec(),
                    message_id: posting.message.to_vec(),
                    payload,
                    ttl_seconds: 0,
                };
                (posting.message, client_frame::Body::Post(post))
            })
            .collect()
    }

    /// When something becomes due by the passing of time.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let waiting = self
            .postings
            .values()
            .filter(|p| !p.refused && !p.in_flight);
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
        code: Option<ErrorCode>,
        retry_after_ms: u64,
        cx: &mut Context<'_>,
    ) -> Option<Undeliverable> {
        let posting = self.postings.get_mut(message)?;
        posting.in_flight = false;
        if may_pass(code) {
            let pause = FIRST_PAUSE
                .saturating_mul(1 << posting.attempts.min(16))
                .min(LONGEST_PAUSE);
            let asked = SignedDuration::from_millis(i64::try_from(retry_after_ms).unwrap_or(0));
            posting.attempts = posting.attempts.saturating_add(1);
            posting.not_before = Some(later(cx.now, pause.max(asked.min(LONGEST_PAUSE))));
            cx.put(Store::Outbox, message, posting);
            return None;
        }
        posting.refused = true;
        posting.payload.clear();
        cx.put(Store::Outbox, message, posting);
        let undeliverable = Undeliverable {
            contact: posting.contact.clone(),
            conversation: posting.conversation.clone(),
        };
        self.forget_old_refusals(cx);
        Some(undeliverable)
    }

    /// Nothing more goes to this contact.
    pub(crate) fn drop_contact(&mut self, contact: &ContactId, cx: &mut Context<'_>) {
        self.postings.retain(|message, posting| {
            let keep = posting.contact != *contact;
            if !keep {
                cx.delete(Store::Outbox, message);
            }
            keep
        });
    }

    fn forget_old_refusals(&mut self, cx: &mut Context<'_>) {
        let refused = self.postings.values().filter(|posting| posting.refused);
        let mut refused: Vec<_> = refused
            .map(|posting| (posting.order, posting.message))
            .collect();
        refused.sort_unstable();
        let surplus = refused.len().saturating_sub(MAX_REFUSED);
        for (_, message) in refused.into_iter().take(surplus) {
            self.postings.remove(&message);
            cx.delete(Store::Outbox, message);
        }
    }
}

/// Whether the same post may be taken later.
fn may_pass(code: Option<ErrorCode>) -> bool {
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

    fn now() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn fill(outbox: &mut Outbox, count: u16, cx: &mut Context<'_>) {
        let (mailbox, contact) = (MailboxId::from_bytes([1; 32]), ContactId::random(cx.rng));
        for number in 0..count {
            let mut id = [0; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
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

        let due: Vec<MessageId> = outbox.due(now()).into_iter().map(|(id, _)| id).collect();
        assert_eq!(due.len(), MAX_IN_FLIGHT);
        assert!(due.is_sorted());
        assert_eq!(outbox.due(now()), [], "until some are answered");
        outbox.accepted(&due[0], &mut cx);
        assert!(!outbox.is_full());
        assert_eq!(outbox.due(now()).len(), 1);
    }

    #[test]
    fn only_the_newest_refusals_are_remembered() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut cx = Context::new(now(), &mut rng);
        let mut outbox = Outbox::default();
        fill(&mut outbox, 300, &mut cx);
        let all: Vec<MessageId> = outbox.postings.keys().copied().collect();
        for message in &all {
            let code = Some(ErrorCode::RequestInvalid);
            assert!(outbox.refused(message, code, 0, &mut cx).is_some());
        }
        let failed = |id: &&MessageId| outbox.status(id) == Some(MessageStatus::Failed);
        assert_eq!(all.iter().filter(failed).count(), MAX_REFUSED);
        assert_eq!(outbox.status(&all[99]), None);
        assert_eq!(outbox.waiting(), 0);
        let kept = outbox
            .postings
            .values()
            .all(|posting| posting.payload.is_empty());
        assert!(kept, "what will not be sent is not kept");
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
            let [(message, _)] = outbox.due(at).try_into().unwrap();
            let mut cx = Context::new(at, cx.rng);
            assert_eq!(
                outbox.refused(&message, Some(ErrorCode::RateLimited), 0, &mut cx),
                None
            );
            let next = outbox.deadline().unwrap();
            assert_eq!(outbox.due(at), [], "not before its time");
            pauses.push(next.as_second() - at.as_second());
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]);
    }
}
