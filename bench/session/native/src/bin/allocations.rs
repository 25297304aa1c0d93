//! What one message allocates, early and late in a conversation. A binary of its own: counting
//! takes time. Prints JSON, of which `bench/session/run` makes a table.

use std::collections::BTreeMap;

use allocation_counter::measure;
use getrandom::SysRng;
use rand_core::UnwrapErr;
use serde::Serialize;
use sotto_bench_pair::{PING_PONG_CYCLE, Pair, Side, text};

/// Which messages are looked at.
const EARLY: u32 = 10;
const LATE: u32 = 10_000;

// Both stand at the same place of the cycle in which ML-KEM joins.
const _: () = assert!((LATE - EARLY).is_multiple_of(PING_PONG_CYCLE));

#[derive(Serialize, PartialEq, Eq)]
struct Allocations {
    count: u64,
    bytes: u64,
    most_at_once: u64,
}

#[derive(Serialize)]
struct Step {
    conversation: &'static str,
    step: &'static str,
    early: Allocations,
    late: Allocations,
}

#[derive(Serialize)]
struct Counted {
    early: u32,
    late: u32,
    allocations: Vec<Step>,
}

fn main() {
    let allocations = [
        conversation("chain", |_| Side::Initiator),
        conversation("ping-pong", Side::other),
    ];
    let counted = Counted {
        early: EARLY,
        late: LATE,
        allocations: allocations.into_iter().flatten().collect(),
    };
    println!(
        "{}",
        serde_json::to_string(&counted).expect("numbers as text")
    );
}

fn conversation(name: &'static str, next: fn(Side) -> Side) -> [Step; 2] {
    let text = text(256);
    let mut pair = Pair::new(UnwrapErr(SysRng));
    let mut from = Side::Responder;
    let mut at = BTreeMap::new();
    for number in 1..=LATE {
        from = next(from);
        let mut bytes = Vec::new();
        let encrypt = count(|| bytes = pair.encrypt(from, &text));
        let decrypt = count(|| drop(pair.decrypt(from.other(), &bytes)));
        at.insert(number, [encrypt, decrypt]);
    }
    let mut of = |number| at.remove(&number).expect("a message of that number");
    let ([encrypt, decrypt], [late_encrypt, late_decrypt]) = (of(EARLY), of(LATE));
    let step = |step, early, late| Step {
        conversation: name,
        step,
        early,
        late,
    };
    [
        step("encrypt", encrypt, late_encrypt),
        step("decrypt", decrypt, late_decrypt),
    ]
}

fn count(work: impl FnOnce()) -> Allocations {
    let info = measure(work);
    Allocations {
        count: info.count_total,
        bytes: info.bytes_total,
        most_at_once: info.bytes_max,
    }
}
