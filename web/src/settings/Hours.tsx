import type { Weekday, WorkingHours } from '@sotto/client';
import { useState } from 'react';
import { timeOfDay } from '../lib/format';
import { Icon } from '../ui/Icon';
import { nextStretch, startingAt, stretchesOf, timesOfDay, WEEKDAYS, withStretches } from './hours';

interface Props {
  hours: WorkingHours[];
  onChange: (hours: WorkingHours[]) => void;
}

export function Hours({ hours, onChange }: Props) {
  return (
    <fieldset className="field">
      <legend className="label">Working hours</legend>
      <ul className="hours">
        {WEEKDAYS.map(([weekday, name]) => (
          <DayHours
            key={weekday}
            weekday={weekday}
            name={name}
            stretches={stretchesOf(hours, weekday)}
            onChange={(stretches) => onChange(withStretches(hours, weekday, stretches))}
          />
        ))}
      </ul>
    </fieldset>
  );
}

interface DayProps {
  weekday: Weekday;
  name: string;
  stretches: WorkingHours[];
  onChange: (stretches: WorkingHours[]) => void;
}

function DayHours({ weekday, name, stretches, onChange }: DayProps) {
  const next = nextStretch(weekday, stretches);
  // Where an end moved along with its start: it is said, as nobody chose it.
  const [moved, setMoved] = useState<string | null>(null);
  const change = (changed: WorkingHours[], end: string | null = null) => {
    setMoved(end);
    onChange(changed);
  };
  return (
    <li className="hours-day">
      <span className="hours-name">{name}</span>
      <div className="hours-stretches">
        {stretches.length === 0 && <span className="quiet">No meetings</span>}
        {stretches.map((stretch, index) => (
          <Stretch
            // A stretch has no name but its place.
            key={index}
            day={name}
            stretch={stretch}
            onChange={(changed) =>
              change(
                stretches.map((each, at) => (at === index ? changed : each)),
                changed.from !== stretch.from && changed.to !== stretch.to ? changed.to : null,
              )
            }
            onRemove={() => change(stretches.filter((_, at) => at !== index))}
          />
        ))}
        <span className="small" role="status">
          {moved && `${name} now ends at ${timeOfDay(moved)}, as it would have ended before it began.`}
        </span>
      </div>
      {next && (
        <button
          type="button"
          className="button plain compact"
          aria-label={`Add hours on ${name}`}
          onClick={() => change([...stretches, next])}
        >
          Add
        </button>
      )}
    </li>
  );
}

interface StretchProps {
  day: string;
  stretch: WorkingHours;
  onChange: (stretch: WorkingHours) => void;
  onRemove: () => void;
}

function Stretch({ day, stretch, onChange, onRemove }: StretchProps) {
  return (
    <div className="stretch">
      <TimeSelect
        label={`${day} from`}
        value={stretch.from}
        times={timesOfDay(stretch.from, null)}
        onChange={(from) => onChange(startingAt(stretch, from))}
      />
      <span aria-hidden="true">–</span>
      <TimeSelect
        label={`${day} to`}
        value={stretch.to}
        times={timesOfDay(stretch.to, stretch.from)}
        onChange={(to) => onChange({ ...stretch, to })}
      />
      <button type="button" className="icon-button" aria-label={`Remove hours on ${day}`} onClick={onRemove}>
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}

interface TimeProps {
  label: string;
  value: string;
  times: string[];
  onChange: (time: string) => void;
}

function TimeSelect({ label, value, times, onChange }: TimeProps) {
  return (
    <select className="select" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {times.map((time) => (
        <option key={time} value={time}>
          {timeOfDay(time)}
        </option>
      ))}
    </select>
  );
}
