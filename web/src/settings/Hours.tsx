import type { Weekday, WorkingHours } from '@sotto/client';
import { useEffect, useState } from 'react';
import { timeOfDay } from '../lib/format';
import { Icon } from '../ui/Icon';
import { faultOf, nextStretch, stretchesOf, WEEKDAYS, withStretches } from './hours';

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
            onChange={(changed) => onChange(stretches.map((each, at) => (at === index ? changed : each)))}
            onRemove={() => onChange(stretches.filter((_, at) => at !== index))}
          />
        ))}
      </div>
      {next && (
        <button type="button" className="button plain compact" aria-label={`Add hours on ${name}`} onClick={() => onChange([...stretches, next])}>
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
  const [from, setFrom] = useState(timeOfDay(stretch.from));
  const [to, setTo] = useState(timeOfDay(stretch.to));
  useEffect(() => {
    setFrom(timeOfDay(stretch.from));
    setTo(timeOfDay(stretch.to));
  }, [stretch.from, stretch.to]);
  const fault = faultOf({ from, to });

  // Only whole, sensible hours leave this row; half-typed ones stay in it.
  const settle = () => {
    const changed = from !== timeOfDay(stretch.from) || to !== timeOfDay(stretch.to);
    if (changed && !fault) onChange({ ...stretch, from: `${from}:00`, to: `${to}:00` });
  };

  return (
    <div className="stretch">
      <input
        type="time"
        className="input"
        aria-label={`${day} from`}
        aria-invalid={fault !== null}
        value={from}
        onChange={(event) => setFrom(event.target.value)}
        onBlur={settle}
      />
      <span aria-hidden="true">–</span>
      <input
        type="time"
        className="input"
        aria-label={`${day} to`}
        aria-invalid={fault !== null}
        value={to}
        onChange={(event) => setTo(event.target.value)}
        onBlur={settle}
      />
      <button type="button" className="icon-button" aria-label={`Remove hours on ${day}`} onClick={onRemove}>
        <Icon name="close" size={16} />
      </button>
      {fault && (
        <span className="stretch-fault" role="alert">
          {fault}
        </span>
      )}
    </div>
  );
}
