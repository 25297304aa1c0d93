//! Several days: "next week", "between Tuesday and Thursday", "by Friday", "in the next 10 days".
//!
//! "This week" is today to Sunday, "next week" Monday to Sunday of next week,
//! "in two weeks" the whole week that is two weeks on, "in the next two weeks"
//! today to fourteen days ahead.

use super::{
    clock,
    day::{self, Day, DayKind},
    duration, number,
    tokens::Cursor,
};

/// "A few days", where nobody said how many.
const FEW_DAYS: i64 = 3;
/// How far "as soon as possible" reaches.
pub const SOON_DAYS: i64 = 7;

/// A named stretch of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stretch {
    Day(Day),
    /// Monday to Sunday, counted from this week.
    Week(i64),
    /// Saturday and Sunday, counted from this week.
    Weekend(i64),
    /// A calendar month, counted from this one.
    Month(i64),
    /// A calendar month by name.
    Named {
        month: u32,
        year: Option<u32>,
    },
    /// The week of a day.
    WeekOf(Day),
    /// Today to so many days ahead.
    Next(i64),
    /// Last week and the like.
    Over,
}

/// What is said about the days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Within(Stretch),
    Range(Stretch, Stretch),
    OneOf(Vec<Stretch>),
    Until(Stretch),
    Before(Stretch),
    From(Stretch),
    After(Stretch),
}

/// What is said about the days, and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) shape: Shape,
    pub(super) text: String,
}

/// Reads what is said about the days here.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Option<Window> {
    let start = *cursor;
    let shape = cursor.attempt(|c| range(c).or_else(|| bounded(c)).or_else(|| within(c)))?;
    let text = start.source_to(cursor).to_owned();
    Some(Window { shape, text })
}

const PREFIX: &[&str] = &[
    "some time on",
    "sometime on",
    "some time in",
    "sometime in",
    "some time",
    "sometime",
    "any time on",
    "anytime on",
    "any time",
    "anytime",
    "any day",
    "some day",
    "one day",
    "on",
    "for",
    "during",
    "in",
    "at",
    "over",
    "within",
    "of",
    "later",
];

fn within(cursor: &mut Cursor<'_>) -> Option<Shape> {
    cursor.attempt(|c| {
        if c.one_of(&["asap", "as soon as possible", "as soon as you can", "soon"])
            .is_some()
        {
            return Some(Shape::Within(Stretch::Next(SOON_DAYS)));
        }
        let first = counted(c).or_else(|| {
            let prefixed = c.one_of(PREFIX).is_some();
            stretch(c, prefixed)
        })?;
        if c.one_of(&["at the latest", "or earlier", "or before"])
            .is_some()
        {
            return Some(Shape::Until(first));
        }
        if c.one_of(&["at the earliest", "or later", "or after"])
            .is_some()
        {
            return Some(Shape::From(first));
        }
        let mut all = vec![first];
        while let Some(next) = c.attempt(|c| another(c, all.last()?)) {
            all.push(next);
        }
        if all.len() > 1 {
            return Some(Shape::OneOf(all));
        }
        all.pop().map(Shape::Within)
    })
}

/// "… or Wednesday", "Tuesday, Wednesday".
fn another(cursor: &mut Cursor<'_>, last: &Stretch) -> Option<Stretch> {
    let comma = cursor.mark(&[',', '/']).is_some();
    let and = cursor.word(&["and", "or"]).is_some() || cursor.mark(&['&']).is_some();
    if !comma && !and {
        return None;
    }
    let prefixed = cursor.word(&["on", "in"]).is_some();
    let next = stretch(cursor, prefixed)?;
    let plain = |stretch: &Stretch| matches!(stretch, Stretch::Day(day) if matches!(day.kind, DayKind::Weekday(_)));
    (and || (plain(last) && plain(&next))).then_some(next)
}

/// "in the next 10 days", "in two weeks", "three days from now".
fn counted(cursor: &mut Cursor<'_>) -> Option<Stretch> {
    cursor.attempt(|c| {
        let (days, months) = (["day", "days"], ["month", "months"]);
        let weeks = ["week", "weeks"];
        let announced = c
            .word(&["in", "within", "over", "during", "for", "sometime"])
            .is_some();
        let inside = c.before().is_some_and(|token| token.folded == "within") && announced;
        let the = c.word(&["the"]).is_some();
        let next = c.word(&["next", "coming", "following"]).is_some();
        if !next && !announced && !c.sees(from_now) {
            return None;
        }
        if next || inside {
            let count = number::count(c).map(i64::from);
            let days = if c.word(&days).is_some() {
                count.unwrap_or(FEW_DAYS)
            } else if c.word(&weeks).is_some() {
                if count.is_none() && !(announced && the) {
                    return None;
                }
                count.unwrap_or(1).saturating_mul(7)
            } else {
                c.word(&months)?;
                count?.saturating_mul(30)
            };
            return Some(Stretch::Next(days));
        }
        let count = i64::from(number::count(c)?);
        let stretch = if c.word(&days).is_some() {
            let text = format!("in {count} days");
            Stretch::Day(Day {
                kind: DayKind::Offset(count),
                text,
            })
        } else if c.word(&weeks).is_some() {
            Stretch::Week(count)
        } else {
            c.word(&months)?;
            Stretch::Month(count)
        };
        c.one_of(&["from now", "from today"]);
        // "in two weeks' time"
        c.mark(&['\'', '’']);
        c.word(&["time"]);
        Some(stretch)
    })
}

