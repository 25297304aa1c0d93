//! What an import says beyond what it could not read.

use jiff::SignedDuration;
use sotto_client_core::api::{Approval, Command, EventKind, ImportReport, Reply};
use sotto_tests::World;

const ALICE: usize = 0;
const ROBIN: usize = 1;

fn import(world: &mut World, name: &str, events: &[(&str, &str)]) -> ImportReport {
    match world.import_as(ALICE, name, events) {
        Ok(Reply::Import(report)) => report,
        other => panic!("an import, not {other:?}"),
    }
}

#[test]
fn which_meetings_and_holds_it_stands_in_the_way_of() {
    let mut world = World::acquainted();
    world.auto(ROBIN);
    world
        .schedule(ALICE, "half an hour with Robin next week about the garden")
        .unwrap();
    world.prefer(ROBIN, |preferences| {
        preferences.approve_meetings = Approval::Ask;
    });
    world
        .schedule(ALICE, "an hour with Robin next week about rakes")
        .unwrap();
    let arranged = world.agenda(ALICE);
    let (meeting, hold) = (&arranged[0], &arranged[1]);
    assert_eq!(
        (meeting.kind, hold.kind),
        (EventKind::Meeting, EventKind::Hold)
    );

    let compact = |instant: jiff::Timestamp| instant.strftime("%Y%m%dT%H%M%SZ").to_string();
    let before = compact(meeting.start - SignedDuration::from_hours(1));
    let (start, end) = (compact(meeting.start), compact(hold.end));
    let apart = import(&mut world, "Apart", &[(&before, &start)]);
    assert_eq!(apart.clashes, []);
    let across = import(&mut world, "Across", &[(&start, &end)]);
    assert_eq!(across.clashes, arranged);
}

#[test]
fn that_another_calendar_has_the_same_events() {
    let mut world = World::acquainted();
    let events = [
        ("20261201T090000Z", "20261201T100000Z"),
        ("20261202T090000Z", "20261202T100000Z"),
        ("20261203T090000Z", "20261203T100000Z"),
    ];
    let first = import(&mut world, "Work", &events);
    assert_eq!(first.also_in, None);
    let again = import(&mut world, "Work", &events);
    assert!(again.replaced && again.also_in.is_none());
    let copy = import(&mut world, "work (2)", &events).also_in.unwrap();
    assert_eq!((copy.calendar.as_str(), copy.events), ("Work", 3));
}

#[test]
fn the_first_days_that_are_blocked_as_a_whole_are_named() {
    let mut world = World::acquainted();
    let ics = "BEGIN:VCALENDAR\r\n\
        BEGIN:VEVENT\r\nUID:d\r\nDTSTART;VALUE=DATE:20261220\r\nSUMMARY:Fourth\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:e\r\nDTSTART;VALUE=DATE:20261210\r\nDTEND;VALUE=DATE:20261213\r\nSUMMARY:Trip\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:f\r\nDTSTART;VALUE=DATE:20201206\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Saint Nicholas\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:a\r\nDTSTART;VALUE=DATE:20261202\r\nSUMMARY:Fair\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:b\r\nDTSTART;VALUE=DATE:20261203\r\nTRANSP:TRANSPARENT\r\nSUMMARY:Birthday\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:c\r\nDTSTART;VALUE=DATE:20200103\r\nSUMMARY:Over\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";
    let command = Command::ImportCalendar {
        name: None,
        file_name: None,
        ics: ics.to_owned(),
    };
    let Ok(Reply::Import(days)) = world.command(ALICE, command) else {
        panic!("an import")
    };
    assert_eq!(days.all_day_busy, 4);
    let named = days.blocked_days.iter();
    let named: Vec<_> = named
        .map(|days| format!("{} {}..{}", days.title, days.from, days.to))
        .collect();
    assert_eq!(
        named,
        [
            "Fair 2026-12-02..2026-12-02",
            "Saint Nicholas 2026-12-06..2026-12-06",
            "Trip 2026-12-10..2026-12-12",
        ]
    );
}
