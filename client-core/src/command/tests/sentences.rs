//! Sentences and what they mean.

use super::*;

#[test]
#[rustfmt::skip]
fn on_a_saturday_morning() {
    check(
        SATURDAY,
        &[
        // As in the documentation
        ("half an hour with Robin next week", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("half an hour with Robin next week about the garden", "Robin | 30 | 11-23..11-29 | - | The garden"),
        ("30 min with robin tomorrow afternoon", "Robin | 30 | 11-22..11-22 | 12:00-18:00 | Meeting"),
        ("schedule lunch with Ana on Friday", "Ana Silva | 60 | 11-27..11-27 | 12:00-14:00 | Lunch"),
        ("an hour and a half with Robin between Tuesday and Thursday about the garden", "Robin | 90 | 11-24..11-26 | - | The garden"),
        ("quick call with Robin", "Robin | 30 | 11-21..12-05 | - | Call"),
        ("find 45 minutes with Robin this week in the mornings", "Robin | 45 | 11-21..11-22 | 06:00-12:00 | Meeting"),
        ("meet Robin on 3 December", "Robin | 30 | 12-03..12-03 | - | Meeting"),
        ("with Robin on 2026-12-03 after 2pm", "Robin | 30 | 12-03..12-03 | 14:00- | Meeting"),
        ("1h with Robin from Dec 1 to Dec 5 before noon", "Robin | 60 | 12-01..12-05 | -12:00 | Meeting"),
        ("two hours w/ Robin in the next 10 days", "Robin | 120 | 11-21..12-01 | - | Meeting"),
        ("Robin, Tuesday, 20 minutes", "Robin | 20 | 11-24..11-24 | - | Meeting"),
        ("with Robin the week after next", "Robin | 30 | 11-30..12-06 | - | Meeting"),
        ("with Robin next month", "Robin | 30 | 12-01..12-31 | - | Meeting"),
        ("Robin today", "Robin | 30 | 11-21..11-21 | - | Meeting"),
        ("dinner with Robin tonight", "Robin | 90 | 11-21..11-21 | 17:00-22:00 | Dinner"),
        ("call Robin asap", "Robin | 30 | 11-21..11-28 | - | Call"),
        ("with Robin by Friday", "Robin | 30 | 11-21..11-27 | - | Meeting"),
        ("with Robin in two weeks", "Robin | 30 | 11-30..12-06 | - | Meeting"),
        ("with Robin December 3rd at 10", "Robin | 30 | 12-03..12-03 | 10:00-10:30 | Meeting"),
        ("with Robin tomorrow at 14:30", "Robin | 30 | 11-22..11-22 | 14:30-15:00 | Meeting"),
        ("with Robin tomorrow at noon for an hour", "Robin | 60 | 11-22..11-22 | 12:00-13:00 | Meeting"),
        // Lengths
        ("Meet with Robin for three quarters of an hour tomorrow", "Robin | 45 | 11-22..11-22 | - | Meeting"),
        ("15-minute sync with Robin on Monday", "Robin | 15 | 11-23..11-23 | - | Sync"),
        ("a 30-minute call with Robin on Monday", "Robin | 30 | 11-23..11-23 | - | Call"),
        ("1.5 hours with Robin on wed", "Robin | 90 | 11-25..11-25 | - | Meeting"),
        ("twenty-five minutes with Robin on thurs", "Robin | 25 | 11-26..11-26 | - | Meeting"),
        ("about an hour with Robin on Monday", "Robin | 60 | 11-23..11-23 | - | Meeting"),
        ("half-hour chat with Robin", "Robin | 30 | 11-21..12-05 | - | Chat"),
        ("1h30 workshop with Robin in two days", "Robin | 90 | 11-23..11-23 | - | Workshop"),
        ("can you squeeze in 15 minutes with Robin tomorrow?", "Robin | 15 | 11-22..11-22 | - | Meeting"),
        ("lunch with Robin tomorrow for 3 hours", "Robin | 180 | 11-22..11-22 | 12:00-15:00 | Lunch"),
        // People
        ("coffee with Zoe O'Brien on Monday", "Zoë O’Brien | 30 | 11-23..11-23 | - | Coffee"),
        ("coffee with zoë on Monday", "Zoë O’Brien | 30 | 11-23..11-23 | - | Coffee"),
        ("ANA SILVA tomorrow", "Ana Silva | 30 | 11-22..11-22 | - | Meeting"),
        ("30m with Jean-Luc next week", "Jean-Luc van der Berg | 30 | 11-23..11-29 | - | Meeting"),
        ("30m with jean-luc van der berg next week", "Jean-Luc van der Berg | 30 | 11-23..11-29 | - | Meeting"),
        ("with Kim Park on Monday", "Kim Park | 30 | 11-23..11-23 | - | Meeting"),
        ("lunch with April in April", "April Jones | 60 | 04-01..04-30 | 12:00-14:00 | Lunch"),
        ("April, Tuesday, 20 minutes", "April Jones | 20 | 11-24..11-24 | - | Meeting"),
        ("Will you find 30 minutes with Robin tomorrow?", "Robin | 30 | 11-22..11-22 | - | Meeting"),
        ("with Will tomorrow", "Will | 30 | 11-22..11-22 | - | Meeting"),
        ("30 min with 李雷 tomorrow", "李雷 | 30 | 11-22..11-22 | - | Meeting"),
        ("Please book Robin's time for an hour on Monday", "Robin | 60 | 11-23..11-23 | - | Meeting"),
        ("Robin and me, next Tuesday", "Robin | 30 | 11-24..11-24 | - | Meeting"),
        ("Could you set up a meeting with Robin next week, please?", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("I'd like to see Robin this weekend", "Robin | 30 | 11-21..11-22 | - | Meeting"),
        ("Let's catch up with Robin on Tuesday", "Robin | 30 | 11-24..11-24 | - | Catch-up"),
        // Days
        ("Will and me, on Monday", "Will | 30 | 11-23..11-23 | - | Meeting"),
        ("mark an hour with Robin on Monday", "Robin | 60 | 11-23..11-23 | - | Meeting"),
        ("I need 20 mins of Robin's time tomorrow", "Robin | 20 | 11-22..11-22 | - | Meeting"),
        ("Robin 2pm tomorrow", "Robin | 30 | 11-22..11-22 | 14:00-14:30 | Meeting"),
        ("Robin tomorrow 2pm-3pm", "Robin | 30 | 11-22..11-22 | 14:00-15:00 | Meeting"),
        ("an hour with Robin tomorrow, 14:00", "Robin | 60 | 11-22..11-22 | 14:00-15:00 | Meeting"),
        ("with Robin on Dec 3 2026 at 9:15am", "Robin | 30 | 12-03..12-03 | 09:15-09:45 | Meeting"),
        ("with Robin on Monday, 30 Nov", "Robin | 30 | 11-30..11-30 | - | Meeting"),
        ("with Robin 30 Nov 30 minutes", "Robin | 30 | 11-30..11-30 | - | Meeting"),
        ("with Robin tomorrow or the day after tomorrow", "Robin | 30 | 11-22..11-23 | - | Meeting"),
        ("next week, any afternoon, 45m, Robin", "Robin | 45 | 11-23..11-29 | 12:00-18:00 | Meeting"),
        ("video call with Robin, Monday at 9, 20 min, about onboarding", "Robin | 20 | 11-23..11-23 | 09:00-09:20 | Onboarding"),
        ("with Robin in the morning of 3 December", "Robin | 30 | 12-03..12-03 | 06:00-12:00 | Meeting"),
        ("with Robin tomorrow between 10 and noon", "Robin | 30 | 11-22..11-22 | 10:00-12:00 | Meeting"),
        ("with Robin on Monday before 10", "Robin | 30 | 11-23..11-23 | -10:00 | Meeting"),
        ("with Robin from 10am to 12pm on Monday", "Robin | 30 | 11-23..11-23 | 10:00-12:00 | Meeting"),
        ("with Robin Monday to Wednesday from 10 to 12", "Robin | 30 | 11-23..11-25 | 10:00-12:00 | Meeting"),
        ("30 minutes with Robin between now and Friday", "Robin | 30 | 11-21..11-27 | - | Meeting"),
        ("with Robin by next Friday", "Robin | 30 | 11-21..11-27 | - | Meeting"),
        ("with Robin in a week", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("with Robin this month", "Robin | 30 | 11-21..11-30 | - | Meeting"),
        ("with Robin in December about the party", "Robin | 30 | 12-01..12-31 | - | The party"),
        ("coffee next week with Robin?", "Robin | 30 | 11-23..11-29 | - | Coffee"),
        ("please ask Robin for half an hour on Monday", "Robin | 30 | 11-23..11-23 | - | Meeting"),
        ("to talk about the garden, meet Robin on Monday", "Robin | 30 | 11-23..11-23 | - | The garden"),
        ("with Robin on Monday or Tuesday", "Robin | 30 | 11-23..11-24 | - | Meeting"),
        ("with Robin on Saturday", "Robin | 30 | 11-21..11-21 | - | Meeting"),
        ("with Robin next Saturday", "Robin | 30 | 11-28..11-28 | - | Meeting"),
        ("with Robin the day after tomorrow", "Robin | 30 | 11-23..11-23 | - | Meeting"),
        ("with Robin on the 3rd", "Robin | 30 | 12-03..12-03 | - | Meeting"),
        ("with Robin on the 3rd at 3", "Robin | 30 | 12-03..12-03 | 15:00-15:30 | Meeting"),
        ("with Robin on Thursday 3 December", "Robin | 30 | 12-03..12-03 | - | Meeting"),
        ("with Robin on Thursday, December 3rd, 2026", "Robin | 30 | 12-03..12-03 | - | Meeting"),
        ("with Robin 1-5 December", "Robin | 30 | 12-01..12-05 | - | Meeting"),
        ("with Robin between the 1st and the 5th", "Robin | 30 | 12-01..12-05 | - | Meeting"),
        ("with Robin Mon-Wed next week", "Robin | 30 | 11-23..11-25 | - | Meeting"),
        ("with Robin Tuesday through Thursday", "Robin | 30 | 11-24..11-26 | - | Meeting"),
        ("with Robin from Monday", "Robin | 30 | 11-23..12-07 | - | Meeting"),
        ("with Robin after Wednesday", "Robin | 30 | 11-26..12-10 | - | Meeting"),
        ("with Robin before Wednesday", "Robin | 30 | 11-21..11-24 | - | Meeting"),
        ("with Robin until 1 December", "Robin | 30 | 11-21..12-01 | - | Meeting"),
        ("with Robin within 3 days", "Robin | 30 | 11-21..11-24 | - | Meeting"),
        ("with Robin in the next few days", "Robin | 30 | 11-21..11-24 | - | Meeting"),
        ("with Robin over the next two weeks", "Robin | 30 | 11-21..12-05 | - | Meeting"),
        ("with Robin some time next week", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("with Robin any day next week", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("with Robin later this week", "Robin | 30 | 11-21..11-22 | - | Meeting"),
        ("with Robin in January", "Robin | 30 | 01-01..01-31 | - | Meeting"),
        ("with Robin in May", "Robin | 30 | 05-01..05-31 | - | Meeting"),
        ("with Robin the week of December 7", "Robin | 30 | 12-07..12-13 | - | Meeting"),
        ("with Robin by the end of next week", "Robin | 30 | 11-21..11-29 | - | Meeting"),
        ("with Robin by end of day Friday", "Robin | 30 | 11-21..11-27 | - | Meeting"),
        ("with Robin 3.12.2026", "Robin | 30 | 12-03..12-03 | - | Meeting"),
        ("with Robin on 25/12", "Robin | 30 | 12-25..12-25 | - | Meeting"),
        ("with Robin 2026-12-01..2026-12-05", "Robin | 30 | 12-01..12-05 | - | Meeting"),
        ("Tuesday next week with Robin", "Robin | 30 | 11-24..11-24 | - | Meeting"),
        ("next weekend with Robin", "Robin | 30 | 11-28..11-29 | - | Meeting"),
        ("two weeks from now, with Robin", "Robin | 30 | 11-30..12-06 | - | Meeting"),
        // Times of day
        ("with Robin on Monday between 2 and 4pm", "Robin | 30 | 11-23..11-23 | 14:00-16:00 | Meeting"),
        ("with Robin on Monday 14:00-16:00", "Robin | 30 | 11-23..11-23 | 14:00-16:00 | Meeting"),
        ("with Robin tomorrow from 9 to 11", "Robin | 30 | 11-22..11-22 | 09:00-11:00 | Meeting"),
        ("with Robin on Monday morning", "Robin | 30 | 11-23..11-23 | 06:00-12:00 | Meeting"),
        ("with Robin on Monday evening at 7", "Robin | 30 | 11-23..11-23 | 19:00-19:30 | Meeting"),
        ("with Robin on Monday at half past ten", "Robin | 30 | 11-23..11-23 | 10:30-11:00 | Meeting"),
        ("with Robin on Monday around 3pm", "Robin | 30 | 11-23..11-23 | 14:30-16:00 | Meeting"),
        ("with Robin on Monday at about 3", "Robin | 30 | 11-23..11-23 | 14:30-16:00 | Meeting"),
        ("with Robin on Monday after lunch", "Robin | 30 | 11-23..11-23 | 13:00- | Meeting"),
        ("with Robin this afternoon", "Robin | 30 | 11-21..11-21 | 12:00-18:00 | Meeting"),
        ("with Robin in two hours", "Robin | 30 | 11-21..11-21 | 12:00-12:30 | Meeting"),
        ("call Robin in half an hour", "Robin | 30 | 11-21..11-21 | 10:30-11:00 | Call"),
        ("lunch with Robin tomorrow at 1pm", "Robin | 60 | 11-22..11-22 | 13:00-14:00 | Lunch"),
        ("dinner with Robin on Friday at 8", "Robin | 90 | 11-27..11-27 | 20:00-21:30 | Dinner"),
        ("breakfast with Robin at 8 tomorrow", "Robin | 60 | 11-22..11-22 | 08:00-09:00 | Breakfast"),
        ("with Robin at 10", "Robin | 30 | 11-21..12-05 | 10:00-10:30 | Meeting"),
        ("with Robin tomorrow no later than 4pm", "Robin | 30 | 11-22..11-22 | -16:00 | Meeting"),
        ("with Robin tomorrow not before 11", "Robin | 30 | 11-22..11-22 | 11:00- | Meeting"),
        // Titles
        ("lunch about the garden, Robin, Monday", "Robin | 60 | 11-23..11-23 | 12:00-14:00 | The garden"),
        ("hey, can we do 1h w/ Robin Thu or Fri after 12?", "Robin | 60 | 11-26..11-27 | 12:00- | Meeting"),
        ("call Robin about the garden tomorrow", "Robin | 30 | 11-22..11-22 | - | The garden"),
        ("call about the garden with Robin next week", "Robin | 30 | 11-23..11-29 | - | The garden"),
        ("talk about the Friday release with Robin tomorrow", "Robin | 30 | 11-22..11-22 | - | The Friday release"),
        ("lunch with Robin re: budget 2027", "Robin | 60 | 11-21..12-05 | 12:00-14:00 | Budget 2027"),
        ("“Roadmap Q4” with Robin on Monday", "Robin | 30 | 11-23..11-23 | - | Roadmap Q4"),
        ("meeting with Robin for: kick-off on Monday", "Robin | 30 | 11-23..11-23 | - | Kick-off"),
        ("meet Robin on Monday to discuss our holiday plans", "Robin | 30 | 11-23..11-23 | - | Our holiday plans"),
        ("meet Robin tomorrow to review the contract", "Robin | 30 | 11-22..11-22 | - | Review the contract"),
        ("an hour with Robin on Monday for the budget review", "Robin | 60 | 11-23..11-23 | - | The budget review"),
        ("with Robin about lunch", "Robin | 30 | 11-21..12-05 | - | Lunch"),
        ("with Robin about \"every Tuesday\" tomorrow", "Robin | 30 | 11-22..11-22 | - | every Tuesday"),
        ("talk to Robin about the weekly report on Monday", "Robin | 30 | 11-23..11-23 | - | The weekly report"),
        ("with Robin regarding Ana's visit on Monday", "Robin | 30 | 11-23..11-23 | - | Ana's visit"),
        ],
    );
}

#[test]
#[rustfmt::skip]
fn late_on_a_sunday() {
    check(
        "2026-11-22T23:45:00+01:00",
        &[
        ("with Robin next week", "Robin | 30 | 11-23..11-29 | - | Meeting"),
        ("with Robin tomorrow", "Robin | 30 | 11-23..11-23 | - | Meeting"),
        ("with Robin on Sunday", "Robin | 30 | 11-29..11-29 | - | Meeting"),
        ("10 minutes with Robin on Sunday", "Robin | 10 | 11-22..11-22 | - | Meeting"),
        ("with Robin next Monday", "Robin | 30 | 11-23..11-23 | - | Meeting"),
        ("with Robin next weekend", "Robin | 30 | 11-28..11-29 | - | Meeting"),
        ("with Robin in an hour", "Robin | 30 | 11-23..11-23 | 00:45-01:15 | Meeting"),
        ],
    );
    let today = draft("2026-11-22T23:45:00+01:00", &said("with Robin this week"));
    assert_eq!(today, Err(CommandError::TodayOver { minutes: 30 }));
}

#[test]
#[rustfmt::skip]
fn at_the_end_of_a_year() {
    check(
        "2026-12-31T09:00:00+01:00",
        &[
        ("with Robin tomorrow", "Robin | 30 | 01-01..01-01 | - | Meeting"),
        ("with Robin next week", "Robin | 30 | 01-04..01-10 | - | Meeting"),
        ("with Robin on 2 January", "Robin | 30 | 01-02..01-02 | - | Meeting"),
        ("with Robin next month", "Robin | 30 | 01-01..01-31 | - | Meeting"),
        ("with Robin from 31 December to 4 January", "Robin | 30 | 12-31..01-04 | - | Meeting"),
        ("with Robin this week", "Robin | 30 | 12-31..01-03 | - | Meeting"),
        ],
    );
}

#[test]
#[rustfmt::skip]
fn when_the_clocks_change() {
    let before = "2027-03-27T12:00:00+01:00";
    check(
        before,
        &[
        ("with Robin tomorrow at 3:30am", "Robin | 30 | 03-28..03-28 | 03:30-04:00 | Meeting"),
        ("with Robin in 20 hours", "Robin | 30 | 03-28..03-28 | 09:00-09:30 | Meeting"),
        ],
    );
    let skipped = draft(before, &said("with Robin tomorrow at 02:30"));
    assert!(
        matches!(skipped, Err(CommandError::SkippedTime { .. })),
        "{skipped:?}"
    );
}

#[test]
#[rustfmt::skip]
fn midweek_days_count_from_today() {
    check(
        "2026-11-25T15:00:00+01:00",
        &[
        ("with Robin on Wednesday", "Robin | 30 | 11-25..11-25 | - | Meeting"),
        ("with Robin on Wednesday at 10", "Robin | 30 | 12-02..12-02 | 10:00-10:30 | Meeting"),
        ("with Robin on Tuesday", "Robin | 30 | 12-01..12-01 | - | Meeting"),
        ("with Robin next Wednesday", "Robin | 30 | 12-02..12-02 | - | Meeting"),
        ("with Robin this week", "Robin | 30 | 11-25..11-29 | - | Meeting"),
        ("with Robin before Wednesday", "Robin | 30 | 11-25..12-01 | - | Meeting"),
        ("with Robin on the 24th", "Robin | 30 | 12-24..12-24 | - | Meeting"),
        ],
    );
}
