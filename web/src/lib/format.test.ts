import { describe, expect, it } from 'vitest';
import { dayRange, daysTitle, duration, hostOf, relativeDay, shortDay, slot, until, zoneCity } from './format';

const at = (text: string) => Date.parse(text);

describe('days', () => {
  it('are short and without commas', () => {
    expect(shortDay('2026-11-30')).toBe('Mon 30 Nov');
    expect(shortDay('2026-09-01')).toBe('Tue 1 Sep');
    expect(dayRange('2026-11-30', '2026-12-04')).toBe('Mon 30 Nov – Fri 4 Dec');
    expect(dayRange('2026-11-30', '2026-11-30')).toBe('Mon 30 Nov');
  });

  it('share what a title’s ends have in common', () => {
    expect(daysTitle('2026-11-23', '2026-11-29')).toBe('23 – 29 November 2026');
    expect(daysTitle('2026-11-30', '2026-12-06')).toBe('30 November – 6 December 2026');
    expect(daysTitle('2026-12-28', '2027-01-03')).toBe('28 December 2026 – 3 January 2027');
    expect(daysTitle('2026-12-28', '2026-12-28')).toBe('28 December 2026');
  });

  it('are named when near', () => {
    expect(relativeDay('2026-11-21', '2026-11-21')).toBe('Today');
    expect(relativeDay('2026-12-01', '2026-11-30')).toBe('Tomorrow');
    expect(relativeDay('2026-12-03', '2026-11-30')).toBe('Thu 3 Dec');
  });
});

it('writes a slot in the user’s zone', () => {
  expect(slot(at('2026-12-01T09:00:00Z'), at('2026-12-01T09:30:00Z'), 'Europe/Berlin')).toBe('Tue 1 Dec, 10:00–10:30');
  expect(slot(at('2026-12-01T22:30:00Z'), at('2026-12-01T23:30:00Z'), 'Europe/Berlin')).toBe(
    'Tue 1 Dec, 23:30–Wed 2 Dec, 00:30',
  );
});

it('writes lengths', () => {
  expect(duration(30)).toBe('30 minutes');
  expect(duration(60)).toBe('1 hour');
  expect(duration(90)).toBe('1 hour 30 minutes');
  expect(duration(1)).toBe('1 minute');
});

it('says how long something is good for', () => {
  expect(until(90_000, 0)).toBe('in 2 minutes');
  expect(until(3_600_000, 0)).toBe('in 1 hour');
  expect(until(7 * 86_400_000, 0)).toBe('in 7 days');
  expect(until(0, 10)).toBe('in less than a minute');
});

it('shortens names of places', () => {
  expect(zoneCity('America/Argentina/Buenos_Aires')).toBe('Buenos Aires');
  expect(hostOf('https://sotto.example:8443/x')).toBe('sotto.example:8443');
  expect(hostOf('nothing')).toBe('nothing');
});
