//! JSON that others wrote, read in one way only.
//!
//! Readers of JSON differ: in which of two members of one name counts, in what stands for what,
//! in numbers. Where two programs read one message, a difference is an attack. So what comes from
//! outside is first read as it stands, under rules that leave nothing open; then as what it is to
//! be; and what that says is written again and has to stand there as it was written. The rules are
//! those of `docs/protocol.md`, "JSON".

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{
    Serialize,
    de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor},
};
use zeroize::Zeroizing;

use crate::record;

/// Deepest nesting of objects and arrays: what is said here has 6 at most.
pub(crate) const MAX_DEPTH: usize = 32;

/// Greatest number: every reader of JSON has it exactly.
pub(crate) const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Reads what another device or program wrote.
///
/// # Errors
///
/// It is no JSON under the rules, no `T`, or a `T` that is written otherwise.
pub(crate) fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let Reading {
        value,
        only_its_nulls,
    } = Reading::of(bytes)?;
    if !only_its_nulls {
        return Err(Error::custom(
            "expected null only where it says something, found another",
        ));
    }
    Ok(value)
}

/// Reads the little that texts of every version say, such as which it is, whatever the rest may mean.
///
/// # Errors
///
/// As for [`read`], but for what other members say.
pub(crate) fn peek<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    Reading::of(bytes).map(|reading| reading.value)
}

/// A value, and whether the text says null only where the value does.
struct Reading<T> {
    value: T,
    only_its_nulls: bool,
}

impl<T: Serialize + DeserializeOwned> Reading<T> {
    fn of(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let stands = Value::parse(bytes)?;
        let value: T = serde_json::from_slice(bytes)?;
        // It may hold keys.
        let again = Zeroizing::new(record::encode(&value));
        let says = Value::parse(&again)?;
        if !stands.holds(&says) {
            return Err(Error::custom(
                "expected each member in the one form that it has, found another",
            ));
        }
        Ok(Self {
            value,
            only_its_nulls: stands.nulls() == says.nulls(),
        })
    }
}

/// One value, as it stands in a text. Texts without escapes are not copied, as they may be keys.
enum Value<'a> {
    Null,
    Truth(bool),
    Number(u64),
    Text(Cow<'a, str>),
    Array(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

impl<'a> Value<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let value = Nested(0).deserialize(&mut json)?;
        json.end()?;
        Ok(value)
    }

    /// Whether all that the other says stands here, and in the same way.
    fn holds(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Self::Null, Value::Null) => true,
            (Self::Truth(here), Value::Truth(there)) => here == there,
            (Self::Number(here), Value::Number(there)) => here == there,
            (Self::Text(here), Value::Text(there)) => here == there,
            (Self::Array(here), Value::Array(there)) => {
                here.len() == there.len()
                    && here
                        .iter()
                        .zip(there)
                        .all(|(here, there)| here.holds(there))
            }
            (Self::Object(here), Value::Object(there)) => there
                .iter()
                .all(|(name, there)| here.get(name).is_some_and(|here| here.holds(there))),
            _ => false,
        }
    }

    fn nulls(&self) -> usize {
        match self {
            Self::Null => 1,
            Self::Truth(_) | Self::Number(_) | Self::Text(_) => 0,
            Self::Array(values) => values.iter().map(Self::nulls).sum(),
            Self::Object(members) => members.values().map(Self::nulls).sum(),
        }
    }
}

/// A value in so many others.
#[derive(Clone, Copy)]
struct Nested(usize);

