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
