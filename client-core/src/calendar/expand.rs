//! The starts that a recurrence rule gives (RFC 5545 3.3.10), on the event's own clock.
//!
//! All of it is civil time; what an instant is, is decided afterwards. So a meeting at nine stays
//! at nine when the clocks change. What a rule means is `ical-rs`' to say; here is where it begins
//! to look, so that a rule of twenty years costs no more than a new one, and where it stops.

use ical::recur::{
    IcalRecurDateTime, IcalRecurFreq as Frequency, IcalRecurRule, IcalRecurWeekday,
    IcalRecurWeekdayNum, expand::IcalRecurExpand,
};
use jiff::{
    ToSpan as _,
    civil::{Date, DateTime, Time, Weekday},
};

use super::rule::Rule;

/// The most days that are looked at for one expansion.
///
/// A rule with COUNT has to be followed from its beginning: this is enough for
/// 547 years of every day, and little enough for a hostile file.
pub(crate) const MAX_STEPS: usize = 200_000;

/// The most days that are looked at to find the ends of all the COUNTs of a file.
///
/// Enough for ten thousand that each repeat on two weekdays for five years.
pub(crate) const MAX_COUNTED: usize = 20_000_000;

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
    if rule.count == Some(0) || end < start {
        return Vec::new();
    }
    let own = (range.from <= start).then_some(start);
    let more = generated(rule, start, range, steps);
    let more = more.into_iter().filter(|at| *at > start);
    own.into_iter().chain(more).take(range.limit).collect()
}

/// The same without a `start` that does not fit the rule.
pub(crate) fn generated(
    rule: &Rule,
    start: DateTime,
    range: Range,
    steps: &mut usize,
) -> Vec<DateTime> {
    let end = rule.until.map_or(range.to, |until| until.min(range.to));
    let walk = Walk::of(rule, start);
    let Some(first) = walk.period_of(start.date()) else {
        return Vec::new();
    };
    let from = match rule.count {
        None => walk.skipped_to(first, range.from.date()),
        Some(_) => first,
    };
    let mut found = Vec::new();
    let mut counted = 1;
    walk.look(from, end, steps, |at| {
        counted += u32::from(at > start);
        if rule.count.is_some_and(|count| counted > count) {
            return false;
        }
        if at >= range.from.max(start) {
            found.push(at);
        }
        found.len() < range.limit
    });
    found
}

/// The last of so many starts, or the last that can be found; `None` if that is never.
pub(crate) fn last(
    rule: &Rule,
    count: u32,
    start: DateTime,
    steps: &mut usize,
) -> Option<DateTime> {
    let walk = Walk::of(rule, start);
    let first = walk.period_of(start.date())?;
    if walk.gives_one_a_period() && walk.first(first, start, steps) == Some(start) {
        let period = walk.later(first, count.saturating_sub(1).into())?;
        return walk.first(period, start, steps);
    }
    let (mut last, mut counted, mut own) = (start, 1, 0);
    walk.look(first, DateTime::MAX, &mut own, |at| {
        if at > start && counted < count {
            (last, counted) = (at, counted + 1);
        }
        counted < count
    });
    *steps += own;
    Some(last)
}

/// A rule with what it takes from DTSTART said outright, so that it can begin in any period.
struct Walk(IcalRecurRule);

impl Walk {
    fn of(rule: &Rule, start: DateTime) -> Self {
        let mut rule = rule.parts.clone();
        let own = |list: &mut Vec<u8>, own: i8| {
            if list.is_empty() {
                list.extend(u8::try_from(own));
            }
        };
        own(&mut rule.by_hour, start.hour());
        own(&mut rule.by_minute, start.minute());
        own(&mut rule.by_second, start.second());
        if rule.by_day.is_empty() && rule.by_month_day.is_empty() && rule.by_year_day.is_empty() {
            match rule.freq {
                Frequency::Monthly => rule.by_month_day.push(start.day()),
                Frequency::Yearly if rule.by_week_no.is_empty() => {
                    rule.by_month_day.push(start.day());
                    own(&mut rule.by_month, start.month());
                }
                Frequency::Weekly | Frequency::Yearly => rule.by_day.push(IcalRecurWeekdayNum {
                    ordinal: None,
                    weekday: weekday(start.weekday()),
                }),
                _ => {}
            }
        }
        // In one month a year: every twelfth month is the same, with less to look at.
        let by_year = !rule.by_week_no.is_empty() || !rule.by_year_day.is_empty();
        if let (Frequency::Yearly, [month], false, Some(interval)) = (
            rule.freq,
            rule.by_month.as_slice(),
            by_year,
            rule.interval.checked_mul(12),
        ) && i8::try_from(*month) == Ok(start.month())
        {
            rule.freq = Frequency::Monthly;
            rule.interval = interval;
            rule.by_month.clear();
        }
        Self(rule)
    }

