//! A conversation from its first message on, and its single parts.

use super::{
    handshakes::{Strangers, Supply, draws},
    *,
};
use crate::{
    identity::{AgreementKey, agreement::AgreementSecret},
    session::{
        attachment::Attachment,
        rekey::{Rekey, Side},
        root_key::{RootKey, TurnSecret},
        trace::Derivation,
    },
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Alice,
    Bob,
}
use Who::{Alice, Bob};

impl Who {
    fn role(self) -> &'static str {
        match self {
            Alice => "initiator",
            Bob => "responder",
        }
    }
}

/// What happens to a message, by its number.
enum Act {
    /// Somebody sends; what is drawn for it.
    Send(Who, &'static [(&'static str, usize)], &'static str),
    /// It arrives.
    Arrives(usize),
    /// It arrives, and is refused.
    Refused(usize),
}
use Act::{Arrives, Refused, Send};

const NONCE: &[(&str, usize)] = &[("header nonce", 24)];
const TURN: &[(&str, usize)] = &[("ratchet key", 32), ("header nonce", 24)];
const TURN_AND_OFFER: &[(&str, usize)] = &[
    ("ratchet key", 32),
    ("offer seed", 64),
    ("header nonce", 24),
];
const OFFER: &[(&str, usize)] = &[("offer seed", 64), ("header nonce", 24)];
const TURN_AND_ANSWER: &[(&str, usize)] = &[
    ("ratchet key", 32),
    ("answer encapsulation", 32),
    ("header nonce", 24),
];

/// Messages are counted from 1.
const SCRIPT: &[Act] = &[
    Send(Alice, NONCE, "hello"),
    Send(Alice, NONCE, "are you there? (the same handshake again)"),
    Arrives(1),
    Arrives(2),
    Send(
        Bob,
        TURN_AND_OFFER,
        "I am; this one offers the key of epoch 1",
    ),
    Arrives(3),
    Send(Alice, TURN_AND_ANSWER, "this one answers it, and is late"),
    Send(Alice, NONCE, "this one is later still"),
    Send(Alice, NONCE, "this one overtakes them"),
    Arrives(6),
    Arrives(4),
    Send(Bob, TURN, "epoch 1 begins"),
    Refused(4),
    Arrives(7),
    Send(Alice, TURN, "a chain of epoch 1"),
    Arrives(8),
    Arrives(5),
    Refused(5),
    Send(Alice, NONCE, "this one is lost"),
    Send(Alice, NONCE, ""),
    Arrives(10),
    Send(Bob, TURN, "two in a row"),
    Send(Bob, NONCE, "the second"),
    Arrives(11),
    Arrives(12),
    Send(
        Alice,
        TURN,
        "so many messages that the next one offers the key of epoch 2",
    ),
    Send(Alice, OFFER, "this one"),
    Arrives(13),
    Arrives(14),
    Send(Bob, TURN_AND_ANSWER, "and this one answers"),
    Arrives(15),
    Send(Alice, TURN, LONG),
    Arrives(16),
    Send(Bob, TURN, "in epoch 2"),
    Arrives(17),
    Send(Alice, TURN, "in epoch 2, too"),
    Arrives(18),
    Send(Bob, TURN, "and a last word"),
    Arrives(19),
    Send(Alice, TURN, "good bye"),
    Arrives(20),
];

/// Epoch 2 begins with it. Longer than the smallest bucket.
const LONG: &str = "Padme lets a length tell little: a body of this length is padded to the next multiple of \
a power of two that grows with it, by twelve per cent at most. So this text is longer than what fits into the smallest \
bucket, with the signature before it and the zeros after it, and nobody who sees the ciphertext knows how much longer.";

/// One run of the script.
struct Run {
    case: Case,
    derivations: Vec<Derivation>,
}

