//! What a user may ask of the engine.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{HoldDecision, Preferences};
use crate::{invitation::InvitationLink, linking::DeviceLink, safety_code::SafetyLink};

/// A request that changes something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Makes an invitation link. Answered by [`Reply::Invitation`](super::Reply::Invitation).
    Invite {
        /// How many people may use it: 1 unless told, at most 100.
        #[serde(default)]
        uses: Option<u32>,
        /// For how long it is good, in hours: 168 (a week) unless told, at most 720.
        #[serde(default)]
        valid_hours: Option<u32>,
    },
    /// Takes an invitation back; whoever tries it afterwards is refused.
    RevokeInvitation {
        /// Its id.
        invitation: String,
    },
    /// Accepts an invitation of somebody else. Answered by [`Reply::Contact`](super::Reply::Contact).
    AcceptInvitation {
        /// The link, whole.
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        link: InvitationLink,
    },
    /// Lets a person who used an invitation become a contact.
    ApproveContact {
        /// Which contact.
        contact: String,
    },
    /// Records that the safety numbers were compared, or takes that back.
    VerifyContact {
        /// Which contact.
        contact: String,
        /// Whether they agreed.
        verified: bool,
    },
    /// Calls a contact by another name, on this device alone.
    RenameContact {
        /// Which contact.
        contact: String,
        /// At most 200 characters; empty for the name that they gave themselves.
        name: String,
    },
    /// Ends everything with a contact: closes their mailbox, cancels what is open.
    BlockContact {
        /// Which contact.
        contact: String,
    },
    /// Blocks a contact and forgets them. What was said stays in the history, and
    /// agreed meetings in the calendar. Answered by [`Reply::Done`](super::Reply::Done).
    RemoveContact {
        /// Which contact.
        contact: String,
    },
    /// Decides about a contact to whom nothing is sent until then. Answered by
    /// [`Reply::Contact`](super::Reply::Contact): with whoever came under the name, where those are
    /// them.
    DecideHold {
        /// Which contact, of those that are held.
        contact: String,
        /// What is to hold.
        decision: HoldDecision,
    },
    /// Makes a link by which a new device can ask to be added, for 10 minutes. One that was made
    /// before ends. Answered by [`Reply::Link`](super::Reply::Link).
    LinkDevice {
        /// Whether the new device may add and remove devices.
        keeper: bool,
    },
    /// Adds the device that used a link, or says no to it. With another code than it shows it is
    /// refused; after three such the link is over. Answered by [`Reply::Done`](super::Reply::Done).
    DecideLink {
        /// Which link, by its id.
        link: String,
        /// The six digits that the new device shows, as the user typed them; none says no.
        code: Option<String>,
    },
    /// Removes one of the own devices from the account, once the relay has been told. It is shut out
    /// for good, and contacts are told. Answered by [`Reply::Done`](super::Reply::Done).
    RemoveDevice {
        /// Which device.
        device: String,
    },
    /// Lets another of the own devices answer for the user, once the relay has been told. The others
    /// follow it then; it is told whom the user knows, and not what was under way: that is called off.
    /// Answered by [`Reply::Done`](super::Reply::Done).
    MakeAgent {
        /// Which device.
        device: String,
    },
    /// Calls one of the own devices by another name, on this device alone. Answered by
    /// [`Reply::Done`](super::Reply::Done).
    RenameDevice {
        /// Which device.
        device: String,
        /// At most 200 characters; empty for none: it is called by the beginning of its fingerprint.
        name: String,
    },
    /// Connects to the relay now, instead of after the pause that was planned.
    Reconnect,
    /// Reads a calendar file. Answered by [`Reply::Import`](super::Reply::Import).
    /// A calendar of the same name is replaced as a whole.
    ImportCalendar {
        /// What to call it. Where absent, the name that is written in the file, else `file_name`.
        #[serde(default)]
        name: Option<String>,
        /// The file's name on disk, "Work.ics"; "Calendar" where that is absent too.
        #[serde(default)]
        file_name: Option<String>,
        /// The text of the iCalendar file (RFC 5545), at most 16 MiB.
        ics: String,
    },
    /// Forgets an imported calendar.
    RemoveCalendar {
        /// Which calendar.
        calendar: String,
    },
    /// Replaces the preferences.
    SetPreferences {
        /// All of them.
        preferences: Preferences,
    },
    /// Starts a negotiation. Answered by [`Reply::Proposal`](super::Reply::Proposal).
    Schedule {
        /// What is wanted.
        request: ScheduleRequest,
    },
    /// Agrees to a proposal of somebody else, or lets the agent propose a time that it found.
    Approve {
        /// Which proposal.
        proposal: String,
        /// Another of the proposal's `options` than the first.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(type = "string", optional))]
        start: Option<Timestamp>,
    },
    /// Says no to a proposal of somebody else.
    Reject {
        /// Which proposal.
        proposal: String,
        /// A word of explanation for the other side.
        #[serde(default)]
        reason: Option<String>,
        /// Whether to offer another time at once.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(as = "Option<_>", optional))]
        suggest_another: bool,
    },
    /// Calls off a negotiation or a confirmed meeting.
    Cancel {
        /// Which proposal.
        proposal: String,
        /// A word of explanation for the other side.
        #[serde(default)]
        reason: Option<String>,
    },
}

