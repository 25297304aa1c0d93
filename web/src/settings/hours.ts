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
const LAST = '23:59:00';

export function stretchesOf(hours: readonly WorkingHours[], weekday: Weekday): WorkingHours[] {
  return hours.filter((stretch) => stretch.weekday === weekday).sort((a, b) => a.from.localeCompare(b.from));
}

export function withStretches(
  hours: readonly WorkingHours[],
  weekday: Weekday,
  stretches: readonly WorkingHours[],
): WorkingHours[] {
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

/** The times of a day by the quarter hour, from `after` on, and `own` even if it is none of them. */
export function timesOfDay(own: string, after: string | null): string[] {
  const times = new Set<string>([own]);
  for (let minutes = 0; minutes < 24 * 60; minutes += 15) {
    times.add(`${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}:00`);
  }
  if (after !== null) times.add(LAST);
  return [...times].filter((time) => after === null || time > after).sort();
}

/** The stretch with another start; its end moves along where it would come first. */
export function startingAt(stretch: WorkingHours, from: string): WorkingHours {
  if (from < stretch.to) return { ...stretch, from };
  const hour = Number(from.slice(0, 2)) + 1;
  return { ...stretch, from, to: hour > 23 ? LAST : onHour(hour) };
}
