import type { ProposalView, ScheduleDraft } from '@sotto/client';
import { expect, it } from 'vitest';
import { describeDraft, linkIn, meansInviter, sentWords } from './describe';

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

it('says a request back', () => {
  expect(describeDraft(draft)).toEqual(['30 minutes with Robin', 'Mon 30 Nov – Fri 4 Dec']);
  expect(describeDraft({ ...draft, to: draft.from, earliest: '14:00:00' })).toEqual([
    '30 minutes with Robin',
    'Mon 30 Nov',
    'after 14:00',
  ]);
  expect(describeDraft({ ...draft, latest: '12:00:00' })).toContain('before 12:00');
  expect(describeDraft({ ...draft, hours: 'outside' })).toContain('outside your working hours');
  expect(describeDraft({ ...draft, hours: 'partly' })).toContain('also outside your working hours');
  expect(describeDraft({ ...draft, earliest: '09:00:00', latest: '12:00:00' })).toContain('09:00–12:00');
});

it('says what became of a sentence until the meeting itself says more', () => {
  const asked: ProposalView = {
    id: 'p',
    contact: draft.contact,
    direction: 'outgoing',
    state: 'asking',
    title: draft.title,
    duration_minutes: 30,
    asked: null,
    slot: null,
    options: [],
    reason: null,
    untold: true,
    stopped: false,
    expires_at: null,
    created_at: '2026-11-21T09:00:00Z',
    updated_at: '2026-11-21T09:00:00Z',
    event_uid: null,
  };
  expect(sentWords(asked, false)).toMatch(/^Kept\. .* as soon as the relay is back\.$/);
  expect(sentWords(asked, true)).toBe('Sent. Your agent asks Robin’s agent.');
  expect(sentWords({ ...asked, untold: false }, false)).toBe('Sent. Your agent asks Robin’s agent.');
  for (const state of ['review', 'proposed', 'confirmed', 'rejected'] as const)
    expect(sentWords({ ...asked, state }, true)).toBeNull();
});

it('finds an invitation in what was pasted', () => {
  const link = 'https://relay.example/#invite=AAAA';
  expect(linkIn(`Ada writes:\n${link} bye`)).toEqual({ link, what: 'invitation' });
  const code = 'https://relay.example/#verify=abc';
  expect(linkIn(`scanned: ${code}`)).toEqual({ link: code, what: 'safety number' });
  expect(linkIn('half an hour with Robin about #invite=')).toBeNull();
  expect(linkIn('https://example.org/#week')).toBeNull();
});

it('knows the inviter by any word of the name, and only by a whole one', () => {
  expect(meansInviter('half an hour with robin next week', 'Robin Müller')).toBe(true);
  expect(meansInviter('lunch with Müller', 'Robin Müller')).toBe(true);
  expect(meansInviter('lunch with Robinson', 'Robin Müller')).toBe(false);
});