impl Nested {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let Self(depth) = self;
        if depth == MAX_DEPTH {
            return Err(E::custom(format_args!(
                "expected at most {MAX_DEPTH} objects and arrays in each other, found more"
            )));
        }
        Ok(Self(depth + 1))
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "null, a truth value, a text, an array, an object, or a whole number from 0 to {MAX_NUMBER}"
        )
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Value::Truth(truth))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        if number > MAX_NUMBER {
            let found = serde::de::Unexpected::Unsigned(number);
            return Err(E::invalid_value(found, &self));
        }
        Ok(Value::Number(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let inside = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = array.next_element_seed(inside)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let inside = self.deeper()?;
        let mut members = BTreeMap::new();
        while let Some(name) = object.next_key::<String>()? {
            let value = object.next_value_seed(inside)?;
            if members.insert(name, value).is_some() {
                return Err(Error::custom("expected each member once, found one twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::span::Span;

    /// With what makes serde's own reading wide: members that are read before their type is known,
    /// an enum by its name, a member that may be absent, one that may be null.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    struct Letter {
        number: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        key: Option<String>,
        #[serde(flatten)]
        says: Says,
    }

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", content = "body", rename_all = "UPPERCASE")]
    enum Says {
        Nothing(Nothing),
        Times(Times),
    }

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Times {
        spans: Vec<Span>,
        mood: Mood,
    }

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mood {
        Good,
    }

    const NOTHING: &str = r#"{"number":7,"key":null,"type":"NOTHING","body":{}}"#;
    const TIMES: &str = r#"{"number":7,"key":"k","type":"TIMES","body":{"spans":[{"start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00.5Z"}],"mood":"good"}}"#;

    fn takes(text: &str) -> bool {
        takes_bytes(text.as_bytes())
    }

    fn takes_bytes(bytes: &[u8]) -> bool {
        read::<Letter>(bytes).is_ok()
    }

    #[test]
    fn what_is_written_is_read_in_any_order_with_members_that_nobody_knows() {
        assert!(takes(NOTHING) && takes(TIMES));
        let other = " {\"body\" : {},\r\n\t\"later\":{\"deep\":[1,\"x\",true]},\"type\":\"NOTHING\",\"key\":null,\"number\":7}\n";
        assert_eq!(
            read::<Letter>(other.as_bytes()).unwrap(),
            read::<Letter>(NOTHING.as_bytes()).unwrap()
        );
        // Escapes are the writer's to choose, in names as well.
        assert!(takes(&NOTHING.replace("NOTHING", r"NOTH\u0049NG")));
        assert!(takes(&NOTHING.replace("number", r"\u006eumber")));
        assert!(takes(
            &NOTHING.replace("7", r#"7,"note":"\ud83c\udf31 \/""#)
        ));
    }

    #[test]
    fn a_text_is_one_value_in_utf_8_and_nothing_else() {
        for refused in [
            "",
            "{",
            "[]",
            "7",
            "null",
            "{'number':7}",
            "{\"number\":7,}",
        ] {
            assert!(!takes(refused), "{refused}");
        }
        assert!(!takes(&format!("\u{feff}{NOTHING}")), "a byte order mark");
        assert!(!takes(&format!("{NOTHING}{NOTHING}")), "two values");
        assert!(!takes(&format!("{NOTHING}\0")), "a zero after it");
        assert!(!takes(&format!("{NOTHING}\u{a0}")), "other white space");
        for (at, _) in TIMES.match_indices(['k', 'T']) {
            let mut bytes = TIMES.as_bytes().to_vec();
            bytes[at] = 0xff;
            assert!(!takes_bytes(&bytes), "invalid UTF-8 at {at}");
        }
        let odd = NOTHING.replace("7", "7,\"later\":\"\u{7f}\"");
        assert!(takes(&odd), "{odd}");
        let mut bytes = odd.into_bytes();
        let at = bytes.iter().position(|byte| *byte == 0x7f).unwrap();
        bytes[at] = 0xff;
        assert!(
            !takes_bytes(&bytes),
            "invalid UTF-8 where nobody knows the member"
        );
    }

    #[test]
    fn half_a_surrogate_and_a_bare_control_character_are_no_text() {
        for text in [
            r"\ud83c",
            r"\udf31",
            r"\udf31\ud83c",
            r"\ud83c\n",
            "\n",
            "\0",
        ] {
            for member in ["note", "later"] {
                let letter = NOTHING.replace("7", &format!("7,\"{member}\":\"{text}\""));
                assert!(!takes(&letter), "{letter}");
            }
        }
    }

    #[test]
    fn a_member_that_stands_twice_is_refused_wherever_it_stands() {
        for twice in [
            r#""number":7"#,
            r#""number":8"#,
            r#""n\u0075mber":7"#,
            r#""later":1,"later":1"#,
            r#""later":[{"x":1,"x":1}]"#,
        ] {
            let letter = NOTHING.replace("\"number\":7", &format!("\"number\":7,{twice}"));
            assert!(!takes(&letter), "{letter}");
        }
        assert!(!takes(&TIMES.replace(
            "\"mood\":\"good\"",
            "\"mood\":\"good\",\"mood\":\"good\""
        )));
    }

    #[test]
    fn names_are_compared_to_the_letter() {
        for (name, other) in [("number", "Number"), ("key", "KEY"), ("spans", "Spans")] {
            assert!(!takes(&TIMES.replace(name, other)), "{other}");
        }
        // Another member than the one that it looks like.
        assert!(takes(&TIMES.replace("7", "7,\"NUMBER\":8")));
    }

    #[test]
    fn null_stands_only_where_it_says_something() {
        assert!(takes(NOTHING));
        for letter in [
            NOTHING.replace(r#""key":null,"#, ""),
            NOTHING.replace("7", "null"),
            NOTHING.replace("7", r#"7,"note":null"#),
            NOTHING.replace("7", r#"7,"later":null"#),
            NOTHING.replace("7", r#"7,"later":[null]"#),
            NOTHING.replace("{}", "null"),
            TIMES.replace(r#""good""#, "null"),
        ] {
            assert!(!takes(&letter), "{letter}");
        }
    }

    #[test]
    fn a_version_is_read_whatever_else_another_version_says() {
        #[derive(Debug, Serialize, Deserialize)]
        struct Versioned {
            v: u32,
        }
        let peeked = |text: &str| peek::<Versioned>(text.as_bytes()).map(|found| found.v);
        assert_eq!(peeked(r#"{"x":null,"v":3,"type":7}"#).unwrap(), 3);
        for refused in [
            "[3]",
            r#"{"v":3,"v":3}"#,
            r#"{"v":3.0}"#,
            r#"{"V":3}"#,
            r#"{"v":3}{}"#,
        ] {
            assert!(peeked(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn nothing_but_an_object_is_an_object() {
        for letter in [
            r#"[7,null,"NOTHING",{}]"#.to_owned(),
            NOTHING.replace("{}", "[]"),
            TIMES.replace(
                r#"{"start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:30:00.5Z"}"#,
                r#"["2026-12-01T09:00:00Z","2026-12-01T09:30:00.5Z"]"#,
            ),
            TIMES
                .replace(r#"{"spans":"#, "[")
                .replace(r#","mood":"good"}"#, r#","good"]"#),
            // Nor does a number or an object name what has a name.
            TIMES.replace(r#""good""#, r#"{"good":null}"#),
            NOTHING.replace(r#""NOTHING""#, "0"),
        ] {
            assert!(!takes(&letter), "{letter}");
        }
    }

    #[test]
    fn a_number_is_whole_and_has_no_sign() {
        for number in [
            "7.0",
            "7e0",
            "7E0",
            "70e-1",
            "-7",
            "-0",
            "07",
            "+7",
            "\"7\"",
            "4294967296",
            "1e400",
        ] {
            assert!(!takes(&NOTHING.replace("7", number)), "{number}");
        }
        let later = |number: &str| NOTHING.replace("7", &format!("7,\"later\":{number}"));
        for number in ["7.5", "-7", "-0", "1e400", "9007199254740992"] {
            assert!(!takes(&later(number)), "{number}");
        }
        assert!(takes(&later(&MAX_NUMBER.to_string())));
        assert_eq!(MAX_NUMBER, 9_007_199_254_740_991);
    }

    #[test]
    fn nesting_has_an_end() {
        let nested = |depth: usize| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            NOTHING.replace("7", &format!("7,\"later\":{open}{close}"))
        };
        // The letter itself is one.
        assert!(takes(&nested(MAX_DEPTH - 1)));
        assert!(!takes(&nested(MAX_DEPTH)));
        assert!(!takes(&nested(100_000)));
    }

    #[test]
    fn an_instant_has_one_form() {
        for instant in [
            "2026-12-01T09:00:00.1Z",
            "2026-12-01T09:00:00.000000001Z",
            "1969-12-31T23:59:59Z",
        ] {
            assert!(
                takes(&TIMES.replace("2026-12-01T09:00:00Z", instant)),
                "{instant}"
            );
        }
        for instant in [
            "2026-12-01t09:00:00Z",
            "2026-12-01T09:00:00z",
            "2026-12-01 09:00:00Z",
            "2026-12-01T09:00:00+00:00",
            "2026-12-01T10:00:00+01:00",
            "2026-12-01T09:00:00-00:00",
            "2026-12-01T09:00:00Z[UTC]",
            "2026-12-01T09:00:00+00:00[UTC]",
            "20261201T090000Z",
            "2026-12-01T09:00Z",
            "2026-12-01T09Z",
            "2026-12-01T09:00:00.0Z",
            "2026-12-01T09:00:00.10Z",
            "2026-12-01T09:00:00,1Z",
            "2026-12-01T09:00:00.0000000001Z",
            "2026-12-01T09:00:60Z",
            "2026-12-01T24:00:00Z",
            "+002026-12-01T09:00:00Z",
            "2026-12-01T09:00:00",
            "2026-12-01",
            "2026-11-31T09:00:00Z",
            "",
        ] {
            assert!(
                !takes(&TIMES.replace("2026-12-01T09:00:00Z", instant)),
                "{instant}"
            );
        }
    }
}
