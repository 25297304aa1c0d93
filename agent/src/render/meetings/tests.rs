use sotto_client_core::api::{BlockedDays, ContactRef, SlotView};

use super::*;

fn robin() -> ContactRef {
    ContactRef {
        id: "c0ffee".into(),
        name: "Robin".into(),
    }
}

fn slot(start: &str, end: &str) -> SlotView {
    SlotView {
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
    }
}

fn garden(state: ProposalState) -> ProposalView {
    let tuesday = slot("2026-12-01T09:00:00Z", "2026-12-01T09:30:00Z");
    let wednesday = slot("2026-12-02T13:00:00Z", "2026-12-02T13:30:00Z");
    ProposalView {
        id: "8c11d2f0aaaa".into(),
        contact: robin(),
        direction: Direction::Incoming,
        state,
        title: "Garden".into(),
        duration_minutes: 30,
        asked: None,
        slot: Some(tuesday),
        options: vec![tuesday, wednesday],
        reason: None,
        expires_at: None,
        created_at: tuesday.start,
        updated_at: tuesday.start,
        untold: false,
        stopped: false,
        event_uid: None,
    }
}

#[test]
fn what_waits_for_the_user_comes_with_its_command() {
    let times = Times::new("Europe/Berlin");
    assert_eq!(
        proposal(&garden(ProposalState::Approval), &times),
        "Robin proposes \"Garden\", Tue 1 Dec 2026 10:00–10:30 (Europe/Berlin). [8c11d2f0]\n  \
         Agree: sotto proposals approve 8c11d2f0    Refuse: sotto proposals reject 8c11d2f0\n"
    );
    let review = proposal(&garden(ProposalState::Review), &times);
    assert!(review.contains("--start 2026-12-02T14:00"), "{review}");
    let stopped = ProposalView {
        stopped: true,
        ..garden(ProposalState::Approval)
    };
    let stopped = proposal(&stopped, &times);
    let decide = format!(
        "is stopped: sotto contacts decide {}\n",
        short_id(&robin().id)
    );
    assert!(stopped.ends_with(&decide), "{stopped}");
    let settled = proposal(&garden(ProposalState::Confirmed), &times);
    assert_eq!(settled.lines().count(), 1, "{settled}");
}

fn event(title: &str, start: &str, end: &str) -> EventView {
    EventView {
        id: title.into(),
        uid: title.into(),
        kind: EventKind::Imported,
        title: title.into(),
        location: None,
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
        all_day: None,
        busy: true,
        calendar: Some("Work".into()),
        contact: None,
        proposal: None,
    }
}

#[test]
fn the_agenda_is_grouped_by_the_days_of_the_zone() {
    let late = event("Late", "2026-12-01T23:30:00Z", "2026-12-02T00:00:00Z");
    let meeting = EventView {
        kind: EventKind::Meeting,
        contact: Some(robin()),
        calendar: None,
        location: Some("Shed\x07".into()),
        ..event("Garden", "2026-12-02T09:00:00Z", "2026-12-02T09:30:00Z")
    };
    let holiday = EventView {
        all_day: Some("2026-12-03".parse().unwrap()),
        busy: false,
        ..event("Holiday", "2026-12-02T23:00:00Z", "2026-12-03T23:00:00Z")
    };
    let text = agenda(
        &[late, meeting, holiday],
        None,
        &Times::new("Europe/Berlin"),
    );
    let expected = "\
Wed 2 Dec 2026
  00:30–01:00  Late  (Work)
  10:00–10:30  Garden, Shed\u{fffd}  (arranged, with Robin)

Thu 3 Dec 2026
  all day      Holiday  (free, Work)

Times are in Europe/Berlin.
";
    assert_eq!(text, expected);
}

