//! What a user interface is shown.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::invitation::InvitationLink;

/// What a [`Command`](super::Command) came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Reply {
    /// It was done, and there is nothing to show.
    Done,
    /// The new invitation.
    Invitation(InvitationView),
    /// The contact as it is now.
    Contact(ContactView),
    /// What was read from a calendar file.
    Import(ImportReport),
    /// The proposal as it is now.
    Proposal(ProposalView),
    /// The preferences as they are now.
    Preferences(Preferences),
}

/// What a [`Query`](super::Query) found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Answer {
    /// To `Status`.
    Status(StatusView),
    /// To `Contacts`.
    Contacts(Vec<ContactView>),
    /// To `Invitations`.
    Invitations(Vec<InvitationView>),
    /// To `InspectInvitation`.
    InvitationPreview(InvitationPreview),
    /// To `Agenda`, in order of time.
    Agenda(Vec<EventView>),
    /// To `Calendars`.
    Calendars(Vec<CalendarView>),
    /// To `Proposals`.
    Proposals(Vec<ProposalView>),
    /// To `Interpret`.
    Draft(ScheduleDraft),
    /// To `History`.
    History(Vec<MessageView>),
    /// To `Preferences`.
    Preferences(Preferences),
}

/// Something may have changed; ask again what is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The connection, or a count in the status.
    Status,
    /// Contacts or invitations.
    Contacts,
    /// Events or calendars.
    Calendar,
    /// Proposals.
    Proposals,
    /// Messages between agents.
    History,
    /// Preferences.
    Preferences,
}

/// Who I am, and how the connection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StatusView {
    /// The name that contacts see.
    pub name: String,
    /// The account key, in hexadecimal.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub account: sotto_protocol::id::AccountId,
    /// The relay's URL.
    pub relay: String,
    /// How the connection is.
    pub connection: ConnectionState,
    /// What is wrong with the connection and what to do, when it is not `online`.
    pub connection_detail: Option<String>,
    /// When the next attempt to connect is made.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub retry_at: Option<Timestamp>,
    /// Messages that wait for the relay.
    pub queued: u32,
    /// Proposals and contacts that wait for the user.
    pub waiting_for_you: u32,
    /// The version of the client.
    pub version: String,
}

/// How the connection to the relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// There is none; it is tried again at `retry_at`.
    Offline,
    /// It is being made.
    Connecting,
    /// Let in, with nothing left to hand over or to fetch.
    Online,
    /// Let in, and handing over what has queued, or fetching what came meanwhile.
    Syncing,
    /// The relay refuses, and trying again would not help.
    Refused,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ContactView {
    /// Local id.
    pub id: String,
    /// The name by which the user knows them: the user's own for them, else theirs.
    pub name: String,
    /// The name that they gave themselves.
    pub their_name: String,
    /// How far the acquaintance has come.
    pub state: ContactState,
    /// Whether the user compared the safety number.
    pub verified: bool,
    /// 60 digits in groups of five, the same on both sides.
    pub safety_number: String,
    /// The URL of their relay.
    pub relay: String,
    /// Since when.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub since: Timestamp,
    /// How many of their messages came that could not be opened.
    pub unreadable: u32,
}

/// How far an acquaintance has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// I accepted their invitation; they have not approved yet.
    Waiting,
    /// They used my invitation; I have not approved yet.
    Requested,
    /// Both agreed: the agents may talk.
    Active,
    /// Both agreed, and the relay does not know their mailbox: they have ended it, or the relay
    /// has lost it. Active again as soon as anything is heard from them or taken for them.
    Unreachable,
    /// The relay refused my answer to their invitation: it had been used or taken back, or its
    /// time was over.
    Declined,
    /// I ended it.
    Blocked,
}

/// A contact in another thing's view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ContactRef {
    /// Local id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// An invitation of mine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct InvitationView {
    /// Local id.
    pub id: String,
    /// To hand over. Its secrets are in the fragment, which browsers do not send.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub link: InvitationLink,
    /// When it ends.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub expires_at: Timestamp,
    /// How many people may still use it.
    pub uses_left: u32,
}

/// An invitation of somebody else, as the link describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct InvitationPreview {
    /// The name that the inviter gives themselves.
    pub name: String,
    /// The URL of their relay.
    pub relay: String,
    /// When it ends.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub expires_at: Timestamp,
    /// The inviter, when they are a contact already; `None` also while the vault is locked.
    pub contact: Option<ContactRef>,
}

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

/// One message between agents, as its user may read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MessageView {
    /// Message id, in hexadecimal.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub id: sotto_protocol::id::MessageId,
    /// The proposal's id; the contact's for a HANDSHAKE.
    pub conversation: String,
    /// With whom.
    pub contact: ContactRef,
    /// Which way.
    pub direction: Direction,
    /// HANDSHAKE, QUERY, RESPONSE, PROPOSAL, CONFIRMATION, REJECTION;
    /// UNREADABLE for what came and could not be opened or understood.
    pub kind: String,
    /// What it says, in one sentence.
    pub summary: String,
    /// The whole message, as it was encrypted; null when it is unreadable.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub body: Value,
    /// When it was written or received.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub at: Timestamp,
    /// How far it is.
    pub status: MessageStatus,
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Mine: waits for the relay.
    Queued,
    /// Mine: the relay has it.
    Accepted,
    /// Mine: the relay refused it.
    Failed,
    /// Theirs.
    Received,
}

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

/// How hard a passphrase is to guess. A rough estimate, never an assurance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PassphraseStrength {
    /// How hard.
    pub level: StrengthLevel,
    /// What would make it better, in a sentence.
    pub advice: String,
}

/// How hard a passphrase is to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StrengthLevel {
    /// No vault is made with it: too short, or among the first to be tried.
    Refused,
    /// It falls to somebody with the vault's files and patience.
    Weak,
    /// Good enough for most.
    Fair,
    /// Out of reach for a long time.
    Strong,
}
