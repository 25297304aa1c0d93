//! What is done together: a call, lunch, coffee; it gives the usual length, hours and title.

use super::{
    clock::Hint,
    hours::{LUNCH, Part},
    tokens::Cursor,
};

/// The length of a meeting when nobody said how long.
pub const DEFAULT_MINUTES: u32 = 30;
/// The length of lunch and of other meals during the day.
pub const MEAL_MINUTES: u32 = 60;
/// The length of dinner.
pub const DINNER_MINUTES: u32 = 90;

/// Something that is done together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Activity {
    pub(super) title: &'static str,
    pub(super) minutes: u32,
    /// The usual hours.
    pub(super) hours: Option<Part>,
}

const fn talk(title: &'static str) -> Activity {
    Activity {
        title,
        minutes: DEFAULT_MINUTES,
        hours: None,
    }
}

const fn meal(title: &'static str, minutes: u32, hours: Part) -> Activity {
    Activity {
        title,
        minutes,
        hours: Some(hours),
    }
}

const MORNING: Part = Part {
    from: 7 * 60,
    to: 10 * 60,
    hint: Hint::Morning,
};
const NOON: Part = Part {
    from: 10 * 60,
    to: 14 * 60,
    hint: Hint::None,
};
const NIGHT: Part = Part {
    from: 18 * 60,
    to: 22 * 60,
    hint: Hint::Evening,
};

/// The default.
pub(super) const MEETING: Activity = talk("Meeting");

/// Longer names first.
const ACTIVITIES: &[(&str, Activity)] = &[
    ("video call", talk("Video call")),
    ("phone call", talk("Call")),
    ("phone", talk("Call")),
    ("call", talk("Call")),
    ("ring", talk("Call")),
    ("chat", talk("Chat")),
    ("talk", talk("Talk")),
    ("coffee chat", talk("Coffee")),
    ("coffee", talk("Coffee")),
    ("tea", talk("Tea")),
    ("breakfast", meal("Breakfast", MEAL_MINUTES, MORNING)),
    ("brunch", meal("Brunch", MEAL_MINUTES, NOON)),
    ("lunch", meal("Lunch", MEAL_MINUTES, LUNCH)),
    ("dinner", meal("Dinner", DINNER_MINUTES, NIGHT)),
    ("supper", meal("Dinner", DINNER_MINUTES, NIGHT)),
    ("drinks", meal("Drinks", MEAL_MINUTES, NIGHT)),
    ("drink", meal("Drinks", MEAL_MINUTES, NIGHT)),
    ("beers", meal("Drinks", MEAL_MINUTES, NIGHT)),
    ("beer", meal("Drinks", MEAL_MINUTES, NIGHT)),
    ("one on one", talk("One-on-one")),
    ("brainstorm", talk("Brainstorm")),
    ("kick off", talk("Kick-off")),
    ("kickoff", talk("Kick-off")),
    ("touch base", MEETING),
    ("sit down", MEETING),
    ("hang out", MEETING),
    ("catch up", talk("Catch-up")),
    ("catchup", talk("Catch-up")),
    ("check in", talk("Check-in")),
    ("checkin", talk("Check-in")),
    ("sync", talk("Sync")),
    ("standup", talk("Stand-up")),
    ("stand up", talk("Stand-up")),
    ("interview", talk("Interview")),
    ("workshop", talk("Workshop")),
    ("review", talk("Review")),
    ("demo", talk("Demo")),
    ("walk", talk("Walk")),
    ("meeting", MEETING),
    ("meet up", MEETING),
    ("meetup", MEETING),
    ("appointment", MEETING),
    ("event", MEETING),
    ("something", MEETING),
];

/// An activity here.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Option<Activity> {
    ACTIVITIES
        .iter()
        .find_map(|(name, activity)| cursor.phrase(name).map(|()| *activity))
        .or_else(|| one_to_one(cursor).map(|()| talk("One-on-one")))
}

/// "1:1", "1-on-1".
fn one_to_one(cursor: &mut Cursor<'_>) -> Option<()> {
    let one = |c: &mut Cursor<'_>| c.number().filter(|(value, _)| *value == 1);
    cursor.attempt(|c| {
        one(c)?;
        c.mark(&[':', '-']);
        c.word(&["on"]);
        c.mark(&['-']);
        c.glued()?;
        one(c).map(|_| ())
    })
}