fn run() -> Run {
    let place = "ratchet";
    let mut random = Scripted::new(place, draws(Supply::Full));
    let strangers = Strangers::meet(Supply::Full, &mut random);
    let Strangers {
        alice,
        bob,
        prekeys,
        verified,
        given,
        result,
        ..
    } = strangers;
    let mut derivations = Vec::new();
    let mut take = |trace: Trace| {
        derivations.extend(trace.derivations.iter().cloned());
        trace.steps()
    };

    let opening = [
        ("EK secret", 32),
        ("encapsulation", 32),
        ("ratchet key", 32),
    ];
    let mut opened_with = Scripted::new(&format!("{place}/initiate"), opening);
    let (session, trace) =
        traced(|| initiate(&alice, &verified, Voucher::Nothing, at(0), &mut opened_with).unwrap());
    let mut events = vec![Event {
        what: "initiate",
        by: Alice.role(),
        message: None,
        random: opened_with.drawn(),
        given: Fields::new().with("now", milliseconds(at(0))),
        steps: take(trace),
        result: Fields::new().bytes("session id", session.id().as_bytes()),
    }];
    let (mut alices, mut bobs) = (session, None::<Session>);
    let mut sent: Vec<(Who, Vec<u8>, &str)> = Vec::new();
    for (minutes, act) in (1_i64..).zip(SCRIPT) {
        let now = at(0) + jiff::SignedDuration::from_mins(minutes);
        let given = Fields::new().with("now", milliseconds(now));
        let event = match act {
            Send(who, draws, text) => {
                let message = sent.len() + 1;
                let mut random =
                    Scripted::new(&format!("{place}/{message}"), draws.iter().copied());
                let (session, local) = match who {
                    Alice => (&mut alices, &alice),
                    Bob => (bobs.as_mut().unwrap(), &bob),
                };
                let (encrypted, trace) = traced(|| {
                    session
                        .encrypt(local.device(), text.as_bytes(), now, &mut random)
                        .unwrap()
                });
                sent.push((*who, encrypted.bytes.clone(), text));
                Event {
                    what: "send",
                    by: who.role(),
                    message: Some(message),
                    random: random.drawn(),
                    given: given.with("plaintext", *text),
                    steps: take(trace),
                    result: Fields::new()
                        .bytes("signed content", encrypted.signed.content)
                        .bytes("signature", encrypted.signed.signature)
                        .bytes("bytes", encrypted.bytes),
                }
            }
            Arrives(message) => {
                let (who, bytes, text) = &sent[message - 1];
                let (plaintext, trace) = traced(|| match (who, &mut bobs) {
                    (Bob, _) => alices.decrypt(bytes, now).unwrap().plaintext,
                    (Alice, Some(session)) => session.decrypt(bytes, now).unwrap().plaintext,
                    (Alice, none) => {
                        let accepted = accept(&bob, &prekeys, &NOTHING, bytes, now).unwrap();
                        *none = Some(accepted.session);
                        accepted.message.plaintext
                    }
                });
                assert_eq!(plaintext, text.as_bytes());
                let what = if *message == 1 { "accept" } else { "receive" };
                let by = if *who == Alice { Bob } else { Alice };
                Event {
                    what,
                    by: by.role(),
                    message: Some(*message),
                    random: vec![],
                    given,
                    steps: take(trace),
                    result: Fields::new().with("plaintext", *text),
                }
            }
            Refused(message) => {
                let (who, bytes, _) = &sent[message - 1];
                let (session, by) = match who {
                    Alice => (bobs.as_mut().unwrap(), Bob),
                    Bob => (&mut alices, Alice),
                };
                refuses(session, bytes);
                Event {
                    what: "refuse",
                    by: by.role(),
                    message: Some(*message),
                    random: vec![],
                    given,
                    steps: vec![],
                    result: Fields::new(),
                }
            }
        };
        events.push(event);
    }

    let bobs = bobs.unwrap();
    let mut ends = Fields::new();
    for (who, session) in [(Alice, &alices), (Bob, &bobs)] {
        let threads = session.threads();
        let role = who.role();
        ends = ends.bytes(
            format!("{role} received thread"),
            threads.to_open().unwrap().as_bytes(),
        );
        for (at, thread) in threads.to_accept().enumerate() {
            ends = ends.bytes(format!("{role} own thread {}", at + 1), thread.as_bytes());
        }
    }
    // Those that a new handshake would be authorised by: the one side's is among the other's.
    for (one, other) in [(&alices, &bobs), (&bobs, &alices)] {
        let to_open = one.threads().to_open().unwrap().as_bytes();
        assert!(
            other
                .threads()
                .to_accept()
                .any(|thread| thread.as_bytes() == to_open)
        );
    }
    let Fields(result) = result;
    ends.0.splice(0..0, result);
    let case = Case {
        name: "a conversation".to_owned(),
        about: "message 4 is overtaken, 5 comes after a later chain has begun, 9 never; epochs 1 and 2 begin"
            .to_owned(),
        random: random.drawn(),
        given,
        events,
        result: ends,
        ..Case::default()
    };
    Run { case, derivations }
}

