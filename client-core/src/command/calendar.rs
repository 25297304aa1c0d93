//! Dates and their arithmetic, with refusals that explain what would be right.

use jiff::civil::{Date, Weekday};

use super::error::CommandError;

/// The days of the week, their names and how they are written.
pub(super) const WEEKDAYS: [(Weekday, &str, &[&str]); 7] = [
    (Weekday::Monday, "Monday", &["monday", "mon"]),
    (Weekday::Tuesday, "Tuesday", &["tuesday", "tues", "tue"]),
    (
        Weekday::Wednesday,
        "Wednesday",
        &["wednesday", "weds", "wed"],
    ),
    (
        Weekday::Thursday,
        "Thursday",
        &["thursday", "thurs", "thur", "thu"],
    ),
    (Weekday::Friday, "Friday", &["friday", "fri"]),
    (Weekday::Saturday, "Saturday", &["saturday", "sat"]),
    (Weekday::Sunday, "Sunday", &["sunday", "sun"]),
];
/// The months, their names and how they are written.
pub(super) const MONTHS: [(&str, &[&str]); 12] = [
    ("January", &["january", "jan"]),
    ("February", &["february", "feb"]),
    ("March", &["march", "mar"]),
    ("April", &["april", "apr"]),
    ("May", &["may"]),
    ("June", &["june", "jun"]),
    ("July", &["july", "jul"]),
    ("August", &["august", "aug"]),
    ("September", &["september", "sept", "sep"]),
    ("October", &["october", "oct"]),
    ("November", &["november", "nov"]),
    ("December", &["december", "dec"]),
];

fn weekday_name(weekday: Weekday) -> &'static str {
    WEEKDAYS
        .iter()
        .find(|(day, _, _)| *day == weekday)
        .map_or("", |(_, name, _)| name)
}

/// The days from a date to the next such day, 0 to 6.
pub(super) fn days_until(base: Date, day: Weekday) -> i64 {
    let from = i64::from(base.weekday().to_monday_zero_offset());
    (i64::from(day.to_monday_zero_offset()) - from).rem_euclid(7)
}

/// The Monday of the week.
pub(super) fn monday(date: Date) -> Result<Date, CommandError> {
    plus(
        date,
        -i64::from(date.weekday().to_monday_zero_offset()),
        "Monday",
    )
}

/// So many days later.
pub(super) fn plus(date: Date, days: i64, text: &str) -> Result<Date, CommandError> {
    jiff::Span::new()
        .try_days(days)
        .and_then(|span| date.checked_add(span))
        .map_err(|_| CommandError::TooFar {
            to: format!("“{text}”"),
        })
}

/// The first day of a month, counted on from another.
pub(super) fn month_start(date: Date, months: i64, text: &str) -> Result<Date, CommandError> {
    jiff::Span::new()
        .try_months(months)
        .and_then(|span| date.first_of_month().checked_add(span))
        .map_err(|_| CommandError::TooFar {
            to: format!("“{text}”"),
        })
}

/// Refuses a date that is not on the day of the week that was named.
pub(super) fn agrees(date: Date, weekday: Option<Weekday>) -> Result<Date, CommandError> {
    match weekday {
        Some(found) if found != date.weekday() => Err(CommandError::WrongWeekday {
            date,
            actual: weekday_name(date.weekday()),
            found: weekday_name(found),
        }),
        _ => Ok(date),
    }
}

/// The next such day of whichever month has it.
pub(super) fn ordinal(day: u32, base: Date, text: &str) -> Result<Date, CommandError> {
    let wanted = i8::try_from(day)
        .ok()
        .filter(|day| (1..=31).contains(day))
        .ok_or_else(|| {
            let reason = "no month has more than 31 days".to_owned();
            CommandError::NoSuchDate {
                found: text.to_owned(),
                reason,
            }
        })?;
    for months in 0..4 {
        let first = month_start(base, months, text)?;
        if let Ok(date) = Date::new(first.year(), first.month(), wanted)
            && date >= base
        {
            return Ok(date);
        }
    }
    Err(CommandError::TooFar {
        to: format!("“{text}”"),
    })
}

/// A day of a month; without a year the next one from `base` on.
pub(super) fn calendar(
    day: u32,
    month: u32,
    year: Option<u32>,
    base: Date,
    text: &str,
) -> Result<Date, CommandError> {
    let refuse = |reason: String| CommandError::NoSuchDate {
        found: text.to_owned(),
        reason,
    };
    let number = i8::try_from(month)
        .ok()
        .filter(|month| (1..=12).contains(month));
    let Some(month) = number else {
        return Err(refuse("months run from 1 to 12".to_owned()));
    };
    let year = match year {
        Some(year) => i16::try_from(year).map_err(|_| refuse("years run up to 9999".to_owned()))?,
        None => {
            let over = (i64::from(month), i64::from(day))
                < (i64::from(base.month()), i64::from(base.day()));
            base.year().saturating_add(i16::from(over))
        }
    };
    let first = Date::new(year, month, 1).map_err(|_| refuse("years run up to 9999".to_owned()))?;
    let date = i8::try_from(day)
        .ok()
        .and_then(|day| Date::new(year, month, day).ok());
    date.ok_or_else(|| {
        let name = month_name(month);
        refuse(format!("{name} {year} has {} days", first.days_in_month()))
    })
}

/// The first day of a month; without a year the current one or the next from `base` on.
pub(super) fn named_month(month: u32, year: Option<u32>, base: Date) -> Result<Date, CommandError> {
    // The first of this month is over already, while the month is not.
    calendar(1, month, year, base.first_of_month(), "that month")
}

fn month_name(month: i8) -> &'static str {
    let index = usize::try_from(month)
        .ok()
        .and_then(|month| month.checked_sub(1));
    index
        .and_then(|index| MONTHS.get(index))
        .map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_date_without_a_year_is_the_next_of_its_kind() {
        let base = date(2026, 11, 21);
        let read = |day, month| calendar(day, month, None, base, "that day");
        assert_eq!(read(21, 11), Ok(date(2026, 11, 21)));
        assert_eq!(read(20, 11), Ok(date(2027, 11, 20)));
        assert_eq!(named_month(11, None, base), Ok(date(2026, 11, 1)));
        assert_eq!(named_month(10, None, base), Ok(date(2027, 10, 1)));
        assert_eq!(ordinal(31, base, "the 31st"), Ok(date(2026, 12, 31)));
    }

    #[test]
    fn the_end_of_the_calendar_is_no_panic() {
        assert!(plus(Date::MAX, 1, "then").is_err());
        assert!(plus(Date::MIN, i64::MIN, "then").is_err());
        assert!(month_start(Date::MAX, i64::MAX, "then").is_err());
    }
}
