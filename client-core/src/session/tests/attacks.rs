use super::*;
use crate::identity::{AgreementKey, agreement::AgreementSecret};

#[test]
fn every_flipped_bit_of_a_message_is_refused() {
    let (alice, mut alices, _, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    every_bit_is_refused(&mut bobs, &bytes);
    assert_eq!(reads(&mut bobs, &bytes), "hello");
}

#[test]
fn every_flipped_bit_of_an_offer_and_of_an_answer_is_refused() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let hello = alice.encrypt(&mut alices, "hello");
    let mut bobs = bob.accepts(&hello).unwrap().session;
    let offer = bob.encrypt(&mut bobs, "with an offer");
    every_bit_is_refused(&mut alices, &offer);
    assert_eq!(reads(&mut alices, &offer), "with an offer");
    let answer = alice.encrypt(&mut alices, "with an answer");
    every_bit_is_refused(&mut bobs, &answer);
    assert_eq!(reads(&mut bobs, &answer), "with an answer");
    assert!(offer.len() > 1_188 && answer.len() > 1_108);
}

fn every_bit_is_refused(session: &mut Session, bytes: &[u8]) {
    let before = stored(session);
    let mut bent = bytes.to_vec();
    for bit in 0..bytes.len() * 8 {
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(session.decrypt(&bent, at(0)).is_err(), "bit {bit}");
        bent[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(stored(session), before);
}

#[test]
fn every_flipped_bit_of_a_first_message_is_refused() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let bytes = alice.encrypt(&mut alices, "hello");
    let accepts = |bytes: &[u8]| accept(&bob.local, &bob.prekeys, &NOTHING, bytes, at(0));
    every_bit_is_refused(&mut accepts(&bytes).unwrap().session, &bytes);
    let mut bent = bytes.clone();
    for bit in 0..bytes.len() * 8 {
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(accepts(&bent).is_err(), "bit {bit}");
        bent[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(accepts(&bytes).is_ok());
}

#[test]
fn cut_and_lengthened_messages_are_refused() {
    let (alice, mut alices, _, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    for length in 0..bytes.len() {
        refuses(&mut bobs, &bytes[..length]);
    }
    for more in [1, 16, 256] {
        let mut longer = bytes.clone();
        longer.resize(bytes.len() + more, 0);
        refuses(&mut bobs, &longer);
    }
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let first = alice.encrypt(&mut alice.opens_towards(&mut bob), "hello");
    let accepts = |bytes: &[u8]| accept(&bob.local, &bob.prekeys, &NOTHING, bytes, at(0));
    for length in 0..first.len() {
        assert!(accepts(&first[..length]).is_err(), "{length}");
    }
    for more in [1, 16, 256, 512] {
        let mut longer = first.clone();
        longer.resize(first.len() + more, 0);
        assert!(accepts(&longer).is_err(), "{more} more");
    }
    assert!(accepts(&first).is_ok());
}

#[test]
fn a_replayed_message_is_refused() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    reads(&mut bobs, &bytes);
    assert_eq!(refuses(&mut bobs, &bytes), SessionError::AlreadyReceived);
    let answer = bob.encrypt(&mut bobs, "answer");
    reads(&mut alices, &answer);
    let next = alice.encrypt(&mut alices, "next");
    reads(&mut bobs, &next);
    // The chain is gone altogether.
    assert_eq!(refuses(&mut bobs, &bytes), SessionError::Undecryptable);
}

#[test]
fn a_reflected_message_is_refused() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    assert_eq!(refuses(&mut alices, &bytes), SessionError::Undecryptable);
    let bytes = bob.encrypt(&mut bobs, "hello");
    assert_eq!(refuses(&mut bobs, &bytes), SessionError::Undecryptable);
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let first = alice.encrypt(&mut alices, "hello");
    assert_eq!(refuses(&mut alices, &first), SessionError::OtherHandshake);
    assert!(accept(&alice.local, &alice.prekeys, &NOTHING, &first, at(0)).is_err());
}

#[test]
fn a_message_of_another_session_is_refused() {
    let (alice, mut alices, mut bob, mut bobs) = talking();
    let mut other = alice.opens_towards(&mut bob);
    let hello = alice.encrypt(&mut other, "hello");
    let mut bobs_other = bob.accepts(&hello).unwrap().session;
    let answer = bob.encrypt(&mut bobs_other, "hello again");
    assert_eq!(refuses(&mut alices, &answer), SessionError::Undecryptable);
    assert_eq!(reads(&mut other, &answer), "hello again");
    let [here, there] = [&mut alices, &mut other].map(|session| alice.encrypt(session, "here"));
    assert_eq!(refuses(&mut bobs, &there), SessionError::Undecryptable);
    assert_eq!(refuses(&mut bobs_other, &here), SessionError::Undecryptable);
    // Not by its keys alone: under the other's name they open nothing.
    let mut renamed = serde_json::to_value(&bobs).unwrap();
    renamed["id"] = serde_json::to_value(&bobs_other).unwrap()["id"].clone();
    let mut renamed: Session = serde_json::from_value(renamed).unwrap();
    assert_eq!(renamed.id(), other.id());
    assert_eq!(refuses(&mut renamed, &here), SessionError::Undecryptable);
    assert_eq!(reads(&mut bobs, &here), "here");
    assert_eq!(reads(&mut bobs_other, &there), "here");
}

#[test]
fn a_session_loaded_with_swapped_or_other_parties_reads_nothing() {
    let (alice, mut alices, _, mut bobs) = talking();
    let bytes = alice.encrypt(&mut alices, "hello");
    let state = serde_json::to_value(&bobs).unwrap();
    let other = serde_json::json!(data_encoding::BASE64URL_NOPAD.encode(&[3; 32]));
    let bent = |bend: &dyn Fn(&mut serde_json::Value)| {
        let mut bent = state.clone();
        bend(&mut bent);
        assert_ne!(bent, state);
        serde_json::from_value::<Session>(bent).unwrap()
    };
    for end in ["local", "peer"] {
        for of in [0, 1] {
            let mut bent = bent(&|state| state[end][of] = other.clone());
            assert_eq!(refuses(&mut bent, &bytes), SessionError::Undecryptable);
        }
    }
    let mut swapped = bent(&|state| {
        let local = state["local"].take();
        state["local"] = state["peer"].take();
        state["peer"] = local;
    });
    assert_eq!(refuses(&mut swapped, &bytes), SessionError::Undecryptable);
    assert_eq!(reads(&mut bobs, &bytes), "hello");
}

#[test]
fn other_versions_are_refused_by_name() {
    let (alice, mut alices, _, mut bobs) = talking();
    let mut bytes = alice.encrypt(&mut alices, "hello");
    for found in [0, 1, 3, 255] {
        bytes[0] = found;
        let expected = 2;
        assert_eq!(
            refuses(&mut bobs, &bytes),
            SessionError::UnsupportedVersion { expected, found }
        );
    }
}

#[test]
fn a_first_message_is_not_taken_without_its_handshake() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let sent = ["one", "two"].map(|text| alice.encrypt(&mut alices, text));
    let mut bobs = bob.accepts(&sent[0]).unwrap().session;
    let stripped = [&[2, 2], &sent[1][1152 + 528..]].concat();
    assert!(wire::peek(&stripped).is_ok());
    assert_eq!(refuses(&mut bobs, &stripped), SessionError::Undecryptable);
    assert_eq!(reads(&mut bobs, &sent[1]), "two");
}

#[test]
fn a_low_order_ephemeral_key_is_refused() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut bytes = alice.encrypt(&mut alice.opens_towards(&mut bob), "hello");
    for point in crate::identity::agreement::tests::LOW_ORDER {
        let point = data_encoding::HEXLOWER.decode(point.as_bytes()).unwrap();
        bytes[6..38].copy_from_slice(&point);
        let refused = accept(&bob.local, &bob.prekeys, &NOTHING, &bytes, at(0)).unwrap_err();
        assert_eq!(refused, SessionError::Malformed);
    }
}

