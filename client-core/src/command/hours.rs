//! Which times of day: "after 2pm", "between 2 and 4", "in the mornings", "at 14:30".
//!
//! An exact time means that the meeting begins then: earliest is that time, and
//! latest that time and the length.

use jiff::civil::Time;

use super::{
    clock::{self, Clock, Half, Hint},
    duration::{self, Length},
    error::CommandError,
    tokens::Cursor,
    understood::TimeOfDay,
};

/// How far "around three" reaches on both sides.
pub const AROUND_MINUTES: u32 = 30;
const DAY_MINUTES: u32 = 24 * 60;

/// A part of the day, in minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) hint: Hint,
}

const fn part(from: u32, to: u32, hint: Hint) -> Part {
    let (from, to) = (from * 60, to * 60);
    Part { from, to, hint }
}

pub(super) const EVENING: Part = part(17, 22, Hint::Evening);
pub(super) const LUNCH: Part = part(12, 14, Hint::None);

const PARTS: &[(&str, Part)] = &[
    ("early morning", part(6, 9, Hint::Morning)),
    ("late morning", part(10, 12, Hint::Morning)),
    ("morning", part(6, 12, Hint::Morning)),
    ("mornings", part(6, 12, Hint::Morning)),
    ("early afternoon", part(12, 15, Hint::None)),
    ("late afternoon", part(15, 18, Hint::None)),
    ("afternoon", part(12, 18, Hint::None)),
    ("afternoons", part(12, 18, Hint::None)),
    ("early evening", part(17, 19, Hint::Evening)),
    ("late evening", part(19, 22, Hint::Evening)),
    ("evening", EVENING),
    ("evenings", EVENING),
    ("night", EVENING),
    ("lunchtime", LUNCH),
    ("lunch time", LUNCH),
    ("lunch break", LUNCH),
];
const AROUND_MEALS: &[(&str, Part)] = &[
    ("before lunch", part(0, 12, Hint::None)),
    ("after lunch", part(13, 24, Hint::None)),
    ("after work", part(17, 22, Hint::Evening)),
    ("over lunch", LUNCH),
    ("during lunch", LUNCH),
];

/// Something said about the time of day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hours {
    At(Clock),
    AtMinute(u32),
    Around(Clock),
    After(Clock),
    Before(Clock),
    /// Like `Before`; beside "at 10" the end of the meeting.
    Until(Clock),
    Between(Clock, Clock),
    /// "At 10 until 11:30": the meeting itself.
    Slot(Clock, Clock),
    Part(Part, String),
}

/// Reads what is said about the time of day here.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Option<Hours> {
    between(cursor)
        .or_else(|| bounded(cursor))
        .or_else(|| named(cursor))
        .or_else(|| {
            cursor
                .attempt(|c| {
                    let at = c.word(&["at"]).or_else(|| c.mark(&['@']).map(|_| ()));
                    match at {
                        Some(()) => clock::any(c),
                        None => clock::explicit(c),
                    }
                })
                .map(Hours::At)
        })
}

/// A part of the day by its name.
pub(super) fn named(cursor: &mut Cursor<'_>) -> Option<Hours> {
    let start = *cursor;
    let part = cursor.attempt(|c| {
        let find = |c: &mut Cursor<'_>, parts: &[(&str, Part)]| {
            parts
                .iter()
                .find_map(|(name, part)| c.phrase(name).map(|()| *part))
        };
        if let Some(part) = find(c, AROUND_MEALS) {
            return Some(part);
        }
        c.word(&["in", "during", "at", "on", "over"]);
        c.word(&["the"]);
        find(c, PARTS)
    })?;
    Some(Hours::Part(part, start.source_to(cursor).to_owned()))
}

const TO: &[&str] = &["to", "until", "till", "through"];
const DASHES: &[char] = &['-', '–', '—', '−', '~'];

fn connector(cursor: &mut Cursor<'_>, and: bool) -> Option<()> {
    if and && cursor.word(&["and"]).is_some() {
        return Some(());
    }
    cursor.word(TO).or_else(|| cursor.mark(DASHES).map(|_| ()))
}

