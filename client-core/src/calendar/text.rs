//! Which letters the bytes of a calendar file are.
//!
//! RFC 5545 says UTF-8. Old Outlook writes the Windows code page, some exports UTF-16, and some
//! programs fold a line in the middle of a letter. A guess is never silent: [`CalendarText`] says
//! how the file was read.

use std::borrow::Cow;

use crate::api::{CalendarText, TextEncoding};

/// Windows-1252 from 0x80 to 0x9F (<https://encoding.spec.whatwg.org/index-windows-1252.txt>); the
/// rest is Latin-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Reads bytes as text: UTF-16 where they begin with its byte order mark, else UTF-8, else
/// Windows-1252, which fits anything.
///
/// ```
/// use sotto_client_core::{api::TextEncoding, calendar::text::decode};
///
/// assert_eq!(decode("Dîner".as_bytes()).encoding, TextEncoding::Utf8);
/// let old = decode(b"D\xEEner");
/// assert_eq!((old.ics.as_str(), old.encoding), ("Dîner", TextEncoding::Windows1252));
/// ```
#[must_use]
pub fn decode(bytes: &[u8]) -> CalendarText {
    let (ics, encoding) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (utf16(rest, u16::from_le_bytes), TextEncoding::Utf16),
        [0xFE, 0xFF, rest @ ..] => (utf16(rest, u16::from_be_bytes), TextEncoding::Utf16),
        _ => match utf8(bytes) {
            Some(text) => (text.into_owned(), TextEncoding::Utf8),
            None => (windows_1252(bytes), TextEncoding::Windows1252),
        },
    };
    CalendarText { ics, encoding }
}

fn utf8(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(Cow::Borrowed(text));
    }
    // A fold may stand inside a letter (RFC 5545 3.1), and is undone before the letters are read.
    String::from_utf8(unfolded(bytes)).ok().map(Cow::Owned)
}

fn unfolded(mut bytes: &[u8]) -> Vec<u8> {
    let mut unfolded = Vec::with_capacity(bytes.len());
    loop {
        bytes = match bytes {
            [b'\r', b'\n', b' ' | b'\t', rest @ ..] | [b'\n', b' ' | b'\t', rest @ ..] => rest,
            [byte, rest @ ..] => {
                unfolded.push(*byte);
                rest
            }
            [] => return unfolded,
        };
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks(2).map(|pair| match *pair {
        [first, second] => unit([first, second]),
        // Half a unit at the end of a file that was cut off.
        _ => u16::from(b'?'),
    });
    char::decode_utf16(units)
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn windows_1252(bytes: &[u8]) -> String {
    let letter = |byte: &u8| {
        let special = byte.checked_sub(0x80).map(usize::from);
        let special = special.and_then(|at| WINDOWS_1252.get(at));
        special.copied().unwrap_or(char::from(*byte))
    };
    bytes.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, TextEncoding) {
        let CalendarText { ics, encoding } = decode(bytes);
        (ics, encoding)
    }

    #[test]
    fn utf8_is_taken_as_it_is() {
        let text = "SUMMARY:Dîner à 20 €, 東京\r\n one line\r\n";
        assert_eq!(read(text.as_bytes()), (text.to_owned(), TextEncoding::Utf8));
    }

    #[test]
    fn a_letter_that_a_fold_cut_in_two_is_whole_again() {
        let cut = b"SUMMARY:D\xC3\r\n \xAEner\r\nLOCATION:caf\xC3\n\t\xA9\r\n";
        let whole = "SUMMARY:Dîner\r\nLOCATION:café\r\n";
        assert_eq!(read(cut), (whole.to_owned(), TextEncoding::Utf8));
    }

    #[test]
    fn what_is_no_utf8_is_windows_1252() {
        let (text, encoding) = read(b"SUMMARY:D\xEEner \x96 20 \x80, \x84Fr\xFChst\xFCck\x93\r\n");
        assert_eq!(text, "SUMMARY:Dîner – 20 €, „Frühstück“\r\n");
        assert_eq!(encoding, TextEncoding::Windows1252);
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(windows_1252(&all).chars().count(), 256);
    }

    #[test]
    fn utf16_is_known_by_its_mark() {
        let text = "BEGIN:VCALENDAR\r\nSUMMARY:Dîner 🎈\r\n";
        for (mark, bytes) in [
            ([0xFF, 0xFE], u16::to_le_bytes as fn(u16) -> [u8; 2]),
            ([0xFE, 0xFF], u16::to_be_bytes),
        ] {
            let units = text.encode_utf16().flat_map(bytes);
            let file: Vec<u8> = mark.into_iter().chain(units).collect();
            assert_eq!(read(&file), (text.to_owned(), TextEncoding::Utf16));
            assert!(read(file.split_last().unwrap().1).0.ends_with("\r?"));
        }
    }

    #[test]
    fn a_calendar_of_old_outlook_comes_out_with_its_letters() {
        let file = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:D\xEEner\r\n\
            DTSTART:20261201T190000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let home = jiff::tz::TimeZone::UTC;
        let calendar = super::super::ics::parse(&decode(file).ics, &home).unwrap();
        assert_eq!(calendar.events[0].title, "Dîner");
    }

    #[test]
    fn what_is_no_text_is_still_refused_as_such() {
        use super::super::ics::{IcsError, parse};
        let home = jiff::tz::TimeZone::UTC;
        let binary = include_bytes!("../../tests/data/calendars/damaged/binary.ics");
        let zip = include_bytes!("../../tests/data/calendars/damaged/zip.ics");
        assert_eq!(parse(&decode(binary).ics, &home), Err(IcsError::Binary));
        assert_eq!(parse(&decode(zip).ics, &home), Err(IcsError::Zip));
    }
}
