import { expect, it } from 'vitest';
import { invitationIn } from './invitation';

it('finds an invitation, whole', () => {
  expect(invitationIn('https://relay.example/#invite=abc')).toBe('https://relay.example/#invite=abc');
});

it('finds one that was damaged on its way, so that it can be said', () => {
  for (const damaged of ['#invite', '#invite%3Dabc', '#invite:abc']) {
    expect(invitationIn(`https://relay.example/${damaged}`)).toBe(`https://relay.example/${damaged}`);
  }
});

it('leaves other fragments alone', () => {
  expect(invitationIn('https://relay.example/')).toBeNull();
  expect(invitationIn('https://relay.example/#/people')).toBeNull();
  expect(invitationIn('https://relay.example/?a=#x#invite=abc')).toBeNull();
});