fn from_now(cursor: &mut Cursor<'_>) -> Option<()> {
    number::count(cursor)?;
    cursor.word(&["day", "days", "week", "weeks", "month", "months"])?;
    cursor.one_of(&["from now", "from today"])
}

/// A named stretch; month names that are also people's or verbs need to be announced.
fn stretch(cursor: &mut Cursor<'_>, announced: bool) -> Option<Stretch> {
    cursor
        .attempt(|c| {
            week_of(c)
                .or_else(|| period(c))
                .or_else(|| named(c, announced))
        })
        .or_else(|| day::parse(cursor).map(Stretch::Day))
}

fn week_of(cursor: &mut Cursor<'_>) -> Option<Stretch> {
    cursor.attempt(|c| {
        c.word(&["the"]);
        c.one_of(&[
            "week of",
            "week commencing",
            "week beginning",
            "week starting",
        ])?;
        c.word(&["on"]);
        day::parse(c).map(Stretch::WeekOf)
    })
}

fn period(cursor: &mut Cursor<'_>) -> Option<Stretch> {
    cursor.attempt(|c| {
        let rest = c
            .one_of(&["the rest of", "rest of", "the remainder of", "all of"])
            .is_some();
        c.word(&["later", "all"]);
        let the = c.word(&["the"]).is_some();
        let shift = if c
            .one_of(&["this coming", "coming", "next", "following"])
            .is_some()
        {
            Some(1)
        } else if c.word(&["this", "current"]).is_some() {
            Some(0)
        } else if c.word(&["last", "past", "previous"]).is_some() {
            Some(-1)
        } else {
            None
        };
        let unit = c.any_word()?;
        let shift = match shift {
            Some(-1) if matches!(unit, "weekend" | "week" | "month") => return Some(Stretch::Over),
            None if c.phrase("after next").is_some() => 2,
            // "The week" alone is no particular one.
            None if unit == "weekend" || (rest && the) => 0,
            shift => shift?,
        };
        match unit {
            "weekend" => Some(Stretch::Weekend(shift)),
            "week" => Some(Stretch::Week(shift)),
            "month" => Some(Stretch::Month(shift)),
            _ => None,
        }
    })
}

fn named(cursor: &mut Cursor<'_>, announced: bool) -> Option<Stretch> {
    cursor.attempt(|c| {
        let this = c.word(&["this", "next"]).is_some();
        let month = day::month(c)?;
        let doubtful = matches!(month, 3..=6 | 8) || c.before().is_some_and(|t| t.folded.len() < 4);
        if c.sees(day::day_number) || (doubtful && !announced && !this) {
            return None;
        }
        let year = day::year(c);
        Some(Stretch::Named { month, year })
    })
}

/// "from Dec 1 to Dec 5", "between the 1st and the 5th", "Mon-Wed", "1-5 December".
fn range(cursor: &mut Cursor<'_>) -> Option<Shape> {
    cursor.attempt(|c| {
        c.word(&["on", "for", "any"]);
        c.one_of(&["some time", "sometime", "time", "day"]);
        let between = c.word(&["between"]).is_some();
        let announced = between || c.word(&["from"]).is_some();
        let first_month = c.attempt(|c| {
            c.word(&["the"]);
            let start = *c;
            let (day, _) = day::day_number(c)?;
            let text = start.source_to(c).to_owned();
            connector(c, between)?;
            let last = day::parse(c)?;
            let DayKind::Calendar { month, year, .. } = last.kind else {
                return None;
            };
            let kind = DayKind::Calendar {
                weekday: None,
                day,
                month,
                year,
            };
            let text = format!("{text} {}", month_of(&last));
            Some((Day { kind, text }, last))
        });
        if let Some((first, last)) = first_month {
            return Some(Shape::Range(Stretch::Day(first), Stretch::Day(last)));
        }
        let first = stretch(c, announced)?;
        connector(c, between)?;
        if let Stretch::Day(Day {
            kind: DayKind::Calendar { month, .. },
            ..
        }) = &first
        {
            let same_month = c.attempt(|c| {
                let start = *c;
                c.word(&["the"]);
                if c.sees(day::parse) && !c.sees(|c| day::parse(c).filter(Day::floats)) {
                    return None;
                }
                let (day, ordinal) = day::day_number(c)?;
                if !ordinal && (c.sees(clock_tail) || c.sees(duration::unit)) {
                    return None;
                }
                let year = day::year(c);
                let kind = DayKind::Calendar {
                    weekday: None,
                    day,
                    month: *month,
                    year,
                };
                let text = start.source_to(c).to_owned();
                Some(Day { kind, text })
            });
            if let Some(last) = same_month {
                return Some(Shape::Range(first, Stretch::Day(last)));
            }
        }
        let last = stretch(c, true)?;
        Some(Shape::Range(first, last))
    })
}

