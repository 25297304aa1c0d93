//! Why none of the asked time is working time.

use jiff::{
    ToSpan as _,
    civil::{Date, Time},
};

use crate::{
    api::{ApiError, ApiErrorCode, Weekday},
    calendar::availability,
    command::shown_day,
    diary::Diary,
    history::length,
    span::Span,
};

/// Says which of the asked days have no working hours, or that they are over, elsewhere in the
/// day, or too short. The windows hold no working time of that length.
pub(super) fn unworkable(windows: &[Span], minutes: u32, diary: &Diary<'_>) -> ApiError {
    let (message, other) = reason(windows, minutes, diary);
    ApiError::new(
        ApiErrorCode::WindowImpossible,
        message,
        format!("Ask for {other}, or change your working hours in the preferences."),
    )
}

/// What is wrong, and what else to ask for.
fn reason(windows: &[Span], minutes: u32, diary: &Diary<'_>) -> (String, &'static str) {
    let days = days(windows, diary);
    let length = length(minutes);
    let (with, without): (Vec<Date>, Vec<Date>) = days
        .into_iter()
        .partition(|day| !hours(*day, diary).is_empty());
    let none = format!("no working hours of yours on {}", listed(&without));
    let (Some(first), Some(last)) = (with.first(), with.last()) else {
        return (format!("There are {none}."), "other days");
    };
    let long_enough = |spans: &[Span]| spans.iter().any(|s| s.seconds() >= i64::from(minutes) * 60);
    let whole: Vec<Span> = with.iter().filter_map(|day| whole(*day, diary)).collect();
    if long_enough(&diary.working(&whole)) {
        let (from, to) = reach(&hours(*first, diary));
        let message = format!(
            "The asked times are not within your working hours, which on {} are from {from} to {to}.",
            shown_day(*first)
        );
        return (message, "other times");
    }
    let today = diary.now.to_zoned(diary.zone.clone()).date();
    let ever = |span: &Span| {
        availability::working_time(diary.preferences, *span).is_ok_and(|all| long_enough(&all))
    };
    if *last == today && whole.iter().any(ever) {
        let (_, end) = reach(&hours(today, diary));
        let others = match without.is_empty() {
            true => String::new(),
            false => format!("; there are {none}"),
        };
        let message = format!(
            "Not enough of your working hours is left today for {length}: they end at {end}{others}."
        );
        return (message, "other days");
    }
    let message = format!("Your working hours on the asked days are shorter than {length}.");
    (message, "a shorter meeting or other days")
}

/// The asked days, from today on.
fn days(windows: &[Span], diary: &Diary<'_>) -> Vec<Date> {
    let date = |at| diary.zone.to_datetime(at).date();
    let today = date(diary.now);
    let mut days: Vec<Date> = Vec::new();
    for window in windows {
        // The end is the first instant that is not asked for.
        let last = window.end().checked_sub(1.second());
        let (first, last) = (date(window.start()), date(last.unwrap_or(window.start())));
        let mut day = Some(first.max(today));
        while let Some(next) = day.filter(|day| *day <= last) {
            days.push(next);
            day = next.tomorrow().ok();
        }
    }
    days.sort_unstable();
    days.dedup();
    days
}

fn hours(day: Date, diary: &Diary<'_>) -> Vec<(Time, Time)> {
    let all = diary.preferences.working_hours.iter();
    all.filter(|hours| availability::weekday(hours.weekday) == day.weekday())
        .map(|hours| (hours.from, hours.to))
        .collect()
}

/// From the first of them to the last.
fn reach(hours: &[(Time, Time)]) -> (String, String) {
    let shown = |time: Option<Time>| time.unwrap_or_default().strftime("%H:%M").to_string();
    let from = hours.iter().map(|(from, _)| *from).min();
    let to = hours.iter().map(|(_, to)| *to).max();
    (shown(from), shown(to))
}

fn whole(day: Date, diary: &Diary<'_>) -> Option<Span> {
    let start = day.to_zoned(diary.zone.clone()).ok()?.timestamp();
    let end = day.tomorrow().ok()?.to_zoned(diary.zone.clone()).ok()?;
    Span::new(start, end.timestamp()).ok()
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
    use crate::{agenda::Agenda, api::Preferences};

    /// Monday to Friday, 09:00 to 17:00, in Berlin; Friday is short.
    fn said(now: &str, minutes: u32, windows: &[(&str, &str)]) -> String {
        let now: Timestamp = now.parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let mut preferences = Preferences::new("Europe/Berlin");
        for hours in &mut preferences.working_hours {
            let short = hours.weekday == Weekday::Friday;
            hours.to = if short { "10:00" } else { "17:00" }.parse().unwrap();
        }
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let windows: Vec<Span> = windows
            .iter()
            .map(|(from, to)| Span::new(at(from), at(to)).unwrap())
            .collect();
        let agenda = Agenda::default();
        let diary = Diary::new(now, zone, &agenda, &preferences, &[], None);
        unworkable(&windows, minutes, &diary).message
    }

    #[test]
    fn days_without_working_hours_are_named() {
        let saturday = "2026-11-21T10:00:00+01:00";
        let sunday = ("2026-11-29T00:00:00+01:00", "2026-11-30T00:00:00+01:00");
        assert_eq!(
            said(saturday, 30, &[sunday]),
            "There are no working hours of yours on Sun 29 Nov 2026."
        );
        let weekend = ("2026-11-28T00:00:00+01:00", "2026-11-30T00:00:00+01:00");
        assert_eq!(
            said(saturday, 30, &[weekend]),
            "There are no working hours of yours on Saturday and Sunday."
        );
    }

    #[test]
    fn hours_that_are_over_are_told_from_hours_that_never_were() {
        let monday = ("2026-11-23T00:00:00+01:00", "2026-11-24T00:00:00+01:00");
        assert_eq!(
            said("2026-11-23T16:45:00+01:00", 30, &[monday]),
            "Not enough of your working hours is left today for 30 minutes: they end at 17:00."
        );
        let friday_on = ("2026-11-27T00:00:00+01:00", "2026-11-30T00:00:00+01:00");
        assert_eq!(
            said("2026-11-27T16:45:00+01:00", 30, &[friday_on]),
            "Not enough of your working hours is left today for 30 minutes: they end at 10:00; \
             there are no working hours of yours on Saturday and Sunday."
        );
    }

    #[test]
    fn times_outside_of_the_hours_and_lengths_beyond_them_are_explained() {
        let now = "2026-11-21T10:00:00+01:00";
        let evening = ("2026-11-23T19:00:00+01:00", "2026-11-23T20:00:00+01:00");
        assert_eq!(
            said(now, 30, &[evening]),
            "The asked times are not within your working hours, which on Mon 23 Nov 2026 are from 09:00 to 17:00."
        );
        let friday = ("2026-11-27T00:00:00+01:00", "2026-11-28T00:00:00+01:00");
        assert_eq!(
            said(now, 90, &[friday]),
            "Your working hours on the asked days are shorter than 1 hour 30 minutes."
        );
    }
}
