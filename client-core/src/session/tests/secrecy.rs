//! What a thief of everything finds, and what a peer who means it ill can say.

use data_encoding::BASE64URL_NOPAD;

use super::{
    super::{
        content::{self, Binding, Party, Place},
        header,
        root_key::{RootKey, TurnSecret},
        trace::{Step, traced},
    },
    *,
};
use crate::identity::agreement::tests::LOW_ORDER;

/// What one side computed of each kind, in order, and when a chain began.
#[derive(Default)]
struct Computed {
    roots: Vec<Vec<u8>>,
    /// Message keys, those of the ciphers, and what went into the turns: X25519 and ML-KEM secrets.
    used: Vec<Vec<u8>>,
    sending: Vec<Vec<u8>>,
    receiving: Vec<Vec<u8>>,
}

impl Computed {
    fn note(&mut self, steps: &[Step], sends: bool) {
        for (name, value) in steps {
            let chain = match sends {
                true => &mut self.sending,
                false => &mut self.receiving,
            };
            match name.as_str() {
                "turn root" => self.roots.push(value.clone()),
                "turn chain key" | "chain key" => chain.push(value.clone()),
                "message key" | "cipher key" => self.used.push(value.clone()),
                "turn input" => self.used.extend(value.chunks(32).map(<[u8]>::to_vec)),
                _ => {}
            }
        }
    }

    /// How many of these stand in a stored session.
    fn found(values: &[Vec<u8>], state: &str) -> usize {
        let stands = |value: &&Vec<u8>| state.contains(&BASE64URL_NOPAD.encode(value));
        values.iter().filter(stands).count()
    }
}

/// At each moment of a conversation over several epochs, whoever steals the whole state of either side and
/// can break every X25519 key finds nothing that leads back: no key that was used, no secret that went
/// into a turn, no root and no chain key but the present ones. So what was said stays secret, against a
/// quantum computer too: of the ML-KEM secrets there is nothing left to compute.
#[test]
fn a_thief_of_the_state_finds_nothing_of_the_past_in_it() {
    let (alice, alices, bob, bobs) = talking();
    let (people, mut sessions) = ([alice, bob], [alices, bobs]);
    let mut computed: [Computed; 2] = Default::default();
    let mut quantum_turns = 0;
    for said in 0..40 {
        let (by, to) = (said % 2, (said + 1) % 2);
        let (bytes, sent) = traced(|| people[by].encrypt(&mut sessions[by], "text"));
        let (_, heard) = traced(|| reads(&mut sessions[to], &bytes));
        let (sent, heard) = (sent.steps(), heard.steps());
        let with_kem = |(name, value): &&Step| name == "turn input" && value.len() == 64;
        quantum_turns += sent.iter().filter(with_kem).count();
        computed[by].note(&sent, true);
        computed[to].note(&heard, false);
        for (computed, session) in computed.iter().zip(&sessions) {
            let state = stored(session);
            assert_eq!(Computed::found(&computed.used, &state), 0, "{said}");
            for chain in [&computed.sending, &computed.receiving] {
                let past = chain.len().saturating_sub(1);
                assert_eq!(Computed::found(&chain[..past], &state), 0, "{said}");
            }
            if let Some((present, past)) = computed.roots.split_last() {
                assert_eq!(Computed::found(past, &state), 0, "{said}");
                let present = core::slice::from_ref(present);
                assert_eq!(
                    Computed::found(present, &state),
                    1,
                    "what is looked for is seen"
                );
            }
        }
    }
    assert!(quantum_turns >= 3, "{quantum_turns} epochs");
}

/// Who holds all of Bob's secrets can compute every agreement of a handshake between anybody and him. What
/// keeps them from being taken for Alice is her device's signature inside.
#[test]
fn a_thief_of_the_own_keys_is_not_taken_for_somebody_else() {
    let (alice, mut bob, thief) = (Person::new(1), Person::new(2), Person::new(3));
    let mut as_if_hers = alice.opens_towards(&mut bob);
    let device = thief.local.device();
    let forged = as_if_hers.encrypt_signed_by(device, b"it is me", at(0), &mut rng(1));
    let before = serde_json::to_string(&bob.prekeys).unwrap();
    let refused = bob.accepts(&forged.unwrap().bytes).unwrap_err();
    assert_eq!(refused, SessionError::Undecryptable);
    assert_eq!(serde_json::to_string(&bob.prekeys).unwrap(), before);
}

