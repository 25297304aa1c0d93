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
//! - [`text::decode`] finds out which letters the bytes of a file are.
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
//! # What is ours and what is not
//!
//! `ical-rs` (Pimalaya; without dependencies but `memchr`) undoes the folding, takes properties,
//! parameters and values apart, reads recurrence rules and says what they give; its answers are
//! held against python-dateutil and libical. [`jiff`] reads dates and lengths of time and knows
//! all about clocks. Ours is what Sotto wants of them:
//!
//! - Components are put together here, line by line: `IcalCst::parse_recovering` of 0.6.1 ends a
//!   component with any END, so that an event without its own swallows the rest of the file
//!   (`damaged_events_are_left_out_by_name`), says no line numbers, overflows the stack at 200,000
//!   BEGINs, and takes 8 seconds for 120 kB of folds after a line that is no property.
//! - Where a rule begins to be followed and where it ends (`expand`): the crate counts from
//!   DTSTART, and gives one `next` a million empty periods.
//! - What a file means beyond its letters: names of zones, exceptions in other zones than the
//!   start's, revisions, and what is skipped and why. VTIMEZONEs become zones of jiff, so that gaps
//!   and folds are the same everywhere.
//!
//! Others that were looked at: `calcard` 0.3.14 brings 40 crates with a second time zone database,
//! does not build for wasm32-unknown-unknown without flags for `getrandom`, makes 182 kB (gzipped)
//! of WASM for the reading alone, and cannot begin to expand at a window. `rrule` 0.14.0 makes
//! 521 kB with `regex` and chrono-tz, counts from DTSTART as well, and repeats or loses occurrences
//! where the clocks change (its issues 109 and 115). `icalendar` 0.17.17 gives up on a whole file
//! for one line that it does not understand. `ical-rs` makes 58 kB for reading and expanding.

pub mod availability;
pub mod event;
mod expand;
pub mod ics;
pub mod occurrences;
pub mod rule;
pub mod text;
mod value;
pub mod zone;

pub use event::{End, Event, Length, Occurrence, When};
pub use occurrences::MAX_OCCURRENCES;
pub use zone::Zone;
