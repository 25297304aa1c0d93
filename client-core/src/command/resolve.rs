//! From what is said about the days to a first and a last day.

use jiff::civil::Date;

use super::{
    calendar::{monday, month_start, named_month, plus},
    day::DayKind,
    error::{CommandError, day},
    window::{Shape, Stretch, Window},
};

/// How far ahead a meeting is sought when nobody said when.
pub const DEFAULT_DAYS_AHEAD: i64 = 14;
/// How far ahead a meeting may be: a year.
pub const FARTHEST_DAYS: i64 = 365;
/// How many days may be searched at once: three months.
pub const LONGEST_WINDOW_DAYS: i64 = 92;

/// Today, in the user's zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Today {
    pub(super) date: Date,
    /// The length that was asked for.
    pub(super) minutes: u32,
    /// Whether enough of the day is left for it.
    pub(super) left: bool,
    /// Whether who names this day of the week may mean today.
    pub(super) suits: bool,
}

/// Where "Tuesday" and "3 December" are counted from.
#[derive(Clone, Copy)]
struct Base {
    date: Date,
    weekday: Date,
}

type Bounds = (Option<Date>, Option<Date>);

impl Today {
    fn base(&self, from: Date) -> Result<Base, CommandError> {
        let date = from.max(self.date);
        let weekday = if date == self.date && !self.suits {
            plus(date, 1, "tomorrow")?
        } else {
            date
        };
        Ok(Base { date, weekday })
    }

    fn days(&self, stretch: &Stretch, base: Base) -> Result<(Date, Date), CommandError> {
        let week = |of: Date, shift: i64, first: i64, last: i64| {
            let start = plus(monday(of)?, shift.saturating_mul(7), "that week")?;
            Ok((
                plus(start, first, "that week")?,
                plus(start, last, "that week")?,
            ))
        };
        let month = |first: Date| Ok((first, first.last_of_month()));
        match stretch {
            Stretch::Day(day) => {
                let from = match day.kind {
                    DayKind::Weekday(_) => base.weekday,
                    _ => base.date,
                };
                let date = day.date(self.date, from)?;
                Ok((date, date))
            }
            Stretch::Week(shift) => week(self.date, *shift, 0, 6),
            Stretch::Weekend(0) => week(base.date, 0, 5, 6),
            Stretch::Weekend(shift) => week(self.date, *shift, 5, 6),
            Stretch::Month(shift) => month(month_start(self.date, *shift, "that month")?),
            Stretch::Named {
                month: number,
                year,
            } => month(named_month(*number, *year, base.date)?),
            Stretch::WeekOf(day) => week(day.date(self.date, base.date)?, 0, 0, 6),
            Stretch::Next(days) => {
                Ok((self.date, plus(self.date, *days, &format!("{days} days"))?))
            }
            Stretch::Over => {
                let yesterday = plus(self.date, -1, "yesterday")?;
                Ok((yesterday, yesterday))
            }
        }
    }

    fn bounds(&self, window: &Window, base: Base) -> Result<Bounds, CommandError> {
        let bounds = match &window.shape {
            Shape::Within(stretch) => {
                let (from, to) = self.days(stretch, base)?;
                (Some(from), Some(to))
            }
            Shape::Range(first, last) => {
                let (from, _) = self.days(first, base)?;
                // "Monday to Monday" is a week, "today until Saturday" may be one day.
                let gap = i64::from(first.floats() && last.floats());
                let next = plus(from, gap, "that range")?;
                let (_, to) = self.days(
                    last,
                    Base {
                        date: next.max(base.date),
                        weekday: next,
                    },
                )?;
                if to < from {
                    return Err(CommandError::Reversed { from, to });
                }
                (Some(from), Some(to))
            }
            Shape::OneOf(all) => {
                let days: Result<Vec<_>, _> = all.iter().map(|one| self.days(one, base)).collect();
                let (from, to) = joined(days?).ok_or_else(|| CommandError::SeparateDays {
                    words: window.text.clone(),
                })?;
                (Some(from), Some(to))
            }
            Shape::Until(stretch) => (None, Some(self.days(stretch, base)?.1)),
            Shape::Before(stretch) => {
                let next = plus(base.weekday, 1, "that week")?;
                let (first, _) = self.days(
                    stretch,
                    Base {
                        weekday: next,
                        ..base
                    },
                )?;
                (None, Some(plus(first, -1, "that day")?))
            }
            Shape::From(stretch) => (Some(self.days(stretch, base)?.0), None),
            Shape::After(stretch) => (
                Some(plus(self.days(stretch, base)?.1, 1, "that day")?),
                None,
            ),
        };
        Ok(bounds)
    }

