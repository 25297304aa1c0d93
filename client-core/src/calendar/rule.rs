//! Recurrence rules (RFC 5545 3.3.10): what of them is taken, and how they are kept.

use std::{
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

use ical::recur::{IcalRecurFreq, IcalRecurRule, validate::IcalRecurRuleProblem};
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::{
    expand,
    value::{self, Stamp},
};

/// The most starts that one rule may give a single day.
///
/// A meeting every quarter of an hour is the most that a calendar plausibly
/// holds; without a bound a short line could ask for 86,400.
pub const MAX_STARTS_A_DAY: usize = 96;

/// A recurrence rule; written and serialised as the text of an RRULE.
///
/// Its UNTIL is a local time in the event's own zone, inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    text: String,
    /// Without its bounds.
    pub(crate) parts: IcalRecurRule,
    pub(crate) count: Option<u32>,
    pub(crate) until: Option<DateTime>,
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
    /// The search for the last of so many times took too long.
    #[error(
        "when its {count} repetitions end takes too long to find out; \
         export fewer years or give it an end date"
    )]
    TooFar {
        /// Its COUNT.
        count: u32,
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
        let (mut taken, mut until, mut frequency) = (Vec::new(), None, None);
        for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (name.trim().to_ascii_uppercase(), value.trim());
            let value = value.to_ascii_uppercase();
            let wrong = || RuleError::Value {
                part: name.clone(),
                found: value::shortened(&value),
            };
            match name.as_str() {
                "FREQ" => frequency = Some(self::frequency(&value)?),
                "UNTIL" => {
                    let stamp = Stamp::read(&value).map_err(|_| wrong())?;
                    let local = localise(stamp).ok_or_else(wrong)?;
                    until = Some(local);
                    taken.push(format!("{name}={}", value::basic(local)));
                    continue;
                }
                "INTERVAL" | "COUNT" | "WKST" | "BYMONTH" | "BYWEEKNO" | "BYYEARDAY"
                | "BYMONTHDAY" | "BYDAY" | "BYHOUR" | "BYMINUTE" | "BYSECOND" | "BYSETPOS" => {
                    // Alone, so that the message can name the part.
                    let alone = IcalRecurRule::parse(&format!("FREQ=DAILY;{name}={value}"));
                    if value.is_empty() || !alone.is_ok_and(|rule| in_range(&rule)) {
                        return Err(wrong());
                    }
                }
                // RFC 7529: only what changes nothing.
                "RSCALE" if value == "GREGORIAN" => continue,
                "SKIP" if value == "OMIT" => continue,
                extension if extension.starts_with("X-") => continue,
                _ => return Err(RuleError::Part { part: name }),
            }
            taken.push(format!("{name}={value}"));
        }
        let nothing = || RuleError::NoFrequency {
            found: value::shortened(text),
        };
        frequency.ok_or_else(nothing)?;
        let text = taken.join(";");
        let mut parts = IcalRecurRule::parse(&text).map_err(|_| nothing())?;
        let count = parts.count.take();
        parts.until = None;
        sort(&mut parts);
        if let Some(part) = out_of_place(&parts) {
            return Err(RuleError::Part { part });
        }
        let found = [&parts.by_hour, &parts.by_minute, &parts.by_second]
            .iter()
            .map(|list| list.len().max(1))
            .product();
        if found > MAX_STARTS_A_DAY {
            return Err(RuleError::TooOften { found });
        }
        Ok(Self {
            text,
            parts,
            count,
            until,
        })
    }

    /// The same rule with an UNTIL for its COUNT, so that what lies far from its beginning can be
    /// found without counting from there; `steps` adds up, over many rules, what that takes.
    pub(crate) fn with_end(self, start: DateTime, steps: &mut usize) -> Result<Self, RuleError> {
        let Some(count) = self.count else {
            return Ok(self);
        };
        if *steps > expand::MAX_COUNTED {
            return Err(RuleError::TooFar { count });
        }
        let last = expand::last(&self, count, start, steps);
        let until = self.until.into_iter().chain(last).min();
        let bound = |part: &&str| !part.starts_with("COUNT=") && !part.starts_with("UNTIL=");
        let kept = self.text.split(';').filter(bound).map(str::to_owned);
        let end = until.map(|until| format!("UNTIL={}", value::basic(until)));
        Ok(Self {
            text: kept.chain(end).collect::<Vec<_>>().join(";"),
            parts: self.parts,
            count: None,
            until,
        })
    }
}

/// A frequency that is followed.
fn frequency(value: &str) -> Result<IcalRecurFreq, RuleError> {
    use IcalRecurFreq::{Daily, Monthly, Weekly, Yearly};
    match value.parse() {
        Ok(frequency @ (Daily | Weekly | Monthly | Yearly)) => Ok(frequency),
        Ok(_) | Err(_) => Err(RuleError::Frequency {
            found: value::shortened(value),
        }),
    }
}

