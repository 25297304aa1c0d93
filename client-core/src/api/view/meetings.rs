//! Requests for meetings and their negotiations.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};

use super::ContactRef;

/// Which way something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From me to them.
    Outgoing,
    /// From them to me.
    Incoming,
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SlotView {
    /// First instant.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub start: Timestamp,
    /// First instant after it.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub end: Timestamp,
}

/// A negotiation about one meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ProposalView {
    /// The same on both sides; names the conversation in the history.
    pub id: String,
    /// With whom.
    pub contact: ContactRef,
    /// Who wanted the meeting.
    pub direction: Direction,
    /// How far it is.
    pub state: ProposalState,
    /// The meeting's title.
    pub title: String,
    /// How long it will be.
    pub duration_minutes: u32,
    /// When it was asked for, while that is known: of the user's own requests only.
    pub asked: Option<AskedView>,
    /// The time that is on the table, held, or agreed.
    pub slot: Option<SlotView>,
    /// The times that the user may choose from, best first, while the state is `review`.
    pub options: Vec<SlotView>,
    /// Why it came to its end, or which problem it has.
    pub reason: Option<String>,
    /// Whether something of this side still waits for the relay, so that the other cannot know
    /// yet how far it is here.
    pub untold: bool,
    /// Whether nothing is sent to the contact until the user has decided about them, so that it
    /// stays as it is.
    pub stopped: bool,
    /// When it ends by itself.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub expires_at: Option<Timestamp>,
    /// When it began.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub created_at: Timestamp,
    /// When it last changed.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub updated_at: Timestamp,
    /// The same in both calendars, once confirmed.
    pub event_uid: Option<String>,
}

/// The days and hours of a request, in the user's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AskedView {
    /// First day.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub from: Date,
    /// Last day, inclusive.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub to: Date,
    /// No earlier in the day than this.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub earliest: Option<Time>,
    /// No later in the day than this.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub latest: Option<Time>,
}

/// How far a negotiation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// Mine: their agent was asked for times.
    Asking,
    /// Mine: times were found, and I am to choose.
    Review,
    /// Mine: a time is proposed and held; they are to answer.
    Proposed,
    /// Theirs: their agent asked for times and was answered.
    Answered,
    /// Theirs: a time is proposed and held; I am to answer.
    Approval,
    /// In both calendars.
    Confirmed,
    /// No common time, or somebody said no.
    Rejected,
    /// Nobody answered in time.
    Expired,
    /// Called off.
    Cancelled,
}

/// What a schedule request means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ScheduleDraft {
    /// With whom.
    pub contact: ContactRef,
    /// How long.
    pub duration_minutes: u32,
    /// First day.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub from: Date,
    /// Last day, inclusive.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub to: Date,
    /// No earlier in the day than this.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub earliest: Option<Time>,
    /// No later in the day than this.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub latest: Option<Time>,
    /// Whether the search leaves the user's working hours, as their words may make it.
    pub hours: AskedHours,
    /// The meeting's title.
    pub title: String,
    /// Whether the agent will ask before it proposes a time.
    pub review: bool,
}

/// How the times in which a meeting is sought lie to the user's working hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AskedHours {
    /// All of them within.
    Within,
    /// Some within, some not: "between 4 and 7".
    Partly,
    /// The meeting will be outside: "at 7pm", "on Sunday".
    Outside,
}
