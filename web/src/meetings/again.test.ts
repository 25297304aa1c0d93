import type { AskedView, ProposalView } from '@sotto/client';
import { expect, it } from 'vitest';
import { otherDays, sameDays } from './again';

const refused = (title: string, asked: Partial<AskedView> | null): ProposalView => ({
  id: 'p',
  contact: { id: 'c', name: 'Robin' },
  direction: asked ? 'outgoing' : 'incoming',
  state: 'rejected',
  title,
  duration_minutes: 90,
  asked: asked && { from: '2026-11-23', to: '2026-11-29', earliest: null, latest: null, ...asked },
  slot: null,
  options: [],
  reason: null,
  untold: false,
  stopped: false,
  expires_at: null,
  created_at: '2026-11-21T09:00:00Z',
  updated_at: '2026-11-21T09:00:00Z',
  event_uid: null,
});
const today = '2026-11-24';

it('asks for the week after the asked days', () => {
  expect(otherDays(refused('Meeting', {}), today)).toBe('1 hour 30 minutes with Robin from 30 Nov to 6 Dec');
  expect(otherDays(refused('The “garden”', { latest: '12:00:00' }), today)).toBe(
    '1 hour 30 minutes with Robin from 30 Nov to 6 Dec before 12:00 about “The garden”',
  );
  expect(otherDays(refused('Meeting', { to: '2026-11-20' }), today)).toContain('from 25 Nov to 1 Dec');
  expect(otherDays(refused('Meeting', null), today)).toBe('1 hour 30 minutes with Robin next week');
});

it('asks again for what is left of the asked days', () => {
  expect(sameDays(refused('Meeting', {}), today)).toContain('from 24 Nov to 29 Nov');
  expect(sameDays(refused('Meeting', { to: today, earliest: '14:00:00', latest: '16:30:00' }), today)).toBe(
    '1 hour 30 minutes with Robin on 24 Nov 14:00–16:30',
  );
  expect(sameDays(refused('Meeting', { to: '2026-11-23' }), today)).toBeNull();
  expect(sameDays(refused('Meeting', null), today)).toBeNull();
});
