//! Titles: what a topic becomes, and what may stand in one. Both sides see it.

use super::{error::CommandError, fold};

/// The longest title, in characters.
pub const LONGEST_TITLE: usize = 200;

/// Words that lead to another one.
const DANGLING: &[&str] = &[
    "to", "on", "at", "for", "from", "by", "until", "till", "the", "of",
];

/// A title without what cannot be seen or turns the text around; nothing when nothing is left.
pub(super) fn clean(text: &str) -> Option<String> {
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| fold::is_joiner(*c) || !fold::is_invisible(*c))
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let title = words.join(" ");
    title
        .chars()
        .any(|c| !fold::is_joiner(c) && c != ' ')
        .then_some(title)
}

/// A title that somebody chose.
pub(super) fn chosen(text: &str) -> Result<Option<String>, CommandError> {
    let Some(title) = clean(text) else {
        return Ok(None);
    };
    let found = title.chars().count();
    if found > LONGEST_TITLE {
        return Err(CommandError::TooLong {
            what: "a title",
            limit: LONGEST_TITLE,
            found,
        });
    }
    Ok(Some(title))
}

/// What follows "about", with a capital.
pub(super) fn topic(text: &str) -> Option<String> {
    let ends = |c: char| matches!(c, ',' | ';' | ':' | '.' | '-' | '–' | '—') || c.is_whitespace();
    // The sentence's own end is not the title's.
    let last = |c: char| matches!(c, '?' | '!') || ends(c);
    let mut cleaned = clean(text.trim_start_matches(ends).trim_end_matches(last))?;
    // What followed was the day, as in "about moving to Friday".
    while let Some((before, _)) = cleaned
        .rsplit_once(' ')
        .filter(|(_, last)| DANGLING.contains(&last.to_lowercase().as_str()))
    {
        cleaned = before.to_owned();
    }
    let mut letters = cleaned.chars();
    let first = letters.next()?;
    Some(first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_cleaned() {
        assert_eq!(clean(" the \n big\tplan "), Some("the big plan".to_owned()));
        assert_eq!(clean("a\u{202E}b\u{0}c\u{2066}"), Some("abc".to_owned()));
        assert_eq!(clean(" \u{200B}\u{200D} "), None);
        assert_eq!(
            clean("👨\u{200D}👩 walk"),
            Some("👨\u{200D}👩 walk".to_owned())
        );
        assert_eq!(topic(" the garden, "), Some("The garden".to_owned()));
        assert_eq!(topic("étude"), Some("Étude".to_owned()));
        assert_eq!(topic("the garden?!"), Some("The garden".to_owned()));
        assert_eq!(topic(" - "), None);
        assert_eq!(topic("moving to the"), Some("Moving".to_owned()));
        assert_eq!(topic("to"), Some("To".to_owned()));
    }

    #[test]
    fn long_titles_are_refused() {
        assert!(chosen(&"x".repeat(200)).is_ok());
        assert!(chosen(&"é".repeat(201)).is_err());
    }
}
