//! Where a meeting is sought: the user's words, and where these leave it open their stored
//! working hours.
//!
//! - A time of day that was said by the clock holds as it was said.
//! - One that was said loosely ("after 4", "in the evening", "dinner") keeps to the working hours
//!   of a day where these are free for the meeting, and holds as it was said where they are not.
//! - A day without working hours counts where it was named, or where none of the asked days has
//!   any; unless a time of day is said, with the hours that the user keeps on other days.
//!
//! The words are the user's own, and so are the working hours that they set aside: the other side
//! answers by its own.

use jiff::civil::{Date, Time};

use super::unworkable::unworkable;
use crate::{
    api::{ApiError, ApiErrorCode, AskedHours},
    calendar::availability,
    command::TimeOfDay,
    diary::Diary,
    span::{Span, common, merged, without},
};

/// What was asked for, before any calendar is looked at.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Days and hours; at most [`MAX_SPANS`](crate::message::MAX_SPANS).
    pub(crate) windows: Vec<Span>,
    pub(crate) duration_minutes: u32,
    /// Whether the days were named one by one.
    pub(crate) days_named: bool,
    pub(crate) time_of_day: TimeOfDay,
}

/// Where to look for the meeting.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) windows: Vec<Span>,
    pub(crate) duration_minutes: u32,
    /// What of the windows lies outside the working hours, and is searched all the same.
    pub(crate) beyond: Vec<Span>,
    pub(crate) hours: AskedHours,
}

impl Asked {
    /// Where to look, if the wish can come true at all.
    pub(crate) fn search(self, diary: &Diary<'_>) -> Result<Search, ApiError> {
        let days = days(&self.windows, diary);
        let none_works = days.iter().all(|day| hours(*day, diary).is_empty());
        let (open, closed): (Vec<Date>, Vec<Date>) = days
            .into_iter()
            .partition(|day| self.days_named || none_works || !hours(*day, diary).is_empty());
        let searched = open.iter().flat_map(|day| self.on(*day, diary)).collect();
        let working = diary.working(&self.windows);
        let beyond = without(merged(searched), working.clone());
        let all = merged(working.iter().chain(&beyond).copied().collect());
        if !self.has_room(&all) {
            return Err(unworkable(&self, &open, &closed, diary));
        }
        let minutes = self.duration_minutes;
        if diary.free(&self.windows, &beyond, minutes).is_empty() {
            let (message, next_step) = match self.time_of_day {
                TimeOfDay::Unsaid => (
                    "Your own calendar has no free time for this meeting in your working hours of the asked days.",
                    "Ask for other days or a shorter meeting, or name a time of day.",
                ),
                TimeOfDay::Loose | TimeOfDay::Exact => (
                    "Your own calendar has no free time for this meeting at the asked time.",
                    "Ask for another time or a shorter meeting.",
                ),
            };
            return Err(ApiError::new(
                ApiErrorCode::WindowImpossible,
                message,
                next_step,
            ));
        }
        let within = !diary.free(&self.windows, &[], minutes).is_empty();
        let hours = match (beyond.is_empty(), within) {
            (true, _) => AskedHours::Within,
            (false, true) => AskedHours::Partly,
            (false, false) => AskedHours::Outside,
        };
        Ok(Search {
            windows: self.windows,
            duration_minutes: minutes,
            beyond,
            hours,
        })
    }

    /// What is searched of a day that counts.
    fn on(&self, day: Date, diary: &Diary<'_>) -> Vec<Span> {
        let asked = match (whole(day, diary), diary.future()) {
            (Some(day), Some(future)) => common(&common(&self.windows, &[day]), &[future]),
            _ => Vec::new(),
        };
        let usual = common(&asked, &usual(day, diary));
        match self.time_of_day {
            TimeOfDay::Unsaid => usual,
            TimeOfDay::Loose if !diary.free(&usual, &usual, self.duration_minutes).is_empty() => {
                usual
            }
            TimeOfDay::Loose | TimeOfDay::Exact => asked,
        }
    }

