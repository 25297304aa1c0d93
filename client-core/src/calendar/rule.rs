//! Recurrence rules (RFC 5545 3.3.10): reading, writing.

use std::{fmt, str::FromStr};

use jiff::civil::{Date, DateTime, Weekday};
use serde::{Deserialize, Serialize};

use super::value::{self, Stamp};

/// The most starts that one rule may give a single day.
///
/// A meeting every quarter of an hour is the most that a calendar plausibly
/// holds; without a bound a short line could ask for 86,400.
pub const MAX_STARTS_A_DAY: usize = 96;

/// How often a rule repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A weekday, perhaps a numbered one: the second Tuesday, the last Friday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NthWeekday {
    pub(crate) nth: Option<i16>,
    pub(crate) weekday: Weekday,
}

/// A recurrence rule; written and serialised as the text of an RRULE.
///
/// Its UNTIL is a local time in the event's own zone, inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    pub(crate) frequency: Frequency,
    pub(crate) interval: u32,
    pub(crate) count: Option<u32>,
    pub(crate) until: Option<DateTime>,
    pub(crate) week_start: Weekday,
    pub(crate) by_month: Vec<i16>,
    pub(crate) by_week: Vec<i16>,
    pub(crate) by_year_day: Vec<i16>,
    pub(crate) by_month_day: Vec<i16>,
    pub(crate) by_day: Vec<NthWeekday>,
    pub(crate) by_hour: Vec<i16>,
    pub(crate) by_minute: Vec<i16>,
    pub(crate) by_second: Vec<i16>,
    pub(crate) by_position: Vec<i16>,
}

/// A recurrence rule that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// There is no FREQ.
    #[error("its repetition says not how often (expected FREQ=…, found {found:?})")]
    NoFrequency {
        /// The rule.
        found: String,
    },
    /// A frequency other than daily to yearly.
    #[error("it repeats {found}; expected DAILY, WEEKLY, MONTHLY or YEARLY")]
    Frequency {
        /// The frequency.
        found: String,
    },
    /// A value out of range, or no value.
    #[error("its repetition has the part {part}={found}, which means nothing")]
    Value {
        /// The name of the part.
        part: String,
        /// Its value.
        found: String,
    },
    /// A part that changes the meaning and is not known.
    #[error("its repetition has the part {part}, which is not supported")]
    Part {
        /// The name of the part.
        part: String,
    },
    /// More than [`MAX_STARTS_A_DAY`].
    #[error("it repeats {found} times a day; expected at most {MAX_STARTS_A_DAY}")]
    TooOften {
        /// How many starts a day has.
        found: usize,
    },
}

impl Rule {
    /// Reads a rule; `localise` says what its UNTIL means on the event's own clock.
    pub(crate) fn read(
        text: &str,
        mut localise: impl FnMut(Stamp) -> Option<DateTime>,
    ) -> Result<Self, RuleError> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            week_start: Weekday::Monday,
            by_month: Vec::new(),
            by_week: Vec::new(),
            by_year_day: Vec::new(),
            by_month_day: Vec::new(),
            by_day: Vec::new(),
            by_hour: Vec::new(),
            by_minute: Vec::new(),
            by_second: Vec::new(),
            by_position: Vec::new(),
        };
        let mut frequency = None;
        for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (name.trim().to_ascii_uppercase(), value.trim());
            let wrong = || RuleError::Value {
                part: name.clone(),
                found: value::shortened(value),
            };
            let list = |low, high, negative| numbers(value, low, high, negative).ok_or_else(wrong);
            match name.as_str() {
                "FREQ" => frequency = Some(self::frequency(value)?),
                "INTERVAL" => {
                    rule.interval = value.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
                }
                "COUNT" => rule.count = Some(value.parse().map_err(|_| wrong())?),
                "UNTIL" => {
                    let stamp = Stamp::read(value).map_err(|_| wrong())?;
                    rule.until = Some(localise(stamp).ok_or_else(wrong)?);
                }
                "WKST" => rule.week_start = weekday(value).ok_or_else(wrong)?,
                "BYMONTH" => rule.by_month = list(1, 12, false)?,
                "BYWEEKNO" => rule.by_week = list(1, 53, true)?,
                "BYYEARDAY" => rule.by_year_day = list(1, 366, true)?,
                "BYMONTHDAY" => rule.by_month_day = list(1, 31, true)?,
                "BYDAY" => {
                    let days = value.split(',').map(nth_weekday).collect::<Option<_>>();
                    rule.by_day = days.ok_or_else(wrong)?;
                }
                "BYHOUR" => rule.by_hour = list(0, 23, false)?,
                "BYMINUTE" => rule.by_minute = list(0, 59, false)?,
                "BYSECOND" => rule.by_second = list(0, 60, false)?,
                "BYSETPOS" => rule.by_position = list(1, 366, true)?,
                // RFC 7529: only what changes nothing.
                "RSCALE" if value.eq_ignore_ascii_case("GREGORIAN") => {}
                "SKIP" if value.eq_ignore_ascii_case("OMIT") => {}
                extension if extension.starts_with("X-") => {}
                _ => return Err(RuleError::Part { part: name }),
            }
        }
        rule.frequency = frequency.ok_or_else(|| RuleError::NoFrequency {
            found: value::shortened(text),
        })?;
        let found = [&rule.by_hour, &rule.by_minute, &rule.by_second]
            .iter()
            .map(|list| list.len().max(1))
            .product();
        if found > MAX_STARTS_A_DAY {
            return Err(RuleError::TooOften { found });
        }
        Ok(rule)
    }
}

fn frequency(value: &str) -> Result<Frequency, RuleError> {
    match value.to_ascii_uppercase().as_str() {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        other => Err(RuleError::Frequency {
            found: value::shortened(other),
        }),
    }
}