/// "between 2 and 4pm", "from ten to three", "14:00-16:00", "2-4pm".
fn between(cursor: &mut Cursor<'_>) -> Option<Hours> {
    cursor.attempt(|c| {
        let between = c.word(&["between"]).is_some();
        let at = c.word(&["at"]).is_some();
        let announced = between || c.word(&["from"]).is_some();
        let pair = |c: &mut Cursor<'_>, first: fn(&mut Cursor<'_>) -> Option<Clock>| {
            c.attempt(|c| {
                let from = first(c)?;
                connector(c, between)?;
                let sure = clock::explicit(c);
                let to = match sure.clone() {
                    Some(to) => to,
                    None => clock::bare(c)?,
                };
                Some((from, to, sure.is_some()))
            })
        };
        // "From ten to three" are two times, "at ten to three" is one.
        if at {
            let one = if c.sees(clock::explicit) {
                clock::explicit
            } else {
                clock::bare
            };
            return pair(c, one).map(|(from, to, _)| Hours::Slot(from, to));
        }
        if let Some((from, to, sure)) = pair(c, clock::bare) {
            return (announced || sure).then_some(Hours::Between(from, to));
        }
        pair(c, clock::explicit).map(|(from, to, _)| Hours::Between(from, to))
    })
}

fn bounded(cursor: &mut Cursor<'_>) -> Option<Hours> {
    const AFTER: &[&str] = &[
        "not before",
        "no earlier than",
        "not earlier than",
        "starting at",
        "starting from",
        "any time after",
        "anytime after",
        "after",
        "from",
        "past",
    ];
    const BEFORE: &[&str] = &[
        "not after",
        "no later than",
        "not later than",
        "up to",
        "ending by",
        "any time before",
        "anytime before",
        "before",
        "by",
    ];
    const AROUND: &[&str] = &[
        "at around",
        "at about",
        "around",
        "approximately",
        "roughly",
        "circa",
    ];
    let after = cursor.attempt(|c| {
        let clock = c.one_of(AFTER).and_then(|()| clock::any(c))?;
        // "From 2 to 4 hours" is no time of day.
        let length = |c: &mut Cursor<'_>| connector(c, true).and_then(|()| duration::parse(c));
        (!c.sees(length)).then_some(clock)
    });
    if let Some(clock) = after {
        cursor.attempt(|c| {
            c.one_of(&["on", "onwards", "onward"])
                .filter(|()| c.is_done())
        });
        return Some(Hours::After(clock));
    }
    if let Some(clock) = cursor.attempt(|c| c.one_of(BEFORE).and_then(|()| clock::any(c))) {
        return Some(Hours::Before(clock));
    }
    if let Some(clock) =
        cursor.attempt(|c| c.one_of(&["until", "till"]).and_then(|()| clock::any(c)))
    {
        return Some(Hours::Until(clock));
    }
    if let Some(clock) = cursor.attempt(|c| c.one_of(AROUND).and_then(|()| clock::any(c))) {
        return Some(Hours::Around(clock));
    }
    let about = cursor.attempt(|c| c.word(&["about"]).and_then(|()| clock::explicit(c)));
    about.map(Hours::Around)
}

/// The times of day of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Times {
    pub(super) earliest: Option<u32>,
    pub(super) latest: Option<u32>,
    /// Whether the beginning is given exactly.
    pub(super) exact: bool,
    pub(super) said: TimeOfDay,
}

/// Which part of the day is spoken of.
fn hint(hours: &[Hours], usual: Option<Part>) -> Hint {
    let said = hours.iter().find_map(|said| match said {
        Hours::Part(part, _) if part.hint != Hint::None => Some(part.hint),
        _ => None,
    });
    said.or(usual.map(|part| part.hint)).unwrap_or_default()
}

/// The length that "at 10 until 11:30" gives, also with other words between the two, and its words.
pub(super) fn length(hours: &[Hours], usual: Option<Part>) -> Result<Option<Length>, CommandError> {
    for said in hours {
        let (from, to) = match (said, at(hours)) {
            (Hours::Slot(from, to), _) | (Hours::Until(to), Some(from)) => (from, to),
            _ => continue,
        };
        let (first, last) = range(from, to, hint(hours, usual))?;
        let minutes = last.saturating_sub(first);
        return Ok(Some(Length::new(minutes, said.text())));
    }
    Ok(None)
}

fn at(hours: &[Hours]) -> Option<&Clock> {
    hours.iter().find_map(|said| match said {
        Hours::At(at) => Some(at),
        _ => None,
    })
}

