//! A sentence as the parts it is made of, whatever their order.
//!
//! From left to right, at each place the first grammar that knows what stands
//! there takes it: quoted title or name, series, person, days, times of day, length,
//! another intent, topic, activity, filler. What none of them knows is kept, and refused.

use super::{
    activity::{self, Activity},
    day::{Day, DayKind},
    duration::{self, Length},
    error::{CommandError, Hint, Unread},
    hours::{self, EVENING, Hours},
    intent::{self, Intent},
    leftover::{self, Leftover},
    naming::{Unknown, unknown_name},
    people::{Mention, People},
    slip::{Correction, Slip, mended},
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
    pub(super) unknown: Option<Unknown>,
    pub(super) windows: Vec<Window>,
    pub(super) hours: Vec<Hours>,
    /// "In an hour": minutes from now.
    pub(super) from_now: Option<u64>,
    pub(super) lengths: Vec<Length>,
    pub(super) activity: Option<Activity>,
    /// Two activities that cannot be one.
    activities: Option<(String, String)>,
    pub(super) titles: Vec<String>,
    /// Whether something in it asks for a meeting.
    pub(super) asked: bool,
    /// The first words of a question or a statement.
    opening: Option<String>,
    intent: Option<Intent>,
    /// Words of a series.
    pub(super) series: Option<String>,
    /// Words that leave some time out.
    pub(super) excluded: Option<String>,
    /// Words of a length in days.
    day_length: Option<String>,
    /// What nothing was known about.
    leftovers: Vec<Leftover>,
    /// The whole of it, without what surrounds it.
    text: String,
    /// The whole of it, as it was written.
    source: String,
}

/// Reads a sentence.
pub(super) fn read(cursor: Cursor<'_>, people: &People<'_>) -> Reading {
    let mut reader = Reader {
        people,
        reading: Reading::default(),
        left: Vec::new(),
        passed: Vec::new(),
    };
    let start = cursor;
    let mut cursor = cursor;
    while words::greeting(&mut cursor).is_some() || words::separator(&mut cursor).is_some() {}
    reader.reading.opening = intent::opening(cursor, people);
    while !cursor.is_done() {
        let before = cursor.position();
        reader.step(&mut cursor);
        if cursor.position() == before {
            reader.leave(&mut cursor);
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
            self.quote(c);
        } else if words::series(c, false).is_some() {
            note(&mut self.reading.series, start, c);
        } else if words::day_length(c).is_some() {
            note(&mut self.reading.day_length, start, c);
        } else if self.somebodys(c).is_some() {
            self.left.extend(start.position()..c.position());
        } else if self.person(c).is_some() || self.when(c).is_some() {
        } else if words::exclusion(c).is_some() {
            note(&mut self.reading.excluded, start, c);
        } else if words::nth_day(c).is_some() {
            self.left.extend(start.position()..c.position());
        } else if let Some(intent) = intent::parse(c) {
            let known = self.reading.intent.unwrap_or(intent);
            self.reading.intent = Some(known.min(intent));
            self.left.extend(start.position()..c.position());
        } else if self.topic(c).is_some() {
        } else if let Some(activity) = activity::parse(c) {
            self.activity(activity, start, c);
        } else if let Some(mention) = self.people.parse(c) {
            self.mention(c, mention, false);
        } else if words::filler(c).or_else(|| words::separator(c)).is_some() {
            let asks = |at| {
                start
                    .moved_to(at)
                    .ahead(0)
                    .is_some_and(|t| words::asks(&t.folded))
            };
            self.reading.asked |= (start.position()..c.position()).any(asks);
            self.passed.extend(start.position()..c.position());
        } else {
            self.leave(c);
        }
    }

    fn leave(&mut self, c: &mut Cursor<'_>) {
        self.left.push(c.position());
        c.next();
    }

    /// A title, or somebody's whole name.
    fn quote(&mut self, c: &mut Cursor<'_>) {
        if let Some(mention) = self.people.parse(c) {
            self.mention(c, mention, true);
            return;
        }
        let title = c.quoted().and_then(title::clean);
        self.reading.titles.extend(title);
        c.next();
    }

    /// "Lunch meeting" is lunch; "lunch or coffee" is a choice that nobody made.
    fn activity(&mut self, activity: Activity, start: Cursor<'_>, c: &Cursor<'_>) {
        let known = self.reading.activity;
        let choice = start.before().is_some_and(|token| token.folded == "or");
        match known.filter(|known| *known != activity::MEETING) {
            None => self.reading.activity = Some(activity),
            Some(known) if known == activity => {}
            Some(known) => {
                let meals = known.hours.is_some() && activity.hours.is_some();
                if choice || meals {
                    let said = (known.title.to_owned(), start.source_to(c).to_owned());
                    self.reading.activities.get_or_insert(said);
                } else if known.hours.is_none() && activity.hours.is_some() {
                    self.reading.activity = Some(activity);
                }
            }
        }
    }

    /// Days, times of day and lengths.
    pub(super) fn when(&mut self, c: &mut Cursor<'_>) -> Option<()> {
        let bound = c.sees(hours::parse) || c.sees(window::parse);
        let exclusion = !bound && c.sees(words::exclusion);
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
        if now(c).is_some() {
            self.reading.from_now = Some(NOTICE_MINUTES);
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
            self.zone(c);
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
            let length = duration::parse(c)?;
            c.attempt(|c| {
                c.mark(&['-']);
                c.word(&["long"])
            });
            Some(length)
        })?;
        self.reading.lengths.push(length);
        Some(())
    }

    /// "At Robin's": a place.
    fn somebodys(&self, c: &mut Cursor<'_>) -> Option<()> {
        c.attempt(|c| {
            c.word(&["at"])?;
            self.people.parse(c)?;
            let owner = c.before()?;
            owner.folded.ends_with("'s").then_some(())
        })
    }

    /// "3pm Robin's time", "3pm his time": somebody else's clock.
    fn zone(&mut self, c: &mut Cursor<'_>) {
        let start = *c;
        let people = self.people;
        let theirs = c
            .attempt(|c| people.parse(c).and_then(|_| c.word(&["time"])))
            .or_else(|| words::zone(c));
        if theirs.is_some() {
            self.left.extend(start.position()..c.position());
        }
    }

    /// Looks at what no grammar knew.
    fn finish(&mut self, start: Cursor<'_>) {
        let mut end = start;
        while end.next().is_some() {}
        self.reading.text = start.source_to(&end).to_owned();
        self.reading.source = start.source().to_owned();
        self.reading.leftovers = leftover::groups(start, &self.left, &self.passed, self.people);
        let nobody = self.reading.named.is_empty() && self.reading.mentioned.is_empty();
        if !nobody || self.reading.unknown.is_some() {
            return;
        }
        if let [only] = self.reading.leftovers.as_slice()
            && only.name
            && self.reading.intent.is_none()
        {
            self.reading.unknown = Some(Unknown {
                name: only.text.clone(),
                range: only.range.clone(),
            });
            self.reading.leftovers.clear();
            return;
        }
        // "About the garden with Bob"
        let with = (start.position()..end.position())
            .map(|at| start.moved_to(at))
            .find(|at| {
                at.sees(|c| c.word(&["with", "w"]))
                    && at
                        .ahead(1)
                        .is_some_and(|next| next.kind == Kind::Word && next.capital)
            });
        let with = with.map(|at| start.moved_to(at.position() + 1));
        self.reading.unknown = with
            .filter(|name| !name.sees(|c| self.people.expected(c)))
            .and_then(|mut name| unknown_name(&mut name));
    }
}

