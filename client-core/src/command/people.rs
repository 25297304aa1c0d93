//! Whom the request names: by full name, by first name where only one has it, by id or the
//! beginning of it, each with or without quotation marks.
//!
//! Case and accents do not count, unless they are all that tells two people apart. Who declined
//! or is blocked is meant only where nobody else is.

use jiff::tz::TimeZone;

use super::{
    Person,
    error::{CommandError, day},
    fold::{fold, lower},
    nearby,
    tokens::{Cursor, Kind, Token, tokens},
    words,
};
use crate::api::ContactState;

/// The shortest beginning of an id that names a contact, in characters.
pub const SHORTEST_ID: usize = 4;
/// As much of an id is shown as tells two contacts apart.
const SHOWN_ID: usize = 8;

/// The contacts, with their names split as the sentence is.
pub(super) struct People<'a> {
    people: Vec<(&'a Person<'a>, Vec<Token>)>,
    /// Where the days of an acquaintance are counted.
    zone: &'a TimeZone,
}

/// A name found in the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// Positions of those it may mean.
    pub(super) who: Vec<usize>,
    pub(super) text: String,
    /// Whether it is a whole name or an id, not only a first name.
    pub(super) whole: bool,
    /// How many tokens it has.
    pub(super) length: usize,
    pub(super) capital: bool,
    /// Whether it may as well be a word: "Will you…", "mark…".
    pub(super) doubtful: bool,
}

fn equal(name: &Token, said: &Token, last: bool, exact: bool) -> bool {
    let (name, said) = match exact {
        true => (name.lower.as_str(), said.lower.as_str()),
        false => (name.folded.as_str(), said.folded.as_str()),
    };
    let possessive = || said.strip_suffix("'s").or_else(|| said.strip_suffix('\''));
    name == said || (last && possessive() == Some(name))
}

fn matches(name: &[Token], cursor: &Cursor<'_>, exact: bool) -> bool {
    !name.is_empty()
        && name.iter().enumerate().all(|(index, token)| {
            let last = index + 1 == name.len();
            cursor
                .ahead(index)
                .is_some_and(|said| said.kind != Kind::Quote && equal(token, said, last, exact))
        })
}

/// The part of a name before its first space.
fn first(name: &[Token]) -> &[Token] {
    let end = name.iter().skip(1).position(|token| !token.glued);
    name.get(..end.map_or(name.len(), |end| end + 1))
        .unwrap_or(name)
}

