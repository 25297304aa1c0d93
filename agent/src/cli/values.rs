//! Values of flags that are more than text or a number.

use std::time::Duration;

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use sotto_client_core::api::{ApiError, ApiErrorCode, Weekday, WorkingHours};

/// A length of time: "90s", "30m", "1h30m", "7d", "2w".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length(u64);

impl Length {
    /// As the clock counts.
    pub(super) fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }

    /// In whole units of so many seconds, rounded up, as far as the number reaches.
    pub(super) fn whole(self, unit: u64) -> u32 {
        u32::try_from(self.0.div_ceil(unit)).unwrap_or(u32::MAX)
    }
}

/// Reads a length of time.
pub(super) fn length(text: &str) -> Result<Length, String> {
    let wrong = || "expected a length of time such as 90s, 30m, 1h30m, 7d or 2w".to_owned();
    let mut seconds = 0u64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, after) = rest.split_at(digits);
        let letters = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit = match unit.trim() {
            "s" | "sec" => 1,
            "m" | "min" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 7 * 86_400,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = number.checked_mul(unit).ok_or_else(wrong)?;
        seconds = seconds.checked_add(part).ok_or_else(wrong)?;
        rest = after;
    }
    Ok(Length(seconds))
}

/// Shortest and longest life of an invitation, in seconds, as the core takes it.
const VALID: std::ops::RangeInclusive<u64> = 3_600..=30 * 86_400;

/// Reads how long an invitation is good.
pub(super) fn validity(text: &str) -> Result<Length, String> {
    let length = length(text)?;
    if VALID.contains(&length.0) {
        Ok(length)
    } else {
        Err("expected from 1h to 30d".to_owned())
    }
}

/// Reads how many people an invitation is for.
pub(super) fn guests(text: &str) -> Result<u32, String> {
    whole(text, 1..=100)
}

/// Reads the six digits by which a new device is told from another; spaces do not count.
pub(super) fn code(text: &str) -> Result<String, String> {
    let digits: String = text.split_whitespace().collect();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(digits)
    } else {
        Err("expected the six digits that the new device shows".to_owned())
    }
}

/// Reads how many messages are shown.
pub(super) fn messages(text: &str) -> Result<u32, String> {
    whole(text, 1..=1_000)
}

fn whole(text: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        format!(
            "expected a whole number from {} to {}",
            range.start(),
            range.end()
        )
    })
}

/// Working hours, as the preferences hold them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hours(pub Vec<WorkingHours>);

/// Reads working hours: "mon-fri 09:00-17:00, sat 10-12", "mon 9am-5pm", or "none".
pub(super) fn hours(text: &str) -> Result<Hours, String> {
    if text.trim().eq_ignore_ascii_case("none") {
        return Ok(Hours(Vec::new()));
    }
    let mut all = Vec::new();
    for part in text.split([',', ';']) {
        let part = part.trim();
        let (days, times) = part.split_once(char::is_whitespace).ok_or_else(|| {
            format!("expected days before the times, such as \"mon-fri 9-17\", found {part:?}")
        })?;
        let (from, to) = times
            .split_once(['-', '–'])
            .ok_or_else(|| format!("expected times such as 09:00-17:00, found {times:?}"))?;
        let (from, to) = (time(from)?, time(to)?);
        if from >= to {
            let meant = evening(from, to).unwrap_or_default();
            return Err(format!(
                "expected an end after the start, found {times:?}{meant}"
            ));
        }
        let day = |&weekday: &Weekday| WorkingHours { weekday, from, to };
        all.extend(weekdays(days)?.iter().map(day));
    }
    Ok(Hours(all))
}

/// A guess at what "9-5" was meant to be.
fn evening(from: Time, to: Time) -> Option<String> {
    let noon = Time::constant(12, 0, 0, 0);
    let later = to.checked_add(12.hours()).ok()?;
    let text = |time: Time, format: &str, whole: &str| {
        let format = if time.minute() == 0 { whole } else { format };
        time.strftime(format).to_string()
    };
    (from < noon && to < noon && later > from).then(|| {
        format!(
            "; did you mean {}-{} or {}-{}?",
            text(from, "%-H:%M", "%-H"),
            text(later, "%-H:%M", "%-H"),
            text(from, "%-I:%M%P", "%-I%P"),
            text(later, "%-I:%M%P", "%-I%P"),
        )
    })
}

/// Reads a time of day: "9", "09:00", "9am", "5:30pm".
fn time(text: &str) -> Result<Time, String> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let (digits, half) = match lower
        .strip_suffix('m')
        .map(|t| t.split_at(t.len().saturating_sub(1)))
    {
        Some((digits, half @ ("a" | "p"))) => (digits.trim_end(), half),
        _ => (lower.as_str(), ""),
    };
    let whole = if digits.contains(':') {
        digits.to_owned()
    } else {
        format!("{digits}:00")
    };
    let (format, whole) = match half {
        "" => ("%H:%M", whole),
        half => ("%I:%M%p", format!("{whole}{half}m")),
    };
    Time::strptime(format, &whole)
        .map_err(|_| format!("expected a time of day such as 09:00 or 9am, found {text:?}"))
}

const WEEK: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

