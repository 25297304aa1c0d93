//! What a request asks for, once it is understood.

use jiff::civil::{Date, Time};

use crate::api::ContactRef;

/// What a request asks for, without regard to anybody's calendar or working hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// With whom.
    pub contact: ContactRef,
    /// How long.
    pub duration_minutes: u32,
    /// First day.
    pub from: Date,
    /// Last day, inclusive.
    pub to: Date,
    /// Whether the days were named one by one ("on Sunday", "Friday or Saturday", "at the
    /// weekend"), and not as a stretch ("next week", "by Friday", "Friday to Monday").
    pub days_named: bool,
    /// No earlier in the day than this.
    pub earliest: Option<Time>,
    /// No later in the day than this.
    pub latest: Option<Time>,
    /// How the time of day was said.
    pub time_of_day: TimeOfDay,
    /// The meeting's title.
    pub title: String,
    /// Whether the agent will ask before it proposes a time.
    pub review: bool,
}

/// How a time of day was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeOfDay {
    /// Not at all.
    #[default]
    Unsaid,
    /// With an end left open, or by a part of the day or a meal: "after 2pm", "in the evening", "dinner".
    Loose,
    /// By the clock: "at 7", "around 7", "between 4 and 7".
    Exact,
}
