//! Why a request could not be turned into a draft.

use jiff::civil::Date;

use crate::api::{ApiError, ApiErrorCode};

use super::{
    FARTHEST_DAYS, Intent, LONGEST_MINUTES, LONGEST_WINDOW_DAYS, SHORTEST_MINUTES, shown_length,
    slip::{Slip, question},
};

/// A sentence that works, to learn from.
const EXAMPLE: &str = "half an hour with Robin next week about the garden";
/// How many names a message lists.
const NAMES_LISTED: usize = 5;

/// What words that were not understood may have been meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Where to meet.
    Place,
    /// A time zone.
    Zone,
    /// A title, or a time.
    Title,
    /// Nobody can tell.
    Other,
}

/// What of a sentence was not understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// Its words.
    pub words: Vec<String>,
    /// What some of them were probably meant to be.
    pub slips: Vec<Slip>,
    /// The whole sentence as it was probably meant, where that would be understood.
    pub mended: Option<String>,
}

/// Why a request could not be turned into a draft.
///
/// Only [`NotUnderstood`](Self::NotUnderstood) and [`NobodyNamed`](Self::NobodyNamed) mean that
/// this grammar is too small for the sentence; all others are about what the user asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages say")]
pub enum CommandError {
    /// A text is too long to be what it should be.
    #[error("Expected {what} of at most {limit} characters, found {found}.")]
    TooLong {
        what: &'static str,
        limit: usize,
        found: usize,
    },
    /// Words were not understood.
    #[error("{} not understood.", were(&unread.words))]
    NotUnderstood {
        unread: Box<Unread>,
        /// For the words that are no slips, if there are any.
        hint: Option<Hint>,
    },
    /// The sentence is about a meeting that there is already, or about none.
    #[error("{}", wanted(*intent, words))]
    NoNewMeeting { intent: Intent, words: Vec<String> },
    /// The sentence asks or says something, and requests nothing.
    #[error("“{words}” asks for no meeting.")]
    NoRequest { words: String },
    /// Some time was to be left out.
    #[error("Days and times cannot be left out yet (“{words}”).")]
    Excluded { words: String },
    /// A length that depends on what a day is.
    #[error(
        "“{words}” is no length for a meeting, which is at most {} long.",
        shown_length(LONGEST_MINUTES)
    )]
    DayLength { words: String },
    /// No person was found in the request.
    #[error("The request names nobody to meet{}.", besides(title.as_deref()))]
    NobodyNamed { title: Option<String> },
    /// The person named is no contact.
    #[error("You know nobody called “{name}”{}.", besides_not_understood(&also.words))]
    UnknownPerson {
        name: String,
        known: Vec<String>,
        meant: Option<String>,
        /// What else was not understood.
        also: Box<Unread>,
    },
    /// Several contacts answer to the name.
    #[error("“{name}” may be any of {}.", joined(matches))]
    AmbiguousPerson { name: String, matches: Vec<String> },
    /// More than one person was named.
    #[error(
        "A meeting can be arranged with one person at a time, and this names {}.",
        listed(names)
    )]
    SeveralPeople { names: Vec<String> },
    /// A series was asked for.
    #[error("Meetings that repeat (“{words}”) cannot be arranged yet.")]
    Recurring { words: String },
    /// Days that are not next to each other.
    #[error("“{words}” names days that do not follow one another.")]
    SeparateDays { words: String },
    /// Two parts of the request exclude each other.
    #[error("“{first}” and “{second}” do not go together.")]
    Contradiction { first: String, second: String },
    /// A text is no length of time.
    #[error("Expected a length such as “30 minutes” or “1 hour 30 minutes”, found “{found}”.")]
    DurationNotUnderstood { found: String },
    /// A length is too short or too long.
    #[error(
        "Expected a length between {} and {}, found “{found}”.",
        shown_length(SHORTEST_MINUTES),
        shown_length(LONGEST_MINUTES)
    )]
    DurationOutOfRange { found: String },
    /// A date that no calendar has.
    #[error("There is no “{found}”: {reason}.")]
    NoSuchDate { found: String, reason: String },
    /// A time of day that no clock shows.
    #[error("There is no time of day “{found}”.")]
    NoSuchTime { found: String },
    /// The clocks are put forward over the time.
    #[error("On {} the clocks are put forward and skip {time}.", day(*date))]
    SkippedTime { date: Date, time: String },
    /// A date with the wrong day of the week.
    #[error("{} is a {actual}, not a {found}.", date.strftime("%-d %b %Y"))]
    WrongWeekday {
        date: Date,
        actual: &'static str,
        found: &'static str,
    },
    /// Digits that may be day and month or month and day.
    #[error("“{found}” may be {} or {}.", day(*first), day(*second))]
    AmbiguousDate {
        found: String,
        first: Date,
        second: Date,
    },
    /// A text names no days.
    #[error("Expected days such as “2026-12-01..2026-12-05”, found “{found}”.")]
    DatesNotUnderstood { found: String },
    /// The end lies before the beginning.
    #[error("The last day, {}, is before the first, {}.", day(*to), day(*from))]
    Reversed { from: Date, to: Date },
    /// All of it is over.
    #[error("That time is over: it ends on {}, and today is {}.", day(*to), day(*today))]
    Past { to: Date, today: Date },
    /// What is left of today is too short.
    #[error("Not enough of the asked time is left today for {}.", shown_length(*minutes))]
    TodayOver { minutes: u32 },
    /// Too long until then.
    #[error("{to} is more than {FARTHEST_DAYS} days ahead.")]
    TooFar { to: String },
    /// Too many days.
    #[error("{} to {} is longer than {LONGEST_WINDOW_DAYS} days.", day(*from), day(*to))]
    TooManyDays { from: Date, to: Date },
    /// A day of the week does not occur in the days named.
    #[error("There is no such day between {} and {}.", day(*from), day(*to))]
    DayNotWithin { from: Date, to: Date },
    /// The times of day are too close to each other.
    #[error("Between {earliest} and {latest} there is no room for {}.", shown_length(*minutes))]
    HoursTooShort {
        earliest: String,
        latest: String,
        minutes: u32,
    },
    /// The meeting would end on the next day.
    #[error("A meeting of {} at {start} would run past midnight.", shown_length(*minutes))]
    PastMidnight { start: String, minutes: u32 },
}

