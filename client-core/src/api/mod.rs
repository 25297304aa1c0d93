//! What a user interface says to the engine and hears from it, in terms that
//! serialise to JSON: the browser, the command line and the local socket of a
//! running agent all speak exactly these types. The npm package's TypeScript
//! declarations are generated from them (feature `typescript`).
//!
//! - [`Command`] changes something and is answered by a [`Reply`] or an [`ApiError`].
//! - [`Query`] only looks and is answered by an [`Answer`] or an [`ApiError`].
//! - A [`Notice`] says what may have changed on its own.
//!
//! A contact, proposal, invitation or calendar is named by its id, by its name or title
//! without regard to case, or by an unambiguous beginning of either.
//! Instants are RFC 3339 strings in UTC, dates are `YYYY-MM-DD`.

mod command;
mod error;
mod view;

pub use crate::{invitation::InvitationLink, linking::DeviceLink, safety_code::SafetyLink};
pub use command::{Command, Query, ScheduleRequest};
pub(crate) use error::sentence;
pub use error::{ApiError, ApiErrorCode};
pub use view::{
    AgentChangeView, AlsoIn, Answer, Approval, AskedHours, AskedView, BlockedDays, CalendarText,
    CalendarView, ChoiceView, ConnectionState, ContactDeviceView, ContactRef, ContactState,
    ContactView, DeviceState, DeviceView, Direction, EventKind, EventView, HoldDecision, HoldKind,
    HoldView, ImportReport, InvitationPreview, InvitationView, JoiningView, LinkPreview, LinkView,
    MessageStatus, MessageView, MissingPrekey, Notice, PassphraseStrength, Preferences,
    PrekeySupplyState, PrekeysView, ProposalState, ProposalView, ReceiptView, Reply, SafetyCheck,
    SafetyCheckView, SafetyCodeView, ScheduleDraft, Skipped, SlotView, StatusView, StrengthLevel,
    TextEncoding, Weekday, WorkingHours,
};