/// A message that begins Bob's next chain by a ratchet key of his choice, whose agreement with Alice's he
/// knows, with everything else as it has to be.
fn with_ratchet_key(
    alices: &Session,
    bob: &Person,
    ratchet_key: [u8; 32],
    agreement: [u8; 32],
) -> Vec<u8> {
    let state = serde_json::to_value(alices).unwrap();
    fn part<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> T {
        serde_json::from_value(value.clone()).unwrap()
    }
    let ratchet = &state["ratchet"];
    let root: RootKey = part(&ratchet["root"]);
    let header_key: header::HeaderKey = part(&ratchet["next_receiving_header_key"]);
    let agreement = zeroize::Zeroizing::new(agreement);
    let fresh = None;
    let mut chain = root.turn(&TurnSecret { agreement, fresh }).chain;
    let (number, key) = chain.next().unwrap();
    let [sender, recipient]: [Party; 2] = [part(&state["peer"]), part(&state["local"])];
    let session = alices.id();
    let binding = Binding {
        session,
        sender,
        recipient,
    };
    let steps: u64 = part(&ratchet["steps"]);
    let header = header::Header {
        ratchet_key,
        epoch: part(&ratchet["rekey"]["epoch"]),
        previous_length: part(&ratchet["receiving"]["chain"]["index"]),
        number,
    };
    let place = Place {
        ratchet_key,
        chain: steps + 1,
        epoch: header.epoch,
        previous_length: header.previous_length,
        number,
    };
    let bound = [[2, 2].as_slice(), &binding.encode()].concat();
    let sealed = header_key.seal(&header, &bound, &mut rng(7)).unwrap();
    let bound = [bound.as_slice(), &sealed.nonce, &sealed.ciphertext].concat();
    let mut bytes = [[2, 2].as_slice(), &sealed.nonce, &sealed.ciphertext].concat();
    let (device, nothing) = (bob.local.device(), attachment::Attachment::None);
    content::write(&binding, &place, device, &nothing, b"mine", &mut bytes).unwrap();
    key.seal(&sealed.nonce, &bound, &mut bytes, 86).unwrap();
    bytes
}

/// Somebody with a session could else make the root a function of what everybody knows.
#[test]
fn a_peer_s_ratchet_key_of_low_order_or_in_another_encoding_is_refused() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let hers = alice.encrypt(&mut alices, "your turn");
    assert_eq!(reads(&mut bobs, &hers), "your turn");
    for point in LOW_ORDER {
        let point = data_encoding::HEXLOWER.decode(point.as_bytes()).unwrap();
        let point: [u8; 32] = point.try_into().unwrap();
        let bytes = with_ratchet_key(&alices, &bob, point, [0; 32]);
        assert_eq!(refuses(&mut alices, &bytes), SessionError::Undecryptable);
    }
    // A key that is one, made the same way, is taken; the same with its top bit set is not.
    let state = serde_json::to_value(&alices).unwrap();
    let own = state["ratchet"]["turn"]["Sending"]["own"].clone();
    let own: crate::identity::agreement::AgreementSecret = serde_json::from_value(own).unwrap();
    let fresh = crate::identity::agreement::AgreementSecret::generate(&mut rng(8));
    let mut public = fresh.public();
    let agreement = fresh.agree(&crate::identity::AgreementKey::parse(&own.public()).unwrap());
    let agreement = *agreement.unwrap();
    let genuine = with_ratchet_key(&alices, &bob, public, agreement);
    public[31] |= 0x80;
    let other = with_ratchet_key(&alices, &bob, public, agreement);
    assert_eq!(refuses(&mut alices, &other), SessionError::Undecryptable);
    assert_eq!(reads(&mut alices, &genuine), "mine");
}

/// A session that goes on with one part of its ratchet as its owner likes: everything else in what it
/// encrypts, the signature too, is as it has to be.
fn bent(session: &Session, part: &str, to: serde_json::Value) -> Session {
    let mut state = serde_json::to_value(session).unwrap();
    let place = state.pointer_mut(&format!("/ratchet/{part}")).unwrap();
    assert_ne!(*place, to);
    *place = to;
    serde_json::from_value(state).unwrap()
}

/// One chain has one ratchet key and one epoch, whoever signs that it is otherwise.
#[test]
fn a_header_of_another_key_or_epoch_than_its_chain_s_is_refused() {
    let (_, mut alices, bob, mut bobs) = talking();
    let other = crate::identity::agreement::AgreementPair::generate(&mut rng(9));
    let other = serde_json::to_value(&other).unwrap();
    for (part, to) in [
        ("rekey/epoch", 0.into()),
        ("rekey/epoch", 2.into()),
        ("turn/Sending/own", other),
    ] {
        let bytes = bob.encrypt(&mut bent(&bobs, part, to), "mine");
        assert_eq!(
            refuses(&mut alices, &bytes),
            SessionError::Undecryptable,
            "{part}"
        );
    }
    // The same number of the same chain, as it has to be.
    let bytes = bob.encrypt(&mut bobs, "genuine");
    assert_eq!(reads(&mut alices, &bytes), "genuine");
}