impl<'a> People<'a> {
    pub(super) fn new(contacts: &'a [Person<'a>], zone: &'a TimeZone) -> Self {
        let people = contacts
            .iter()
            .map(|person| (person, tokens(person.name)))
            .collect();
        Self { people, zone }
    }

    fn all(&self, cursor: &Cursor<'_>, whole: bool, exact: bool) -> Vec<(usize, usize)> {
        let people = self.people.iter().enumerate();
        people
            .filter_map(|(index, (_, name))| {
                let name = if whole { name } else { first(name) };
                matches(name, cursor, exact).then_some((index, name.len()))
            })
            .collect()
    }

    /// A name here, the longest, or an id that can be nothing else.
    pub(super) fn parse(&self, cursor: &mut Cursor<'_>) -> Option<Mention> {
        let id = |c: &mut Cursor<'_>| {
            let start = *c;
            let mention = self.id(c)?;
            let mixed = mention.text.contains(|c: char| c.is_ascii_digit())
                && mention.text.contains(|c: char| c.is_ascii_alphabetic());
            let sure = self.is_id(&mention) || (mixed && !words::sees_time(&start));
            sure.then_some(mention)
        };
        self.read(cursor, id)
    }

    /// A name or an id here, where nothing but a person can stand: after "with".
    pub(super) fn expected(&self, cursor: &mut Cursor<'_>) -> Option<Mention> {
        self.read(cursor, |c| self.id(c))
    }

    fn read(
        &self,
        cursor: &mut Cursor<'_>,
        id: impl Fn(&mut Cursor<'_>) -> Option<Mention>,
    ) -> Option<Mention> {
        if let Some(inner) = cursor.quoted() {
            let all = tokens(inner);
            let mut inside = Cursor::new(inner, &all);
            let found = self.read(&mut inside, id);
            let found = found.filter(|found| inside.is_done() && found.whole)?;
            cursor.next();
            return Some(found);
        }
        let (mut by_name, mut by_id) = (*cursor, *cursor);
        let named = self.name(&mut by_name);
        let identified = id(&mut by_id);
        let (mention, end) = match (named, identified) {
            // Names are chosen by their owners: one that looks like another's id makes doubt.
            (Some(mut named), Some(identified)) if by_name.position() == by_id.position() => {
                if self.is_id(&identified) {
                    (identified, by_id)
                } else {
                    named.who.extend(identified.who);
                    (named, by_name)
                }
            }
            (Some(named), _) => (named, by_name),
            (None, identified) => (identified?, by_id),
        };
        *cursor = end;
        Some(mention)
    }

    fn is_id(&self, mention: &Mention) -> bool {
        let text = lower(&mention.text);
        self.contacts().any(|person| lower(person.id) == text)
    }

    fn name(&self, cursor: &mut Cursor<'_>) -> Option<Mention> {
        let longest = |whole| {
            self.all(cursor, whole, false)
                .iter()
                .map(|(_, length)| *length)
                .max()
        };
        let (whole, part) = (longest(true), longest(false));
        let length = whole.max(part)?;
        let whole = whole == Some(length);
        let pick = |exact| -> Vec<usize> {
            let all = self.all(cursor, whole, exact).into_iter();
            all.filter(|(_, found)| *found == length)
                .map(|(index, _)| index)
                .collect()
        };
        let (mut who, exact) = (pick(false), pick(true));
        if !exact.is_empty() {
            who = exact;
        }
        Some(mention(cursor, length, who, whole))
    }

    /// An id, or a beginning of one.
    fn id(&self, cursor: &mut Cursor<'_>) -> Option<Mention> {
        let inside = cursor.glued().is_some()
            && cursor
                .before()
                .is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Number));
        let (text, length) = run(cursor).filter(|_| !inside)?;
        let who = self.begun(&text);
        (!who.is_empty()).then(|| mention(cursor, length, who, true))
    }

    /// Those whose id is this, or else begins so.
    fn begun(&self, text: &str) -> Vec<usize> {
        let beginning = lower(text);
        let find = |matches: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let people = self.people.iter().enumerate();
            people
                .filter(|(_, (person, _))| matches(&lower(person.id)))
                .map(|(index, _)| index)
                .collect()
        };
        let same = find(&|id| id == beginning);
        if !same.is_empty() || beginning.chars().count() < SHORTEST_ID {
            return same;
        }
        find(&|id| id.starts_with(&beginning))
    }

    /// The person of a value that names nobody else: name, first name, id, beginning of an id.
    pub(super) fn named(&self, value: &str) -> Result<&'a Person<'a>, CommandError> {
        let value = value.trim();
        let all = tokens(value);
        let mut cursor = Cursor::new(value, &all);
        let mut names = Vec::new();
        while let Some(mention) = self.expected(&mut cursor) {
            if cursor.is_done() && names.is_empty() {
                return self.one(&mention);
            }
            names.push(mention.text);
            if cursor.is_done() {
                return Err(CommandError::SeveralPeople { names });
            }
            cursor.mark(&[',', '&', '+', '/']);
            cursor.word(&["and", "or"]);
        }
        Err(self.unknown(value))
    }

    /// Those who can be met.
    pub(super) fn known(&self) -> impl Iterator<Item = &'a Person<'a>> {
        self.contacts().filter(|person| !person.is_over())
    }

    fn contacts(&self) -> impl Iterator<Item = &'a Person<'a>> {
        self.people.iter().map(|(person, _)| *person)
    }

    /// The person of a mention.
    pub(super) fn one(&self, mention: &Mention) -> Result<&'a Person<'a>, CommandError> {
        let found = mention.who.iter().filter_map(|who| self.people.get(*who));
        let found: Vec<&'a Person<'a>> = found.map(|(person, _)| *person).collect();
        let likely: Vec<&'a Person<'a>> =
            found.iter().copied().filter(|one| !one.is_over()).collect();
        let candidates = if likely.is_empty() { found } else { likely };
        match candidates.as_slice() {
            [] => Err(self.unknown(&mention.text)),
            [person] => Ok(person),
            several => Err(CommandError::AmbiguousPerson {
                name: mention.text.clone(),
                matches: several
                    .iter()
                    .map(|one| self.described(one, several))
                    .collect(),
            }),
        }
    }

    /// The name and the id, and since when where the names are the same.
    fn described(&self, person: &Person<'_>, others: &[&Person<'_>]) -> String {
        let alike = |same: &dyn Fn(&Person<'_>) -> bool| {
            others.iter().filter(|other| same(other)).count() > 1
        };
        let shown = person.id.get(..SHOWN_ID).unwrap_or(person.id);
        let id = if alike(&|other| other.id.starts_with(shown)) {
            person.id
        } else {
            shown
        };
        if !alike(&|other| fold(other.name) == fold(person.name)) {
            return format!("“{}” ({id})", person.name);
        }
        let since = day(person.since.to_zoned(self.zone.clone()).date());
        let state = match person.state {
            ContactState::Waiting => ", who has not approved you yet",
            ContactState::Requested => ", whom you have not approved yet",
            ContactState::Unreachable => ", whom the relay does not know now",
            ContactState::Declined => ", whose invitation was not good any more",
            ContactState::Blocked => ", whom you blocked",
            ContactState::Active => "",
        };
        format!("“{}” ({id}, known since {since}{state})", person.name)
    }

    pub(super) fn unknown(&self, name: &str) -> CommandError {
        let known = self.known().map(|person| person.name.to_owned()).collect();
        let words = name.split_whitespace().map(str::to_owned);
        let meant = [name.to_owned()].into_iter().chain(words);
        CommandError::UnknownPerson {
            name: name.to_owned(),
            known,
            meant: meant
                .filter_map(|part| match self.exactly(&part) {
                    Some(person) => Some(person.name.to_owned()),
                    None => nearby::name(&part, self),
                })
                .next(),
            also: Box::default(),
        }
    }

    /// The one who has this name or first name.
    fn exactly(&self, name: &str) -> Option<&'a Person<'a>> {
        let all = tokens(name);
        let mut cursor = Cursor::new(name, &all);
        let mention = self.name(&mut cursor).filter(|_| cursor.is_done())?;
        self.one(&mention).ok().filter(|person| !person.is_over())
    }
}

