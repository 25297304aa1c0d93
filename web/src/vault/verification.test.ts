import { expect, test } from 'vitest';
import { invitationIn } from './invitation';
import { verificationIn } from './verification';

test('a code of a safety number is told from an invitation, and from a page', () => {
  const code = 'https://relay.example/#verify=AQ';
  expect(verificationIn(code)).toBe(code);
  expect(invitationIn(code)).toBeNull();
  expect(verificationIn('https://relay.example/#invite=AQ')).toBeNull();
  expect(verificationIn('https://relay.example/#/people')).toBeNull();
  expect(verificationIn('https://relay.example/?q=#verify=AQ')).toBe('https://relay.example/?q=#verify=AQ');
});