    pub(super) fn has_room(&self, spans: &[Span]) -> bool {
        let seconds = i64::from(self.duration_minutes) * 60;
        spans.iter().any(|span| span.seconds() >= seconds)
    }
}

/// The asked days, from today on.
fn days(windows: &[Span], diary: &Diary<'_>) -> Vec<Date> {
    let date = |at| diary.zone.to_datetime(at).date();
    let today = date(diary.now);
    let mut days: Vec<Date> = Vec::new();
    for window in windows {
        // The end is the first instant that is not asked for.
        let last = window.end().checked_sub(jiff::SignedDuration::from_secs(1));
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

/// The working hours of a day.
fn hours(day: Date, diary: &Diary<'_>) -> Vec<(Time, Time)> {
    let all = diary.preferences.working_hours.iter();
    all.filter(|hours| availability::weekday(hours.weekday) == day.weekday())
        .map(|hours| (hours.from, hours.to))
        .collect()
}

/// The working hours of a day; of one that has none, from the earliest to the latest of all others.
fn usual_hours(day: Date, diary: &Diary<'_>) -> Vec<(Time, Time)> {
    let own = hours(day, diary);
    if !own.is_empty() {
        return own;
    }
    let all = &diary.preferences.working_hours;
    let from = all.iter().map(|hours| hours.from).min();
    let to = all.iter().map(|hours| hours.to).max();
    from.zip(to).into_iter().collect()
}

/// When the last of [`usual_hours`] ends, if there are any.
pub(crate) fn usual_end(day: Date, diary: &Diary<'_>) -> Option<Time> {
    usual_hours(day, diary).into_iter().map(|(_, to)| to).max()
}

/// [`usual_hours`] as stretches of time.
pub(super) fn usual(day: Date, diary: &Diary<'_>) -> Vec<Span> {
    let hours = usual_hours(day, diary).into_iter();
    let spans = hours.filter_map(|(from, to)| availability::local_span(day, from, to, &diary.zone));
    merged(spans.collect())
}

fn whole(day: Date, diary: &Diary<'_>) -> Option<Span> {
    let start = day.to_zoned(diary.zone.clone()).ok()?.timestamp();
    let end = day.tomorrow().ok()?.to_zoned(diary.zone.clone()).ok()?;
    Span::new(start, end.timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};

    use super::*;
    use crate::{
        agenda::Agenda,
        api::{Preferences, Weekday},
    };

    const SATURDAY: &str = "2026-11-21T10:00:00+01:00";
    const WEEK: (&str, &str) = ("2026-11-23T00:00:00+01:00", "2026-11-30T00:00:00+01:00");

    /// Monday to Friday, 09:00 to 17:00, in Berlin: what is searched, as days of November and hours.
    fn searched(
        windows: &[(&str, &str)],
        minutes: u32,
        days_named: bool,
        time_of_day: TimeOfDay,
    ) -> (Vec<String>, AskedHours) {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let preferences = Preferences::new("Europe/Berlin");
        let agenda = Agenda::default();
        let now: Timestamp = SATURDAY.parse().unwrap();
        let diary = Diary::new(now, zone.clone(), &agenda, &preferences, &[], None);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let windows: Vec<Span> = windows
            .iter()
            .map(|(from, to)| Span::new(at(from), at(to)).unwrap())
            .collect();
        let asked = Asked {
            windows,
            duration_minutes: minutes,
            days_named,
            time_of_day,
        };
        let search = asked.search(&diary).unwrap();
        let free = diary.free(&search.windows, &search.beyond, minutes);
        let shown = free.iter().map(|span| {
            let local = |at: Timestamp| at.to_zoned(zone.clone());
            let (from, to) = (local(span.start()), local(span.end()));
            format!("{}–{}", from.strftime("%d %H"), to.strftime("%H"))
        });
        (shown.collect(), search.hours)
    }

    /// From one hour to another, on each day from Monday to Sunday.
    fn daily(from: &str, to: &str) -> Vec<(String, String)> {
        let at = |day: u32, time: &str| format!("2026-11-{day}T{time}:00:00+01:00");
        (23..30).map(|day| (at(day, from), at(day, to))).collect()
    }

    fn refs(windows: &[(String, String)]) -> Vec<(&str, &str)> {
        windows
            .iter()
            .map(|(from, to)| (from.as_str(), to.as_str()))
            .collect()
    }

    #[test]
    fn without_words_about_it_the_working_hours_hold() {
        let (days, hours) = searched(&[WEEK], 30, false, TimeOfDay::Unsaid);
        assert_eq!(
            days,
            ["23 09–17", "24 09–17", "25 09–17", "26 09–17", "27 09–17"]
        );
        assert_eq!(hours, AskedHours::Within);
    }

    #[test]
    fn a_time_by_the_clock_holds_as_it_was_said_on_days_with_working_hours() {
        let evening = daily("19", "20");
        let (days, hours) = searched(&refs(&evening), 60, false, TimeOfDay::Exact);
        assert_eq!(
            days,
            ["23 19–20", "24 19–20", "25 19–20", "26 19–20", "27 19–20"]
        );
        assert_eq!(hours, AskedHours::Outside);
        let late = daily("16", "19");
        let (days, hours) = searched(&refs(&late)[..1], 30, true, TimeOfDay::Exact);
        assert_eq!(
            (days, hours),
            (vec!["23 16–19".to_owned()], AskedHours::Partly)
        );
    }

    #[test]
    fn a_time_that_was_said_loosely_keeps_to_the_hours_where_they_have_room() {
        let late = daily("16", "22");
        let monday = &refs(&late)[..1];
        let (days, hours) = searched(monday, 60, true, TimeOfDay::Loose);
        assert_eq!(
            (days, hours),
            (vec!["23 16–17".to_owned()], AskedHours::Within)
        );
        let (days, hours) = searched(monday, 90, true, TimeOfDay::Loose);
        assert_eq!(
            (days, hours),
            (vec!["23 16–22".to_owned()], AskedHours::Outside)
        );
    }

    #[test]
    fn a_day_without_hours_counts_where_it_is_named_or_none_other_is_asked_for() {
        let friday_to_saturday = ("2026-11-27T00:00:00+01:00", "2026-11-29T00:00:00+01:00");
        let (days, hours) = searched(&[friday_to_saturday], 30, true, TimeOfDay::Unsaid);
        assert_eq!((days.len(), hours), (2, AskedHours::Partly));
        let (days, hours) = searched(&[friday_to_saturday], 30, false, TimeOfDay::Unsaid);
        assert_eq!(
            (days, hours),
            (vec!["27 09–17".to_owned()], AskedHours::Within)
        );
        let weekend = ("2026-11-28T00:00:00+01:00", "2026-11-30T00:00:00+01:00");
        let (days, hours) = searched(&[weekend], 30, false, TimeOfDay::Unsaid);
        assert_eq!(days, ["28 09–17", "29 09–17"]);
        assert_eq!(hours, AskedHours::Outside);
    }

    #[test]
    fn a_day_of_its_own_hours_keeps_to_them() {
        let preferences = Preferences::new("UTC");
        let agenda = Agenda::default();
        let now: Timestamp = SATURDAY.parse().unwrap();
        let diary = Diary::new(now, TimeZone::UTC, &agenda, &preferences, &[], None);
        let shown = |day: &str| {
            let hours = usual_hours(day.parse().unwrap(), &diary);
            hours.first().map(|(from, to)| format!("{from}-{to}"))
        };
        assert_eq!(shown("2026-11-22").as_deref(), Some("09:00:00-17:00:00"));
        let mut short = preferences.clone();
        for hours in &mut short.working_hours {
            if hours.weekday == Weekday::Friday {
                hours.to = "10:00".parse().unwrap();
            }
        }
        let diary = Diary::new(now, TimeZone::UTC, &agenda, &short, &[], None);
        let friday = usual_hours("2026-11-27".parse().unwrap(), &diary);
        assert_eq!(
            friday,
            [("09:00".parse().unwrap(), "10:00".parse().unwrap())]
        );
    }
}
