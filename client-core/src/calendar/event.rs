//! An event as it is kept: local times and the names of their zones.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use super::{rule::Rule, value, zone::Zone};
use crate::span::Span;

/// An event, perhaps a recurring one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// UID (RFC 5545 3.8.4.7).
    pub uid: String,
    /// Title.
    pub title: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// When it begins, the first time.
    pub start: When,
    /// When it ends, the first time.
    pub end: End,
    /// Whether it takes up time.
    pub busy: bool,
    /// Called off: it has no occurrences.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// When it happens again.
    #[serde(default, skip_serializing_if = "Recurrence::is_empty")]
    pub recurrence: Recurrence,
    /// Single occurrences that differ (RECURRENCE-ID).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
}

/// A point in time as people say it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// A whole day, wherever the user is.
    Date(Date),
    /// A time of day wherever the user is.
    Floating(DateTime),
    /// A time on the clocks of a place.
    Zoned {
        /// What the clock shows.
        local: DateTime,
        /// Where.
        zone: Zone,
    },
}

/// The end of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// At this time, exclusive; every occurrence takes exactly as long as the first (RFC 5545 3.8.5.3).
    At(When),
    /// So long after the start.
    After(Length),
}

/// A length of time: first the days, on the calendar, then the seconds, exactly (RFC 5545 3.3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Length {
    /// Days of the calendar, of 23 to 25 hours.
    pub days: u32,
    /// Seconds.
    pub seconds: u64,
}

/// When an event happens again; all times are local ones of the event's own zone,
/// midnight for an all-day event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Recurrence {
    /// RRULE.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// RDATE.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<ExtraDate>,
    /// EXDATE.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<DateTime>,
    /// EXRULE (RFC 2445).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_rules: Vec<Rule>,
}

impl Recurrence {
    /// Whether the event happens once.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// A date that no rule gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExtraDate {
    /// Its start.
    pub start: DateTime,
    /// Its own length, of a PERIOD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Length>,
}

/// An occurrence that differs from what the rules give.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Override {
    /// When it would have begun, on the clock of the event's zone (RECURRENCE-ID).
    pub original: DateTime,
    /// Whether all later ones change alike (RANGE=THISANDFUTURE).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub and_future: bool,
    /// Called off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Title.
    pub title: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// When it begins.
    pub start: When,
    /// When it ends.
    pub end: End,
    /// Whether it takes up time.
    pub busy: bool,
}

/// One time that an event happens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// From when to when. An event without a length has a minute here and is never busy.
    pub span: Span,
    /// First day of an all-day event.
    pub all_day: Option<Date>,
    /// Whether it takes up time.
    pub busy: bool,
    /// Title.
    pub title: String,
    /// Where.
    pub location: Option<String>,
    /// Names it, together with the UID: "20261201T090000", or "20261201" of an all-day event.
    /// It stays the same when the occurrence is moved.
    pub recurrence_id: String,
}

impl When {
    /// What the clock shows; midnight for a day.
    pub fn local(&self) -> DateTime {
        match self {
            Self::Date(date) => date.to_datetime(jiff::civil::Time::midnight()),
            Self::Floating(local) | Self::Zoned { local, .. } => *local,
        }
    }

    /// Whether it is a whole day.
    pub fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// In the way of a RECURRENCE-ID.
    pub(crate) fn recurrence_id(&self, local: DateTime) -> String {
        match self {
            Self::Date(_) => local.strftime("%Y%m%d").to_string(),
            Self::Floating(_) | Self::Zoned { .. } => value::basic(local),
        }
    }

    /// An instant as a place's clocks show it.
    ///
    /// A zone without a name becomes UTC.
    pub fn zoned(at: Timestamp, zone: &TimeZone) -> Self {
        match zone.iana_name() {
            Some(name) => Self::Zoned {
                local: zone.to_datetime(at),
                zone: Zone::Named(name.to_owned()),
            },
            None => Self::Zoned {
                local: TimeZone::UTC.to_datetime(at),
                zone: Zone::utc(),
            },
        }
    }
}

impl Event {
    /// A busy event that happens once, on the clocks of a place.
    pub fn single(
        uid: impl Into<String>,
        title: impl Into<String>,
        span: Span,
        zone: &TimeZone,
    ) -> Self {
        Self {
            uid: uid.into(),
            title: title.into(),
            location: None,
            start: When::zoned(span.start(), zone),
            end: End::At(When::zoned(span.end(), zone)),
            busy: true,
            cancelled: false,
            recurrence: Recurrence::default(),
            overrides: Vec::new(),
        }
    }
}
