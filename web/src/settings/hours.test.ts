import type { WorkingHours } from '@sotto/client';
import { expect, it } from 'vitest';
import { nextStretch, startingAt, stretchesOf, timesOfDay, withStretches } from './hours';

const monday = (from: string, to: string): WorkingHours => ({ weekday: 'monday', from, to });
const tuesday: WorkingHours = { weekday: 'tuesday', from: '10:00:00', to: '12:00:00' };

it('changes one day and leaves the others', () => {
  const hours = withStretches([tuesday, monday('09:00:00', '17:00:00')], 'monday', [monday('08:00:00', '12:00:00')]);
  expect(hours).toEqual([monday('08:00:00', '12:00:00'), tuesday]);
  expect(stretchesOf(withStretches(hours, 'tuesday', []), 'tuesday')).toEqual([]);
});

it('suggests what comes next', () => {
  expect(nextStretch('monday', [])).toEqual(monday('09:00:00', '17:00:00'));
  expect(nextStretch('monday', [monday('08:00:00', '12:00:00')])).toEqual(monday('13:00:00', '16:00:00'));
  expect(nextStretch('monday', [monday('08:00:00', '22:30:00')])).toBeNull();
});

it('offers times by the quarter hour', () => {
  expect(timesOfDay('09:00:00', null)).toHaveLength(96);
  expect(timesOfDay('09:10:00', null)).toContain('09:10:00');
  expect(timesOfDay('17:00:00', '16:30:00').slice(0, 2)).toEqual(['16:45:00', '17:00:00']);
  expect(timesOfDay('17:00:00', '16:30:00').at(-1)).toBe('23:59:00');
});

it('keeps the end after the start', () => {
  expect(startingAt(monday('09:00:00', '17:00:00'), '10:15:00')).toEqual(monday('10:15:00', '17:00:00'));
  expect(startingAt(monday('09:00:00', '12:00:00'), '12:30:00')).toEqual(monday('12:30:00', '13:00:00'));
  expect(startingAt(monday('09:00:00', '12:00:00'), '23:30:00')).toEqual(monday('23:30:00', '23:59:00'));
});
