import { useId, useState } from 'react';
import { Strength } from './Strength';

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete: 'new-password' | 'current-password';
  strength?: boolean;
  invalid?: boolean;
  autoFocus?: boolean;
  hint?: string;
}

export function Passphrase({ label, value, onChange, autoComplete, strength, invalid, autoFocus, hint }: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="with-inside">
        <input
          id={id}
          className="input"
          type={shown ? 'text' : 'password'}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          autoComplete={autoComplete}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          autoFocus={autoFocus}
          required
          aria-invalid={invalid || undefined}
          aria-describedby={strength || hint ? `${id}-hint` : undefined}
        />
        <button
          type="button"
          className="button plain compact"
          aria-label={`${shown ? 'Hide' : 'Show'} ${label.toLowerCase()}`}
          onClick={() => setShown(!shown)}
        >
          {shown ? 'Hide' : 'Show'}
        </button>
      </div>
      {strength && <Strength passphrase={value} id={`${id}-hint`} />}
      {!strength && hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}
