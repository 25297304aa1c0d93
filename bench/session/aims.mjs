// What the session is meant to reach, and whether it does.
import { figure } from '../report/table.mjs';

/** How many times as long as the bare cipher a long message may take. */
const LONG = 1.15;

/** How long a stored session may be, without skipped keys, in bytes. */
const STORED = 4096;

/** What the ratchet against quantum computers may cost a message of a lively conversation, in bytes. */
const RENEWAL = 300;

/** Each aim with whether it is met, and the figures. */
export function aims({ native, browser }, sizes, allocations) {
  return [
    long(native),
    long(browser),
    short(native, 'chain 256'),
    short(native, 'ping-pong 256'),
    stored(sizes),
    constant(allocations),
    renewal(sizes),
  ];
}

function long({ name, rows }) {
  const { ratios, unsigned, signature } = rows.find(({ row }) => row === 'chain 65536');
  const found = ratios.aead.median;
  return {
    aim: `${name}, 64 KiB in a chain: at most ${LONG} times the bare cipher of the same build`,
    met: found <= LONG,
    figure: `${figure(found)} times; ${without(signature)} ${figure(unsigned.ratios.aead.median)} times`,
  };
}

function short({ name, rows }, which) {
  const { ratios, unsigned, signature } = rows.find(({ row }) => row === which);
  const found = ratios.vodozemac.median;
  return {
    aim: `${name}, ${which.replace(' 256', '')}, 256 B: faster than vodozemac's session`,
    met: found < 1,
    figure: `${figure(found)} times its time; ${without(signature)} ${figure(unsigned.ratios.vodozemac.median)} times. vodozemac signs nothing`,
  };
}

/** What a message's signature and the digests under it cost both sides together. */
function without({ median }) {
  return `without the ${figure(median)} µs of its signature and digests,`;
}

function stored(sizes) {
  const found = Math.max(sizes['session, answered, largest'].sotto, sizes['session, unanswered'].sotto);
  return {
    aim: `a stored session without skipped keys: below ${STORED} B`,
    met: found < STORED,
    figure: `${found} B at most`,
  };
}

function constant({ early, late, allocations }) {
  const grown = allocations.filter((step) => JSON.stringify(step.early) !== JSON.stringify(step.late));
  const names = grown.map(({ conversation, step }) => `${conversation}, ${step}`);
  return {
    aim: `message ${late} of a conversation allocates what message ${early} did`,
    met: grown.length === 0,
    figure: names.length === 0 ? 'the same, to the byte' : `another in: ${names.join('; ')}`,
  };
}

function renewal(sizes) {
  const found = sizes['message of 256 B, average'].sotto - sizes['message of 256 B, smallest'].sotto;
  return {
    aim: `renewal by ML-KEM costs at most ${RENEWAL} B a message in a lively conversation`,
    met: found > 0 && found <= RENEWAL,
    figure: found > 0 ? `${figure(found)} B` : 'there is none',
  };
}
