//! What is left of a sentence when every grammar took its part: nothing of it is passed over.

use std::ops::Range;

use super::{
    error::Hint,
    nearby,
    people::People,
    slip::{Correction, Slip},
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
    /// What some of them were probably meant to be.
    pub(super) slips: Vec<Correction>,
    /// What the others may have been meant for, if there are others.
    pub(super) hint: Option<Hint>,
    /// Where they are, without what leads to them.
    pub(super) range: Range<usize>,
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
    let misspelt = core.iter().any(|word| nearby::word(&word.folded).is_some());
    let place = any(PLACES) || (into && !numbered);
    let zone = any(ZONES) || london;
    let hint = match () {
        () if topic => Hint::Title,
        () if zone => Hint::Zone,
        () if timely => Hint::Other,
        () if place => Hint::Place,
        () => Hint::Other,
    };
    let somebody = misspelt || !(topic || zone || timely || place);
    let slip = |word: &&Token| {
        let name = || nearby::name(&word.folded, people).filter(|_| somebody);
        let meant = nearby::word(&word.folded).or_else(name)?;
        let range = word.start..word.end;
        let said = start.source().get(range.clone())?.to_owned();
        let slip = Slip { said, meant };
        Some(Correction { range, slip })
    };
    let slips: Vec<Correction> = core.iter().filter_map(slip).collect();
    let comma = token(last + 1).is_some_and(|token| token.kind == Kind::Mark(','));
    let capitals = core
        .iter()
        .all(|token| token.kind == Kind::Word && token.capital);
    let source = start.moved_to(from).source_to(&start.moved_to(last + 1));
    Leftover {
        text: title::clean(source).unwrap_or_default(),
        hint: match (slips.len(), hint) {
            // Words that are known elsewhere may stand beside a slip.
            (1.., Hint::Other) => None,
            (slips, _) if slips == core.len() => None,
            (_, hint) => Some(hint),
        },
        slips,
        range: start.moved_to(first).range_to(&start.moved_to(last + 1)),
        // A capital at the beginning says nothing.
        name: capitals
            && !misspelt
            && !timely
            && !into
            && core.len() <= NAME_TOKENS
            && (first > 0 || comma),
    }
}
