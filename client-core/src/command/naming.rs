//! Where a sentence names people: after "with" or "meet", or by a name that merely stands there.

use std::ops::Range;

use super::{
    activity::{self, Activity},
    intent,
    leftover::NAME_TOKENS,
    nearby, number,
    people::{self, Mention},
    sentence::Reader,
    title,
    tokens::{Cursor, Kind},
    topic, words,
};

const WITH: &[&str] = &[
    "with", "w", "w.", "meet", "meeting", "see", "visit", "between",
];
const CALL: &[&str] = &["call", "phone", "ring"];
/// These alone do not ask for a meeting.
const TURN_TO: &[&str] = &["ping", "ask", "invite"];
/// "With me" names nobody else.
const ME: &[&str] = &["me", "us", "myself", "ourselves"];

/// A name that nobody has.
#[derive(Debug, Clone)]
pub(super) struct Unknown {
    pub(super) name: String,
    /// Where it is, in bytes.
    pub(super) range: Range<usize>,
}

fn verb(cursor: &mut Cursor<'_>) -> Option<()> {
    [WITH, CALL, TURN_TO]
        .iter()
        .find_map(|verbs| cursor.word(verbs))
}

impl Reader<'_> {
    /// "with Robin", "meet Robin and Ana", a whole name of several words.
    pub(super) fn person(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        let start = *c;
        let Some(()) = verb(c) else {
            let several = |m: &Mention| m.whole && m.length > 1;
            let mention = c.attempt(|c| self.people.parse(c).filter(several))?;
            self.mention(c, mention, true);
            return Some(());
        };
        c.mark(&['/', '.', ':']);
        // "Between me and Robin"
        c.attempt(|c| c.word(ME).and_then(|()| c.word(&["and"])));
        let with = start.sees(|c| c.word(&["with", "w"]));
        let mention = if with {
            self.people.expected(c)
        } else {
            self.people.parse(c)
        };
        if let Some(mention) = mention {
            if start.sees(|c| c.word(CALL)) {
                self.reading.activity = self.reading.activity.or(activity_of("call"));
            }
            self.reading.asked |= !start.sees(|c| c.word(TURN_TO));
            self.mention(c, mention, true);
            return Some(());
        }
        let name = if with { unknown_name(c) } else { None };
        let Some(name) = name else {
            *c = start;
            return None;
        };
        self.reading.unknown.get_or_insert(name);
        Some(())
    }

    pub(super) fn mention(&mut self, c: &mut Cursor<'_>, mention: Mention, named: bool) {
        // "Ana Silvo" is not the Ana who is called Silva, nor "Robin Hood" a Robin.
        let surname = c
            .ahead(0)
            .filter(|token| token.kind == Kind::Word && token.capital && mention.capital);
        if let (1, Some(token)) = (mention.length, surname)
            && self.is_strange(c)
            && nearby::word(&token.folded).is_none()
        {
            let begin = c.moved_to(c.position().saturating_sub(mention.length));
            let surname = passed(c).unwrap_or_default();
            self.reading.unknown.get_or_insert(Unknown {
                name: format!("{} {surname}", mention.text),
                range: begin.range_to(c),
            });
            return;
        }
        match named || mention.length > 1 {
            true => self.reading.named.push(mention),
            false => self.reading.mentioned.push(mention),
        }
        let another = c.attempt(|c| {
            let comma = c.mark(&[',']).is_some();
            let and =
                c.word(&["and", "plus", "or"]).is_some() || c.mark(&['&', '+', '/']).is_some();
            (comma || and).then_some(())?;
            c.word(&["with"]);
            if let Some(mention) = self.people.parse(c) {
                return Some(Ok(mention));
            }
            let token = c.ahead(0).filter(|token| token.kind == Kind::Word)?;
            if !and || !self.is_strange(c) || words::is_about_time(&token.folded) {
                return None;
            }
            passed(c).map(Err)
        });
        match another {
            Some(Ok(other)) => {
                // Two in a row are both meant.
                if let Some(first) = self.reading.mentioned.pop().filter(|_| !named) {
                    self.reading.named.push(first);
                }
                self.mention(c, other, true);
            }
            Some(Err(text)) => self.reading.named.push(Mention {
                who: Vec::new(),
                text,
                whole: true,
                length: 1,
                capital: true,
                doubtful: false,
            }),
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
            && !c.sees(intent::parse)
            && !c.sees(|c| verb(c).or_else(|| c.word(&["tonight", "in", "by"])))
    }
}

fn activity_of(name: &str) -> Option<Activity> {
    let all = super::tokens::tokens(name);
    activity::parse(&mut Cursor::new(name, &all))
}

/// The name after "with" when it is nobody's: up to four words, what is quoted, or an id.
pub(super) fn unknown_name(cursor: &mut Cursor<'_>) -> Option<Unknown> {
    let start = *cursor;
    if let Some(quoted) = cursor.quoted() {
        cursor.next();
        let name = title::clean(quoted)?;
        let range = start.range_to(cursor);
        return Some(Unknown { name, range });
    }
    if cursor.sees(|c| c.word(ME)) {
        return None;
    }
    let mut count = 0;
    while count < NAME_TOKENS {
        let Some(token) = cursor.ahead(0) else { break };
        let hyphen = token.kind == Kind::Mark('-') && token.glued;
        let mixed = people::run(cursor)
            .filter(|(_, length)| *length > 1)
            .is_some();
        let known = words::sees_time(cursor)
            || cursor.sees(topic::begin)
            || cursor.sees(|c| words::series(c, false))
            || cursor.sees(|c| c.word(&["tonight"]))
            || (count == 0 && !mixed && cursor.sees(number::number))
            || (count > 0 && (cursor.sees(words::filler) || cursor.sees(activity::parse)))
            // "With Bob tuesdy"
            || (count > 0 && !token.capital && nearby::word(&token.folded).is_some());
        if known || !(token.kind == Kind::Word || hyphen || mixed) {
            break;
        }
        count += 1;
        if passed(cursor).is_none() {
            cursor.next();
        }
    }
    (count > 0).then(|| Unknown {
        name: start.source_to(cursor).to_owned(),
        range: start.range_to(cursor),
    })
}

/// Passes letters and digits that nothing separates.
fn passed(cursor: &mut Cursor<'_>) -> Option<String> {
    let (_, length) = people::run(cursor)?;
    let end = cursor.moved_to(cursor.position() + length);
    let text = cursor.source_to(&end).to_owned();
    *cursor = end;
    Some(text)
}
