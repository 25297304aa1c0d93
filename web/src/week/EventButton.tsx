import type { ReactNode } from 'react';
import type { EventView } from '@sotto/client';
import { clock, shortDay } from '../lib/format';
import { dayOf } from '../lib/zone';
import { whenOf } from './EventDetails';

interface Props {
  event: EventView;
  zone: string;
  id: string;
  tabIndex: 0 | -1;
  onChoose: (event: EventView) => void;
  /** Its length in minutes, which decides how much is written; `null` in the all-day row. */
  room: number | null;
  /** Whether it began before, or ends after, what is shown. */
  cut: { before: boolean; after: boolean };
}

const KIND = { imported: null, meeting: 'Meeting: ', hold: 'Held: ' } as const;

/** With so many lines there is room for more than title and time. */
const ROOMY = 3;

/** How many lines of text fit into an event of so many minutes: the sizes of week.css, in rem. */
function linesIn(minutes: number): number {
  const [hour, margins, line] = [3.1, 0.5, 1.02];
  return Math.floor(((minutes / 60) * hour - margins) / line);
}

/** Its name is its content, so that it can be called by what one sees; what there is no room for is in it unseen. */
export function EventButton({ event, zone, id, tabIndex, onChoose, room, cut }: Props) {
  const start = Date.parse(event.start);
  const lines = linesIn(room ?? 0);
  const classes = ['event', event.kind];
  if (!event.busy) classes.push('free');
  if (room !== null && room <= 30) classes.push('tight');
  else if (room !== null && lines <= 2) classes.push('short');
  if (cut.before) classes.push('cut-before');
  if (cut.after) classes.push('cut-after');
  const about = event.contact ? `with ${event.contact.name}` : event.location;
  const until = cut.after ? '' : `–${clock(Date.parse(event.end), zone)}`;
  const oneDay = room !== null && !cut.before && !cut.after;
  return (
    <button
      type="button"
      className={classes.join(' ')}
      tabIndex={tabIndex}
      data-event={id}
      data-proposal={event.proposal ?? undefined}
      style={{ '--lines': Math.max(1, lines - (about && lines >= ROOMY ? 2 : 1)) }}
      onClick={() => onChoose(event)}
    >
      <b>
        {KIND[event.kind] && <Unseen>{KIND[event.kind]}</Unseen>}
        {event.title || 'No title'}
      </b>
      {room !== null && (
        <span className="when">
          {clock(start, zone)}
          {room > 30 ? until : <Unseen>{until}</Unseen>}
        </span>
      )}
      {event.contact && <em className={lines >= ROOMY ? 'with' : 'sr-only'}>{about}</em>}
      {!event.contact && about && lines >= ROOMY && <span className="where">{about}</span>}
      <Unseen>
        {oneDay ? shortDay(dayOf(start, zone)) : whenOf(event, zone)}
        {!event.busy && ', free'}
      </Unseen>
    </button>
  );
}

function Unseen({ children }: { children: ReactNode }) {
  return <span className="sr-only">{children}</span>;
}
