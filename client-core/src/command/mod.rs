//! Plain-language requests for a meeting, by grammar alone.
//!
//! [`interpret`] turns "half an hour with Robin next week about the garden",
//! single values, or both, into an [`Understood`]: with whom, how long,
//! which days, which times of day, what title. A value counts more than what
//! the sentence says.
//!
//! # What it understands
//!
//! - **People**: full name, first name where only one has it, without regard to case and accents;
//!   an id or its first [`SHORTEST_ID`] characters or more; each in quotes as well.
//! - **Lengths**: "30m", "1h30m", "1.5 hours", "an hour and a half", "three quarters of an hour";
//!   unless told, [`DEFAULT_MINUTES`], [`MEAL_MINUTES`] for lunch, [`DINNER_MINUTES`] for dinner.
//! - **Days**: "tomorrow", "on Tuesday" (the next, today included while enough of it and of the working hours is left),
//!   "next Tuesday" (that of next week), "3 December", "the 3rd", "2026-12-03", "between Tuesday
//!   and Thursday", "Monday or Tuesday", "this week" (today to Sunday), "next week" (Monday to
//!   Sunday), "the week after next", "in two weeks" (that whole week), "in the next 10 days",
//!   "next month", "in December", "by Friday", "before", "after" and "from" a day, "the weekend",
//!   "asap" ([`SOON_DAYS`]). Unless told, today to [`DEFAULT_DAYS_AHEAD`] days ahead.
//! - **Times of day**: "after 2pm", "before noon", "between 2 and 4", "in the mornings", "tonight",
//!   "around 3" ([`AROUND_MINUTES`] either way); "at 10" and "in an hour" are exact beginnings,
//!   "at 10 until 11:30" is the meeting itself.
//!   A bare hour from 1 to 6 is in the afternoon, from 7 to 12 before it, unless a part of the day
//!   or a meal says otherwise.
//! - **Title**: what is in quotes, or follows "about", "re", "to discuss", "for:"; "for the budget
//!   review" at the end; otherwise the activity ("Lunch", "Call", "Meeting"). The other side sees it.
//!
//! # What it does not
//!
//! Languages other than English, meetings that repeat, more than one person, days that do not
//! follow one another, exclusions ("not on Monday"), places, time zones, whole days, "early next
//! week", "the second Tuesday of December", holidays.
//!
//! Every word is understood, known to mean nothing here (politeness, articles, verbs of
//! arranging), part of the title, or refused by name ([`CommandError::NotUnderstood`]); none is
//! passed over. A sentence that calls off, moves, answers, asks or states
//! ([`CommandError::NoNewMeeting`], [`CommandError::NoRequest`]) arranges nothing.

mod activity;
mod calendar;
mod clock;
mod day;
mod duration;
mod error;
pub(crate) mod fold;
mod hours;
mod intent;
mod leftover;
mod naming;
mod nearby;
mod number;
mod people;
mod resolve;
mod sentence;
mod slip;
mod title;
mod tokens;
mod topic;
mod understood;
mod window;
mod words;

#[cfg(test)]
mod tests;

use jiff::{
    SignedDuration, Timestamp, Zoned,
    civil::{Date, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use crate::api::{ContactRef, ContactState, ScheduleRequest};

pub use activity::{DEFAULT_MINUTES, DINNER_MINUTES, MEAL_MINUTES};
pub(crate) use duration::shown as shown_length;
pub use duration::{LONGEST_MINUTES, SHORTEST_MINUTES};
pub(crate) use error::day as shown_day;
pub use error::{CommandError, Hint, Unread};
pub use hours::AROUND_MINUTES;
pub use intent::Intent;
pub use people::SHORTEST_ID;
pub use resolve::{DEFAULT_DAYS_AHEAD, FARTHEST_DAYS, LONGEST_WINDOW_DAYS};
pub use slip::Slip;
pub use title::LONGEST_TITLE;
pub use understood::{TimeOfDay, Understood};
pub use window::SOON_DAYS;

use activity::Activity;
use day::{Day, DayKind};
use hours::{Hours, Times};
use people::{Mention, People};
use resolve::Today;
use sentence::Reading;
use tokens::Cursor;
use window::{Shape, Stretch, Window};

/// The longest sentence, and the longest of the other values, in characters.
pub const LONGEST_TEXT: usize = 500;
/// "In an hour" begins at a multiple of this many minutes.
const GRID_MINUTES: i64 = 5;

/// Somebody who can be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person<'a> {
    /// Local id.
    pub id: &'a str,
    /// Name.
    pub name: &'a str,
    /// How far the acquaintance has come.
    pub state: ContactState,
    /// Since when.
    pub since: Timestamp,
}

impl Person<'_> {
    /// Whether nothing can be arranged with them any more.
    fn is_over(&self) -> bool {
        matches!(self.state, ContactState::Declined | ContactState::Blocked)
    }
}

