import type { EventView } from '@sotto/client';
import { EventButton } from './EventButton';
import type { WeekLayout } from './layout';

interface Props {
  layout: WeekLayout<EventView>;
  zone: string;
  onChoose: (event: EventView) => void;
  tabIndexOf: (key: string) => 0 | -1;
}

export function AllDayRow({ layout, zone, onChoose, tabIndexOf }: Props) {
  return (
    <ul className="week-all-day" aria-label="All day">
      {layout.bars.map((bar) => {
        const key = `${bar.event.id} all day`;
        return (
          <li key={key} style={{ gridColumn: `${bar.from + 2} / ${bar.to + 2}`, gridRow: bar.row + 1 }}>
            <EventButton
              event={bar.event}
              zone={zone}
              id={key}
              tabIndex={tabIndexOf(key)}
              onChoose={onChoose}
              room={null}
              cut={{ before: !bar.startsHere, after: !bar.endsHere }}
            />
          </li>
        );
      })}
    </ul>
  );
}