#[test]
fn another_device_cannot_sign_for_the_session() {
    let (_, mut alices, bob, _) = talking();
    let before = stored(&alices);
    let refused = alices.encrypt(bob.local.device(), b"hello", at(0), &mut rng(1));
    assert_eq!(refused.unwrap_err(), SessionError::WrongDevice);
    assert_eq!(stored(&alices), before);
}

/// A device that was restored to an older state comes to the same message key again; the header's
/// random nonce keeps the cipher's key and nonce apart.
#[test]
fn a_rolled_back_sender_uses_no_key_stream_twice() {
    let (alice, mut alices, _, _) = talking();
    let mut restored: Session = serde_json::from_str(&stored(&alices)).unwrap();
    let first = alice.encrypt(&mut alices, &"a".repeat(100));
    let second = alice.encrypt(&mut restored, &"b".repeat(100));
    let start = 86 + 69;
    let difference: Vec<_> = first[start..start + 100]
        .iter()
        .zip(&second[start..start + 100])
        .map(|(a, b)| a ^ b)
        .collect();
    assert!(difference.iter().any(|byte| *byte != b'a' ^ b'b'));
}

/// At each step of a conversation, with either side as the victim.
#[test]
fn a_thief_of_the_state_reads_neither_the_past_nor_beyond_the_next_exchange() {
    for stolen_after in 0..12 {
        for victim in 0..2 {
            let (alice, alices, bob, bobs) = talking();
            let people = [alice, bob];
            let mut sessions = [alices, bobs];
            let say = |n: usize, sessions: &mut [Session; 2]| {
                let bytes = people[n % 2].encrypt(&mut sessions[n % 2], "text");
                reads(&mut sessions[(n + 1) % 2], &bytes);
                bytes
            };
            let past: Vec<_> = (0..stolen_after).map(|n| say(n, &mut sessions)).collect();
            let mut thief = sessions[victim].clone();
            for bytes in &past {
                assert!(thief.decrypt(bytes, at(0)).is_err());
            }
            let future: Vec<_> = (stolen_after..stolen_after + 8)
                .map(|n| (n % 2 != victim, say(n, &mut sessions)))
                .filter_map(|(to_victim, bytes)| to_victim.then_some(bytes))
                .collect();
            let read = future
                .iter()
                .map(|bytes| thief.decrypt(bytes, at(0)).is_ok());
            let read: Vec<_> = read.collect();
            // What comes before the victim's next own ratchet key is the thief's too.
            let victim_is_next = stolen_after % 2 == victim;
            assert_eq!(read, [!victim_is_next, false, false, false]);
        }
    }
}

