import { expect, it } from 'vitest';
import { codeGroups, digitGroups, timeLeft } from './digits';

it('groups a code', () => {
  expect(codeGroups('012345')).toBe('012 345');
});

it('groups the digits of an account', () => {
  expect(digitGroups('01234 56789 0')).toEqual(['01234', '56789', '0']);
});

it('counts down, and not below nothing', () => {
  expect([600_000, 599_001, 61_000, 5_000, 1, 0, -5_000].map((left) => timeLeft(left, 0))).toEqual([
    '10:00',
    '10:00',
    '1:01',
    '0:05',
    '0:01',
    '0:00',
    '0:00',
  ]);
});
