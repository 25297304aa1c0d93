//! What a meeting is about: "about the garden", "re: budget", "to discuss our plans".
//!
//! "For the budget review" is one too, at the end of a sentence.
//!
//! A topic runs to the end, or to where everything that follows is about days,
//! times, length or person: in "about the Friday release tomorrow" only
//! "tomorrow" is a day.

use super::{
    intent, nearby, number,
    sentence::{Reader, Reading},
    title,
    tokens::{Cursor, Kind},
    words,
};

const TOPICS: &[&str] = &[
    "on the subject of",
    "on the topic of",
    "with the title",
    "titled",
    "called",
    "entitled",
    "subject",
    "topic",
    "to discuss",
    "discuss",
    "discussing",
    "to talk through",
    "to go over",
    "to go through",
    "go over",
    "about",
    "regarding",
    "concerning",
    "re",
];
/// What "to …" may be followed by and stay in the title.
const DEEDS: &[&str] = &[
    "review",
    "plan",
    "prepare",
    "finish",
    "finalise",
    "finalize",
    "work",
    "brainstorm",
    "celebrate",
    "practise",
    "practice",
    "rehearse",
    "look",
];

/// "For a while" says how long, and "for the garden with Ana" says more than what for.
const NO_PURPOSE: &[&str] = &[
    "with", "w", "and", "or", "bit", "while", "moment", "sec", "change", "start",
];

impl Reader<'_> {
    /// "about the garden", and where it ends.
    pub(super) fn topic(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        let start = *c;
        let sure = begin(c).is_some();
        if !sure {
            return self.purpose(c);
        }
        let first = *c;
        if self.repeated(c) {
            *c = start;
            return None;
        }
        let mut end = *c;
        while !end.is_done() {
            let here = end;
            if here.position() > first.position() && self.tail(here) {
                break;
            }
            let found = if words::series(&mut end, true).is_some() {
                &mut self.reading.series
            } else if words::exclusion(&mut end).is_some() && end.is_done() {
                &mut self.reading.excluded
            } else {
                end = here;
                end.next();
                continue;
            };
            found.get_or_insert_with(|| here.source_to(&end).to_owned());
        }
        if first.quoted().is_some() {
            return Some(());
        }
        if self.is_when(first, &end) {
            // "About three" and "about next week" may be either.
            self.left.extend(start.position()..end.position());
            *c = end;
            return Some(());
        }
        let Some(topic) = title::topic(first.source_to(&end)) else {
            *c = start;
            return None;
        };
        self.reading.titles.push(topic);
        *c = end;
        Some(())
    }

    /// Whether there is nothing but numbers, days, times of day and lengths.
    fn is_when(&self, mut c: Cursor<'_>, end: &Cursor<'_>) -> bool {
        let mut probe = self.probe();
        while c.position() < end.position() {
            let known = probe.when(&mut c).is_some()
                || number::number(&mut c).is_some()
                || words::separator(&mut c).is_some();
            if !known {
                return false;
            }
        }
        c.position() == end.position()
    }

    /// A reader of the same people that has read nothing.
    fn probe(&self) -> Reader<'_> {
        Reader {
            people: self.people,
            reading: Reading::default(),
            left: Vec::new(),
            passed: Vec::new(),
        }
    }

    /// "About about": the word that begins a topic, twice.
    fn repeated(&self, c: &Cursor<'_>) -> bool {
        let twice = c.before().zip(c.ahead(0));
        twice.is_some_and(|(one, other)| one.folded == other.folded) && c.sees(begin)
    }

    /// "For the budget review": an end of the sentence in which nothing else is known.
    fn purpose(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        c.attempt(|c| {
            c.word(&["for"])?;
            let first = *c;
            c.word(&["a", "an", "the", "our", "my", "some"])?;
            if !self.is_strange(c) {
                return None;
            }
            while let Some(token) = c.ahead(0) {
                let known = words::sees_time(c)
                    || words::is_about_time(&token.folded)
                    || nearby::word(&token.folded).is_some()
                    || c.sees(|c| self.people.parse(c))
                    || c.sees(|c| words::series(c, false))
                    || c.sees(intent::parse)
                    || c.sees(begin)
                    || c.sees(|c| c.word(NO_PURPOSE))
                    || matches!(token.kind, Kind::Quote | Kind::Mark(',' | ';' | ':'));
                if known {
                    return None;
                }
                c.next();
            }
            let topic = title::topic(first.source_to(c))?;
            self.reading.titles.push(topic);
            Some(())
        })
    }

    /// Whether all that follows is about when, how long and with whom.
    fn tail(&self, cursor: Cursor<'_>) -> bool {
        if article_before(&cursor) {
            return false;
        }
        let people = self.people;
        let mut probe = self.probe();
        let mut c = cursor;
        let mut found = false;
        while !c.is_done() {
            let polite = c.word(&[
                "please",
                "thanks",
                "thank",
                "you",
                "if",
                "possible",
                "preferably",
                "ideally",
            ]);
            if polite.is_some() || words::separator(&mut c).is_some() {
                found |= polite.is_some();
                continue;
            }
            let nobody = self.reading.named.is_empty();
            let listed = c
                .before()
                .is_some_and(|token| matches!(token.kind, Kind::Mark(',' | ';')));
            let with = c.attempt(|c| {
                let led = c.word(&["with", "w", "meet", "see"]).is_some();
                c.mark(&['/']);
                (nobody && (led || listed)).then_some(())?;
                people.parse(c)?;
                let another = |c: &mut Cursor<'_>| {
                    c.mark(&[',', '&']);
                    c.word(&["and", "or"]);
                    people.parse(c)
                };
                while c.attempt(another).is_some() {}
                Some(())
            });
            if with.is_none() && probe.when(&mut c).is_none() {
                return false;
            }
            found = true;
        }
        found
    }
}

fn article_before(cursor: &Cursor<'_>) -> bool {
    let articles = ["a", "an", "the", "our", "my", "of", "this", "next"];
    cursor
        .before()
        .is_some_and(|token| articles.contains(&token.folded.as_str()))
}

/// "about", "re:", "to discuss", "for:".
pub(super) fn begin(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.attempt(|c| {
        if c.attempt(|c| {
            c.word(&["for", "title", "topic", "subject"])
                .and_then(|()| c.mark(&[':']))
        })
        .is_some()
        {
            return Some(());
        }
        if c.attempt(|c| c.word(&["to"]).filter(|()| c.sees(|c| c.word(DEEDS))))
            .is_some()
        {
            return Some(());
        }
        c.one_of(TOPICS)?;
        c.mark(&[':']);
        Some(())
    })
}