fn note(place: &mut Option<String>, start: Cursor<'_>, end: &Cursor<'_>) {
    place.get_or_insert_with(|| start.source_to(end).to_owned());
}

/// What begins "now" begins so soon at the earliest: the other side has to be asked first.
const NOTICE_MINUTES: u64 = 5;

/// "now", where it is not the beginning of a stretch as in "from now until Friday".
fn now(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.attempt(|c| {
        c.one_of(&["right now", "now"])?;
        let goes_on = |c: &mut Cursor<'_>| {
            c.one_of(&["until", "till", "to", "and", "through"])
                .or_else(|| c.mark(&['-', '–', '—']).map(|_| ()))
        };
        (!c.sees(goes_on)).then_some(())
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

impl Reading {
    /// What stops the sentence from being followed, apart from its values; `told` is whether
    /// something was said besides it.
    pub(super) fn refused(&self, told: bool) -> Result<(), CommandError> {
        if let Some(words) = self.opening.clone() {
            return Err(CommandError::NoRequest { words });
        }
        if let Some(intent) = self.intent {
            let words = self.not_understood();
            return Err(CommandError::NoNewMeeting { intent, words });
        }
        if let Some(words) = self.series.clone() {
            return Err(CommandError::Recurring { words });
        }
        if let Some(words) = self.excluded.clone() {
            return Err(CommandError::Excluded { words });
        }
        if !self.leftovers.is_empty() && self.unknown.is_none() {
            let hints = || self.leftovers.iter().filter_map(|l| l.hint);
            let helpful = hints().find(|hint| *hint != Hint::Other);
            return Err(CommandError::NotUnderstood {
                unread: Box::new(self.unread(None)),
                hint: helpful.or(hints().next()),
            });
        }
        if let Some(words) = self.day_length.clone() {
            return Err(CommandError::DayLength { words });
        }
        let titles = match self.titles.as_slice() {
            [first, .., last] if first != last => Some((first.clone(), last.clone())),
            _ => None,
        };
        if let Some((first, second)) = self.activities.clone().or(titles) {
            return Err(CommandError::Contradiction { first, second });
        }
        let mentioned = !self.named.is_empty() || !self.mentioned.is_empty();
        if mentioned && !told && !self.asks() {
            let words = self.text.clone();
            return Err(CommandError::NoRequest { words });
        }
        Ok(())
    }

    /// The words that nothing was known about.
    fn not_understood(&self) -> Vec<String> {
        self.leftovers.iter().map(|l| l.text.clone()).collect()
    }

    /// The same, with what they and `name` were probably meant to be.
    fn unread(&self, name: Option<&Correction>) -> Unread {
        let slips = || self.leftovers.iter().flat_map(|leftover| &leftover.slips);
        Unread {
            words: self.not_understood(),
            slips: slips().map(|correction| correction.slip.clone()).collect(),
            mended: mended(&self.source, slips().chain(name)),
        }
    }

    /// That the sentence names somebody unknown, with whatever else of it was not understood.
    pub(super) fn nobody(&self, unknown: &Unknown, people: &People<'_>) -> CommandError {
        let mut error = people.unknown(&unknown.name);
        if let CommandError::UnknownPerson {
            name, meant, also, ..
        } = &mut error
        {
            let correction = meant.clone().map(|meant| {
                let (range, said) = (unknown.range.clone(), name.clone());
                let slip = Slip { said, meant };
                Correction { range, slip }
            });
            **also = self.unread(correction.as_ref());
        }
        error
    }

    fn asks(&self) -> bool {
        self.asked
            || !self.windows.is_empty()
            || !self.hours.is_empty()
            || self.from_now.is_some()
            || !self.lengths.is_empty()
            || self.activity.is_some()
            || !self.titles.is_empty()
    }
}
