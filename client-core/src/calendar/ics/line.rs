//! Content lines (RFC 5545 3.1).

use std::borrow::Cow;

use ical::tree::{
    line::IcalLine,
    param::{range::RANGE, tzid::TZID},
};

/// The longest line that is taken apart: sixty thousand dates. A pasted picture can be longer, and
/// is not read; a line of nothing but semicolons would take a hundred times its length.
const MAX_LINE_BYTES: usize = 1 << 20;

const MAX_NAME_BYTES: usize = 64;

/// One property: name, value, and the parameters that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    /// In capitals.
    pub(super) name: String,
    /// TZID.
    pub(super) zone: Option<String>,
    /// RANGE.
    pub(super) range: Option<String>,
    /// As it is written.
    pub(super) value: String,
}

impl Property {
    /// Its name and a value that no property can have: an event that needs it is left out by name.
    fn too_long(line: &[u8]) -> Option<Self> {
        let name = line.split(|byte| matches!(byte, b';' | b':')).next()?;
        let name = str::from_utf8(name.get(..MAX_NAME_BYTES.min(name.len()))?).ok()?;
        Some(Self {
            name: name.trim().to_ascii_uppercase(),
            zone: None,
            range: None,
            value: "…".to_owned(),
        })
    }
}

impl From<&IcalLine<'_>> for Property {
    fn from(line: &IcalLine<'_>) -> Self {
        Self {
            name: line.name.get().trim().to_ascii_uppercase(),
            zone: line.param::<TZID>().map(|zone| zone.trim().to_owned()),
            range: line.param::<RANGE>().map(Cow::into_owned),
            value: line.raw_value_str().into_owned(),
        }
    }
}

/// The lines of a text that are not blank, with the number of the first of each that were folded;
/// `None` for one that is no property.
pub(super) struct Lines<'a> {
    rest: Cow<'a, [u8]>,
    at: usize,
    number: usize,
}

impl<'a> Lines<'a> {
    /// Knows CRLF, LF and CR.
    pub(super) fn of(text: &'a str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        Self {
            rest: match text.contains('\n') {
                true => Cow::Borrowed(text.as_bytes()),
                false => Cow::Owned(text.replace('\r', "\n").into_bytes()),
            },
            at: 0,
            number: 1,
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = (usize, Option<Property>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.get(self.at..)?;
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        let (blank, rest) = rest.split_at_checked(blank.count())?;
        if rest.is_empty() {
            return None;
        }
        let number = self.number + line_breaks(blank);
        let (line, _) = rest.split_at_checked(folded_end(rest))?;
        let property = if line.len() > MAX_LINE_BYTES {
            Property::too_long(line)
        } else {
            let read = IcalLine::take(line).ok();
            read.map(|(line, _)| Property::from(&line))
        };
        self.number = number + line_breaks(line);
        self.at += blank.len() + line.len();
        Some((number, property))
    }
}

/// Where a line ends, with what was folded. The crate finds that too, but goes over all folds
/// again for each, in a line that is no property.
fn folded_end(text: &[u8]) -> usize {
    let mut rest = text;
    loop {
        (_, rest) = IcalLine::take_physical(rest);
        if !rest.starts_with(b" ") && !rest.starts_with(b"\t") {
            return text.len() - rest.len();
        }
    }
}

fn line_breaks(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn property(line: &str) -> Option<Property> {
        Lines::of(line).next()?.1
    }

    #[test]
    fn folded_lines_are_joined() {
        let texts = |text| {
            Lines::of(text)
                .map(|(number, property)| (number, property.unwrap()))
                .map(|(number, property)| (number, format!("{}:{}", property.name, property.value)))
                .collect::<Vec<_>>()
        };
        let expected = [(1, "SUMMARY:Tea and".to_owned()), (4, "X:1".to_owned())];
        assert_eq!(texts("\u{feff}SUMMARY:Tea\r\n  a\r\n\tnd\r\nX:1"), expected);
        assert_eq!(texts("SUMMARY:Tea\r  a\r nd\rX:1"), expected);
        assert_eq!(texts("\n\r\n\nX:1"), [(4, "X:1".to_owned())]);
    }

    #[test]
    fn properties() {
        let found = property(r#"dtstart;TZID="(UTC+01:00) Berlin; Rome";X:2026:1"#).unwrap();
        assert_eq!(found.name, "DTSTART");
        assert_eq!(found.zone.as_deref(), Some("(UTC+01:00) Berlin; Rome"));
        assert_eq!(found.range, None);
        assert_eq!(found.value, "2026:1");
        for wrong in ["no value", "A;B"] {
            assert_eq!(Lines::of(wrong).next(), Some((1, None)), "{wrong}");
        }
        assert_eq!(Lines::of(" \n").next(), None);
    }

    /// The crate's own reader of whole files takes hours for the second of these.
    #[test]
    fn no_text_takes_more_than_its_length() {
        for (line, count) in [
            ("\n", 1_000_000),
            (" x\n", 1_000_000),
            ("x\n", 1_000_000),
            ("A;ENCODING=QUOTED-PRINTABLE:=\n", 100_000),
            (";", 10_000_000),
            ("A:\"\n", 1_000_000),
        ] {
            let text = format!("x\n{}", line.repeat(count));
            let before = Instant::now();
            Lines::of(&text).for_each(drop);
            let took = before.elapsed();
            assert!(took < Duration::from_secs(20), "{line:?}: {took:?}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_keeps_its_name() {
        let long = format!("exdate;X={}:20261201", ",".repeat(MAX_LINE_BYTES));
        let found = property(&long).unwrap();
        assert_eq!((found.name.as_str(), found.value.as_str()), ("EXDATE", "…"));
        assert_eq!(
            property(&"x".repeat(MAX_LINE_BYTES + 1))
                .unwrap()
                .name
                .len(),
            64
        );
    }
}
