import type { DeviceView } from '@sotto/client';
import { expect, it } from 'vitest';
import { askingIn, followed, removalWords, stateWords } from './deviceWords';

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
  state: 'listed',
  ...more,
});
const laptop = device('Laptop', { agent: true, keeper: true });
const phone = device('Phone');

it('finds the one that asks', () => {
  expect(askingIn([laptop, phone])).toBeNull();
  const tablet = device('Tablet', { state: { asking: { link: 'a', tries_left: 3 } } });
  expect(askingIn([laptop, tablet])).toEqual({ device: tablet, link: 'a' });
});

it('follows another device, never itself or one that is gone', () => {
  expect(followed([laptop, { ...phone, this: true }])).toBe(laptop);
  expect(followed([{ ...laptop, this: true }, phone])).toBeNull();
  expect(followed([{ ...laptop, state: 'removed' }, phone])).toBeNull();
  expect(followed([])).toBeNull();
});

it('says since when', () => {
  expect(stateWords(phone, 'UTC')).toBe('Added on 1 Dec');
  expect(stateWords({ ...phone, added_at: null }, 'UTC')).toBe('There from the beginning');
  const gone = { ...phone, state: 'removed', removed_at: '2026-12-02T08:00:00Z' } as const;
  expect(stateWords(gone, 'UTC')).toBe('Removed on 2 Dec');
});

it('says who answers once the one that does is removed', () => {
  expect(removalWords(laptop, [laptop, phone])[1]).toMatch(/^Laptop answers for you. From then on Phone does/);
  expect(removalWords(phone, [laptop, phone]).join()).not.toContain('answers');
});
