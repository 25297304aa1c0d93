import { useEffect, useId, useState } from 'react';
import { allZones, browserZone, zoneCalled } from '../lib/zone';

interface Props {
  value: string;
  onChange: (zone: string) => void;
}

const shown = (zone: string) => zone.replaceAll('_', ' ');

/**
 * A time zone, found by typing a part of its name: one of several hundred. What is typed counts once the field is left
 * or Enter is pressed, what is chosen from the list at once; Escape takes it back.
 */
export function ZoneField({ value, onChange }: Props) {
  const id = useId();
  const [text, setText] = useState(shown(value));
  const [left, setLeft] = useState(false);
  useEffect(() => setText(shown(value)), [value]);

  const zones = allZones(value);
  const unknown = left && zoneCalled(text, zones) === null;
  const choose = (named: string) => {
    const zone = zoneCalled(named, zones);
    if (zone && zone !== value) onChange(zone);
    else if (zone) setText(shown(zone));
  };
  const leave = () => {
    setLeft(true);
    choose(text);
  };
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
          // Typing says how it was done; a choice from the list does not.
          const { nativeEvent: how } = event;
          if (!('inputType' in how) || how.inputType === 'insertReplacementText') choose(event.target.value);
        }}
        onKeyDown={({ key }) => {
          if (key === 'Enter') leave();
          if (key !== 'Escape') return;
          setText(shown(value));
          setLeft(false);
        }}
        // The list shows what fits the text, so that all of it shows in an empty field only.
        onFocus={(event) => event.target.select()}
        onBlur={leave}
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