#[test]
fn preferences_list_every_stretch() {
    let hours = |weekday, from: &str, to: &str| sotto_client_core::api::WorkingHours {
        weekday,
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    };
    let text = preferences(&Preferences {
        time_zone: "Europe/Berlin".into(),
        working_hours: vec![
            hours(Weekday::Monday, "09:00", "12:00"),
            hours(Weekday::Monday, "13:00", "17:00"),
        ],
        buffer_minutes: 10,
        approve_meetings: Approval::Ask,
        approve_contacts: Approval::Auto,
        review: false,
    });
    assert_eq!(
        text,
        "Time zone  Europe/Berlin\nHours      Mon 09:00–12:00\n           Mon 13:00–17:00\n\
         Buffer     10 min\nMeetings   ask me\nContacts   the agent decides\nReview     off\n"
    );
}

#[test]
fn an_event_past_midnight_names_both_its_days() {
    let night = slot("2026-12-01T21:00:00Z", "2026-12-02T01:00:00Z");
    let event = EventView {
        id: "e".into(),
        uid: "e".into(),
        kind: EventKind::Imported,
        title: "Night train".into(),
        location: None,
        start: night.start,
        end: night.end,
        all_day: None,
        busy: true,
        calendar: None,
        contact: None,
        proposal: None,
    };
    assert_eq!(
        agenda(&[event], None, &Times::new("Europe/Berlin")),
        "Tue 1 Dec 2026\n  22:00–Wed 2 Dec 2026 02:00  Night train\n\nTimes are in Europe/Berlin.\n"
    );
}

#[test]
fn what_is_asked_for_names_its_days_and_hours() {
    let times = Times::new("Europe/Berlin");
    let week = ScheduleDraft {
        contact: robin(),
        duration_minutes: 30,
        from: "2026-11-30".parse().unwrap(),
        to: "2026-12-06".parse().unwrap(),
        earliest: None,
        latest: None,
        hours: AskedHours::Within,
        title: "Garden".into(),
        review: false,
    };
    let days = "  In your working hours of Mon 30 Nov 2026 – Sun 6 Dec 2026";
    assert_eq!(window(&week, &times), format!("{days} (Europe/Berlin).\n"));
    let from = Some("14:00".parse().unwrap());
    let to = Some("16:30".parse().unwrap());
    for (earliest, latest, hours) in [
        (from, None, "after 14:00"),
        (None, to, "before 16:30"),
        (from, to, "14:00–16:30"),
    ] {
        let part = ScheduleDraft {
            earliest,
            latest,
            ..week.clone()
        };
        let expected = format!("{days}, {hours} (Europe/Berlin).\n");
        assert_eq!(window(&part, &times), expected);
    }
    for (hours, expected) in [
        (
            AskedHours::Outside,
            "  Outside your working hours, Mon 30 Nov 2026 –",
        ),
        (
            AskedHours::Partly,
            "  Also outside your working hours, Mon 30 Nov 2026 –",
        ),
    ] {
        let other = ScheduleDraft {
            hours,
            ..week.clone()
        };
        assert!(window(&other, &times).starts_with(expected));
    }
    let one = ScheduleDraft {
        to: week.from,
        ..week
    };
    assert_eq!(
        window(&one, &times),
        "  In your working hours of Mon 30 Nov 2026 (Europe/Berlin).\n"
    );
}

#[test]
fn an_import_names_the_days_on_which_nobody_meets() {
    let blocked = |title: &str, from: &str, to: &str| BlockedDays {
        title: title.to_owned(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    };
    let report = ImportReport {
        calendar: CalendarView {
            id: "6c1f09ab".into(),
            name: "Work".into(),
            events: 9,
            imported_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        },
        replaced: false,
        skipped: Vec::new(),
        clashes: Vec::new(),
        also_in: None,
        all_day_busy: 4,
        blocked_days: vec![
            blocked("Fair", "2026-12-02", "2026-12-02"),
            blocked("Trip", "2026-12-10", "2026-12-12"),
        ],
    };
    let said = import(&report, &Times::new("Europe/Berlin"));
    let (_, days) = said.split_once(":\n").unwrap();
    assert_eq!(
        days,
        "  Wed 2 Dec 2026  Fair\n  Thu 10 Dec 2026 – Sat 12 Dec 2026  Trip\n  and 2 more\n"
    );
}
