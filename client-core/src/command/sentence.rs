//! A sentence as the parts it is made of, whatever their order.
//!
//! From left to right, at each place the first grammar that knows what stands
//! there takes it: quoted title, series, person, days, times of day, length,
//! topic, activity, filler. A topic runs to the end, or to where everything
//! that follows is about days, times, length or person.

use super::{
    activity::{self, Activity},
    day::{Day, DayKind},
    duration::{self, Length},
    error::CommandError,
    hours::{self, EVENING, Hours},
    number,
    people::{Mention, People},
    title,
    tokens::{Cursor, Kind, Token},
    window::{self, Shape, Stretch, Window},
    words,
};

/// What was found in a sentence.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Those named after "with", "meet" and the like, or by a whole name of several words.
    pub(super) named: Vec<Mention>,
    /// Those whose name merely stands there.
    pub(super) mentioned: Vec<Mention>,
    /// A name after "with" that nobody has.
    pub(super) unknown: Option<String>,
    pub(super) windows: Vec<Window>,
    pub(super) hours: Vec<Hours>,
    /// "In an hour": minutes from now.
    pub(super) from_now: Option<u64>,
    pub(super) lengths: Vec<Length>,
    pub(super) activity: Option<Activity>,
    pub(super) title: Option<String>,
    /// Words of a series.
    pub(super) series: Option<String>,
    /// Words about time that were not understood.
    pub(super) strange: Option<String>,
}

const MEETING_VERBS: &[&str] = &[
    "with", "w", "meet", "meeting", "see", "call", "phone", "ring", "ping", "ask", "invite",
    "visit", "w.",
];
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

/// Reads a sentence.
pub(super) fn read(cursor: Cursor<'_>, people: &People<'_>) -> Reading {
    let mut reader = Reader {
        people,
        reading: Reading::default(),
        left: Vec::new(),
        verbs: Vec::new(),
    };
    let mut cursor = cursor;
    let start = cursor;
    while !cursor.is_done() {
        let before = cursor.position();
        reader.step(&mut cursor);
        if cursor.position() == before {
            cursor.next();
        }
    }
    reader.finish(start);
    reader.reading
}

struct Reader<'p> {
    people: &'p People<'p>,
    reading: Reading,
    /// Places of the words that no grammar knew.
    left: Vec<usize>,
    /// Places of words passed over.
    verbs: Vec<usize>,
}

