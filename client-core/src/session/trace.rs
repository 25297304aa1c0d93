//! What a session computes on its way, for the test vectors: the functions through which every
//! derivation and every encryption goes tell it here. Compiled into tests alone.

use core::cell::RefCell;

use super::{attachment, cipher, kdf, kdf::Key};

/// The names under which `docs/vectors` shows values, in the order in which it shows them.
const NAMES: &[&str] = &[
    "1 h",
    "2 h",
    "3 input",
    "3 ck",
    "3 k",
    "4 selector",
    "4 h",
    "5 h",
    "6 input",
    "6 ck",
    "6 k",
    "7 input",
    "7 ck",
    "7 k",
    "8 identity block",
    "8 h",
    "9 h",
    "10 input",
    "10 ck",
    "10 k",
    "11 input",
    "11 ck",
    "11 k",
    "12 input",
    "12 ck",
    "12 k",
    "13 root",
    "13 header_A",
    "13 header_B",
    "13 thread",
    "14 session id",
    "handshake digest",
    "turn input",
    "turn root",
    "turn chain key",
    "turn next header key",
    "turn thread",
    "message key",
    "chain key",
    "rekey transcript",
    "rekey check",
    "header key",
    "header",
    "cipher key",
    "cipher nonce",
    "attachment digest",
    "plaintext digest",
    "body",
];

/// Which steps of the handshake change h after the first.
const MIX_HASH: [&str; 5] = ["2 h", "4 h", "5 h", "8 h", "9 h"];

/// Which step mixes a key with that label.
const MIX_KEY: [(&[u8], u8); 8] = [
    (kdf::HANDSHAKE_SELECTOR, 3),
    (kdf::HANDSHAKE_KEM, 6),
    (kdf::HANDSHAKE_INVITATION, 7),
    (kdf::HANDSHAKE_CONTINUITY, 7),
    (kdf::HANDSHAKE_NO_VOUCHER, 7),
    (kdf::HANDSHAKE_IDENTITY, 10),
    (kdf::HANDSHAKE_EPHEMERAL, 11),
    (kdf::HANDSHAKE_ONE_TIME, 12),
];

