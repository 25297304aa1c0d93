import type { ContactState, ContactView, ProposalView } from '@sotto/client';
import { expect, it } from 'vitest';
import {
  acceptedWords,
  consequence,
  contactWords,
  deviceWords,
  meetingsAhead,
  showsDevices,
  stoppedWords,
  usedWords,
  usersSince,
  waitingWords,
} from './words';

const SINCE = '2026-11-21T09:00:00Z';
const DAYS = 24 * 3_600_000;
const contact = (state: ContactState): ContactView => ({
  id: 'c',
  name: 'Robin',
  their_name: 'Robin',
  state,
  verified: false,
  safety_number: '',
  relay: 'https://sotto.example',
  since: SINCE,
  unreadable: 0,
  was_verified: false,
  hold: null,
  same_name: null,
  missing_prekeys: [],
  of_agent: false,
  devices: [],
});
const words = (state: ContactState, days = 0) => contactWords(contact(state), 'UTC', Date.parse(SINCE) + days * DAYS);

it('names a next step to whoever waits for more than three days', () => {
  expect(words('waiting', 3)).toBe('Waiting for Robin to approve, since Sat 21 Nov');
  expect(words('waiting', 3.01)).toContain('Remind Robin, or ask for a new invitation.');
});

it('says of a refused invitation what is known, and blames nobody', () => {
  const known = 'The invitation had been used or taken back, or its time was over. Ask Robin for a new one.';
  expect(words('declined')).toBe(known);
  expect(acceptedWords('declined', 'Robin')).toEqual({
    title: 'Robin’s invitation was not good any more',
    status: known,
  });
});

it('asks for their invitation where somebody is not reached', () => {
  expect(words('unreachable')).toContain('Ask Robin for a new invitation');
});

it('names those to whom nothing is sent, and what waits', () => {
  expect(stoppedWords(['Bea'])).toBe('Sending to Bea is stopped until you have decided.');
  expect(stoppedWords(['Bea', 'Kim'])).toContain('to Bea and Kim is');
  expect(stoppedWords(['Bea', 'Kim', 'Ada'])).toContain('to Bea and 2 others is');
  expect(waitingWords('Bea', 1)).toBe('1 message to Bea waits until you have decided.');
  expect(waitingWords('Bea', 2)).toBe('2 messages to Bea wait until you have decided.');
});

it('says how a block is undone', () => {
  for (const state of ['requested', 'active'] as const) {
    expect(consequence('block', contact(state))).toContain('Only a new invitation undoes this');
  }
});

it('says who came in by an invitation since it was shown, and leaves open why it ended without anybody', () => {
  const opened = Date.parse(SINCE);
  const all = [contact('requested'), contact('active'), contact('waiting'), contact('blocked')];
  expect(usersSince(opened, all).map(({ state }) => state)).toEqual(['requested', 'active']);
  expect(usersSince(opened + 1, all)).toEqual([]);
  expect(usedWords([contact('requested')])).toContain('Robin would like to be your contact');
  expect(usedWords([contact('active')])).toBe('It was used. Robin is your contact now.');
  expect(usedWords([])).toContain('it was used, or its time is over');
});

it('names the agreed meetings with somebody that are not over, the next one first', () => {
  const meeting = (id: string, more: Partial<ProposalView>) =>
    ({ id, contact: { id: 'robin', name: 'Robin' }, state: 'confirmed', slot: at(24), ...more }) as ProposalView;
  const at = (day: number) => ({ start: `2026-11-${day}T09:00:00Z`, end: `2026-11-${day}T10:00:00Z` });
  const all = [
    meeting('later', { slot: at(25) }),
    meeting('sooner', {}),
    meeting('under way', { slot: at(21) }),
    meeting('over', { slot: at(20) }),
    meeting('open', { state: 'proposed' }),
    meeting('other', { contact: { id: 'bea', name: 'Bea' } }),
  ];
  const ahead = meetingsAhead('robin', all, Date.parse('2026-11-21T09:30:00Z'));
  expect(ahead.map(({ id }) => id)).toEqual(['under way', 'sooner', 'later']);
});

it('shows which devices somebody has, unless it is the one that they began with', () => {
  const met = contact('active');
  const first = { fingerprint: '4f2a 9c01 77e0 c2d4', since: SINCE, reachable: true, leads: true };
  const later = { ...first, since: '2026-12-01T09:00:00Z', reachable: false };
  expect(showsDevices({ ...met, devices: [first] })).toBe(false);
  expect(showsDevices({ ...met, devices: [later] })).toBe(true);
  expect(showsDevices({ ...met, devices: [first, { ...first, leads: false }] })).toBe(true);
  expect(deviceWords(first, met, 'UTC')).toBe('Answers for Robin, known since Sat 21 Nov');
  expect(deviceWords({ ...later, leads: false }, met, 'UTC')).toBe(
    'Reads along, known since Tue 1 Dec, not reached from here yet',
  );
});
