import type { EventView } from '@sotto/client';
import { FREE_DAYS } from '../calendars/ImportDialog';
import { dayRange, slot } from '../lib/format';
import { dayOf } from '../lib/zone';
import { Dialog } from '../ui/Dialog';

export function EventDetails({ event, zone, onClose }: { event: EventView; zone: string; onClose: () => void }) {
  return (
    <Dialog title={event.title || 'No title'} onClose={onClose}>
      <dl className="facts">
        <dt>When</dt>
        <dd>{whenOf(event, zone)}</dd>
        {event.location && (
          <>
            <dt>Where</dt>
            <dd>{event.location}</dd>
          </>
        )}
        {event.calendar && (
          <>
            <dt>Calendar</dt>
            <dd>{event.calendar}</dd>
          </>
        )}
        <dt>Shown as</dt>
        <dd>{shownAs(event)}</dd>
      </dl>
    </Dialog>
  );
}

function shownAs({ busy, all_day }: EventView): string {
  if (!busy) return 'Free: your agent may offer this time';
  if (all_day === null) return 'Busy: your agent offers other times';
  return `Busy: it blocks the whole day. ${FREE_DAYS}`;
}

/** When an event is, in words. */
export function whenOf(event: EventView, zone: string): string {
  const start = Date.parse(event.start);
  const end = Date.parse(event.end);
  if (event.all_day === null) return slot(start, end, zone);
  const last = dayOf(Math.max(start, end - 1), zone);
  return `${dayRange(event.all_day, last < event.all_day ? event.all_day : last)}, all day`;
}
