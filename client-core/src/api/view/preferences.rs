//! When meetings suit, and what the agent may do on its own.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// When meetings suit, and what the agent may do on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Preferences {
    /// IANA name of the user's time zone, such as "Europe/Berlin".
    pub time_zone: String,
    /// When meetings may be, at most 28 stretches; a weekday without one is free of meetings.
    pub working_hours: Vec<WorkingHours>,
    /// Free minutes to keep before and after every meeting, at most 240.
    pub buffer_minutes: u32,
    /// Whether others' proposals that fit are confirmed without asking.
    pub approve_meetings: Approval,
    /// Whether people who use an invitation become contacts without asking.
    pub approve_contacts: Approval,
    /// Whether the agent shows the times that it found before it proposes one.
    pub review: bool,
}

/// A stretch of one weekday, in the user's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WorkingHours {
    /// The day.
    pub weekday: Weekday,
    /// "HH:MM:SS".
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub from: Time,
    /// "HH:MM:SS", later than `from`.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub to: Time,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "their names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// The user, each time.
    Ask,
    /// The agent.
    Auto,
}
