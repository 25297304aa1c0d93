//! Where a sentence names people: after "with" or "meet", or by a name that merely stands there.

use super::{
    activity::{self, Activity},
    number,
    people::Mention,
    sentence::Reader,
    tokens::{Cursor, Kind, Token},
    topic, words,
};

/// A name of nobody known is at most so long.
const NAME_TOKENS: usize = 4;
const MEETING_VERBS: &[&str] = &[
    "with", "w", "meet", "meeting", "see", "call", "phone", "ring", "ping", "ask", "invite",
    "visit", "w.",
];

impl Reader<'_> {
    /// "with Robin", "meet Robin and Ana", a whole name of several words.
    pub(super) fn person(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        let start = *c;
        let named = c.attempt(|c| {
            let verb = c.ahead(0)?.folded.clone();
            c.word(MEETING_VERBS)?;
            c.mark(&['/', '.', ':']);
            let with = matches!(verb.as_str(), "with" | "w");
            let mention = self.people.parse(c);
            Some((verb, with, mention))
        });
        match named {
            Some((verb, _, Some(mention))) => {
                if matches!(verb.as_str(), "call" | "phone" | "ring") {
                    self.reading.activity = self.reading.activity.or(activity_of("call"));
                }
                self.mention(c, mention, true);
                Some(())
            }
            Some((_, with, None)) => {
                let name = if with { unknown_name(c) } else { None };
                if name.is_none() {
                    *c = start;
                }
                self.reading.unknown = self.reading.unknown.take().or(name.clone());
                name.map(|_| ())
            }
            None => {
                let mention =
                    c.attempt(|c| self.people.parse(c).filter(|m| m.whole && m.length > 1))?;
                self.mention(c, mention, true);
                Some(())
            }
        }
    }

    pub(super) fn mention(&mut self, c: &mut Cursor<'_>, mention: Mention, named: bool) {
        // "Ana Silvo" is not the Ana who is called Silva.
        let surname = c
            .ahead(0)
            .filter(|token| token.kind == Kind::Word && token.capital && mention.capital);
        if let (false, Some(token)) = (mention.whole, surname)
            && self.is_strange(c)
        {
            self.reading
                .unknown
                .get_or_insert(format!("{} {}", mention.text, shown(token, c)));
            c.next();
            return;
        }
        match named || mention.length > 1 {
            true => self.reading.named.push(mention),
            false => {
                let capital = mention.capital && !words::is_also_name(&mention.text);
                self.reading.mentioned.push(Mention { capital, ..mention });
            }
        }
        let another = c.attempt(|c| {
            let comma = c.mark(&[',']).is_some();
            let and = c.word(&["and", "plus"]).is_some() || c.mark(&['&', '+']).is_some();
            (comma || and).then_some(())?;
            c.word(&["with"]);
            if let Some(mention) = self.people.parse(c) {
                return Some(Ok(mention));
            }
            let token = c.ahead(0).filter(|token| token.kind == Kind::Word)?;
            if !and || !self.is_strange(c) || words::is_about_time(&token.folded) {
                return None;
            }
            let name = shown(token, c);
            c.next();
            Some(Err(name))
        });
        match another {
            Some(Ok(other)) => {
                // Two in a row are both meant.
                if let Some(first) = self.reading.mentioned.pop().filter(|_| !named) {
                    self.reading.named.push(first);
                }
                self.mention(c, other, true);
            }
            Some(Err(text)) => {
                let (who, whole, length, capital) = (Vec::new(), true, 1, true);
                self.reading.named.push(Mention {
                    who,
                    text,
                    whole,
                    length,
                    capital,
                });
            }
            None => {}
        }
    }

    /// Whether no grammar knows the word here.
    pub(super) fn is_strange(&self, c: &Cursor<'_>) -> bool {
        !words::sees_time(c)
            && !c.sees(words::filler)
            && !c.sees(activity::parse)
            && !c.sees(topic::begin)
            && !c.sees(|c| words::series(c, false))
            && !c.sees(|c| {
                c.word(MEETING_VERBS)
                    .or_else(|| c.word(&["tonight", "in", "by"]))
            })
    }
}

fn activity_of(name: &str) -> Option<Activity> {
    let all = super::tokens::tokens(name);
    activity::parse(&mut Cursor::new(name, &all))
}

/// The name after "with" when it is nobody's: up to four words.
pub(super) fn unknown_name(cursor: &mut Cursor<'_>) -> Option<String> {
    let start = *cursor;
    let mut count = 0;
    while count < NAME_TOKENS {
        let Some(token) = cursor.ahead(0) else { break };
        let hyphen = token.kind == Kind::Mark('-') && token.glued;
        let known = words::sees_time(cursor)
            || cursor.sees(topic::begin)
            || cursor.sees(|c| words::series(c, false))
            || cursor.sees(|c| c.word(&["tonight"]))
            || (count == 0 && cursor.sees(number::number))
            || (count > 0 && (cursor.sees(words::filler) || cursor.sees(activity::parse)));
        if known || !(token.kind == Kind::Word || hyphen) {
            break;
        }
        count += 1;
        cursor.next();
    }
    (count > 0).then(|| start.source_to(cursor).to_owned())
}

pub(super) fn shown(token: &Token, at: &Cursor<'_>) -> String {
    let mut end = *at;
    end.next();
    let text = at.source_to(&end);
    if text.is_empty() {
        token.lower.clone()
    } else {
        text.to_owned()
    }
}
