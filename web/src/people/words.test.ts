import type { ContactState, ContactView } from '@sotto/client';
import { expect, it } from 'vitest';
import { acceptedWords, consequence, contactWords } from './words';

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

it('says how a block is undone', () => {
  for (const state of ['requested', 'active'] as const) {
    expect(consequence('block', contact(state))).toContain('Only a new invitation undoes this');
  }
});
