import type { WorkingHours } from '@sotto/client';
import { expect, it } from 'vitest';
import { faultOf, nextStretch, stretchesOf, withStretches } from './hours';

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

it('finds ends before starts', () => {
  expect(faultOf({ from: '09:00:00', to: '17:00:00' })).toBeNull();
  expect(faultOf({ from: '17:00:00', to: '09:00:00' })).not.toBeNull();
  expect(faultOf({ from: '', to: '09:00:00' })).not.toBeNull();
});
