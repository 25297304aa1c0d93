//! Components and what belongs to them (RFC 5545 3.4, 3.6).

use super::{
    IcsError, MAX_EVENTS, MAX_ZONES,
    line::{self, Property},
};

/// One VCALENDAR.
#[derive(Debug, Default)]
pub(super) struct RawCalendar {
    pub(super) properties: Vec<Property>,
    pub(super) events: Vec<RawEvent>,
    pub(super) zones: Vec<RawZone>,
}

/// A VEVENT: the properties that matter here.
#[derive(Debug)]
pub(super) struct RawEvent {
    pub(super) line: usize,
    pub(super) properties: Vec<Property>,
    /// It has no END of its own.
    pub(super) unended: bool,
}

/// A VTIMEZONE.
#[derive(Debug, Default)]
pub(super) struct RawZone {
    pub(super) properties: Vec<Property>,
    /// The properties of each STANDARD and DAYLIGHT.
    pub(super) observances: Vec<Vec<Property>>,
}

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Calendar,
    Event,
    Zone,
    Observance,
    Other,
}

/// The properties of an event that are read; the others, such as DESCRIPTION, are let go at once.
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
    calendars: Vec<RawCalendar>,
    /// Names in capitals, outermost first.
    open: Vec<(Kind, String)>,
    events: usize,
    zones: usize,
}

/// All calendars of a text.
pub(super) fn read(text: &str) -> Result<Vec<RawCalendar>, IcsError> {
    let mut reader = Reader::default();
    let mut last = 0;
    for line in line::unfolded(text) {
        if line.text.trim().is_empty() {
            continue;
        }
        last = line.number;
        let Some(property) = Property::read(&line.text) else {
            continue;
        };
        match property.name.as_str() {
            "BEGIN" => reader.begin(property.value.trim().to_ascii_uppercase(), line.number)?,
            "END" => reader.end(&property.value.trim().to_ascii_uppercase()),
            _ => reader.property(property),
        }
    }
    match reader.open.last() {
        Some((_, inside)) => Err(IcsError::EndsEarly {
            line: last,
            inside: inside.clone(),
        }),
        None => Ok(reader.calendars),
    }
}

impl Reader {
    fn begin(&mut self, name: String, line: usize) -> Result<(), IcsError> {
        let inside = self.open.last().map(|(kind, _)| *kind);
        let kind = match (name.as_str(), inside) {
            ("VCALENDAR", None) => Kind::Calendar,
            // A second calendar where the first has not ended: files that were strung together.
            ("VCALENDAR", Some(_)) => {
                let (_, inside) = self.open.pop().unwrap_or((Kind::Other, String::new()));
                let line = line.saturating_sub(1);
                return Err(IcsError::EndsEarly { line, inside });
            }
            (_, None) => Kind::Other,
            // Whatever is open has lost its END.
            ("VEVENT" | "VTIMEZONE", Some(_)) => {
                self.close_to(1);
                match name.as_str() {
                    "VEVENT" => Kind::Event,
                    _ if self.zones < MAX_ZONES => Kind::Zone,
                    _ => Kind::Other,
                }
            }
            ("STANDARD" | "DAYLIGHT", Some(Kind::Zone)) => Kind::Observance,
            _ => Kind::Other,
        };
        match kind {
            Kind::Calendar => self.calendars.push(RawCalendar::default()),
            Kind::Event => {
                self.events += 1;
                if self.events > MAX_EVENTS {
                    return Err(IcsError::TooManyEvents { line });
                }
                let (properties, unended) = (Vec::new(), false);
                self.with_calendar(|calendar| {
                    calendar.events.push(RawEvent {
                        line,
                        properties,
                        unended,
                    });
                });
            }
            Kind::Zone => {
                self.zones += 1;
                self.with_calendar(|calendar| calendar.zones.push(RawZone::default()));
            }
            Kind::Observance => self.with_zone(|zone| zone.observances.push(Vec::new())),
            Kind::Other => {}
        }
        self.open.push((kind, name));
        Ok(())
    }

    fn end(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|(_, open)| open == name) {
            self.close_to(at + 1);
            self.open.pop();
        }
    }

    /// Ends what lies deeper than `depth` and has no END of its own.
    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some((Kind::Event, _)) = self.open.pop() {
                self.with_event(|event| event.unended = true);
            }
        }
    }

    fn property(&mut self, property: Property) {
        match self.open.last().map(|(kind, _)| *kind) {
            Some(Kind::Calendar) => {
                self.with_calendar(|calendar| calendar.properties.push(property));
            }
            Some(Kind::Event) if OF_EVENTS.contains(&property.name.as_str()) => {
                self.with_event(|event| event.properties.push(property));
            }
            Some(Kind::Zone) => self.with_zone(|zone| zone.properties.push(property)),
            Some(Kind::Observance) => {
                self.with_zone(|zone| {
                    if let Some(observance) = zone.observances.last_mut() {
                        observance.push(property);
                    }
                });
            }
            Some(Kind::Event | Kind::Other) | None => {}
        }
    }

    fn with_calendar(&mut self, then: impl FnOnce(&mut RawCalendar)) {
        if let Some(calendar) = self.calendars.last_mut() {
            then(calendar);
        }
    }

    fn with_event(&mut self, then: impl FnOnce(&mut RawEvent)) {
        self.with_calendar(|calendar| {
            if let Some(event) = calendar.events.last_mut() {
                then(event);
            }
        });
    }

    fn with_zone(&mut self, then: impl FnOnce(&mut RawZone)) {
        self.with_calendar(|calendar| {
            if let Some(zone) = calendar.zones.last_mut() {
                then(zone);
            }
        });
    }
}