impl Reader<'_> {
    fn step(&mut self, c: &mut Cursor<'_>) {
        let start = *c;
        if c.ahead(0).is_some_and(|token| token.kind == Kind::Quote) {
            c.next();
            let inner = start.source_to(c).trim_matches(|q| "\"“”„«»".contains(q));
            self.reading.title = self.reading.title.take().or_else(|| title::clean(inner));
        } else if words::series(c, false).is_some() {
            self.reading
                .series
                .get_or_insert_with(|| start.source_to(c).to_owned());
        } else if self.person(c).is_some() || self.when(c).is_some() {
        } else if words::exclusion(c).or_else(|| words::nth_day(c)).is_some() {
            self.reading
                .strange
                .get_or_insert_with(|| start.source_to(c).to_owned());
        } else if self.topic(c).is_some() {
        } else if let Some(activity) = activity::parse(c) {
            let known = self
                .reading
                .activity
                .filter(|known| *known != activity::MEETING);
            self.reading.activity = Some(known.unwrap_or(activity));
        } else if let Some(mention) = self.people.parse(c) {
            self.mention(c, mention, false);
        } else if words::filler(c).or_else(|| words::separator(c)).is_some() {
            self.verbs.extend(start.position()..c.position());
        } else {
            self.left.push(c.position());
            c.next();
        }
    }

    /// Days, times of day and lengths.
    fn when(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        let exclusion = c.sees(words::exclusion) && !c.sees(hours::parse);
        if exclusion || c.sees(words::nth_day) {
            return None;
        }
        if c.sees(|c| {
            c.one_of(&[
                "squeeze in",
                "fit in",
                "pencil in",
                "slot in",
                "get in",
                "put in",
            ])
        }) {
            return None;
        }
        let today = |text: &str| {
            let day = Day {
                kind: DayKind::Offset(0),
                text: text.to_owned(),
            };
            Window {
                shape: Shape::Within(Stretch::Day(day)),
                text: text.to_owned(),
            }
        };
        if c.word(&["tonight", "tonite"]).is_some() {
            self.reading.windows.push(today("tonight"));
            self.reading
                .hours
                .push(Hours::Part(EVENING, "tonight".to_owned()));
            return Some(());
        }
        let part = c.attempt(|c| c.word(&["this"]).and_then(|()| hours::named(c)));
        if let Some(part) = part {
            self.reading.windows.push(today("this part of the day"));
            self.reading.hours.push(part);
            return Some(());
        }
        if let Some(window) = window::parse(c) {
            self.reading.windows.push(window);
            return Some(());
        }
        if let Some(minutes) = from_now(c) {
            self.reading.from_now = Some(minutes);
            return Some(());
        }
        if let Some(hours) = hours::parse(c) {
            self.reading.hours.push(hours);
            return Some(());
        }
        let length = c.attempt(|c| {
            c.one_of(&[
                "for about",
                "for around",
                "for",
                "about",
                "around",
                "approximately",
                "roughly",
                "lasting",
                "of",
            ]);
            duration::parse(c)
        })?;
        self.reading.lengths.push(length);
        Some(())
    }

    /// "with Robin", "meet Robin and Ana", a whole name of several words.
    fn person(&mut self, c: &mut Cursor<'_>) -> Option<()> {
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

    fn mention(&mut self, c: &mut Cursor<'_>, mention: Mention, named: bool) {
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
    fn is_strange(&self, c: &Cursor<'_>) -> bool {
        !words::sees_time(c)
            && !c.sees(words::filler)
            && !c.sees(activity::parse)
            && !c.sees(topic_start)
            && !c.sees(|c| words::series(c, false))
            && !c.sees(|c| {
                c.word(MEETING_VERBS)
                    .or_else(|| c.word(&["tonight", "in", "by"]))
            })
    }

    /// "about the garden", and where it ends.
    fn topic(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        let start = *c;
        let sure = topic_start(c).is_some();
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
        let begin = *c;
        let mut end = *c;
        while !end.is_done() && !(end.position() > begin.position() && self.tail(end)) {
            if words::series(&mut end, true).is_some() {
                self.reading
                    .series
                    .get_or_insert_with(|| begin.source_to(&end).to_owned());
            } else {
                end.next();
            }
        }
        let text = begin.source_to(&end);
        let timely = || {
            (begin.position()..end.position()).any(|at| {
                begin
                    .moved_to(at)
                    .ahead(0)
                    .is_some_and(|token| words::is_about_time(&token.folded))
            })
        };
        let Some(topic) = title::topic(text).filter(|_| sure || !timely()) else {
            *c = start;
            return None;
        };
        let quoted = begin
            .ahead(0)
            .is_some_and(|token| token.kind == Kind::Quote);
        if quoted {
            *c = begin;
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
            verbs: Vec::new(),
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

    /// Looks at what no grammar knew.
    fn finish(&mut self, start: Cursor<'_>) {
        let word = |at: usize| start.moved_to(at).ahead(0);
        let meaningful = self.left.iter().copied().find(|at| {
            word(*at).is_some_and(|token| match token.kind {
                Kind::Number => {
                    !(token.glued && at.checked_sub(1).is_some_and(|b| self.left.contains(&b)))
                }
                _ => words::is_about_time(&token.folded),
            })
        });
        if let Some(at) = meaningful {
            let passed = |at: &usize| {
                self.left.contains(at)
                    || (self.verbs.contains(at)
                        && word(*at).is_some_and(|token| token.kind == Kind::Word))
            };
            let first = (0..=at).rev().take_while(passed).last().unwrap_or(at);
            let last = (at..).take_while(passed).last().unwrap_or(at);
            let words = start
                .moved_to(first)
                .source_to(&start.moved_to(last + 1))
                .to_owned();
            self.reading.strange.get_or_insert(words);
        }
        let nobody = self.reading.named.is_empty() && self.reading.mentioned.is_empty();
        if nobody && self.reading.unknown.is_none() {
            let name = self.left.iter().copied().find(|at| {
                let comma = word(at + 1).is_some_and(|token| token.kind == Kind::Mark(','));
                word(*at).is_some_and(|t| t.kind == Kind::Word && t.capital) && (*at > 0 || comma)
            });
            let with = (0..)
                .map_while(|at| word(at).map(|token| (at, token)))
                .find(|(at, token)| {
                    matches!(token.folded.as_str(), "with" | "w")
                        && word(at + 1).is_some_and(|next| next.kind == Kind::Word && next.capital)
                });
            // "About the garden with Bob"
            let inside = with.and_then(|(at, _)| unknown_name(&mut start.moved_to(at + 1)));
            self.reading.unknown = inside.or_else(|| {
                name.and_then(|at| word(at).map(|token| shown(token, &start.moved_to(at))))
            });
        }
    }
}

fn activity_of(name: &str) -> Option<Activity> {
    let all = super::tokens::tokens(name);
    activity::parse(&mut Cursor::new(name, &all))
}

fn article_before(cursor: &Cursor<'_>) -> bool {
    let articles = ["a", "an", "the", "our", "my", "of", "this", "next"];
    cursor
        .before()
        .is_some_and(|token| articles.contains(&token.folded.as_str()))
}

/// "about", "re:", "to discuss", "for:".
fn topic_start(cursor: &mut Cursor<'_>) -> Option<()> {
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

/// "in an hour", "in 30 minutes", "half an hour from now".
fn from_now(cursor: &mut Cursor<'_>) -> Option<u64> {
    cursor.attempt(|c| {
        let announced = c.word(&["in"]).is_some();
        let length = duration::parse(c)?;
        let now = c.phrase("from now").is_some();
        c.phrase("time");
        (announced || now).then_some(())?;
        length.within_days()
    })
}

/// The name after "with" when it is nobody's: up to four words.
fn unknown_name(cursor: &mut Cursor<'_>) -> Option<String> {
    let start = *cursor;
    let mut count = 0;
    while count < 4 {
        let Some(token) = cursor.ahead(0) else { break };
        let hyphen = token.kind == Kind::Mark('-') && token.glued;
        let known = words::sees_time(cursor)
            || cursor.sees(topic_start)
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

fn shown(token: &Token, at: &Cursor<'_>) -> String {
    let mut end = *at;
    end.next();
    let text = at.source_to(&end);
    if text.is_empty() {
        token.lower.clone()
    } else {
        text.to_owned()
    }
}

impl Reading {
    /// What stops the sentence from being followed, apart from its values.
    pub(super) fn refused(&self) -> Result<(), CommandError> {
        if let Some(words) = self.series.clone() {
            return Err(CommandError::Recurring { words });
        }
        match self.strange.clone() {
            Some(words) => Err(CommandError::NotUnderstood { words }),
            None => Ok(()),
        }
    }
}
