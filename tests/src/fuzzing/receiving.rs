//! A session receives: bytes as a program over a real pair.

use std::sync::OnceLock;

use jiff::Timestamp;
use rand_chacha::ChaCha20Rng;
use sotto_client_core::session::{Session, Voucher, accept, initiate};

use super::{Somebody, at, rng, two};

/// One end.
struct End {
    somebody: &'static Somebody,
    /// None at the responder's, before the first message.
    session: Option<Session>,
}

/// A message that was sent, and whether it was read.
struct Sent {
    by: usize,
    bytes: Vec<u8>,
    text: Vec<u8>,
    read: bool,
}

struct Pair {
    ends: [End; 2],
    sent: Vec<Sent>,
    rng: ChaCha20Rng,
    now: Timestamp,
}

impl Pair {
    fn new() -> Self {
        static OPENED: OnceLock<Session> = OnceLock::new();
        let [alice, bob] = two();
        let opened = OPENED.get_or_init(|| {
            let prekeys = bob.peer_prekeys();
            initiate(&alice.local, &prekeys, Voucher::Nothing, at(0), &mut rng(5))
                .expect("a session")
        });
        let end = |somebody, session| End { somebody, session };
        Self {
            ends: [end(alice, Some(opened.clone())), end(bob, None)],
            sent: Vec::new(),
            rng: rng(6),
            now: at(0),
        }
    }

    fn send(&mut self, by: usize, length: u8) {
        let end = &mut self.ends[by];
        let Some(session) = &mut end.session else {
            return;
        };
        let mut text = vec![length; usize::from(length) * 3];
        text.extend_from_slice(&self.sent.len().to_be_bytes());
        let device = end.somebody.local.device();
        let sent = session.encrypt(device, &text, self.now, &mut self.rng);
        let sent = sent.expect("a session sends");
        let statement = sent.signed.verify(&text).expect("the own signature");
        assert_eq!(statement.sender_device, device.id());
        self.sent.push(Sent {
            by,
            bytes: sent.bytes,
            text,
            read: false,
        });
    }

    /// Hands bytes to an end. What is not genuine, new and for it changes nothing.
    fn receive(&mut self, to: usize, bytes: &[u8]) {
        let stored = |session: &Option<Session>| serde_json::to_vec(session).expect("JSON");
        let end = &mut self.ends[to];
        let before = stored(&end.session);
        let result = match &mut end.session {
            Some(session) => session.decrypt(bytes, self.now),
            None => {
                let local = &end.somebody.local;
                let vouchers = [Voucher::Nothing];
                accept(local, &end.somebody.prekeys, &vouchers, bytes, self.now).map(|accepted| {
                    end.session = Some(accepted.session);
                    accepted.message
                })
            }
        };
        let mut genuine = self.sent.iter_mut();
        let genuine = genuine.find(|sent| sent.by != to && sent.bytes == bytes);
        match (result, genuine) {
            (Ok(decrypted), Some(sent)) => {
                assert!(!sent.read, "read twice");
                assert_eq!(decrypted.plaintext, sent.text);
                decrypted.signed.verify(&sent.text).expect("signed");
                sent.read = true;
            }
            (Ok(_), None) => panic!("read what nobody sent"),
            (Err(_), genuine) => {
                assert_eq!(stored(&end.session), before, "refused, and changed");
                // Nothing is lost: a hundred turns and a thousand messages are never reached.
                let lost = genuine.is_some_and(|sent| !sent.read) && end.session.is_some();
                assert!(!lost, "a genuine message is refused");
            }
        }
    }

    fn reload(&mut self, whose: usize) {
        if let Some(session) = &mut self.ends[whose].session {
            let stored = serde_json::to_vec(session).expect("JSON");
            *session = serde_json::from_slice(&stored).expect("what was stored");
        }
    }

    fn message(&self, number: u8) -> Option<&Sent> {
        let last = self.sent.len().checked_sub(1)?;
        Some(&self.sent[last.saturating_sub(usize::from(number))])
    }