/// No month has a sixth Monday and no year a 54th; the crate leaves that to who expands.
fn in_range(rule: &IcalRecurRule) -> bool {
    let ordinals = rule.by_day.iter().filter_map(|day| day.ordinal);
    ordinals
        .map(i16::unsigned_abs)
        .all(|nth| (1..=53).contains(&nth))
}

/// Each number once: what a list costs is bounded by what it can mean.
fn sort(rule: &mut IcalRecurRule) {
    fn each_once<T: Ord>(list: &mut Vec<T>) {
        list.sort_unstable();
        list.dedup();
    }
    each_once(&mut rule.by_month);
    each_once(&mut rule.by_week_no);
    each_once(&mut rule.by_year_day);
    each_once(&mut rule.by_month_day);
    each_once(&mut rule.by_hour);
    each_once(&mut rule.by_minute);
    each_once(&mut rule.by_second);
    each_once(&mut rule.by_set_pos);
    rule.by_day
        .sort_unstable_by_key(|day| (day.weekday, day.ordinal));
    rule.by_day.dedup();
}

/// A part that RFC 5545 forbids beside the frequency, which the crate would pass over.
fn out_of_place(rule: &IcalRecurRule) -> Option<String> {
    let problems = rule.clone().validate().err().unwrap_or_default();
    problems.into_iter().find_map(|problem| match problem {
        IcalRecurRuleProblem::PartFreq { part, .. } => Some(part.to_string()),
        _ => None,
    })
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Hash for Rule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.text
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

    #[test]
    fn what_the_frequency_forbids_is_refused() {
        for (text, part) in [
            ("FREQ=DAILY;BYYEARDAY=100", "BYYEARDAY"),
            ("FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO"),
            ("FREQ=WEEKLY;BYMONTHDAY=13", "BYMONTHDAY"),
        ] {
            let part = RuleError::Part { part: part.into() };
            assert_eq!(rule(text), Err(part), "{text}");
        }
    }

    fn ended(text: &str, start: &str) -> (String, usize) {
        let mut steps = 0;
        let rule = rule(text).unwrap();
        let rule = rule.with_end(start.parse().unwrap(), &mut steps).unwrap();
        (rule.to_string(), steps)
    }

    #[test]
    fn an_end_takes_the_place_of_a_count() {
        for (text, start, expected) in [
            (
                "FREQ=WEEKLY;COUNT=4;BYDAY=MO,WE",
                "2026-11-02T09:00",
                "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261111T090000",
            ),
            // DTSTART counts, although it is no Tuesday.
            (
                "FREQ=WEEKLY;COUNT=3;BYDAY=TU",
                "2026-11-02T09:00",
                "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261110T090000",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3",
                "2026-01-31T09:00",
                "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20260531T090000",
            ),
            (
                "FREQ=DAILY;COUNT=9;UNTIL=20261104T120000",
                "2026-11-02T09:00",
                "FREQ=DAILY;UNTIL=20261104T120000",
            ),
            (
                "FREQ=DAILY;COUNT=0",
                "2026-11-02T09:00",
                "FREQ=DAILY;UNTIL=20261102T090000",
            ),
            // Beyond all calendars is never.
            (
                "FREQ=DAILY;COUNT=4000000000",
                "2026-11-02T09:00",
                "FREQ=DAILY",
            ),
            ("FREQ=WEEKLY", "2026-11-02T09:00", "FREQ=WEEKLY"),
        ] {
            assert_eq!(ended(text, start).0, expected, "{text}");
        }
    }

    #[test]
    fn where_a_simple_count_ends_is_not_searched_for() {
        for (text, expected) in [
            ("FREQ=DAILY;COUNT=3000", "20080318T090000"),
            ("FREQ=WEEKLY;INTERVAL=2;COUNT=1000", "20380417T090000"),
            ("FREQ=MONTHLY;COUNT=500", "20410801T090000"),
            ("FREQ=MONTHLY;BYDAY=1SA;COUNT=500", "20410803T090000"),
            ("FREQ=YEARLY;COUNT=500", "24990101T090000"),
        ] {
            let (rule, steps) = ended(text, "2000-01-01T09:00");
            assert!(rule.ends_with(expected), "{rule}");
            assert!(steps <= 100, "{text}: {steps}");
            // Nor is it when much else was.
            let mut more = expand::MAX_COUNTED;
            let start = DateTime::constant(2000, 1, 1, 9, 0, 0, 0);
            let late: Rule = text.parse().unwrap();
            assert_eq!(late.with_end(start, &mut more).unwrap().to_string(), rule);
            assert_eq!(more, expand::MAX_COUNTED + steps);
        }
    }

    #[test]
    fn what_all_counts_together_cost_is_bounded() {
        let never: Rule = rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9").unwrap();
        let (mut steps, mut refused) = (0, None);
        for _ in 0..1_000 {
            let found = never
                .clone()
                .with_end(DateTime::constant(2000, 1, 1, 9, 0, 0, 0), &mut steps);
            refused = refused.or(found.err());
        }
        assert_eq!(refused, Some(RuleError::TooFar { count: 9 }));
        assert!(
            steps <= expand::MAX_COUNTED + expand::MAX_STEPS + 2,
            "{steps}"
        );
    }
}
