import { useId, useState, type SubmitEvent } from 'react';
import { forgetAll } from '../lib/remembered';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Trouble } from '../ui/Trouble';
import { Threshold } from './Threshold';
import { Working } from './Working';
import './vault.css';

/** To be typed, so that nobody deletes a vault by a slip. */
const WORD = 'delete';

/** The way out for whom cannot open the vault any more: without it, and with nothing that was in it. */
export function StartOver({ onBack }: { onBack: () => void }) {
  return (
    <Threshold>
      <div className="threshold-head">
        <h1>Start over</h1>
      </div>
      <StartOverForm onBack={onBack} />
    </Threshold>
  );
}

/** Says what is lost, and deletes it. */
export function StartOverForm({ onBack }: { onBack: () => void }) {
  const sotto = useSotto();
  const action = useAction();
  const id = useId();
  const [typed, setTyped] = useState('');
  const sure = typed.trim().toLowerCase() === WORD;

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!sure) return;
    void action.run(async () => {
      if (sotto.vault === 'open') await sotto.lock();
      await sotto.erase();
      forgetAll();
    });
  };

  return (
    <>
      <p className="quiet">
        Everything of Sotto in this browser is deleted, and you make a new agent. It cannot be undone.
      </p>
      <ul className="losses">
        <li>
          <b>Your keys.</b> To your contacts you will be somebody new.
        </li>
        <li>
          <b>Your contacts.</b> They have to be invited again, and delete the old entry of you on their side.
        </li>
        <li>
          <b>Your meetings, calendars and settings</b> in Sotto. Agreed meetings stay in the other person’s calendar;
          tell them yourself if you cannot come. Your calendar program keeps what you imported from it.
        </li>
      </ul>
      <form className="stack wide" onSubmit={submit} noValidate aria-busy={action.busy}>
        <div className="field">
          <label htmlFor={id}>Type “{WORD}” to go on</label>
          <input
            id={id}
            className="input"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
          />
        </div>
        <Trouble problem={action.problem} />
        <div className="row">
          <button type="submit" className="button danger" disabled={action.busy || !sure}>
            Delete everything and start over
          </button>
          <button type="button" className="button" disabled={action.busy} onClick={onBack}>
            Back
          </button>
        </div>
        {action.busy && <Working>Deleting. If it takes long, close other tabs with Sotto.</Working>}
      </form>
    </>
  );
}
