//! What agents said to each other, for their users to read. The records are not
//! held in memory; the shell reads those that a query needs.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use sotto_protocol::id::MessageId;
use zeroize::Zeroizing;

use crate::{
    api::{ContactRef, Direction, MessageStatus, MessageView},
    engine::{Context, Store},
    local_id::{ContactId, ConversationId},
    message::{AgentMessage, Body, HandshakeStep, Query, Reason},
    record,
    span::Span,
};

/// Messages in one answer unless told otherwise.
pub(crate) const DEFAULT_LIMIT: u32 = 200;
/// Most messages in one answer.
pub(crate) const MAX_LIMIT: u32 = 1_000;

/// Key of the record in `Store::Agents` that holds the next message's number.
pub(crate) const COUNTER_KEY: &str = "history";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recorded {
    /// Counts all messages of this device.
    pub(crate) order: u64,
    pub(crate) conversation: ConversationId,
    pub(crate) contact: ContactId,
    pub(crate) direction: Direction,
    pub(crate) at: Timestamp,
    pub(crate) said: Said,
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
}

/// Writes the history.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) next_order: u64,
}

impl History {
    pub(crate) fn record(
        &mut self,
        conversation: ConversationId,
        contact: ContactId,
        direction: Direction,
        said: Said,
        cx: &mut Context<'_>,
    ) {
        // The clock keeps the numbers apart from older ones even if the counter were lost.
        let clock = u64::try_from(cx.now.as_millisecond()).unwrap_or(0);
        let order = self.next_order.max(clock);
        self.next_order = order + 1;
        let key = format!("{conversation}/{order:016}");
        let at = cx.now;
        let recorded = Recorded {
            order,
            conversation,
            contact,
            direction,
            at,
            said,
        };
        cx.put(Store::Messages, key, &recorded);
        cx.put(Store::Agents, COUNTER_KEY, &self.next_order);
    }
}

/// The newest of the records, oldest first.
pub(crate) fn newest(
    records: impl Iterator<Item = Zeroizing<Vec<u8>>>,
    limit: Option<u32>,
) -> Vec<Recorded> {
    let limit = usize::try_from(limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT)).unwrap_or(0);
    let mut recorded: Vec<Recorded> = records
        .filter_map(|bytes| record::decode(&bytes).ok())
        .collect();
    recorded.sort_by_key(|recorded| recorded.order);
    let surplus = recorded.len().saturating_sub(limit);
    recorded.split_off(surplus)
}

impl Recorded {
    pub(crate) fn view(
        self,
        contact: ContactRef,
        status: Option<MessageStatus>,
        zone: &TimeZone,
    ) -> MessageView {
        let status = match self.direction {
            Direction::Incoming => MessageStatus::Received,
            Direction::Outgoing => status.unwrap_or(MessageStatus::Accepted),
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
            Said::Unreadable { id, .. } => *id,
        }
    }
}

/// What a message says, in one sentence, to the user on whose device it is shown.
fn summary(body: &Body, direction: Direction, name: &str, zone: &TimeZone) -> String {
    let mine = direction == Direction::Outgoing;
    let (who, whom) = if mine {
        ("Your agent".to_owned(), format!("{name}’s agent"))
    } else {
        (format!("{name}’s agent"), "yours".to_owned())
    };
    match body {
        Body::Handshake(handshake) => match (handshake.step, mine) {
            (HandshakeStep::Request, true) => format!("You accepted {name}’s invitation."),
            (HandshakeStep::Request, false) => format!("{name} accepted your invitation."),
            (HandshakeStep::Accept, true) => format!("You approved {name} as a contact."),
            (HandshakeStep::Accept, false) => format!("{name} approved you as a contact."),
        },
        Body::Query(query) => {
            format!(
                "{who} asked {whom} for {} {}: “{}”.",
                length(query.duration_minutes),
                days(query),
                query.title
            )
        }
        Body::Response(response) => match response.free.as_slice() {
            [] => format!("{who} has no free time then."),
            [only] => format!("{who} is free {}.", stretch(only, zone)),
            [first, _] => format!(
                "{who} is free {} and at 1 other time.",
                stretch(first, zone)
            ),
            [first, rest @ ..] => format!(
                "{who} is free {} and at {} other times.",
                stretch(first, zone),
                rest.len()
            ),
        },
        Body::Proposal(proposal) => {
            format!(
                "{who} proposed {}: “{}”.",
                stretch(&proposal.slot, zone),
                proposal.title
            )
        }
        Body::Confirmation(confirmation) => {
            format!("{who} confirmed {}.", stretch(&confirmation.slot, zone))
        }
        Body::Rejection(rejection) => {
            let why = match rejection.reason {
                Reason::Declined => "said no",
                Reason::Conflict => "is not free then",
                Reason::NoCommonTime => "found no time in common",
                Reason::Expired => "let it expire",
                Reason::Cancelled => "called it off",
            };
            let note = rejection
                .note
                .as_ref()
                .map(|note| format!(" “{note}”"))
                .unwrap_or_default();
            match rejection.counter.first() {
                Some(slot) => format!("{who} {why}, and offers {}.{note}", stretch(slot, zone)),
                None => format!("{who} {why}.{note}"),
            }
        }
    }
}

