//! The starts that a recurrence rule gives (RFC 5545 3.3.10), on the event's own clock.
//!
//! All of it is civil time; what an instant is, is decided afterwards. So a
//! meeting at nine stays at nine when the clocks change.

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime, Time},
};

use super::rule::{Frequency, Rule};

/// The most days that are looked at for one expansion.
///
/// A rule with COUNT has to be followed from its beginning: this is enough for
/// 547 years of every day, and little enough for a hostile file.
pub(crate) const MAX_STEPS: usize = 200_000;

/// From `from` to `to`, both inclusive; at most `limit`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) from: DateTime,
    pub(crate) to: DateTime,
    pub(crate) limit: usize,
}

/// The starts in a range, in order, each once; `steps` counts the days that were looked at.
///
/// `start` is DTSTART: always the first of them, whether it fits the rule or not.
pub(crate) fn expand(
    rule: &Rule,
    start: DateTime,
    range: Range,
    steps: &mut usize,
) -> Vec<DateTime> {
    let end = rule.until.map_or(range.to, |until| until.min(range.to));
    let mut found = Vec::new();
    if rule.count == Some(0) || end < start {
        return found;
    }
    if range.from <= start {
        found.push(start);
    }
    let times = times(rule, start.time());
    let mut counted = 1;
    let mut period = first_period(rule, start.date());
    if rule.count.is_none() {
        period = skipped_to(rule, period, range.from.date());
    }
    while let Some(first) = period.filter(|first| *first <= end.date()) {
        if *steps >= MAX_STEPS || found.len() >= range.limit {
            break;
        }
        let days = days(rule, first, start.date(), steps);
        let all = days
            .iter()
            .flat_map(|day| times.iter().map(|time| day.to_datetime(*time)));
        for at in positioned(rule, all.collect()) {
            if at <= start {
                continue;
            }
            counted += 1;
            if at > end || rule.count.is_some_and(|count| counted > count) {
                return found;
            }
            if at >= range.from && found.len() < range.limit {
                found.push(at);
            }
        }
        period = later(rule, first, i64::from(rule.interval));
    }
    found
}

/// The times of day, in order.
fn times(rule: &Rule, start: Time) -> Vec<Time> {
    let or = |list: &[i16], own: i8| match list {
        [] => vec![own],
        list => list.iter().filter_map(|n| i8::try_from(*n).ok()).collect(),
    };
    let mut times = Vec::new();
    for hour in or(&rule.by_hour, start.hour()) {
        for minute in or(&rule.by_minute, start.minute()) {
            for second in or(&rule.by_second, start.second()) {
                times.extend(Time::new(hour, minute, second.min(59), 0));
            }
        }
    }
    times.dedup();
    times
}

/// BYSETPOS picks from the whole set of one period.
fn positioned(rule: &Rule, all: Vec<DateTime>) -> Vec<DateTime> {
    if rule.by_position.is_empty() {
        return all;
    }
    let len = all.len();
    let wanted = |index: usize| {
        rule.by_position.iter().any(|position| {
            let place = usize::from(position.unsigned_abs());
            if *position > 0 {
                place == index + 1
            } else {
                place == len - index
            }
        })
    };
    let picked = all
        .into_iter()
        .enumerate()
        .filter(|(index, _)| wanted(*index));
    picked.map(|(_, at)| at).collect()
}

/// The first day of the day, week, month or year that has `date`.
fn first_period(rule: &Rule, date: Date) -> Option<Date> {
    match rule.frequency {
        Frequency::Daily => Some(date),
        Frequency::Weekly => week_of(date, rule),
        Frequency::Monthly => Some(date.first_of_month()),
        Frequency::Yearly => Some(date.first_of_year()),
    }
}

fn week_of(date: Date, rule: &Rule) -> Option<Date> {
    let back = date.weekday().since(rule.week_start);
    date.checked_sub(i32::from(back).days()).ok()
}

fn later(rule: &Rule, first: Date, periods: i64) -> Option<Date> {
    let span = jiff::Span::new();
    let span = match rule.frequency {
        Frequency::Daily => span.try_days(periods),
        Frequency::Weekly => span.try_weeks(periods),
        Frequency::Monthly => span.try_months(periods),
        Frequency::Yearly => span.try_years(periods),
    };
    first.checked_add(span.ok()?).ok()
}

/// The last period of the rule that begins before `from`'s, or the first of all.
fn skipped_to(rule: &Rule, first: Option<Date>, from: Date) -> Option<Date> {
    let first = first?;
    let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
    let passed = match rule.frequency {
        Frequency::Daily => days_between(first, from),
        Frequency::Weekly => days_between(first, from) / 7,
        Frequency::Monthly => months(from) - months(first),
        Frequency::Yearly => i64::from(from.year()) - i64::from(first.year()),
    };
    let interval = i64::from(rule.interval);
    match passed / interval - 1 {
        rounds @ 1.. => later(rule, first, rounds * interval),
        _ => Some(first),
    }
}

fn days_between(earlier: Date, later: Date) -> i64 {
    later.duration_since(earlier).as_hours() / 24
}

