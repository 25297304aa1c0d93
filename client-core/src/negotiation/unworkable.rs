//! Why there is no room for a meeting in the asked time, whatever the calendar holds.

use jiff::civil::Date;

use super::asked::{Asked, usual, usual_end};
use crate::{
    api::{ApiError, ApiErrorCode, Weekday},
    calendar::availability,
    command::{TimeOfDay, shown_day, shown_length},
    diary::Diary,
};

/// Says whether there are no working hours, or too short ones, or too little is left of them.
/// `open` are the asked days that count, `closed` the others.
pub(super) fn unworkable(
    asked: &Asked,
    open: &[Date],
    closed: &[Date],
    diary: &Diary<'_>,
) -> ApiError {
    let (message, next_step) = reason(asked, open, closed, diary);
    ApiError::new(ApiErrorCode::WindowImpossible, message, next_step)
}

/// What is wrong, and what else to ask for.
fn reason(
    asked: &Asked,
    open: &[Date],
    closed: &[Date],
    diary: &Diary<'_>,
) -> (String, &'static str) {
    let length = shown_length(asked.duration_minutes);
    if asked.time_of_day != TimeOfDay::Unsaid {
        let message = format!("Not enough of the asked time is left for {length}.");
        return (message, "Ask for another time or a shorter meeting.");
    }
    if diary.preferences.working_hours.is_empty() {
        let message = "You have no working hours on any day.".to_owned();
        return (message, "Name a time of day, or set your working hours.");
    }
    let today = diary.now.to_zoned(diary.zone.clone()).date();
    let ever = |day: &Date| asked.has_room(&usual(*day, diary));
    if open.last() == Some(&today) && open.iter().any(ever) {
        let end = usual_end(today, diary).unwrap_or_default();
        let end = end.strftime("%H:%M");
        let others = match closed {
            [] => String::new(),
            closed => format!(
                "; there are no working hours of yours on {}",
                listed(closed)
            ),
        };
        let message = format!(
            "Not enough of your working hours is left today for {length}: they end at {end}{others}."
        );
        return (message, "Name another day or a time of day.");
    }
    let message = format!("Your working hours on the asked days are shorter than {length}.");
    let next_step = "Ask for a shorter meeting or other days, or name a time of day.";
    (message, next_step)
}

/// One day by its date, several by their names.
fn listed(days: &[Date]) -> String {
    if let [day] = days {
        return shown_day(*day);
    }
    const WEEK: [(Weekday, &str); 7] = [
        (Weekday::Monday, "Monday"),
        (Weekday::Tuesday, "Tuesday"),
        (Weekday::Wednesday, "Wednesday"),
        (Weekday::Thursday, "Thursday"),
        (Weekday::Friday, "Friday"),
        (Weekday::Saturday, "Saturday"),
        (Weekday::Sunday, "Sunday"),
    ];
    let asked = |weekday: Weekday| {
        let weekday = availability::weekday(weekday);
        days.iter().any(|day| day.weekday() == weekday)
    };
    let names: Vec<&str> = WEEK
        .iter()
        .filter(|(weekday, _)| asked(*weekday))
        .map(|(_, name)| *name)
        .collect();
    match names.split_last() {
        _ if names.len() == WEEK.len() => "any day".to_owned(),
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((only, _)) => (*only).to_owned(),
        None => "the asked days".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};

    use super::*;
    use crate::{agenda::Agenda, api::Preferences, span::Span};

    /// Monday to Friday, 09:00 to 17:00, in Berlin; Friday is short.
    fn preferences() -> Preferences {
        let mut preferences = Preferences::new("Europe/Berlin");
        for hours in &mut preferences.working_hours {
            let short = hours.weekday == Weekday::Friday;
            hours.to = if short { "10:00" } else { "17:00" }.parse().unwrap();
        }
        preferences
    }

    fn refused(
        preferences: &Preferences,
        now: &str,
        minutes: u32,
        (from, to): (&str, &str),
    ) -> ApiError {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let agenda = Agenda::default();
        let diary = Diary::new(at(now), zone, &agenda, preferences, &[], None);
        let asked = Asked {
            windows: vec![Span::new(at(from), at(to)).unwrap()],
            duration_minutes: minutes,
            days_named: false,
            time_of_day: TimeOfDay::Unsaid,
        };
        asked.search(&diary).unwrap_err()
    }

    fn said(now: &str, minutes: u32, window: (&str, &str)) -> String {
        refused(&preferences(), now, minutes, window).message
    }

    #[test]
    fn days_are_named_one_by_one_or_by_the_week() {
        let days = |all: &[&str]| {
            let days: Vec<Date> = all.iter().map(|day| day.parse().unwrap()).collect();
            listed(&days)
        };
        assert_eq!(days(&["2026-11-29"]), "Sun 29 Nov 2026");
        assert_eq!(days(&["2026-11-28", "2026-11-29"]), "Saturday and Sunday");
    }

    #[test]
    fn who_has_no_working_hours_is_told_so() {
        let mut none = preferences();
        none.working_hours.clear();
        let monday = ("2026-11-23T00:00:00+01:00", "2026-11-24T00:00:00+01:00");
        let error = refused(&none, "2026-11-21T10:00:00+01:00", 30, monday);
        assert_eq!(error.message, "You have no working hours on any day.");
    }

    #[test]
    fn hours_that_are_over_are_told_from_hours_that_never_were() {
        let monday = ("2026-11-23T00:00:00+01:00", "2026-11-24T00:00:00+01:00");
        assert_eq!(
            said("2026-11-23T16:45:00+01:00", 30, monday),
            "Not enough of your working hours is left today for 30 minutes: they end at 17:00."
        );
        let friday_on = ("2026-11-27T00:00:00+01:00", "2026-11-30T00:00:00+01:00");
        assert_eq!(
            said("2026-11-27T16:45:00+01:00", 30, friday_on),
            "Not enough of your working hours is left today for 30 minutes: they end at 10:00; \
             there are no working hours of yours on Saturday and Sunday."
        );
    }

    #[test]
    fn lengths_beyond_the_hours_are_explained() {
        let friday = ("2026-11-27T00:00:00+01:00", "2026-11-28T00:00:00+01:00");
        assert_eq!(
            said("2026-11-21T10:00:00+01:00", 90, friday),
            "Your working hours on the asked days are shorter than 1 hour 30 minutes."
        );
    }
}
