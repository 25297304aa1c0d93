//! The session against vodozemac's, natively. Prints what was measured as JSON, of which
//! `bench/session/run` makes a table.

mod vodozemac;

use std::{cell::RefCell, collections::BTreeMap, hint::black_box, time::Duration};

use getrandom::SysRng;
use rand_core::UnwrapErr;
use serde::Serialize;
use sotto_bench_pair::{
    Aead, CHAIN_CYCLE, Meeting, PING_PONG_CYCLE, Pair, Side, SignedAead, stored, text,
};
use sotto_bench_race::{Contender, Row, processor_time, race};

/// How many messages the conversations have in which sizes are taken: whole cycles.
const CONVERSATION: u32 = 20 * PING_PONG_CYCLE;

/// Who writes after whom, and after how many messages all that a session does has been done.
struct Kind {
    name: &'static str,
    next: fn(Side) -> Side,
    cycle: u32,
}

const CHAIN: Kind = Kind {
    name: "chain",
    next: |_| Side::Initiator,
    cycle: CHAIN_CYCLE,
};

const PING_PONG: Kind = Kind {
    name: "ping-pong",
    next: Side::other,
    cycle: PING_PONG_CYCLE,
};

/// By contender, in bytes.
type Sizes = BTreeMap<&'static str, f64>;

#[derive(Serialize)]
struct Measured {
    engine: &'static str,
    rows: Vec<Row>,
    sizes: BTreeMap<&'static str, Sizes>,
}

fn main() {
    let rounds = std::env::args().nth(1).map(|rounds| rounds.parse());
    let Some(Ok(rounds)) = rounds else {
        eprintln!("usage: sotto-bench-session ROUNDS");
        std::process::exit(2);
    };
    let mut rows = vec![handshake(rounds)];
    for kind in [CHAIN, PING_PONG] {
        for bytes in [256, 4 * 1024, 64 * 1024] {
            rows.push(messages(&kind, bytes, rounds));
        }
    }
    for (name, half) in [("encrypt", Half::Encrypt), ("decrypt", Half::Decrypt)] {
        for bytes in [256, 4 * 1024, 64 * 1024] {
            rows.push(halves(name, half, bytes, rounds));
        }
    }
    let measured = Measured {
        engine: "native",
        rows,
        sizes: sizes(),
    };
    println!(
        "{}",
        serde_json::to_string(&measured).expect("numbers as text")
    );
}

/// The generator of the product's native shell.
fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// Opening a session, its first message, and taking it up.
fn handshake(rounds: usize) -> Row {
    let contenders = vec![
        our_handshake("sotto"),
        our_handshake("sotto again"),
        their_handshake("vodozemac"),
    ];
    race("handshake", rounds, 1, contenders)
}

