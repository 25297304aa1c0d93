//! What agents said to each other, in sentences.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    api::Direction,
    command::shown_length,
    message::{Body, Handshake, Query, Reason},
    span::Span,
};

/// What a message says, in one sentence, to the user on whose device it is shown.
pub(super) fn summary(body: &Body, direction: Direction, name: &str, zone: &TimeZone) -> String {
    let mine = direction == Direction::Outgoing;
    let (who, whom) = if mine {
        ("Your agent".to_owned(), format!("{name}’s agent"))
    } else {
        (format!("{name}’s agent"), "yours".to_owned())
    };
    match body {
        Body::Handshake(handshake) => match (handshake, mine) {
            (Handshake::Request(_), true) => format!("You accepted {name}’s invitation."),
            (Handshake::Request(_), false) => format!("{name} accepted your invitation."),
            (Handshake::Accept(_), true) => format!("You approved {name} as a contact."),
            (Handshake::Accept(_), false) => format!("{name} approved you as a contact."),
            (Handshake::Renew { unread }, _) => {
                let again = match unread.len() {
                    0 => String::new(),
                    1 => ", and asked for a message again".to_owned(),
                    more => format!(", and asked for {more} messages again"),
                };
                format!("{who} made new keys to talk with {whom}{again}.")
            }
            (Handshake::Renewed {}, _) => format!("{who} took the new keys."),
            (Handshake::Device(_) | Handshake::DeviceAccept { .. }, _) => {
                format!("A device of {who} met one of {whom}.")
            }
        },
        Body::Query(query) => {
            let length = shown_length(query.duration_minutes);
            format!(
                "{who} asked {whom} for {length} {}: “{}”.",
                days(query),
                query.title
            )
        }
        Body::Response(response) => match response.free.as_slice() {
            [] => format!("{who} has no free time then."),
            [only] => format!("{who} is free {}.", stretch(only, zone)),
            [first, rest @ ..] => {
                let more = match rest.len() {
                    1 => "1 other time".to_owned(),
                    more => format!("{more} other times"),
                };
                format!("{who} is free {}, and at {more}.", stretch(first, zone))
            }
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
        Body::Devices(_) => {
            let whose = if mine {
                "yours".to_owned()
            } else {
                format!("{name}’s")
            };
            format!("{who} told {whom} which devices are {whose}.")
        }
        Body::Heartbeat(_) => format!("{who} is there."),
        Body::Sync(_) => "Your devices told each other what they know.".to_owned(),
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

/// "Mon 30 Nov 09:00–10:30", or with both days when it spans midnight.
fn stretch(span: &Span, zone: &TimeZone) -> String {
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
    fn other_free_times_are_counted() {
        let slot = |hour: u32| {
            let at = |minute: u32| {
                format!("2026-12-01T{hour:02}:{minute:02}:00Z")
                    .parse()
                    .unwrap()
            };
            Span::new(at(0), at(30)).unwrap()
        };
        let free = |count: u32| {
            let free = (9..9 + count).map(slot).collect();
            let time_zone = "UTC".to_owned();
            let body = Body::Response(Response { free, time_zone });
            summary(&body, Direction::Incoming, "Robin", &TimeZone::UTC)
        };
        assert_eq!(free(1), "Robin’s agent is free Tue 1 Dec 09:00–09:30.");
        assert_eq!(
            free(2),
            "Robin’s agent is free Tue 1 Dec 09:00–09:30, and at 1 other time."
        );
        assert_eq!(
            free(8),
            "Robin’s agent is free Tue 1 Dec 09:00–09:30, and at 7 other times."
        );
    }

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
        let late = Span::new(at("2026-12-01T22:30:00Z"), at("2026-12-01T23:30:00Z")).unwrap();
        assert_eq!(stretch(&late, &zone), "Tue 1 Dec 23:30–Wed 2 Dec 00:30");
    }
}