/// What a request is read against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The present.
    pub now: Timestamp,
    /// The user's time zone.
    pub zone: &'a TimeZone,
    /// Those who may be named.
    pub contacts: &'a [Person<'a>],
    /// Whether to ask before proposing, where the request does not say.
    pub default_review: bool,
    /// When the user's working hours end today, by the clock of `zone`. Where no time of day is
    /// said, "on Tuesday" is today only while the meeting fits in before it.
    pub day_ends: Option<Time>,
}

/// Reads a request.
///
/// # Errors
///
/// A [`CommandError`] that says what is missing, impossible or not understood.
///
/// # Example
///
/// ```
/// use jiff::{Timestamp, tz::TimeZone};
/// use sotto_client_core::api::{ContactState, ScheduleRequest};
/// use sotto_client_core::command::{Context, Person, interpret};
///
/// let zone = TimeZone::UTC;
/// let now: Timestamp = "2026-11-21T10:00:00Z".parse()?;
/// let (id, state, since) = ("3fa94c01b2d4", ContactState::Active, now);
/// let contacts = [Person { id, name: "Robin", state, since }];
/// let context = Context { now, zone: &zone, contacts: &contacts, default_review: false, day_ends: None };
/// let request = ScheduleRequest {
///     text: Some("half an hour with Robin next week about the garden".to_owned()),
///     ..ScheduleRequest::default()
/// };
/// let draft = interpret(&request, &context)?;
/// assert_eq!((draft.duration_minutes, draft.title.as_str()), (30, "The garden"));
/// assert_eq!((draft.from.to_string(), draft.to.to_string()), ("2026-11-23".into(), "2026-11-29".into()));
///
/// let nobody = ScheduleRequest { text: Some("next week".to_owned()), ..request };
/// assert!(interpret(&nobody, &context).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn interpret(
    request: &ScheduleRequest,
    context: &Context<'_>,
) -> Result<Understood, CommandError> {
    read(request, context).map_err(|error| {
        // Only what would be understood is worth suggesting.
        error.with_mended(|text| {
            let text = Some(text.to_owned());
            let request = request.clone();
            read(&ScheduleRequest { text, ..request }, context).is_ok()
        })
    })
}

fn read(request: &ScheduleRequest, context: &Context<'_>) -> Result<Understood, CommandError> {
    let text = value(&request.text, "a request")?.unwrap_or_default();
    let with = value(&request.with, "a name")?;
    let length = value(&request.duration, "a length")?;
    let between = value(&request.between, "days")?;
    let own_title = title::chosen(request.title.as_deref().unwrap_or_default())?;

    let people = People::new(context.contacts, context.zone);
    let all = tokens::tokens(text);
    let mut reading = sentence::read(Cursor::new(text, &all), &people);
    let told = with.is_some() || length.is_some() || between.is_some() || own_title.is_some();
    reading.refused(told)?;

    let person = match with {
        Some(with) => people.named(with)?,
        None => person(&reading, &people)?,
    };
    let activity = reading.activity.unwrap_or(activity::MEETING);
    let slot = hours::length(&reading.hours, activity.hours)?;
    reading.lengths.extend(slot);
    let duration_minutes = match length {
        Some(length) => duration::whole(length)?,
        None => minutes(&reading, activity)?,
    };
    let now = context.now.to_zoned(context.zone.clone());
    if let Some(minutes) = reading.from_now.take() {
        begin_later(&mut reading, &now, minutes)?;
    }
    let times = hours::resolve(&reading.hours, duration_minutes, activity.hours)?;
    let windows = match between {
        Some(between) => vec![days(between)?],
        None => reading.windows,
    };
    let days_named = windows.iter().any(Window::names_days);
    let today = today(&now, duration_minutes, times, context.day_ends);
    let (from, to) = today.resolve(&windows)?;
    if from == to && times.exact {
        exists(context.zone, from, times)?;
    }
    let default_title = || activity.title.to_owned();
    let spoken_title = match reading.titles.first() {
        Some(title) if own_title.is_none() => title::chosen(title)?,
        _ => None,
    };
    Ok(Understood {
        contact: ContactRef {
            id: person.id.to_owned(),
            name: person.name.to_owned(),
        },
        duration_minutes,
        from,
        to,
        days_named,
        earliest: times.earliest.and_then(hours::time),
        latest: times.latest.and_then(hours::time),
        time_of_day: times.said,
        title: own_title.or(spoken_title).unwrap_or_else(default_title),
        review: request.review.unwrap_or(context.default_review),
    })
}

