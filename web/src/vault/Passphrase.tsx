import { useId, useState } from 'react';
import { strengthOf } from './strength';

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
  const measured = strength ? strengthOf(value) : null;
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
          aria-describedby={measured || hint ? `${id}-hint` : undefined}
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
      {measured && (
        <div className="strength" data-level={measured.level}>
          {[1, 2, 3].map((step) => (
            <i key={step} className={measured.level >= step ? 'on' : undefined} />
          ))}
          <span className="hint" id={`${id}-hint`} aria-live="polite">
            {measured.advice}
          </span>
        </div>
      )}
      {!measured && hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}
