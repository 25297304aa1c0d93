//! One day: "tomorrow", "Tuesday", "next Tuesday", "3 December", "the 3rd", "2026-12-03", "3.12.2026".
//!
//! "On Tuesday" is the next one, today included while enough of it is left, and of its working
//! hours where no time of day is said; "next Tuesday" is the Tuesday of next week. A date without
//! a year is the next of its kind, today included. Weeks begin on Monday.

use jiff::civil::{Date, Weekday};

use super::{
    calendar::{MONTHS, WEEKDAYS, agrees, calendar, days_until, monday, ordinal, plus},
    clock, duration,
    error::CommandError,
    tokens::{Cursor, Kind},
};

/// A day as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) kind: DayKind,
    pub(super) text: String,
}

/// The ways to name a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayKind {
    /// So many days from today.
    Offset(i64),
    /// The first such day.
    Weekday(Weekday),
    /// The day of that week, counted from this one.
    WeekdayOf(Weekday, i64),
    /// A day of a month.
    Calendar {
        weekday: Option<Weekday>,
        day: u32,
        month: u32,
        year: Option<u32>,
    },
    /// A day of whichever month has it next.
    Ordinal { weekday: Option<Weekday>, day: u32 },
    /// "3/4/2027", both of which may be the month.
    Slashed {
        first: u32,
        second: u32,
        year: Option<u32>,
    },
}

fn dot(cursor: &mut Cursor<'_>) {
    // "Dec." and "Fri." are short, while "on Friday. With …" ends a sentence.
    let short = cursor.before().is_some_and(|token| token.folded.len() <= 5);
    cursor.attempt(|c| {
        c.glued()?;
        c.mark(&['.']).filter(|_| short)?;
        let more = c.glued().is_some() && c.sees(|c| c.mark(&['.']));
        (!more).then_some(())
    });
}

/// A day of the week.
pub(super) fn weekday(cursor: &mut Cursor<'_>) -> Option<Weekday> {
    let found = WEEKDAYS
        .iter()
        .find_map(|(day, _, names)| cursor.word(names).map(|()| *day));
    found.inspect(|_| dot(cursor))
}

/// A month, 1 to 12.
pub(super) fn month(cursor: &mut Cursor<'_>) -> Option<u32> {
    let found = MONTHS
        .iter()
        .zip(1..)
        .find_map(|((_, names), n)| cursor.word(names).map(|()| n));
    found.inspect(|_| dot(cursor))
}

/// A year, with or without a comma before it.
pub(super) fn year(cursor: &mut Cursor<'_>) -> Option<u32> {
    cursor.attempt(|c| {
        c.mark(&[',']);
        c.number()
            .filter(|(value, digits)| *digits == 4 && (1900..=9999).contains(value))
            .map(|(y, _)| y)
    })
}

/// A day here.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Option<Day> {
    let start = *cursor;
    let kind = relative(cursor)
        .or_else(|| numeric(cursor))
        .or_else(|| dated(cursor))
        .or_else(|| of_week(cursor))?;
    let text = start.source_to(cursor).to_owned();
    Some(Day { kind, text })
}

fn relative(cursor: &mut Cursor<'_>) -> Option<DayKind> {
    let words: [(&[&str], i64); 4] = [
        (
            &["the day after tomorrow", "day after tomorrow", "overmorrow"],
            2,
        ),
        (&["tomorrow", "tmrw", "tomorow", "tommorow", "tommorrow"], 1),
        (
            &[
                "the day before yesterday",
                "day before yesterday",
                "yesterday",
            ],
            -1,
        ),
        (&["today", "right now", "now"], 0),
    ];
    words
        .iter()
        .find_map(|(names, days)| cursor.one_of(names).map(|()| DayKind::Offset(*days)))
}

fn of_week(cursor: &mut Cursor<'_>) -> Option<DayKind> {
    cursor.attempt(|c| {
        c.word(&["the", "a"]);
        if c.word(&["next", "following"]).is_some() {
            return weekday(c).map(|day| DayKind::WeekdayOf(day, 1));
        }
        if c.word(&["last", "past", "previous"]).is_some() {
            return weekday(c).map(|_| DayKind::Offset(-1));
        }
        c.word(&["this", "coming"]);
        c.word(&["coming"]);
        weekday(c).map(DayKind::Weekday)
    })
}