/// Sorted, each once.
fn numbers(value: &str, low: i16, high: i16, negative: bool) -> Option<Vec<i16>> {
    let mut list = value
        .split(',')
        .map(|item| {
            let number: i16 = item.trim().trim_start_matches('+').parse().ok()?;
            let fits =
                (low..=high).contains(&number) || (negative && (-high..=-low).contains(&number));
            fits.then_some(number)
        })
        .collect::<Option<Vec<_>>>()?;
    list.sort_unstable();
    list.dedup();
    Some(list)
}

fn weekday(code: &str) -> Option<Weekday> {
    match code.to_ascii_uppercase().as_str() {
        "MO" => Some(Weekday::Monday),
        "TU" => Some(Weekday::Tuesday),
        "WE" => Some(Weekday::Wednesday),
        "TH" => Some(Weekday::Thursday),
        "FR" => Some(Weekday::Friday),
        "SA" => Some(Weekday::Saturday),
        "SU" => Some(Weekday::Sunday),
        _ => None,
    }
}

fn code(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

fn nth_weekday(item: &str) -> Option<NthWeekday> {
    let item = item.trim();
    let (number, day) = item.split_at_checked(item.len().checked_sub(2)?)?;
    let nth = match number {
        "" => None,
        _ => Some(*numbers(number, 1, 53, true)?.first()?),
    };
    let weekday = weekday(day)?;
    Some(NthWeekday { nth, weekday })
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frequency = match self.frequency {
            Frequency::Daily => "DAILY",
            Frequency::Weekly => "WEEKLY",
            Frequency::Monthly => "MONTHLY",
            Frequency::Yearly => "YEARLY",
        };
        write!(f, "FREQ={frequency}")?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        if let Some(count) = self.count {
            write!(f, ";COUNT={count}")?;
        }
        if let Some(until) = self.until {
            write!(f, ";UNTIL={}", value::basic(until))?;
        }
        if self.week_start != Weekday::Monday {
            write!(f, ";WKST={}", code(self.week_start))?;
        }
        let lists = [
            ("BYMONTH", &self.by_month),
            ("BYWEEKNO", &self.by_week),
            ("BYYEARDAY", &self.by_year_day),
            ("BYMONTHDAY", &self.by_month_day),
            ("BYHOUR", &self.by_hour),
            ("BYMINUTE", &self.by_minute),
            ("BYSECOND", &self.by_second),
            ("BYSETPOS", &self.by_position),
        ];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            let items: Vec<_> = list.iter().map(i16::to_string).collect();
            write!(f, ";{name}={}", items.join(","))?;
        }
        if !self.by_day.is_empty() {
            let days = self.by_day.iter().map(|day| {
                let nth = day.nth.map(|n| n.to_string()).unwrap_or_default();
                nth + code(day.weekday)
            });
            write!(f, ";BYDAY={}", days.collect::<Vec<_>>().join(","))?;
        }
        Ok(())
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

impl TryFrom<String> for Rule {
    type Error = RuleError;

    fn try_from(text: String) -> Result<Self, RuleError> {
        text.parse()
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    /// Reads a rule whose UNTIL is a local time; a date stands for the whole day.
    fn from_str(text: &str) -> Result<Self, RuleError> {
        Self::read(text, |stamp| match stamp {
            Stamp::Date(date) => Some(end_of_day(date)),
            Stamp::Local(local) => Some(local),
            Stamp::Utc(_) => None,
        })
    }
}

/// The last second of a day.
pub(crate) fn end_of_day(date: Date) -> DateTime {
    date.to_datetime(jiff::civil::Time::constant(23, 59, 59, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Result<Rule, RuleError> {
        text.parse()
    }

    #[test]
    fn a_rule_is_written_as_it_was_read() {
        for text in [
            "FREQ=DAILY",
            "FREQ=WEEKLY;INTERVAL=2;UNTIL=20261231T090000;WKST=SU;BYDAY=MO,WE",
            "FREQ=MONTHLY;COUNT=4;BYSETPOS=-1;BYDAY=MO,TU,WE,TH,FR",
            "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
            "FREQ=YEARLY;BYWEEKNO=20;BYYEARDAY=-1,1;BYMONTHDAY=-1;BYHOUR=9;BYMINUTE=30;BYSECOND=0",
        ] {
            let rule = rule(text).unwrap();
            assert_eq!(rule.to_string(), text);
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule);
        }
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let frequency = |found: &str| RuleError::Frequency {
            found: found.into(),
        };
        assert_eq!(rule("FREQ=SECONDLY"), Err(frequency("SECONDLY")));
        assert!(matches!(
            rule("COUNT=3"),
            Err(RuleError::NoFrequency { .. })
        ));
        assert!(matches!(rule(""), Err(RuleError::NoFrequency { .. })));
        for wrong in [
            "INTERVAL=0",
            "BYDAY=XX",
            "BYDAY=54MO",
            "BYDAY=é",
            "BYMONTH=13",
            "UNTIL=x",
        ] {
            let text = format!("FREQ=DAILY;{wrong}");
            assert!(
                matches!(rule(&text), Err(RuleError::Value { .. })),
                "{text}"
            );
        }
        let part = RuleError::Part {
            part: "RSCALE".into(),
        };
        assert_eq!(rule("FREQ=YEARLY;RSCALE=HEBREW"), Err(part));
        let hours: Vec<_> = (0..24).map(|h: i32| h.to_string()).collect();
        let often = format!(
            "FREQ=DAILY;BYHOUR={};BYMINUTE=0,10,20,30,40",
            hours.join(",")
        );
        assert_eq!(rule(&often), Err(RuleError::TooOften { found: 120 }));
    }
}
