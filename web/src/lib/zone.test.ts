import { describe, expect, it } from 'vitest';
import {
  addDays,
  dayOf,
  daysBetween,
  instantAt,
  mondayOf,
  offsetLabel,
  startOfDay,
  wallClock,
  zoneCalled,
} from './zone';

const at = (text: string) => Date.parse(text);

describe('wallClock', () => {
  it('reads the clock of the zone, whatever the browser’s is', () => {
    expect(wallClock(at('2026-11-21T23:30:00Z'), 'Europe/Berlin')).toEqual({ day: '2026-11-22', minutes: 30 });
    expect(wallClock(at('2026-11-21T03:15:00Z'), 'America/New_York')).toEqual({
      day: '2026-11-20',
      minutes: 22 * 60 + 15,
    });
    expect(wallClock(at('2026-11-21T00:00:00Z'), 'Asia/Kathmandu')).toEqual({ day: '2026-11-21', minutes: 345 });
  });

  it('keeps 09:00 at 09:00 on both sides of a change', () => {
    expect(wallClock(at('2026-10-24T07:00:00Z'), 'Europe/Berlin').minutes).toBe(540);
    expect(wallClock(at('2026-10-25T08:00:00Z'), 'Europe/Berlin').minutes).toBe(540);
  });
});

describe('instantAt', () => {
  it('is the inverse of wallClock', () => {
    for (const zone of [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'Pacific/Apia',
      'UTC',
    ]) {
      for (const day of ['2026-03-28', '2026-07-01', '2026-11-21', '2026-12-31']) {
        const instant = instantAt(day, 610, zone);
        expect(wallClock(instant, zone)).toEqual({ day, minutes: 610 });
      }
    }
  });

  it('takes the first of two equal times when clocks go back', () => {
    expect(instantAt('2026-10-25', 150, 'Europe/Berlin')).toBe(at('2026-10-25T00:30:00Z'));
    expect(instantAt('2026-11-01', 90, 'America/New_York')).toBe(at('2026-11-01T05:30:00Z'));
  });

  it('takes the moment of the change for a time that is skipped', () => {
    expect(instantAt('2026-03-29', 150, 'Europe/Berlin')).toBe(at('2026-03-29T01:00:00Z'));
  });

  it('starts a day whose midnight is skipped when it really starts', () => {
    // In Cairo the clocks went from 00:00 to 01:00 on 24 April 2026.
    expect(startOfDay('2026-04-24', 'Africa/Cairo')).toBe(at('2026-04-23T22:00:00Z'));
    expect(dayOf(startOfDay('2026-04-24', 'Africa/Cairo'), 'Africa/Cairo')).toBe('2026-04-24');
  });

  it('knows days of 23 and 25 hours', () => {
    const hours = (day: string) =>
      (startOfDay(addDays(day, 1), 'Europe/Berlin') - startOfDay(day, 'Europe/Berlin')) / 3_600_000;
    expect(hours('2026-03-29')).toBe(23);
    expect(hours('2026-10-25')).toBe(25);
    expect(hours('2026-10-26')).toBe(24);
  });
});

describe('days', () => {
  it('counts', () => {
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
    expect(mondayOf('2026-11-22')).toBe('2026-11-16');
    expect(mondayOf('2026-11-16')).toBe('2026-11-16');
  });
});

it('names offsets', () => {
  expect(offsetLabel(at('2026-11-21T12:00:00Z'), 'Europe/Berlin')).toBe('UTC+1');
  expect(offsetLabel(at('2026-07-21T12:00:00Z'), 'America/St_Johns')).toBe('UTC−2:30');
  expect(offsetLabel(at('2026-11-21T12:00:00Z'), 'Europe/London')).toBe('UTC');
});

it('knows a zone by its name or by its city alone', () => {
  const zones = ['America/New_York', 'Europe/Berlin', 'America/Indiana/Knox', 'America/North_Dakota/Knox', 'UTC'];
  expect(zoneCalled('europe/berlin', zones)).toBe('Europe/Berlin');
  expect(zoneCalled(' New York ', zones)).toBe('America/New_York');
  expect(zoneCalled('America/New York', zones)).toBe('America/New_York');
  expect(zoneCalled('utc', zones)).toBe('UTC');
  for (const none of ['', 'Ber', 'Knox', 'Atlantis', 'Europe/']) expect(zoneCalled(none, zones)).toBeNull();
});
