import { useState, type SubmitEvent } from 'react';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Trouble } from '../ui/Trouble';
import { NewPassphraseFields, useNewPassphrase } from '../vault/NewPassphrase';
import { Passphrase } from '../vault/Passphrase';

/** Another passphrase for the same vault: a button, and a form once it is pressed. */
export function ChangePassphrase() {
  const [state, setState] = useState<'closed' | 'open' | 'changed'>('closed');
  if (state === 'open') return <Form onDone={(changed) => setState(changed ? 'changed' : 'closed')} />;
  return (
    <div className="row">
      <button type="button" className="button" onClick={() => setState('open')}>
        Change passphrase
      </button>
      <span className="small quiet" role="status">
        {state === 'changed' && 'Changed. The vault opens with the new one from now on.'}
      </span>
    </div>
  );
}

function Form({ onDone }: { onDone: (changed: boolean) => void }) {
  const sotto = useSotto();
  const action = useAction();
  const chosen = useNewPassphrase();
  const [current, setCurrent] = useState('');
  const wrong = action.problem?.code === 'wrong_passphrase' ? action.problem : null;

  const change = async () => {
    if (!(await chosen.check())) return;
    if (await action.run(() => sotto.changePassphrase(current, chosen.passphrase))) onDone(true);
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void change();
  };

  return (
    <form className="stack change-passphrase" aria-label="Change passphrase" onSubmit={submit} noValidate>
      <Passphrase
        label="Current passphrase"
        value={current}
        onChange={(value) => {
          setCurrent(value);
          if (wrong) action.clear();
        }}
        autoComplete="current-password"
        problem={wrong}
        autoFocus
      />
      <NewPassphraseFields chosen={chosen} label="New passphrase" />
      <Trouble problem={wrong ? null : action.problem} />
      <div className="row">
        <button type="submit" className="button primary" disabled={action.busy || !current}>
          {action.busy ? 'Changing…' : 'Change passphrase'}
        </button>
        <button type="button" className="button" disabled={action.busy} onClick={() => onDone(false)}>
          Back
        </button>
      </div>
    </form>
  );
}
