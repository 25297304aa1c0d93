//! Whole sentences, whole requests, and what must hold for any text.

mod properties;
mod refusals;
mod sentences;

use jiff::{Timestamp, tz::TimeZone};

use super::*;
use crate::api::{ApiError, ApiErrorCode};

const PEOPLE: &[Person<'_>] = &[
    Person {
        id: "c01",
        name: "Robin",
    },
    Person {
        id: "c02",
        name: "Ana Silva",
    },
    Person {
        id: "c03",
        name: "Zoë O’Brien",
    },
    Person {
        id: "c04",
        name: "Jean-Luc van der Berg",
    },
    Person {
        id: "c05",
        name: "April Jones",
    },
    Person {
        id: "c06",
        name: "Will",
    },
    Person {
        id: "c07",
        name: "Kim Lee",
    },
    Person {
        id: "c08",
        name: "Kim Park",
    },
    Person {
        id: "c09",
        name: "李雷",
    },
    Person {
        id: "c10",
        name: "Mark",
    },
];

/// Saturday morning.
const SATURDAY: &str = "2026-11-21T10:00:00+01:00";

fn draft(now: &str, request: &ScheduleRequest) -> Result<ScheduleDraft, CommandError> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let now: Timestamp = now.parse().unwrap();
    interpret(
        request,
        &Context {
            now,
            zone: &zone,
            contacts: PEOPLE,
            default_review: false,
        },
    )
}

fn said(text: &str) -> ScheduleRequest {
    ScheduleRequest {
        text: Some(text.to_owned()),
        ..ScheduleRequest::default()
    }
}

/// "Robin | 30 | 11-23..11-29 | 12:00-18:00 | Meeting"
fn shown(draft: &ScheduleDraft) -> String {
    let time = |time: Option<jiff::civil::Time>| {
        time.map(|time| time.strftime("%H:%M").to_string())
            .unwrap_or_default()
    };
    format!(
        "{} | {} | {}..{} | {}-{} | {}",
        draft.contact.name,
        draft.duration_minutes,
        draft.from.strftime("%m-%d"),
        draft.to.strftime("%m-%d"),
        time(draft.earliest),
        time(draft.latest),
        draft.title,
    )
}

fn check(now: &str, table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(text, expected)| {
            let found = draft(now, &said(text)).map(|draft| shown(&draft));
            let found = found.unwrap_or_else(|error| format!("{error:?}"));
            (found != *expected)
                .then(|| format!("{text}\n  expected {expected}\n  found    {found}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        table.len(),
        wrong.join("\n")
    );
}

#[test]
fn values_win_over_the_sentence() {
    let request = ScheduleRequest {
        text: Some("lunch with Robin tomorrow at 12 about \u{202E}soup".to_owned()),
        with: Some("ana".to_owned()),
        duration: Some("45m".to_owned()),
        between: Some("2026-12-01..2026-12-05".to_owned()),
        title: Some(" The \u{202E}plan ".to_owned()),
        review: Some(true),
    };
    let draft = draft(SATURDAY, &request).unwrap();
    assert_eq!(
        shown(&draft),
        "Ana Silva | 45 | 12-01..12-05 | 12:00-12:45 | The plan"
    );
    assert!(draft.review);
    assert_eq!(draft.contact.id, "c02");
}

#[test]
fn values_alone_are_enough() {
    let mut request = ScheduleRequest {
        with: Some("c01".to_owned()),
        ..ScheduleRequest::default()
    };
    assert_eq!(
        shown(&draft(SATURDAY, &request).unwrap()),
        "Robin | 30 | 11-21..12-05 | - | Meeting"
    );
    for (between, days) in [
        ("2026-12-01", "12-01..12-01"),
        ("1 Dec..5 Dec", "12-01..12-05"),
        ("2026-12-01 .. 2026-12-05", "12-01..12-05"),
        ("next week", "11-23..11-29"),
        (" ", "11-21..12-05"),
    ] {
        request.between = Some(between.to_owned());
        let expected = format!("Robin | 30 | {days} | - | Meeting");
        assert_eq!(shown(&draft(SATURDAY, &request).unwrap()), expected);
    }
}
