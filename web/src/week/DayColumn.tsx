import type { EventView, SlotView } from '@sotto/client';
import { clock, longDay, shortDay } from '../lib/format';
import { wallClock, type Day } from '../lib/zone';
import { EventButton } from './EventButton';
import { layOutDay, type Block, type More } from './layout';

interface Props {
  day: Day;
  blocks: Block<EventView>[];
  more: More<EventView>[];
  working: { from: number; to: number }[];
  zone: string;
  /** The time now, when it is on this day. */
  now: number | null;
  past: boolean;
  options: SlotView[];
  onChoose: (event: EventView) => void;
  onMore: (events: EventView[]) => void;
  tabIndexOf: (key: string) => 0 | -1;
}

const at = (minutes: number) => `calc(var(--hour) * ${minutes / 60})`;
const place = (from: number, to: number) => ({ top: at(from), height: at(to - from) });
const minutes = (of: number) => `${String(Math.floor(of / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}`;

export function DayColumn({
  day,
  blocks,
  more,
  working,
  zone,
  now,
  past,
  options,
  onChoose,
  onMore,
  tabIndexOf,
}: Props) {
  const candidates = layOutDay(
    options.map((option) => ({ ...option, all_day: null })),
    day,
    zone,
  ).blocks;
  return (
    <section className={`week-column ${past ? 'past' : ''}`} aria-label={longDay(day)}>
      {working.map(({ from, to }) => (
        <div key={from} className="week-working" style={place(from, to)} />
      ))}
      <div className="week-lines" />
      <ul>
        {blocks.map((block) => {
          const key = `${block.event.id} ${day}`;
          return (
            <li
              key={key}
              className={`week-slot ${block.strip ? 'beside-strip' : ''}`}
              style={{
                ...place(block.from, block.to),
                '--left': block.column / block.columns,
                '--share': block.span / block.columns,
              }}
            >
              <EventButton
                event={block.event}
                zone={zone}
                id={key}
                tabIndex={tabIndexOf(key)}
                onChoose={onChoose}
                room={block.to - block.from}
                cut={{ before: !block.startsHere, after: !block.endsHere }}
              />
            </li>
          );
        })}
        {more.map(({ events, from, to }) => {
          const key = `more ${day} ${from}`;
          return (
            <li key={key} className="week-slot strip" style={place(from, to)}>
              <button
                type="button"
                className="event more"
                data-event={key}
                tabIndex={tabIndexOf(key)}
                onClick={() => onMore(events)}
              >
                +{events.length}
                <span className="sr-only">
                  more at {minutes(from)}–{minutes(to)}, {shortDay(day)}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {candidates.map(({ event, from, to }) => (
        <div key={event.start} className="week-candidate" style={place(from, to)} aria-hidden="true">
          {clock(Date.parse(event.start), zone)}
        </div>
      ))}
      {now !== null && (
        <div className="week-now" style={{ top: at(wallClock(now, zone).minutes) }} aria-hidden="true" />
      )}
    </section>
  );
}