pub(super) fn derivations() -> Vec<Derivation> {
    run().derivations
}

pub(super) fn ratchet() -> File {
    File {
        protocol: PROTOCOL,
        name: "ratchet",
        about: "A conversation of 20 messages.",
        cases: vec![run().case],
    }
}

fn encoded(attachment: &Attachment) -> Vec<u8> {
    let mut bytes = Vec::new();
    attachment.encode(&mut bytes);
    bytes
}

/// Both sides of an exchange, `epoch` begun so far.
fn sides(epoch: u32) -> (Rekey, Rekey) {
    let [mut initiator, mut responder] =
        [Side::Initiator, Side::Responder].map(|side| Rekey::new(side, at(0)));
    for _ in 0..epoch {
        initiator.begin(at(0));
        responder.begin(at(0));
    }
    // The offerer of the next epoch first.
    if epoch.is_multiple_of(2) {
        (responder, initiator)
    } else {
        (initiator, responder)
    }
}

pub(super) fn rekey() -> File {
    let exchange = |name: &str, about: &str, begun: u32| {
        let draws = [
            ("root", 32),
            ("own secret", 32),
            ("peer secret", 32),
            ("offer seed", 64),
            ("answer encapsulation", 32),
        ];
        let mut random = Scripted::new(&format!("rekey/{name}"), draws);
        let root: [u8; 32] = *crate::identity::secret::random(&mut random);
        let [own, peer] = [(); 2].map(|()| AgreementSecret::generate(&mut random));
        let agreement = own
            .agree(&AgreementKey::parse(&peer.public()).unwrap())
            .unwrap();
        let (mut offerer, mut answerer) = sides(begun);
        let ((offer, answer), trace) = traced(|| {
            // Seven days on, so that it is due.
            let offer = offerer.attach(0, at(7), &mut random).unwrap();
            answerer.take(&offer).unwrap();
            let answer = answerer.attach(0, at(7), &mut random).unwrap();
            offerer.take(&answer).unwrap();
            let (ready, followed) = (offerer.ready(), answerer.followed_by(begun + 1).unwrap());
            for fresh in [ready, followed] {
                let secret = TurnSecret {
                    agreement: agreement.clone(),
                    fresh: fresh.cloned(),
                };
                RootKey::new(root.into()).turn(&secret);
            }
            (offer, answer)
        });
        assert!(
            matches!(offer, Attachment::Offer { .. })
                && matches!(answer, Attachment::Answer { .. })
        );
        Case {
            name: name.to_owned(),
            about: about.to_owned(),
            random: random.drawn(),
            given: Fields::new().with("epochs begun", begun),
            steps: trace.steps(),
            result: Fields::new()
                .bytes("offer", encoded(&offer))
                .bytes("answer", encoded(&answer)),
            ..Case::default()
        }
    };
    File {
        protocol: PROTOCOL,
        name: "rekey",
        about: "ML-KEM exchanges: offer, answer, and the turn that mixes the secret in.",
        cases: vec![
            exchange("epoch 1", "the responder of the handshake offers", 0),
            exchange("epoch 2", "the initiator offers", 1),
            exchange("epoch 258", "more than a byte", 257),
            not_taken(),
            repeated(),
        ],
    }
}

