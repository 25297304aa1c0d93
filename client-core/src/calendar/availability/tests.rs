use proptest::prelude::*;

use super::*;
use crate::api::{Approval, WorkingHours};

fn span(from: &str, to: &str) -> Span {
    Span::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn preferences(time_zone: &str, hours: &[(Weekday, &str, &str)]) -> Preferences {
    let hours = hours.iter().map(|(weekday, from, to)| WorkingHours {
        weekday: *weekday,
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    });
    Preferences {
        time_zone: time_zone.to_owned(),
        working_hours: hours.collect(),
        buffer_minutes: 15,
        approve_meetings: Approval::Ask,
        approve_contacts: Approval::Ask,
        review: false,
    }
}

#[test]
fn working_time_follows_the_clock() {
    let own = preferences(
        "Europe/Berlin",
        &[
            (Weekday::Friday, "09:00", "12:00"),
            (Weekday::Friday, "13:00", "17:00"),
            (Weekday::Monday, "09:00", "17:00"),
        ],
    );
    // The clocks go back on Sunday, 25 October 2026.
    let found = working_time(&own, span("2026-10-23T00:00Z", "2026-10-27T00:00Z")).unwrap();
    let expected = [
        span("2026-10-23T07:00Z", "2026-10-23T10:00Z"),
        span("2026-10-23T11:00Z", "2026-10-23T15:00Z"),
        span("2026-10-26T08:00Z", "2026-10-26T16:00Z"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_night_shift_is_shorter_or_longer_when_the_clocks_change() {
    let nights = [(Weekday::Sunday, "00:00", "08:00")];
    let hours = |zone, from: &str, to: &str| {
        let found = working_time(&preferences(zone, &nights), span(from, to)).unwrap();
        found
            .iter()
            .map(|span| span.seconds() as f64 / 3600.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        hours("Europe/Berlin", "2026-03-28T12:00Z", "2026-03-30T00:00Z"),
        [7.0]
    );
    assert_eq!(
        hours("Europe/Berlin", "2026-10-24T12:00Z", "2026-10-26T00:00Z"),
        [9.0]
    );
    assert_eq!(
        hours("America/New_York", "2026-03-07T12:00Z", "2026-03-09T00:00Z"),
        [7.0]
    );
    assert_eq!(
        hours(
            "Australia/Lord_Howe",
            "2026-10-03T00:00Z",
            "2026-10-05T00:00Z"
        ),
        [7.5]
    );
}

#[test]
fn working_time_is_cut_to_the_window() {
    let own = preferences("Asia/Kolkata", &[(Weekday::Tuesday, "09:00", "17:00")]);
    let found = working_time(&own, span("2026-12-01T04:00Z", "2026-12-01T05:00Z")).unwrap();
    assert_eq!(found, [span("2026-12-01T04:00Z", "2026-12-01T05:00Z")]);
}

#[test]
fn hours_that_make_no_sense_are_refused() {
    let week = span("2026-11-30T00:00Z", "2026-12-07T00:00Z");
    let own = preferences("Mars/Olympus", &[]);
    let error = working_time(&own, week).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected the name of a time zone such as Europe/Berlin, found \"Mars/Olympus\""
    );
    let own = preferences("UTC", &[(Weekday::Monday, "17:00", "09:00")]);
    let error = working_time(&own, week).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected working hours that end after 17:00:00, found 09:00:00"
    );
    let ages = span("1900-01-01T00:00Z", "2100-01-01T00:00Z");
    let error = working_time(&preferences("UTC", &[]), ages).unwrap_err();
    assert!(matches!(error, AvailabilityError::WindowTooLong { .. }));
}

#[test]
fn buffers_are_kept_to_meetings_but_not_to_the_end_of_the_day() {
    let working = vec![span("2026-12-01T08:00Z", "2026-12-01T16:00Z")];
    let busy = [span("2026-12-01T09:00Z", "2026-12-01T10:00Z")];
    let holds = [span("2026-12-01T11:00Z", "2026-12-01T12:00Z")];
    let now = "2026-12-01T00:00Z".parse().unwrap();
    let found = free_slots(working.clone(), &busy, &holds, 15, 30, now);
    let expected = [
        span("2026-12-01T08:00Z", "2026-12-01T08:45Z"),
        span("2026-12-01T10:15Z", "2026-12-01T10:45Z"),
        span("2026-12-01T12:15Z", "2026-12-01T16:00Z"),
    ];
    assert_eq!(found, expected);
    assert_eq!(
        free_slots(working.clone(), &busy, &holds, 15, 45, now).len(),
        2
    );
    let later = "2026-12-01T15:20Z".parse().unwrap();
    let left = free_slots(working.clone(), &busy, &holds, 15, 30, later);
    assert_eq!(left, [span("2026-12-01T15:20Z", "2026-12-01T16:00Z")]);
    assert_eq!(free_slots(working, &busy, &holds, 15, 60, later), []);
}

#[test]
fn times_of_day_limit_each_day() {
    let two_days = vec![span("2026-12-01T00:00Z", "2026-12-02T23:00Z")];
    let time = |text: &str| Some(text.parse().unwrap());
    let berlin = zone("Europe/Berlin");
    let afternoons = within_day(two_days.clone(), time("14:00"), time("16:00"), &berlin);
    let expected = [
        span("2026-12-01T13:00Z", "2026-12-01T15:00Z"),
        span("2026-12-02T13:00Z", "2026-12-02T15:00Z"),
    ];
    assert_eq!(afternoons, expected);
    let evenings = within_day(two_days.clone(), time("23:00"), None, &berlin);
    let expected = [
        span("2026-12-01T22:00Z", "2026-12-01T23:00Z"),
        span("2026-12-02T22:00Z", "2026-12-02T23:00Z"),
    ];
    assert_eq!(evenings, expected);
    assert_eq!(within_day(two_days.clone(), None, None, &berlin), two_days);
    assert_eq!(
        within_day(two_days, time("16:00"), time("14:00"), &berlin),
        []
    );
}

#[test]
fn candidates_begin_on_quarter_hours_of_the_local_clock() {
    // Kathmandu is 5:45 ahead of UTC.
    let free = [span("2026-12-01T04:07:30Z", "2026-12-01T05:00Z")];
    let found = starts(&free, 15, 20, &zone("Asia/Kathmandu"), 10);
    let expected = [
        span("2026-12-01T04:15Z", "2026-12-01T04:30Z"),
        span("2026-12-01T04:35Z", "2026-12-01T04:50Z"),
    ];
    assert_eq!(found, expected);
    assert_eq!(
        starts(&free, 60, STEP_MINUTES, &zone("Asia/Kathmandu"), 10),
        []
    );
    assert_eq!(starts(&free, 15, STEP_MINUTES, &zone("UTC"), 2).len(), 2);
}

#[test]
fn candidates_at_an_edge_come_first_then_those_near_noon() {
    let free = [
        span("2026-12-01T08:00Z", "2026-12-01T11:00Z"),
        span("2026-12-02T09:00Z", "2026-12-02T10:00Z"),
    ];
    let utc = zone("UTC");
    let found = rank(starts(&free, 60, 30, &utc, 100), &free, &utc);
    let hours: Vec<_> = found
        .iter()
        .map(|slot| {
            utc.to_datetime(slot.start())
                .strftime("%d %H:%M")
                .to_string()
        })
        .collect();
    assert_eq!(
        hours,
        [
            "01 10:00", "01 08:00", "01 09:30", "01 09:00", "01 08:30", "02 09:00"
        ]
    );
    let scrap = [span("2026-12-01T09:00Z", "2026-12-01T11:00Z")];
    let found = rank(starts(&scrap, 60, 15, &utc, 100), &scrap, &utc);
    let hours: Vec<_> = found
        .iter()
        .map(|slot| utc.to_datetime(slot.start()).strftime("%H:%M").to_string())
        .collect();
    assert_eq!(hours, ["10:00", "09:00", "09:30", "09:45", "09:15"]);
}

fn stretches(longest: i64) -> impl Strategy<Value = Vec<Span>> {
    let one = (0i64..600, 1i64..longest).prop_map(|(start, minutes)| {
        let at = |minute: i64| Timestamp::from_second(1_790_000_000 + minute * 60).unwrap();
        Span::new(at(start), at(start + minutes)).unwrap()
    });
    proptest::collection::vec(one, 0..6)
}

proptest! {
    #[test]
    fn free_slots_keep_their_distance(
        working in stretches(300),
        busy in stretches(90),
        holds in stretches(90),
        buffer in 0u32..40,
        duration in 1u32..90,
        ahead in 0i64..600,
    ) {
        let not_before = Timestamp::from_second(1_790_000_000 + ahead * 60).unwrap();
        let free = free_slots(working.clone(), &busy, &holds, buffer, duration, not_before);
        let working = span::merged(working);
        for slot in &free {
            prop_assert!(slot.start() >= not_before);
            prop_assert!(slot.seconds() >= i64::from(duration) * 60);
            prop_assert!(working.iter().any(|stretch| stretch.contains(slot)));
            for taken in busy.iter().chain(&holds) {
                prop_assert!(!slot.overlaps(&taken.widened(i64::from(buffer) * 60)));
            }
        }
        let berlin = zone("Europe/Berlin");
        let candidates = starts(&free, duration, STEP_MINUTES, &berlin, 50);
        prop_assert!(candidates.len() <= 50 && candidates.is_sorted());
        for slot in &candidates {
            prop_assert_eq!(slot.seconds(), i64::from(duration) * 60);
            prop_assert!(free.iter().any(|stretch| stretch.contains(slot)));
            prop_assert_eq!(berlin.to_datetime(slot.start()).minute() % 15, 0);
        }
        let mut ranked = rank(candidates.clone(), &free, &berlin);
        ranked.sort();
        prop_assert_eq!(ranked, candidates);
    }
}
