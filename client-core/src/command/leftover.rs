//! What is left of a sentence when every grammar took its part: nothing of it is passed over.

use super::{
    error::Hint,
    nearby,
    people::People,
    title,
    tokens::{Cursor, Kind, Token},
    topic, words,
};

/// A name of nobody known is at most so long.
pub(super) const NAME_TOKENS: usize = 4;
/// Words that lead to a place.
const INTO_PLACES: &[&str] = &["in", "at", "near", "inside", "outside"];
/// Words that are said with what they lead to.
const LEADS: &[&str] = &[
    "in", "at", "on", "of", "for", "to", "with", "from", "over", "the", "a", "an", "any", "my",
    "our",
];
const PLACES: &[&str] = &[
    "airport",
    "bar",
    "building",
    "cafe",
    "cinema",
    "face",
    "here",
    "hotel",
    "house",
    "library",
    "museum",
    "office",
    "online",
    "park",
    "person",
    "place",
    "pub",
    "remotely",
    "restaurant",
    "room",
    "skype",
    "somewhere",
    "station",
    "studio",
    "teams",
    "there",
    "university",
    "via",
    "webex",
    "zoom",
];
const ZONES: &[&str] = &[
    "utc", "gmt", "bst", "cet", "cest", "eet", "eest", "msk", "ist", "jst", "hkt", "sgt", "aest",
    "aedt", "est", "edt", "et", "cst", "cdt", "mst", "mdt", "pst", "pdt", "pt", "timezone", "zone",
];

/// Words that stand together, none of which was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leftover {
    /// As they were written, with the articles that lead to them.
    pub(super) text: String,
    pub(super) hint: Hint,
    /// Whether they may be the name of somebody unknown.
    pub(super) name: bool,
}

/// The words at the places `left`, in groups; `passed` are the places of words without meaning.
pub(super) fn groups(
    start: Cursor<'_>,
    left: &[usize],
    passed: &[usize],
    people: &People<'_>,
) -> Vec<Leftover> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let mut sorted = left.to_vec();
    sorted.sort_unstable();
    for at in sorted {
        match groups.last_mut() {
            Some((_, last)) if (*last + 1..at).all(|between| passed.contains(&between)) => {
                *last = at;
            }
            _ => groups.push((at, at)),
        }
    }
    let read = |(first, last)| group(start, first, last, left, passed, people);
    groups.into_iter().map(read).collect()
}

fn group(
    start: Cursor<'_>,
    first: usize,
    last: usize,
    left: &[usize],
    passed: &[usize],
    people: &People<'_>,
) -> Leftover {
    let token = |at: usize| start.moved_to(at).ahead(0);
    let leads = |at: &usize| {
        let listed = |token: &Token| LEADS.contains(&token.folded.as_str());
        passed.contains(at) && token(*at).is_some_and(listed)
    };
    let from = (0..first).rev().take_while(leads).last().unwrap_or(first);
    let core: Vec<&Token> = (first..=last)
        .filter(|at| left.contains(at))
        .filter_map(token)
        .collect();
    let any = |list: &[&str]| core.iter().any(|word| list.contains(&word.folded.as_str()));
    let timely = core.iter().any(|word| words::is_about_time(&word.folded));
    let into = (from..=last)
        .filter_map(token)
        .any(|word| INTO_PLACES.contains(&word.folded.as_str()));
    let numbered = core.iter().any(|word| word.kind == Kind::Number);
    let topic = core.len() > 1 && start.moved_to(first).sees(topic::begin);
    // "London time"
    let london = token(last + 1).is_some_and(|next| next.folded == "time");
    let meant = core.iter().find_map(|word| nearby::word(&word.folded));
    let misspelt = meant.is_some();
    let somebody = || core.iter().find_map(|w| nearby::name(&w.folded, people));
    let hint = match meant {
        Some(word) => Hint::Meant(word),
        None if topic => Hint::Title,
        None if any(ZONES) || london => Hint::Zone,
        None if timely => Hint::Other,
        None if any(PLACES) || (into && !numbered) => Hint::Place,
        None => somebody().map_or(Hint::Other, Hint::Meant),
    };
    let comma = token(last + 1).is_some_and(|token| token.kind == Kind::Mark(','));
    let capitals = core
        .iter()
        .all(|token| token.kind == Kind::Word && token.capital);
    let source = start.moved_to(from).source_to(&start.moved_to(last + 1));
    Leftover {
        text: title::clean(source).unwrap_or_default(),
        hint,
        // A capital at the beginning says nothing.
        name: capitals
            && !misspelt
            && !timely
            && !into
            && core.len() <= NAME_TOKENS
            && (first > 0 || comma),
    }
}
