//! One VEVENT (RFC 5545 3.6.1).

use jiff::{
    Timestamp,
    civil::{DateTime, Time},
    tz::TimeZone,
};

use super::{component::Component, line::Property, zones::Zones};
use crate::calendar::{
    event::{End, Event, ExtraDate, Length, Recurrence, When},
    occurrences,
    rule::{self, Rule},
    value::{self, Stamp},
    zone::{self, Zone},
};

/// The most RDATEs and EXDATEs of one event.
const MAX_DATES: usize = 20_000;

/// A VEVENT that was understood: an event, or one occurrence of an event that differs.
pub(super) struct Read {
    pub(super) event: Event,
    /// RECURRENCE-ID.
    pub(super) instance: Option<When>,
    /// RANGE=THISANDFUTURE.
    pub(super) and_future: bool,
    /// Later revisions are greater.
    pub(super) revision: (i64, String, String),
}

/// Where a VEVENT is.
pub(super) struct Context<'a> {
    pub(super) zones: &'a Zones,
    pub(super) home: &'a TimeZone,
    /// Zones of rules, made once.
    pub(super) clocks: &'a mut zone::Zones,
    /// What it has taken so far to find where repetitions end.
    pub(super) counted: usize,
}

/// What a VEVENT is called, for a message.
pub(super) fn called(raw: &Component) -> String {
    let named = ["SUMMARY", "UID"].iter().find_map(|name| {
        let text = value::text(raw.value(name)?);
        (!text.is_empty()).then_some(text)
    });
    named.unwrap_or_else(|| format!("the event in line {}", raw.line))
}

/// Reads one; the error says why not, as the end of a sentence about it.
pub(super) fn read(raw: &Component, context: &mut Context<'_>) -> Result<Read, String> {
    if !raw.ended {
        return Err("it is damaged: its END:VEVENT is missing".to_owned());
    }
    let text = |name| {
        raw.value(name)
            .map(value::text)
            .filter(|text| !text.is_empty())
    };
    let says = |name, value: &str| {
        raw.value(name)
            .is_some_and(|found| found.trim().eq_ignore_ascii_case(value))
    };
    let start = raw.property("DTSTART").ok_or("it has no start (DTSTART)")?;
    let start = context.when(start, &start.value)?;
    let end = context.end(raw, &start)?;
    let (start, end) = if says("X-MICROSOFT-CDO-ALLDAYEVENT", "TRUE") {
        whole_days(start, end)
    } else {
        (start, end)
    };
    let length = occurrences::length(&start, &end, context.home, context.clocks);
    if length.is_none() {
        return Err("it ends before it starts".to_owned());
    }
    if context.instant(&start).is_none() {
        return Err("it starts outside of all calendars".to_owned());
    }
    let free = says("TRANSP", "TRANSPARENT")
        || says("X-MICROSOFT-CDO-BUSYSTATUS", "FREE")
        || says("X-MICROSOFT-CDO-BUSYSTATUS", "WORKINGELSEWHERE");
    let recurrence = context.recurrence(raw, &start)?;
    let instance = raw.property("RECURRENCE-ID");
    let and_future = instance
        .and_then(|property| property.range.as_deref())
        .is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
    let instance = instance
        .map(|found| context.when(found, &found.value))
        .transpose()?;
    let sequence = raw
        .value("SEQUENCE")
        .and_then(|text| text.trim().parse().ok());
    let stamp = |name| raw.value(name).unwrap_or_default().trim().to_owned();
    let title = text("SUMMARY").unwrap_or_default();
    let uid = text("UID").unwrap_or_else(|| {
        // RFC 5545 wants one, but feeds of holidays often have none.
        format!("{}-{title}", value::basic(start.local()))
    });
    Ok(Read {
        event: Event {
            uid,
            title,
            location: text("LOCATION"),
            start,
            end,
            busy: !free,
            cancelled: says("STATUS", "CANCELLED"),
            recurrence,
            overrides: Vec::new(),
        },
        instance,
        and_future,
        revision: (
            sequence.unwrap_or(0),
            stamp("LAST-MODIFIED"),
            stamp("DTSTAMP"),
        ),
    })
}