fn our_handshake(name: &'static str) -> Contender<'static> {
    let (mut meeting, text) = (Meeting::new(rng()), text(256));
    Contender::timing_itself(name, move |times| {
        let mut taken = Duration::ZERO;
        for _ in 0..times {
            let prekeys = meeting.prekeys();
            let start = processor_time();
            black_box(meeting.meet(&prekeys, &text));
            taken += processor_time() - start;
        }
        taken
    })
}

fn their_handshake(name: &'static str) -> Contender<'static> {
    let (initiator, mut responder) = (vodozemac::Person::new(), vodozemac::Person::new());
    let text = text(256);
    Contender::timing_itself(name, move |times| {
        let mut taken = Duration::ZERO;
        for _ in 0..times {
            let prekeys = responder.one_time_prekeys();
            let start = processor_time();
            let (opened, hello) = initiator.opens(&prekeys, &text);
            black_box((opened, responder.takes(initiator.identity(), &hello)));
            taken += processor_time() - start;
        }
        taken
    })
}

/// Encrypting and decrypting one message.
fn messages(&Kind { name, next, cycle }: &Kind, bytes: usize, rounds: usize) -> Row {
    let text = text(bytes);
    let (mut aead, mut signed) = (Aead::new(&mut rng()), SignedAead::new(&mut rng()));
    let ours = |name| {
        let (mut pair, mut from, text) = (Pair::new(rng()), Side::Responder, &text);
        Contender::new(name, move || {
            from = next(from);
            black_box(pair.say(from, black_box(text)));
        })
    };
    let (mut theirs, mut from) = (vodozemac::Pair::new(), Side::Responder);
    let contenders = vec![
        ours("sotto"),
        Contender::new("aead", || {
            let sealed = aead.seal(black_box(&text));
            black_box(aead.open(&sealed));
        }),
        Contender::new("aead + signature", || {
            let sealed = signed.seal(black_box(&text));
            black_box(signed.open(&sealed));
        }),
        Contender::new("vodozemac", || {
            from = next(from);
            black_box(theirs.say(from, black_box(&text)));
        }),
        ours("sotto again"),
    ];
    race(format!("{name} {bytes}"), rounds, cycle, contenders)
}

/// Which half of a message counts.
#[derive(Debug, Clone, Copy)]
enum Half {
    Encrypt,
    Decrypt,
}

impl Half {
    /// Of so many messages in a chain, all written and then all read.
    fn of<M>(self, times: u32, mut write: impl FnMut() -> M, read: impl FnMut(M)) -> Duration {
        let start = processor_time();
        let written: Vec<M> = (0..times).map(|_| write()).collect();
        let between = processor_time();
        written.into_iter().for_each(read);
        match self {
            Self::Encrypt => between - start,
            Self::Decrypt => processor_time() - between,
        }
    }
}

/// The halves of messages in a chain.
fn halves(name: &str, half: Half, bytes: usize, rounds: usize) -> Row {
    let text = text(bytes);
    let ours = |name| {
        let (pair, text) = (RefCell::new(Pair::new(rng())), &text);
        Contender::timing_itself(name, move |times| {
            let write = || pair.borrow_mut().encrypt(Side::Initiator, black_box(text));
            let read = |bytes: Vec<u8>| {
                black_box(pair.borrow_mut().decrypt(Side::Responder, &bytes));
            };
            half.of(times, write, read)
        })
    };
    let theirs = RefCell::new(vodozemac::Pair::new());
    let contenders = vec![
        ours("sotto"),
        Contender::timing_itself("vodozemac", |times| {
            let write = || {
                let mut pair = theirs.borrow_mut();
                pair.encrypt(Side::Initiator, black_box(&text))
            };
            let read = |message| {
                black_box(theirs.borrow_mut().decrypt(Side::Responder, &message));
            };
            half.of(times, write, read)
        }),
        ours("sotto again"),
    ];
    race(format!("{name} {bytes}"), rounds, CHAIN_CYCLE, contenders)
}

/// What is stored and what is sent: first messages, and a conversation in which both write in turn.
fn sizes() -> BTreeMap<&'static str, Sizes> {
    let text = text(256);
    let mut meeting = Meeting::new(rng());
    let prekeys = meeting.prekeys();
    let (opened, hello) = meeting.meet(&prekeys, &text);
    let mut stranger = vodozemac::Person::new();
    let (their_opened, their_hello) =
        vodozemac::Person::new().opens(&stranger.one_time_prekeys(), &text);

    let (mut ours, mut theirs) = (Pair::new(rng()), vodozemac::Pair::new());
    let (mut stored_at_most, mut lengths) = ([0; 2], [Vec::new(), Vec::new()]);
    let mut from = Side::Initiator;
    for _ in 0..CONVERSATION {
        lengths[0].push(ours.say(from, &text));
        lengths[1].push(theirs.say(from, &text));
        for side in [Side::Initiator, Side::Responder] {
            stored_at_most[0] = stored_at_most[0].max(ours.stored(side));
            stored_at_most[1] = stored_at_most[1].max(theirs.stored(side));
        }
        from = from.other();
    }
    BTreeMap::from([
        (
            "session, unanswered",
            both([stored(&opened), vodozemac::stored(&their_opened)]),
        ),
        ("session, answered, largest", both(stored_at_most)),
        (
            "first message of 256 B",
            both([hello.len(), their_hello.1.len()]),
        ),
        (
            "message of 256 B, smallest",
            both(lengths.each_ref().map(|all| smallest(all))),
        ),
        ("message of 256 B, average", lengths_on_average(&lengths)),
    ])
}

fn both([ours, theirs]: [usize; 2]) -> Sizes {
    Sizes::from([("sotto", ours as f64), ("vodozemac", theirs as f64)])
}

fn smallest(lengths: &[usize]) -> usize {
    lengths.iter().min().copied().unwrap_or(0)
}

fn lengths_on_average([ours, theirs]: &[Vec<usize>; 2]) -> Sizes {
    let average = |lengths: &[usize]| lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
    Sizes::from([("sotto", average(ours)), ("vodozemac", average(theirs))])
}
