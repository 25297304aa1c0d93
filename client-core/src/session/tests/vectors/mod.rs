//! The test vectors in `docs/vectors`: written once by `write_vectors`, compared ever after. Every
//! value comes out of the code that talks to others; what it computes on its way is taken from
//! [`trace`](super::super::trace).

mod conversations;
mod handshakes;
mod identities;
mod links;
mod messages;
mod receipts;
mod scripted;

use std::{fs, path::PathBuf};

use data_encoding::HEXLOWER;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::*;
use crate::session::trace::{Step, Trace, traced};
use scripted::{Draw, Scripted};

/// One file of vectors (`docs/vectors/README.md` says what the fields are).
#[derive(Serialize)]
struct File {
    protocol: &'static str,
    name: &'static str,
    about: &'static str,
    cases: Vec<Case>,
}

#[derive(Serialize, Default)]
struct Case {
    name: String,
    about: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    random: Vec<Draw>,
    given: Fields,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "steps")]
    steps: Vec<Step>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Event>,
    result: Fields,
}

/// What one side does in a conversation.
#[derive(Serialize)]
struct Event {
    #[serde(rename = "do")]
    what: &'static str,
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    random: Vec<Draw>,
    given: Fields,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "steps")]
    steps: Vec<Step>,
    result: Fields,
}

/// Members of an object, in this order: byte strings in lower-case hexadecimal, numbers, texts.
#[derive(Default)]
struct Fields(Vec<(String, Value)>);

impl Fields {
    fn new() -> Self {
        Self::default()
    }

    fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    fn bytes(self, name: impl Into<String>, value: impl AsRef<[u8]>) -> Self {
        self.with(name, HEXLOWER.encode(value.as_ref()))
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn steps<S: Serializer>(steps: &[Step], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        name: &'a str,
        value: String,
    }
    serializer.collect_seq(steps.iter().map(|(name, value)| Shown {
        name,
        value: HEXLOWER.encode(value),
    }))
}

impl File {
    /// Pretty JSON, but for what is drawn or derived: one line each.
    fn text(&self) -> String {
        let pretty = serde_json::to_string_pretty(self).unwrap();
        let lines: Vec<&str> = pretty.lines().collect();
        let mut text = String::new();
        let mut rest = lines.as_slice();
        while let Some((line, after)) = rest.split_first() {
            rest = after;
            text.push_str(line);
            if let ([name, value, end, after @ ..], "{") = (after, line.trim())
                && name.trim().starts_with("\"name\": ")
                && (value.trim().starts_with("\"value\": ")
                    || value.trim().starts_with("\"bytes\": "))
            {
                for part in [name, value] {
                    text.push(' ');
                    text.push_str(part.trim());
                }
                text.push(' ');
                text.push_str(end.trim());
                rest = after;
            }
            text.push('\n');
        }
        text
    }

    fn path(&self) -> PathBuf {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        root.join("../docs/vectors")
            .join(format!("{}.json", self.name))
    }

    /// That the file in the repository says the very same.
    fn compare(&self) {
        let (path, text) = (self.path(), self.text());
        let found = fs::read_to_string(&path).unwrap_or_default();
        let lines = text.lines().zip(found.lines()).enumerate();
        if let Some((at, (expected, found))) = lines.into_iter().find(|(_, (one, two))| one != two)
        {
            panic!(
                "{}:{}: expected\n{expected}\nfound\n{found}",
                path.display(),
                at + 1
            );
        }
        assert_eq!(found.len(), text.len(), "{}", path.display());
    }
}

/// A test for each file, and the one that writes them all.
macro_rules! files {
    ($($test:ident: $file:expr;)*) => {
        $(#[test]
        fn $test() {
            $file.compare();
        })*

        /// `cargo test -p sotto-client-core write_vectors -- --ignored`: only when the protocol changes.
        #[test]
        #[ignore = "writes docs/vectors anew"]
        fn write_vectors() {
            for file in [$($file),*] {
                fs::write(file.path(), file.text()).unwrap();
            }
        }
    };
}

files! {
    the_device_lists_are_these: identities::device_lists();
    the_prekeys_are_these: identities::prekeys();
    the_safety_numbers_are_these: identities::safety_numbers();
    the_safety_codes_are_these: identities::safety_codes();
    the_invitations_are_these: identities::invitations();
    the_device_links_are_these: links::device_links();
    the_stored_vault_is_this: identities::storage();
    the_messages_are_these: messages::messages();
    the_receipt_files_are_these: receipts::receipt_files();
    the_padded_lengths_are_these: identities::padding();
    the_handshakes_are_these: handshakes::handshakes();
    the_key_schedule_is_this: handshakes::key_schedule();
    the_conversation_is_this: conversations::ratchet();
    the_rekeys_are_these: conversations::rekey();
    the_receipt_is_this: conversations::receipt();
}

const PROTOCOL: &str = "sotto session 2";

fn milliseconds(time: Timestamp) -> i64 {
    time.as_millisecond()
}
