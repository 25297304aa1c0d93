import type { EventView, Preferences, ProposalView } from '@sotto/client';
import { useMemo, useRef, useState } from 'react';
import { CalendarHint } from '../calendars/CalendarHint';
import { daysTitle, longDay, zoneCity } from '../lib/format';
import { useNow, useWidth } from '../lib/hooks';
import { addDays, browserZone, dayOf, daysFrom, mondayOf, offsetLabel, type Day } from '../lib/zone';
import { useQuery } from '../sotto/useQuery';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import { EventDetails } from './EventDetails';
import { followedTime } from './follow';
import { Grid } from './Grid';
import { layOut } from './layout';
import { MoreEvents } from './MoreEvents';
import './week.css';

/** Width of the hours beside the days, and of the narrowest column in which a title can be read, in pixels. */
const GUTTER = 52;
const LEAST_COLUMN = 32;

interface Props {
  preferences: Preferences;
  /** A day that is to be seen. */
  day: Day;
  onDay: (day: Day) => void;
  /** The open meeting, whose possible times are shown. */
  opened: ProposalView | null;
  /** A meeting to bring into view. */
  focus: string | null;
  onOpen: (proposal: string) => void;
}

export function Week({ preferences, day, onDay, opened, focus, onOpen }: Props) {
  const zone = preferences.time_zone;
  const now = useNow(20_000);
  const today = dayOf(now, zone);
  const place = useRef<HTMLElement>(null);
  const width = useWidth(place);
  const count = daysFitting(width);
  const columns = Math.max(2, Math.floor((width - GUTTER) / count / LEAST_COLUMN));
  const [details, setDetails] = useState<EventView | null>(null);
  const [more, setMore] = useState<EventView[] | null>(null);

  const first = count === 7 ? mondayOf(day) : day;
  const last = addDays(first, count - 1);
  const days = useMemo(() => daysFrom(first, count), [first, count]);
  const agenda = useQuery({ type: 'agenda', from: first, to: last });
  const layout = useMemo(() => layOut(agenda.data ?? [], days, zone, columns), [agenda.data, days, zone, columns]);
  const options = opened?.state === 'review' ? opened.options : [];
  const followed = opened && followedTime(opened);
  const unit = count === 7 ? 'week' : count === 1 ? 'day' : 'days';

  const choose = (event: EventView) => (event.proposal ? onOpen(event.proposal) : setDetails(event));

  return (
    <section className="week" aria-label="Calendar" ref={place}>
      <div className="week-head">
        <h2 aria-live="polite">{daysTitle(first, last)}</h2>
        <p className="week-zone" title={zone}>
          {zoneCity(zone)} time, {offsetLabel(now, zone)}
          {zone !== browserZone() && (
            <span className="sr-only"> (this device is set to {zoneCity(browserZone())})</span>
          )}
        </p>
        <div className="row">
          <button type="button" className="button compact" onClick={() => onDay(today)}>
            Today
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label={`Previous ${unit}`}
            onClick={() => onDay(addDays(first, -count))}
          >
            <Icon name="back" />
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label={`Next ${unit}`}
            onClick={() => onDay(addDays(first, count))}
          >
            <Icon name="next" />
          </button>
        </div>
      </div>
      <CalendarHint />
      <Trouble problem={agenda.problem} />
      <Grid
        layout={layout}
        hours={preferences.working_hours}
        zone={zone}
        now={now}
        today={today}
        options={options}
        focus={focus}
        reveal={followed ? Date.parse(followed) : null}
        onChoose={choose}
        onMore={setMore}
      />
      {more && (
        <MoreEvents
          events={more}
          zone={zone}
          onChoose={(event) => {
            setMore(null);
            choose(event);
          }}
          onClose={() => setMore(null)}
        />
      )}
      {details && <EventDetails event={details} zone={zone} onClose={() => setDetails(null)} />}
      <p className="sr-only">Today is {longDay(today)}.</p>
    </section>
  );
}

function daysFitting(width: number): 1 | 3 | 7 {
  if (width === 0 || width >= 640) return 7;
  return width >= 290 ? 3 : 1;
}
