import type { EventView, SlotView, WorkingHours } from '@sotto/client';
import { useEffect, useRef } from 'react';
import { weekdayShort } from '../lib/format';
import { wallClock, type Day } from '../lib/zone';
import { AllDayRow } from './AllDayRow';
import { DayColumn } from './DayColumn';
import { workingStretches, type WeekLayout } from './layout';
import { useRoving } from './useRoving';

interface Props {
  layout: WeekLayout<EventView>;
  hours: WorkingHours[];
  zone: string;
  now: number;
  today: Day;
  options: SlotView[];
  focus: string | null;
  /** An instant to bring into view, when its day is shown. */
  reveal: number | null;
  onChoose: (event: EventView) => void;
  onMore: (events: EventView[]) => void;
}

/** Above the first hour in sight, so that its label is whole, in pixels. */
const LABEL_ROOM = 10;
const HOURS = Array.from({ length: 23 }, (_, index) => index + 1);

export function Grid({ layout, hours, zone, now, today, options, focus, reveal, onChoose, onMore }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const roving = useRoving(scroller);
  const { days } = layout;
  const hasEvents = layout.bars.length > 0 || days.some(({ blocks }) => blocks.length > 0);

  // At first, the working day is in sight.
  const began = useRef(false);
  useEffect(() => {
    if (began.current || !scroller.current || days.length === 0) return;
    began.current = true;
    const starts = days.flatMap(({ day }) => workingStretches(day, hours).map(({ from }) => from));
    scrollTo(scroller.current, Math.min(9 * 60, ...starts) - 60);
  }, [days, hours]);

  // The time that the open meeting is about is in sight, without taking the focus.
  const [firstDay, lastDay] = [days[0]?.day, days.at(-1)?.day];
  useEffect(() => {
    const element = scroller.current;
    if (reveal === null || !element || !firstDay || !lastDay) return;
    const { day, minutes } = wallClock(reveal, zone);
    if (day < firstDay || day > lastDay) return;
    const top = (minutes / 60) * hourHeight(element);
    const room = element.clientHeight - (element.querySelector('.week-top')?.clientHeight ?? 0);
    const seen = top >= element.scrollTop && top + hourHeight(element) <= element.scrollTop + room;
    if (!seen) scrollTo(element, minutes - 60);
  }, [reveal, zone, firstDay, lastDay]);

  // A meeting that is asked for comes into view once it is drawn.
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (!focus || shown.current === focus) return;
    const element = scroller.current?.querySelector<HTMLElement>(`[data-proposal="${CSS.escape(focus)}"]`);
    if (!element) return;
    shown.current = focus;
    element.scrollIntoView({ block: 'nearest' });
    element.focus({ preventScroll: true });
  }, [focus, layout]);

  return (
    <div
      className="week-scroll"
      ref={scroller}
      tabIndex={hasEvents ? undefined : 0}
      role="group"
      aria-label="Events"
      style={{ '--days': days.length, '--rows': layout.barRows }}
      onKeyDown={roving.onKeyDown}
      onFocus={roving.onFocus}
    >
      <div className="week-top">
        <div className="week-days">
          <span />
          {days.map(({ day }) => (
            <div
              key={day}
              className={`week-day ${day === today ? 'today' : ''}`}
              aria-current={day === today ? 'date' : undefined}
            >
              <span>{weekdayShort(day)}</span>
              <b>{Number(day.slice(8))}</b>
            </div>
          ))}
        </div>
        {layout.barRows > 0 && (
          <AllDayRow layout={layout} zone={zone} onChoose={onChoose} tabIndexOf={roving.tabIndexOf} />
        )}
      </div>
      <div className="week-body">
        <div className="week-hours" aria-hidden="true">
          {HOURS.map((hour) => (
            <span key={hour} style={{ top: `calc(var(--hour) * ${hour})` }}>
              {String(hour).padStart(2, '0')}:00
            </span>
          ))}
        </div>
        {days.map(({ day, blocks, more }) => (
          <DayColumn
            key={day}
            day={day}
            blocks={blocks}
            more={more}
            onMore={onMore}
            working={workingStretches(day, hours)}
            zone={zone}
            now={day === today ? now : null}
            past={day < today}
            options={options}
            onChoose={onChoose}
            tabIndexOf={roving.tabIndexOf}
          />
        ))}
      </div>
    </div>
  );
}

/** Puts the hour of those minutes below the days. */
function scrollTo(element: HTMLElement, minutes: number) {
  element.scrollTop = Math.floor(minutes / 60) * hourHeight(element) - LABEL_ROOM;
}

function hourHeight(element: HTMLElement): number {
  const body = element.querySelector('.week-body');
  return body ? body.clientHeight / 24 : 48;
}
