//! Reads the files in `tests/data/calendars` and compares everything that happens in a window
//! with the `.expected.txt` beside them.
//!
//! The expected values were worked out by hand and compared with the Python packages `icalendar`
//! and `recurring-ical-events`. `UPDATE_EXPECTED=1 cargo test` writes them anew: look at each.

use std::{fmt::Write as _, fs, path::PathBuf};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use proptest::prelude::*;

use super::*;
use crate::{calendar::occurrences::MAX_OCCURRENCES, span::Span};

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/calendars")
}

/// As the shells do: bytes that are no text become U+FFFD.
fn text(name: &str) -> String {
    let bytes = fs::read(data().join(name).with_extension("ics")).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

const CASES: [(&str, &str, &str, &str); 15] = [
    ("airline", "Asia/Kolkata", "2026-11-01", "2026-11-30"),
    ("dst", "Europe/Berlin", "2026-03-01", "2026-11-01"),
    (
        "exchange-365",
        "America/Los_Angeles",
        "2026-10-26",
        "2026-12-02",
    ),
    (
        "fastmail",
        "Australia/Melbourne",
        "2026-03-30",
        "2026-05-01",
    ),
    ("google", "Europe/Berlin", "2026-03-23", "2026-04-14"),
    ("icloud", "America/New_York", "2026-03-02", "2026-03-31"),
    ("nextcloud", "Europe/Berlin", "2026-10-12", "2026-11-20"),
    (
        "outlook-desktop",
        "Europe/Berlin",
        "2026-10-01",
        "2026-12-01",
    ),
    ("overrides", "America/New_York", "2026-10-19", "2026-11-20"),
    ("proton", "Europe/London", "2026-10-05", "2026-12-31"),
    ("samsung", "Asia/Seoul", "2026-10-05", "2026-10-20"),
    (
        "school-holidays",
        "Europe/Berlin",
        "2026-09-28",
        "2026-12-31",
    ),
    ("several", "Europe/Berlin", "2026-12-01", "2027-12-31"),
    ("thunderbird", "Europe/Berlin", "2026-01-01", "2026-08-01"),
    ("university", "Europe/Vienna", "2026-10-01", "2027-01-31"),
];

fn days(from: &str, to: &str, home: &TimeZone) -> Span {
    let midnight = |day: &str| {
        let day: Date = day.parse().unwrap();
        home.to_timestamp(day.at(0, 0, 0, 0)).unwrap()
    };
    Span::new(midnight(from), midnight(to)).unwrap()
}

/// One line for each occurrence, on the clock of `home`.
fn rendered(parsed: &ParsedCalendar, window: Span, home: &TimeZone) -> String {
    let mut out = String::new();
    let name = parsed.name.as_deref().unwrap_or("-");
    writeln!(out, "name: {name}").unwrap();
    for skipped in &parsed.skipped {
        writeln!(out, "skipped: {}: {}", skipped.what, skipped.why).unwrap();
    }
    let mut all = Vec::new();
    for event in &parsed.events {
        let found = event.occurrences(window, home);
        all.extend(found.into_iter().map(|occurrence| (occurrence, &event.uid)));
    }
    all.sort();
    for (occurrence, uid) in all {
        let local = |at: Timestamp| {
            let zoned = at.to_zoned(home.clone());
            zoned.strftime("%a %Y-%m-%d %H:%M %:z").to_string()
        };
        let (from, to) = (local(occurrence.span.start()), local(occurrence.span.end()));
        let busy = if occurrence.busy { "busy" } else { "free" };
        let day = if occurrence.all_day.is_some() {
            "day"
        } else {
            "   "
        };
        let (title, id) = (&occurrence.title, &occurrence.recurrence_id);
        writeln!(out, "{from} | {to} | {busy} {day} | {title} | {uid} {id}").unwrap();
    }
    out
}

#[test]
fn files_of_many_producers() {
    let mut wrong = Vec::new();
    for (name, home, from, to) in CASES {
        let home = zone(home);
        let parsed = parse(&text(name), &home).unwrap();
        let found = rendered(&parsed, days(from, to, &home), &home);
        let path = data().join(name).with_extension("expected.txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{name}: expected\n{expected}\nfound\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_stored_says_the_same() {
    for (name, home, from, to) in CASES {
        let home = zone(home);
        let window = days(from, to, &home);
        for event in parse(&text(name), &home).unwrap().events {
            let json = serde_json::to_string(&event).unwrap();
            let read: Event = serde_json::from_str(&json).unwrap();
            assert_eq!(read, event, "{json}");
            assert_eq!(
                read.occurrences(window, &home),
                event.occurrences(window, &home)
            );
        }
    }
}

#[test]
fn damaged_events_are_left_out_by_name() {
    let parsed = parse(&text("damaged/events"), &TimeZone::UTC).unwrap();
    let titles: Vec<_> = parsed
        .events
        .iter()
        .map(|event| event.title.as_str())
        .collect();
    assert_eq!(titles, ["Whole", "Also whole"]);
    let skipped: Vec<_> = parsed
        .skipped
        .iter()
        .map(|s| format!("{}: {}", s.what, s.why))
        .collect();
    let expected = [
        r#"Thirtieth of February: "20260230" is not a date that exists"#,
        r#"3: its time zone "Middle-earth/Shire" is unknown, and the file does not describe it"#,
        "No start: it has no start (DTSTART)",
        "Backwards: it ends before it starts",
        "Every second: it repeats SECONDLY; expected DAILY, WEEKLY, MONTHLY or YEARLY",
        "Hebrew: its repetition has the part RSCALE, which is not supported",
        r#"Nonsense zone: the file's description of its time zone "Nonsense" makes no sense: "+9900" is not an offset from UTC"#,
        r#"Zone of nothing: the file's description of its time zone "Nothing" makes no sense: expected rules that make a time zone of "Nothing", found none"#,
        "Mixed: its start is a day and its end a time",
        r#"the event in line 73: "tomorrow" is not a date that exists"#,
        "Without its end: it is damaged: its END:VEVENT is missing",
        r#"Exception that does not exist: "20261232T140000Z" is not a date that exists"#,
    ];
    assert_eq!(skipped, expected);
}

#[test]
fn what_is_no_calendar_is_refused_with_the_next_step() {
    let error = |name: &str| parse(&text(&format!("damaged/{name}")), &TimeZone::UTC).unwrap_err();
    let ends = |line, inside: &str| IcsError::EndsEarly {
        line,
        inside: inside.to_owned(),
    };
    assert_eq!(error("cut-off"), ends(70, "VEVENT"));
    assert_eq!(error("cut-off-between-events"), ends(91, "VCALENDAR"));
    assert_eq!(error("strung-together"), ends(6, "VCALENDAR"));
    assert_eq!(error("empty"), IcsError::Empty);
    assert_eq!(error("binary"), IcsError::Binary);
    assert_eq!(error("zip"), IcsError::Zip);
    assert_eq!(error("sign-in-page"), IcsError::Html);
    assert_eq!(error("contacts"), IcsError::Contacts);
    assert!(matches!(error("json"), IcsError::NotACalendar { .. }));
    for name in [
        "cut-off",
        "empty",
        "binary",
        "sign-in-page",
        "contacts",
        "json",
    ] {
        assert_eq!(
            error(name).next_step(),
            "Export the calendar again as .ics and import that file; nothing was changed."
        );
        assert!(!error(name).to_string().contains("Export"), "{name}");
    }
    assert_eq!(
        error("zip").next_step(),
        "Unpack it and import the .ics files in it; nothing was changed."
    );
    assert_eq!(
        error("cut-off").to_string(),
        "Expected END:VEVENT, but the file ends too early, at line 70.",
    );
}

#[test]
fn what_is_too_large_is_refused() {
    let long = " ".repeat(MAX_ICS_BYTES + 1);
    let error = parse(&long, &TimeZone::UTC).unwrap_err();
    assert_eq!(
        error,
        IcsError::TooLarge {
            bytes: MAX_ICS_BYTES + 1
        }
    );
    assert!(
        error.to_string().contains("at most 16 MiB, found 17 MiB"),
        "{error}"
    );
    let events = "BEGIN:VEVENT\nEND:VEVENT\n".repeat(MAX_EVENTS + 1);
    let many = format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
    let error = parse(&many, &TimeZone::UTC).unwrap_err();
    assert_eq!(
        error,
        IcsError::TooManyEvents {
            line: 2 * MAX_EVENTS + 2
        }
    );
}

#[test]
fn many_damaged_events_are_counted() {
    let events = "BEGIN:VEVENT\nEND:VEVENT\n".repeat(MAX_SKIPPED + 5);
    let parsed = parse(
        &format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n"),
        &TimeZone::UTC,
    );
    let skipped = parsed.unwrap().skipped;
    assert_eq!(skipped.len(), MAX_SKIPPED + 1);
    assert_eq!(skipped[MAX_SKIPPED].what, "5 more events");
}

#[test]
fn a_file_cut_after_any_line_is_refused() {
    for (name, ..) in CASES {
        let text = text(name);
        let ends: Vec<_> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        for end in &ends[..ends.len() - 1] {
            let cut = &text[..*end];
            let whole = cut.trim_end().ends_with("END:VCALENDAR");
            assert_eq!(parse(cut, &TimeZone::UTC).is_ok(), whole, "{name}: {cut}");
        }
    }
}

/// Each used to be followed from its beginning, for every window: 95 seconds for 50,000.
#[test]
fn repetitions_that_are_counted_cost_what_others_do() {
    use crate::calendar::zone::Zones;

    let mut file = "BEGIN:VCALENDAR\n".to_owned();
    for uid in 0..100 {
        let rule = ["YEARLY;COUNT=100", "WEEKLY;COUNT=3000;BYDAY=MO,TU"][uid % 2];
        let event = format!(
            "BEGIN:VEVENT\nUID:{uid}\nDTSTART:20060102T090000Z\nDURATION:PT1H\nRRULE:FREQ={rule}\n"
        );
        file += &event;
        file += "END:VEVENT\n";
    }
    file += "END:VCALENDAR\n";
    let home = zone("Europe/Berlin");
    let parsed = parse(&file, &home).unwrap();
    assert_eq!((parsed.events.len(), parsed.skipped.len()), (100, 0));
    let week = days("2030-01-01", "2030-01-08", &home);
    let mut steps = 0;
    for event in &parsed.events {
        let found = event.occurrences_with(week, &home, &mut Zones::default(), &mut steps);
        assert!(!found.is_empty());
    }
    assert!(steps <= 100 * 70, "{steps}");
}

#[test]
fn components_in_components_without_end_are_followed_only_so_far() {
    let begin = "BEGIN:A\n".repeat(500_000);
    let end = "END:B\n".repeat(500_000);
    let error = parse(&format!("BEGIN:VCALENDAR\n{begin}{end}"), &TimeZone::UTC).unwrap_err();
    let inside = "A".to_owned();
    assert_eq!(
        error,
        IcsError::EndsEarly {
            line: 1_000_001,
            inside
        }
    );
}

/// A fixture, and what to do to its bytes.
fn mutated() -> impl Strategy<Value = String> {
    let bend = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0..5,
        any::<u8>(),
    );
    (0..CASES.len(), proptest::collection::vec(bend, 1..8)).prop_map(|(case, bends)| {
        let name = CASES[case].0;
        let mut bytes = fs::read(data().join(name).with_extension("ics")).unwrap();
        for (from, to, how, byte) in bends {
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let (from, to) = (from.min(to), from.max(to));
            match how {
                0 => bytes[from] ^= 1 << (byte % 8),
                1 => bytes[from] = b'0' + byte % 10,
                2 => drop(bytes.drain(from..to.min(from + usize::from(byte)))),
                3 => {
                    let part = bytes[from..to.min(from + usize::from(byte))].to_vec();
                    bytes.splice(to..to, part);
                }
                _ => bytes[from] = byte,
            }
            bytes.push(b'\n');
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

proptest! {
    #[test]
    fn bent_files_are_read_or_refused(text in mutated()) {
        let home = zone("Europe/Berlin");
        let window = days("2026-01-01", "2027-01-01", &home);
        if let Ok(parsed) = parse(&text, &home) {
            for event in &parsed.events {
                prop_assert!(event.occurrences(window, &home).len() <= MAX_OCCURRENCES);
                let json = serde_json::to_string(event).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), event);
            }
        }
    }

    #[test]
    fn a_window_shows_what_a_larger_one_does(
        case in 0..CASES.len(),
        start in 0i64..360,
        days in 1i64..40,
        before in 0i64..60,
        after in 0i64..60,
    ) {
        let (name, home, ..) = CASES[case];
        let home = zone(home);
        let day = |day: i64| Timestamp::from_second(1_767_225_600 + day * 86_400 + 3_600).unwrap();
        let small = Span::new(day(start), day(start + days)).unwrap();
        let large = Span::new(day(start - before), day(start + days + after)).unwrap();
        for event in parse(&text(name), &home).unwrap().events {
            let mut expected = event.occurrences(large, &home);
            expected.retain(|occurrence| occurrence.span.overlaps(&small));
            prop_assert_eq!(event.occurrences(small, &home), expected);
        }
    }
}

#[test]
fn robins_weeks_are_about_half_full() {
    use crate::calendar::availability::busy;

    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../demo/robin.ics");
    let home = zone("Europe/Berlin");
    let calendar = parse(&fs::read_to_string(path).unwrap(), &home).unwrap();
    assert_eq!(
        (calendar.name.as_deref(), calendar.skipped.len()),
        (Some("Robin"), 0)
    );
    for year in [2026, 2027, 2031, 2040] {
        let first: Date = Date::new(year, 3, 1).unwrap();
        for week in 0..26 {
            let day = first.checked_add(jiff::Span::new().weeks(week)).unwrap();
            let monday =
                day.checked_sub(jiff::Span::new().days(day.weekday().to_monday_zero_offset()));
            let mut seconds = 0;
            for offset in 0..5 {
                let day = monday
                    .as_ref()
                    .unwrap()
                    .checked_add(jiff::Span::new().days(offset))
                    .unwrap();
                let at = |hour| home.to_timestamp(day.at(hour, 0, 0, 0)).unwrap();
                let hours = Span::new(at(9), at(17)).unwrap();
                seconds += busy(&calendar.events, hours, &home)
                    .iter()
                    .map(Span::seconds)
                    .sum::<i64>();
            }
            let share = seconds as f64 / (40.0 * 3600.0);
            assert!((0.5..0.61).contains(&share), "{monday:?}: {share}");
        }
    }
}
