//! Runs contenders in turn and takes their times.
//!
//! A machine that others use too is faster at one moment and slower at the next. So nobody runs
//! alone: in each round every contender has one turn, the order moves on by one from round to
//! round, and who is compared is compared within the rounds. And the clock is the thread's own:
//! it stands still while somebody else has the processor.

use std::{collections::BTreeMap, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// How long a turn should take at least: long against asking the clock and a cold cache.
const TURN: Duration = Duration::from_millis(1);

/// No more repetitions than this, where a turn does not get longer.
const MOST: u32 = 10_000;

/// What the thread has had of the processor so far.
pub fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime)
        .try_into()
        .unwrap_or_default()
}

/// Does its work so many times and says how long that took, without what it had to prepare.
pub type Work<'a> = Box<dyn FnMut(u32) -> Duration + 'a>;

/// One of those who are compared.
pub struct Contender<'a> {
    name: &'static str,
    work: Work<'a>,
}

impl<'a> Contender<'a> {
    /// All of the work counts.
    pub fn new(name: &'static str, mut work: impl FnMut() + 'a) -> Self {
        Self::timing_itself(name, move |times| {
            let start = processor_time();
            for _ in 0..times {
                work();
            }
            processor_time() - start
        })
    }

    /// For work that first prepares what does not count.
    pub fn timing_itself(name: &'static str, work: impl FnMut(u32) -> Duration + 'a) -> Self {
        let work = Box::new(work);
        Self { name, work }
    }
}

/// One row of the table: what each contender took, in nanoseconds for one repetition, round by round.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The row's name.
    pub row: String,
    /// By contender, in the order of the rounds.
    pub nanoseconds: BTreeMap<&'static str, Vec<f64>>,
}

/// Lets them run for so many rounds. A turn is a multiple of `cycle` repetitions, so that what is
/// done only now and then has its share in each.
pub fn race(
    row: impl Into<String>,
    rounds: usize,
    cycle: u32,
    mut contenders: Vec<Contender<'_>>,
) -> Row {
    let times: Vec<u32> = contenders
        .iter_mut()
        .map(|contender| enough(contender, cycle))
        .collect();
    let mut nanoseconds: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    let count = contenders.len();
    for round in 0..rounds {
        for place in 0..count {
            let who = (round + place) % count;
            let taken = (contenders[who].work)(times[who]).as_secs_f64() * 1e9;
            let samples = nanoseconds.entry(contenders[who].name).or_default();
            samples.push(taken / f64::from(times[who]));
        }
    }
    let row = row.into();
    Row { row, nanoseconds }
}

/// How many repetitions make a turn; warms up on the way.
fn enough(contender: &mut Contender<'_>, cycle: u32) -> u32 {
    let mut times = cycle;
    loop {
        let taken = (contender.work)(times);
        if taken >= TURN || times >= MOST {
            return times;
        }
        times *= 2;
    }
}
