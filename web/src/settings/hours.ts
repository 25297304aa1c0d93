/** Working hours as the settings page edits them: a list of stretches for each weekday. */

import type { Weekday, WorkingHours } from '@sotto/client';

export const WEEKDAYS: readonly (readonly [day: Weekday, name: string])[] = [
  ['monday', 'Monday'],
  ['tuesday', 'Tuesday'],
  ['wednesday', 'Wednesday'],
  ['thursday', 'Thursday'],
  ['friday', 'Friday'],
  ['saturday', 'Saturday'],
  ['sunday', 'Sunday'],
];

export const MOST_STRETCHES = 4;

export function stretchesOf(hours: readonly WorkingHours[], weekday: Weekday): WorkingHours[] {
  return hours.filter((stretch) => stretch.weekday === weekday).sort((a, b) => a.from.localeCompare(b.from));
}

export function withStretches(hours: readonly WorkingHours[], weekday: Weekday, stretches: readonly WorkingHours[]): WorkingHours[] {
  return WEEKDAYS.flatMap(([day]) => (day === weekday ? [...stretches] : stretchesOf(hours, day)));
}

/** The stretch that a click on "add" gives: the usual day, or what comes after the last one. */
export function nextStretch(weekday: Weekday, existing: readonly WorkingHours[]): WorkingHours | null {
  const last = existing.at(-1);
  if (!last) return { weekday, from: '09:00:00', to: '17:00:00' };
  const from = Number(last.to.slice(0, 2)) + 1;
  if (existing.length >= MOST_STRETCHES || from > 22) return null;
  return { weekday, from: onHour(from), to: onHour(Math.min(23, from + 3)) };
}

const onHour = (hour: number) => `${String(hour).padStart(2, '0')}:00:00`;

/** What is wrong with a stretch, if anything. */
export function faultOf({ from, to }: { from: string; to: string }): string | null {
  if (!from || !to) return 'Enter both times.';
  return from < to ? null : 'The end must be later than the start.';
}