/// An answer with another check than the right one changes nothing; a key beyond the modulus is refused.
fn not_taken() -> Case {
    let draws = [("offer seed", 64), ("answer encapsulation", 32)];
    let mut random = Scripted::new("rekey/not taken", draws);
    let (mut offerer, mut answerer) = sides(0);
    let offer = offerer.attach(0, at(0), &mut random).unwrap();
    answerer.take(&offer).unwrap();
    let answer = answerer.attach(0, at(0), &mut random).unwrap();
    let Attachment::Answer {
        epoch,
        ciphertext,
        mut check,
    } = answer
    else {
        unreachable!("an answer")
    };
    check[15] ^= 1;
    let bent = Attachment::Answer {
        epoch,
        ciphertext,
        check,
    };
    offerer.take(&bent).unwrap();
    let Attachment::Offer { epoch, mut key } = offer else {
        unreachable!("an offer")
    };
    key[..2].fill(0xff);
    let beyond = Attachment::Offer { epoch, key };
    let (_, mut fresh) = sides(0);
    Case {
        name: "not taken".to_owned(),
        about:
            "an answer whose check is wrong changes nothing; a key beyond the modulus is refused"
                .to_owned(),
        random: random.drawn(),
        given: Fields::new()
            .bytes("answer", encoded(&bent))
            .bytes("offer", encoded(&beyond)),
        result: Fields::new()
            .with("answer changes something", offerer.ready().is_some())
            .with("offer refused", fresh.take(&beyond).is_err()),
        ..Case::default()
    }
}

/// Which messages of a long chain the offer goes along with.
fn repeated() -> Case {
    let mut random = Scripted::new("rekey/repeated", [("offer seed", 64)]);
    let (mut offerer, _) = sides(0);
    let carrying: Vec<u32> = (0..50)
        .filter(|number| offerer.attach(*number, at(0), &mut random).unwrap() != Attachment::None)
        .collect();
    Case {
        name: "repeated".to_owned(),
        about: "the numbers of a chain's messages that carry an unanswered offer".to_owned(),
        random: random.drawn(),
        given: Fields::new().with("messages", 50),
        result: Fields::new().with("carrying", carrying),
        ..Case::default()
    }
}

pub(super) fn receipt() -> File {
    let mut names = draws(Supply::Full);
    names.extend([
        ("EK secret", 32),
        ("encapsulation", 32),
        ("ratchet key", 32),
        ("header nonce", 24),
    ]);
    let mut random = Scripted::new("receipt", names);
    let strangers = Strangers::meet(Supply::Full, &mut random);
    let Strangers {
        alice, verified, ..
    } = &strangers;
    let mut session = initiate(alice, verified, Voucher::Nothing, at(0), &mut random).unwrap();
    let plaintext = "Thursday at ten, in the garden";
    let Encrypted { signed, .. } = session
        .encrypt(alice.device(), plaintext.as_bytes(), at(0), &mut random)
        .unwrap();
    let statement = signed.verify(plaintext.as_bytes()).unwrap();
    assert!(signed.verify(b"Friday at ten, in the garden").is_err());
    let drawn = random
        .drawn()
        .into_iter()
        .filter(|draw| draw.is("A device seed"));
    File {
        protocol: PROTOCOL,
        name: "receipt",
        about: "What a device signed in one message, and what that says.",
        cases: vec![Case {
            name: "a receipt".to_owned(),
            about: "the first message of a session, without an attachment".to_owned(),
            random: drawn.collect(),
            given: Fields::new()
                .bytes("sender account", statement.sender_account.as_bytes())
                .bytes("recipient account", statement.recipient_account.as_bytes())
                .bytes("recipient device", statement.recipient_device.as_bytes())
                .bytes("session id", statement.session.as_bytes())
                .bytes("ratchet key", statement.ratchet_key)
                .with("chain", statement.chain)
                .with("epoch", statement.epoch)
                .with("previous length", statement.previous_length)
                .with("number", statement.number)
                .with("plaintext", plaintext),
            result: Fields::new()
                .bytes("sender device", statement.sender_device.as_bytes())
                .bytes("signed content", signed.content)
                .bytes("signature", signed.signature),
            ..Case::default()
        }],
    }
}
