import type { SlotView } from '@sotto/client';
import { clock, shortDay } from '../lib/format';
import { dayOf } from '../lib/zone';

interface Props {
  options: SlotView[];
  zone: string;
  busy: boolean;
  onChoose: (start: string) => void;
}

/** Times that suit both, best first. */
export function Options({ options, zone, busy, onChoose }: Props) {
  if (options.length === 0) return null;
  return (
    <ul className="options" aria-label="Times that suit both">
      {options.map(({ start, end }, index) => {
        const from = Date.parse(start);
        return (
          <li key={start}>
            <button type="button" className="option" disabled={busy} onClick={() => onChoose(start)}>
              <span>{shortDay(dayOf(from, zone))}</span>{' '}
              <b>
                {clock(from, zone)}–{clock(Date.parse(end), zone)}
              </b>
              {index === 0 && <span className="tag good">Best</span>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