    /// Shows what the rule gives from the period that begins on `from`, until `end` or a `false`.
    fn look(
        &self,
        from: Date,
        end: DateTime,
        steps: &mut usize,
        mut show: impl FnMut(DateTime) -> bool,
    ) {
        let left = MAX_STEPS.saturating_sub(*steps);
        let far = i64::try_from(left).unwrap_or_default();
        let far = from.saturating_add(far.days());
        let end = end.min(far.to_datetime(Time::MAX));
        let mut rule = self.0.clone();
        // The first week of a year may begin in the one before.
        rule.until = Some(at(end.saturating_add(7.days())));
        let mut reached = end;
        let midnight = at(from.to_datetime(Time::midnight()));
        for found in IcalRecurExpand::new(rule, midnight)
            .map_while(civil)
            .take(left)
        {
            if found > end || !show(found) {
                reached = found.min(end);
                break;
            }
        }
        let days = days_between(from, reached.date()).max(0);
        let periods = days / (self.period_days() * i64::from(self.0.interval)) + 1;
        *steps += usize::try_from(periods * self.period_days()).unwrap_or(MAX_STEPS);
    }

    /// The first start from a period on that is not before `start`.
    fn first(&self, from: Date, start: DateTime, steps: &mut usize) -> Option<DateTime> {
        let (mut first, mut own) = (None, 0);
        self.look(from, DateTime::MAX, &mut own, |at| {
            first = Some(at).filter(|at| *at >= start);
            first.is_none()
        });
        *steps += own;
        first
    }

    /// Whether every period has exactly one start.
    fn gives_one_a_period(&self) -> bool {
        let rule = &self.0;
        let one_time = [&rule.by_hour, &rule.by_minute, &rule.by_second]
            .iter()
            .all(|list| list.len() == 1);
        let one_day = match (
            rule.freq,
            rule.by_day.as_slice(),
            rule.by_month_day.as_slice(),
        ) {
            (Frequency::Daily, [], []) => true,
            (Frequency::Weekly, [_], []) | (Frequency::Monthly, [], [1..=28]) => true,
            (Frequency::Monthly, [day], []) => {
                day.ordinal.is_some_and(|nth| nth.unsigned_abs() <= 4)
            }
            _ => false,
        };
        one_time && one_day && rule.by_month.is_empty() && rule.by_set_pos.is_empty()
    }

    /// The first day of the day, week, month or year that has `date`.
    fn period_of(&self, date: Date) -> Option<Date> {
        match self.0.freq {
            Frequency::Weekly => {
                let since = |day: Weekday| i32::from(day.to_sunday_zero_offset());
                let back = (since(date.weekday()) - self.0.week_start as i32).rem_euclid(7);
                date.checked_sub(back.days()).ok()
            }
            Frequency::Monthly => Some(date.first_of_month()),
            Frequency::Yearly => Some(date.first_of_year()),
            _ => Some(date),
        }
    }

    fn period_days(&self) -> i64 {
        match self.0.freq {
            Frequency::Weekly => 7,
            Frequency::Monthly => 31,
            Frequency::Yearly => 366,
            _ => 1,
        }
    }

    /// So many of the rule's own periods later.
    fn later(&self, first: Date, periods: i64) -> Option<Date> {
        let periods = periods.checked_mul(self.0.interval.into())?;
        let span = jiff::Span::new();
        let span = match self.0.freq {
            Frequency::Weekly => span.try_weeks(periods),
            Frequency::Monthly => span.try_months(periods),
            Frequency::Yearly => span.try_years(periods),
            _ => span.try_days(periods),
        };
        first.checked_add(span.ok()?).ok()
    }

    /// The last period of the rule that begins before `from`'s, or the first of all.
    fn skipped_to(&self, first: Date, from: Date) -> Date {
        let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
        let passed = match self.0.freq {
            Frequency::Weekly => days_between(first, from) / 7,
            Frequency::Monthly => months(from) - months(first),
            Frequency::Yearly => i64::from(from.year()) - i64::from(first.year()),
            _ => days_between(first, from),
        };
        let rounds = passed / i64::from(self.0.interval) - 1;
        self.later(first, rounds.max(0)).unwrap_or(first)
    }
}

fn days_between(earlier: Date, later: Date) -> i64 {
    later.duration_since(earlier).as_hours() / 24
}

fn weekday(day: Weekday) -> IcalRecurWeekday {
    match day {
        Weekday::Sunday => IcalRecurWeekday::Sunday,
        Weekday::Monday => IcalRecurWeekday::Monday,
        Weekday::Tuesday => IcalRecurWeekday::Tuesday,
        Weekday::Wednesday => IcalRecurWeekday::Wednesday,
        Weekday::Thursday => IcalRecurWeekday::Thursday,
        Weekday::Friday => IcalRecurWeekday::Friday,
        Weekday::Saturday => IcalRecurWeekday::Saturday,
    }
}

fn at(local: DateTime) -> IcalRecurDateTime {
    let part = |part: i8| u8::try_from(part).unwrap_or_default();
    IcalRecurDateTime {
        year: local.year().into(),
        month: part(local.month()),
        day: part(local.day()),
        hour: part(local.hour()),
        minute: part(local.minute()),
        second: part(local.second()),
    }
}

/// A leap second is the last ordinary one.
fn civil(at: IcalRecurDateTime) -> Option<DateTime> {
    let part = |part: u8| i8::try_from(part).ok();
    DateTime::new(
        i16::try_from(at.year).ok()?,
        part(at.month)?,
        part(at.day)?,
        part(at.hour)?,
        part(at.minute)?,
        part(at.second.min(59))?,
        0,
    )
    .ok()
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
            let ended: Rule = rule.parse().unwrap();
            let ended = ended.with_end(at(&start), &mut 0).unwrap().to_string();
            assert_eq!(starts(&ended, &start, expected.len()), expected, "{ended}");
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
