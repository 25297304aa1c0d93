/** Derives every value of docs/vectors anew. What it is built on was written from docs/protocol.md. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import './checks/identities.ts';
import './checks/links.ts';
import './checks/messages.ts';
import './checks/sessions.ts';
import { Vector, counted, inAllFiles, read } from './checks/vector.ts';
import { labelsJoined } from './protocol/bytes.ts';
import { note } from './protocol/trace.ts';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

test('every label of the page went into a value of the vectors, and no other', () => {
  const named = page.match(/sotto\/v[0-9]+\/[a-z0-9/-]*[a-z0-9]/g) ?? [];
  expect([...labelsJoined].sort()).toEqual([...new Set(named)].sort());
});

test('the page and the key schedule name the same labels', () => {
  const named = page.match(/sotto\/v2\/[a-z0-9/-]*[a-z0-9]/g) ?? [];
  // The signature's context is no derivation: the receipt has it.
  const labels = new Set(named.filter((label) => label !== 'sotto/v2/message'));
  expect(new Set(read('key-schedule').map(({ name }) => name))).toEqual(labels);
});

test('every value of every file was derived', () => {
  expect(counted).toEqual(inAllFiles());
  console.log(`${counted.steps} steps and ${counted.results} results derived, none left`);
});

test('what a file has and nobody uses is noticed, and what differs', () => {
  const empty = { given: {}, result: {} };
  const left = [
    { ...empty, random: [{ name: 'nonce', bytes: '00' }] },
    { ...empty, given: { now: 1 } },
    { ...empty, steps: [{ name: 'k', value: '00' }] },
    { ...empty, result: { bytes: '00' } },
  ];
  for (const part of left) expect(() => new Vector(part).end()).toThrow(/not/);

  const steps = [{ name: 'k', value: '00' }];
  expect(() => new Vector({ ...empty, steps }).follow(() => note('k', Uint8Array.of(1)))).toThrow(/k/);
  expect(() => new Vector({ ...empty, steps }).follow(() => undefined)).toThrow(/k/);
  expect(() => new Vector(empty).follow(() => note('k', Uint8Array.of(0)))).toThrow(/k/);
  expect(() => new Vector({ ...empty, result: { bytes: '00' } }).gives('bytes', Uint8Array.of(1))).toThrow(/bytes/);
  expect(() => new Vector(empty).gives('bytes', Uint8Array.of(1))).toThrow(/bytes/);
});
