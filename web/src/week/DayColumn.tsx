import type { EventView, SlotView } from '@sotto/client';
import { clock, longDay } from '../lib/format';
import { wallClock, type Day } from '../lib/zone';
import { EventButton } from './EventButton';
import { layOutDay, type Block } from './layout';

interface Props {
  day: Day;
  blocks: Block<EventView>[];
  working: { from: number; to: number }[];
  zone: string;
  /** The time now, when it is on this day. */
  now: number | null;
  past: boolean;
  options: SlotView[];
  onChoose: (event: EventView) => void;
  tabIndexOf: (key: string) => 0 | -1;
}

const at = (minutes: number) => `calc(var(--hour) * ${minutes / 60})`;

export function DayColumn({ day, blocks, working, zone, now, past, options, onChoose, tabIndexOf }: Props) {
  const candidates = layOutDay(
    options.map((option) => ({ ...option, all_day: null })),
    day,
    zone,
  );
  return (
    <section className={`week-column ${past ? 'past' : ''}`} aria-label={longDay(day)}>
      {working.map(({ from, to }) => (
        <div key={from} className="week-working" style={{ top: at(from), height: at(to - from) }} />
      ))}
      <div className="week-lines" />
      <ul>
        {blocks.map((block) => {
          const key = `${block.event.id} ${day}`;
          return (
            <li
              key={key}
              className="week-slot"
              style={{
                top: at(block.from),
                height: at(block.to - block.from),
                left: `${(block.column / block.columns) * 100}%`,
                width: `${(block.span / block.columns) * 100}%`,
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
      </ul>
      {candidates.map(({ event, from, to }) => (
        <div key={event.start} className="week-candidate" style={{ top: at(from), height: at(to - from) }} aria-hidden="true">
          {clock(Date.parse(event.start), zone)}
        </div>
      ))}
      {now !== null && <div className="week-now" style={{ top: at(wallClock(now, zone).minutes) }} aria-hidden="true" />}
    </section>
  );
}
