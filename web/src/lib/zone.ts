/**
 * Wall-clock time in a named zone, with `Intl` alone.
 *
 * An instant is a number of milliseconds since 1970; a day is a string
 * "2026-11-21"; minutes count from the wall clock's midnight. On days when the
 * clocks change, minutes are what a clock on the wall shows, so 09:00 is always
 * in the same place however long the night was.
 */

export type Day = string;

export interface WallClock {
  day: Day;
  /** What the clock shows, in minutes after 00:00. */
  minutes: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(zone, found);
  }
  return found;
}

/** The clock on the wall, as if it were UTC: handy for arithmetic. */
function shifted(instant: number, zone: string): number {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatter(zone).formatToParts(instant)) part[type] = Number(value);
  return Date.UTC(
    part.year ?? 1970,
    (part.month ?? 1) - 1,
    part.day ?? 1,
    part.hour ?? 0,
    part.minute ?? 0,
    part.second ?? 0,
  );
}

export function wallClock(instant: number, zone: string): WallClock {
  const wall = new Date(shifted(instant, zone));
  return {
    day: wall.toISOString().slice(0, 10),
    minutes: wall.getUTCHours() * 60 + wall.getUTCMinutes(),
  };
}

export function dayOf(instant: number, zone: string): Day {
  return wallClock(instant, zone).day;
}

/**
 * The instant at which the clock shows `minutes` on `day`. When it shows that
 * twice, the first time; when it skips it, the instant at which it skips.
 */
export function instantAt(day: Day, minutes: number, zone: string): number {
  const wanted = Date.parse(`${day}T00:00:00Z`) + minutes * 60_000;
  const offsetAt = (instant: number) => shifted(instant, zone) - instant;
  // Zones stay within a day of UTC, and no zone changes twice in two days.
  const before = offsetAt(wanted - 86_400_000);
  const after = offsetAt(wanted + 86_400_000);
  for (const offset of before >= after ? [before, after] : [after, before]) {
    const candidate = wanted - offset;
    if (offsetAt(candidate) === offset) return candidate;
  }
  return changeBetween(wanted - Math.max(before, after), wanted - Math.min(before, after), zone);
}

/** The instant between two others at which the offset changes, to the second. */
function changeBetween(from: number, to: number, zone: string): number {
  const old = shifted(from, zone) - from;
  let low = from;
  let high = to;
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (shifted(middle, zone) - middle === old) low = middle;
    else high = middle;
  }
  return high;
}

export function startOfDay(day: Day, zone: string): number {
  return instantAt(day, 0, zone);
}

export function addDays(day: Day, count: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}

export function daysBetween(from: Day, to: Day): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** 0 is Monday. */
export function weekdayIndex(day: Day): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
}

export function mondayOf(day: Day): Day {
  return addDays(day, -weekdayIndex(day));
}

export function daysFrom(first: Day, count: number): Day[] {
  return Array.from({ length: count }, (_, index) => addDays(first, index));
}

/** The browser's own zone. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

export function allZones(including?: string): string[] {
  const zones = new Set(Intl.supportedValuesOf('timeZone'));
  zones.add('UTC');
  if (including) zones.add(including);
  return [...zones].sort();
}

/** The zone that is meant by "Europe/Berlin", "europe/berlin" or "Berlin"; `null` where that is none, or several. */
export function zoneCalled(text: string, zones: readonly string[]): string | null {
  const wanted = text.trim().replaceAll(' ', '_').toLowerCase();
  const named = zones.find((zone) => zone.toLowerCase() === wanted);
  if (named) return named;
  const cities = zones.filter((zone) => zone.slice(zone.lastIndexOf('/') + 1).toLowerCase() === wanted);
  return cities.length === 1 ? (cities[0] ?? null) : null;
}

/** "UTC+1" or "UTC−3:30" at an instant. */
export function offsetLabel(instant: number, zone: string): string {
  const whole = Math.floor(instant / 1000) * 1000;
  const minutes = Math.round((shifted(whole, zone) - whole) / 60_000);
  if (minutes === 0) return 'UTC';
  const absolute = Math.abs(minutes);
  const rest = absolute % 60;
  const tail = rest ? `:${String(rest).padStart(2, '0')}` : '';
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(absolute / 60)}${tail}`;
}
