//! What a word that nobody knows was probably meant to be.

use super::{fold::fold, people::People};

/// The grammar's own words that are worth a suggestion.
const WORDS: &[&str] = &[
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "January",
    "February",
    "March",
    "April",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "today",
    "tomorrow",
    "tonight",
    "next",
    "week",
    "weeks",
    "weekend",
    "month",
    "morning",
    "afternoon",
    "evening",
    "noon",
    "half",
    "quarter",
    "minutes",
    "hour",
    "hours",
    "after",
    "before",
    "between",
    "until",
    "with",
    "about",
    "regarding",
    "discuss",
    "meet",
    "meeting",
    "schedule",
    "arrange",
    "call",
    "chat",
    "coffee",
    "breakfast",
    "lunch",
    "dinner",
    "interview",
    "workshop",
    "review",
    "please",
];
/// Words of fewer letters are like too many others.
const SHORTEST: usize = 4;
/// From so many letters on, two slips are forgiven instead of one.
const LONG: usize = 7;

/// The word of the grammar that is nearest, if one is near.
pub(super) fn word(said: &str) -> Option<String> {
    nearest(said, WORDS.iter().map(|word| (*word).to_owned()))
}

/// The contact whose name, or part of a name, is nearest, if one is near.
pub(super) fn name(said: &str, people: &People<'_>) -> Option<String> {
    let parts = people.known().flat_map(|person| {
        let first = person.name.split_whitespace().take(1).map(str::to_owned);
        first.chain([person.name.to_owned()])
    });
    nearest(said, parts)
}

fn nearest(said: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let said = fold(said);
    let allowed = match said.chars().count() {
        ..SHORTEST => return None,
        SHORTEST..LONG => 1,
        _ => 2,
    };
    let near = known.map(|known| (distance(&said, &fold(&known)), known));
    let (slips, known) = near.min_by_key(|(slips, _)| *slips)?;
    (1..=allowed).contains(&slips).then_some(known)
}

/// How many letters are wrong, missing, too many or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, b) in other.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let swapped = i
                .checked_sub(1)
                .zip(j.checked_sub(1))
                .filter(|(i, j)| one.get(*i) == Some(b) && other.get(*j) == Some(a))
                .map_or(usize::MAX, |(_, j)| at(&before, j) + 1);
            let changed = at(&row, j) + usize::from(a != b);
            let cost = [changed, at(&row, j + 1) + 1, at(&next, j) + 1, swapped];
            next.extend(cost.into_iter().min());
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (one, other, slips) in [
            ("", "", 0),
            ("abc", "", 3),
            ("tuesdy", "tuesday", 1),
            ("teusday", "tuesday", 1),
            ("wensday", "wednesday", 2),
            ("robin", "rabbit", 3),
        ] {
            assert_eq!(distance(one, other), slips, "{one} {other}");
            assert_eq!(distance(other, one), slips, "{other} {one}");
        }
    }

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        for (said, meant) in [
            ("tuesdy", Some("Tuesday")),
            ("Wensday", Some("Wednesday")),
            ("tommorrrow", Some("tomorrow")),
            ("minuts", Some("minutes")),
            ("nxet", Some("next")),
            ("garden", None),
            ("nxt", None),
            ("week", None),
        ] {
            assert_eq!(word(said).as_deref(), meant, "{said}");
        }
    }
}
