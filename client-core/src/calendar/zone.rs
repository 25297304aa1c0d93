//! The clock that an event goes by.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    expand::{self, Range},
    rule::Rule,
};

/// The most observances of one VTIMEZONE; every zone of the world needs fewer than 60 a century.
pub const MAX_OBSERVANCES: usize = 200;

/// A time zone: a name, so that a change of the law is followed, else the rules of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// A name of the IANA time zone database: "Europe/Berlin".
    Named(String),
    /// Rules of a file whose zone has no known name.
    Custom(CustomZone),
}

/// The rules of a VTIMEZONE (RFC 5545 3.6.5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CustomZone {
    /// Its TZID.
    pub id: String,
    /// Its STANDARD and DAYLIGHT parts.
    pub observances: Vec<Observance>,
}

/// From when on which offset counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Observance {
    /// The first change to it, on the clock as it went before.
    pub start: DateTime,
    /// Seconds east of UTC before.
    pub offset_from: i32,
    /// Seconds east of UTC afterwards.
    pub offset_to: i32,
    /// When it comes again, as the text of an RRULE with a local UNTIL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Single further dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<DateTime>,
}

/// The rules of a VTIMEZONE do not make a zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected rules that make a time zone of {id:?}, found {found}")]
pub struct ZoneError {
    id: String,
    found: String,
}

impl Zone {
    /// The zone of UTC times.
    pub fn utc() -> Self {
        Self::Named("UTC".to_owned())
    }

    /// The clock.
    ///
    /// # Errors
    ///
    /// When the name is unknown, or the rules contradict each other.
    pub fn time_zone(&self) -> Result<TimeZone, ZoneError> {
        match self {
            Self::Named(name) => TimeZone::get(name).map_err(|error| ZoneError {
                id: name.clone(),
                found: error.to_string(),
            }),
            Self::Custom(zone) => zone.time_zone(),
        }
    }
}

impl CustomZone {
    /// Follows the rules from 1970 to 2100 and hands the result to jiff in its own format,
    /// TZif (RFC 8536), so that gaps and folds are treated as in every other zone.
    fn time_zone(&self) -> Result<TimeZone, ZoneError> {
        let wrong = |found: &str| ZoneError {
            id: self.id.clone(),
            found: found.to_owned(),
        };
        let first = self
            .observances
            .iter()
            .min_by_key(|observance| observance.start)
            .ok_or_else(|| wrong("none"))?;
        if self.observances.len() > MAX_OBSERVANCES {
            return Err(wrong("too many"));
        }
        let (mut changes, mut steps) = (BTreeMap::new(), 0);
        for observance in &self.observances {
            for local in observance
                .onsets(&mut steps)
                .ok_or_else(|| wrong("a rule that is none"))?
            {
                let instant = instant(local, observance.offset_from)
                    .ok_or_else(|| wrong("a change at no possible time"))?;
                changes.insert(instant.as_second(), observance.offset_to);
            }
        }
        if steps >= expand::MAX_STEPS {
            return Err(wrong("rules that take too long to follow"));
        }
        let data = tzif(first.offset_from, &changes).ok_or_else(|| wrong("too many"))?;
        TimeZone::tzif(&self.id, &data).map_err(|error| wrong(&error.to_string()))
    }
}

impl Observance {
    fn onsets(&self, steps: &mut usize) -> Option<Vec<DateTime>> {
        let mut onsets = vec![self.start];
        onsets.extend(&self.dates);
        if let Some(rule) = &self.rule {
            let rule: Rule = rule.parse().ok()?;
            let range = Range {
                from: DateTime::constant(1970, 1, 1, 0, 0, 0, 0),
                to: DateTime::constant(2100, 1, 1, 0, 0, 0, 0),
                limit: 1_000,
            };
            onsets.extend(expand::expand(&rule, self.start, range, steps));
        }
        Some(onsets)
    }
}

