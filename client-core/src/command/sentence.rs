//! A sentence as the parts it is made of, whatever their order.
//!
//! From left to right, at each place the first grammar that knows what stands
//! there takes it: quoted title, series, person, days, times of day, length,
//! topic, activity, filler.

use super::{
    activity::{self, Activity},
    day::{Day, DayKind},
    duration::{self, Length},
    error::CommandError,
    hours::{self, EVENING, Hours},
    naming::{shown, unknown_name},
    people::{Mention, People},
    title,
    tokens::{Cursor, Kind},
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

/// Reads a sentence.
pub(super) fn read(cursor: Cursor<'_>, people: &People<'_>) -> Reading {
    let mut reader = Reader {
        people,
        reading: Reading::default(),
        left: Vec::new(),
        passed: Vec::new(),
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

/// Reads from left to right.
pub(super) struct Reader<'p> {
    pub(super) people: &'p People<'p>,
    pub(super) reading: Reading,
    /// Places of the words that no grammar knew.
    pub(super) left: Vec<usize>,
    /// Places of words passed over.
    pub(super) passed: Vec<usize>,
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
            self.passed.extend(start.position()..c.position());
        } else {
            self.left.push(c.position());
            c.next();
        }
    }

    /// Days, times of day and lengths.
    pub(super) fn when(&mut self, c: &mut Cursor<'_>) -> Option<()> {
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
                    || (self.passed.contains(at)
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
