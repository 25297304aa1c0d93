// Runs contenders in turn and takes their times: bench/race in JavaScript.

/** How long a turn should take at least, in milliseconds: the clock steps by 5 µs on an isolated page. */
const TURN = 1;

/** No more repetitions than this, where a turn does not get longer. */
const MOST = 10_000;

/** A contender all of whose work counts. */
export function contender(name, work) {
  return timingItself(name, (times) => {
    const start = performance.now();
    for (let time = 0; time < times; time += 1) work();
    return performance.now() - start;
  });
}

/** The same for work that has to be waited for. */
export function waiting(name, work) {
  return timingItself(name, async (times) => {
    const start = performance.now();
    for (let time = 0; time < times; time += 1) await work();
    return performance.now() - start;
  });
}

/** For work that first prepares what does not count: it gives the milliseconds that counted. */
export function timingItself(name, work) {
  return { name, work };
}

/**
 * Lets them run for so many rounds, each once a round, in an order that moves on by one. A turn is a
 * multiple of `cycle` repetitions, so that what is done only now and then has its share in each.
 */
export async function race(row, rounds, cycle, contenders) {
  const times = [];
  for (const { work } of contenders) times.push(await enough(work, cycle));
  const nanoseconds = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (let place = 0; place < contenders.length; place += 1) {
      const who = (round + place) % contenders.length;
      const { name, work } = contenders[who];
      nanoseconds[name].push(((await work(times[who])) * 1e6) / times[who]);
    }
  return { row, nanoseconds };
}

/** How many repetitions make a turn; warms up on the way. */
async function enough(work, cycle) {
  for (let times = cycle; ; times *= 2) if ((await work(times)) >= TURN || times >= MOST) return times;
}