/// "2026-12-03", "3.12.2026", "25/12", "3/4/2027".
fn numeric(cursor: &mut Cursor<'_>) -> Option<DayKind> {
    cursor.attempt(|c| {
        let weekday = weekday(c);
        c.mark(&[',']).filter(|_| weekday.is_some());
        c.word(&["the"]);
        let (first, digits) = c.number()?;
        c.glued()?;
        let mark = c.mark(&['-', '/', '.'])?;
        c.glued()?;
        let (second, _) = c.number().filter(|(_, digits)| *digits <= 2)?;
        let third = c.attempt(|c| {
            c.glued()?;
            c.mark(&[mark])?;
            c.glued()?;
            c.number()
        });
        match (digits, mark, third) {
            (4, '-' | '/', Some((day, 1..=2))) => Some(DayKind::Calendar {
                weekday,
                day,
                month: second,
                year: Some(first),
            }),
            (1..=2, '.' | '-', Some((year, 4))) => Some(DayKind::Calendar {
                weekday,
                day: first,
                month: second,
                year: Some(year),
            }),
            (1..=2, '/', third) => {
                let year = match third {
                    Some((year, 4)) => Some(year),
                    Some(_) => return None,
                    None => None,
                };
                if c.sees(duration::unit) || c.sees(|c| c.phrase("an hour")) {
                    return None;
                }
                Some(DayKind::Slashed {
                    first,
                    second,
                    year,
                })
            }
            _ => None,
        }
    })
}

/// "3 December", "December 3rd, 2026", "Friday the 3rd of December", "the 3rd".
fn dated(cursor: &mut Cursor<'_>) -> Option<DayKind> {
    cursor.attempt(|c| {
        let weekday = weekday(c);
        if weekday.is_some() {
            c.mark(&[',']);
        }
        let the = c.word(&["the"]).is_some();
        if let Some(month) = c.attempt(|c| month(c)) {
            c.word(&["the"]);
            let (day, _) = day_number(c)?;
            let year = year(c);
            return Some(DayKind::Calendar {
                weekday,
                day,
                month,
                year,
            });
        }
        let (day, ordinal) = day_number(c)?;
        let month = c.attempt(|c| {
            c.word(&["of"]);
            month(c)
        });
        match month {
            Some(month) => {
                let year = year(c);
                Some(DayKind::Calendar {
                    weekday,
                    day,
                    month,
                    year,
                })
            }
            None if ordinal && (the || weekday.is_some() || digits_before(c)) => {
                Some(DayKind::Ordinal { weekday, day })
            }
            None => None,
        }
    })
}

fn digits_before(cursor: &Cursor<'_>) -> bool {
    let two_back = cursor
        .position()
        .checked_sub(2)
        .map(|at| cursor.moved_to(at));
    two_back
        .and_then(|c| c.ahead(0))
        .is_some_and(|token| token.kind == Kind::Number)
}

const ORDINALS: [&str; 12] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
];

/// The number of a day that is neither a length nor a time of day, and whether it is an ordinal.
pub(super) fn day_number(cursor: &mut Cursor<'_>) -> Option<(u32, bool)> {
    cursor.attempt(|c| {
        if let Some(word) = c.attempt(|c| c.any_word()) {
            let position = ORDINALS.iter().position(|name| *name == word)?;
            // "the second Tuesday", "the first week" name something else.
            if c.sees(weekday) || c.sees(duration::unit) || c.sees(|c| c.word(&["weekend", "half"]))
            {
                return None;
            }
            let of = c.sees(|c| c.word(&["of"])) || c.sees(month) || c.is_done();
            return u32::try_from(position + 1)
                .ok()
                .filter(|_| of)
                .map(|day| (day, true));
        }
        if c.sees(clock::explicit) {
            return None;
        }
        let (day, _) = c.number().filter(|(_, digits)| *digits <= 2)?;
        let suffix = c.attempt(|c| {
            c.glued()?;
            c.word(&["st", "nd", "rd", "th"])
        });
        if suffix.is_none() {
            let dotted = c.attempt(|c| {
                c.glued()?;
                c.mark(&['.'])?;
                c.sees(month).then_some(())
            });
            let hyphen = c
                .ahead(0)
                .is_some_and(|t| t.kind == Kind::Mark('-') && t.glued)
                && c.ahead(1).is_some_and(|t| t.kind == Kind::Word)
                && !c.sees(|c| c.mark(&['-']).and_then(|_| month(c)));
            let glued = c.glued().is_some() && c.ahead(0).is_some_and(|t| t.kind == Kind::Word);
            if dotted.is_none() && (hyphen || (glued && !c.sees(month)) || c.sees(duration::unit)) {
                return None;
            }
        }
        Some((day, suffix.is_some()))
    })
}

impl Day {
    /// Whether it is a plain day of the week or of the month, which other words may place.
    pub(super) fn floats(&self) -> bool {
        matches!(self.kind, DayKind::Weekday(_) | DayKind::Ordinal { .. })
    }

