//! What a meeting is about: "about the garden", "re: budget", "to discuss our plans".
//!
//! A topic runs to the end, or to where everything that follows is about days,
//! times, length or person: in "about the Friday release tomorrow" only
//! "tomorrow" is a day.

use super::{
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

impl Reader<'_> {
    /// "about the garden", and where it ends.
    pub(super) fn topic(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        let start = *c;
        let sure = begin(c).is_some();
        if !sure {
            // "for the budget review", unless something is known about what follows.
            c.attempt(|c| {
                c.word(&["for"])?;
                let mut ahead = *c;
                ahead.word(&["a", "an", "the", "our", "my", "some", "to"]);
                let strange = ahead.ahead(0)?.kind == Kind::Word && self.is_strange(&ahead);
                (strange && !ahead.sees(|c| self.people.parse(c))).then_some(())
            })?;
        }
        let first = *c;
        let mut end = *c;
        while !end.is_done() {
            let here = end;
            if here.position() > first.position() && self.tail(here) {
                break;
            }
            if words::series(&mut end, true).is_some() {
                let series = || here.source_to(&end).to_owned();
                self.reading.series.get_or_insert_with(series);
            } else {
                end.next();
            }
        }
        let text = first.source_to(&end);
        let timely = || {
            (first.position()..end.position()).any(|at| {
                first
                    .moved_to(at)
                    .ahead(0)
                    .is_some_and(|token| words::is_about_time(&token.folded))
            })
        };
        let Some(topic) = title::topic(text).filter(|_| sure || !timely()) else {
            *c = start;
            return None;
        };
        let quoted = first
            .ahead(0)
            .is_some_and(|token| token.kind == Kind::Quote);
        if quoted {
            *c = first;
            return Some(());
        }
        self.reading.title.get_or_insert(topic);
        *c = end;
        Some(())
    }

    /// Whether all that follows is about when, how long and with whom.
    fn tail(&self, cursor: Cursor<'_>) -> bool {
        if article_before(&cursor) {
            return false;
        }
        let people = self.people;
        let reading = Reading::default();
        let mut probe = Reader {
            people,
            reading,
            left: Vec::new(),
            passed: Vec::new(),
        };
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
                .is_some_and(|token| token.kind == Kind::Mark(','));
            let with = c.attempt(|c| {
                let led = c.word(&["with", "w", "meet", "see"]).is_some();
                c.mark(&['/']);
                people.parse(c).filter(|_| nobody && (led || listed))
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
