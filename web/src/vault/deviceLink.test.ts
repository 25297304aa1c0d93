import { expect, it } from 'vitest';
import { deviceLinkIn } from './deviceLink';

it('finds a link that adds a device, whole or damaged', () => {
  for (const link of ['#device=abc', '#device', '#device%3Dabc']) {
    expect(deviceLinkIn(`https://relay.example/${link}`)).toBe(`https://relay.example/${link}`);
  }
});

it('leaves invitations and pages alone', () => {
  for (const other of ['', '#/people', '#invite=abc', '?a=#x#device=abc']) {
    expect(deviceLinkIn(`https://relay.example/${other}`)).toBeNull();
  }
});
