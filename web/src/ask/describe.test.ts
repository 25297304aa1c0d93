import type { ScheduleDraft } from '@sotto/client';
import { expect, it } from 'vitest';
import { describeDraft } from './describe';

const draft: ScheduleDraft = {
  contact: { id: '1', name: 'Robin' },
  duration_minutes: 30,
  from: '2026-11-30',
  to: '2026-12-04',
  earliest: null,
  latest: null,
  hours: 'within',
  title: 'Meeting with Robin',
  review: false,
};

it('says a request back in one line', () => {
  expect(describeDraft(draft)).toBe('30 minutes with Robin · Mon 30 Nov – Fri 4 Dec');
  expect(describeDraft({ ...draft, to: draft.from, earliest: '14:00:00' })).toBe(
    '30 minutes with Robin · Mon 30 Nov · after 14:00',
  );
  expect(describeDraft({ ...draft, hours: 'outside', earliest: '19:00:00', latest: '19:30:00' })).toMatch(
    /19:00–19:30 · outside your working hours$/,
  );
  expect(describeDraft({ ...draft, hours: 'partly' })).toMatch(/ · also outside your working hours$/);
  expect(describeDraft({ ...draft, latest: '12:00:00' })).toMatch(/before 12:00$/);
  expect(describeDraft({ ...draft, earliest: '09:00:00', latest: '12:00:00' })).toMatch(/09:00–12:00$/);
});
