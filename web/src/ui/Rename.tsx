import { useId, useState, type SubmitEvent } from 'react';
import { useAction } from '../sotto/useAction';
import { Trouble } from './Trouble';

interface Props {
  /** As it is called so far. */
  name: string;
  label: string;
  /** Who sees the name, in a sentence. */
  hint: string;
  onSave: (name: string) => Promise<unknown>;
  onDone: () => void;
}

/** Another name for something, in place. */
export function Rename({ name: before, label, hint, onSave, onDone }: Props) {
  const action = useAction();
  const id = useId();
  const [name, setName] = useState(before);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void action.run(() => onSave(name.trim())).then((done) => done && onDone());
  };

  return (
    <form className="confirm" onSubmit={submit} onKeyDown={(event) => event.key === 'Escape' && onDone()}>
      <div className="field">
        <label htmlFor={id}>{label}</label>
        <input
          id={id}
          className="input"
          value={name}
          onChange={(event) => setName(event.target.value)}
          onFocus={(event) => event.target.select()}
          maxLength={200}
          autoComplete="off"
          autoFocus
          aria-describedby={`${id}-hint`}
        />
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      </div>
      <div className="row">
        <button type="submit" className="button primary compact" disabled={action.busy}>
          Save
        </button>
        <button type="button" className="button compact" onClick={onDone}>
          Back
        </button>
      </div>
      <Trouble problem={action.problem} />
    </form>
  );
}
