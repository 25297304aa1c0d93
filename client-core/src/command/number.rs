//! Small numbers, in digits and in words.

use super::tokens::Cursor;

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [(&str, u32); 5] = [
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
];

fn one(word: &str) -> Option<u32> {
    let position = ONES.iter().position(|name| *name == word)?;
    u32::try_from(position).ok()
}

/// A number in words, "one" to "sixty".
pub(super) fn in_words(cursor: &mut Cursor<'_>) -> Option<u32> {
    cursor.attempt(|c| {
        let word = c.any_word()?;
        if let Some(value) = one(word) {
            return Some(value);
        }
        let (_, tens) = TENS.iter().find(|(name, _)| *name == word)?;
        let more = c.attempt(|c| {
            c.mark(&['-', '\u{2010}', '\u{2011}']);
            one(c.any_word()?).filter(|ones| (1..=9).contains(ones))
        });
        match more {
            Some(ones) if *tens < 60 => Some(tens + ones),
            Some(_) => None,
            None => Some(*tens),
        }
    })
}

/// A number in digits or words.
pub(super) fn number(cursor: &mut Cursor<'_>) -> Option<u32> {
    match cursor.number() {
        Some((value, _)) => Some(value),
        None => in_words(cursor),
    }
}

/// How many days, weeks, hours: a number, "a", "a couple of" (2) or "a few" (3).
pub(super) fn count(cursor: &mut Cursor<'_>) -> Option<u32> {
    if cursor
        .one_of(&["a couple of", "couple of", "a couple", "couple"])
        .is_some()
    {
        return Some(2);
    }
    if cursor.one_of(&["a few", "few"]).is_some() {
        return Some(3);
    }
    match number(cursor) {
        Some(value) => Some(value),
        None => cursor.word(&["a", "an"]).map(|()| 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tokens::tokens;

    fn read(text: &str) -> Option<u32> {
        let all = tokens(text);
        count(&mut Cursor::new(text, &all))
    }

    #[test]
    fn digits_and_words() {
        for (text, value) in [
            ("7", 7),
            ("seven", 7),
            ("nineteen", 19),
            ("twenty", 20),
            ("twenty-five", 25),
            ("forty five", 45),
            ("sixty", 60),
            ("a couple of", 2),
            ("a few", 3),
            ("an", 1),
            ("99999999999999", u32::MAX),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        assert_eq!(read("seventy"), None);
        assert_eq!(read("sixty-one"), None);
    }
}