    /// The date, not before `base` where there is a choice.
    pub(super) fn date(&self, today: Date, base: Date) -> Result<Date, CommandError> {
        let text = &self.text;
        match self.kind {
            DayKind::Offset(days) => plus(today, days, text),
            DayKind::Weekday(day) => plus(base, days_until(base, day), text),
            DayKind::WeekdayOf(day, weeks) => {
                let into = i64::from(day.to_monday_zero_offset());
                plus(monday(today)?, weeks * 7 + into, text)
            }
            DayKind::Calendar {
                weekday,
                day,
                month,
                year,
            } => {
                let date = calendar(day, month, year, base, text)?;
                agrees(date, weekday)
            }
            DayKind::Ordinal { weekday, day } => agrees(ordinal(day, base, text)?, weekday),
            DayKind::Slashed {
                first,
                second,
                year,
            } => {
                let read = |day, month| calendar(day, month, year, base, text);
                match (read(first, second), read(second, first)) {
                    (Ok(one), Ok(other)) if one != other => Err(CommandError::AmbiguousDate {
                        found: text.clone(),
                        first: one,
                        second: other,
                    }),
                    (Ok(date), _) | (Err(_), Ok(date)) => Ok(date),
                    (Err(error), Err(_)) => Err(error),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::command::tokens::tokens;

    /// On Saturday, 21 November 2026.
    fn read(text: &str) -> Option<Result<String, CommandError>> {
        let all = tokens(text);
        let mut cursor = Cursor::new(text, &all);
        let day = parse(&mut cursor)?;
        assert!(cursor.is_done(), "{text}");
        let today = date(2026, 11, 21);
        Some(day.date(today, today).map(|date| date.to_string()))
    }

    #[test]
    fn days_as_people_write_them() {
        for (text, day) in [
            ("today", "2026-11-21"),
            ("tomorrow", "2026-11-22"),
            ("the day after tomorrow", "2026-11-23"),
            ("Tuesday", "2026-11-24"),
            ("sat", "2026-11-21"),
            ("next Tuesday", "2026-11-24"),
            ("next Sunday", "2026-11-29"),
            ("this coming Friday", "2026-11-27"),
            ("Thurs.", "2026-11-26"),
            ("3 December", "2026-12-03"),
            ("3. December", "2026-12-03"),
            ("December 3rd", "2026-12-03"),
            ("Dec. 3, 2026", "2026-12-03"),
            ("the 3rd of December", "2026-12-03"),
            ("first of December", "2026-12-01"),
            ("the 3rd", "2026-12-03"),
            ("the 21st", "2026-11-21"),
            ("the 31st", "2026-12-31"),
            ("Thursday the 3rd", "2026-12-03"),
            ("Thu, 3 Dec", "2026-12-03"),
            ("20 November", "2027-11-20"),
            ("Feb 28", "2027-02-28"),
            ("2026-12-03", "2026-12-03"),
            ("2026/12/3", "2026-12-03"),
            ("3.12.2026", "2026-12-03"),
            ("25/12", "2026-12-25"),
            ("12/25/2026", "2026-12-25"),
            ("5/5/2027", "2027-05-05"),
            ("yesterday", "2026-11-20"),
        ] {
            assert_eq!(read(text), Some(Ok(day.to_owned())), "{text}");
        }
    }

    #[test]
    fn days_that_do_not_exist_are_explained() {
        for (text, reason) in [
            ("30 February", "February 2027 has 28 days"),
            ("29 February 2027", "February 2027 has 28 days"),
            ("31 November", "November 2026 has 30 days"),
            ("2026-02-30", "February 2026 has 28 days"),
            ("2026-13-01", "months run from 1 to 12"),
            ("the 32nd", "no month has more than 31 days"),
        ] {
            let (found, reason) = (text.to_owned(), reason.to_owned());
            assert_eq!(
                read(text),
                Some(Err(CommandError::NoSuchDate { found, reason }))
            );
        }
        assert!(matches!(
            read("Monday 3 December"),
            Some(Err(CommandError::WrongWeekday { .. }))
        ));
        assert!(matches!(
            read("3/4/2027"),
            Some(Err(CommandError::AmbiguousDate { .. }))
        ));
    }

    #[test]
    fn what_is_no_day() {
        for text in [
            "20 minutes",
            "the second Tuesday",
            "30-minute",
            "5",
            "may",
            "10:30",
            "1/2 hour",
        ] {
            let all = tokens(text);
            assert_eq!(parse(&mut Cursor::new(text, &all)), None, "{text}");
        }
    }
}