impl Context<'_> {
    /// A DATE or DATE-TIME with its zone.
    fn when(&self, property: &Property, value: &str) -> Result<When, String> {
        let stamp = Stamp::read(value).map_err(|error| error.to_string())?;
        match (stamp, property.zone.as_deref()) {
            (Stamp::Date(date), _) => Ok(When::Date(date)),
            (Stamp::Utc(local), _) => Ok(When::Zoned {
                local,
                zone: Zone::utc(),
            }),
            (Stamp::Local(local), Some(id)) => {
                let zone = self.zones.resolve(id)?;
                Ok(When::Zoned { local, zone })
            }
            (Stamp::Local(local), None) => Ok(match self.zones.default.clone() {
                Some(zone) => When::Zoned { local, zone },
                None => When::Floating(local),
            }),
        }
    }

    fn end(&self, raw: &Component, start: &When) -> Result<End, String> {
        const DAY: Length = Length {
            days: 1,
            seconds: 0,
        };
        if let Some(property) = raw.property("DTEND") {
            let end = self.when(property, &property.value)?;
            return match (start.is_date(), end.is_date()) {
                // Some producers mean the last day, not the first after it.
                (true, true) if end == *start => Ok(End::After(DAY)),
                (true, true) | (false, false) => Ok(End::At(end)),
                (true, false) => Err("its start is a day and its end a time".to_owned()),
                (false, true) => Err("its start is a time and its end a day".to_owned()),
            };
        }
        if let Some(property) = raw.property("DURATION") {
            let length = value::length(&property.value).map_err(|error| error.to_string())?;
            return Ok(End::After(match start {
                When::Date(_) => Length {
                    days: length
                        .days
                        .saturating_add(
                            u32::try_from(length.seconds.div_ceil(86_400)).unwrap_or(u32::MAX),
                        )
                        .max(1),
                    seconds: 0,
                },
                When::Floating(_) | When::Zoned { .. } => length,
            }));
        }
        Ok(End::After(match start {
            When::Date(_) => DAY,
            When::Floating(_) | When::Zoned { .. } => Length {
                days: 0,
                seconds: 0,
            },
        }))
    }

    fn recurrence(&mut self, raw: &Component, start: &When) -> Result<Recurrence, String> {
        let mut recurrence = Recurrence::default();
        for property in &raw.properties {
            match property.name.as_str() {
                "RRULE" => recurrence.rules.push(self.rule(&property.value, start)?),
                "EXRULE" => recurrence
                    .except_rules
                    .push(self.rule(&property.value, start)?),
                "RDATE" => {
                    for value in values(property) {
                        recurrence.dates.push(self.extra(property, value, start)?);
                    }
                }
                "EXDATE" => {
                    for value in values(property) {
                        let when = self.when(property, value)?;
                        recurrence.except.extend(self.localised(&when, start));
                    }
                }
                _ => {}
            }
            if recurrence.dates.len() + recurrence.except.len() > MAX_DATES {
                return Err(format!("it has more than {MAX_DATES} single dates"));
            }
        }
        Ok(recurrence)
    }

    fn rule(&mut self, text: &str, start: &When) -> Result<Rule, String> {
        let until = |stamp| match stamp {
            // A day stands for all that begins on it.
            Stamp::Date(date) => Some(rule::end_of_day(date)),
            Stamp::Local(local) => Some(local),
            Stamp::Utc(local) => self.localised(
                &When::Zoned {
                    local,
                    zone: Zone::utc(),
                },
                start,
            ),
        };
        Rule::read(text, until)
            .and_then(|rule| rule.with_end(start.local(), &mut self.counted))
            .map_err(|error| error.to_string())
    }

    /// An RDATE, perhaps a PERIOD (RFC 5545 3.3.9).
    fn extra(
        &mut self,
        property: &Property,
        value: &str,
        start: &When,
    ) -> Result<ExtraDate, String> {
        let outside = || "one of its dates lies outside of all calendars".to_owned();
        let (from, to) = match value.split_once('/') {
            Some((from, to)) => (from, Some(to)),
            None => (value, None),
        };
        let from = self.when(property, from)?;
        let length = match to {
            None => None,
            Some(to) if to.trim().starts_with(['P', 'p', '+']) => {
                Some(value::length(to).map_err(|error| error.to_string())?)
            }
            Some(to) => {
                let end = End::At(self.when(property, to)?);
                let length = occurrences::length(&from, &end, self.home, self.clocks);
                Some(length.ok_or("one of its periods ends before it starts")?)
            }
        };
        let start = self.localised(&from, start).ok_or_else(outside)?;
        Ok(ExtraDate { start, length })
    }

    fn instant(&mut self, when: &When) -> Option<Timestamp> {
        self.clock(when)?.to_timestamp(when.local()).ok()
    }

    fn clock(&mut self, when: &When) -> Option<TimeZone> {
        match when {
            When::Date(_) | When::Floating(_) => Some(self.home.clone()),
            When::Zoned { zone, .. } => self.clocks.time_zone(zone),
        }
    }

    /// A time as the clock of an event's start shows it: what RECURRENCE-ID, EXDATE, RDATE and
    /// UNTIL have to be compared with, in whatever zone they are written.
    pub(super) fn localised(&mut self, when: &When, start: &When) -> Option<DateTime> {
        let midnight = Time::midnight();
        match (when, start) {
            (When::Date(date), _) => Some(date.to_datetime(start.local().time())),
            // The day of an all-day event, written as midnight somewhere.
            (When::Zoned { .. }, When::Date(_)) => {
                let at_home = self.home.to_datetime(self.instant(when)?);
                let local = if at_home.time() == midnight {
                    at_home
                } else {
                    when.local()
                };
                Some(local.date().to_datetime(midnight))
            }
            (When::Floating(local), When::Date(_)) => Some(local.date().to_datetime(midnight)),
            (When::Floating(local), _) => Some(*local),
            (When::Zoned { local, zone }, When::Zoned { zone: own, .. }) if zone == own => {
                Some(*local)
            }
            (When::Zoned { .. }, _) => {
                let at = self.instant(when)?;
                Some(self.clock(start)?.to_datetime(at))
            }
        }
    }
}

/// The values of a list, which several lines may continue.
fn values(property: &Property) -> impl Iterator<Item = &str> {
    property
        .value
        .split(',')
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

/// Outlook writes a day as midnight to midnight, with a flag.
fn whole_days(start: When, end: End) -> (When, End) {
    let midnight = |when: &When| when.local().time() == Time::midnight();
    match (&start, &end) {
        (When::Floating(_) | When::Zoned { .. }, End::At(to))
            if midnight(&start) && midnight(to) && start.local() < to.local() =>
        {
            let end = End::At(When::Date(to.local().date()));
            (When::Date(start.local().date()), end)
        }
        _ => (start, end),
    }
}
