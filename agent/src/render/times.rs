//! Instants in the user's time zone.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use sotto_client_core::api::SlotView;

/// Shows instants in one time zone.
#[derive(Debug, Clone)]
pub struct Times {
    zone: TimeZone,
    name: String,
}

impl Times {
    /// In the zone of this IANA name; in UTC where there is none of that name.
    pub fn new(name: &str) -> Self {
        match TimeZone::get(name) {
            Ok(zone) => Self {
                zone,
                name: name.to_owned(),
            },
            Err(_) => Self {
                zone: TimeZone::UTC,
                name: "UTC".to_owned(),
            },
        }
    }

    /// In the system's zone, before the user's is known; in UTC where it does not say which.
    pub fn of_system() -> Self {
        Self::new(&system_zone().unwrap_or_default())
    }

    /// The zone itself.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The zone's name, to be said once with the times.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// In the zone.
    pub fn at(&self, instant: Timestamp) -> Zoned {
        instant.to_zoned(self.zone.clone())
    }

    /// "Tue 1 Dec 2026".
    pub fn day(&self, instant: Timestamp) -> String {
        day(self.at(instant).date())
    }

    /// "09:30".
    pub fn time(&self, instant: Timestamp) -> String {
        self.at(instant).strftime("%H:%M").to_string()
    }

    /// "Tue 1 Dec 2026 09:30".
    pub fn moment(&self, instant: Timestamp) -> String {
        format!("{} {}", self.day(instant), self.time(instant))
    }

    /// "Tue 1 Dec 2026 09:30–10:00"; the second day only where it is another.
    pub fn slot(&self, slot: &SlotView) -> String {
        let (start, end) = (self.at(slot.start), self.at(slot.end));
        if start.date() == end.date() {
            format!("{}–{}", self.moment(slot.start), self.time(slot.end))
        } else {
            format!("{} – {}", self.moment(slot.start), self.moment(slot.end))
        }
    }
}

/// "Tue 1 Dec 2026".
pub fn day(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

/// The system's time zone, by its IANA name, where it says which.
pub fn system_zone() -> Option<String> {
    let zone = TimeZone::try_system().ok()?;
    zone.iana_name().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn slots_name_a_second_day_only_where_there_is_one() {
        let times = Times::new("Europe/Berlin");
        let slot = |start, end| SlotView {
            start: at(start),
            end: at(end),
        };
        assert_eq!(
            times.slot(&slot("2026-12-01T08:30:00Z", "2026-12-01T09:00:00Z")),
            "Tue 1 Dec 2026 09:30–10:00"
        );
        assert_eq!(
            times.slot(&slot("2026-12-01T22:30:00Z", "2026-12-01T23:30:00Z")),
            "Tue 1 Dec 2026 23:30 – Wed 2 Dec 2026 00:30"
        );
    }

    #[test]
    fn an_unknown_zone_is_utc_and_says_so() {
        let times = Times::new("Middle/Earth");
        assert_eq!(times.name(), "UTC");
        assert_eq!(times.time(at("2026-12-01T08:30:00Z")), "08:30");
    }
}
