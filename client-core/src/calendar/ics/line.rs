//! Content lines (RFC 5545 3.1).

use std::borrow::Cow;

/// A line as it was before folding, with the number of its first part.
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) text: Cow<'a, str>,
}

/// Undoes the folding; knows CRLF, LF and CR.
pub(super) fn unfolded(text: &str) -> impl Iterator<Item = Line<'_>> {
    let text = text.trim_start_matches('\u{feff}');
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let mut rest = text
        .split(end)
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .zip(1..)
        .peekable();
    std::iter::from_fn(move || {
        let (first, number) = rest.next()?;
        let mut text = Cow::Borrowed(first);
        while let Some((folded, _)) = rest.next_if(|(next, _)| next.starts_with([' ', '\t'])) {
            text.to_mut().push_str(folded.get(1..).unwrap_or_default());
        }
        Some(Line { number, text })
    })
}

/// One property: name, parameters, value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    /// In capitals.
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Property {
    /// `None` for a line of another form.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (name, mut rest) = line.split_at_checked(line.find([';', ':'])?)?;
        let named = |name: &str| {
            let name = name.trim();
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            (!name.is_empty() && name.chars().all(plain)).then(|| name.to_ascii_uppercase())
        };
        let name = named(name)?;
        let mut parameters = Vec::new();
        while let Some(parameter) = rest.strip_prefix(';') {
            let (key, value) = parameter.split_at_checked(parameter.find(['=', ';', ':'])?)?;
            let key = named(key)?;
            let value = value.strip_prefix('=').unwrap_or(value);
            let end = unquoted_end(value)?;
            let (value, tail) = value.split_at_checked(end)?;
            parameters.push((key, value.replace('"', "").trim().to_owned()));
            rest = tail;
        }
        let value = rest.strip_prefix(':')?.to_owned();
        Some(Self {
            name,
            parameters,
            value,
        })
    }

    /// The value of a parameter, without quotes.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Where the first semicolon or colon outside quotes is.
fn unquoted_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    let ends = |(_, char): &(usize, char)| {
        quoted ^= *char == '"';
        !quoted && matches!(char, ';' | ':')
    };
    text.char_indices().find(ends).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_are_joined() {
        let texts = |text| {
            unfolded(text)
                .map(|l| (l.number, l.text.into_owned()))
                .collect::<Vec<_>>()
        };
        let expected = [(1, "SUMMARY:Tea and".to_owned()), (4, "X:1".to_owned())];
        assert_eq!(texts("\u{feff}SUMMARY:Tea\r\n  a\r\n\tnd\r\nX:1"), expected);
        assert_eq!(texts("SUMMARY:Tea\r  a\r nd\rX:1"), expected);
    }

    #[test]
    fn properties() {
        let property =
            Property::read(r#"dtstart;TZID="(UTC+01:00) Berlin; Rome";X:2026:1"#).unwrap();
        assert_eq!(property.name, "DTSTART");
        assert_eq!(property.parameter("TZID"), Some("(UTC+01:00) Berlin; Rome"));
        assert_eq!(property.parameter("X"), Some(""));
        assert_eq!(property.value, "2026:1");
        for wrong in ["", "no value", ":x", "A;B", "A;=1", "A;TZID=\"x:1", "é:1"] {
            assert_eq!(Property::read(wrong), None, "{wrong}");
        }
    }
}
