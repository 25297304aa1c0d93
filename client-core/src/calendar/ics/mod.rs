//! Reading calendar files (iCalendar, RFC 5545).
//!
//! What a file says about one event can be wrong without the rest being lost: such an event is
//! left out and named in [`ParsedCalendar::skipped`]. What a file that ends too early would have
//! said is unknown, so nothing of it is taken.

mod assemble;
mod component;
mod line;
mod vevent;
mod windows;
mod zones;

use jiff::tz::TimeZone;

use super::{event::Event, value, zone};
use crate::api::Skipped;

/// The longest file that is read.
pub const MAX_ICS_BYTES: usize = 16 * 1024 * 1024;

/// The most VEVENTs that are read: twenty years of seven a day.
pub const MAX_EVENTS: usize = 50_000;

/// The most VTIMEZONEs that are looked at; there are fewer than 600 zones in the world.
const MAX_ZONES: usize = 1_000;

/// The most skipped events that are named; a last entry says how many more there are.
const MAX_SKIPPED: usize = 1_000;

/// What a calendar file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParsedCalendar {
    /// X-WR-CALNAME or NAME (RFC 7986), of the first calendar in the file that has one.
    pub name: Option<String>,
    /// The events; no two have the same UID.
    pub events: Vec<Event>,
    /// What could not be read.
    pub skipped: Vec<Skipped>,
}

/// A file that is no calendar as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IcsError {
    /// Nothing but blanks.
    #[error("Expected a calendar, found an empty file.")]
    Empty,
    /// Longer than [`MAX_ICS_BYTES`].
    #[error(
        "Expected a calendar of at most {} MiB, found {} MiB.",
        MAX_ICS_BYTES >> 20,
        bytes.div_ceil(1 << 20)
    )]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// More than [`MAX_EVENTS`].
    #[error("Expected at most {MAX_EVENTS} events, found more from line {line} on.")]
    TooManyEvents {
        /// Where the first event too many begins.
        line: usize,
    },
    /// A web page, such as the sign-in page of a calendar service.
    #[error(
        "Expected a calendar, found a web page; a link to a calendar that needs a login gives one."
    )]
    Html,
    /// A packed file, as Google's export is.
    #[error("Expected a calendar, found a ZIP file.")]
    Zip,
    /// Contacts (vCard).
    #[error("Expected a calendar, found contacts (vCard).")]
    Contacts,
    /// No text.
    #[error("Expected a calendar, found a file that is no text.")]
    Binary,
    /// Some other text.
    #[error("Expected a calendar that begins with BEGIN:VCALENDAR, found {found:?}.")]
    NotACalendar {
        /// How it begins.
        found: String,
    },
    /// Cut off.
    #[error("Expected END:{inside}, but the file ends too early, at line {line}.")]
    EndsEarly {
        /// The last line.
        line: usize,
        /// The innermost component that has no end.
        inside: String,
    },
}

impl IcsError {
    /// What to do about it, in one sentence.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::TooManyEvents { .. } => {
                "Export fewer years as .ics and import that file; nothing was changed."
            }
            Self::Zip => "Unpack it and import the .ics files in it; nothing was changed.",
            Self::Empty
            | Self::Html
            | Self::Contacts
            | Self::Binary
            | Self::NotACalendar { .. }
            | Self::EndsEarly { .. } => {
                "Export the calendar again as .ics and import that file; nothing was changed."
            }
        }
    }
}

/// Reads a calendar file.
///
/// `home` is the user's zone; it decides which day is meant where an exception of an all-day
/// event is written as a time. Floating times stay floating.
///
/// # Errors
///
/// [`IcsError`] for a file that is no calendar, is cut off, or is too large.
///
/// ```
/// use jiff::tz::TimeZone;
/// use sotto_client_core::calendar::ics;
///
/// let home = TimeZone::get("Europe/Berlin")?;
/// let file = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Tea\r\n\
///     DTSTART;TZID=Europe/Berlin:20261201T160000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\n\
///     END:VEVENT\r\nEND:VCALENDAR\r\n";
/// let calendar = ics::parse(file, &home)?;
/// assert_eq!(calendar.events[0].title, "Tea");
///
/// let cut = &file[..60];
/// assert!(ics::parse(cut, &home).unwrap_err().to_string().contains("ends too early, at line 5"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parse(text: &str, home: &TimeZone) -> Result<ParsedCalendar, IcsError> {
    if text.len() > MAX_ICS_BYTES {
        return Err(IcsError::TooLarge { bytes: text.len() });
    }
    recognise(text)?;
    let calendars = component::read(text)?;
    let mut clocks = zone::Zones::default();
    let mut parsed = ParsedCalendar::default();
    let mut read = Vec::new();
    let (mut unnamed, mut counted) = (0, 0);
    for calendar in calendars {
        let zones = zones::Zones::of(&calendar);
        let name = ["X-WR-CALNAME", "NAME"].iter().find_map(|name| {
            let name = value::text(calendar.value(name)?);
            (!name.is_empty()).then_some(name)
        });
        parsed.name = parsed.name.or(name);
        let mut context = vevent::Context {
            zones: &zones,
            home,
            clocks: &mut clocks,
            counted,
        };
        for raw in calendar.parts(&["VEVENT"]) {
            match vevent::read(raw, &mut context) {
                Ok(event) => read.push(event),
                Err(why) if parsed.skipped.len() < MAX_SKIPPED => {
                    let what = vevent::called(raw);
                    parsed.skipped.push(Skipped { what, why });
                }
                Err(_) => unnamed += 1,
            }
        }
        counted = context.counted;
    }
    if unnamed > 0 {
        parsed.skipped.push(Skipped {
            what: format!("{unnamed} more events"),
            why: "they are damaged as well".to_owned(),
        });
    }
    parsed.events = assemble::assemble(read, home, &mut clocks);
    Ok(parsed)
}

/// Says what a file is that is no calendar.
fn recognise(text: &str) -> Result<(), IcsError> {
    let text = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    let begins = |with: &str| {
        text.get(..with.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(with))
    };
    if text.is_empty() {
        return Err(IcsError::Empty);
    }
    if begins("PK\u{3}\u{4}") {
        return Err(IcsError::Zip);
    }
    if begins("BEGIN:VCARD") {
        return Err(IcsError::Contacts);
    }
    let head: String = text.chars().take(1_000).collect();
    let odd =
        |c: &char| (c.is_control() && !c.is_whitespace()) || *c == char::REPLACEMENT_CHARACTER;
    if begins("BEGIN:VCALENDAR") {
        Ok(())
    } else if begins("<") {
        Err(IcsError::Html)
    } else if head.chars().filter(odd).count() * 20 > head.chars().count() {
        Err(IcsError::Binary)
    } else {
        let line = text.lines().next().unwrap_or_default();
        Err(IcsError::NotACalendar {
            found: value::shortened(line.trim_end()),
        })
    }
}

#[cfg(test)]
mod tests;