#[test]
fn a_thief_of_the_state_alone_signs_nothing() {
    let (_, alices, _, mut bobs) = talking();
    let thief = Person::new(3);
    let mut stolen = alices;
    let device = thief.local.device();
    let forged = stolen.encrypt_signed_by(device, b"yes", at(0), &mut rng(1));
    let error = refuses(&mut bobs, &forged.unwrap().bytes);
    assert_eq!(error, SessionError::Undecryptable);
}

/// The thief has Alice's state and what she read last, and sends her that again, with Bob's own
/// signature, as the first message of a chain that Bob never began.
#[test]
fn a_thief_of_the_state_does_not_pass_an_old_message_off_as_a_new_one() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let bytes = bob.encrypt(&mut bobs, "move to ten");
    let Decrypted { plaintext, signed } = alices.decrypt(&bytes, at(0)).unwrap();
    let statement = signed.verify(&plaintext).unwrap();
    alice.encrypt(&mut alices, "fine");

    let state = serde_json::to_value(&alices).unwrap();
    let ratchet = &state["ratchet"];
    fn stolen<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> T {
        serde_json::from_value(value.clone()).unwrap()
    }
    let root: root_key::RootKey = stolen(&ratchet["root"]);
    let own: AgreementSecret = stolen(&ratchet["turn"]["Sending"]["own"]);
    let header_key: header::HeaderKey = stolen(&ratchet["next_receiving_header_key"]);
    let agreement = own.agree(&AgreementKey::parse(&statement.ratchet_key).unwrap());
    let turned = root.turn(&root_key::TurnSecret {
        agreement: agreement.unwrap(),
        fresh: None,
    });
    let mut chain = turned.chain;
    let keys: Vec<_> = (0..=statement.number)
        .map(|_| chain.next().unwrap().1)
        .collect();
    let header = header::Header {
        ratchet_key: statement.ratchet_key,
        epoch: stolen(&ratchet["rekey"]["epoch"]),
        previous_length: stolen(&ratchet["receiving"]["chain"]["index"]),
        number: statement.number,
    };
    let parties = [
        statement.session.as_bytes().as_slice(),
        statement.sender_account.as_bytes(),
        statement.sender_device.as_bytes(),
        statement.recipient_account.as_bytes(),
        statement.recipient_device.as_bytes(),
    ];
    let mut associated_data = [[2, 2].as_slice(), &parties.concat()].concat();
    let sealed = header_key
        .seal(&header, &associated_data, &mut rng(1))
        .unwrap();
    associated_data.extend([sealed.nonce.as_slice(), &sealed.ciphertext].concat());
    let length = u32::try_from(plaintext.len()).unwrap().to_be_bytes();
    let mut body = [signed.signature.as_slice(), &[0], &length, &plaintext].concat();
    body.resize(256, 0);
    let key = keys.into_iter().next_back().unwrap();
    key.seal(&sealed.nonce, &associated_data, &mut body, 0)
        .unwrap();
    let forged = [[2, 2].as_slice(), &sealed.nonce, &sealed.ciphertext, &body].concat();
    assert_eq!(refuses(&mut alices, &forged), SessionError::Undecryptable);
    // Everything but the signature was right: what Bob says next in a new chain is read.
    let bytes = bob.encrypt(&mut bobs, "still ten");
    assert_eq!(reads(&mut alices, &bytes), "still ten");
}

