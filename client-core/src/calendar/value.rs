//! The values of RFC 5545 3.3: dates, times, durations, offsets, text.

use jiff::civil::{Date, DateTime, Time};

use super::event::Length;

/// A DATE or DATE-TIME (RFC 5545 3.3.4, 3.3.5), before its zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamp {
    Date(Date),
    /// Form 1 or 3: on some clock.
    Local(DateTime),
    /// Form 2: ends in Z.
    Utc(DateTime),
}

/// A value that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("{found:?} is not a date that exists")]
    Date { found: String },
    #[error("{found:?} is not a length of time")]
    Length { found: String },
    #[error("{found:?} is not an offset from UTC")]
    Offset { found: String },
}

impl Stamp {
    /// Goes by the value's shape: producers get VALUE wrong more often than the value.
    pub(crate) fn read(text: &str) -> Result<Self, ValueError> {
        let text = text.trim();
        stamp(text).ok_or_else(|| ValueError::Date {
            found: shortened(text),
        })
    }
}

fn stamp(text: &str) -> Option<Stamp> {
    let (day, time) = match text.split_once(['T', 't']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let date = date(day)?;
    let Some(time) = time else {
        return Some(Stamp::Date(date));
    };
    match time.strip_suffix(['Z', 'z']) {
        Some(time) => Some(Stamp::Utc(date.to_datetime(self::time(time)?))),
        None => Some(Stamp::Local(date.to_datetime(self::time(time)?))),
    }
}

fn date(text: &str) -> Option<Date> {
    if text.len() != 8 {
        return None;
    }
    let year = digits(text.get(0..4)?)?;
    let month = digits(text.get(4..6)?)?;
    let day = digits(text.get(6..8)?)?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn time(text: &str) -> Option<Time> {
    let part = |range| digits(text.get(range)?).and_then(|n| i8::try_from(n).ok());
    let second = match text.len() {
        6 => part(4..6)?,
        4 => 0,
        _ => return None,
    };
    // A leap second is the last ordinary one (RFC 5545 3.3.12).
    Time::new(
        part(0..2)?,
        part(2..4)?,
        second.min(59 + i8::from(second > 60)),
        0,
    )
    .ok()
}

fn digits(text: &str) -> Option<i16> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok())?
}

/// A DURATION (RFC 5545 3.3.6). A week is seven nominal days; days are nominal, the rest is exact.
///
/// The T before hours may be missing, since Android writes "P3600S".
pub(crate) fn length(text: &str) -> Result<Length, ValueError> {
    let text = text.trim();
    self::duration(text).ok_or_else(|| ValueError::Length {
        found: shortened(text),
    })
}

fn duration(text: &str) -> Option<Length> {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let mut rest = rest.strip_prefix(['P', 'p'])?;
    let (mut days, mut seconds) = (0u32, 0u64);
    let (mut in_time, mut some) = (false, false);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix(['T', 't']) {
            (in_time, rest) = (true, time);
            continue;
        }
        let (number, tail) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
        let number: u32 = number.parse().ok().filter(|n| *n <= 100_000_000)?;
        let mut tail = tail.chars();
        match (tail.next()?.to_ascii_uppercase(), in_time) {
            ('W', false) => days = days.checked_add(number.checked_mul(7)?)?,
            ('D', false) => days = days.checked_add(number)?,
            ('H', _) => seconds += u64::from(number) * 3600,
            ('M', _) => seconds += u64::from(number) * 60,
            ('S', _) => seconds += u64::from(number),
            _ => return None,
        }
        (rest, some) = (tail.as_str(), true);
    }
    some.then_some(Length { days, seconds })
}

/// A UTC-OFFSET (RFC 5545 3.3.14), in seconds east of UTC.
pub(crate) fn offset(text: &str) -> Result<i32, ValueError> {
    let text = text.trim();
    utc_offset(text).ok_or_else(|| ValueError::Offset {
        found: shortened(text),
    })
}

fn utc_offset(text: &str) -> Option<i32> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let part = |range| digits(rest.get(range)?).map(i32::from);
    let second = match rest.len() {
        6 => part(4..6)?,
        4 => 0,
        _ => return None,
    };
    let (hour, minute) = (part(0..2)?, part(2..4)?);
    (hour < 24 && minute < 60 && second < 60).then_some(sign * (hour * 3600 + minute * 60 + second))
}

/// "20261201T090000".
pub(crate) fn basic(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%S").to_string()
}

/// The meaning of a TEXT value (RFC 5545 3.3.11), bounded and on one line.
pub(crate) fn text(value: &str) -> String {
    const MAX_CHARS: usize = 1_000;
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        let char = match char {
            '\\' => match chars.next() {
                Some('n' | 'N') | None => ' ',
                Some(escaped) => escaped,
            },
            char if char.is_control() => ' ',
            char => char,
        };
        out.push(char);
    }
    let out = out.trim();
    match out.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", out.get(..end).unwrap_or_default()),
        None => out.to_owned(),
    }
}

/// At most 60 characters, for a message.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_go_by_their_shape() {
        let date = Date::constant(2026, 12, 1);
        assert_eq!(Stamp::read("20261201"), Ok(Stamp::Date(date)));
        let nine = date.at(9, 0, 0, 0);
        assert_eq!(Stamp::read(" 20261201T090000"), Ok(Stamp::Local(nine)));
        assert_eq!(Stamp::read("20261201T0900Z"), Ok(Stamp::Utc(nine)));
        let leap = Stamp::Utc(Date::constant(2016, 12, 31).at(23, 59, 59, 0));
        assert_eq!(Stamp::read("20161231T235960Z"), Ok(leap));
        for wrong in [
            "",
            "20260230",
            "20261301",
            "20261201T250000",
            "2026-12-01",
            "2026120१",
            "T",
        ] {
            assert!(Stamp::read(wrong).is_err(), "{wrong}");
        }
        assert!(Stamp::read("20261201T090061").is_err());
    }

    #[test]
    fn durations() {
        let of = |days, seconds| Ok(Length { days, seconds });
        assert_eq!(length("PT1H30M"), of(0, 5400));
        assert_eq!(length("P1DT2H"), of(1, 7200));
        assert_eq!(length("P2W"), of(14, 0));
        assert_eq!(length("+PT15M"), of(0, 900));
        assert_eq!(length("P3600S"), of(0, 3600));
        for wrong in ["", "P", "PT", "-PT15M", "PT1", "P99999999999D", "1H"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn offsets() {
        assert_eq!(offset("+0530"), Ok(19_800));
        assert_eq!(offset("-033000"), Ok(-12_600));
        assert!(offset("+9999").is_err());
        assert!(offset("Z").is_err());
    }

    #[test]
    fn text_is_unescaped_bounded_and_one_line() {
        assert_eq!(
            text(r"Tea\, cake\; talk\nRoom \\1 "),
            r"Tea, cake; talk Room \1"
        );
        assert_eq!(text(&"é".repeat(2_000)).chars().count(), 1_001);
    }
}
