//! The agenda, and what is imported into it.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::ContactRef;

/// One occurrence of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventView {
    /// Names this occurrence.
    pub id: String,
    /// The event's UID (RFC 5545), the same on both sides for a meeting that agents arranged.
    pub uid: String,
    /// What it is.
    pub kind: EventKind,
    /// Title.
    pub title: String,
    /// Where.
    pub location: Option<String>,
    /// First instant; for an all-day event midnight in the user's zone.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub start: Timestamp,
    /// First instant after it.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub end: Timestamp,
    /// First day of an all-day event.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub all_day: Option<Date>,
    /// Whether it takes up time (RFC 5545 TRANSP).
    pub busy: bool,
    /// The imported calendar's name.
    pub calendar: Option<String>,
    /// With whom, for a meeting that agents arranged.
    pub contact: Option<ContactRef>,
    /// The proposal that it came from, for a meeting or a hold.
    pub proposal: Option<String>,
}

/// What an event in the agenda is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// From a calendar file.
    Imported,
    /// Arranged by the agents.
    Meeting,
    /// Held while a proposal is open.
    Hold,
}

/// An imported calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CalendarView {
    /// Local id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Events in it, a recurring one counted once.
    pub events: u32,
    /// When it was read.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub imported_at: Timestamp,
}

/// What was read from a calendar file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ImportReport {
    /// The calendar as it is now.
    pub calendar: CalendarView,
    /// Whether an older one of the same name was replaced.
    pub replaced: bool,
    /// What could not be read; everything else was.
    pub skipped: Vec<Skipped>,
    /// Agreed meetings and open proposals of the next year at whose times the calendar now has
    /// something else.
    pub clashes: Vec<EventView>,
    /// Another calendar that has at least half of the same events.
    pub also_in: Option<AlsoIn>,
    /// All-day events of the next year that take up their whole day. That is what an event does
    /// whose calendar says nothing else (RFC 5545 TRANSP).
    pub all_day_busy: u32,
    /// The first of them, at most three, in order of time.
    pub blocked_days: Vec<BlockedDays>,
}

/// An all-day event that takes up its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BlockedDays {
    /// The event's title.
    pub title: String,
    /// First day; of a recurring event the next time.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub from: Date,
    /// Last day, inclusive.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub to: Date,
}

/// A calendar that has events of another one as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AlsoIn {
    /// Its name.
    pub calendar: String,
    /// How many events, by their UID, are in both.
    pub events: u32,
}

/// A calendar file as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CalendarText {
    /// For `ImportCalendar`.
    pub ics: String,
    /// How the bytes were read.
    pub encoding: TextEncoding,
}

/// How letters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TextEncoding {
    /// UTF-8, as a calendar file should be.
    Utf8,
    /// UTF-16, by its byte order mark.
    Utf16,
    /// Windows-1252 (Latin-1), because it was nothing else: a guess.
    Windows1252,
}

/// A part of a calendar file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Skipped {
    /// Which: the title or UID of an event.
    pub what: String,
    /// Why.
    pub why: String,
}