fn clock_tail(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor
        .word(&["am", "pm", "o'clock"])
        .or_else(|| clock::explicit(cursor).map(|_| ()))
}

fn month_of(day: &Day) -> String {
    day.text
        .chars()
        .filter(|c| c.is_alphabetic() || *c == ' ')
        .collect::<String>()
        .trim()
        .to_owned()
}

fn connector(cursor: &mut Cursor<'_>, and: bool) -> Option<()> {
    cursor.attempt(|c| {
        if and && c.word(&["and"]).is_some() {
            return Some(());
        }
        let dots = c.attempt(|c| {
            c.mark(&['.'])?;
            c.glued()?;
            c.mark(&['.'])?;
            c.mark(&['.']);
            Some(())
        });
        dots.or_else(|| c.word(&["to", "until", "till", "til", "through", "thru"]))
            .or_else(|| c.mark(&['-', '–', '—', '−', '…', '/']).map(|_| ()))
    })
}

/// "by Friday", "before the 5th", "from Monday on", "after next week".
fn bounded(cursor: &mut Cursor<'_>) -> Option<Shape> {
    cursor.attempt(|c| {
        c.one_of(&["any time", "anytime", "some time", "sometime", "starting"]);
        let end_of = |c: &mut Cursor<'_>| {
            c.one_of(&["the end of", "end of"]).map(|()| {
                c.attempt(|c| {
                    c.word(&["the"]);
                    c.word(&["day"])
                });
            })
        };
        if c.one_of(&[
            "no later than",
            "not later than",
            "by",
            "until",
            "till",
            "til",
            "up to",
        ])
        .is_some()
        {
            let stretch = match end_of(c) {
                Some(()) => end(c)?,
                None => stretch(c, true)?,
            };
            c.phrase("at the latest");
            return Some(Shape::Until(stretch));
        }
        if c.one_of(&["before", "not after"]).is_some() {
            let inclusive = c.before().is_some_and(|token| token.folded == "after");
            if end_of(c).is_some() {
                return Some(Shape::Until(end(c)?));
            }
            let stretch = stretch(c, true)?;
            return Some(if inclusive {
                Shape::Until(stretch)
            } else {
                Shape::Before(stretch)
            });
        }
        if c.one_of(&[
            "not before",
            "not until",
            "no earlier than",
            "not earlier than",
            "no sooner than",
            "from",
            "starting on",
            "starting",
            "as of",
        ])
        .is_some()
        {
            let stretch = stretch(c, true)?;
            c.attempt(|c| {
                c.word(&["on", "onwards", "onward"])
                    .filter(|()| !c.sees(day::parse))
            });
            return Some(Shape::From(stretch));
        }
        c.one_of(&["after"])?;
        stretch(c, true).map(Shape::After)
    })
}

/// What "the end of" may be followed by: "the week", "this month", "Friday", or nothing for today.
fn end(cursor: &mut Cursor<'_>) -> Option<Stretch> {
    if let Some(stretch) = stretch(cursor, true) {
        return Some(stretch);
    }
    cursor.attempt(|c| {
        let day = c.before().is_some_and(|token| token.folded == "day");
        c.word(&["the"]);
        if c.word(&["week"]).is_some() {
            return Some(Stretch::Week(0));
        }
        if c.word(&["month"]).is_some() {
            return Some(Stretch::Month(0));
        }
        let text = "today".to_owned();
        day.then_some(Stretch::Day(Day {
            kind: DayKind::Offset(0),
            text,
        }))
    })
}

impl Stretch {
    /// Whether other words may place it: "Tuesday" in "Tuesday next week".
    pub(super) fn floats(&self) -> bool {
        match self {
            Self::Day(day) => day.floats(),
            Self::Weekend(shift) => *shift == 0,
            _ => false,
        }
    }
}

impl Window {
    /// Whether it names days one by one, and not a stretch of them.
    pub(super) fn names_days(&self) -> bool {
        let named = |stretch: &Stretch| matches!(stretch, Stretch::Day(_) | Stretch::Weekend(_));
        match &self.shape {
            Shape::Within(one) => named(one),
            Shape::OneOf(all) => all.iter().all(named),
            Shape::Range(..)
            | Shape::Until(_)
            | Shape::Before(_)
            | Shape::From(_)
            | Shape::After(_) => false,
        }
    }

    /// Whether other words may place all of it.
    pub(super) fn floats(&self) -> bool {
        match &self.shape {
            Shape::Within(one)
            | Shape::Until(one)
            | Shape::Before(one)
            | Shape::From(one)
            | Shape::After(one) => one.floats(),
            Shape::Range(first, last) => first.floats() && last.floats(),
            Shape::OneOf(all) => all.iter().all(Stretch::floats),
        }
    }
}