    /// The first and the last day; what other words may place comes after what is fixed.
    pub(super) fn resolve(&self, windows: &[Window]) -> Result<(Date, Date), CommandError> {
        let (floating, fixed): (Vec<_>, Vec<_>) =
            windows.iter().partition(|window| window.floats());
        let mut bounds: Bounds = (None, None);
        let mut said: Option<&Window> = None;
        let start = self.base(self.date)?;
        for window in fixed {
            bounds = common(bounds, self.bounds(window, start)?);
            self.consistent(bounds, said, window)?;
            said = Some(window);
        }
        let base = self.base(bounds.0.unwrap_or(self.date))?;
        for window in floating {
            let own = self.bounds(window, base)?;
            if let (Some(from), Some(to), Some(first)) = (bounds.0, bounds.1, own.0)
                && first > to
                && self.date <= to
                && said.is_some_and(|said| !said.floats())
            {
                let from = from.max(self.date);
                return Err(if from == to {
                    contradiction(said, window)
                } else {
                    CommandError::DayNotWithin { from, to }
                });
            }
            bounds = common(bounds, own);
            self.consistent(bounds, said, window)?;
            said = Some(window);
        }
        self.checked(bounds)
    }

    fn consistent(
        &self,
        bounds: Bounds,
        said: Option<&Window>,
        window: &Window,
    ) -> Result<(), CommandError> {
        match bounds {
            (Some(from), Some(to)) if from > to => Err(contradiction(said, window)),
            _ => Ok(()),
        }
    }

    fn checked(&self, (from, to): Bounds) -> Result<(Date, Date), CommandError> {
        let today = self.date;
        let farthest = plus(today, FARTHEST_DAYS, "that day")?;
        let first = from.unwrap_or(today).max(today);
        let to = match to {
            Some(to) => to,
            None => plus(first, DEFAULT_DAYS_AHEAD, "that day")?,
        };
        if to < today {
            return Err(CommandError::Past { to, today });
        }
        if to > farthest {
            return Err(CommandError::TooFar { to: day(to) });
        }
        if plus(first, LONGEST_WINDOW_DAYS, "that day")? <= to {
            return Err(CommandError::TooManyDays { from: first, to });
        }
        if to == today && !self.left {
            return Err(CommandError::TodayOver {
                minutes: self.minutes,
            });
        }
        Ok((first, to))
    }
}

fn contradiction(first: Option<&Window>, second: &Window) -> CommandError {
    let text = |window: &Window| window.text.clone();
    CommandError::Contradiction {
        first: first.map_or_else(|| text(second), text),
        second: text(second),
    }
}

fn common(one: Bounds, other: Bounds) -> Bounds {
    let to = [one.1, other.1].into_iter().flatten().min();
    (one.0.max(other.0), to)
}

