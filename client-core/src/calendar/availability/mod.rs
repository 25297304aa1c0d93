//! When there is time for a meeting.
//!
//! ```text
//! working_time ─ busy ─ holds ─► free_slots ─► within_day ─► starts ─► rank
//! ```
//!
//! Everything is a set of stretches of time; nothing that goes in says why a time is taken.

mod candidates;

use jiff::{
    Timestamp, ToSpan as _,
    civil::{self, Date},
    tz::TimeZone,
};

pub use candidates::{STEP_MINUTES, rank, starts};

use super::{event::Event, zone::Zones};
use crate::{
    api::{Preferences, Weekday},
    span::{self, Span},
};

/// The longest window that working time is worked out for: ten years.
pub const MAX_WINDOW_DAYS: i64 = 3_660;

/// Preferences from which no working time follows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AvailabilityError {
    /// No zone has this name.
    #[error("expected the name of a time zone such as Europe/Berlin, found {found:?}")]
    UnknownTimeZone {
        /// The name.
        found: String,
    },
    /// They end before they start.
    #[error("expected working hours that end after {from}, found {to}")]
    BackwardsHours {
        /// The start.
        from: civil::Time,
        /// The end.
        to: civil::Time,
    },
    /// Longer than [`MAX_WINDOW_DAYS`].
    #[error("expected a window of at most {MAX_WINDOW_DAYS} days, found {days}")]
    WindowTooLong {
        /// Its length.
        days: i64,
    },
}

/// When events take up time: merged, and cut to the window.
pub fn busy<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    window: Span,
    home: &TimeZone,
) -> Vec<Span> {
    let mut zones = Zones::default();
    let mut taken = Vec::new();
    for event in events {
        let occurrences = event.occurrences_with(window, home, &mut zones, &mut 0);
        let busy = occurrences.iter().filter(|occurrence| occurrence.busy);
        taken.extend(busy.filter_map(|occurrence| occurrence.span.intersection(&window)));
    }
    span::merged(taken)
}

/// The user's time zone.
///
/// # Errors
///
/// [`AvailabilityError::UnknownTimeZone`].
pub fn time_zone(preferences: &Preferences) -> Result<TimeZone, AvailabilityError> {
    TimeZone::get(&preferences.time_zone).map_err(|_| AvailabilityError::UnknownTimeZone {
        found: preferences.time_zone.clone(),
    })
}

/// When meetings may be: merged, and cut to the window.
///
/// The hours are those of the user's clocks, so that a day on which these change is an hour
/// shorter or longer if the change falls into them.
///
/// # Errors
///
/// [`AvailabilityError`].
pub fn working_time(
    preferences: &Preferences,
    window: Span,
) -> Result<Vec<Span>, AvailabilityError> {
    let zone = time_zone(preferences)?;
    let hours = &preferences.working_hours;
    if let Some(wrong) = hours.iter().find(|hours| hours.from >= hours.to) {
        let (from, to) = (wrong.from, wrong.to);
        return Err(AvailabilityError::BackwardsHours { from, to });
    }
    let days = window.seconds() / 86_400;
    if days > MAX_WINDOW_DAYS {
        return Err(AvailabilityError::WindowTooLong { days });
    }
    let mut working = Vec::new();
    for day in local_days(window, &zone) {
        for hours in hours
            .iter()
            .filter(|hours| weekday(hours.weekday) == day.weekday())
        {
            let stretch = local_span(day, hours.from, hours.to, &zone);
            working.extend(stretch.and_then(|stretch| stretch.intersection(&window)));
        }
    }
    Ok(span::merged(working))
}

/// The longest free stretches, of at least the duration: working time without what is busy and
/// held, with the buffer before and after each of these, and none of it before `not_before`.
///
/// The buffer is kept to meetings, not to the end of the working day. A duration of zero counts
/// as a minute.
pub fn free_slots(
    working: Vec<Span>,
    busy: &[Span],
    holds: &[Span],
    buffer_minutes: u32,
    duration_minutes: u32,
    not_before: Timestamp,
) -> Vec<Span> {
    let buffer = i64::from(buffer_minutes) * 60;
    let taken = busy.iter().chain(holds).map(|taken| taken.widened(buffer));
    let long_enough = |free: &Span| free.seconds() >= seconds(duration_minutes);
    let ahead = working
        .into_iter()
        .filter_map(|free| Span::new(free.start().max(not_before), free.end()).ok());
    let mut free = span::without(ahead.collect(), taken.collect());
    free.retain(long_enough);
    free
}

/// What of some stretches lies between two times of day; `None` is midnight.
pub fn within_day(
    spans: Vec<Span>,
    earliest: Option<civil::Time>,
    latest: Option<civil::Time>,
    zone: &TimeZone,
) -> Vec<Span> {
    if earliest.is_none() && latest.is_none() {
        return spans;
    }
    let mut within = Vec::new();
    for span in &spans {
        for day in local_days(*span, zone) {
            let from = earliest.unwrap_or_else(civil::Time::midnight);
            let allowed = match latest {
                Some(latest) => local_span(day, from, latest, zone),
                None => day.tomorrow().ok().and_then(|next| {
                    let start = zone.to_timestamp(day.to_datetime(from)).ok()?;
                    let end = zone
                        .to_timestamp(next.to_datetime(civil::Time::midnight()))
                        .ok()?;
                    Span::new(start, end).ok()
                }),
            };
            within.extend(allowed.and_then(|allowed| allowed.intersection(span)));
        }
    }
    span::merged(within)
}

/// The days on a place's calendar that a stretch touches; at most [`MAX_WINDOW_DAYS`] and two.
fn local_days(span: Span, zone: &TimeZone) -> impl Iterator<Item = Date> {
    let first = zone.to_datetime(span.start()).date();
    let last = zone.to_datetime(span.end()).date();
    (0..MAX_WINDOW_DAYS + 2)
        .map_while(move |day| first.checked_add(day.days()).ok())
        .take_while(move |day| *day <= last)
}

/// `None` when a change of the clocks leaves nothing of it.
pub(crate) fn local_span(
    day: Date,
    from: civil::Time,
    to: civil::Time,
    zone: &TimeZone,
) -> Option<Span> {
    let start = zone.to_timestamp(day.to_datetime(from)).ok()?;
    let end = zone.to_timestamp(day.to_datetime(to)).ok()?;
    Span::new(start, end).ok()
}

fn seconds(duration_minutes: u32) -> i64 {
    i64::from(duration_minutes.max(1)) * 60
}

pub(crate) fn weekday(weekday: Weekday) -> civil::Weekday {
    match weekday {
        Weekday::Monday => civil::Weekday::Monday,
        Weekday::Tuesday => civil::Weekday::Tuesday,
        Weekday::Wednesday => civil::Weekday::Wednesday,
        Weekday::Thursday => civil::Weekday::Thursday,
        Weekday::Friday => civil::Weekday::Friday,
        Weekday::Saturday => civil::Weekday::Saturday,
        Weekday::Sunday => civil::Weekday::Sunday,
    }
}

#[cfg(test)]
mod tests;
