/** Where the events of a few days go on the page. Pure: no clock, no DOM. */

import { addDays, dayOf, startOfDay, wallClock, weekdayIndex, type Day } from '../lib/zone';

export const DAY_MINUTES = 24 * 60;
/** A shorter event is drawn as if it were this long, so that it can be read and hit. */
export const LEAST_MINUTES = 20;

export interface Timed {
  start: string;
  end: string;
  all_day: string | null;
}

/** A part of an event within one day, in minutes of the wall clock. */
export interface Block<E> {
  event: E;
  from: number;
  to: number;
  /** Which of `columns` side by side, from 0. */
  column: number;
  columns: number;
  /** How many columns it may take, as nothing is beside it there. */
  span: number;
  startsHere: boolean;
  endsHere: boolean;
}

/** A bar in the all-day row. */
export interface Bar<E> {
  event: E;
  /** Index of its first day among the shown ones. */
  from: number;
  /** Index after its last day. */
  to: number;
  row: number;
  startsHere: boolean;
  endsHere: boolean;
}

export interface WeekLayout<E> {
  days: { day: Day; blocks: Block<E>[] }[];
  bars: Bar<E>[];
  barRows: number;
}

export function layOut<E extends Timed>(events: readonly E[], days: readonly Day[], zone: string): WeekLayout<E> {
  const long = events.filter(isLong);
  const short = events.filter((event) => !isLong(event));
  const bars = layOutBars(long, days, zone);
  return {
    days: days.map((day) => ({ day, blocks: layOutDay(short, day, zone) })),
    bars,
    barRows: bars.reduce((most, bar) => Math.max(most, bar.row + 1), 0),
  };
}

function isLong(event: Timed): boolean {
  return event.all_day !== null || Date.parse(event.end) - Date.parse(event.start) >= 86_400_000;
}

/** The parts of `events` on one day, side by side where they overlap. */
export function layOutDay<E extends Timed>(events: readonly E[], day: Day, zone: string): Block<E>[] {
  const opens = startOfDay(day, zone);
  const closes = startOfDay(addDays(day, 1), zone);
  const blocks: Block<E>[] = [];
  for (const event of events) {
    const start = Date.parse(event.start);
    const end = Date.parse(event.end);
    const touches = start < closes && (end > opens || (start === end && start >= opens));
    if (!touches) continue;
    const startsHere = start >= opens;
    const endsHere = end <= closes;
    const from = startsHere ? wallClock(start, zone).minutes : 0;
    const wallEnd = endsHere && end < closes ? wallClock(end, zone).minutes : DAY_MINUTES;
    // When clocks go back inside an event, its end may read earlier than its start.
    const to = Math.min(DAY_MINUTES, Math.max(wallEnd, from + LEAST_MINUTES));
    blocks.push({ event, from: Math.min(from, to - LEAST_MINUTES), to, column: 0, columns: 1, span: 1, startsHere, endsHere });
  }
  blocks.sort((a, b) => a.from - b.from || b.to - a.to);
  assignColumns(blocks);
  return blocks;
}

/** Puts blocks that overlap, directly or through others, into columns. */
function assignColumns<E>(blocks: Block<E>[]): void {
  let group: Block<E>[] = [];
  let groupEnd = -1;
  const close = () => {
    const columns = group.reduce((most, block) => Math.max(most, block.column + 1), 0);
    for (const block of group) {
      block.columns = columns;
      while (block.column + block.span < columns && isFree(group, block, block.column + block.span)) block.span += 1;
    }
    group = [];
  };
  for (const block of blocks) {
    if (block.from >= groupEnd) close();
    while (group.some((other) => other.column === block.column && overlaps(other, block))) block.column += 1;
    group.push(block);
    groupEnd = Math.max(group.length === 1 ? -1 : groupEnd, block.to);
  }
  close();
}

function overlaps<E>(a: Block<E>, b: Block<E>): boolean {
  return a.from < b.to && b.from < a.to;
}

function isFree<E>(group: Block<E>[], block: Block<E>, column: number): boolean {
  return !group.some((other) => other.column === column && overlaps(other, block));
}

function layOutBars<E extends Timed>(events: readonly E[], days: readonly Day[], zone: string): Bar<E>[] {
  const bars: Bar<E>[] = [];
  for (const event of events) {
    const start = Date.parse(event.start);
    const end = Date.parse(event.end);
    const first = event.all_day ?? dayOf(start, zone);
    const last = dayOf(Math.max(start, end - 1), zone);
    const shown = days.filter((day) => day >= first && day <= (last < first ? first : last));
    const from = shown[0];
    const to = shown.at(-1);
    if (!from || !to) continue;
    bars.push({
      event,
      from: days.indexOf(from),
      to: days.indexOf(to) + 1,
      row: 0,
      startsHere: from === first,
      endsHere: to >= last,
    });
  }
  bars.sort((a, b) => a.from - b.from || b.to - a.to);
  const placed: Bar<E>[] = [];
  for (const bar of bars) {
    while (placed.some((other) => other.row === bar.row && other.from < bar.to && bar.from < other.to)) bar.row += 1;
    placed.push(bar);
  }
  return bars;
}

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** The working stretches of a day, in minutes. */
export function workingStretches(
  day: Day,
  hours: readonly { weekday: string; from: string; to: string }[],
): { from: number; to: number }[] {
  const name = WEEKDAYS[weekdayIndex(day)];
  return hours
    .filter((stretch) => stretch.weekday === name)
    .map((stretch) => ({ from: minutesOf(stretch.from), to: minutesOf(stretch.to) }))
    .sort((a, b) => a.from - b.from);
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
