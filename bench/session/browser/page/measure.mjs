// The session in this browser's engine: ours as WASM, the same primitives of others composed alike, and Matrix's.
import init, { Aead, Meeting, Pair, SignedAead, chain_cycle, ping_pong_cycle } from '/wasm/sotto_bench_session_wasm.js';

import * as composed from './composed.mjs';
import * as matrix from './matrix.mjs';
import { primitives as noble } from './noble.mjs';
import { contender, race, timingItself, waiting } from './race.mjs';
import { primitives as libsodium } from './sodium.mjs';

const OTHERS = { libsodium, noble };

/** Who writes after whom, and after how many messages all that a session does has been done. */
const KINDS = {
  chain: { next: () => 0, cycle: chain_cycle },
  'ping-pong': { next: (from) => 1 - from, cycle: ping_pong_cycle },
};

/** What is written: text, as agents send it. */
function text(bytes) {
  return Uint8Array.from({ length: bytes }, (_, at) => 32 + (at % 95));
}

/** Runs everything; gives what was measured. */
export async function measure(rounds) {
  if (!crossOriginIsolated) throw new Error('the clock is coarse: this page is not isolated');
  await init();
  const rows = [await handshake(rounds)];
  for (const kind of Object.keys(KINDS))
    for (const bytes of [256, 4 * 1024, 64 * 1024]) rows.push(await messages(kind, bytes, rounds));
  for (const half of ['encrypt', 'decrypt'])
    for (const bytes of [256, 4 * 1024, 64 * 1024]) rows.push(await halves(half, bytes, rounds));
  return { engine: 'browser', rows, sizes: await sizes() };
}

function handshake(rounds) {
  const plaintext = text(256);
  const content = { body: new TextDecoder().decode(plaintext) };
  const ours = (name) => {
    const meeting = new Meeting();
    return timingItself(name, (times) => {
      meeting.prepare(times);
      const start = performance.now();
      for (let time = 0; time < times; time += 1) meeting.meet(plaintext);
      return performance.now() - start;
    });
  };
  const others = Object.entries(OTHERS).map(([name, primitives]) => {
    const [initiator, responder] = [new composed.Person(primitives), new composed.Person(primitives)];
    return timingItself(name, (times) => {
      const prekeys = Array.from({ length: times }, () => responder.oneTimePrekeys());
      const start = performance.now();
      for (const oneTime of prekeys) composed.meet(primitives, initiator, responder, oneTime, plaintext);
      return performance.now() - start;
    });
  });
  const theirs = timingItself('matrix', async (times) => {
    let taken = 0;
    for (let time = 0; time < times; time += 1) {
      const strangers = await matrix.Strangers.create();
      const start = performance.now();
      await strangers.meet(content);
      taken += performance.now() - start;
      strangers.free();
    }
    return taken;
  });
  return race('handshake', rounds, 1, [ours('sotto'), ...others, theirs, ours('sotto again')]);
}

async function messages(kind, bytes, rounds) {
  const plaintext = text(bytes);
  const content = { body: new TextDecoder().decode(plaintext) };
  const { next, cycle } = KINDS[kind];
  const ours = (name) => {
    const pair = new Pair();
    let from = 1;
    return contender(name, () => {
      from = next(from);
      pair.decrypt(from !== 0, pair.encrypt(from === 0, plaintext));
    });
  };
  const part = (name, cipher) => contender(name, () => cipher.open(cipher.seal(plaintext)));
  const others = Object.entries(OTHERS).map(([name, primitives]) => {
    const pair = new composed.Pair(primitives);
    let from = 1;
    return contender(name, () => pair.say((from = next(from)), plaintext));
  });
  const pair = await matrix.Pair.create();
  let from = 1;
  const theirs = waiting('matrix', () => pair.say((from = next(from)), content));
  const row = await race(`${kind} ${bytes}`, rounds, cycle(), [
    ours('sotto'),
    part('aead', new Aead()),
    part('aead + signature', new SignedAead()),
    ...others,
    theirs,
    ours('sotto again'),
  ]);
  pair.free();
  return row;
}

/** One half of messages in a chain: all are written, then all are read, and `half` of it counts. */
async function halves(half, bytes, rounds) {
  const plaintext = text(bytes);
  const content = { body: new TextDecoder().decode(plaintext) };
  const counting = (name, write, read) =>
    timingItself(name, async (times) => {
      const start = performance.now();
      const written = [];
      for (let time = 0; time < times; time += 1) written.push(await write());
      const between = performance.now();
      for (const message of written) await read(message);
      return half === 'encrypt' ? between - start : performance.now() - between;
    });
  const ours = (name) => {
    const pair = new Pair();
    return counting(
      name,
      () => pair.encrypt(true, plaintext),
      (message) => pair.decrypt(false, message),
    );
  };
  const others = Object.entries(OTHERS).map(([name, primitives]) => {
    const [from, to] = new composed.Pair(primitives).ends;
    return counting(
      name,
      () => from.encrypt(plaintext),
      (message) => to.decrypt(message),
    );
  });
  const pair = await matrix.Pair.create();
  const [from, to] = pair.both;
  const theirs = counting(
    'matrix',
    () => from.encrypts(content),
    (message) => to.receives(from, message),
  );
  const contenders = [ours('sotto'), ...others, theirs, ours('sotto again')];
  const row = await race(`${half} ${bytes}`, rounds, chain_cycle(), contenders);
  pair.free();
  return row;
}

/** What messages of 256 bytes are on the wire when both write in turn, over whole cycles. */
async function sizes() {
  const plaintext = text(256);
  const content = { body: new TextDecoder().decode(plaintext) };
  const ours = new Pair();
  const theirs = await matrix.Pair.create();
  const say = {
    sotto(from) {
      const bytes = ours.encrypt(from === 0, plaintext);
      ours.decrypt(from !== 0, bytes);
      return bytes.length;
    },
    matrix: (from) => theirs.say(from, content),
  };
  for (const [name, primitives] of Object.entries(OTHERS)) {
    const pair = new composed.Pair(primitives);
    say[name] = (from) => pair.say(from, plaintext);
  }
  const [smallest, average] = [{}, {}];
  for (const [name, one] of Object.entries(say)) {
    const lengths = [];
    for (let at = 0; at < 4 * ping_pong_cycle(); at += 1) lengths.push(await one(at % 2));
    smallest[name] = Math.min(...lengths);
    average[name] = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  }
  theirs.free();
  return { 'message of 256 B, smallest': smallest, 'message of 256 B, average': average };
}