    fn step(&mut self, [what, which, how]: [u8; 3]) {
        let whose = usize::from(what & 1);
        match what >> 1 & 7 {
            0 | 1 => self.send(whose, how),
            2 | 3 => {
                // To whom it is for; a number that is not there yet is the last one.
                if let Some(sent) = self.message(which) {
                    let (to, bytes) = (1 - sent.by, sent.bytes.clone());
                    self.receive(to, &bytes);
                }
            }
            4 => {
                // Back to its sender.
                if let Some(sent) = self.message(which) {
                    let (to, bytes) = (sent.by, sent.bytes.clone());
                    self.receive(to, &bytes);
                }
            }
            5 => {
                if let Some(sent) = self.message(which) {
                    let (to, mut bytes) = (1 - sent.by, sent.bytes.clone());
                    let at = bytes.len() * usize::from(how) / 256;
                    bytes[at] ^= 1 << (which & 7);
                    self.receive(to, &bytes);
                }
            }
            6 => {
                // The beginning of one and the end of another.
                if let (Some(sent), Some(other)) = (self.message(which), self.message(how & 7)) {
                    let to = 1 - sent.by;
                    let cut = sent.bytes.len().min(other.bytes.len()) * usize::from(how) / 256;
                    let bytes = [&sent.bytes[..cut], &other.bytes[cut..]].concat();
                    self.receive(to, &bytes);
                }
            }
            _ => {
                self.reload(whose);
                let later = jiff::SignedDuration::from_hours(i64::from(how) / 8);
                // Not so long that skipped keys expire.
                if self.now < at(20) {
                    self.now = self.now.checked_add(later).expect("a time");
                }
            }
        }
    }
}

/// Three bytes a step, at most 200 steps.
pub(super) fn session_receives(data: &[u8]) {
    let mut pair = Pair::new();
    let (steps, _) = data.as_chunks();
    for step in steps.iter().take(200) {
        pair.step(*step);
    }
}

/// Raw bytes to a device that has no session, and to one that has.
pub(super) fn handshake(data: &[u8]) {
    let mut pair = Pair::new();
    pair.receive(1, data);
    pair.send(0, 1);
    let first = pair.sent[0].bytes.clone();
    // The bytes in front of a genuine message, and over its end.
    let kept = first.len().saturating_sub(data.len());
    pair.receive(1, &[&first[..kept], data].concat());
    pair.receive(1, &first);
    pair.receive(1, data);
    pair.receive(0, data);
}

pub(super) fn seeds(add: &mut impl FnMut(&'static str, &str, Vec<u8>)) {
    let (send, take) = (|who: u8| [who, 0, 9], |which| [4, which, 0]);
    let turns = (0..12_u8).flat_map(|turn| [send(turn & 1), take(0)]);
    add("session_receives", "turns", turns.flatten().collect());
    let runs = (0..4).flat_map(|turn| {
        [
            send(turn & 1),
            send(turn & 1),
            send(turn & 1),
            take(2),
            take(0),
            take(1),
            [10, 0, 99],
            [12, 1, 50],
            [14, 0, 200],
        ]
    });
    add("session_receives", "out_of_order", runs.flatten().collect());
    let mut pair = Pair::new();
    pair.send(0, 20);
    let first = pair.sent[0].bytes.clone();
    pair.receive(1, &first);
    pair.send(1, 20);
    let answer = pair.sent[1].bytes.clone();
    for session in pair.ends.iter().filter_map(|end| end.session.as_ref()) {
        let stored = serde_json::to_vec(session).expect("JSON");
        let name = format!("responder_{}", session.is_answered());
        add("stored_session", &name, stored);
    }
    pair.receive(0, &answer);
    let stored = serde_json::to_vec(&pair.ends[0].session).expect("JSON");
    add("stored_session", "answered", stored);
    // Of another handshake: whatever is bent in it, it is not for who gets it.
    let [alice, bob] = two();
    let opened = initiate(
        &bob.local,
        &alice.peer_prekeys(),
        Voucher::Nothing,
        at(0),
        &mut rng(7),
    );
    let other = opened
        .and_then(|mut session| session.encrypt(bob.local.device(), b"text", at(0), &mut rng(8)));
    add("handshake", "other", other.expect("a first message").bytes);
    add("wire_message", "initial", first);
    add("wire_message", "ratchet", answer);
    add("header", "zeros", vec![0; 44]);
    let mut body = vec![0; 256];
    body[68] = 4;
    add("body", "text", body);
    let mut offer = vec![0; 1_280];
    offer[64] = 1;
    add("body", "offer", offer);
    let mut answer = vec![0; 1_216];
    answer[64] = 2;
    add("body", "answer", answer);
    let list = two()[0].local.signed_device_list();
    let length = u16::try_from(list.list.len()).expect("short").to_be_bytes();
    let local = &two()[0].local;
    let mut block = [
        local.account().as_bytes().as_slice(),
        local.device().id().as_bytes(),
        &1_800_000_000_000_u64.to_be_bytes(),
        &length,
        &list.list,
        &list.signature,
    ]
    .concat();
    block.resize(block.len().next_multiple_of(512), 0);
    add("identity_block", "one_device", block);
}
