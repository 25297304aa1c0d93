import { useEffect, useId, useState } from 'react';
import { allZones, browserZone, zoneCalled } from '../lib/zone';

interface Props {
  value: string;
  onChange: (zone: string) => void;
}

const shown = (zone: string) => zone.replaceAll('_', ' ');

/** A time zone, found by typing a part of its name: one of several hundred. */
export function ZoneField({ value, onChange }: Props) {
  const id = useId();
  const [text, setText] = useState(shown(value));
  const [left, setLeft] = useState(false);
  useEffect(() => setText(shown(value)), [value]);

  const zones = allZones(value);
  const unknown = left && zoneCalled(text, zones) === null;
  return (
    <div className="field">
      <label htmlFor={id}>Time zone</label>
      <input
        id={id}
        className="input"
        list={`${id}-zones`}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setLeft(false);
          const zone = zoneCalled(event.target.value, zones);
          if (zone && zone !== value) onChange(zone);
        }}
        // The list shows what fits the text, so that all of it shows in an empty field only.
        onFocus={(event) => event.target.select()}
        onBlur={() => setLeft(true)}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={unknown || undefined}
        aria-describedby={`${id}-hint`}
      />
      <datalist id={`${id}-zones`}>
        {zones.map((zone) => (
          <option key={zone} value={shown(zone)} />
        ))}
      </datalist>
      {unknown ? (
        <div className="problem" role="alert" id={`${id}-hint`}>
          <strong>There is no time zone “{text}”.</strong>
          <span>
            Type a part of the name of a big city near you and choose from the list, such as {shown(browserZone())}.
            Until then it stays {shown(value)}.
          </span>
        </div>
      ) : (
        <span className="hint" id={`${id}-hint`}>
          Type a city or a part of the world to search.
        </span>
      )}
    </div>
  );
}