/// Brings together all that was said; `usual` holds where nothing was.
pub(super) fn resolve(
    hours: &[Hours],
    minutes: u32,
    usual: Option<Part>,
) -> Result<Times, CommandError> {
    let hint = hint(hours, usual);
    let mut times = Times {
        said: said(hours, usual),
        ..Times::default()
    };
    let mut exact: Option<(u32, &Hours)> = None;
    for said in hours {
        let (from, to) = match said {
            Hours::At(_) | Hours::AtMinute(_) | Hours::Slot(..) => {
                let at = said.begin(hint)?;
                if let Some((_, other)) = exact.filter(|(other, _)| *other != at) {
                    return Err(contradiction(other, said));
                }
                exact = Some((at, said));
                continue;
            }
            Hours::Around(clock) => {
                let at = clock.minutes(hint)?;
                (
                    at.saturating_sub(AROUND_MINUTES),
                    at + AROUND_MINUTES + minutes,
                )
            }
            Hours::After(clock) => (clock.minutes(hint)?, DAY_MINUTES),
            Hours::Before(clock) => (0, clock.minutes(hint)?),
            Hours::Until(to) => {
                let end = match at(hours) {
                    Some(at) => range(at, to, hint)?.1,
                    None => to.minutes(hint)?,
                };
                (0, end)
            }
            Hours::Between(from, to) => range(from, to, hint)?,
            Hours::Part(part, _) => (part.from, part.to),
        };
        times.earliest = times.earliest.max(Some(from).filter(|from| *from > 0));
        let to = Some(to).filter(|to| *to < DAY_MINUTES);
        times.latest = [times.latest, to].into_iter().flatten().min();
    }
    if let Some((at, said)) = exact {
        if at < times.earliest.unwrap_or(0)
            || times.latest.is_some_and(|latest| at + minutes > latest)
        {
            let other = hours.iter().find(|other| {
                !matches!(other, Hours::At(_) | Hours::AtMinute(_) | Hours::Slot(..))
            });
            return Err(contradiction(other.unwrap_or(said), said));
        }
        let end = at + minutes;
        if end >= DAY_MINUTES {
            return Err(CommandError::PastMidnight {
                start: shown(at),
                minutes,
            });
        }
        return Ok(Times {
            earliest: Some(at),
            latest: Some(end),
            exact: true,
            ..times
        });
    }
    if let (true, Some(part)) = (hours.is_empty(), usual) {
        let to = part.to.max(part.from + minutes);
        times.earliest = Some(part.from);
        times.latest = Some(to).filter(|to| *to < DAY_MINUTES);
    }
    let (from, to) = (
        times.earliest.unwrap_or(0),
        times.latest.unwrap_or(DAY_MINUTES),
    );
    if let (true, [first, .., last]) = (to <= from, hours) {
        return Err(contradiction(first, last));
    }
    if to < from + minutes {
        let latest = if to == DAY_MINUTES {
            "midnight".to_owned()
        } else {
            shown(to)
        };
        return Err(CommandError::HoursTooShort {
            earliest: shown(from),
            latest,
            minutes,
        });
    }
    Ok(times)
}

fn said(hours: &[Hours], usual: Option<Part>) -> TimeOfDay {
    if hours.iter().any(Hours::is_by_the_clock) {
        TimeOfDay::Exact
    } else if hours.is_empty() && usual.is_none() {
        TimeOfDay::Unsaid
    } else {
        TimeOfDay::Loose
    }
}

/// "10-2pm" begins in the morning, "2-4pm" in the afternoon, "9 to 5" ends in the afternoon.
fn range(from: &Clock, to: &Clock, hint: Hint) -> Result<(u32, u32), CommandError> {
    let mut last = to.minutes(hint)?;
    let first = match (from.half(), to.half()) {
        (None, Some(half)) => {
            let other = if half == Half::Pm { Half::Am } else { Half::Pm };
            let same = from
                .with_half(half)
                .minutes(hint)
                .ok()
                .filter(|first| *first < last);
            match same {
                Some(first) => first,
                None => from
                    .with_half(other)
                    .minutes(hint)
                    .or_else(|_| from.minutes(hint))?,
            }
        }
        _ => from.minutes(hint)?,
    };
    if last <= first && to.half().is_none() && last + 12 * 60 < DAY_MINUTES && last <= 12 * 60 {
        last += 12 * 60;
    }
    Ok((first, last))
}

fn contradiction(first: &Hours, second: &Hours) -> CommandError {
    CommandError::Contradiction {
        first: first.text(),
        second: second.text(),
    }
}

