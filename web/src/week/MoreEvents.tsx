import type { EventView } from '@sotto/client';
import { Dialog } from '../ui/Dialog';
import { whenOf } from './EventDetails';

interface Props {
  events: EventView[];
  zone: string;
  onChoose: (event: EventView) => void;
  onClose: () => void;
}

/** Events for which the week has no room side by side. */
export function MoreEvents({ events, zone, onChoose, onClose }: Props) {
  return (
    <Dialog title="At the same time" onClose={onClose}>
      <ul className="more-events wide">
        {events.map((event) => (
          <li key={event.id}>
            <button
              type="button"
              className={`event ${event.kind} ${event.busy ? '' : 'free'}`}
              onClick={() => onChoose(event)}
            >
              <b>{event.title || 'No title'}</b>
              <span className="when">{whenOf(event, zone)}</span>
              {event.location && <span className="where">{event.location}</span>}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
