//! Messages that have one reading, and texts that are none.

use super::*;
use crate::message::AgentMessage;

/// A message of which everything is as it should be.
const QUERY: &str = r#"{"v":2,"id":"01010101010101010101010101010101","conversation":"abababababababababababababababab","sent_at":"2026-11-21T10:00:00Z","type":"QUERY","body":{"title":"Garden","duration_minutes":30,"windows":[{"start":"2026-12-01T00:00:00Z","end":"2026-12-02T00:00:00Z"}],"time_zone":"Europe/Berlin","expires_at":"2026-11-24T10:00:00Z"}}"#;

/// What may be written otherwise, and still says something: a name for it, a part of the message, and
/// what stands in its place.
const TAKEN: &[(&str, &str, &str)] = &[
    ("as it is", "", ""),
    ("white space", r#","id""#, " ,\r\n\t\"id\""),
    ("white space around it", r#"{"v":2"#, "\n {\"v\":2"),
    (
        "an unknown member beside the body",
        r#"{"v""#,
        r#"{"later":[{"x":1},true,9007199254740991],"v""#,
    ),
    (
        "a name that only looks like one",
        r#"{"v""#,
        r#"{"V":3,"v""#,
    ),
    (
        "escapes in a string",
        "Garden",
        r"G\u0061rden \ud83c\udf31 \/",
    ),
    ("escapes in a name", r#""id""#, r#""\u0069d""#),
    ("an empty text", "Garden", ""),
    ("a character above U+FFFF", "Garden", "\u{1f331}"),
    ("a noncharacter", "Garden", "\u{ffff}"),
    ("a line separator", "Garden", "\u{2028}"),
    (
        "a fraction of a second",
        "10:00:00Z\",\"type",
        "10:00:00.25Z\",\"type",
    ),
    (
        "a nanosecond",
        "10:00:00Z\",\"type",
        "10:00:00.000000001Z\",\"type",
    ),
    (
        "the first instant",
        "2026-11-21T10:00:00Z",
        "1970-01-01T00:00:00Z",
    ),
    (
        "the last instant",
        "2026-11-21T10:00:00Z",
        "9998-12-31T23:59:59.999999999Z",
    ),
    ("a leap day", "2026-11-21T10:00:00Z", "2028-02-29T10:00:00Z"),
    (
        "no conversation",
        r#""conversation":"abababababababababababababababab","#,
        "",
    ),
    (
        "a message that it answers",
        r#""sent_at""#,
        r#""in_reply_to":"02020202020202020202020202020202","sent_at""#,
    ),
];

/// What is not taken.
const REFUSED: &[(&str, &str, &str)] = &[
    ("a byte order mark", r#"{"v":2"#, "\u{feff}{\"v\":2"),
    ("something after it", "Z\"}}", "Z\"}}0"),
    ("other white space after it", "Z\"}}", "Z\"}}\u{a0}"),
    ("a comma too many", "Z\"}}", "Z\"},}"),
    ("a member twice", r#""v":2"#, r#""v":2,"v":2"#),
    (
        "a member twice, once with escapes",
        r#""v":2"#,
        r#""v":2,"\u0076":2"#,
    ),
    (
        "an unknown member twice",
        r#""v":2"#,
        r#""v":2,"later":1,"later":1"#,
    ),
    (
        "a member twice in an unknown one",
        r#""v":2"#,
        r#""v":2,"later":[{"x":1,"x":1}]"#,
    ),
    (
        "a member twice in the body",
        r#""title":"Garden""#,
        r#""title":"Garden","title":"Garden""#,
    ),
    ("a name in capitals", r#""title""#, r#""Title""#),
    (
        "an unknown member in the body",
        r#""title""#,
        r#""later":1,"title""#,
    ),
    (
        "an unknown member in a span",
        r#"{"start""#,
        r#"{"later":1,"start""#,
    ),
    (
        "a member that is not there",
        r#","time_zone":"Europe/Berlin""#,
        "",
    ),
    (
        "null for absence",
        r#""sent_at""#,
        r#""in_reply_to":null,"sent_at""#,
    ),
    ("null in a member", r#""Garden""#, "null"),
    (
        "null in an unknown member",
        r#""v":2"#,
        r#""v":2,"later":[null]"#,
    ),
    ("a number as a text", r#""v":2"#, r#""v":"2""#),
    ("a fraction", r#""v":2"#, r#""v":2.0"#),
    ("an exponent", r#""v":2"#, r#""v":2e0"#),
    ("a leading zero", r#""v":2"#, r#""v":02"#),
    ("a sign", r#":30,"#, r#":-0,"#),
    ("a number that is too large", r#":30,"#, r#":4294967326,"#),
    (
        "a fraction in an unknown member",
        r#""v":2"#,
        r#""v":2,"later":0.5"#,
    ),
    (
        "a negative number in an unknown member",
        r#""v":2"#,
        r#""v":2,"later":-1"#,
    ),
    (
        "2^53 in an unknown member",
        r#""v":2"#,
        r#""v":2,"later":9007199254740992"#,
    ),
    ("half a surrogate pair", "Garden", r"\ud83c"),
    ("the other half", "Garden", r"\udf31"),
    (
        "half a surrogate pair in an unknown member",
        r#""v":2"#,
        r#""v":2,"later":"\ud83c""#,
    ),
    ("a control character as it is", "Garden", "Gar\nden"),
    ("a control character with an escape", "Garden", r"Gar\nden"),
    ("one above U+007F", "Garden", "Gar\u{85}den"),
    (
        "an array for an object",
        r#"{"start":"2026-12-01T00:00:00Z","end":"2026-12-02T00:00:00Z"}"#,
        r#"["2026-12-01T00:00:00Z","2026-12-02T00:00:00Z"]"#,
    ),
    (
        "an object for an array",
        r#"[{"start":"2026-12-01T00:00:00Z","end":"2026-12-02T00:00:00Z"}]"#,
        r#"{"start":"2026-12-01T00:00:00Z","end":"2026-12-02T00:00:00Z"}"#,
    ),
    ("a type by its number", r#""QUERY""#, "2"),
    ("a type in small letters", r#""QUERY""#, r#""query""#),
    ("another version", r#""v":2"#, r#""v":3"#),
    (
        "digits in capitals",
        "abababababababababababababababab",
        "ABABABABABABABABABABABABABABABAB",
    ),
    ("a digit too few", r#""abab"#, r#""aba"#),
    (
        "no spans",
        r#"{"start":"2026-12-01T00:00:00Z","end":"2026-12-02T00:00:00Z"}"#,
        "",
    ),
    (
        "an empty span",
        "2026-12-02T00:00:00Z",
        "2026-12-01T00:00:00Z",
    ),
    (
        "an offset",
        "2026-11-21T10:00:00Z",
        "2026-11-21T11:00:00+01:00",
    ),
    (
        "an offset of zero",
        "2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00+00:00",
    ),
    (
        "small letters in an instant",
        "2026-11-21T10:00:00Z",
        "2026-11-21t10:00:00z",
    ),
    (
        "a space in an instant",
        "2026-11-21T10:00:00Z",
        "2026-11-21 10:00:00Z",
    ),
    (
        "a time zone in brackets",
        "2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00Z[UTC]",
    ),
    ("no seconds", "2026-11-21T10:00:00Z", "2026-11-21T10:00Z"),
    (
        "a zero at the end of a fraction",
        "2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00.250Z",
    ),
    (
        "a fraction of nothing",
        "2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00.0Z",
    ),
    (
        "ten digits of a fraction",
        "2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00.0000000001Z",
    ),
    (
        "a comma for the point",
        "2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00,25Z",
    ),
    (
        "a leap second",
        "2026-11-21T10:00:00Z",
        "2016-12-31T23:59:60Z",
    ),
    (
        "the hour 24",
        "2026-11-21T10:00:00Z",
        "2026-11-21T24:00:00Z",
    ),
    (
        "a day that is none",
        "2026-11-21T10:00:00Z",
        "2026-02-29T10:00:00Z",
    ),
    (
        "before the first instant",
        "2026-11-21T10:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
    ),
    (
        "after the last instant",
        "2026-11-21T10:00:00Z",
        "9999-01-01T00:00:00Z",
    ),
];

pub(super) fn messages() -> File {
    let mut cases = Vec::new();
    for (expected, texts) in [(true, TAKEN), (false, REFUSED)] {
        for (name, part, instead) in texts {
            let text = QUERY.replacen(part, instead, 1);
            assert!(text != QUERY || *name == "as it is", "{name}");
            cases.push(case(
                name,
                text.as_bytes(),
                Fields::new().with("text", text.as_str()),
                expected,
            ));
        }
    }
    for (name, depth, expected) in [("nesting of 32", 31, true), ("nesting of 33", 32, false)] {
        let nested = format!(r#"{{"later":{}{},"#, "[".repeat(depth), "]".repeat(depth));
        let text = QUERY.replacen('{', &nested, 1);
        cases.push(case(
            name,
            text.as_bytes(),
            Fields::new().with("text", text.as_str()),
            expected,
        ));
    }
    for (name, title) in [
        ("a text of 200 characters", 200),
        ("a text of 201 characters", 201),
    ] {
        let text = QUERY.replacen("Garden", &"\u{1f331}".repeat(title), 1);
        let given = Fields::new().with("text", text.as_str());
        cases.push(case(name, text.as_bytes(), given, title == 200));
    }
    let at = QUERY.find("Garden").unwrap();
    for (name, bytes) in [
        ("a byte that is no UTF-8", b"\xff".as_slice()),
        ("a surrogate in UTF-8", b"\xed\xa0\xbc"),
        ("a longer encoding than need be", b"\xc1\xa1"),
        ("an encoding that is cut", b"\xf0\x9f\x8c"),
    ] {
        let text = [&QUERY.as_bytes()[..at], bytes, &QUERY.as_bytes()[at..]].concat();
        cases.push(case(
            name,
            &text,
            Fields::new().bytes("bytes", &text),
            false,
        ));
    }
    File {
        protocol: PROTOCOL,
        name: "messages",
        about: "Texts that are a message of agents, and texts that are none.",
        cases,
    }
}

fn case(name: &str, bytes: &[u8], given: Fields, expected: bool) -> Case {
    let taken = AgentMessage::from_bytes(bytes).is_ok();
    assert_eq!(taken, expected, "{name}");
    Case {
        name: name.to_owned(),
        given,
        result: Fields::new().with("taken", taken),
        ..Case::default()
    }
}