/// Letters and digits here that nothing separates, in lower case, and how many tokens they are.
pub(super) fn run(cursor: &Cursor<'_>) -> Option<(String, usize)> {
    let part = |token: &Token| matches!(token.kind, Kind::Word | Kind::Number);
    let mut end = *cursor;
    end.next().filter(|token| part(token))?;
    while end.ahead(0).is_some_and(|token| token.glued && part(token)) {
        end.next();
    }
    Some((
        lower(cursor.source_to(&end)),
        end.position() - cursor.position(),
    ))
}

fn mention(cursor: &mut Cursor<'_>, length: usize, who: Vec<usize>, whole: bool) -> Mention {
    let capital = cursor.ahead(0).is_some_and(|token| token.capital);
    let begins = cursor.position() == 0;
    let end = cursor.moved_to(cursor.position() + length);
    let text = cursor.source_to(&end).to_owned();
    let doubtful = (begins || !capital) && words::is_also_name(&text);
    *cursor = end;
    Mention {
        who,
        text,
        whole,
        length,
        capital,
        doubtful,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const fn contact<'a>(id: &'a str, name: &'a str, state: ContactState) -> Person<'a> {
        let since = Timestamp::UNIX_EPOCH;
        Person {
            id,
            name,
            state,
            since,
        }
    }

    const PEOPLE: &[Person<'_>] = &[
        contact("a1b2c3d4e5f6", "Robin", ContactState::Active),
        contact("a1b2ffffffff", "Ana Silva", ContactState::Active),
        contact("d4d4d4d4d4d4", "Ana Prieto", ContactState::Active),
        contact("e5e5e5e5e5e5", "Zoë O’Brien", ContactState::Active),
        contact(
            "f6f6f6f6f6f6",
            "Jean-Luc van der Berg",
            ContactState::Active,
        ),
        contact("070707070707", "Rene", ContactState::Active),
        contact("080808080808", "René", ContactState::Active),
        contact("090909090909", "李雷", ContactState::Active),
        contact("101010101010", "Kim", ContactState::Active),
        contact("111111111111", "Kim", ContactState::Waiting),
        contact("121212121212", "Kim", ContactState::Declined),
        contact("131313131313", "Lou", ContactState::Declined),
        contact("141414141414", "Lou", ContactState::Blocked),
        contact("151515151515", "Mo", ContactState::Blocked),
        contact("161616161616", "Mo", ContactState::Active),
        contact("171717171717", "a1b2c3d4e5f6", ContactState::Active),
        contact("181818181818", "d4d4", ContactState::Active),
    ];

    static ZONE: TimeZone = TimeZone::UTC;

    fn id(value: &str) -> Result<&'static str, CommandError> {
        People::new(PEOPLE, &ZONE)
            .named(value)
            .map(|person| person.id)
    }

    #[test]
    fn people_are_found_by_name_and_id() {
        for (value, found) in [
            ("robin", "a1b2c3d4e5f6"),
            ("ROBIN", "a1b2c3d4e5f6"),
            ("“robin”", "a1b2c3d4e5f6"),
            ("ana silva", "a1b2ffffffff"),
            ("\"Ana Silva\"", "a1b2ffffffff"),
            ("Zoe O'Brien", "e5e5e5e5e5e5"),
            ("zoë", "e5e5e5e5e5e5"),
            ("Jean-Luc", "f6f6f6f6f6f6"),
            ("jean-luc van der berg", "f6f6f6f6f6f6"),
            ("Rene", "070707070707"),
            ("rené", "080808080808"),
            ("李雷", "090909090909"),
            ("a1b2c", "a1b2c3d4e5f6"),
            ("A1B2F", "a1b2ffffffff"),
            ("1111", "111111111111"),
            ("111111111111", "111111111111"),
            ("“1111”", "111111111111"),
            ("Mo", "161616161616"),
        ] {
            assert_eq!(id(value), Ok(found), "{value}");
        }
    }

    #[test]
    fn doubt_and_ignorance_are_told_apart() {
        // Three letters of an id are too few, and "d4d4" is one's name and begins another's id.
        for doubtful in ["Ana", "a1b2", "Kim", "Lou", "d4d4"] {
            let found = id(doubtful);
            assert!(
                matches!(found, Err(CommandError::AmbiguousPerson { .. })),
                "{doubtful}: {found:?}"
            );
        }
        for unknown in ["Bob", "Jean", "e5e", "“Ana”", ""] {
            let found = id(unknown);
            assert!(
                matches!(found, Err(CommandError::UnknownPerson { .. })),
                "{unknown}: {found:?}"
            );
        }
    }

    #[test]
    fn several_names_in_one_value_are_told_from_an_unknown_one() {
        for several in ["Robin and Zoë", "robin, 李雷 & e5e5", "Robin Robin"] {
            let found = id(several);
            assert!(
                matches!(found, Err(CommandError::SeveralPeople { .. })),
                "{several}: {found:?}"
            );
        }
    }

    #[test]
    fn nobody_is_taken_for_another_by_taking_their_id_as_a_name() {
        assert_eq!(id("a1b2c3d4e5f6"), Ok("a1b2c3d4e5f6"));
    }

    #[test]
    fn those_in_doubt_are_named_with_what_tells_them_apart() {
        let Err(CommandError::AmbiguousPerson { matches, .. }) = id("Kim") else {
            panic!("two are called Kim");
        };
        assert_eq!(
            matches,
            [
                "“Kim” (10101010, known since Thu 1 Jan 1970)",
                "“Kim” (11111111, known since Thu 1 Jan 1970, who has not approved you yet)",
            ]
        );
        let Err(CommandError::AmbiguousPerson { matches, .. }) = id("Ana") else {
            panic!("two are called Ana");
        };
        assert_eq!(
            matches,
            ["“Ana Silva” (a1b2ffff)", "“Ana Prieto” (d4d4d4d4)"]
        );
    }

    #[test]
    fn a_name_that_is_nearly_somebodys_is_guessed() {
        for (said, meant) in [
            ("Robbin", Some("Robin")),
            ("Robin Hood", Some("Robin")),
            ("Ana Silvo", Some("Ana Silva")),
            ("Bob", None),
        ] {
            let Err(CommandError::UnknownPerson { meant: found, .. }) = id(said) else {
                panic!("nobody is called {said}");
            };
            assert_eq!(found.as_deref(), meant, "{said}");
        }
    }
}
