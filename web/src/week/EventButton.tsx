import type { EventView } from '@sotto/client';
import { clock } from '../lib/format';
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

const KIND = { imported: '', meeting: 'Meeting: ', hold: 'Held: ' } as const;

export function EventButton({ event, zone, id, tabIndex, onChoose, room, cut }: Props) {
  const start = Date.parse(event.start);
  const title = event.title || 'No title';
  const classes = ['event', event.kind];
  if (!event.busy) classes.push('free');
  if (room !== null && room <= 30) classes.push('tight');
  else if (room !== null && room < 60) classes.push('short');
  if (cut.before) classes.push('cut-before');
  if (cut.after) classes.push('cut-after');
  const label = [`${KIND[event.kind]}${title}`, event.contact && `with ${event.contact.name}`, whenOf(event, zone), event.busy ? null : 'free'];
  return (
    <button
      type="button"
      className={classes.join(' ')}
      tabIndex={tabIndex}
      data-event={id}
      data-proposal={event.proposal ?? undefined}
      aria-label={label.filter(Boolean).join(', ')}
      onClick={() => onChoose(event)}
    >
      <b>{title}</b>
      {room !== null && (
        <span>
          {clock(start, zone)}
          {room > 30 && !cut.after && `–${clock(Date.parse(event.end), zone)}`}
        </span>
      )}
      {room !== null && room >= 70 && event.contact && <em>with {event.contact.name}</em>}
      {room !== null && room >= 70 && !event.contact && event.location && <span>{event.location}</span>}
    </button>
  );
}