/// The days of one period that fit the rule, in order.
fn days(rule: &Rule, first: Date, start: Date, steps: &mut usize) -> Vec<Date> {
    let mut days = Vec::new();
    let mut look = |from: Date, count: i64| {
        *steps += usize::try_from(count).unwrap_or_default();
        let all = (0..count).filter_map(|day| from.checked_add(day.days()).ok());
        days.extend(all.filter(|day| fits(rule, *day, start)));
    };
    match rule.frequency {
        Frequency::Daily => look(first, 1),
        Frequency::Weekly => look(first, 7),
        Frequency::Monthly => look(first, first.days_in_month().into()),
        Frequency::Yearly => {
            let own = [i16::from(start.month())];
            let months: &[i16] = match rule.by_month.as_slice() {
                [] if on_own_day(rule) => &own,
                [] => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
                months => months,
            };
            for month in months.iter().filter_map(|month| i8::try_from(*month).ok()) {
                if let Ok(month) = Date::new(first.year(), month, 1) {
                    look(month, month.days_in_month().into());
                }
            }
        }
    }
    days
}

/// Whether the day comes from DTSTART alone.
fn on_own_day(rule: &Rule) -> bool {
    rule.by_week.is_empty()
        && rule.by_year_day.is_empty()
        && rule.by_month_day.is_empty()
        && rule.by_day.is_empty()
}

/// The table of RFC 5545 3.3.10: within its period every part that names days is a filter.
fn fits(rule: &Rule, day: Date, start: Date) -> bool {
    let own = on_own_day(rule);
    let by_month = rule.by_month.is_empty() || rule.by_month.contains(&day.month().into());
    let by_week = rule.by_week.is_empty() || in_weeks(rule, day);
    let by_year_day = rule.by_year_day.is_empty()
        || among(&rule.by_year_day, day.day_of_year(), day.days_in_year());
    let by_month_day = match (rule.by_month_day.as_slice(), rule.frequency) {
        ([], Frequency::Monthly | Frequency::Yearly) if own => day.day() == start.day(),
        ([], _) => true,
        (list, _) => among(list, day.day().into(), day.days_in_month().into()),
    };
    let by_day = match (rule.by_day.as_slice(), rule.frequency) {
        ([], Frequency::Weekly) if own => day.weekday() == start.weekday(),
        ([], Frequency::Yearly) if !rule.by_week.is_empty() => day.weekday() == start.weekday(),
        ([], _) => true,
        (list, _) => list.iter().any(|wanted| {
            wanted.weekday == day.weekday() && wanted.nth.is_none_or(|nth| is_nth(rule, day, nth))
        }),
    };
    by_month && by_week && by_year_day && by_month_day && by_day
}

/// Counted from the front, or backwards with a minus.
fn among(list: &[i16], number: i16, last: i16) -> bool {
    list.contains(&number) || list.contains(&(number - last - 1))
}

/// Whether a day is the nth of its weekday, in the month or (YEARLY without BYMONTH) in the year.
fn is_nth(rule: &Rule, day: Date, nth: i16) -> bool {
    let (number, last) = match rule.frequency {
        Frequency::Yearly if rule.by_month.is_empty() => (day.day_of_year(), day.days_in_year()),
        Frequency::Yearly | Frequency::Monthly => (day.day().into(), day.days_in_month().into()),
        Frequency::Daily | Frequency::Weekly => return true,
    };
    match nth {
        1.. => (number - 1) / 7 + 1 == nth,
        _ => (last - number) / 7 + 1 == -nth,
    }
}