fn weekdays(text: &str) -> Result<Vec<Weekday>, String> {
    let position = |name: &str| {
        let lower = name.trim().to_ascii_lowercase();
        let matches = |(day, _): &(&str, Weekday)| lower.len() >= 2 && day.starts_with(&lower);
        WEEK.iter()
            .position(matches)
            .ok_or_else(|| format!("expected a weekday such as mon, found {name:?}"))
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (position(first)?, position(last)?),
        None => (position(text)?, position(text)?),
    };
    let days = (last + WEEK.len() - first) % WEEK.len() + 1;
    let around = WEEK.iter().cycle().skip(first).take(days);
    Ok(around.map(|(_, weekday)| *weekday).collect())
}

/// Reads a day.
pub(super) fn day(text: &str) -> Result<Date, ApiError> {
    // A time after the date would be silently dropped.
    let whole = text.len() == "2026-12-01".len();
    text.parse().ok().filter(|_| whole).ok_or_else(|| {
        ApiError::new(
            ApiErrorCode::DateInvalid,
            format!("There is no day {text:?}."),
            "Give an existing day as YYYY-MM-DD, such as 2026-12-01.",
        )
    })
}

/// Reads an instant: with an offset, or as the clock shows it in the zone.
pub(super) fn instant(text: &str, zone: &TimeZone) -> Result<Timestamp, ApiError> {
    let wrong = |message| {
        let next_step = "Give a time as 2026-12-01T10:30, or with an offset as 2026-12-01T09:30Z.";
        ApiError::new(ApiErrorCode::DateInvalid, message, next_step)
    };
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let civil: DateTime = text
        .parse()
        .map_err(|_| wrong(format!("There is no time {text:?}.")))?;
    zone.to_ambiguous_timestamp(civil)
        .unambiguous()
        .map_err(|_| {
            let why = "the clocks change then, so it comes twice or not at all";
            wrong(format!("The time {text:?} is not clear: {why}."))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let seconds = |text| length(text).map(|length| length.0);
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("1h30m"), Ok(5400));
        assert_eq!(seconds("7d"), Ok(604_800));
        assert_eq!(seconds("2 w"), Ok(1_209_600));
        for bad in [
            "",
            "7",
            "d",
            "-1h",
            "1x",
            "1.5h",
            "99999999999999999999w",
            "m1",
        ] {
            assert!(length(bad).is_err(), "{bad}");
        }
        assert_eq!(length("90m").map(|l| l.whole(3600)), Ok(2));
    }

    #[test]
    fn working_hours() {
        let Hours(all) = hours("Mon-Fri 09:00-17:00, sat 10-12:30").unwrap();
        assert_eq!(all.len(), 6);
        assert_eq!(all[5].weekday, Weekday::Saturday);
        assert_eq!(all[5].to.to_string(), "12:30:00");
        for same in [
            "mon 9-17",
            "mon 9:00-17:00",
            "mon 9am-5pm",
            "mon 9 AM - 5 PM",
            "mon 09:00–17",
        ] {
            assert_eq!(hours(same), hours("mon 09:00-17:00"), "{same}");
        }
        assert_eq!(hours("mon 12am-12pm"), hours("mon 00:00-12:00"));
        let Hours(weekend) = hours("sat-mon 10:00-12:00").unwrap();
        let days: Vec<_> = weekend.iter().map(|h| h.weekday).collect();
        assert_eq!(days, [Weekday::Saturday, Weekday::Sunday, Weekday::Monday]);
        assert_eq!(hours("none"), Ok(Hours(Vec::new())));
        for bad in [
            "",
            "mon",
            "mon 9",
            "mon 17:00-09:00",
            "moon 09:00-10:00",
            "mon 25:00-26:00",
            "m 9-10",
            "mon é-10",
            "mon 13pm-14pm",
            "mon m-pm",
        ] {
            assert!(hours(bad).is_err(), "{bad}");
        }
        for (text, meant) in [
            ("mon-fri 9-5", "did you mean 9-17 or 9am-5pm?"),
            ("mon 8:30-4:45", "did you mean 8:30-16:45 or 8:30am-4:45pm?"),
        ] {
            let error = hours(text).unwrap_err();
            assert!(error.contains(meant), "{error}");
        }
        assert!(!hours("mon 17-9").unwrap_err().contains("did you mean"));
    }

    #[test]
    fn days_and_instants() {
        assert!(day("2026-12-01").is_ok());
        for bad in ["2026-02-30", "tomorrow", "2026-12-01T10:00", ""] {
            assert_eq!(day(bad).unwrap_err().code, ApiErrorCode::DateInvalid);
        }
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text| instant(text, &berlin).map(|t| t.to_string());
        assert_eq!(at("2026-12-01T10:30"), Ok("2026-12-01T09:30:00Z".into()));
        assert_eq!(at("2026-12-01 10:30"), Ok("2026-12-01T09:30:00Z".into()));
        assert_eq!(at("2026-12-01T09:30Z"), Ok("2026-12-01T09:30:00Z".into()));
        let gap = instant("2026-03-29T02:30", &berlin).unwrap_err();
        assert!(gap.message.contains("clocks change"));
        assert!(at("next week").is_err());
    }
}
