//! What a user interface is shown.

mod calendar;
mod devices;
mod history;
mod hold;
mod meetings;
mod passphrase;
mod people;
mod preferences;
mod prekeys;
mod safety;
mod status;

use serde::{Deserialize, Serialize};

pub use calendar::{
    AlsoIn, BlockedDays, CalendarText, CalendarView, EventKind, EventView, ImportReport, Skipped,
    TextEncoding,
};
pub use devices::{DeviceState, DeviceView, JoiningView, LinkPreview, LinkView};
pub use history::{MessageStatus, MessageView, ReceiptView};
pub use hold::{ChoiceView, HoldDecision, HoldKind, HoldView};
pub use meetings::{
    AskedHours, AskedView, Direction, ProposalState, ProposalView, ScheduleDraft, SlotView,
};
pub use passphrase::{PassphraseStrength, StrengthLevel};
pub use people::{
    ContactDeviceView, ContactRef, ContactState, ContactView, InvitationPreview, InvitationView,
};
pub use preferences::{Approval, Preferences, Weekday, WorkingHours};
pub use prekeys::{MissingPrekey, PrekeySupplyState, PrekeysView};
pub use safety::{SafetyCheck, SafetyCheckView, SafetyCodeView};
pub use status::{AgentChangeView, ConnectionState, StatusView};

/// What a [`Command`](super::Command) came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Reply {
    /// It was done, and there is nothing to show.
    Done,
    /// The new invitation.
    Invitation(InvitationView),
    /// The new link that adds a device.
    Link(LinkView),
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
    /// To `Devices`.
    Devices(Vec<DeviceView>),
    /// To `Joining`; `None` where the device is one of an account.
    Joining(Option<JoiningView>),
    /// To `Invitations`.
    Invitations(Vec<InvitationView>),
    /// To `InspectInvitation`.
    InvitationPreview(InvitationPreview),
    /// To `SafetyCode`.
    SafetyCode(SafetyCodeView),
    /// To `InspectSafetyCode`.
    SafetyCheck(SafetyCheckView),
    /// To `InspectLink`.
    LinkPreview(LinkPreview),
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
    /// To `Receipt`.
    Receipt(ReceiptView),
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
    /// My devices.
    Devices,
}
