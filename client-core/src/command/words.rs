//! Words without a meaning of their own here, and words too meaningful to pass over.

use super::{
    clock, day, duration,
    fold::fold,
    hours,
    tokens::{Cursor, Kind},
    window,
};

/// Politeness, verbs of arranging, articles: understood by being left out. Each of them must mean
/// nothing here wherever it stands; what means something in some places is a phrase.
const FILLER: &str = "\
    a add again also an and another any anytime appreciate arrange ask at book brief briefly can \
    could create date do either exactly find fit fix for free from get give go grab great have i \
    i'd i'll ideally in into invite join just let let's lets like love make maybe me meet meets \
    mine my myself need needs new nice of ok okay on only or organise organize our ours over \
    pencil perhaps plan please possible possibly preferably preferred propose put quick quickly \
    request reserve s schedule see session set setup shall sharp short should slot so some \
    sometime speak spend squeeze suggest take thank thanks the this time times to together try \
    up us w want wants we we'd we'll whenever will wish with would you";

/// The same, of several words; longer ones first. "Fit in 30 minutes" is no time half an hour
/// from now.
const FILLER_PHRASES: &[&str] = &[
    "squeeze in",
    "squeeze me in",
    "squeeze us in",
    "fit in",
    "pencil in",
    "slot in",
    "get in",
    "put in",
    "what about",
    "how about",
    "may i",
    "may we",
    "why don't we",
    "why not",
    "is it possible to",
    "would it be possible to",
    "would it be ok to",
    "is there any chance of",
    "is there a chance of",
    "any chance of",
    "any chance for",
    "it would be great to",
    "it would be good to",
    "it would be nice to",
    "it would be lovely to",
    "that would be great",
    "would be great",
    "would be nice",
    "would be lovely",
    "would be good",
    "if it is possible",
    "if it's possible",
    "if that's possible",
    "if at all possible",
    "if possible",
    "if you can",
    "if you could",
    "if that works",
    "if it works",
    "if that suits",
    "when possible",
    "when you can",
    "when it suits",
    "when we are both free",
    "when we're both free",
    "when we both have time",
    "i'm looking to",
    "i'm looking for",
    "i am looking for",
    "i'm free",
    "i am free",
    "i'm available",
    "i am available",
    "in my calendar",
    "on my calendar",
    "in my diary",
    "in our calendars",
    "many thanks",
    "thanks a lot",
    "thank you very much",
    "thank you so much",
    "a good time for",
    "a good time",
];

/// What a sentence may begin with, before it says anything.
const GREETINGS: &[&str] = &[
    "good morning",
    "good afternoon",
    "good evening",
    "good day",
    "hello there",
    "hello",
    "hi there",
    "hi",
    "hey there",
    "hey",
    "dear sotto",
    "sotto",
    "please",
    "ok",
    "okay",
    "so",
];

/// Verbs that ask for a meeting, among the words that mean nothing else.
const ASKING: &str = "\
    arrange book create find fit fix get grab have join meet organise organize pencil plan propose put \
    request schedule see set setup slot speak spend squeeze suggest";

/// Words that say something about time, so that what they stand in is no title, name or place.
const ABOUT_TIME: &str = "\
    after afternoon afternoons ago am annual before beginning between birthday christmas dawn \
    day days daytime dusk early earlier earliest easter end eod eow evening evenings except \
    excluding fall fortnight fridays full half holiday holidays hour hours hourly late later \
    latest least mid middle midnight minute minutes mondays month months moon morning most \
    mornings never next night nights noon not now o'clock overnight past pm previous quarter saturdays second \
    seconds since spring start starting summer sundays sunrise sunset third thursdays till \
    tomorrow tonight tuesdays until wednesdays week weekday weekdays weekend weekends weeks \
    winter workday workdays year years yesterday last autumn";

/// Words of series, wherever they stand outside a title.
const SERIES: &[&str] = &[
    "annually",
    "biweekly",
    "daily",
    "each",
    "every",
    "everyday",
    "fortnightly",
    "monthly",
    "quarterly",
    "recurring",
    "regular",
    "regularly",
    "repeat",
    "repeated",
    "repeatedly",
    "repeating",
    "weekly",
    "yearly",
    "hourly",
    "mondays",
    "tuesdays",
    "wednesdays",
    "thursdays",
    "fridays",
    "saturdays",
    "sundays",
];
/// The same, of several words.
const SERIES_PHRASES: &[&str] = &[
    "once a day",
    "once a week",
    "once a month",
    "twice",
    "times a week",
    "times a month",
    "per day",
    "per week",
    "per month",
];

fn listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

/// First names that begin sentences as words, too: "Will you…", "Mark a slot…".
const ALSO_NAMES: &[&str] = &[
    "art", "bill", "chase", "dawn", "drew", "eve", "grace", "guy", "hope", "joy", "mark", "max",
    "may", "miles", "pat", "sue", "will",
];

/// Whether a name may as well be a word.
pub(super) fn is_also_name(name: &str) -> bool {
    ALSO_NAMES.contains(&fold(name).as_str())
}

/// Passes a word, or a phrase, that means nothing here.
pub(super) fn filler(cursor: &mut Cursor<'_>) -> Option<()> {
    filler_phrase(cursor)
        .or_else(|| adding(cursor))
        .or_else(|| {
            cursor.attempt(|c| c.any_word().filter(|word| listed(FILLER, word)).map(|_| ()))
        })
}

