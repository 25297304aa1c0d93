import type { DeviceView } from '@sotto/client';
import { expect, it } from 'vitest';
import {
  askingIn,
  awayOf,
  awayWords,
  canAnswer,
  called,
  calledFirst,
  handoverWords,
  isAbsent,
  isParted,
  removalWords,
  stateWords,
} from './deviceWords';

const device = (name: string, more: Partial<DeviceView> = {}): DeviceView => ({
  id: name,
  fingerprint: '4f2a 9c01 77e0 c2d4',
  name,
  this: false,
  agent: false,
  keeper: false,
  added_at: '2026-12-01T08:00:00Z',
  removed_at: null,
  came: true,
  parted: false,
  state: 'listed',
  ...more,
});
const laptop = device('Laptop', { agent: true, keeper: true });
const phone = device('Phone');

it('finds the one that asks', () => {
  expect(askingIn([laptop, phone])).toBeNull();
  const tablet = device('Tablet', { state: { asking: { link: 'a', tries_left: 3, account_fingerprint: '01234' } } });
  expect(askingIn([laptop, tablet])).toEqual({ device: tablet, link: 'a', digits: '01234' });
});

it('says of one that cannot be read what to do, while it is one of the devices', () => {
  expect(isParted(phone)).toBe(false);
  expect(isParted({ ...phone, parted: true })).toBe(true);
  expect(isParted({ ...phone, parted: true, state: 'removed' })).toBe(false);
  expect(canAnswer(phone)).toBe(true);
  expect(canAnswer({ ...phone, parted: true })).toBe(false);
});

it('follows another device, never itself or one that is gone', () => {
  const away = awayOf([laptop, { ...phone, this: true }]);
  expect(away).toEqual({ why: 'follows', name: 'Laptop' });
  expect(away && awayWords(away, 'invite people')).toBe('Laptop answers for you: invite people there.');
  expect(awayOf([{ ...laptop, this: true }, phone])).toBeNull();
  expect(awayOf([{ ...laptop, state: 'removed' }, phone])).toBeNull();
  expect(awayOf([])).toBeNull();
});

it('follows nobody once it was removed, and says so', () => {
  const away = awayOf([laptop, { ...phone, this: true, state: 'removed' }]);
  expect(away).toEqual({ why: 'removed' });
  expect(away && awayWords(away, 'invite people')).toBe('This device was removed: go on with another of yours.');
});

it('calls a device by its name, and says which is this one', () => {
  const here = { ...phone, this: true };
  expect([phone, here, { ...here, name: 'This device' }].map(called)).toEqual([
    'Phone',
    'Phone (this device)',
    'this device',
  ]);
  expect(calledFirst({ ...here, name: 'This device' })).toBe('This device');
});

it('says since when', () => {
  expect(stateWords(phone, 'UTC')).toBe('Added on 1 Dec');
  expect(stateWords({ ...phone, added_at: null }, 'UTC')).toBe('There from the beginning');
  const gone = { ...phone, state: 'removed', removed_at: '2026-12-02T08:00:00Z' } as const;
  expect(stateWords(gone, 'UTC')).toBe('Removed on 2 Dec');
});

it('knows one that was added and never came', () => {
  expect([phone, { ...phone, came: false }].map(isAbsent)).toEqual([false, true]);
  expect(isAbsent({ ...phone, came: false, state: 'removed' })).toBe(false);
});

it('lets a listed device answer that has come and does not yet', () => {
  expect([laptop, phone].map(canAnswer)).toEqual([false, true]);
  expect(canAnswer({ ...phone, came: false })).toBe(false);
  for (const state of ['leading', 'leaving', 'removed', 'joining'] as const) {
    expect(canAnswer({ ...phone, state })).toBe(false);
  }
});

it('says what is not handed over, and what is called off', () => {
  const [who, calendar, open] = handoverWords(phone, [laptop, phone]);
  expect(who).toMatch(/^From then on Phone answers for you/);
  expect(calendar).toContain('import them on Phone');
  expect(open).toMatch(/^What Laptop is arranging is called off/);
  const here = handoverWords({ ...phone, this: true }, [laptop, phone]);
  expect(here[0]).toMatch(/^From then on Phone \(this device\) answers/);
  const away = handoverWords(phone, [{ ...laptop, this: true }, phone]);
  expect(away[2]).toMatch(/^What Laptop \(this device\) is arranging/);
});

it('says who answers once the one that does is removed', () => {
  expect(removalWords(laptop, [laptop, phone])[1]).toMatch(/^Laptop answers for you. From then on Phone does/);
  expect(removalWords(phone, [laptop, phone]).join()).not.toContain('answers');
});