/// A day as people write it: "Mon 23 Nov 2026".
pub(crate) fn day(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
    joined(&quoted)
}

fn joined(items: &[String]) -> String {
    let more = items.len().saturating_sub(NAMES_LISTED);
    let shown = items.get(..NAMES_LISTED).unwrap_or(items);
    match shown.split_last() {
        None => "nobody".to_owned(),
        Some(_) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn were(words: &[String]) -> String {
    let verb = if words.len() == 1 { "was" } else { "were" };
    format!("{} {verb}", listed(words))
}

fn besides_not_understood(words: &[String]) -> String {
    match words {
        [] => String::new(),
        words => format!(", and {} not understood", were(words)),
    }
}

fn besides(title: Option<&str>) -> String {
    title.map_or_else(String::new, |title| {
        format!(" besides the title: “{title}”")
    })
}

fn wanted(intent: Intent, words: &[String]) -> String {
    let words = listed(words);
    let cannot = match intent {
        Intent::CallOff => "cannot call one off",
        Intent::Move => "cannot change one",
        Intent::Answer => "cannot answer a proposal",
        Intent::Refrain => {
            return format!("A sentence says what is wanted, and {words} says what is not.");
        }
    };
    format!("A sentence asks for a new meeting, and {cannot} ({words}).")
}

impl CommandError {
    /// Keeps the mended sentence only where it is `good`.
    pub(super) fn with_mended(mut self, good: impl FnOnce(&str) -> bool) -> Self {
        if let Some(unread) = self.unread() {
            unread.mended = unread.mended.take().filter(|mended| good(mended));
        }
        self
    }

    fn unread(&mut self) -> Option<&mut Unread> {
        match self {
            Self::NotUnderstood { unread, .. } | Self::UnknownPerson { also: unread, .. } => {
                Some(unread)
            }
            _ => None,
        }
    }

    fn into_mended(mut self) -> Option<String> {
        self.unread()?.mended.take()
    }

    fn code(&self) -> ApiErrorCode {
        match self {
            Self::TooLong { .. }
            | Self::DayLength { .. }
            | Self::DurationNotUnderstood { .. }
            | Self::DurationOutOfRange { .. } => ApiErrorCode::ValueInvalid,
            Self::NotUnderstood { .. }
            | Self::NoNewMeeting { .. }
            | Self::NoRequest { .. }
            | Self::Excluded { .. }
            | Self::NobodyNamed { .. }
            | Self::Recurring { .. }
            | Self::SeparateDays { .. }
            | Self::Contradiction { .. } => ApiErrorCode::NotUnderstood,
            Self::UnknownPerson { .. } => ApiErrorCode::NotFound,
            Self::AmbiguousPerson { .. } => ApiErrorCode::Ambiguous,
            Self::SeveralPeople { .. } => ApiErrorCode::LimitReached,
            Self::NoSuchDate { .. }
            | Self::NoSuchTime { .. }
            | Self::SkippedTime { .. }
            | Self::WrongWeekday { .. }
            | Self::AmbiguousDate { .. }
            | Self::DatesNotUnderstood { .. } => ApiErrorCode::DateInvalid,
            Self::Reversed { .. }
            | Self::Past { .. }
            | Self::TodayOver { .. }
            | Self::TooFar { .. }
            | Self::TooManyDays { .. }
            | Self::DayNotWithin { .. }
            | Self::HoursTooShort { .. }
            | Self::PastMidnight { .. } => ApiErrorCode::WindowImpossible,
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::TooLong { .. } => "Say it in fewer words.".to_owned(),
            Self::NotUnderstood { unread, hint } => match (question(&unread.slips), hint) {
                (Some(question), None) => {
                    let it = if unread.slips.len() == 1 { "it" } else { "them" };
                    format!("{question} If not, leave {it} out; a title goes after “about”.")
                }
                (Some(question), Some(hint)) => format!("{question} {}", hint.next_step()),
                (None, hint) => hint.unwrap_or(Hint::Other).next_step(),
            },
            Self::NoNewMeeting { intent, .. } => intent.next_step(),
            Self::NoRequest { .. } => format!(
                "To ask for a meeting, say it like “{EXAMPLE}”; what is arranged is in your calendar."
            ),
            Self::Excluded { .. } => {
                "Name the days or times that suit, like “between Tuesday and Thursday”.".to_owned()
            }
            Self::DayLength { .. } => "Say how many minutes or hours, like “4 hours”.".to_owned(),
            Self::NobodyNamed { title: None } => format!("Say with whom, like “{EXAMPLE}”."),
            Self::NobodyNamed { title: Some(_) } => {
                format!("Say with whom before you say what about, like “{EXAMPLE}”.")
            }
            Self::UnknownPerson { known, .. } if known.is_empty() => {
                "Invite them first: make an invitation link and send it to them.".to_owned()
            }
            Self::UnknownPerson { name, known, meant, also } => {
                let named = meant.clone().map(|meant| Slip { said: name.clone(), meant });
                let all: Vec<Slip> = named.into_iter().chain(also.slips.iter().cloned()).collect();
                let question = question(&all).map(|question| question + " ").unwrap_or_default();
                let invite = match meant {
                    Some(_) => "If not, invite them first.".to_owned(),
                    None => format!("Choose one of those you know, {}, or invite them.", listed(known)),
                };
                question + &invite
            }
            Self::AmbiguousPerson { .. } => {
                "Write the full name, or the contact's id in place of the name.".to_owned()
            }
            Self::SeveralPeople { .. } => "Name one of them, and ask the others afterwards.".to_owned(),
            Self::Recurring { .. } => "Ask for the first meeting on its own.".to_owned(),
            Self::SeparateDays { .. } => {
                "Name one day, or a first and a last day, like “between Tuesday and Thursday”.".to_owned()
            }
            Self::Contradiction { .. } => "Leave one of them out.".to_owned(),
            Self::DurationNotUnderstood { found } => match with_unit(found) {
                Some(likely) => format!("Did you mean {likely}?"),
                None => "Write it like “30 minutes”, “1 h 30 min” or “90 min”.".to_owned(),
            },
            Self::DurationOutOfRange { .. } => {
                format!("Choose between “{SHORTEST_MINUTES} min” and “{} h”.", LONGEST_MINUTES / 60)
            }
            Self::NoSuchDate { .. } => "Choose a day that exists.".to_owned(),
            Self::NoSuchTime { .. } => {
                "Write it like “14:30” or “2:30pm”: hours go to 23 (to 12 with am or pm), minutes to 59."
                    .to_owned()
            }
            Self::SkippedTime { .. } => "Choose another time of that day.".to_owned(),
            Self::WrongWeekday { .. } => "Leave out the weekday, or mend the date.".to_owned(),
            Self::AmbiguousDate { first, .. } => format!("Write it as year, month, day: “{first}”."),
            Self::DatesNotUnderstood { .. } => {
                "Write one day, “2026-12-01”, or the first and the last, “2026-12-01..2026-12-05”."
                    .to_owned()
            }
            Self::Reversed { from, to } => format!("Put the earlier day first: “{to}..{from}”."),
            Self::Past { .. } => "Choose today or a later day.".to_owned(),
            Self::TodayOver { .. } => "Choose a later time, or another day.".to_owned(),
            Self::TooFar { .. } => "Choose an earlier day, or ask again later.".to_owned(),
            Self::TooManyDays { .. } => {
                format!("Name at most {LONGEST_WINDOW_DAYS} days, about three months.")
            }
            Self::DayNotWithin { .. } => "Name a day that lies within the other days, or leave one out.".to_owned(),
            Self::HoursTooShort { .. } => "Choose a shorter meeting, or more of the day.".to_owned(),
            Self::PastMidnight { .. } => "Choose an earlier time, or a shorter meeting.".to_owned(),
        }
    }
}

/// A bare number with the units that would make it a length.
fn with_unit(text: &str) -> Option<String> {
    let number: u32 = text.trim().parse().ok()?;
    let possible = |minutes: u32| (SHORTEST_MINUTES..=LONGEST_MINUTES).contains(&minutes);
    let minutes = possible(number).then(|| format!("“{number} min”"));
    let hours = possible(number.saturating_mul(60)).then(|| format!("“{number} h”"));
    let all: Vec<String> = minutes.into_iter().chain(hours).collect();
    (!all.is_empty()).then(|| all.join(" or "))
}

impl Hint {
    fn next_step(&self) -> String {
        match self {
            Self::Place => {
                "If that is where to meet: meetings have no place yet, so put it into the title, after “about”."
                    .to_owned()
            }
            Self::Zone => {
                "Times are read in the time zone that you have set: convert it, and leave the zone out."
                    .to_owned()
            }
            Self::Title => {
                "If that is the title, put it in quotes; if it is a time, say it without “about”.".to_owned()
            }
            Self::Other => format!(
                "Say it in other words, like “{EXAMPLE}”; a title goes after “about”."
            ),
        }
    }
}

impl Intent {
    fn next_step(self) -> String {
        match self {
            Self::CallOff => "Call it off where your meetings are listed.".to_owned(),
            Self::Move => {
                "Call it off where your meetings are listed, then ask for the new time.".to_owned()
            }
            Self::Answer => "Answer it where your proposals are listed.".to_owned(),
            Self::Refrain => format!(
                "Say what you want, like “{EXAMPLE}”; to call a meeting off, open it where your meetings are listed."
            ),
        }
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        let (code, message, next_step) = (error.code(), error.to_string(), error.next_step());
        let suggestions = error.into_mended();
        Self {
            suggestions: suggestions.into_iter().collect(),
            ..Self::new(code, message, next_step)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        ["Ana", "Bo", "Cy", "Di", "Ed", "Flo", "Gus"]
            .iter()
            .take(count)
            .map(|n| (*n).to_owned())
            .collect()
    }

    #[test]
    fn at_most_five_names_are_listed() {
        assert_eq!(listed(&names(1)), "“Ana”");
        assert_eq!(listed(&names(3)), "“Ana”, “Bo” and “Cy”");
        assert_eq!(
            listed(&names(7)),
            "“Ana”, “Bo”, “Cy”, “Di”, “Ed” and 2 more"
        );
    }

    #[test]
    fn a_refusal_says_what_is_wrong_and_what_to_do() {
        let name = "Bob".to_owned();
        let error = ApiError::from(CommandError::UnknownPerson {
            name,
            known: names(2),
            meant: None,
            also: Box::default(),
        });
        assert_eq!(error.code, ApiErrorCode::NotFound);
        assert_eq!(error.message, "You know nobody called “Bob”.");
        assert_eq!(
            error.next_step,
            "Choose one of those you know, “Ana” and “Bo”, or invite them."
        );

        let found = "9h".to_owned();
        let error = ApiError::from(CommandError::DurationOutOfRange { found });
        assert_eq!(
            error.message,
            "Expected a length between 5 minutes and 8 hours, found “9h”."
        );
    }
}
