//! Slips of the pen: what words that were not understood were probably meant to be.

use std::ops::Range;

/// A word that was not understood, and what it was probably meant to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// As it was written.
    pub said: String,
    /// What is nearly the same, and known.
    pub meant: String,
}

/// Where something else is to stand in a sentence, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Correction {
    pub(super) range: Range<usize>,
    pub(super) slip: Slip,
}

/// The sentence with what was meant in place of what was said.
pub(super) fn mended<'a>(
    sentence: &str,
    corrections: impl IntoIterator<Item = &'a Correction>,
) -> Option<String> {
    let mut corrections: Vec<&Correction> = corrections.into_iter().collect();
    corrections.sort_by_key(|correction| correction.range.start);
    let mut mended = String::with_capacity(sentence.len());
    let mut done = 0;
    for Correction { range, slip } in &corrections {
        mended += sentence.get(done..range.start)?;
        mended += &slip.meant;
        done = range.end;
    }
    mended += sentence.get(done..)?;
    (!corrections.is_empty()).then_some(mended)
}

/// "Did you mean “Tuesday”?", or each with what was said.
pub(super) fn question(slips: &[Slip]) -> Option<String> {
    let pairs: Vec<String> = slips
        .iter()
        .map(|Slip { said, meant }| format!("“{meant}” for “{said}”"))
        .collect();
    match (slips, pairs.split_last()) {
        ([], _) | (_, None) => None,
        ([only], _) => Some(format!("Did you mean “{}”?", only.meant)),
        (_, Some((last, rest))) => Some(format!("Did you mean {} and {last}?", rest.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(said: &str, meant: &str) -> Slip {
        let (said, meant) = (said.to_owned(), meant.to_owned());
        Slip { said, meant }
    }

    #[test]
    fn all_are_mended_in_their_places() {
        let sentence = "näxt tuesdy";
        let corrections = [
            Correction {
                range: 6..12,
                slip: slip("tuesdy", "Tuesday"),
            },
            Correction {
                range: 0..5,
                slip: slip("näxt", "next"),
            },
        ];
        assert_eq!(
            mended(sentence, &corrections).as_deref(),
            Some("next Tuesday")
        );
        assert_eq!(mended(sentence, []), None);
        // None of them is where it cannot be.
        let beyond = [&corrections[0], &corrections[0]];
        assert_eq!(mended(sentence, beyond), None);
    }

    #[test]
    fn one_is_asked_for_alone_and_several_each_with_what_was_said() {
        let all = [
            slip("tuesdy", "Tuesday"),
            slip("mornig", "morning"),
            slip("robbin", "Robin"),
        ];
        assert_eq!(question(&[]), None);
        assert_eq!(
            question(&all[..1]).as_deref(),
            Some("Did you mean “Tuesday”?")
        );
        assert_eq!(
            question(&all).as_deref(),
            Some(
                "Did you mean “Tuesday” for “tuesdy”, “morning” for “mornig” and “Robin” for “robbin”?"
            )
        );
    }
}
