//! Whole sentences, whole requests, and what must hold for any text.

mod properties;
mod refusals;
mod sentences;
mod typed;

use jiff::{Timestamp, tz::TimeZone};

use super::*;
use crate::api::{ApiError, ApiErrorCode};

const fn active<'a>(id: &'a str, name: &'a str) -> Person<'a> {
    let (state, since) = (ContactState::Active, Timestamp::UNIX_EPOCH);
    Person {
        id,
        name,
        state,
        since,
    }
}

const PEOPLE: &[Person<'_>] = &[
    active("3fa94c01b2d4", "Robin"),
    active("77e0c2d4aa10", "Ana Silva"),
    active("0d52ab31c0de", "Zoë O’Brien"),
    active("9b1f44e2d7a3", "Jean-Luc van der Berg"),
    active("e41c7750fb28", "April Jones"),
    active("5a6d09c3e811", "Will"),
    active("aa01f3b2c4d5", "Kim Lee"),
    active("aa02f3b2c4d5", "Kim Park"),
    active("d3c2b1a09f8e", "李雷"),
    active("18e7d6c5b4a3", "Mark"),
];

/// Saturday morning.
const SATURDAY: &str = "2026-11-21T10:00:00+01:00";

fn draft(now: &str, request: &ScheduleRequest) -> Result<Understood, CommandError> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let now: Timestamp = now.parse().unwrap();
    interpret(
        request,
        &Context {
            now,
            zone: &zone,
            contacts: PEOPLE,
            default_review: false,
            day_ends: None,
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
fn shown(draft: &Understood) -> String {
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
    compare(table, |text, expected| {
        let found = draft(now, &said(text)).map(|draft| shown(&draft));
        let found = found.unwrap_or_else(|error| format!("{error:?}"));
        (found == expected, found)
    });
}

/// Lists the rows where what is found is not as expected.
fn compare(table: &[(&str, &str)], find: impl Fn(&str, &str) -> (bool, String)) {
    let row = |(text, expected): &(&str, &str)| {
        let (as_expected, found) = find(text, expected);
        (!as_expected).then(|| format!("{text}\n  expected {expected}\n  found    {found}"))
    };
    let wrong: Vec<String> = table.iter().filter_map(row).collect();
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
    assert_eq!(draft.contact.id, "77e0c2d4aa10");
}

#[test]
fn values_alone_are_enough() {
    let mut request = ScheduleRequest {
        with: Some("3fa94c01b2d4".to_owned()),
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
