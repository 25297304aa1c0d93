/** Derives every value of docs/vectors anew. What it is built on was written from docs/protocol.md. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import './checks/identities.ts';
import './checks/sessions.ts';
import { counted, inAllFiles, read } from './checks/vector.ts';

test('the page and the key schedule name the same labels', () => {
  const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  const named = page.match(/sotto\/v2\/[a-z0-9/-]*[a-z0-9]/g) ?? [];
  // The signature's context is no derivation: the receipt has it.
  const labels = new Set(named.filter((label) => label !== 'sotto/v2/message'));
  expect(new Set(read('key-schedule').map(({ name }) => name))).toEqual(labels);
});

test('every value of every file was derived', () => {
  expect(counted).toEqual(inAllFiles());
  console.log(`${counted.steps} steps and ${counted.results} results derived, none left`);
});
