//! Whom the request names: by full name, by first name where only one has it, by id.
//!
//! Case and accents do not count, unless they are all that tells two people apart.

use super::{
    Person,
    error::CommandError,
    fold::{fold, lower},
    tokens::{Cursor, Kind, Token, tokens},
};

/// The contacts, with their names split as the sentence is.
pub(super) struct People<'a> {
    people: Vec<(&'a Person<'a>, Vec<Token>)>,
}

/// A name found in the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// Positions of those it may mean.
    pub(super) who: Vec<usize>,
    pub(super) text: String,
    /// Whether it is a whole name, not only a first name.
    pub(super) whole: bool,
    /// How many tokens it has.
    pub(super) length: usize,
    pub(super) capital: bool,
}

fn equal(name: &Token, said: &Token, last: bool, exact: bool) -> bool {
    let pick = |token: &Token| {
        if exact {
            token.lower.clone()
        } else {
            token.folded.clone()
        }
    };
    let (name, said) = (pick(name), pick(said));
    let possessive = || said.strip_suffix("'s").or_else(|| said.strip_suffix('\''));
    name == said || (last && possessive() == Some(name.as_str()))
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
    pub(super) fn new(contacts: &'a [Person<'a>]) -> Self {
        let people = contacts
            .iter()
            .map(|person| (person, tokens(person.name)))
            .collect();
        Self { people }
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

    /// A name here, the longest.
    pub(super) fn parse(&self, cursor: &mut Cursor<'_>) -> Option<Mention> {
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
        let capital = cursor.ahead(0).is_some_and(|token| token.capital);
        let end = cursor.moved_to(cursor.position() + length);
        let text = cursor.source_to(&end).to_owned();
        *cursor = end;
        Some(Mention {
            who,
            text,
            whole,
            length,
            capital,
        })
    }

    /// The person of a value that names nobody else: id, name, first name, beginning of an id.
    pub(super) fn named(&self, value: &str) -> Result<&'a Person<'a>, CommandError> {
        let value = value.trim();
        let same = |person: &&Person<'_>| person.id == value;
        if let Some(person) = self.contacts().find(same) {
            return Ok(person);
        }
        let all = tokens(value);
        let mut cursor = Cursor::new(value, &all);
        if let Some(mention) = self.parse(&mut cursor).filter(|_| cursor.is_done()) {
            return self.one(&mention);
        }
        let beginning = lower(value);
        let who = self.people.iter().enumerate().filter(|(_, (person, _))| {
            !beginning.is_empty() && lower(person.id).starts_with(&beginning)
        });
        let who: Vec<usize> = who.map(|(index, _)| index).collect();
        if who.is_empty() {
            return Err(self.unknown(value));
        }
        let (text, length, capital) = (value.to_owned(), 1, false);
        self.one(&Mention {
            who,
            text,
            whole: false,
            length,
            capital,
        })
    }

    fn contacts(&self) -> impl Iterator<Item = &'a Person<'a>> {
        self.people.iter().map(|(person, _)| *person)
    }

    /// The person of a mention.
    pub(super) fn one(&self, mention: &Mention) -> Result<&'a Person<'a>, CommandError> {
        let mut found = mention
            .who
            .iter()
            .filter_map(|index| self.people.get(*index));
        match (found.next(), found.next()) {
            (Some((person, _)), None) => Ok(person),
            (None, _) => Err(self.unknown(&mention.text)),
            _ => Err(CommandError::AmbiguousPerson {
                name: mention.text.clone(),
                matches: self.described(&mention.who),
            }),
        }
    }

    /// Names, with ids where the names are the same.
    fn described(&self, who: &[usize]) -> Vec<String> {
        let found: Vec<&Person<'_>> = who
            .iter()
            .filter_map(|index| self.people.get(*index))
            .map(|(person, _)| *person)
            .collect();
        let twin = |one: &Person<'_>| {
            found
                .iter()
                .filter(|other| fold(other.name) == fold(one.name))
                .count()
                > 1
        };
        let describe = |person: &&Person<'_>| match twin(person) {
            true => format!("{} ({})", person.name, person.id),
            false => person.name.to_owned(),
        };
        found.iter().map(describe).collect()
    }

    pub(super) fn unknown(&self, name: &str) -> CommandError {
        let known = self
            .contacts()
            .map(|person| person.name.to_owned())
            .collect();
        CommandError::UnknownPerson {
            name: name.to_owned(),
            known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: &[Person<'_>] = &[
        Person {
            id: "a1b2",
            name: "Robin",
        },
        Person {
            id: "a1c3",
            name: "Ana Silva",
        },
        Person {
            id: "d4",
            name: "Ana Prieto",
        },
        Person {
            id: "e5",
            name: "Zoë O’Brien",
        },
        Person {
            id: "f6",
            name: "Jean-Luc van der Berg",
        },
        Person {
            id: "07",
            name: "Rene",
        },
        Person {
            id: "08",
            name: "René",
        },
        Person {
            id: "09",
            name: "李雷",
        },
        Person {
            id: "10",
            name: "Kim",
        },
        Person {
            id: "11",
            name: "Kim",
        },
    ];

    fn id(value: &str) -> Result<&'static str, CommandError> {
        People::new(PEOPLE).named(value).map(|person| person.id)
    }

    #[test]
    fn people_are_found_by_name_and_id() {
        for (value, found) in [
            ("robin", "a1b2"),
            ("ROBIN", "a1b2"),
            ("ana silva", "a1c3"),
            ("Zoe O'Brien", "e5"),
            ("zoë", "e5"),
            ("Jean-Luc", "f6"),
            ("jean-luc van der berg", "f6"),
            ("Rene", "07"),
            ("rené", "08"),
            ("李雷", "09"),
            ("a1b2", "a1b2"),
            ("a1c", "a1c3"),
            ("D", "d4"),
            ("11", "11"),
        ] {
            assert_eq!(id(value), Ok(found), "{value}");
        }
    }

    #[test]
    fn doubt_and_ignorance_are_told_apart() {
        assert!(matches!(
            id("Ana"),
            Err(CommandError::AmbiguousPerson { .. })
        ));
        assert!(matches!(
            id("a1"),
            Err(CommandError::AmbiguousPerson { .. })
        ));
        assert!(matches!(id("Bob"), Err(CommandError::UnknownPerson { .. })));
        assert!(matches!(
            id("Jean"),
            Err(CommandError::UnknownPerson { .. })
        ));
        let Err(CommandError::AmbiguousPerson { matches, .. }) = id("Kim") else {
            panic!("two are called Kim");
        };
        assert_eq!(matches, ["Kim (10)", "Kim (11)"]);
    }
}