/// A value that is there and not too long; blank ones count as absent.
fn value<'a>(
    value: &'a Option<String>,
    what: &'static str,
) -> Result<Option<&'a str>, CommandError> {
    let Some(text) = value.as_deref().filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let found = text.chars().count();
    if found > LONGEST_TEXT {
        return Err(CommandError::TooLong {
            what,
            limit: LONGEST_TEXT,
            found,
        });
    }
    Ok(Some(text))
}

/// The one person of a sentence.
fn person<'a>(reading: &Reading, people: &People<'a>) -> Result<&'a Person<'a>, CommandError> {
    if let Some(unknown) = &reading.unknown {
        return Err(reading.nobody(unknown, people));
    }
    let mut mentions: Vec<&Mention> = reading.named.iter().collect();
    mentions.extend(reading.mentioned.iter().filter(|mention| !mention.doubtful));
    if mentions.is_empty() {
        mentions = reading.mentioned.iter().collect();
    }
    let Some((first, others)) = mentions.split_first() else {
        let title = reading.titles.first().cloned();
        return Err(CommandError::NobodyNamed { title });
    };
    let mut narrowest = (*first).clone();
    for mention in others {
        let common = |who: &usize| mention.who.contains(who);
        let who: Vec<usize> = narrowest.who.iter().copied().filter(common).collect();
        if who.is_empty() {
            let mut names: Vec<String> = mentions.iter().map(|m| m.text.clone()).collect();
            names.dedup();
            return Err(CommandError::SeveralPeople { names });
        }
        narrowest.who = who;
    }
    people.one(&narrowest)
}

/// The length that a sentence gives.
fn minutes(reading: &Reading, activity: Activity) -> Result<u32, CommandError> {
    let Some((first, more)) = reading.lengths.split_first() else {
        return Ok(activity.minutes);
    };
    if let Some(other) = more.iter().find(|length| !length.same_as(first)) {
        return Err(CommandError::Contradiction {
            first: first.text().to_owned(),
            second: other.text().to_owned(),
        });
    }
    first.checked()
}

/// The days of the value `between`.
fn days(between: &str) -> Result<Window, CommandError> {
    let all = tokens::tokens(between);
    let mut cursor = Cursor::new(between, &all);
    window::parse(&mut cursor)
        .filter(|_| cursor.is_done())
        .ok_or_else(|| CommandError::DatesNotUnderstood {
            found: between.trim().to_owned(),
        })
}

/// "In an hour": a day and an exact time.
fn begin_later(reading: &mut Reading, now: &Zoned, minutes: u64) -> Result<(), CommandError> {
    let minutes = i64::try_from(minutes).unwrap_or(i64::MAX);
    let text = format!(
        "in {}",
        shown_length(u32::try_from(minutes).unwrap_or(u32::MAX))
    );
    let too_far = || CommandError::TooFar { to: text.clone() };
    let begin = now
        .checked_add(SignedDuration::from_mins(minutes))
        .map_err(|_| too_far())?;
    let past = i64::from(begin.minute()) % GRID_MINUTES;
    let round = if past == 0 { 0 } else { GRID_MINUTES - past };
    let begin = begin
        .checked_add(SignedDuration::from_mins(round))
        .map_err(|_| too_far())?;
    let ahead = now
        .date()
        .until(begin.date())
        .map_or(0, |span| i64::from(span.get_days()));
    let day = Day {
        kind: DayKind::Offset(ahead),
        text: text.clone(),
    };
    reading.windows.push(Window {
        shape: Shape::Within(Stretch::Day(day)),
        text,
    });
    reading.hours.push(Hours::AtMinute(minute_of(begin.time())));
    Ok(())
}

fn minute_of(time: Time) -> u32 {
    u32::from(time.hour().unsigned_abs()) * 60 + u32::from(time.minute().unsigned_abs())
}

fn today(now: &Zoned, minutes: u32, times: Times, day_ends: Option<Time>) -> Today {
    let minute = minute_of(now.time()) + u32::from(now.second() > 0);
    let begin = minute.max(times.earliest.unwrap_or(0));
    let left = begin + minutes <= times.latest.unwrap_or(24 * 60);
    let works = match day_ends.filter(|_| times.said == TimeOfDay::Unsaid) {
        Some(end) => begin + minutes <= minute_of(end),
        None => true,
    };
    Today {
        date: now.date(),
        minutes,
        left,
        suits: left && works,
    }
}

/// Refuses a beginning that the change to summer time skips.
fn exists(zone: &TimeZone, date: Date, times: Times) -> Result<(), CommandError> {
    let Some(minute) = times.earliest else {
        return Ok(());
    };
    let gap = hours::time(minute).is_some_and(|time| {
        let found = zone.to_ambiguous_timestamp(date.to_datetime(time));
        matches!(found.offset(), AmbiguousOffset::Gap { .. })
    });
    match gap {
        true => Err(CommandError::SkippedTime {
            date,
            time: hours::shown(minute),
        }),
        false => Ok(()),
    }
}