impl Hours {
    fn begin(&self, hint: Hint) -> Result<u32, CommandError> {
        match self {
            Self::At(clock)
            | Self::Around(clock)
            | Self::After(clock)
            | Self::Before(clock)
            | Self::Until(clock) => clock.minutes(hint),
            Self::Between(from, to) | Self::Slot(from, to) => Ok(range(from, to, hint)?.0),
            Self::AtMinute(minute) => Ok(*minute),
            Self::Part(part, _) => Ok(part.from),
        }
    }

    /// Whether it says both when it begins and when it ends.
    fn is_by_the_clock(&self) -> bool {
        match self {
            Self::At(_)
            | Self::AtMinute(_)
            | Self::Around(_)
            | Self::Between(..)
            | Self::Slot(..) => true,
            Self::After(_) | Self::Before(_) | Self::Until(_) | Self::Part(..) => false,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::At(clock) => format!("at {}", clock.text()),
            Self::Around(clock) => format!("around {}", clock.text()),
            Self::After(clock) => format!("after {}", clock.text()),
            Self::Before(clock) => format!("before {}", clock.text()),
            Self::Until(clock) => format!("until {}", clock.text()),
            Self::Between(from, to) => format!("between {} and {}", from.text(), to.text()),
            Self::Slot(from, to) => format!("at {} to {}", from.text(), to.text()),
            Self::AtMinute(minute) => format!("at {}", shown(*minute)),
            Self::Part(_, text) => text.clone(),
        }
    }
}

/// Minutes since midnight as "14:30".
pub(super) fn shown(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Minutes since midnight as a time.
pub(super) fn time(minute: u32) -> Option<Time> {
    let (hour, minute) = (
        i8::try_from(minute / 60).ok()?,
        i8::try_from(minute % 60).ok()?,
    );
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tokens::tokens;

    fn read(text: &str, minutes: u32) -> Result<(String, String), CommandError> {
        let all = tokens(text);
        let mut cursor = Cursor::new(text, &all);
        let mut said = Vec::new();
        while let Some(hours) = parse(&mut cursor) {
            said.push(hours);
        }
        assert!(cursor.is_done(), "{text}");
        let times = resolve(&said, minutes, None)?;
        let show = |minute: Option<u32>| minute.map(shown).unwrap_or_default();
        Ok((show(times.earliest), show(times.latest)))
    }

    #[test]
    fn times_of_day_as_people_write_them() {
        for (text, earliest, latest) in [
            ("after 2pm", "14:00", ""),
            ("before noon", "", "12:00"),
            ("by 3", "", "15:00"),
            ("between 2 and 4pm", "14:00", "16:00"),
            ("from 10 to 2pm", "10:00", "14:00"),
            ("9am-5pm", "09:00", "17:00"),
            ("2-4pm", "14:00", "16:00"),
            ("14:00–16:30", "14:00", "16:30"),
            ("from ten to three", "10:00", "15:00"),
            ("from 9 to 5", "09:00", "17:00"),
            ("from 11-1pm", "11:00", "13:00"),
            ("at 10", "10:00", "10:30"),
            ("@ 3pm", "15:00", "15:30"),
            ("at ten to three", "14:50", "15:20"),
            ("around 3pm", "14:30", "16:00"),
            ("about 3pm", "14:30", "16:00"),
            ("in the morning", "06:00", "12:00"),
            ("afternoons", "12:00", "18:00"),
            ("late afternoon", "15:00", "18:00"),
            ("at lunchtime", "12:00", "14:00"),
            ("after lunch", "13:00", ""),
            ("in the evening at 7", "19:00", "19:30"),
            ("after 10 before 12", "10:00", "12:00"),
            ("not before 11", "11:00", ""),
        ] {
            let expected = (earliest.to_owned(), latest.to_owned());
            assert_eq!(read(text, 30), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(matches!(
            read("in the morning at 3pm", 30),
            Err(CommandError::Contradiction { .. })
        ));
        assert!(matches!(
            read("between 2 and 3pm", 90),
            Err(CommandError::HoursTooShort { .. })
        ));
        assert!(matches!(
            read("at 23:30", 60),
            Err(CommandError::PastMidnight { .. })
        ));
        assert!(matches!(
            read("at 25:00", 60),
            Err(CommandError::NoSuchTime { .. })
        ));
        assert!(matches!(
            read("from 16:00 to 14:00", 30),
            Err(CommandError::HoursTooShort { .. })
        ));
    }
}
