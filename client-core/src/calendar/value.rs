//! The values of RFC 5545 3.3: dates, times, durations, offsets, text.

use ical::{tree::value::node::IcalValueNode, value::utc_offset::IcalUtcOffset};
use jiff::{
    SignedDuration,
    civil::{Date, DateTime},
    fmt::temporal::{DateTimeParser, SpanParser},
};

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
    // Jiff knows more forms of a date than RFC 5545.
    let plain = |c: char| c.is_ascii_digit() || matches!(c, 'T' | 't');
    let (local, utc) = match text.strip_suffix(['Z', 'z']) {
        Some(local) => (local, true),
        None => (text, false),
    };
    if !local.starts_with(|c: char| c.is_ascii_digit()) || !local.chars().all(plain) {
        return None;
    }
    let parser = DateTimeParser::new();
    match (local.len(), utc) {
        (8, false) => parser.parse_date(local).ok().map(Stamp::Date),
        (13 | 15, false) => parser.parse_datetime(local).ok().map(Stamp::Local),
        (13 | 15, true) => parser.parse_datetime(local).ok().map(Stamp::Utc),
        _ => None,
    }
}

/// A DURATION (RFC 5545 3.3.6). A week is seven nominal days; days are nominal, the rest is exact.
///
/// The T before hours may be missing, since Android writes "P3600S".
pub(crate) fn length(text: &str) -> Result<Length, ValueError> {
    let text = text.trim().to_ascii_uppercase();
    let with_time = text.replacen('P', "PT", 1);
    duration(&text)
        .or_else(|| duration(&with_time))
        .ok_or_else(|| ValueError::Length {
            found: shortened(&text),
        })
}

fn duration(text: &str) -> Option<Length> {
    let span = SpanParser::new().parse_span(text).ok()?;
    if span.is_negative() || span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let weeks = u32::try_from(span.get_weeks()).ok()?;
    let days = u32::try_from(span.get_days()).ok()?;
    let exact = span.weeks(0).days(0);
    Some(Length {
        days: weeks.checked_mul(7)?.checked_add(days)?,
        seconds: u64::try_from(SignedDuration::try_from(exact).ok()?.as_secs()).ok()?,
    })
}

/// A UTC-OFFSET (RFC 5545 3.3.14), in seconds east of UTC.
pub(crate) fn offset(text: &str) -> Result<i32, ValueError> {
    let text = text.trim();
    let digits = text.trim_start_matches(['+', '-']);
    let sixtieths = [digits.get(2..4), digits.get(4..6)];
    IcalUtcOffset::from(text)
        .seconds()
        // The crate takes any digits.
        .filter(|seconds| seconds.abs() < 86_400 && sixtieths.iter().all(|part| *part < Some("60")))
        .ok_or_else(|| ValueError::Offset {
            found: shortened(text),
        })
}

/// "20261201T090000".
pub(crate) fn basic(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%S").to_string()
}

/// The meaning of a TEXT value (RFC 5545 3.3.11), bounded and on one line.
pub(crate) fn text(value: &str) -> String {
    const MAX_CHARS: usize = 1_000;
    let node = IcalValueNode::parse(value.as_bytes());
    let out = node.decode().replace(char::is_control, " ");
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
        assert!(offset("+0160").is_err());
        assert!(offset("+010060").is_err());
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
