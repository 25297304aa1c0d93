//! One time of day: "14:30", "2pm", "10 o'clock", "noon", "half past ten", "ten to three".
//!
//! Without am or pm, 1 to 6 are in the afternoon, as nobody meets at three in
//! the night, unless they are written with a zero ("03:00") or the sentence
//! says morning; with "evening" or "dinner" 5 to 11 are in the evening.

use super::{
    duration,
    error::CommandError,
    number,
    tokens::{Cursor, Kind},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Am,
    Pm,
}

/// Which part of the day the sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Hint {
    #[default]
    None,
    Morning,
    Evening,
}

/// A time of day as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clock {
    hour: u32,
    minute: u32,
    /// "quarter to": so many minutes before.
    minus: u32,
    half: Option<Half>,
    zero: bool,
    text: String,
}

impl Clock {
    pub(super) fn half(&self) -> Option<Half> {
        self.half
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub(super) fn with_half(&self, half: Half) -> Self {
        Self {
            half: Some(half),
            ..self.clone()
        }
    }

    /// Minutes since midnight.
    pub(super) fn minutes(&self, hint: Hint) -> Result<u32, CommandError> {
        let wrong = || CommandError::NoSuchTime {
            found: self.text.clone(),
        };
        let hour = match self.half {
            Some(half) => {
                if !(1..=12).contains(&self.hour) {
                    return Err(wrong());
                }
                self.hour % 12 + if half == Half::Pm { 12 } else { 0 }
            }
            None if self.zero => self.hour,
            None => match (self.hour, hint) {
                (1..=6, Hint::None) | (1..=11, Hint::Evening) => self.hour + 12,
                _ => self.hour,
            },
        };
        if hour > 23 || self.minute > 59 {
            return Err(wrong());
        }
        (hour * 60 + self.minute)
            .checked_sub(self.minus)
            .ok_or_else(wrong)
    }
}

const OCLOCK: &[&str] = &["o'clock", "oclock"];

/// A time that cannot be anything else.
pub(super) fn explicit(cursor: &mut Cursor<'_>) -> Option<Clock> {
    let start = *cursor;
    let mut clock = cursor.attempt(|c| noon(c).or_else(|| spoken(c)).or_else(|| digits(c)))?;
    clock.text = start.source_to(cursor).to_owned();
    Some(clock)
}

/// Any time, a bare hour ("10", "ten", "1430") too: for after "at", "before" and the like.
pub(super) fn any(cursor: &mut Cursor<'_>) -> Option<Clock> {
    explicit(cursor).or_else(|| bare(cursor))
}

/// A bare hour.
pub(super) fn bare(cursor: &mut Cursor<'_>) -> Option<Clock> {
    let start = *cursor;
    let mut clock = cursor.attempt(|c| {
        let clock = match c.attempt(|c| c.number()) {
            Some((value, 1..=2)) => {
                let minute = c.attempt(|c| {
                    c.glued()?;
                    c.mark(&['.'])?;
                    c.glued()?;
                    c.number()
                        .filter(|(_, digits)| *digits == 2)
                        .map(|(minute, _)| minute)
                });
                plain(value, minute.unwrap_or(0), zero(&start))
            }
            // From 1900 on it may be a year.
            Some((value, 4)) if value < 1900 => plain(value / 100, value % 100, true),
            Some(_) => return None,
            None => plain(number::in_words(c)?, 0, false),
        };
        let longer = c.ahead(0).is_some_and(|token| match token.kind {
            Kind::Word => token.glued,
            Kind::Mark(mark) => {
                token.glued
                    && matches!(mark, ':' | '/' | '.' | '-' | '%' | ',')
                    && c.ahead(1).is_some_and(|next| {
                        next.glued
                            && next.kind != Kind::Quote
                            && (mark != '-' || next.kind == Kind::Word)
                    })
            }
            _ => false,
        });
        (!longer && !c.sees(duration::unit) && !c.sees(half)).then_some(clock)
    })?;
    clock.text = start.source_to(cursor).to_owned();
    Some(clock)
}

fn plain(hour: u32, minute: u32, zero: bool) -> Clock {
    Clock {
        hour,
        minute,
        minus: 0,
        half: None,
        zero,
        text: String::new(),
    }
}

fn zero(at: &Cursor<'_>) -> bool {
    at.ahead(0)
        .is_some_and(|token| token.folded.len() > 1 && token.folded.starts_with('0'))
}

fn noon(cursor: &mut Cursor<'_>) -> Option<Clock> {
    cursor.attempt(|c| {
        c.attempt(|c| c.number().filter(|(value, _)| *value == 12).map(|_| ()));
        c.word(&["noon", "midday"])?;
        Some(plain(12, 0, true))
    })
}

/// "half past ten", "quarter to three", "ten past nine".
fn spoken(cursor: &mut Cursor<'_>) -> Option<Clock> {
    cursor.attempt(|c| {
        let digits = c.ahead(0)?.kind == Kind::Number;
        let minutes = c
            .attempt(|c| {
                c.word(&["a"]);
                if c.word(&["half"]).is_some() {
                    return Some(30);
                }
                c.word(&["quarter"]).map(|()| 15)
            })
            .or_else(|| number::number(c).filter(|minutes| *minutes < 60))?;
        let named = c.word(&["minutes", "mins"]).is_some() || !digits;
        let past = match c.word(&["past"]) {
            Some(()) => true,
            None => {
                c.word(&["to"]).filter(|()| named && minutes != 30)?;
                false
            }
        };
        let hour = number::number(c)?;
        c.word(OCLOCK);
        let (minute, minus) = if past { (minutes, 0) } else { (0, minutes) };
        let half = half(c);
        Some(Clock {
            hour,
            minute,
            minus,
            half,
            zero: false,
            text: String::new(),
        })
    })
}

/// "14:30", "2:30pm", "2.30 pm", "2pm", "ten am", "10 o'clock".
fn digits(cursor: &mut Cursor<'_>) -> Option<Clock> {
    cursor.attempt(|c| {
        let zero = zero(c);
        let written = c.attempt(|c| c.number());
        if let Some((hour, 1..=2)) = written {
            let minute = c.attempt(|c| {
                c.glued()?;
                let mark = c.mark(&[':', '.'])?;
                c.glued()?;
                c.number()
                    .filter(|(_, digits)| *digits == 2)
                    .map(|(minute, _)| (mark, minute))
            });
            if let Some((mark, minute)) = minute {
                let half = half(c);
                let clock = Clock {
                    half,
                    ..plain(hour, minute, zero)
                };
                return (half.is_some() || mark == ':').then_some(clock);
            }
        }
        let hour = match written {
            Some((hour, 1..=2)) => hour,
            Some(_) => return None,
            None => number::in_words(c)?,
        };
        let oclock = c.word(OCLOCK);
        let half = half(c);
        (half.is_some() || oclock.is_some()).then(|| Clock {
            half,
            ..plain(hour, 0, zero)
        })
    })
}

fn half(cursor: &mut Cursor<'_>) -> Option<Half> {
    cursor.attempt(|c| match c.any_word()? {
        "am" => Some(Half::Am),
        "pm" => Some(Half::Pm),
        letter @ ("a" | "p") => {
            c.glued()?;
            c.mark(&['.'])?;
            c.word(&["m"])?;
            c.attempt(|c| {
                c.glued()?;
                c.mark(&['.'])
            });
            Some(if letter == "a" { Half::Am } else { Half::Pm })
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tokens::tokens;

    fn read(text: &str, hint: Hint) -> Option<Result<(u32, u32), CommandError>> {
        let all = tokens(text);
        let mut cursor = Cursor::new(text, &all);
        let clock = any(&mut cursor)?;
        assert!(cursor.is_done(), "{text}");
        Some(clock.minutes(hint).map(|m| (m / 60, m % 60)))
    }

    #[test]
    fn times_as_people_write_them() {
        for (text, time) in [
            ("14:30", (14, 30)),
            ("2pm", (14, 0)),
            ("2 pm", (14, 0)),
            ("2 p.m.", (14, 0)),
            ("2:30pm", (14, 30)),
            ("2.30pm", (14, 30)),
            ("10.30", (10, 30)),
            ("12am", (0, 0)),
            ("12pm", (12, 0)),
            ("noon", (12, 0)),
            ("12 noon", (12, 0)),
            ("10", (10, 0)),
            ("ten", (10, 0)),
            ("3", (15, 0)),
            ("03:00", (3, 0)),
            ("3:30", (15, 30)),
            ("0900", (9, 0)),
            ("10 o’clock", (10, 0)),
            ("half past ten", (10, 30)),
            ("quarter to three", (14, 45)),
            ("a quarter past 9", (9, 15)),
            ("ten past nine am", (9, 10)),
            ("ten to three", (14, 50)),
        ] {
            assert_eq!(read(text, Hint::None), Some(Ok(time)), "{text}");
        }
        assert_eq!(read("7", Hint::Evening), Some(Ok((19, 0))));
        assert_eq!(read("6", Hint::Morning), Some(Ok((6, 0))));
    }

    #[test]
    fn times_that_no_clock_shows() {
        for text in [
            "25:00",
            "24:00",
            "14:60",
            "13pm",
            "0am",
            "99",
            "quarter to 0",
        ] {
            let found = text.to_owned();
            assert_eq!(
                read(text, Hint::None),
                Some(Err(CommandError::NoSuchTime { found }))
            );
        }
    }

    #[test]
    fn numbers_that_are_no_times() {
        for text in [
            "30 minutes",
            "3rd",
            "2026-12-01",
            "10-minute",
            "five days",
            "123",
        ] {
            let all = tokens(text);
            assert_eq!(any(&mut Cursor::new(text, &all)), None, "{text}");
        }
    }
}