/// What meeting is wanted: a sentence, or single values, or both; a value
/// counts more than what the sentence says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(default)]
pub struct ScheduleRequest {
    /// Plain language: "half an hour with Robin next week about the garden".
    pub text: Option<String>,
    /// The contact.
    pub with: Option<String>,
    /// "30m", "1h", "1h30m", "90 minutes".
    pub duration: Option<String>,
    /// Days, both inclusive: "2026-12-01..2026-12-05", or one day "2026-12-01".
    pub between: Option<String>,
    /// The meeting's title.
    pub title: Option<String>,
    /// Whether the agent shows what it found before it proposes a time; the preference `review` where absent.
    pub review: Option<bool>,
}

/// A request that only looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Query {
    /// Who I am, and how the connection is.
    Status,
    /// Everyone I know or who asks to know me.
    Contacts,
    /// My devices, the one that answers for me first; then those that were removed.
    Devices,
    /// How far this device has come that asks to be added to an account.
    Joining,
    /// My invitations that are still good.
    Invitations,
    /// What an invitation link says, before it is accepted.
    InspectInvitation {
        /// The link, whole.
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        link: InvitationLink,
    },
    /// The safety number with a contact, as a code for them to scan.
    SafetyCode {
        /// Which contact.
        contact: String,
    },
    /// What a code says that was scanned from somebody's screen.
    InspectSafetyCode {
        /// The link in it, whole.
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        link: SafetyLink,
    },
    /// What a link that adds a device says, before it is followed.
    InspectLink {
        /// The link, whole.
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        link: DeviceLink,
    },
    /// The events of some days.
    Agenda {
        /// First day; today where absent.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(type = "string", optional))]
        from: Option<Date>,
        /// Last day, inclusive; six days after the first where absent.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(type = "string", optional))]
        to: Option<Date>,
    },
    /// The imported calendars.
    Calendars,
    /// All negotiations, newest first.
    Proposals,
    /// What a schedule request would do, without doing it.
    Interpret {
        /// What is wanted.
        request: ScheduleRequest,
    },
    /// Every message between my agent and others, oldest first.
    History {
        /// Only those of one negotiation, or with one contact.
        #[serde(default)]
        conversation: Option<String>,
        /// At most so many, the newest: 200 unless told, at most 1,000.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// The proof of a confirmed meeting, to keep in a file and show to anybody.
    Receipt {
        /// Which proposal.
        proposal: String,
    },
    /// My preferences.
    Preferences,
}
