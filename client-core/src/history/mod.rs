//! What agents said to each other, for their users to read. The records are not
//! held in memory; the shell reads those that a query needs. What is held is an index of them:
//! how many there are, and which of them will not arrive.

mod summary;

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use sotto_protocol::id::MessageId;
use zeroize::Zeroizing;

use self::summary::summary;
use crate::{
    api::{ContactRef, Direction, HoldKind, MessageStatus, MessageView},
    engine::{Context, Store},
    hold::{self, HoldStep},
    local_id::{ContactId, ConversationId},
    message::AgentMessage,
    receipt::Evidence,
    record,
};

/// Messages in one answer unless told otherwise.
pub(crate) const DEFAULT_LIMIT: u32 = 200;
/// Most messages in one answer.
pub(crate) const MAX_LIMIT: u32 = 1_000;
/// Most messages that are kept. Of the contact with the most of them the oldest goes first whose
/// negotiation is over, or is none; so nobody crowds out what others said, and what belongs to open
/// negotiations and to meetings ahead stays for as long as there is something else.
pub(crate) const MAX_KEPT: usize = 10_000;
/// Entries of the index in one record, which each new message writes anew.
const PAGE: usize = 32;

/// Key of the record in `Store::Agents` that holds the next message's number.
pub(crate) const COUNTER_KEY: &str = "history";
/// What the keys of the index's records in `Store::Agents` begin with.
const PAGE_PREFIX: &str = "history/";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recorded {
    /// Counts all messages of this device.
    pub(crate) order: u64,
    pub(crate) conversation: ConversationId,
    pub(crate) contact: ContactId,
    pub(crate) direction: Direction,
    pub(crate) at: Timestamp,
    pub(crate) said: Said,
    /// Who signed it, where it commits somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) evidence: Option<Evidence>,
}

/// What is written down.
pub(crate) struct Line {
    pub(crate) said: Said,
    pub(crate) evidence: Option<Evidence>,
}

impl From<Said> for Line {
    fn from(said: Said) -> Self {
        let evidence = None;
        Self { said, evidence }
    }
}

/// What there is to read of a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    Message(AgentMessage),
    /// It came, and could not be opened or understood.
    Unreadable {
        /// The id under which the relay delivered it.
        id: MessageId,
        why: String,
    },
    /// A device of theirs came or went.
    Device {
        /// Names the line.
        id: MessageId,
        /// The beginning of the device's key, in groups.
        device: String,
        /// Whether it came.
        came: bool,
    },
    /// A device of theirs made its keys anew by an invitation, although the old ones served.
    Anew {
        /// Names the line.
        id: MessageId,
        /// The beginning of the device's key, in groups.
        device: String,
    },
    /// Sending to the contact was stopped, or goes on.
    Hold {
        /// Of this line alone.
        id: MessageId,
        kind: HoldKind,
        step: HoldStep,
    },
}

/// What is known of a message without reading its record.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    order: u64,
    conversation: ConversationId,
    contact: ContactId,
    message: MessageId,
    /// Whether it will not arrive: the relay refused it for good, or it was not sent any more.
    #[serde(default)]
    failed: bool,
}

/// Writes the history, and knows what is in it.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) next_order: u64,
    /// By the number of the message that began the page.
    pages: BTreeMap<u64, Vec<Entry>>,
}

impl History {
    /// Takes a record of the index; `None` where the key is none of one.
    pub(crate) fn load_page(&mut self, key: &str, bytes: &[u8]) -> Option<()> {
        let page = key.strip_prefix(PAGE_PREFIX)?.parse().ok()?;
        self.pages.insert(page, record::decode(bytes).ok()?);
        Some(())
    }

    /// Writes a message down; `live` are the conversations that are not over.
    pub(crate) fn record(
        &mut self,
        conversation: ConversationId,
        contact: ContactId,
        direction: Direction,
        Line { said, evidence }: Line,
        live: impl Fn(&ConversationId) -> bool,
        cx: &mut Context<'_>,
    ) {
        // The clock keeps the numbers apart from older ones even if the counter were lost.
        let clock = u64::try_from(cx.now.as_millisecond()).unwrap_or(0);
        let order = self.next_order.max(clock);
        self.next_order = order + 1;
        let at = cx.now;
        let recorded = Recorded {
            order,
            conversation,
            contact,
            direction,
            at,
            said,
            evidence,
        };
        cx.put(
            Store::Messages,
            key(&recorded.conversation, order),
            &recorded,
        );
        cx.put(Store::Agents, COUNTER_KEY, &self.next_order);
        let entry = Entry {
            order,
            message: recorded.id(),
            conversation: recorded.conversation,
            contact: recorded.contact,
            failed: false,
        };
        self.forget_surplus(live, cx);
        self.append(entry, cx);
    }

    fn append(&mut self, entry: Entry, cx: &mut Context<'_>) {
        let last = self.pages.last_key_value();
        let page = match last.filter(|(_, entries)| entries.len() < PAGE) {
            Some((page, _)) => *page,
            None => entry.order,
        };
        self.pages.entry(page).or_default().push(entry);
        self.save(page, cx);
    }

