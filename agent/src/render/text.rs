//! Text that is safe and short enough for a terminal.

use std::borrow::Cow;

/// Shortest piece of an id that is shown.
const SHORT: usize = 8;

/// The text without control characters and without marks that turn the
/// direction of writing, which could make one thing look like another.
pub fn clean(text: &str) -> Cow<'_, str> {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(bad) {
        Cow::Owned(text.replace(bad, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The length at which the beginnings of all these ids differ.
pub fn short_len<'a>(ids: impl IntoIterator<Item = &'a str>) -> usize {
    let mut ids: Vec<&str> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let pairs = ids.iter().zip(ids.iter().skip(1));
    let common = pairs.map(|(a, b)| {
        let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
        same.count() + 1
    });
    common.max().unwrap_or(0).max(SHORT)
}

/// The beginning of an id, to be pasted back.
pub fn short(id: &str, len: usize) -> Cow<'_, str> {
    let end = id.char_indices().nth(len).map_or(id.len(), |(at, _)| at);
    clean(id.get(..end).unwrap_or(id))
}

/// One id on its own, shortened.
pub fn short_id(id: &str) -> Cow<'_, str> {
    short(id, SHORT)
}

/// "1 event", "2 events".
pub fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

/// Minutes as "30 min", "1 h", "1 h 30 min".
pub fn minutes(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(clean("Robin Ödegård 🌱"), "Robin Ödegård 🌱");
        assert_eq!(
            clean("\x1b[2JRobin\r\n\u{202e}x"),
            "\u{fffd}[2JRobin\u{fffd}\u{fffd}\u{fffd}x"
        );
    }

    #[test]
    fn short_ids_differ() {
        assert_eq!(short_len(["aaaaaaaaaaaa1", "aaaaaaaaaaaa2", "b"]), 13);
        assert_eq!(short_len(["a", "b"]), 8);
        assert_eq!(short_len([]), 8);
        assert_eq!(short("ä1234567890", 3), "ä12");
        assert_eq!(short_id("abc"), "abc");
    }

    #[test]
    fn minutes_read_well() {
        assert_eq!([30, 60, 90].map(minutes), ["30 min", "1 h", "1 h 30 min"]);
    }
}
