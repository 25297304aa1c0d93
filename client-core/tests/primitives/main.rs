//! The primitives, as this crate builds them, against Project Wycheproof's vectors and the literals
//! of the RFCs: a dependency that is replaced, misconfigured or miscompiled fails here, and not as
//! a message that nobody else can read.
//!
//! Where a check of ours can be reached from outside it is the one that runs (`AgreementKey`,
//! `Device`, `PeerDevices`, `PeerPrekeys`); else the crate below it, with exactly our features
//! and calls. Two of our rules are stricter than the standards, and are held as such: an X25519 key
//! has one encoding, and an Ed25519 signature holds without the cofactor and without weak keys.
//!
//! The number of vectors is part of each test: an empty file would prove nothing.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests; clippy.toml exempts only what is marked #[test]"
)]

mod agreement;
mod ciphers;
mod derivations;
mod kem;
mod signatures;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sotto_client_core::identity::Device;

/// Says what ran, and that it was all there is.
fn counted(what: &str, found: [usize; 3], expected: [usize; 3]) {
    let [taken, refused, other] = found;
    println!("{what}: {taken} as given, {refused} refused, {other} of other sizes");
    assert_eq!(found, expected, "{what}: taken, refused, of other sizes");
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    bytes(text).try_into().expect("a length")
}

fn bytes(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).expect("hexadecimal")
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("a length")
}

/// A device of given secrets, by the form in which it is stored.
fn device(signing: [u8; 32], agreement: [u8; 32]) -> Device {
    serde_json::from_value(serde_json::json!({
        "signing": BASE64URL_NOPAD.encode(&signing),
        "agreement": BASE64URL_NOPAD.encode(&agreement),
    }))
    .expect("a device as it is stored")
}
