//! Components and what belongs to them (RFC 5545 3.4, 3.6).

use super::{
    IcsError, MAX_EVENTS, MAX_ZONES,
    line::{Lines, Property},
};

/// The deepest that components lie in one another; RFC 5545 knows three levels.
const MAX_DEPTH: usize = 32;

/// What stands between a BEGIN and its END, as far as it matters here.
#[derive(Debug, Default)]
pub(super) struct Component {
    /// In capitals.
    name: String,
    /// Where it begins.
    pub(super) line: usize,
    pub(super) properties: Vec<Property>,
    parts: Vec<Self>,
    /// It has an END of its own.
    pub(super) ended: bool,
}

impl Component {
    /// The components in it that have one of some names.
    pub(super) fn parts(&self, names: &[&str]) -> impl Iterator<Item = &Self> {
        self.parts
            .iter()
            .filter(|part| names.contains(&part.name.as_str()))
    }

    /// The first property of a name.
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        self.properties
            .iter()
            .find(|property| property.name == name)
    }

    /// The value of the first property of a name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.property(name).map(|property| property.value.as_str())
    }

    /// Whether a component in it is read.
    fn reads(&self, part: &str) -> bool {
        matches!(
            (self.name.as_str(), part),
            ("VCALENDAR", "VEVENT" | "VTIMEZONE") | ("VTIMEZONE", "STANDARD" | "DAYLIGHT")
        )
    }

    /// Whether a property of it is read; others, such as DESCRIPTION, are let go at once.
    fn has(&self, property: &str) -> bool {
        match self.name.as_str() {
            "VEVENT" => OF_EVENTS.contains(&property),
            name => matches!(name, "VCALENDAR" | "VTIMEZONE" | "STANDARD" | "DAYLIGHT"),
        }
    }
}

const OF_EVENTS: &[&str] = &[
    "UID",
    "SUMMARY",
    "LOCATION",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "EXRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "STATUS",
    "TRANSP",
    "SEQUENCE",
    "DTSTAMP",
    "LAST-MODIFIED",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
];

#[derive(Default)]
struct Reader {
    calendars: Vec<Component>,
    /// Outermost first.
    open: Vec<Component>,
    events: usize,
    zones: usize,
}

/// All VCALENDARs of a text.
pub(super) fn read(text: &str) -> Result<Vec<Component>, IcsError> {
    let mut reader = Reader::default();
    let mut last = 0;
    for (line, property) in Lines::of(text) {
        last = line;
        let Some(property) = property else {
            continue;
        };
        match property.name.as_str() {
            "BEGIN" => reader.begin(property.value.trim().to_ascii_uppercase(), line)?,
            "END" => reader.end(&property.value.trim().to_ascii_uppercase()),
            _ => reader.property(property),
        }
    }
    match reader.open.pop() {
        Some(Component { name: inside, .. }) => Err(IcsError::EndsEarly { line: last, inside }),
        None => Ok(reader.calendars),
    }
}

impl Reader {
    fn begin(&mut self, name: String, line: usize) -> Result<(), IcsError> {
        match name.as_str() {
            // A second calendar where the first has not ended: files that were strung together.
            "VCALENDAR" if !self.open.is_empty() => {
                let inside = self.open.pop().unwrap_or_default().name;
                let line = line.saturating_sub(1);
                return Err(IcsError::EndsEarly { line, inside });
            }
            // Whatever is open has lost its END.
            "VEVENT" | "VTIMEZONE" => {
                while self.open.len() > 1 {
                    self.close(false);
                }
            }
            _ => {}
        }
        self.events += usize::from(name == "VEVENT");
        self.zones += usize::from(name == "VTIMEZONE");
        if self.events > MAX_EVENTS {
            return Err(IcsError::TooManyEvents { line });
        }
        if self.open.len() < MAX_DEPTH {
            self.open.push(Component {
                name,
                line,
                ..Component::default()
            });
        }
        Ok(())
    }

    fn end(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| open.name == name) {
            while self.open.len() > at + 1 {
                self.close(false);
            }
            self.close(true);
        }
    }

    fn close(&mut self, ended: bool) {
        let Some(mut part) = self.open.pop() else {
            return;
        };
        part.ended = ended;
        match self.open.last_mut() {
            None if part.name == "VCALENDAR" => self.calendars.push(part),
            Some(_) if part.name == "VTIMEZONE" && self.zones > MAX_ZONES => {}
            Some(whole) if whole.reads(&part.name) => whole.parts.push(part),
            None | Some(_) => {}
        }
    }

    fn property(&mut self, property: Property) {
        if let Some(open) = self.open.last_mut()
            && open.has(&property.name)
        {
            open.properties.push(property);
        }
    }
}
