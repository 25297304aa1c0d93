//! How hard a passphrase is to guess.
//!
//! A rough estimate in bits, part by part: a word counts as one out of a dictionary, a number or a
//! sign by its characters, and what everybody uses (`password`, `qwertz`, `1234`, a year) as next to
//! nothing. `zxcvbn` measures better, and its word lists would be a good part of the browser module.

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::MIN_PASSPHRASE_CHARACTERS;
use crate::api::{PassphraseStrength, StrengthLevel};

/// Below it no vault is made: with 600,000 rounds for each guess one graphics card is through in hours.
const REFUSED_BELOW_BITS: u32 = 28;
const WEAK_BELOW_BITS: u32 = 45;
const FAIR_BELOW_BITS: u32 = 64;

/// One word of a dictionary of 32,000, as people choose words.
const WORD_BITS: u32 = 15;
/// One of [`COMMON`], in any spelling.
const COMMON_BITS: u32 = 8;
const YEAR_BITS: u32 = 6;
/// "abcd", "4321", "aaaa", or what was there before.
const PATTERN_BITS: u32 = 3;

/// What stands at the top of lists of leaked passwords, without digits and signs, and words that
/// come to mind in front of this very field.
const COMMON: &str = "\
    abc account admin administrator amanda andrea andrew angel anthony april asdf asdfgh ashley \
    august autumn azerty baby babygirl bailey barcelona baseball basketball batman berlin blink \
    buster butterfly calendar changeme charlie chelsea chocolate computer cookie daniel december \
    default dragon february flower football freedom friday friends fuckyou geheim george ginger \
    google guest hallo hannah harley hello herbst hunter iloveyou internet jasmine jennifer \
    jessica jesus jordan joshua january july june killer kitten letmein liverpool login london \
    love lovely loveyou maggie march martin master matrix matthew merlin michael michelle monday \
    monkey mother mustang mypassword naruto nicole november october orange pass passphrase passw \
    passwd password passwort pepper pokemon princess purple qazwsx qwert qwerty qwertyui \
    qwertyuiop qwertz qwertzuiop robert root schatz secret september shadow soccer sommer sotto \
    spring starwars summer sunday sunshine superman taylor test thomas thunder tigger trustno \
    user welcome whatever willkommen winter zaq zxcvbn zxcvbnm";

const ROWS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "012345678901234567890",
];

/// Estimates how hard it is to guess.
#[must_use]
pub fn measure(passphrase: &str) -> PassphraseStrength {
    let length = passphrase.chars().count();
    let missing = MIN_PASSPHRASE_CHARACTERS.saturating_sub(length);
    let (level, advice) = if length == 0 {
        let advice = format!(
            "At least {MIN_PASSPHRASE_CHARACTERS} characters. A few unrelated words are easy to keep in mind."
        );
        (StrengthLevel::Refused, advice)
    } else if missing > 0 {
        let characters = if missing == 1 {
            "character"
        } else {
            "characters"
        };
        (
            StrengthLevel::Refused,
            format!("{missing} more {characters}."),
        )
    } else {
        let (level, advice) = match bits(passphrase) {
            0..REFUSED_BELOW_BITS => (
                StrengthLevel::Refused,
                "Among the first to be tried. Use three or four unrelated words.",
            ),
            REFUSED_BELOW_BITS..WEAK_BELOW_BITS => (
                StrengthLevel::Weak,
                "Easy to guess for whoever gets hold of this device. Another word or two would help.",
            ),
            WEAK_BELOW_BITS..FAIR_BELOW_BITS => (
                StrengthLevel::Fair,
                "Good enough. One more word makes it strong.",
            ),
            FAIR_BELOW_BITS.. => (StrengthLevel::Strong, "Strong."),
        };
        (level, advice.to_owned())
    };
    PassphraseStrength { level, advice }
}

fn bits(passphrase: &str) -> u32 {
    let lower = Zeroizing::new(passphrase.to_lowercase());
    if is_common(&plain(&lower)) || is_common(&lower) {
        return COMMON_BITS;
    }
    let mut seen = HashSet::new();
    let parts = parts(passphrase).zip(parts(&lower)).map(|(part, lower)| {
        let bits = part_bits(part, lower);
        if seen.insert(lower) {
            bits
        } else {
            bits.min(PATTERN_BITS)
        }
    });
    parts.fold(0, u32::saturating_add)
}

/// "p4$$w0rd1!" → "password": other signs for letters, and what is hung on at the end.
fn plain(lower: &str) -> Zeroizing<String> {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        c => c,
    };
    let core = lower.trim_matches(|c: char| !c.is_alphabetic() && !matches!(c, '@' | '$'));
    let mut plain = Zeroizing::new(String::with_capacity(core.len()));
    plain.extend(core.chars().map(letter));
    plain
}