/// BYWEEKNO: weeks begin at WKST, and the first has at least four days of the year.
fn in_weeks(rule: &Rule, day: Date) -> bool {
    let begin = |year: i16| week_of(Date::new(year, 1, 4).ok()?, rule);
    let year = day.year();
    let numbered = || {
        let (this, next) = (begin(year)?, begin(year.checked_add(1)?)?);
        let (from, to) = if day >= next {
            (next, begin(year.checked_add(2)?)?)
        } else if day < this {
            (begin(year.checked_sub(1)?)?, this)
        } else {
            (this, next)
        };
        let number = i16::try_from(days_between(from, day) / 7 + 1).ok()?;
        let last = i16::try_from(days_between(from, to) / 7).ok()?;
        Some(among(&rule.by_week, number, last))
    };
    numbered().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime {
        text.parse().unwrap()
    }

    /// The first starts, to the end of 2099, as "MM-DD" of the years from 1997 on.
    fn starts(rule: &str, start: &str, limit: usize) -> Vec<String> {
        let range = Range {
            from: at(start),
            to: at("2099-12-31"),
            limit,
        };
        let found = expand(&rule.parse().unwrap(), at(start), range, &mut 0);
        found
            .iter()
            .map(|at| at.strftime("%Y%m%dT%H").to_string())
            .collect()
    }

    /// The examples of RFC 5545 3.8.5.3 (their DTSTART is 9:00 in New York).
    #[test]
    fn examples_of_the_rfc() {
        let cases: &[(&str, &str, &str)] = &[
            (
                "FREQ=DAILY;COUNT=3",
                "19970902",
                "19970902 19970903 19970904",
            ),
            (
                "FREQ=DAILY;INTERVAL=10;COUNT=5",
                "19970902",
                "19970902 19970912 19970922 19971002 19971012",
            ),
            (
                "FREQ=WEEKLY;COUNT=3",
                "19970902",
                "19970902 19970909 19970916",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000;WKST=SU;BYDAY=MO,WE,FR",
                "19970901",
                "19970901 19970903 19970905 19970915 19970917 19970919 19970929 19971001",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
                "19970902",
                "19970902 19970904 19970916 19970918 19970930 19971002 19971014 19971016",
            ),
            (
                "FREQ=MONTHLY;COUNT=4;BYDAY=1FR",
                "19970905",
                "19970905 19971003 19971107 19971205",
            ),
            (
                "FREQ=MONTHLY;INTERVAL=2;COUNT=6;BYDAY=1SU,-1SU",
                "19970907",
                "19970907 19970928 19971102 19971130 19980104 19980125",
            ),
            (
                "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
                "19970922",
                "19970922 19971020 19971117 19971222 19980119 19980216",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-3",
                "19970928",
                "19970928 19971029 19971128 19971229 19980129 19980226",
            ),
            (
                "FREQ=MONTHLY;COUNT=5;BYMONTHDAY=1,-1",
                "19970930",
                "19970930 19971001 19971031 19971101 19971130",
            ),
            (
                "FREQ=YEARLY;COUNT=4;BYMONTH=6,7",
                "19970610",
                "19970610 19970710 19980610 19980710",
            ),
            (
                "FREQ=YEARLY;INTERVAL=3;COUNT=5;BYYEARDAY=1,100,200",
                "19970101",
                "19970101 19970410 19970719 20000101 20000409",
            ),
            (
                "FREQ=YEARLY;BYDAY=20MO",
                "19970519",
                "19970519 19980518 19990517",
            ),
            (
                "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
                "19970512",
                "19970512 19980511 19990517",
            ),
            (
                "FREQ=YEARLY;BYDAY=TH;BYMONTH=3",
                "19970313",
                "19970313 19970320 19970327 19980305",
            ),
            (
                "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
                "19970902",
                "19970902 19980213 19980313 19981113 19990813 20001013",
            ),
            (
                "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
                "19970913",
                "19970913 19971011 19971108",
            ),
            (
                "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
                "19961105",
                "19961105 20001107 20041102",
            ),
            (
                "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
                "19970904",
                "19970904 19971007 19971106",
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
                "19970929",
                "19970929 19971030 19971127 19971230 19980129",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
                "19970805",
                "19970805 19970810 19970819 19970824",
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
                "19970805",
                "19970805 19970817 19970819 19970831",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
                "20070115",
                "20070115 20070130 20070215 20070315 20070330",
            ),
            ("FREQ=MONTHLY", "20260131", "20260131 20260331 20260531"),
            ("FREQ=YEARLY", "20240229", "20240229 20280229 20320229"),
        ];
        for (rule, start, expected) in cases {
            let expected: Vec<_> = expected.split(' ').map(|day| format!("{day}T09")).collect();
            let start = format!("{start}T090000");
            assert_eq!(starts(rule, &start, expected.len()), expected, "{rule}");
        }
    }

    #[test]
    fn several_times_a_day() {
        let found = starts("FREQ=DAILY;BYHOUR=9,14;COUNT=3", "20260105T090000", 10);
        assert_eq!(found, ["20260105T09", "20260105T14", "20260106T09"]);
    }

    #[test]
    fn weeks_are_numbered_across_the_turn_of_the_year() {
        // The Friday of the last week of 2015, 2020 and 2026 lies in the year after it.
        let found = starts("FREQ=YEARLY;BYWEEKNO=53;BYDAY=FR", "20150101T090000", 4);
        assert_eq!(
            found,
            ["20150101T09", "20160101T09", "20210101T09", "20270101T09"]
        );
    }

    #[test]
    fn an_old_infinite_rule_is_not_followed_from_its_beginning() {
        let range = Range {
            from: at("2026-11-01"),
            to: at("2026-11-30T23:59"),
            limit: 100,
        };
        for (rule, most) in [
            ("FREQ=DAILY", 40),
            ("FREQ=WEEKLY;BYDAY=MO,TU", 60),
            ("FREQ=YEARLY", 100),
        ] {
            let mut steps = 0;
            expand(
                &rule.parse().unwrap(),
                at("2006-01-02T09:00"),
                range,
                &mut steps,
            );
            assert!(steps <= most, "{rule}: {steps}");
        }
        let mut steps = 0;
        let rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;COUNT=4000000000"
            .parse()
            .unwrap();
        let far = Range {
            to: at("9999-12-31"),
            ..range
        };
        assert_eq!(
            expand(&rule, at("-009999-01-01T09:00"), far, &mut steps),
            []
        );
        assert!(steps <= MAX_STEPS + 366);
    }
}
