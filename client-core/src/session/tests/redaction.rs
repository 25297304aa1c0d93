//! What `Debug` shows of secrets: nothing. Every type that holds one is here, and a walk over the sources
//! finds those that are not.

use std::{collections::BTreeSet, convert::Infallible, fmt::Debug, fs, path::Path};

use rand_core::{TryCryptoRng, TryRng};
use serde::Serialize;
use serde_json::Value;

use super::{
    super::{
        chain_key::ChainKey, header::HeaderKey, kdf::Key, message_key::MessageKey,
        root_key::RootKey, state::Session as State,
    },
    *,
};
use crate::{
    api::Preferences,
    engine::{Change, Store},
    identity::agreement::{AgreementPair, AgreementSecret},
    linking::{Link, LinkOpening, LinkWelcome},
    prekeys::kem::OwnKemKey,
    vault::Vault,
};

/// Draws this byte for ever.
const BYTE: u8 = 0xa5;

struct Constant;

impl TryRng for Constant {
    type Error = Infallible;

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        into.fill(BYTE);
        Ok(())
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_ne_bytes([BYTE; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_ne_bytes([BYTE; 8]))
    }
}

impl TryCryptoRng for Constant {}

/// Each type that holds bare secret bytes, with a value whose secrets are all of one byte.
fn shown() -> Vec<(&'static str, String)> {
    let key = || Key::new([BYTE; 32]);
    let relay = || "https://relay.example".parse().unwrap();
    let account = AccountKey::generate(&mut Constant);
    let device = Device::generate(&mut Constant);
    let opening = LinkOpening::generate(&mut Constant);
    let link = Link::make(relay(), &account, &device.id(), 0, &opening);
    let (vault, _) = Vault::create("correct horse battery", &mut Constant).unwrap();
    let change = Change {
        store: Store::Users,
        key: "identity".to_owned(),
        value: Some(zeroize::Zeroizing::new(vec![BYTE; 40])),
    };
    let invitation = crate::invitation::Invitation {
        name: "Robin".to_owned(),
        relay: relay(),
        account: account.id(),
        mailbox: sotto_protocol::id::MailboxId::from_bytes([1; 32]),
        secret: InvitationSecret::generate(&mut Constant),
        expires_at: at(0),
    };
    fn of<T: Debug>(value: &T) -> String {
        format!("{value:?}")
    }
    vec![
        ("AccountKey", of(&account)),
        ("AgreementPair", of(&AgreementPair::generate(&mut Constant))),
        (
            "AgreementSecret",
            of(&AgreementSecret::generate(&mut Constant)),
        ),
        ("ChainKey", of(&ChainKey::new(key()))),
        ("Change", of(&change)),
        ("Device", of(&device)),
        ("DeviceLink", of(&link.to_link())),
        ("HeaderKey", of(&HeaderKey::new(key()))),
        ("InvitationLink", of(&invitation.to_link())),
        ("InvitationSecret", of(&invitation.secret)),
        ("LinkOpening", of(&opening)),
        ("LinkSecret", of(&link.secret)),
        ("MessageKey", of(&MessageKey::new(key()))),
        ("OwnKemKey", of(&OwnKemKey::generate(&mut Constant))),
        ("RootKey", of(&RootKey::new(key()))),
        ("Thread", of(&Thread::new(key()))),
        ("Vault", of(&vault)),
    ]
}