fn is_common(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphabetic());
    COMMON.split(' ').any(|common| common == word)
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Letters,
    Digits,
    Blank,
    Signs,
}

fn kind(c: char) -> Kind {
    if c.is_alphabetic() {
        Kind::Letters
    } else if c.is_numeric() {
        Kind::Digits
    } else if c.is_whitespace() {
        Kind::Blank
    } else {
        Kind::Signs
    }
}

/// Runs of characters of one kind.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = kind(rest.chars().next()?);
        let end = rest.find(|c| kind(c) != first).unwrap_or(rest.len());
        let (part, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(part)
    })
}

/// Of a run of one kind, as it is and in small letters.
fn part_bits(part: &str, lower: &str) -> u32 {
    let length = count(lower.chars().count());
    let distinct = count(lower.chars().collect::<HashSet<_>>().len());
    match lower.chars().next().map(kind) {
        None => 0,
        Some(Kind::Blank) => 1,
        Some(_) if length >= 3 && (is_row(lower) || distinct <= length / 3) => PATTERN_BITS,
        Some(Kind::Letters) if is_common(lower) => COMMON_BITS,
        Some(Kind::Letters) if is_word(part) => WORD_BITS
            .saturating_add(distinct.saturating_sub(6))
            .min(distinct * 5),
        Some(Kind::Digits) if is_year(lower) => YEAR_BITS,
        Some(Kind::Digits) => distinct * 10 / 3,
        Some(Kind::Letters | Kind::Signs) => distinct * 5,
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Something that may stand in a dictionary: with a vowel, and no capital letter inside.
fn is_word(part: &str) -> bool {
    let capitals = part.chars().skip(1).filter(|c| c.is_uppercase()).count();
    let all_capitals = part.chars().all(char::is_uppercase);
    let vowel = |c: char| !c.is_ascii() || "aeiouyAEIOUY".contains(c);
    part.chars().count() >= 3 && (capitals == 0 || all_capitals) && part.chars().any(vowel)
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

/// A stretch of the alphabet or of a keyboard, forwards or backwards.
fn is_row(lower: &str) -> bool {
    ROWS.iter()
        .any(|row| row.contains(lower) || row.chars().rev().collect::<String>().contains(lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(passphrase: &str) -> StrengthLevel {
        measure(passphrase).level
    }

    #[test]
    fn it_counts_what_is_missing() {
        assert!(measure("").advice.starts_with("At least 8 characters."));
        assert_eq!(measure("short").advice, "3 more characters.");
        assert_eq!(measure("seven77").advice, "1 more character.");
        assert_eq!(level("Xk7#pQ2"), StrengthLevel::Refused);
    }

    #[test]
    fn what_everybody_tries_first_is_refused_however_it_is_dressed_up() {
        for passphrase in [
            "password",
            "Password1",
            "P4$$w0rd",
            "p@ssw0rd123!",
            "passwort2024",
            "12345678",
            "123456789012345678",
            "87654321",
            "aaaaaaaaaaaaaaaa",
            "abababababab",
            "qwertyuiop",
            "qwertz123",
            "iloveyou!",
            "abcdefgh",
            "Summer2026!",
            "sunshine12",
            "20261121",
            "letmein1",
            "sottosotto",
            "chocolate",
            "elephant",
            "trustno1",
            "password password",
            "admin admin",
            "11111111 1111",
        ] {
            assert_eq!(level(passphrase), StrengthLevel::Refused, "{passphrase}");
        }
    }

    #[test]
    fn two_words_are_weak_and_more_of_them_strong() {
        assert_eq!(level("lantern gravel"), StrengthLevel::Weak);
        assert_eq!(level("lantern gravel otter"), StrengthLevel::Fair);
        assert_eq!(
            level("lantern gravel seven otters tide"),
            StrengthLevel::Strong
        );
        assert_eq!(level("lantern lantern lantern"), StrengthLevel::Refused);
    }

    #[test]
    fn what_a_generator_makes_is_strong() {
        for passphrase in ["Xk7#pQ2!vR9$mL4&", "hT4kzQ9wPm2xVb7c"] {
            assert_eq!(level(passphrase), StrengthLevel::Strong, "{passphrase}");
        }
        assert_ne!(level("qkzvbwpx"), StrengthLevel::Refused);
        assert_ne!(level("東京 京都 大阪 神戸"), StrengthLevel::Refused);
    }
}
