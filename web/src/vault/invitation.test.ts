import { expect, it } from 'vitest';
import { invitationIn } from './invitation';

it('finds an invitation, whole', () => {
  expect(invitationIn('https://relay.example/#invite=abc')).toBe('https://relay.example/#invite=abc');
});

it('leaves other fragments alone', () => {
  expect(invitationIn('https://relay.example/')).toBeNull();
  expect(invitationIn('https://relay.example/#/people')).toBeNull();
  expect(invitationIn('https://relay.example/?a=#x#invite=abc')).toBeNull();
});
