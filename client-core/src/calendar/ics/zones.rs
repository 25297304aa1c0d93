//! From a TZID to a clock.
//!
//! A name that the IANA database knows counts more than the rules in the file: the rules of
//! many producers cover a year or two. They are followed where the name says nothing.

use std::collections::BTreeMap;

use jiff::{civil::DateTime, tz::TimeZone};

use super::{component::Component, windows};
use crate::calendar::{
    rule::{self, Rule},
    value::{self, Stamp},
    zone::{self, CustomZone, MAX_OBSERVANCES, Observance, Zone},
};

/// The zones of one VCALENDAR.
pub(super) struct Zones {
    /// By TZID; why not, for one that makes no sense.
    defined: BTreeMap<String, Result<Zone, String>>,
    /// X-WR-TIMEZONE: where floating times are, if the file says.
    pub(super) default: Option<Zone>,
}

impl Zones {
    pub(super) fn of(calendar: &Component) -> Self {
        let mut defined = BTreeMap::new();
        for raw in calendar.parts(&["VTIMEZONE"]) {
            let id = raw.value("TZID").map(str::trim);
            if let Some(id) = id.filter(|id| named(id).is_none()) {
                defined.insert(id.to_owned(), define(id, raw));
            }
        }
        let default = calendar.value("X-WR-TIMEZONE");
        Self {
            default: default.and_then(|name| named(name.trim())),
            defined,
        }
    }

    /// For what has its zones already.
    pub(super) fn none() -> Self {
        Self::of(&Component::default())
    }

    /// The zone of a TZID.
    pub(super) fn resolve(&self, id: &str) -> Result<Zone, String> {
        let id = id.trim();
        if let Some(zone) = named(id) {
            return Ok(zone);
        }
        match self.defined.get(id) {
            Some(zone) => zone.clone(),
            None => Err(format!(
                "its time zone {:?} is unknown, and the file does not describe it",
                value::shortened(id)
            )),
        }
    }
}

/// A zone whose name says which it is.
fn named(id: &str) -> Option<Zone> {
    let iana = |name: &str| {
        let zone = TimeZone::get(name).ok()?;
        zone.iana_name().map(|name| Zone::Named(name.to_owned()))
    };
    if id.is_empty() {
        return None;
    }
    if let Some(zone) = iana(id).or_else(|| iana(windows::iana(id)?)) {
        return Some(zone);
    }
    // "/mozilla.org/20050126_1/Europe/Berlin", "/freeassociation.sourceforge.net/Europe/Berlin":
    // RFC 5545 3.2.19 leaves it to the producer what comes before the name.
    let mut rest = id.strip_prefix('/')?;
    while let Some((_, tail)) = rest.split_once('/') {
        if tail.contains('/')
            && let Some(zone) = iana(tail)
        {
            return Some(zone);
        }
        rest = tail;
    }
    iana(rest)
}

/// The zone that a VTIMEZONE describes.
fn define(id: &str, raw: &Component) -> Result<Zone, String> {
    // libical names the place; so do Lotus and others.
    let place = ["X-LIC-LOCATION", "TZID-ALIAS-OF"]
        .iter()
        .find_map(|name| raw.value(name));
    if let Some(zone) = place.and_then(|place| named(place.trim())) {
        return Ok(zone);
    }
    let why = |found: String| {
        let id = value::shortened(id);
        format!("the file's description of its time zone {id:?} makes no sense: {found}")
    };
    let mut observances = Vec::new();
    for raw in raw.parts(&["STANDARD", "DAYLIGHT"]) {
        observances.extend(observance(raw).map_err(why)?);
        if observances.len() > MAX_OBSERVANCES {
            return Err(why(format!("it has more than {MAX_OBSERVANCES} parts")));
        }
    }
    let zone = Zone::Custom(CustomZone {
        id: value::text(id),
        observances,
    });
    zone.time_zone().map_err(|error| why(error.to_string()))?;
    Ok(zone)
}

/// One STANDARD or DAYLIGHT; several where it has several rules.
fn observance(raw: &Component) -> Result<Vec<Observance>, String> {
    let needed = |name: &str| raw.value(name).ok_or_else(|| format!("no {name}"));
    let wrong = |error: value::ValueError| error.to_string();
    let offset_from = value::offset(needed("TZOFFSETFROM")?).map_err(wrong)?;
    let offset_to = value::offset(needed("TZOFFSETTO")?).map_err(wrong)?;
    let local = |stamp: Stamp| match stamp {
        Stamp::Date(date) => Some(date.to_datetime(jiff::civil::Time::midnight())),
        Stamp::Local(local) => Some(local),
        Stamp::Utc(utc) => zone::instant(utc, 0)
            .map(|at| TimeZone::UTC.to_datetime(at))
            .and_then(|utc| {
                utc.checked_add(jiff::SignedDuration::from_secs(offset_from.into()))
                    .ok()
            }),
    };
    let read = |text: &str| -> Result<DateTime, String> {
        let stamp = Stamp::read(text).map_err(wrong)?;
        local(stamp).ok_or_else(|| "a date at no possible time".to_owned())
    };
    let start = read(needed("DTSTART")?)?;
    let mut dates = Vec::new();
    let all = |name| {
        let named = raw
            .properties
            .iter()
            .filter(move |property| property.name == name);
        named.map(|property| property.value.as_str())
    };
    for list in all("RDATE") {
        for date in list.split(',') {
            let date = date.split_once('/').map_or(date, |(start, _)| start);
            dates.push(read(date)?);
        }
    }
    if dates.len() > 1_000 {
        return Err("more than 1000 dates".to_owned());
    }
    let mut rules = Vec::new();
    for text in all("RRULE") {
        let until = |stamp| match stamp {
            Stamp::Date(date) => Some(rule::end_of_day(date)),
            other => local(other),
        };
        let rule = Rule::read(text, until).map_err(|error| error.to_string())?;
        rules.push(rule.to_string());
    }
    let mut rules = rules.into_iter();
    let first = Observance {
        start,
        offset_from,
        offset_to,
        rule: rules.next(),
        dates,
    };
    let more = rules.map(|rule| Observance {
        rule: Some(rule),
        dates: Vec::new(),
        ..first.clone()
    });
    let more: Vec<_> = more.collect();
    Ok(std::iter::once(first).chain(more).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_which_zone() {
        let cases = [
            ("Europe/Berlin", "Europe/Berlin"),
            ("europe/berlin", "Europe/Berlin"),
            ("W. Europe Standard Time", "Europe/Berlin"),
            ("Pacific Standard Time", "America/Los_Angeles"),
            ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
            (
                "/freeassociation.sourceforge.net/America/Argentina/Salta",
                "America/Argentina/Salta",
            ),
            ("/citadel.org/20190914_1/Asia/Kolkata", "Asia/Kolkata"),
            ("/example.org/UTC", "UTC"),
            ("GMT", "GMT"),
        ];
        for (id, expected) in cases {
            assert_eq!(named(id), Some(Zone::Named(expected.to_owned())), "{id}");
        }
        for unknown in [
            "",
            "/",
            "//",
            "Customized Time Zone",
            "(UTC+01:00) Berlin",
            "/a/b/c",
            "UTC+1",
        ] {
            assert_eq!(named(unknown), None, "{unknown}");
        }
    }
}