    /// Makes room for one more.
    fn forget_surplus(&mut self, live: impl Fn(&ConversationId) -> bool, cx: &mut Context<'_>) {
        let kept: usize = self.pages.values().map(Vec::len).sum();
        if kept < MAX_KEPT {
            return;
        }
        let mut counts: BTreeMap<&ContactId, usize> = BTreeMap::new();
        for (_, entry) in self.entries() {
            *counts.entry(&entry.contact).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        let theirs = || {
            let of_theirs = self.entries();
            of_theirs.filter(|(_, entry)| most.is_some_and(|(most, _)| entry.contact == *most))
        };
        let oldest = theirs()
            .find(|(_, entry)| !live(&entry.conversation))
            .or_else(|| theirs().next());
        let Some((page, order)) = oldest.map(|(page, entry)| (page, entry.order)) else {
            return;
        };
        let entries = self.pages.entry(page).or_default();
        for entry in entries.extract_if(.., |entry| entry.order == order) {
            cx.delete(Store::Messages, key(&entry.conversation, order));
        }
        self.save(page, cx);
    }

    /// All of them with their pages, oldest first.
    fn entries(&self) -> impl DoubleEndedIterator<Item = (u64, &Entry)> {
        let pages = self.pages.iter();
        pages.flat_map(|(page, entries)| entries.iter().map(|entry| (*page, entry)))
    }

    /// A message will not arrive.
    pub(crate) fn failed(&mut self, message: &MessageId, cx: &mut Context<'_>) {
        let found = self.entries().rev().find(|(_, e)| e.message == *message);
        let Some(page) = found.map(|(page, _)| page) else {
            return;
        };
        for entry in self.pages.entry(page).or_default() {
            entry.failed |= entry.message == *message;
        }
        self.save(page, cx);
    }

    /// Whether the message will not arrive.
    pub(crate) fn has_failed(&self, recorded: &Recorded) -> bool {
        let page = self.pages.range(..=recorded.order).next_back();
        page.is_some_and(|(_, entries)| {
            let entry = entries.iter().find(|entry| entry.order == recorded.order);
            entry.is_some_and(|entry| entry.failed)
        })
    }

    /// Writes a page, or deletes one that has become empty.
    fn save(&mut self, page: u64, cx: &mut Context<'_>) {
        let key = format!("{PAGE_PREFIX}{page:016}");
        match self.pages.get(&page).filter(|entries| !entries.is_empty()) {
            Some(entries) => cx.put(Store::Agents, key, entries),
            None => {
                self.pages.remove(&page);
                cx.delete(Store::Agents, key);
            }
        }
    }
}

fn key(conversation: &ConversationId, order: u64) -> String {
    format!("{conversation}/{order:016}")
}

/// The newest of the records, of one contact or of all, oldest first.
pub(crate) fn newest(
    records: impl Iterator<Item = Zeroizing<Vec<u8>>>,
    contact: Option<&ContactId>,
    limit: Option<u32>,
) -> Vec<Recorded> {
    let limit = usize::try_from(limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT)).unwrap_or(0);
    let mut recorded: Vec<Recorded> = records
        .filter_map(|bytes| record::decode(&bytes).ok())
        .filter(|recorded: &Recorded| contact.is_none_or(|of| recorded.contact == *of))
        .collect();
    recorded.sort_by_key(|recorded| recorded.order);
    let surplus = recorded.len().saturating_sub(limit);
    recorded.split_off(surplus)
}

/// What was signed in one negotiation, oldest first.
pub(crate) fn signed(records: impl Iterator<Item = Zeroizing<Vec<u8>>>) -> Vec<Evidence> {
    let mut recorded: Vec<Recorded> = records
        .filter_map(|bytes| record::decode(&bytes).ok())
        .collect();
    recorded.sort_by_key(|recorded| recorded.order);
    let signed = recorded
        .into_iter()
        .filter_map(|recorded| recorded.evidence);
    signed.collect()
}

impl Recorded {
    /// `sent` is how far it is, if it is the user's own.
    pub(crate) fn view(
        self,
        contact: ContactRef,
        sent: MessageStatus,
        zone: &TimeZone,
    ) -> MessageView {
        let status = match self.direction {
            Direction::Incoming => MessageStatus::Received,
            Direction::Outgoing => sent,
        };
        let name = &contact.name;
        let (kind, summary, body) = match &self.said {
            Said::Message(message) => (
                message.body.kind(),
                summary(&message.body, self.direction, name, zone),
                serde_json::to_value(message).unwrap_or_default(),
            ),
            Said::Unreadable { why, .. } => (
                "UNREADABLE",
                format!("A message from {name}’s agent could not be read: {why}."),
                serde_json::Value::Null,
            ),
            Said::Device { device, came, .. } => (
                "DEVICE",
                if *came {
                    format!("{name} has a new device, {device}.")
                } else {
                    format!("{name} removed a device, {device}.")
                },
                serde_json::Value::Null,
            ),
            Said::Anew { device, .. } => (
                "KEYS",
                format!(
                    "{name} met you anew by an invitation, on the device {device}, with which all was well. If {name} has not set it up anew, somebody else may have its keys: ask {name} by another way."
                ),
                serde_json::Value::Null,
            ),
            Said::Hold { kind, step, .. } => (
                "HOLD",
                hold::summary(*kind, *step, name),
                serde_json::Value::Null,
            ),
        };
        MessageView {
            id: self.id(),
            conversation: self.conversation.to_string(),
            direction: self.direction,
            kind: kind.to_owned(),
            summary,
            body,
            at: self.at,
            status,
            contact,
        }
    }

    pub(crate) fn id(&self) -> MessageId {
        match &self.said {
            Said::Message(message) => message.id,
            Said::Unreadable { id, .. }
            | Said::Device { id, .. }
            | Said::Anew { id, .. }
            | Said::Hold { id, .. } => *id,
        }
    }
}

#[cfg(test)]
mod tests;
