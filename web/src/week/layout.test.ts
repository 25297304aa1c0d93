import { describe, expect, it } from 'vitest';
import { layOut, layOutDay, workingStretches, type Timed } from './layout';

const BERLIN = 'Europe/Berlin';
const timed = (start: string, end: string): Timed => ({ start, end, all_day: null });
const shape = (events: Timed[], day: string, zone = BERLIN) =>
  layOutDay(events, day, zone).blocks.map(({ from, to, column, columns, span }) => ({
    from,
    to,
    column,
    columns,
    span,
  }));

describe('one day', () => {
  it('places an event by the wall clock of the zone', () => {
    const event = timed('2026-11-23T09:00:00Z', '2026-11-23T10:30:00Z');
    expect(shape([event], '2026-11-23')).toEqual([{ from: 600, to: 690, column: 0, columns: 1, span: 1 }]);
    expect(shape([event], '2026-11-23', 'America/New_York')).toEqual([
      { from: 240, to: 330, column: 0, columns: 1, span: 1 },
    ]);
  });

  it('splits an event at midnight', () => {
    const event = timed('2026-11-23T22:00:00Z', '2026-11-24T01:00:00Z');
    expect(layOutDay([event], '2026-11-23', BERLIN).blocks).toMatchObject([
      { from: 1380, to: 1440, startsHere: true, endsHere: false },
    ]);
    expect(layOutDay([event], '2026-11-24', BERLIN).blocks).toMatchObject([
      { from: 0, to: 120, startsHere: false, endsHere: true },
    ]);
    expect(layOutDay([event], '2026-11-25', BERLIN).blocks).toEqual([]);
  });

  it('leaves the next day alone when an event ends at midnight', () => {
    const event = timed('2026-11-23T21:00:00Z', '2026-11-23T23:00:00Z');
    expect(shape([event], '2026-11-23')).toMatchObject([{ from: 1320, to: 1440 }]);
    expect(shape([event], '2026-11-24')).toEqual([]);
  });

  it('puts overlapping events side by side, and gives free room away', () => {
    const events = [
      timed('2026-11-23T08:00:00Z', '2026-11-23T10:00:00Z'),
      timed('2026-11-23T08:30:00Z', '2026-11-23T09:00:00Z'),
      timed('2026-11-23T08:45:00Z', '2026-11-23T09:15:00Z'),
      timed('2026-11-23T09:30:00Z', '2026-11-23T10:00:00Z'),
      timed('2026-11-23T10:00:00Z', '2026-11-23T11:00:00Z'),
    ];
    expect(shape(events, '2026-11-23')).toEqual([
      { from: 540, to: 660, column: 0, columns: 3, span: 1 },
      { from: 570, to: 600, column: 1, columns: 3, span: 1 },
      { from: 585, to: 615, column: 2, columns: 3, span: 1 },
      { from: 630, to: 660, column: 1, columns: 3, span: 2 },
      { from: 660, to: 720, column: 0, columns: 1, span: 1 },
    ]);
  });

  it('gathers what has no room, and keeps arranged meetings in sight', () => {
    const events = [
      timed('2026-11-23T08:00:00Z', '2026-11-23T10:00:00Z'),
      timed('2026-11-23T08:15:00Z', '2026-11-23T09:00:00Z'),
      { ...timed('2026-11-23T08:30:00Z', '2026-11-23T09:00:00Z'), kind: 'meeting' },
      timed('2026-11-23T09:15:00Z', '2026-11-23T09:45:00Z'),
    ];
    const { blocks, more } = layOutDay(events, '2026-11-23', BERLIN, 2);
    expect(blocks).toMatchObject([
      { event: events[0], column: 1, columns: 2, span: 1, strip: true },
      { event: events[2], column: 0, columns: 2, span: 1, strip: true },
      { event: events[3], column: 0, columns: 2, span: 1, strip: true },
    ]);
    expect(more).toEqual([{ events: [events[1]], from: 555, to: 600 }]);
    const roomy = layOutDay(events, '2026-11-23', BERLIN, 3);
    expect(roomy.blocks).toHaveLength(4);
    expect(roomy.more).toEqual([]);
  });

  it('shows every arranged meeting and something of the user’s own in the busiest hour', () => {
    const own = Array.from({ length: 6 }, () => timed('2026-11-23T08:00:00Z', '2026-11-23T09:00:00Z'));
    const arranged = ['meeting', 'hold', 'hold'].map((kind) => ({ ...own[0], kind }) as Timed);
    for (const most of [2, 3, 4]) {
      const { blocks, more } = layOutDay([...own, ...arranged.slice(0, 1)], '2026-11-23', BERLIN, most);
      const kinds = blocks.map(({ event }) => event.kind);
      expect(kinds.filter((kind) => kind === 'meeting')).toHaveLength(1);
      expect(kinds.filter((kind) => kind === undefined).length).toBeGreaterThanOrEqual(1);
      expect(blocks.length + more.flatMap(({ events }) => events).length).toBe(7);
    }
    const { blocks } = layOutDay([...own, ...arranged], '2026-11-23', BERLIN, 2);
    expect(blocks.map(({ event }) => event.kind)).toEqual(['meeting', 'hold', 'hold']);
    expect(new Set(blocks.map(({ column }) => column)).size).toBe(3);
  });

  it('gives a very short event room, also at the end of the day', () => {
    expect(shape([timed('2026-11-23T09:00:00Z', '2026-11-23T09:00:00Z')], '2026-11-23')).toMatchObject([
      { from: 600, to: 625 },
    ]);
    expect(shape([timed('2026-11-23T22:55:00Z', '2026-11-23T23:00:00Z')], '2026-11-23')).toMatchObject([
      { from: 1415, to: 1440 },
    ]);
  });
});

