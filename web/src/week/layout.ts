/** Where the events of a few days go on the page. Pure: no clock, no DOM. */

import { addDays, dayOf, startOfDay, wallClock, weekdayIndex, type Day } from '../lib/zone';

export const DAY_MINUTES = 24 * 60;
/** A shorter event is drawn as if it were this long, so that it can be read and hit. */
export const LEAST_MINUTES = 25;

export interface Timed {
  start: string;
  end: string;
  all_day: string | null;
  kind?: string;
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
  /** Whether the strip of what has no room stands beside the columns. */
  strip: boolean;
  startsHere: boolean;
  endsHere: boolean;
}

/** Events at one time for which there is no room side by side. They are a strip beside the others. */
export interface More<E> {
  events: E[];
  from: number;
  to: number;
}

export interface DayLayout<E> {
  blocks: Block<E>[];
  more: More<E>[];
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
  days: (DayLayout<E> & { day: Day })[];
  bars: Bar<E>[];
  barRows: number;
}

/** With at most `most` columns within a day; where more are needed, one of them makes room for a strip. */
export function layOut<E extends Timed>(
  events: readonly E[],
  days: readonly Day[],
  zone: string,
  most: number,
): WeekLayout<E> {
  const long = events.filter(isLong);
  const short = events.filter((event) => !isLong(event));
  const bars = layOutBars(long, days, zone);
  return {
    days: days.map((day) => ({ day, ...layOutDay(short, day, zone, most) })),
    bars,
    barRows: bars.reduce((most, bar) => Math.max(most, bar.row + 1), 0),
  };
}

function isLong(event: Timed): boolean {
  return event.all_day !== null || Date.parse(event.end) - Date.parse(event.start) >= 86_400_000;
}

/** The parts of `events` on one day, side by side where they overlap. */
export function layOutDay<E extends Timed>(
  events: readonly E[],
  day: Day,
  zone: string,
  most = Infinity,
): DayLayout<E> {
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
    blocks.push({
      event,
      from: Math.min(from, to - LEAST_MINUTES),
      to,
      column: 0,
      columns: 1,
      span: 1,
      strip: false,
      startsHere,
      endsHere,
    });
  }
  blocks.sort((a, b) => a.from - b.from || b.to - a.to);
  const laid: DayLayout<E> = { blocks: [], more: [] };
  for (const group of groupsOf(blocks)) {
    const columns = placeAll(group);
    if (columns <= most) {
      widen(group, columns);
      laid.blocks.push(...group);
    } else {
      const folded = fold(group, most);
      laid.blocks.push(...folded.blocks);
      laid.more.push(...folded.more);
    }
  }
  return laid;
}

/** Blocks that overlap, directly or through others. Takes them in order of time. */
function groupsOf<E>(blocks: readonly Block<E>[]): Block<E>[][] {
  const groups: Block<E>[][] = [];
  let end = -1;
  for (const block of blocks) {
    if (block.from < end) groups.at(-1)?.push(block);
    else groups.push([block]);
    end = Math.max(end, block.to);
  }
  return groups;
}

/** Puts each into the first column that is free; answers how many that makes. */
function placeAll<E>(group: Block<E>[]): number {
  const placed: Block<E>[] = [];
  for (const block of group) {
    while (!isFree(placed, block, block.column)) block.column += 1;
    placed.push(block);
  }
  return placed.reduce((most, { column }) => Math.max(most, column + 1), 0);
}

/** The least columns beside a strip: one for what agents arranged, one for the user's own. */
const LEAST_BESIDE = 2;

/** Keeps columns for single events, of which arranged ones all stay in sight; the rest are gathered in a strip. */
function fold<E extends Timed>(group: readonly Block<E>[], most: number): DayLayout<E> {
  const isArranged = ({ event }: Block<E>) => event.kind === 'meeting' || event.kind === 'hold';
  for (const block of group) block.column = 0;
  const blocks = group.filter(isArranged);
  const columns = Math.max(LEAST_BESIDE, most - 1, placeAll(blocks));
  const rest: Block<E>[] = [];
  for (const block of group.filter((block) => !isArranged(block))) {
    while (block.column < columns && !isFree(blocks, block, block.column)) block.column += 1;
    (block.column < columns ? blocks : rest).push(block);
  }
  widen(blocks, columns);
  for (const block of blocks) block.strip = rest.length > 0;
  const more = groupsOf(rest).map((gathered) => ({
    events: gathered.map(({ event }) => event),
    from: Math.min(...gathered.map(({ from }) => from)),
    to: Math.max(...gathered.map(({ to }) => to)),
  }));
  return { blocks: blocks.sort((a, b) => a.from - b.from), more };
}

/** Lets blocks take the columns beside them where nothing is. */
function widen<E>(blocks: Block<E>[], columns: number): void {
  for (const block of blocks) {
    block.columns = columns;
    while (block.column + block.span < columns && isFree(blocks, block, block.column + block.span)) block.span += 1;
  }
}

interface Stretch {
  from: number;
  to: number;
  column: number;
}

function isFree(taken: readonly Stretch[], wanted: Stretch, column: number): boolean {
  return !taken.some((other) => other.column === column && other.from < wanted.to && wanted.from < other.to);
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