#[test]
fn each_secret_is_shown_so() {
    let shown = shown();
    for (name, text) in &shown {
        // In decimal, hexadecimal and base64.
        for trace in ["165", "a5a5", "A5A5", "paWl"] {
            assert!(!text.contains(trace), "{name}: {text}");
        }
    }
    let lines: Vec<String> = shown
        .into_iter()
        .map(|(name, text)| format!("{name}: {text}"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
AccountKey: AccountKey(AccountId(29e5833a…), …)
AgreementPair: AgreementPair(…)
AgreementSecret: AgreementSecret(…)
ChainKey: ChainKey(#0, …)
Change: Change { store: Users, key: "identity", bytes: Some(40) }
Device: Device(DeviceId(29e5833a…), …)
DeviceLink: DeviceLink(…)
HeaderKey: HeaderKey(…)
InvitationLink: InvitationLink(…)
InvitationSecret: InvitationSecret(…)
LinkOpening: LinkOpening(…)
LinkSecret: LinkSecret(…)
MessageKey: MessageKey(…)
OwnKemKey: OwnKemKey(…)
RootKey: RootKey(…)
Thread: Thread(…)
Vault: Vault(…)
"#);
}

/// What secret bytes are, in a field.
const BARE: [&str; 7] = [
    "Zeroizing",
    "Key",
    "SharedSecret",
    "KemSecret",
    "SigningKey",
    "StaticSecret",
    "Passphrase",
];

/// Whether a field on this line is of such a type, or in one.
fn is_bare(line: &str) -> bool {
    let line = line.trim_start();
    let is_code = !line.starts_with(['#', '/']) && !line.contains('"');
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    is_code && line.contains([':', '(']) && words.any(|word| BARE.contains(&word))
}

/// The types of a source file that hold bare secret bytes and have a `Debug`: those that derive one, and
/// those that wrote one.
fn with_debug(source: &str) -> [BTreeSet<String>; 2] {
    let mut found = [BTreeSet::new(), BTreeSet::new()];
    let lines: Vec<&str> = source.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line
            .split_whitespace()
            .filter(|word| !word.starts_with("pub"))
            .collect();
        let ["struct" | "enum", name, ..] = words.as_slice() else {
            continue;
        };
        let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
        let body = if line.ends_with(';') {
            &lines[at..=at]
        } else {
            let end = lines[at..].iter().position(|line| line.trim_end() == "}");
            &lines[at..at + end.unwrap_or(0)]
        };
        let holds = body.iter().any(|line| is_bare(line));
        let before = lines[..at].iter().rev();
        let derives = before
            .take_while(|line| line.trim_start().starts_with(['#', '/']))
            .any(|line| line.contains("derive(") && line.contains("Debug"));
        let writes = source.contains(&format!("Debug for {name} "));
        if holds {
            found[0].extend(derives.then(|| name.clone()));
            found[1].extend(writes.then_some(name));
        }
    }
    found
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn no_type_with_secret_bytes_derives_debug_and_each_that_has_one_is_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut written = BTreeSet::new();
    for part in ["client-core/src", "client-wasm/src", "agent/src"] {
        walk(&root.join(part), &mut |path, source| {
            let [derived, own] = with_debug(source);
            assert!(derived.is_empty(), "{}: {derived:?}", path.display());
            written.extend(own);
        });
    }
    let named: BTreeSet<String> = shown()
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    let missing: Vec<_> = written.difference(&named).collect();
    assert!(missing.is_empty(), "not in the snapshot: {missing:?}");
    assert!(written.len() >= 12, "the walk sees them: {written:?}");
    let planted = "#[derive(Debug)]\nstruct Planted {\n    key: Zeroizing<[u8; 32]>,\n}\n";
    assert_eq!(with_debug(planted)[0].len(), 1, "and would see another");
}

/// That nothing of 16 bytes or more that is stored in base64url, as secrets are, can be read in `Debug`.
fn shows_nothing_of<T: Debug + Serialize>(value: &T) {
    fn texts(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
            Value::Object(values) => values.values().for_each(|value| texts(value, into)),
            _ => {}
        }
    }
    let mut stored = Vec::new();
    texts(&serde_json::to_value(value).unwrap(), &mut stored);
    let debug = format!("{value:?} {value:#?}");
    let mut looked_for = 0;
    for text in stored {
        let Ok(bytes) = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()) else {
            continue;
        };
        if bytes.len() < 16 {
            continue;
        }
        looked_for += 1;
        let decimal = format!("{:?}", &bytes[..6]);
        let decimal = decimal.trim_matches(['[', ']']).to_owned();
        let hex = data_encoding::HEXLOWER.encode(&bytes[..8]);
        for trace in [text, decimal, hex] {
            assert!(!debug.contains(&trace), "{debug}");
        }
    }
    assert!(looked_for > 0, "nothing secret is stored of it");
}

#[test]
fn what_holds_secrets_in_its_parts_shows_none_of_them() {
    let (alice, alices, mut bob, bobs) = talking();
    let fresh = alice.opens_towards(&mut bob);
    for session in [alices, bobs, fresh] {
        shows_nothing_of::<State>(&session);
        shows_nothing_of(session.threads());
        let sessions = {
            let mut sessions = DeviceSessions::default();
            sessions.open(session, at(0));
            sessions
        };
        shows_nothing_of(sessions.sessions());
        shows_nothing_of(sessions.continuity().unwrap());
    }
    shows_nothing_of(&alice.prekeys);
    shows_nothing_of(alice.local.device());
    shows_nothing_of(&alice.local);
    let account = AccountKey::generate(&mut rng(3));
    let list = account.sign_device_list(&DeviceList {
        account_key: account.id().to_vec(),
        version: 1,
        created_at_ms: 0,
        devices: vec![alice.local.device().entry()],
    });
    let list = PeerDevices::verify(&list, &account.id()).unwrap();
    let preferences = Preferences::new("UTC");
    // Its list and signature are for everybody to see; its key is not.
    let welcome = LinkWelcome::new(
        &list,
        "Alice".to_owned(),
        preferences,
        Vec::new(),
        Some(account.clone()),
    );
    let seed = serde_json::to_value(&account).unwrap();
    let bytes = data_encoding::BASE64URL_NOPAD.decode(seed.as_str().unwrap().as_bytes());
    let decimal = format!("{:?}", &bytes.unwrap()[..4]);
    let debug = format!("{welcome:?}");
    assert!(!debug.contains(seed.as_str().unwrap()), "{debug}");
    assert!(!debug.contains(decimal.trim_matches(['[', ']'])), "{debug}");
}