/// "After two but before four" adds, while "any day but Monday" leaves out.
fn adding(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.attempt(|c| {
        c.word(&["but"])?;
        let bound = |c: &mut Cursor<'_>| c.word(&["before", "after", "by", "until", "only"]);
        c.sees(bound).then_some(())
    })
}

/// Passes a phrase that means nothing here.
pub(super) fn filler_phrase(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.one_of(FILLER_PHRASES)
}

/// Passes a greeting.
pub(super) fn greeting(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.one_of(GREETINGS)
}

/// Whether a word without another meaning here asks for a meeting.
pub(super) fn asks(word: &str) -> bool {
    listed(ASKING, word)
}

/// Passes a length that only a calendar has: "all day", "half a day".
pub(super) fn day_length(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.one_of(&[
        "all day long",
        "all day",
        "allday",
        "the whole day",
        "a whole day",
        "whole day",
        "the entire day",
        "a full day",
        "full day",
        "half a day",
        "a half day",
        "half day",
    ])
}

/// Passes "his time", "local time" and the like, which name a time zone.
pub(super) fn zone(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.attempt(|c| {
        c.word(&["his", "her", "their", "your", "local"])?;
        c.word(&["time"])
    })
}

/// Passes a mark between parts of the sentence, unless it reckons or compares.
pub(super) fn separator(cursor: &mut Cursor<'_>) -> Option<()> {
    let reckons = |mark: char| "<>=%^\\|{}$€£¥".contains(mark);
    cursor.attempt(|c| matches!(c.next()?.kind, Kind::Mark(mark) if !reckons(mark)).then_some(()))
}

/// Whether a word says something about time.
pub(super) fn is_about_time(word: &str) -> bool {
    listed(ABOUT_TIME, word)
}

/// Passes words of a series: "every second Tuesday", "weekly".
pub(super) fn series(cursor: &mut Cursor<'_>, inside_topic: bool) -> Option<()> {
    cursor.attempt(|c| {
        if !inside_topic && c.one_of(SERIES_PHRASES).is_some() {
            return Some(());
        }
        let sure = c.sees(|c| c.word(&["every", "each"]));
        c.word(SERIES).filter(|()| sure || !inside_topic)?;
        c.word(&["other", "single", "second", "third", "two", "2", "few"]);
        let unit = c.word(&[
            "day",
            "week",
            "month",
            "year",
            "morning",
            "afternoon",
            "evening",
            "weekday",
            "quarter",
            "few",
        ]);
        let named = unit
            .or_else(|| day::weekday(c).map(|_| ()))
            .or_else(|| c.number().and_then(|_| duration::unit(c)).map(|_| ()));
        (!inside_topic || named.is_some()).then_some(())
    })
}

/// Passes an exclusion: "not on Monday", "except Tuesdays".
pub(super) fn exclusion(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.attempt(|c| {
        if c.sees(adding) {
            return None;
        }
        c.one_of(&[
            "but not",
            "but",
            "not",
            "except for",
            "except",
            "excluding",
            "apart from",
            "other than",
            "besides",
            "save for",
            "never",
            "unless",
        ])?;
        let when = |c: &mut Cursor<'_>| {
            c.word(&["on", "in", "the", "a", "at"]);
            window::parse(c)
                .map(|_| ())
                .or_else(|| hours::parse(c).map(|_| ()))
        };
        when(c)
            .or_else(|| c.attempt(|c| c.any_word().filter(|word| is_about_time(word)).map(|_| ())))
    })
}

/// Passes a day that is counted within a month: "the second Tuesday of December".
pub(super) fn nth_day(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.attempt(|c| {
        c.word(&["the"]);
        c.word(&["first", "second", "third", "fourth", "fifth", "last"])
            .or_else(|| {
                c.number()
                    .and_then(|_| c.glued())
                    .and_then(|()| c.word(&["st", "nd", "rd", "th"]))
            })?;
        day::weekday(c)
            .map(|_| ())
            .or_else(|| c.word(&["week", "weekend", "day", "monday"]))?;
        c.word(&["of", "in"])?;
        window::parse(c);
        Some(())
    })
}

/// Whether a grammar about time begins here.
pub(super) fn sees_time(cursor: &Cursor<'_>) -> bool {
    cursor.sees(window::parse)
        || cursor.sees(hours::parse)
        || cursor.sees(duration::parse)
        || cursor.sees(clock::explicit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tokens::tokens;

    fn passes(text: &str, grammar: impl FnOnce(&mut Cursor<'_>) -> Option<()>) -> bool {
        let all = tokens(text);
        let mut cursor = Cursor::new(text, &all);
        grammar(&mut cursor).is_some() && cursor.is_done()
    }

    #[test]
    fn series_and_exclusions_are_seen() {
        for text in [
            "every second Tuesday",
            "weekly",
            "every 2 weeks",
            "each morning",
            "every day",
        ] {
            assert!(passes(text, |c| series(c, false)), "{text}");
        }
        assert!(!passes("weekly", |c| series(c, true)));
        assert!(passes("every Tuesday", |c| series(c, true)));
        for text in [
            "not on Monday",
            "except next week",
            "but not before 10",
            "not weekends",
        ] {
            assert!(passes(text, exclusion), "{text}");
        }
        assert!(passes("the second Tuesday of December", nth_day));
    }
}
