import type { MissingPrekey, SafetyCheckView } from '@sotto/client';
import { expect, test } from 'vitest';
import { checkWords, missingWords, supplyWords } from './safety';

const robin = { id: 'c0ffee', name: 'Robin' };

test('only a match asks whether it was scanned, and only a strange key warns', () => {
  const of = (result: SafetyCheckView['result'], contact: SafetyCheckView['contact'] = null, verified = false) =>
    checkWords({ result, contact, verified });
  expect(of('match', robin).next).toMatch(/own screen yourself: a link that was sent/);
  expect(of('match', robin, true)).toMatchObject({ title: 'Robin is verified', next: null, alarm: false });
  expect(of('different_key')).toMatchObject({ alarm: true });
  expect(of('other_key_of_mine', robin)).toMatchObject({ alarm: true });
  // Who sits in between both ways is known to neither.
  expect(of('not_for_you')).toMatchObject({ alarm: true });
  expect(of('own').alarm).toBe(false);
});

test('what a first contact went without is said until it is made up for', () => {
  const of = (...missing_prekeys: MissingPrekey[]) => missingWords({ missing_prekeys });
  expect(of()).toBeNull();
  expect(of('one_time')).toMatch(/a one-time key,.*you both have said something/);
  expect(of('ml_kem')).toMatch(/post-quantum key,.*a few messages/);
  expect(of('one_time', 'ml_kem')).toMatch(/one-time keys,.*a few messages/);
});

test('a supply that does not last is said', () => {
  const of = (supply: 'enough' | 'exhausted' | 'drained') =>
    supplyWords({ one_time: 50, ml_kem: 0, at: '2026-12-01T00:00:00Z', supply });
  expect(of('enough')).toBe('The relay holds 50 one-time and 0 post-quantum keys.');
  expect(of('exhausted')).toMatch(/run out/);
  expect(of('drained')).toMatch(/again and again/);
});
