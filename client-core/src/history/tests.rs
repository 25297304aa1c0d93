//! What is kept of the history, and what goes.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

fn now() -> Timestamp {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

/// Writes so many messages of a conversation down, with ids that count from `first`.
fn write(
    history: &mut History,
    conversation: &ConversationId,
    ids: std::ops::Range<u32>,
    who: u64,
    live: impl Fn(&ConversationId) -> bool,
    cx: &mut Context<'_>,
) {
    let contact = ContactId::random(&mut ChaCha20Rng::seed_from_u64(who));
    for number in ids {
        let why = String::new();
        let said = Said::Unreadable {
            id: message(number),
            why,
        };
        let (conversation, contact) = (conversation.clone(), contact.clone());
        let line = said.into();
        history.record(conversation, contact, Direction::Outgoing, line, &live, cx);
    }
}

fn message(number: u32) -> MessageId {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    MessageId::from_bytes(id)
}

/// What a shell would have stored.
fn stored(cx: Context<'_>) -> BTreeMap<(Store, String), Zeroizing<Vec<u8>>> {
    let mut stored = BTreeMap::new();
    for change in cx.into_output(None).persist {
        let key = (change.store, change.key);
        match change.value {
            Some(value) => stored.insert(key, value),
            None => stored.remove(&key),
        };
    }
    stored
}

fn messages(stored: &BTreeMap<(Store, String), Zeroizing<Vec<u8>>>) -> Vec<Recorded> {
    let records = stored
        .iter()
        .filter(|((store, _), _)| *store == Store::Messages);
    let records = records.map(|(_, value)| record::decode::<Recorded>(value).unwrap());
    let mut records: Vec<Recorded> = records.collect();
    records.sort_by_key(|recorded| recorded.order);
    records
}

fn loaded(stored: &BTreeMap<(Store, String), Zeroizing<Vec<u8>>>) -> History {
    let mut history = History::default();
    for ((store, key), value) in stored {
        match store {
            Store::Agents if key == COUNTER_KEY => {
                history.next_order = record::decode(value).unwrap();
            }
            Store::Agents => history.load_page(key, value).unwrap(),
            _ => {}
        }
    }
    history
}

#[test]
fn beyond_its_bound_the_oldest_go_that_are_over() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (open, over) = (
        ConversationId::random(&mut rng),
        ConversationId::random(&mut rng),
    );
    let most = u32::try_from(MAX_KEPT).unwrap();
    let mut cx = Context::new(now(), &mut rng);
    let mut history = History::default();
    let live = |id: &ConversationId| *id == open;
    write(&mut history, &open, 0..2, 1, live, &mut cx);
    write(&mut history, &over, 2..most, 1, live, &mut cx);
    write(&mut history, &open, most..most + 3, 1, live, &mut cx);
    let stored = stored(cx);
    let kept = messages(&stored);
    assert_eq!(kept.len(), MAX_KEPT);
    let ids: Vec<MessageId> = kept.iter().take(3).map(Recorded::id).collect();
    assert_eq!(ids, [message(0), message(1), message(5)]);
    // After a restart it goes on where it was.
    let mut history = loaded(&stored);
    assert_eq!(history.entries().count(), MAX_KEPT);
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut cx = Context::new(now(), &mut rng);
    write(&mut history, &open, most + 3..most + 4, 1, live, &mut cx);
    let output = cx.into_output(None);
    let deleted = output.persist.iter().find(|change| change.value.is_none());
    let sixth = key(&over, kept[2].order);
    assert_eq!(deleted.map(|change| &change.key), Some(&sixth));
    assert_eq!(history.entries().count(), MAX_KEPT);
}

#[test]
fn whoever_says_the_most_loses_their_own_beginning() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (quiet, loud) = (
        ConversationId::random(&mut rng),
        ConversationId::random(&mut rng),
    );
    let most = u32::try_from(MAX_KEPT).unwrap();
    let mut cx = Context::new(now(), &mut rng);
    let mut history = History::default();
    write(&mut history, &quiet, 0..1, 1, |_| false, &mut cx);
    write(&mut history, &loud, 1..most + 1, 2, |_| true, &mut cx);
    let ids: Vec<MessageId> = messages(&stored(cx))
        .iter()
        .take(2)
        .map(Recorded::id)
        .collect();
    assert_eq!(ids, [message(0), message(2)]);
}

#[test]
fn what_did_not_arrive_is_known_for_as_long_as_it_is_kept() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let conversation = ConversationId::random(&mut rng);
    let mut cx = Context::new(now(), &mut rng);
    let mut history = History::default();
    write(&mut history, &conversation, 0..3_000, 1, |_| false, &mut cx);
    history.failed(&message(1), &mut cx);
    history.failed(&message(2_999), &mut cx);
    let stored = stored(cx);
    let history = loaded(&stored);
    let failed = messages(&stored)
        .into_iter()
        .filter(|recorded| history.has_failed(recorded));
    let failed: Vec<MessageId> = failed.map(|recorded| recorded.id()).collect();
    assert_eq!(failed, [message(1), message(2_999)]);
}

#[test]
fn an_answer_holds_two_hundred_messages_and_a_thousand_at_most() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let conversation = ConversationId::random(&mut rng);
    let mut cx = Context::new(now(), &mut rng);
    let mut history = History::default();
    write(&mut history, &conversation, 0..1_100, 1, |_| false, &mut cx);
    let all = stored(cx);
    let ask = |limit| {
        let records = all
            .iter()
            .filter(|((store, _), _)| *store == Store::Messages);
        newest(records.map(|(_, value)| value.clone()), None, limit)
    };
    let (usual, most) = (ask(None), ask(Some(5_000)));
    assert_eq!((usual.len(), most.len()), (200, 1_000));
    let ends = |all: &[Recorded]| (all[0].id(), all[all.len() - 1].id());
    assert_eq!(ends(&usual), (message(900), message(1_099)));
    assert_eq!(ends(&most), (message(100), message(1_099)));
    assert_eq!(ask(Some(1)).len(), 1);
}