/// The days that were asked for. They are days where the asker lives.
fn days(query: &Query) -> String {
    let zone = TimeZone::get(&query.time_zone).unwrap_or(TimeZone::UTC);
    let day = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %-d %b").to_string();
    let first = query.windows.first().map(|window| day(window.start()));
    let last_instant = |window: &Span| window.end() - SignedDuration::from_secs(1);
    let last = query.windows.last().map(|window| day(last_instant(window)));
    match (first, last) {
        (Some(first), Some(last)) if first != last => format!("from {first} to {last}"),
        (Some(only), _) => format!("on {only}"),
        _ => String::new(),
    }
}

/// "30 minutes", "1 hour", "1 hour 30 minutes".
pub(crate) fn length(minutes: u32) -> String {
    let count = |count: u32, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    match (minutes / 60, minutes % 60) {
        (0, minutes) => count(minutes, "minute"),
        (hours, 0) => count(hours, "hour"),
        (hours, minutes) => format!("{} {}", count(hours, "hour"), count(minutes, "minute")),
    }
}

/// "Mon 30 Nov 09:00–10:30", or with both days when it spans midnight.
pub(crate) fn stretch(span: &Span, zone: &TimeZone) -> String {
    let start = span.start().to_zoned(zone.clone());
    let end = span.end().to_zoned(zone.clone());
    let end_format = if start.date() == end.date() {
        "%H:%M"
    } else {
        "%a %-d %b %H:%M"
    };
    format!(
        "{}–{}",
        start.strftime("%a %-d %b %H:%M"),
        end.strftime(end_format)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Rejection, Response};

    #[test]
    fn sentences_tell_who_did_what_to_whom() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse().unwrap();
        let slot = Span::new(at("2026-12-01T09:00:00Z"), at("2026-12-01T09:30:00Z")).unwrap();
        let body = Body::Rejection(Rejection {
            reason: Reason::Conflict,
            note: None,
            counter: vec![slot],
        });
        assert_eq!(
            summary(&body, Direction::Incoming, "Robin", &zone),
            "Robin’s agent is not free then, and offers Tue 1 Dec 10:00–10:30."
        );
        let query = |to: &str| Query {
            title: "Garden".into(),
            duration_minutes: 30,
            windows: vec![Span::new(at("2026-11-29T23:00:00Z"), at(to)).unwrap()],
            time_zone: "Europe/Berlin".into(),
            expires_at: at("2026-12-01T00:00:00Z"),
        };
        // The days of the asker, whoever reads it, and without the midnight at their end.
        let new_york = TimeZone::get("America/New_York").unwrap();
        assert_eq!(
            summary(
                &Body::Query(query("2026-12-06T23:00:00Z")),
                Direction::Incoming,
                "Ana",
                &new_york
            ),
            "Ana’s agent asked yours for 30 minutes from Mon 30 Nov to Sun 6 Dec: “Garden”."
        );
        assert_eq!(days(&query("2026-11-30T23:00:00Z")), "on Mon 30 Nov");
        let free = |count: usize| {
            Body::Response(Response {
                free: vec![slot; count],
                time_zone: "Europe/Berlin".into(),
            })
        };
        let said = |count| summary(&free(count), Direction::Incoming, "Ana", &zone);
        assert_eq!(said(1), "Ana’s agent is free Tue 1 Dec 10:00–10:30.");
        assert!(said(2).ends_with("and at 1 other time."));
        assert!(said(3).ends_with("and at 2 other times."));
        let late = Span::new(at("2026-12-01T22:30:00Z"), at("2026-12-01T23:30:00Z")).unwrap();
        assert_eq!(stretch(&late, &zone), "Tue 1 Dec 23:30–Wed 2 Dec 00:30");
    }

    #[test]
    fn lengths_are_hours_and_minutes() {
        for (minutes, text) in [
            (1, "1 minute"),
            (45, "45 minutes"),
            (60, "1 hour"),
            (61, "1 hour 1 minute"),
            (90, "1 hour 30 minutes"),
            (480, "8 hours"),
        ] {
            assert_eq!(length(minutes), text);
        }
    }
}
