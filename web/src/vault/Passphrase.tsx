import { useId, useState } from 'react';
import type { Problem } from '../sotto/problem';
import { useFocusOn } from '../ui/useFocusOn';
import { Trouble } from '../ui/Trouble';
import { Strength } from './Strength';

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete: 'new-password' | 'current-password';
  strength?: boolean;
  /** What is wrong with it; the cursor goes there. */
  problem?: Problem | null;
  autoFocus?: boolean;
  hint?: string;
}

export function Passphrase({ label, value, onChange, autoComplete, strength, problem = null, autoFocus, hint }: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const field = useFocusOn<HTMLInputElement>(problem);
  const about = problem ? `${id}-problem` : strength || hint ? `${id}-hint` : undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="with-inside">
        <input
          id={id}
          ref={field}
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
          aria-invalid={problem ? true : undefined}
          aria-describedby={about}
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
      {strength && <Strength passphrase={value} adviceId={problem ? null : `${id}-hint`} />}
      {!strength && hint && !problem && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      <Trouble problem={problem} id={`${id}-problem`} />
    </div>
  );
}
