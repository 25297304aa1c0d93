//! Text as words, numbers and marks, and a cursor that reads them.

use std::ops::Range;

use super::fold::{fold, is_accent, is_apostrophe, is_invisible, lower};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, with apostrophes inside.
    Word,
    /// ASCII digits.
    Number,
    /// One character that is neither.
    Mark(char),
    /// What stands between quotation marks.
    Quote,
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// In lower case, accents kept.
    pub(super) lower: String,
    /// In lower case, without accents.
    pub(super) folded: String,
    /// Whether it begins with a capital.
    pub(super) capital: bool,
    /// Whether nothing separates it from the one before.
    pub(super) glued: bool,
    /// Where it is in the text, in bytes, quotation marks included.
    pub(super) start: usize,
    pub(super) end: usize,
}

fn is_letter(c: char) -> bool {
    (c.is_alphanumeric() && !c.is_ascii_digit()) || is_accent(c)
}

fn closes(open: char, c: char) -> bool {
    match open {
        '"' => matches!(c, '"' | '”' | '“'),
        '“' => matches!(c, '”' | '"'),
        '„' => matches!(c, '“' | '”' | '"'),
        '«' => c == '»',
        _ => false,
    }
}

/// Splits a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.char_indices().peekable();
    let mut glued = false;
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() || is_invisible(c) {
            glued &= !c.is_whitespace();
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut kind = Kind::Mark(c);
        if c.is_ascii_digit() {
            kind = Kind::Number;
            while let Some((at, d)) = rest.next_if(|(_, d)| d.is_ascii_digit()) {
                end = at + d.len_utf8();
            }
        } else if is_letter(c) {
            kind = Kind::Word;
            loop {
                let mut ahead = rest.clone();
                let part = match (ahead.next(), ahead.next()) {
                    (Some((_, l)), _) if is_letter(l) => true,
                    (Some((_, i)), Some((_, l))) if !i.is_whitespace() && is_letter(l) => {
                        is_apostrophe(i) || is_invisible(i)
                    }
                    _ => false,
                };
                match rest.next_if(|_| part) {
                    Some((at, l)) => end = at + l.len_utf8(),
                    None => break,
                }
            }
        } else if let Some((at, q)) = rest.clone().find(|(_, q)| closes(c, *q)) {
            kind = Kind::Quote;
            end = at + q.len_utf8();
            while rest.next_if(|(next, _)| *next < end).is_some() {}
        }
        let piece = text.get(start..end).unwrap_or_default();
        tokens.push(Token {
            kind,
            lower: lower(piece),
            folded: fold(piece),
            capital: c.is_uppercase(),
            glued: glued && !tokens.is_empty(),
            start,
            end,
        });
        glued = true;
    }
    tokens
}