/// The instant of a local time at a known offset.
pub(crate) fn instant(local: DateTime, offset: i32) -> Option<Timestamp> {
    let utc = TimeZone::UTC.to_timestamp(local).ok()?;
    let offset = jiff::SignedDuration::from_secs(offset.into());
    utc.checked_sub(offset).ok()
}

/// A version 2 file: an empty block for 32-bit readers, then the changes.
fn tzif(before: i32, changes: &BTreeMap<i64, i32>) -> Option<Vec<u8>> {
    let mut offsets = vec![before];
    let mut indices = Vec::with_capacity(changes.len());
    for offset in changes.values() {
        let index = offsets.iter().position(|known| known == offset);
        let index = index.unwrap_or_else(|| {
            offsets.push(*offset);
            offsets.len() - 1
        });
        indices.push(u8::try_from(index).ok()?);
    }
    let header = |times: usize, types: usize| {
        let mut header = b"TZif2".to_vec();
        header.extend([0; 15]);
        let counts = [
            0,
            0,
            0,
            u32::try_from(times).ok()?,
            u32::try_from(types).ok()?,
            4,
        ];
        header.extend(counts.iter().flat_map(|count: &u32| count.to_be_bytes()));
        Some(header)
    };
    let mut data = header(0, 1)?;
    data.extend([0; 6]);
    data.extend(b"LMT\0");
    data.extend(header(changes.len(), offsets.len())?);
    data.extend(changes.keys().flat_map(|second| second.to_be_bytes()));
    data.extend(indices);
    for offset in &offsets {
        data.extend(offset.to_be_bytes());
        data.extend([0, 0]);
    }
    data.extend(b"LMT\0\n\n");
    Some(data)
}

/// Zones that were looked up already, since making one of rules takes a while.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    known: BTreeMap<Zone, Option<TimeZone>>,
}

impl Zones {
    pub(crate) fn time_zone(&mut self, zone: &Zone) -> Option<TimeZone> {
        if let Some(known) = self.known.get(zone) {
            return known.clone();
        }
        let found = zone.time_zone().ok();
        self.known.insert(zone.clone(), found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observance(start: &str, offset_from: i32, offset_to: i32, rule: &str) -> Observance {
        Observance {
            start: start.parse().unwrap(),
            offset_from,
            offset_to,
            rule: Some(rule.to_owned()),
            dates: Vec::new(),
        }
    }

    #[test]
    fn rules_of_a_file_agree_with_the_zone_that_they_describe() {
        let custom = Zone::Custom(CustomZone {
            id: "Customized Time Zone".to_owned(),
            observances: vec![
                observance(
                    "1601-10-28T03:00",
                    7200,
                    3600,
                    "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
                ),
                observance(
                    "1601-03-25T02:00",
                    3600,
                    7200,
                    "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
                ),
            ],
        });
        let custom = custom.time_zone().unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let mut local: DateTime = "1997-01-01T02:30".parse().unwrap();
        while local.year() < 2099 {
            assert_eq!(
                custom.to_timestamp(local).unwrap(),
                berlin.to_timestamp(local).unwrap(),
                "{local}"
            );
            local = local.checked_add(jiff::Span::new().days(1)).unwrap();
        }
    }

    #[test]
    fn a_fixed_offset() {
        let mut only = observance("1970-01-01T00:00", 20_700, 20_700, "");
        only.rule = None;
        let zone = CustomZone {
            id: "Kathmandu".to_owned(),
            observances: vec![only],
        };
        let noon: DateTime = "2026-06-01T12:00".parse().unwrap();
        let instant = zone.time_zone().unwrap().to_timestamp(noon).unwrap();
        assert_eq!(instant.to_string(), "2026-06-01T06:15:00Z");
        let none = CustomZone {
            id: "none".to_owned(),
            observances: Vec::new(),
        };
        assert!(none.time_zone().is_err());
    }
}