/// The thief has Alice's state, reads the first message of Bob's next chain, and sends it on, with
/// Bob's own signature, as if the chain before had been shorter: the rest of that would be lost.
#[test]
fn a_thief_of_the_state_does_not_shorten_the_chain_before() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let bytes = bob.encrypt(&mut bobs, "move to ten");
    let Decrypted { plaintext, signed } = alices.decrypt(&bytes, at(0)).unwrap();
    let statement = signed.verify(&plaintext).unwrap();
    let held_back = bob.encrypt(&mut bobs, "or to eleven");
    let answer = alice.encrypt(&mut alices, "fine");
    reads(&mut bobs, &answer);
    let next = bob.encrypt(&mut bobs, "eleven, then");

    let state = serde_json::to_value(&alices).unwrap();
    let ratchet = &state["ratchet"];
    fn stolen<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> T {
        serde_json::from_value(value.clone()).unwrap()
    }
    let root: root_key::RootKey = stolen(&ratchet["root"]);
    let own: AgreementSecret = stolen(&ratchet["turn"]["Sending"]["own"]);
    let header_key: header::HeaderKey = stolen(&ratchet["next_receiving_header_key"]);
    let parties = [
        statement.session.as_bytes().as_slice(),
        statement.sender_account.as_bytes(),
        statement.sender_device.as_bytes(),
        statement.recipient_account.as_bytes(),
        statement.recipient_device.as_bytes(),
    ];
    let associated_data = [[2, 2].as_slice(), &parties.concat()].concat();
    let sealed = header::SealedHeader {
        nonce: next[2..26].try_into().unwrap(),
        ciphertext: next[26..86].try_into().unwrap(),
    };
    let genuine = header_key.open(&sealed, &associated_data).unwrap();
    let agreement = own.agree(&AgreementKey::parse(&genuine.ratchet_key).unwrap());
    let turned = root.turn(&root_key::TurnSecret {
        agreement: agreement.unwrap(),
        fresh: None,
    });
    let (_, key) = turned.chain.clone().next().unwrap();
    let bound = [associated_data.as_slice(), &next[2..86]].concat();
    let mut body = key.open(&sealed.nonce, &bound, &next[86..]).unwrap();
    let bent = header::Header {
        previous_length: stolen(&ratchet["receiving"]["chain"]["index"]),
        ..genuine
    };
    assert!(bent.previous_length < genuine.previous_length);
    let sealed = header_key
        .seal(&bent, &associated_data, &mut rng(1))
        .unwrap();
    let place = [sealed.nonce.as_slice(), &sealed.ciphertext].concat();
    let bound = [associated_data, place.clone()].concat();
    key.seal(&sealed.nonce, &bound, &mut body, 0).unwrap();
    let forged = [[2, 2].as_slice(), &place, &body].concat();
    let _ = alices.decrypt(&forged, at(0));
    assert_eq!(reads(&mut alices, &held_back), "or to eleven");
    assert_eq!(reads(&mut alices, &next), "eleven, then");
}

/// Unknown key share: Mallory's list names Bob's device as hers, and the relay serves its prekeys.
#[test]
fn a_device_that_two_accounts_list_takes_sessions_of_its_own_account_alone() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mallory = AccountKey::generate(&mut rng(3));
    let list = mallory.sign_device_list(&DeviceList {
        account_key: mallory.id().to_vec(),
        version: 1,
        created_at_ms: 1_800_000_000_000,
        devices: vec![bob.local.device().entry()],
    });
    let hers = PeerDevices::verify(&list, &mallory.id()).unwrap();
    let served = PeerPrekeys::verify(&bob.served(), &hers.devices()[0]).unwrap();
    let mut alices = alice.opens_with(&served, Voucher::Nothing);
    assert_eq!(alices.peer_account(), mallory.id());
    let bytes = alice.encrypt(&mut alices, "to Mallory");
    let refused = accept(&bob.local, &bob.prekeys, &NOTHING, &bytes, at(0)).unwrap_err();
    assert_eq!(refused, SessionError::Undecryptable);
}