describe('days when the clocks change', () => {
  it('shows 09:00 at 09:00 on the short and the long day', () => {
    expect(shape([timed('2026-03-29T07:00:00Z', '2026-03-29T08:00:00Z')], '2026-03-29')).toMatchObject([
      { from: 540, to: 600 },
    ]);
    expect(shape([timed('2026-10-25T08:00:00Z', '2026-10-25T09:00:00Z')], '2026-10-25')).toMatchObject([
      { from: 540, to: 600 },
    ]);
  });

  it('keeps an event in the repeated hour visible', () => {
    const [block] = shape([timed('2026-10-25T00:45:00Z', '2026-10-25T01:15:00Z')], '2026-10-25');
    expect(block).toMatchObject({ from: 165, to: 190 });
  });

  it('draws an event across the skipped hour to where the clock stands', () => {
    expect(shape([timed('2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z')], '2026-03-29')).toMatchObject([
      { from: 90, to: 210 },
    ]);
  });
});

describe('all-day row', () => {
  const days = ['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29'];

  it('spans whole days and stacks what overlaps', () => {
    const fair = { start: '2026-11-23T23:00:00Z', end: '2026-11-25T23:00:00Z', all_day: '2026-11-24' };
    const birthday = { start: '2026-11-24T23:00:00Z', end: '2026-11-25T23:00:00Z', all_day: '2026-11-25' };
    const holiday = { start: '2026-11-19T23:00:00Z', end: '2026-11-23T23:00:00Z', all_day: '2026-11-20' };
    const layout = layOut([fair, birthday, holiday], days, BERLIN, 7);
    expect(
      layout.bars.map(({ from, to, row, startsHere, endsHere }) => ({ from, to, row, startsHere, endsHere })),
    ).toEqual([
      { from: 0, to: 1, row: 0, startsHere: false, endsHere: true },
      { from: 1, to: 3, row: 0, startsHere: true, endsHere: true },
      { from: 2, to: 3, row: 1, startsHere: true, endsHere: true },
    ]);
    expect(layout.barRows).toBe(2);
  });

  it('takes an event of a day or more with a clock time too', () => {
    const trip = timed('2026-11-23T10:00:00Z', '2026-11-25T10:00:00Z');
    const layout = layOut([trip], days, BERLIN, 7);
    expect(layout.bars).toMatchObject([{ from: 0, to: 3 }]);
    expect(layout.days.every(({ blocks }) => blocks.length === 0)).toBe(true);
  });
});

it('finds the working stretches of a weekday', () => {
  const hours = [
    { weekday: 'monday', from: '13:00:00', to: '17:30:00' },
    { weekday: 'monday', from: '09:00:00', to: '12:00:00' },
    { weekday: 'tuesday', from: '09:00:00', to: '12:00:00' },
  ];
  expect(workingStretches('2026-11-23', hours)).toEqual([
    { from: 540, to: 720 },
    { from: 780, to: 1050 },
  ]);
  expect(workingStretches('2026-11-28', hours)).toEqual([]);
});
