/** Days and times as the web app writes them. */

/** A stretch of time, as the agents write it. */
export interface Stretch {
  start: string;
  end: string;
}

const DAY = 86_400_000;

function format(instant: number, zone: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone })
    .format(instant)
    .replace(',', '')
    .replace('Sept', 'Sep');
}

/** "Mon 30 Nov" */
export function shortDay(instant: number, zone: string): string {
  return format(instant, zone, { weekday: 'short', day: 'numeric', month: 'short' });
}

/** "09:30" */
export function clock(instant: number, zone: string): string {
  return format(instant, zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** "Mon 30 Nov, 09:30–10:00", of a stretch within one day. */
export function slot({ start, end }: Stretch, zone: string): string {
  const [from, to] = [Date.parse(start), Date.parse(end)];
  return `${shortDay(from, zone)}, ${clock(from, zone)}–${clock(to, zone)}`;
}

/** "2026-11-30" */
export function isoDay(instant: number, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(instant);
}

/** A day of next week, Monday being 0, as "2026-11-30". */
export function dayOfNextWeek(weekday: number, zone: string): string {
  const today = Date.parse(`${isoDay(Date.now(), zone)}T12:00:00Z`);
  const sinceMonday = (new Date(today).getUTCDay() + 6) % 7;
  return isoDay(today + (7 - sinceMonday + weekday) * DAY, 'UTC');
}