/// All of them as one stretch, when no day between them is missing.
fn joined(mut days: Vec<(Date, Date)>) -> Option<(Date, Date)> {
    days.sort_unstable();
    let mut days = days.into_iter();
    let first = days.next()?;
    days.try_fold(first, |(from, to), (next, last)| {
        (next <= to.tomorrow().ok()?).then_some((from, to.max(last)))
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::command::{
        tokens::{Cursor, tokens},
        window,
    };

    fn read(today: Date, left: bool, text: &str) -> Result<String, CommandError> {
        let all = tokens(text);
        let mut cursor = Cursor::new(text, &all);
        let mut said = Vec::new();
        while let Some(window) = window::parse(&mut cursor) {
            said.push(window);
            cursor.mark(&[',']);
        }
        assert!(
            cursor.is_done(),
            "{text}: {:?} of {said:?}",
            cursor.ahead(0)
        );
        let (from, to) = Today {
            date: today,
            minutes: 30,
            left,
            suits: left,
        }
        .resolve(&said)?;
        Ok(format!(
            "{}..{}",
            from.strftime("%m-%d"),
            to.strftime("%m-%d")
        ))
    }

    #[test]
    fn days_on_a_saturday() {
        for (text, days) in [
            ("", "11-21..12-05"),
            ("this week", "11-21..11-22"),
            ("next week", "11-23..11-29"),
            ("the week after next", "11-30..12-06"),
            ("this weekend", "11-21..11-22"),
            ("next weekend", "11-28..11-29"),
            ("next month", "12-01..12-31"),
            ("this month", "11-21..11-30"),
            ("the rest of the month", "11-21..11-30"),
            ("in December", "12-01..12-31"),
            ("in the next 10 days", "11-21..12-01"),
            ("within two weeks", "11-21..12-05"),
            ("over the next couple of days", "11-21..11-23"),
            ("in the next few days", "11-21..11-24"),
            ("in the next week", "11-21..11-28"),
            ("in two weeks", "11-30..12-06"),
            ("in three days", "11-24..11-24"),
            ("three days from now", "11-24..11-24"),
            ("in two weeks' time", "11-30..12-06"),
            ("by Friday", "11-21..11-27"),
            ("before Friday", "11-21..11-26"),
            ("until the 3rd", "11-21..12-03"),
            ("by the end of the week", "11-21..11-22"),
            ("by the end of next week", "11-21..11-29"),
            ("before the end of the month", "11-21..11-30"),
            ("from Monday", "11-23..12-07"),
            ("after Tuesday", "11-25..12-09"),
            ("after next week", "11-30..12-14"),
            ("Tuesday next week", "11-24..11-24"),
            ("next week on Thursday", "11-26..11-26"),
            ("in two weeks on Tuesday", "12-01..12-01"),
            ("Friday, 4 December", "12-04..12-04"),
            ("between Tuesday and Thursday", "11-24..11-26"),
            ("Tuesday to Thursday next week", "11-24..11-26"),
            ("Mon-Wed", "11-23..11-25"),
            ("Friday to Monday", "11-27..11-30"),
            ("Monday or Tuesday", "11-23..11-24"),
            ("Mon, Tue, Wed", "11-23..11-25"),
            ("today or tomorrow", "11-21..11-22"),
            ("1-5 December", "12-01..12-05"),
            ("Dec 1-5", "12-01..12-05"),
            ("Dec 1 – Dec 5, 2026", "12-01..12-05"),
            ("between 1 and 5 December", "12-01..12-05"),
            ("between the 1st and the 5th", "12-01..12-05"),
            ("from 28 December to 3 January", "12-28..01-03"),
            ("2026-12-01..2026-12-05", "12-01..12-05"),
            ("2026-12-01 to 2026-12-05", "12-01..12-05"),
            ("2026-11-01..2026-11-25", "11-21..11-25"),
            ("week of December 7", "12-07..12-13"),
            ("asap", "11-21..11-28"),
        ] {
            assert_eq!(
                read(date(2026, 11, 21), true, text),
                Ok(days.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn today_counts_while_enough_of_it_is_left() {
        let saturday = date(2026, 11, 21);
        assert_eq!(
            read(saturday, true, "Saturday"),
            Ok("11-21..11-21".to_owned())
        );
        assert_eq!(
            read(saturday, false, "Saturday"),
            Ok("11-28..11-28".to_owned())
        );
        assert_eq!(
            read(saturday, false, "today"),
            Err(CommandError::TodayOver { minutes: 30 })
        );
    }

    #[test]
    fn impossible_windows_are_refused() {
        let read = |text| read(date(2026, 11, 21), true, text).unwrap_err();
        assert!(matches!(
            read("2026-12-05..2026-12-01"),
            CommandError::Reversed { .. }
        ));
        assert!(matches!(read("yesterday"), CommandError::Past { .. }));
        assert!(matches!(read("last week"), CommandError::Past { .. }));
        assert!(matches!(
            read("2026-11-01..2026-11-20"),
            CommandError::Past { .. }
        ));
        assert!(matches!(read("2028-01-01"), CommandError::TooFar { .. }));
        assert!(matches!(
            read("in the next 99999999 days"),
            CommandError::TooFar { .. }
        ));
        assert!(matches!(
            read("2026-12-01..2027-06-01"),
            CommandError::TooManyDays { .. }
        ));
        assert!(matches!(
            read("Monday or Thursday"),
            CommandError::SeparateDays { .. }
        ));
        assert!(matches!(
            read("Friday this week"),
            CommandError::DayNotWithin { .. }
        ));
        assert!(matches!(
            read("tomorrow, Wednesday"),
            CommandError::Contradiction { .. }
        ));
        assert!(matches!(
            read("next week, in January"),
            CommandError::Contradiction { .. }
        ));
    }
}
