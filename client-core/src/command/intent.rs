//! What a sentence may want that is no new meeting: to call one off, to move one, to answer
//! a proposal, to know something.

use super::{
    people::People,
    tokens::{Cursor, Kind},
    words,
};

/// What is wanted, other than a new meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Intent {
    /// "Cancel my meeting with Robin."
    CallOff,
    /// "Move my meeting with Robin to Friday."
    Move,
    /// "Accept Robin's proposal."
    Answer,
    /// "Don't meet Robin."
    Refrain,
}

const CALL_OFF: &[&str] = &[
    "call off",
    "called off",
    "calling off",
    "cancel",
    "canceled",
    "cancelled",
    "canceling",
    "cancelling",
    "cancellation",
    "delete",
    "remove",
    "drop",
    "scrap",
    "abort",
    "undo",
    "withdraw",
    "clear",
    "unbook",
    "unschedule",
];
const MOVE: &[&str] = &[
    "move",
    "moved",
    "moving",
    "reschedule",
    "rescheduled",
    "rescheduling",
    "rearrange",
    "rebook",
    "postpone",
    "postponed",
    "push back",
    "push",
    "delay",
    "shift",
    "bring forward",
    "put off",
    "defer",
    "adjourn",
    "change",
    "swap",
    "extend",
    "shorten",
    "prolong",
    "update",
    "instead",
];
const ANSWER: &[&str] = &[
    "accept", "approve", "confirm", "decline", "reject", "agree", "refuse",
];
const REFRAIN: &[&str] = &[
    "do not",
    "don't",
    "dont",
    "does not",
    "doesn't",
    "can not",
    "cannot",
    "can't",
    "cant",
    "won't",
    "wont",
    "will not",
    "would not",
    "wouldn't",
    "should not",
    "shouldn't",
    "must not",
    "mustn't",
    "never",
    "no",
    "not",
    "nothing",
    "nobody",
    "none",
    "neither",
    "nor",
    "without",
    "stop",
    "avoid",
    "skip",
    "forget",
    "refrain",
];

/// An intent here.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Option<Intent> {
    let split = |cursor: &mut Cursor<'_>| {
        // "Call the meeting off" is told by its "off".
        cursor.word(&["off"]).map(|()| Intent::CallOff)
    };
    [
        (CALL_OFF, Intent::CallOff),
        (MOVE, Intent::Move),
        (ANSWER, Intent::Answer),
        (REFRAIN, Intent::Refrain),
    ]
    .iter()
    .find_map(|(words, intent)| cursor.one_of(words).map(|()| *intent))
    .or_else(|| split(cursor))
}

const QUESTIONS: &[&str] = &[
    "what",
    "what's",
    "whats",
    "when",
    "when's",
    "whens",
    "where",
    "where's",
    "who",
    "who's",
    "whom",
    "whose",
    "which",
    "why",
    "how",
    "how's",
    "did",
    "does",
    "is",
    "isn't",
    "are",
    "am",
    "was",
    "were",
    "has",
    "had",
    "have i",
    "have we",
    "have you",
    "have they",
    "do i",
    "do we",
    "do you",
    "do they",
    "show",
    "list",
    "display",
    "print",
    "view",
    "open",
    "tell",
    "remind",
    "search",
    "look up",
    "find out",
    "check",
    "see if",
    "see whether",
    "see when",
    "see my",
    "see the",
];
const STATEMENTS: &[&str] = &[
    "i have",
    "we have",
    "i had",
    "we had",
    "i've",
    "we've",
    "i met",
    "we met",
    "i'm meeting",
    "i am meeting",
    "we're meeting",
    "we are meeting",
    "i'm seeing",
    "i am seeing",
    "i saw",
    "we saw",
    "i see",
    "i call",
    "i called",
    "i got",
    "there is",
    "there's",
    "it is",
    "it's",
    "see you",
    "see ya",
    "good night",
    "goodbye",
    "bye",
    "have a nice",
    "have a good",
    "have a great",
    "text",
    "message",
    "email",
    "mail",
    "write",
];
/// How many words of a question are quoted.
const QUOTED: usize = 4;

/// The first words of a sentence that asks or states something and requests nothing.
pub(super) fn opening(start: Cursor<'_>, people: &People<'_>) -> Option<String> {
    let mut c = start;
    if c.sees(words::filler_phrase) || c.sees(super::activity::parse) {
        return None;
    }
    let about_them = |c: &mut Cursor<'_>| {
        c.word(&["will", "would", "do"])?;
        people.parse(c)
    };
    let to_do = |c: &mut Cursor<'_>| {
        // "I have to meet Robin" wants it.
        c.one_of(&["i have", "we have", "i've got", "we've got"])?;
        c.word(&["got"]);
        c.word(&["to"])
    };
    let named = c.sees(|c| people.parse(c).filter(|mention| mention.capital));
    let found = c.one_of(QUESTIONS).is_some()
        || (!c.sees(to_do) && c.one_of(STATEMENTS).is_some())
        || c.attempt(about_them).is_some();
    if !found || named {
        return None;
    }
    let (mut end, mut words) = (start, 0);
    while let Some(token) = end.ahead(0) {
        words += usize::from(!token.glued);
        let quotable = matches!(token.kind, Kind::Word | Kind::Number);
        if end.position() >= c.position() && (!quotable || words > QUOTED) {
            break;
        }
        end.next();
    }
    Some(start.source_to(&end).to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::command::tokens::tokens;

    #[test]
    fn intents_are_told_apart() {
        for (text, intent) in [
            ("cancel", Some(Intent::CallOff)),
            ("call off", Some(Intent::CallOff)),
            ("reschedule", Some(Intent::Move)),
            ("Accept", Some(Intent::Answer)),
            ("don’t", Some(Intent::Refrain)),
            ("do not", Some(Intent::Refrain)),
            ("schedule", None),
            ("call", None),
        ] {
            let all = tokens(text);
            let mut cursor = Cursor::new(text, &all);
            assert_eq!(parse(&mut cursor), intent, "{text}");
            assert_eq!(cursor.is_done(), intent.is_some(), "{text}");
        }
    }

    #[test]
    fn questions_and_statements_are_told_by_their_beginning() {
        for (text, quoted) in [
            ("when did I meet Robin", Some("when did I meet")),
            ("Do I have a meeting?", Some("Do I have a")),
            ("show my meetings", Some("show my meetings")),
            ("I have a call tomorrow", Some("I have a call")),
            ("how about lunch", None),
            ("is it possible to meet Robin", None),
            ("I have to meet Robin", None),
            ("check in with Robin", None),
            ("can we meet", None),
        ] {
            let all = tokens(text);
            let zone = TimeZone::UTC;
            let people = People::new(&[], &zone);
            let found = opening(Cursor::new(text, &all), &people);
            assert_eq!(found.as_deref(), quoted, "{text}");
        }
    }
}
