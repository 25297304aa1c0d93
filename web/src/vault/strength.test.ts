import { expect, it } from 'vitest';
import { strengthOf } from './strength';

it('counts what is missing', () => {
  expect(strengthOf('').level).toBe(0);
  expect(strengthOf('short').advice).toBe('3 more characters.');
  expect(strengthOf('seven77').advice).toBe('1 more character.');
});

it('calls the usual ones weak, however long', () => {
  for (const passphrase of ['password123', '12345678901234', 'aaaaaaaaaaaaaaaa', 'qwertyuiop']) {
    expect(strengthOf(passphrase).level, passphrase).toBe(1);
  }
});

it('likes words that have nothing to do with each other', () => {
  expect(strengthOf('lantern gravel').level).toBeLessThan(3);
  expect(strengthOf('lantern gravel seven otters tide').level).toBe(3);
  expect(strengthOf('Xk7#pQ2!vR9$mL4&').level).toBe(3);
});