/// One use of one label.
#[derive(Clone)]
pub(super) struct Derivation {
    /// The label as it stands in `kdf`.
    pub(super) label: Vec<u8>,
    /// What follows it.
    pub(super) context: Vec<u8>,
    /// Salt and input of HKDF, the key of HKDF-Expand, or nothing for a hash.
    pub(super) from: Vec<(&'static str, Vec<u8>)>,
    /// The outputs, by name.
    pub(super) gives: Vec<(&'static str, Vec<u8>)>,
}

/// A value by its name.
pub(super) type Step = (String, Vec<u8>);

/// What was computed in some stretch of work.
#[derive(Default)]
pub(super) struct Trace {
    steps: Vec<Step>,
    pub(super) derivations: Vec<Derivation>,
    /// The handshake's hash, and how many times it has changed.
    transcript: Option<([u8; 32], usize)>,
}

thread_local! {
    static TRACE: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

/// What `work` gives, and what was computed in it.
pub(super) fn traced<T>(work: impl FnOnce() -> T) -> (T, Trace) {
    TRACE.set(Some(Trace::default()));
    let value = work();
    (value, TRACE.take().unwrap())
}

impl Trace {
    /// Each value once (what one side computes twice, or both do, is one step), in the order of [`NAMES`].
    pub(super) fn steps(self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for name in NAMES {
            for step in self.steps.iter().filter(|step| step.0 == *name) {
                if !steps.contains(step) {
                    steps.push(step.clone());
                }
            }
        }
        steps
    }

    fn note(&mut self, name: impl Into<String>, value: &[u8]) {
        let name = name.into();
        assert!(NAMES.contains(&name.as_str()), "{name} has no place");
        self.steps.push((name, value.to_vec()));
    }
}

fn with(change: impl FnOnce(&mut Trace)) {
    TRACE.with_borrow_mut(|trace| {
        if let Some(trace) = trace {
            change(trace);
        }
    });
}

/// `kdf::hash` was taken.
pub(super) fn hashed(parts: &[&[u8]], digest: &[u8; 32]) {
    with(|trace| match (parts, trace.transcript) {
        ([kdf::HANDSHAKE, version], _) => {
            trace.transcript = Some((*digest, 0));
            trace.note("1 h", digest);
            trace.derivation(
                kdf::HANDSHAKE,
                version,
                vec![],
                vec![("h", digest.to_vec())],
            );
        }
        ([kdf::SESSION_ID, hash], _) => {
            trace.note("14 session id", digest);
            let gives = vec![("session id", digest.to_vec())];
            trace.derivation(kdf::SESSION_ID, hash, vec![], gives);
        }
        ([before, _, ..], Some((hash, changes))) if *before == hash => {
            trace.transcript = Some((*digest, changes + 1));
            trace.note(MIX_HASH[changes], digest);
        }
        ([_, _], _) => trace.note("rekey transcript", digest),
        ([[2, 1, ..]], _) => trace.note("handshake digest", digest),
        ([one], _)
            if attachment::Attachment::decode(one).is_some_and(|(_, rest)| rest.is_empty()) =>
        {
            trace.note("attachment digest", digest);
        }
        ([_], _) => trace.note("plaintext digest", digest),
        _ => unreachable!("a hash of {} parts", parts.len()),
    });
}

/// `kdf::derive_keys` gave these.
pub(super) fn derived(salt: &[u8; 32], secret: &[u8], info: &[&[u8]], keys: &[Key]) {
    with(|trace| {
        let label = info[0];
        let names: &[&str] = match MIX_KEY.iter().find(|(known, _)| *known == label) {
            Some((_, step)) => {
                trace.note(format!("{step} input"), secret);
                trace.note(format!("{step} ck"), keys[0].as_slice());
                trace.note(format!("{step} k"), keys[1].as_slice());
                &["ck", "k"]
            }
            None => {
                assert!([kdf::RATCHET_ROOT, kdf::RATCHET_ROOT_ML_KEM].contains(&label));
                let names = &["root", "chain key", "next header key", "thread"];
                trace.note("turn input", secret);
                for (name, key) in names.iter().zip(keys) {
                    trace.note(format!("turn {name}"), key.as_slice());
                }
                names
            }
        };
        let from = vec![("salt", salt.to_vec()), ("input", secret.to_vec())];
        trace.derivation(label, &info[1..].concat(), from, named(names, keys));
    });
}

/// `kdf::expand_keys` gave these.
pub(super) fn expanded(key: &[u8; 32], info: &[&[u8]], keys: &[Key]) {
    with(|trace| {
        let label = info[0];
        let names: &[&str] = match label {
            kdf::HANDSHAKE_SESSION => {
                let names = &["root", "header_A", "header_B", "thread"];
                for (name, key) in names.iter().zip(keys) {
                    trace.note(format!("13 {name}"), key.as_slice());
                }
                names
            }
            kdf::RATCHET_ML_KEM_CHECK => {
                trace.note("rekey check", &keys[0][..attachment::CHECK_LEN]);
                &["check"]
            }
            kdf::RATCHET_MESSAGE => {
                trace.note("message key", keys[0].as_slice());
                &["message key"]
            }
            kdf::RATCHET_CHAIN => {
                trace.note("chain key", keys[0].as_slice());
                &["chain key"]
            }
            kdf::MESSAGE_CIPHER => {
                trace.note("cipher key", keys[0].as_slice());
                trace.note("cipher nonce", &keys[1][..cipher::NONCE_LEN]);
                &["key", "x"]
            }
            _ => unreachable!("{}", String::from_utf8_lossy(label)),
        };
        let from = vec![("key", key.to_vec())];
        trace.derivation(label, &info[1..].concat(), from, named(names, keys));
    });
}

/// `cipher` encrypted this, or decrypted it.
pub(super) fn ciphered(key: &[u8; 32], associated_data: &[u8], plaintext: &[u8]) {
    with(|trace| match (associated_data.len(), plaintext.len()) {
        (32, 8) => trace.note("4 selector", plaintext),
        (32, _) => trace.note("8 identity block", plaintext),
        (162, _) => {
            trace.note("header key", key);
            trace.note("header", plaintext);
        }
        _ => trace.note("body", plaintext),
    });
}

impl Trace {
    fn derivation(
        &mut self,
        label: &[u8],
        context: &[u8],
        from: Vec<(&'static str, Vec<u8>)>,
        gives: Vec<(&'static str, Vec<u8>)>,
    ) {
        self.derivations.push(Derivation {
            label: label.to_vec(),
            context: context.to_vec(),
            from,
            gives,
        });
    }
}

fn named(names: &[&'static str], keys: &[Key]) -> Vec<(&'static str, Vec<u8>)> {
    let keys = keys.iter().map(|key| key.to_vec());
    names.iter().copied().zip(keys).collect()
}