#[test]
fn a_late_header_of_another_epoch_than_its_chain_s_is_refused() {
    let (alice, mut alices, bob, mut bobs) = talking();
    let forged =
        [0, 2].map(|epoch| bob.encrypt(&mut bent(&bobs, "rekey/epoch", epoch.into()), "mine"));
    let late = bob.encrypt(&mut bobs, "late");
    let prompt = bob.encrypt(&mut bobs, "prompt");
    reads(&mut alices, &prompt);
    let answer = alice.encrypt(&mut alices, "go on");
    reads(&mut bobs, &answer);
    let next = bob.encrypt(&mut bobs, "and on");
    reads(&mut alices, &next);
    for forged in forged {
        assert_eq!(refuses(&mut alices, &forged), SessionError::Undecryptable);
    }
    assert_eq!(reads(&mut alices, &late), "late");
}

/// Before its first chain a side has sent nothing.
#[test]
fn a_first_chain_that_follows_another_is_refused() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    for length in [1, u32::MAX] {
        let mut bent = bent(&alices, "turn/Sending/previous_length", length.into());
        let bytes = alice.encrypt(&mut bent, "mine");
        let refused = accept(&bob.local, &bob.prekeys, &NOTHING, &bytes, at(0)).unwrap_err();
        assert_eq!(refused, SessionError::Undecryptable);
    }
    let bytes = alice.encrypt(&mut alices, "genuine");
    assert!(bob.accepts(&bytes).is_ok());
}

/// Else the same identity would have several encodings, and lengths that others do not have.
#[test]
fn an_identity_is_padded_by_fewer_than_512_zeros() {
    let alice = Person::new(1);
    let signed = alice.local.signed_device_list();
    let length = u16::try_from(signed.list.len()).unwrap().to_be_bytes();
    let block = [
        alice.local.account().as_bytes().as_slice(),
        alice.local.device().id().as_bytes(),
        &1_800_000_000_000_u64.to_be_bytes(),
        &length,
        &signed.list,
        &signed.signature,
    ]
    .concat();
    let parsed = |zeros: usize, last: u8| {
        let mut padded = block.clone();
        padded.resize(block.len() + zeros, 0);
        padded[block.len() + zeros - 1] |= last;
        super::super::handshake::parse_identity(&padded)
    };
    assert!(parsed(511, 0).is_ok());
    for (zeros, last) in [(511, 1), (512, 0), (512 + 511, 0)] {
        let refused = parsed(zeros, last).err().unwrap();
        assert_eq!(refused, SessionError::Malformed, "{zeros}");
    }
}

/// Somebody's list names Bob's device, whose keys they have too: he does not talk to himself.
#[test]
fn a_first_message_of_the_own_device_is_refused() {
    let (mut bob, mallory) = (Person::new(2), AccountKey::generate(&mut rng(3)));
    let device = bob.local.device().clone();
    let list = mallory.sign_device_list(&DeviceList {
        account_key: mallory.id().to_vec(),
        version: 1,
        created_at_ms: 1_800_000_000_000,
        devices: vec![device.entry()],
    });
    let hers = LocalIdentity::new(&mallory.id(), device, &list).unwrap();
    for local in [&hers, &bob.local.clone()] {
        let served = bob.served();
        let prekeys = bob.verify(&served);
        let refused = initiate(local, &prekeys, Voucher::Nothing, at(0), &mut rng(4));
        assert_eq!(refused.unwrap_err(), SessionError::WrongDevice);
        let opened = super::super::handshake::initiate_towards_any(
            local,
            &prekeys,
            Voucher::Nothing,
            at(0),
            &mut rng(4),
        );
        let bytes = bob.encrypt(&mut opened.unwrap(), "to myself");
        assert_eq!(bob.accepts(&bytes).unwrap_err(), SessionError::WrongDevice);
    }
}

/// Another version, or another kind, of a first message.
#[test]
fn a_first_message_is_not_taken_as_anything_else() {
    let (alice, mut bob) = (Person::new(1), Person::new(2));
    let mut alices = alice.opens_towards(&mut bob);
    let bytes = alice.encrypt(&mut alices, "hello");
    let accepts = |bytes: &[u8]| accept(&bob.local, &bob.prekeys, &NOTHING, bytes, at(0));
    for found in (0..=255).filter(|version| *version != 2) {
        let mut bent = bytes.clone();
        bent[0] = found;
        let expected = 2;
        let refused = accepts(&bent).unwrap_err();
        assert_eq!(
            refused,
            SessionError::UnsupportedVersion { expected, found }
        );
    }
    for kind in (0..=255).filter(|kind| *kind != 1) {
        let mut bent = bytes.clone();
        bent[1] = kind;
        assert!(accepts(&bent).is_err(), "{kind}");
    }
    assert!(accepts(&bytes).is_ok());
}
