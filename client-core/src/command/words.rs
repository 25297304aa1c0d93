//! Words without a meaning of their own here, and words too meaningful to pass over.

use super::{
    clock, day, duration,
    fold::fold,
    hours,
    tokens::{Cursor, Kind},
    window,
};

/// Politeness, verbs of arranging, articles: understood by being left out.
const FILLER: &str = "\
    a about also am an and any anytime appreciate are around arrange as ask at available be book \
    brief briefly but can could date discuss do face find fit fix for free from get give go good \
    got grab great have hello help hey hi how i i'd i'll i'm ideally if in into invite is it \
    it's join just kind lasting let let's lets like long look love make may maybe me meet meets \
    mine my myself need needs nice of on ok okay one only or organise organize our ours over \
    pencil perhaps person plan please possible possibly preferably preferred propose put quick \
    quickly request s schedule see session set setup shall short should slot so some someone \
    sometime somewhere speak spend squeeze suggest take thank thanks that the their them then \
    there this time times to together try up us via w want wants we we'd we'll what when \
    whenever will wish with work works would you your";

/// Words that say something about time, which must not be passed over in silence.
const ABOUT_TIME: &str = "\
    after afternoon afternoons ago am annual before beginning between birthday christmas dawn \
    day days daytime dusk early earlier earliest easter end eod eow evening evenings except \
    excluding fall fortnight fridays full half holiday holidays hour hours hourly late later \
    latest mid middle midnight minute minutes mondays month months moon morning mornings never \
    next night nights noon not now o'clock overnight past pm previous quarter saturdays second \
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

/// Passes a word that means nothing here.
pub(super) fn filler(cursor: &mut Cursor<'_>) -> Option<()> {
    // "Fit in 30 minutes" is no time half an hour from now.
    let put_in = &[
        "squeeze in",
        "fit in",
        "pencil in",
        "slot in",
        "get in",
        "put in",
        "squeeze me in",
        "what about",
        "how about",
    ];
    cursor.one_of(put_in).or_else(|| {
        cursor.attempt(|c| c.any_word().filter(|word| listed(FILLER, word)).map(|_| ()))
    })
}

/// Passes a mark between parts of the sentence.
pub(super) fn separator(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.attempt(|c| matches!(c.next()?.kind, Kind::Mark(_)).then_some(()))
}

/// Whether a word says something about time.
pub(super) fn is_about_time(word: &str) -> bool {
    listed(ABOUT_TIME, word)
}

/// Passes words of a series: "every second Tuesday", "weekly".
pub(super) fn series(cursor: &mut Cursor<'_>, inside_topic: bool) -> Option<()> {
    cursor.attempt(|c| {
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
        c.one_of(&[
            "but not",
            "not",
            "except for",
            "except",
            "excluding",
            "apart from",
            "other than",
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
