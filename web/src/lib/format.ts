/** Dates, times and lengths as people read them. */

import { addDays, dayOf, type Day } from './zone';

const LOCALE = 'en-GB';
const cache = new Map<string, Intl.DateTimeFormat>();

function format(instant: number, zone: string, name: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${name} ${zone}`;
  let found = cache.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: zone });
    cache.set(key, found);
  }
  return found.format(instant).replace(',', '').replace('Sept', 'Sep');
}

const noon = (day: Day) => Date.parse(`${day}T12:00:00Z`);

/** "Mon 30 Nov" */
export function shortDay(day: Day): string {
  return format(noon(day), 'UTC', 'short', { weekday: 'short', day: 'numeric', month: 'short' });
}

/** "Monday 30 November" */
export function longDay(day: Day): string {
  return format(noon(day), 'UTC', 'long', { weekday: 'long', day: 'numeric', month: 'long' });
}

/** "Mon" */
export function weekdayShort(day: Day): string {
  return format(noon(day), 'UTC', 'weekday', { weekday: 'short' });
}

/** "30 Nov" */
export function dayMonth(day: Day): string {
  return format(noon(day), 'UTC', 'daymonth', { day: 'numeric', month: 'short' });
}

/** "23 – 29 November 2026", "30 November – 6 December 2026", "28 December 2026 – 3 January 2027" */
export function daysTitle(first: Day, last: Day): string {
  const full = (day: Day) => format(noon(day), 'UTC', 'full', { day: 'numeric', month: 'long', year: 'numeric' });
  if (first === last) return full(first);
  const [year, month] = first.split('-');
  const [lastYear, lastMonth] = last.split('-');
  if (year !== lastYear) return `${full(first)} – ${full(last)}`;
  if (month === lastMonth) return `${Number(first.slice(8))} – ${full(last)}`;
  return `${format(noon(first), 'UTC', 'longday', { day: 'numeric', month: 'long' })} – ${full(last)}`;
}

/** "Mon 30 Nov – Fri 4 Dec" */
export function dayRange(first: Day, last: Day): string {
  return first === last ? shortDay(first) : `${shortDay(first)} – ${shortDay(last)}`;
}

/** "14:30" */
export function clock(instant: number, zone: string): string {
  return format(instant, zone, 'clock', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** "Tue 1 Dec, 10:00–10:30", naming the second day when it is another. */
export function slot(start: number, end: number, zone: string): string {
  const first = dayOf(start, zone);
  const last = dayOf(end, zone);
  const tail = first === last ? clock(end, zone) : `${shortDay(last)}, ${clock(end, zone)}`;
  return `${shortDay(first)}, ${clock(start, zone)}–${tail}`;
}

/** "Tue 1 Dec, 10:00" */
export function instant(at: number, zone: string): string {
  return `${shortDay(dayOf(at, zone))}, ${clock(at, zone)}`;
}

/** "Today", "Tomorrow", "Tue 1 Dec" */
export function relativeDay(day: Day, today: Day): string {
  if (day === today) return 'Today';
  if (day === addDays(today, 1)) return 'Tomorrow';
  if (day === addDays(today, -1)) return 'Yesterday';
  return shortDay(day);
}

/** "30 minutes", "1 hour", "1 hour 30 minutes": as the agents' messages say it (`length` in the core's history). */
export function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const parts: string[] = [];
  if (hours) parts.push(plural(hours, 'hour'));
  if (rest || !hours) parts.push(plural(rest, 'minute'));
  return parts.join(' ');
}

/** "10:00–12:00", "after 14:00", "before 12:00"; `null` where any time of the day will do. */
export function hoursWords(earliest: string | null, latest: string | null): string | null {
  if (earliest && latest) return `${timeOfDay(earliest)}–${timeOfDay(latest)}`;
  if (earliest) return `after ${timeOfDay(earliest)}`;
  if (latest) return `before ${timeOfDay(latest)}`;
  return null;
}

/** "1 event", "3 events" */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** "in 3 days", "in 2 hours": how long something is still good for. */
export function until(instant: number, now: number): string {
  const minutes = Math.max(0, Math.round((instant - now) / 60_000));
  if (minutes < 1) return 'in less than a minute';
  if (minutes < 60) return `in ${plural(minutes, 'minute')}`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `in ${plural(hours, 'hour')}`;
  return `in ${plural(Math.round(hours / 24), 'day')}`;
}

/** "09:00:00" → "09:00" */
export function timeOfDay(time: string): string {
  return time.slice(0, 5);
}

/** "Europe/Berlin" → "Berlin" */
export function zoneCity(zone: string): string {
  return (zone.split('/').pop() ?? zone).replaceAll('_', ' ');
}

/** The host of a URL, or the text itself where it is none. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
