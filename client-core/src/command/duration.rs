//! How long: "30m", "1h30m", "1.5 hours", "an hour and a half", "three quarters of an hour".

use super::{
    error::CommandError,
    number,
    tokens::{Cursor, Kind, tokens},
};

/// Below it a meeting is not worth the messages that arrange it.
pub const SHORTEST_MINUTES: u32 = 5;
/// A working day; what is longer is no meeting.
pub const LONGEST_MINUTES: u32 = 8 * 60;

/// A length as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Length {
    minutes: u64,
    text: String,
}

impl Length {
    pub(super) fn new(minutes: u32, text: String) -> Self {
        let minutes = u64::from(minutes);
        Self { minutes, text }
    }

    /// The minutes, within bounds.
    pub(super) fn checked(&self) -> Result<u32, CommandError> {
        u32::try_from(self.minutes)
            .ok()
            .filter(|minutes| (SHORTEST_MINUTES..=LONGEST_MINUTES).contains(minutes))
            .ok_or_else(|| CommandError::DurationOutOfRange {
                found: self.text.clone(),
            })
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.minutes == other.minutes
    }

    /// The minutes, when they are no more than a few days.
    pub(super) fn within_days(&self) -> Option<u64> {
        (self.minutes > 0 && self.minutes < 3 * 24 * 60).then_some(self.minutes)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Reads a text that is a length and nothing else.
pub(super) fn whole(text: &str) -> Result<u32, CommandError> {
    let all = tokens(text);
    let mut cursor = Cursor::new(text, &all);
    match parse(&mut cursor) {
        Some(length) if cursor.is_done() => length.checked(),
        _ => Err(CommandError::DurationNotUnderstood {
            found: text.trim().to_owned(),
        }),
    }
}

/// A length as all sentences write it: "30 minutes", "1 hour", "1 hour 30 minutes".
pub(crate) fn shown(minutes: u32) -> String {
    let count = |count: u32, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    match (minutes / 60, minutes % 60) {
        (0, minutes) => count(minutes, "minute"),
        (hours, 0) => count(hours, "hour"),
        (hours, minutes) => format!("{} {}", count(hours, "hour"), count(minutes, "minute")),
    }
}

/// A length here.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Option<Length> {
    let start = *cursor;
    let minutes = fractions(cursor).or_else(|| sum(cursor))?;
    let text = start.source_to(cursor).to_owned();
    Some(Length { minutes, text })
}

const HOUR: &[&str] = &["hour", "hr", "h"];
const HOURS: &[&str] = &["hours", "hour", "hrs", "hr", "h"];
const MINUTES: &[&str] = &["minutes", "minute", "mins", "min", "m"];
const HYPHENS: &[char] = &['-', '\u{2010}', '\u{2011}'];

/// Words that make a number before them a length, so not a day or a time of day.
pub(super) fn unit(cursor: &mut Cursor<'_>) -> Option<u64> {
    let scale = |c: &mut Cursor<'_>, names: &[&str], minutes| c.word(names).map(|()| minutes);
    scale(cursor, HOURS, 60)
        .or_else(|| scale(cursor, MINUTES, 1))
        .or_else(|| scale(cursor, &["day", "days"], 24 * 60))
        .or_else(|| scale(cursor, &["week", "weeks"], 7 * 24 * 60))
        .or_else(|| scale(cursor, &["month", "months"], 30 * 24 * 60))
}

/// "half an hour", "three quarters of an hour", "a quarter of an hour".
fn fractions(cursor: &mut Cursor<'_>) -> Option<u64> {
    cursor.attempt(|c| {
        let minutes = if c.one_of(&["three quarters", "3 quarters"]).is_some() {
            45
        } else {
            c.word(&["a", "one"]);
            if c.word(&["half"]).is_some() {
                30
            } else {
                c.word(&["quarter"])?;
                15
            }
        };
        c.word(&["of"]);
        c.mark(HYPHENS);
        c.word(&["a", "an"]);
        c.word(HOUR)?;
        Some(minutes)
    })
}

/// "1h30m", "an hour and a half", "two and a half hours", "1 hour and 20 minutes".
fn sum(cursor: &mut Cursor<'_>) -> Option<u64> {
    cursor.attempt(|c| {
        let (minutes, scale) = amount(c)?;
        if scale != 60 {
            return Some(minutes);
        }
        let more = c.attempt(|c| {
            if c.word(&["and"]).is_some() {
                let part = c.attempt(|c| {
                    c.word(&["a", "one"]);
                    let part = if c.word(&["half"]).is_some() {
                        30
                    } else {
                        c.word(&["quarter"]).map(|()| 15)?
                    };
                    // "an hour and a half hour" would be something else.
                    (!c.sees(unit)).then_some(part)
                });
                if part.is_some() {
                    return part;
                }
            }
            let (minutes, scale) = amount(c)?;
            (scale == 1).then_some(minutes)
        });
        let bare = || {
            // "1h30"
            c.attempt(|c| {
                c.glued()?;
                let (minutes, _) = c.number()?;
                (minutes < 60).then_some(u64::from(minutes))
            })
        };
        Some(minutes.saturating_add(more.or_else(bare).unwrap_or(0)))
    })
}

/// A number and its unit: the minutes, and the minutes of the unit.
fn amount(cursor: &mut Cursor<'_>) -> Option<(u64, u64)> {
    cursor.attempt(|c| {
        let bare = c.glued().is_none() && c.sees(|c| c.mark(&['.']));
        let whole = if bare { 0 } else { number::count(c)? };
        let thousandths = c
            .attempt(|c| {
                bare.then_some(()).or_else(|| c.glued())?;
                c.mark(&['.', ','])?;
                c.glued()?;
                let (value, digits) = c.number()?;
                let scale = [100, 10, 1].get(digits.checked_sub(1)?)?;
                Some(u64::from(value) * scale)
            })
            .or_else(|| {
                c.attempt(|c| {
                    c.phrase("and a")?;
                    if c.word(&["half"]).is_some() {
                        return Some(500);
                    }
                    c.word(&["quarter"]).map(|()| 250)
                })
            })
            .or_else(|| c.word(&["½"]).map(|()| 500))
            .unwrap_or(0);
        // A lone point is no number.
        if bare && c.before().is_none_or(|token| token.kind != Kind::Number) {
            return None;
        }
        c.mark(HYPHENS);
        let scale = unit(c)?;
        let whole = u64::from(whole).saturating_mul(scale);
        Some((
            whole.saturating_add((thousandths * scale + 500) / 1000),
            scale,
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_one_way() {
        for (minutes, text) in [
            (1, "1 minute"),
            (45, "45 minutes"),
            (60, "1 hour"),
            (61, "1 hour 1 minute"),
            (90, "1 hour 30 minutes"),
            (480, "8 hours"),
        ] {
            assert_eq!(shown(minutes), text);
        }
    }

    #[test]
    fn lengths_as_people_write_them() {
        for (text, minutes) in [
            ("30m", 30),
            ("30 min", 30),
            ("30-minute", 30),
            ("45 mins", 45),
            ("90 minutes", 90),
            ("1h", 60),
            ("1h30m", 90),
            ("1h30", 90),
            ("1h 30m", 90),
            ("1 hour 30 minutes", 90),
            ("1 hr", 60),
            ("1.5 hours", 90),
            ("1,5h", 90),
            ("0.25 hours", 15),
            (".5h", 30),
            ("1.333 hours", 80),
            ("half an hour", 30),
            ("half hour", 30),
            ("a half-hour", 30),
            ("an hour", 60),
            ("one hour", 60),
            ("an hour and a half", 90),
            ("an hour and a quarter", 75),
            ("one and a half hours", 90),
            ("two and a quarter hours", 135),
            ("1½ hours", 90),
            ("two hours", 120),
            ("a couple of hours", 120),
            ("three quarters of an hour", 45),
            ("a quarter of an hour", 15),
            ("quarter hour", 15),
            ("twenty-five minutes", 25),
            ("sixty minutes", 60),
            ("an hour and twenty minutes", 80),
            ("5m", 5),
            ("8h", 480),
        ] {
            assert_eq!(whole(text), Ok(minutes), "{text}");
        }
    }

    #[test]
    fn out_of_bounds_is_named() {
        for text in [
            "4 minutes",
            "0m",
            "9h",
            "481 minutes",
            "2 days",
            "two weeks",
            "99999999999h",
        ] {
            let found = text.to_owned();
            assert_eq!(
                whole(text),
                Err(CommandError::DurationOutOfRange { found }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_length_is_named() {
        for text in [
            "",
            "30",
            "long",
            "-30m",
            "30m please",
            "1h30m10",
            "1.2345 hours",
            ".h",
            ". 5h",
            "half",
        ] {
            let found = text.to_owned();
            assert_eq!(
                whole(text),
                Err(CommandError::DurationNotUnderstood { found }),
                "{text}"
            );
        }
    }
}
