//! Calendars: what is in them, and when there is time.
//!
//! An event keeps local times and the names of their zones, never offsets from UTC. What a
//! repetition gives is worked out on the local clock, and only then turned into instants: a meeting
//! at nine stays at nine when the clocks change, and when a country changes its law. Whatever a file
//! holds, nothing here panics, follows it without bound, or shifts a time in silence: what cannot be
//! understood is named instead.
//!
//! # Example
//!
//! ```
//! use jiff::{civil, tz::TimeZone};
//! use sotto_client_core::{
//!     api::{Approval, Preferences, Weekday, WorkingHours},
//!     calendar::{availability, ics},
//!     span::Span,
//! };
//!
//! let file = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Stand-up\r\n\
//!     DTSTART;TZID=W. Europe Standard Time:20200106T090000\r\nDURATION:PT1H\r\n\
//!     RRULE:FREQ=WEEKLY;BYDAY=MO\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
//! let home = TimeZone::get("Europe/Berlin")?;
//! let calendar = ics::parse(file, &home)?;
//!
//! // The Monday after the clocks went back.
//! let monday = Span::new("2026-10-26T00:00Z".parse()?, "2026-10-27T00:00Z".parse()?)?;
//! let busy = availability::busy(&calendar.events, monday, &home);
//! assert_eq!(busy[0].start(), "2026-10-26T08:00Z".parse()?);
//!
//! let preferences = Preferences {
//!     time_zone: "Europe/Berlin".to_owned(),
//!     working_hours: vec![WorkingHours {
//!         weekday: Weekday::Monday,
//!         from: civil::time(9, 0, 0, 0),
//!         to: civil::time(12, 0, 0, 0),
//!     }],
//!     buffer_minutes: 15,
//!     approve_meetings: Approval::Ask,
//!     approve_contacts: Approval::Ask,
//!     review: true,
//! };
//! let working = availability::working_time(&preferences, monday)?;
//! let free = availability::free_slots(working, &busy, &[], 15, 60, monday.start());
//! let slots = availability::starts(&free, 60, availability::STEP_MINUTES, &home, 100);
//! let best = availability::rank(slots, &free, &home);
//! assert_eq!(best[0].start(), "2026-10-26T10:00Z".parse()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Main types
//!
//! - [`ics::parse`] reads a file into a [`ParsedCalendar`](ics::ParsedCalendar) of [`Event`]s.
//! - [`Event::occurrences`] gives the [`Occurrence`]s in a window; an event that has repeated daily
//!   for twenty years costs no more than a new one.
//! - [`availability`] subtracts what is busy from when the user works, and ranks what is left.
//!
//! # What it does not do
//!
//! - It reads calendars and does not write them, and fetches nothing.
//! - Events that repeat every hour, minute or second, and rules of other calendars than the
//!   Gregorian one (RFC 7529), are skipped by name.
//! - It does not know which attendee the user is: an invitation that the user declined but kept in
//!   the calendar counts as busy. So does a tentative one.
//! - VTODO, VJOURNAL and VFREEBUSY are not read.
//!
//! # Why not a crate for it
//!
//! The published ones were looked at and not taken. `calcard` 0.3 does not build for
//! wasm32-unknown-unknown without flags (an older `getrandom` through `ahash`) and brings a second
//! time zone database (chrono-tz), as does `rrule` 0.14, with `regex` on top; its open issues 109
//! and 115 are repeated and missing occurrences where the clocks change. `icalendar` 0.17 gives up
//! on a whole file for one line that it does not understand. What is needed of RFC 5545 is small
//! and adds no dependency; instants are [`jiff`]'s alone.

pub mod availability;
pub mod event;
mod expand;
pub mod ics;
pub mod occurrences;
pub mod rule;
mod value;
pub mod zone;

pub use event::{End, Event, Length, Occurrence, When};
pub use occurrences::MAX_OCCURRENCES;
pub use zone::Zone;
