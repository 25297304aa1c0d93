//! Calendars.
pub mod availability;
pub mod event;
mod expand;
pub mod ics;
pub mod occurrences;
pub mod rule;
mod value;
pub mod zone;

pub use event::Event;