/// A place in a text that was split; copied to try something, moved when it worked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning.
    pub(super) fn new(source: &'a str, tokens: &'a [Token]) -> Self {
        let at = 0;
        Self { source, tokens, at }
    }

    /// How many tokens were passed.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The same text, somewhere else.
    #[must_use]
    pub(super) fn moved_to(mut self, position: usize) -> Self {
        self.at = position.min(self.tokens.len());
        self
    }

    /// Whether nothing is left.
    pub(super) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// The token so many places ahead.
    pub(super) fn ahead(&self, places: usize) -> Option<&'a Token> {
        self.tokens.get(self.at.checked_add(places)?)
    }

    /// The token before.
    pub(super) fn before(&self) -> Option<&'a Token> {
        self.tokens.get(self.at.checked_sub(1)?)
    }

    /// The next token, passing it.
    pub(super) fn next(&mut self) -> Option<&'a Token> {
        let token = self.ahead(0)?;
        self.at += 1;
        Some(token)
    }

    /// The text from here up to another place.
    pub(super) fn source_to(&self, to: &Self) -> &'a str {
        let (Some(first), Some(last)) = (self.ahead(0), to.before()) else {
            return "";
        };
        self.source.get(first.start..last.end).unwrap_or_default()
    }

    /// Where the text from here up to another place is, in bytes.
    pub(super) fn range_to(&self, to: &Self) -> Range<usize> {
        match (self.ahead(0), to.before()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// All of the text.
    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// Runs a grammar and moves only when it succeeds.
    pub(super) fn attempt<T>(&mut self, grammar: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut copy = *self;
        let value = grammar(&mut copy)?;
        *self = copy;
        Some(value)
    }

    fn next_if(&mut self, wanted: impl FnOnce(&Token) -> bool) -> Option<&'a Token> {
        self.attempt(|c| c.next().filter(|token| wanted(token)))
    }

    /// The next word, folded, whichever it is.
    pub(super) fn any_word(&mut self) -> Option<&'a str> {
        let token = self.next_if(|token| token.kind == Kind::Word)?;
        Some(token.folded.as_str())
    }

    /// Passes one of these words.
    pub(super) fn word(&mut self, words: &[&str]) -> Option<()> {
        self.attempt(|c| words.contains(&c.any_word()?).then_some(()))
    }

    /// Passes these words, which may be separated by spaces (or a hyphen within the text).
    pub(super) fn phrase(&mut self, phrase: &str) -> Option<()> {
        self.attempt(|c| {
            for (index, word) in phrase.split(' ').enumerate() {
                if index > 0 {
                    c.mark(&['-', '\u{2010}', '\u{2011}']);
                }
                c.word(&[word])?;
            }
            Some(())
        })
    }

    /// Passes the first of these phrases that is there.
    pub(super) fn one_of(&mut self, phrases: &[&str]) -> Option<()> {
        phrases.iter().find_map(|phrase| self.phrase(phrase))
    }

    /// Passes one of these marks.
    pub(super) fn mark(&mut self, marks: &[char]) -> Option<char> {
        let token =
            self.next_if(|token| matches!(token.kind, Kind::Mark(mark) if marks.contains(&mark)))?;
        match token.kind {
            Kind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    /// Passes a number: its value (saturating) and how many digits it was written with.
    pub(super) fn number(&mut self) -> Option<(u32, usize)> {
        let token = self.next_if(|token| token.kind == Kind::Number)?;
        let value = token.folded.parse().unwrap_or(u32::MAX);
        Some((value, token.folded.len()))
    }

    /// What stands between the quotation marks here.
    pub(super) fn quoted(&self) -> Option<&'a str> {
        let token = self.ahead(0).filter(|token| token.kind == Kind::Quote)?;
        let text = self.source.get(token.start..token.end)?;
        Some(text.trim_matches(|mark| "\"“”„«»".contains(mark)))
    }

    /// Whether the next token touches the one before.
    pub(super) fn glued(&self) -> Option<()> {
        self.ahead(0).filter(|token| token.glued).map(|_| ())
    }

    /// Whether a grammar would succeed here.
    pub(super) fn sees<T>(&self, grammar: impl FnOnce(&mut Self) -> Option<T>) -> bool {
        let mut copy = *self;
        grammar(&mut copy).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|t| t.folded).collect()
    }

    #[test]
    fn words_numbers_and_marks_part() {
        assert_eq!(
            pieces("1h30m, at 14:30"),
            ["1", "h", "30", "m", ",", "at", "14", ":", "30"]
        );
        assert_eq!(pieces("O’Brien-Müller's"), ["o'brien", "-", "muller's"]);
        assert_eq!(pieces("w/ Zoë"), ["w", "/", "zoe"]);
    }

    #[test]
    fn a_quotation_is_one_token_when_it_is_closed() {
        let text = "with Robin “the big plan” now";
        let all = tokens(text);
        assert_eq!(all[2].kind, Kind::Quote);
        assert_eq!(&text[all[2].start..all[2].end], "“the big plan”");
        assert_eq!(tokens("5\" pipe")[1].kind, Kind::Mark('"'));
    }

    #[test]
    fn glue_is_remembered() {
        let all = tokens("3rd 4 th");
        let glued: Vec<bool> = all.iter().map(|t| t.glued).collect();
        assert_eq!(glued, [false, true, false, false]);
    }

    #[test]
    fn a_failed_attempt_does_not_move() {
        let (text, all) = ("one two", tokens("one two"));
        let mut cursor = Cursor::new(text, &all);
        assert!(cursor.phrase("one three").is_none());
        assert_eq!(cursor.position(), 0);
        assert!(cursor.phrase("one two").is_some());
        assert!(cursor.is_done());
    }
}
