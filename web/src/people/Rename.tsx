import type { ContactView } from '@sotto/client';
import { useId, useState, type SubmitEvent } from 'react';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Trouble } from '../ui/Trouble';

/** A name of one's own for a contact, in place. */
export function Rename({ contact, onDone }: { contact: ContactView; onDone: () => void }) {
  const sotto = useSotto();
  const action = useAction();
  const id = useId();
  const [name, setName] = useState(contact.name);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void action
      .run(() => sotto.command({ type: 'rename_contact', contact: contact.id, name: name.trim() }))
      .then((done) => done && onDone());
  };

  return (
    <form className="confirm" onSubmit={submit} onKeyDown={(event) => event.key === 'Escape' && onDone()}>
      <div className="field">
        <label htmlFor={id}>Your name for {contact.their_name}</label>
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
          Only you see it. Leave it empty for the name they gave themselves.
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
