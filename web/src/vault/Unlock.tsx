import { useState, type SubmitEvent } from 'react';
import { useSotto } from '../sotto/context';
import type { Problem } from '../sotto/problem';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Trouble } from '../ui/Trouble';
import { Passphrase } from './Passphrase';
import { Threshold } from './Threshold';
import { Working } from './Working';

interface Props {
  invitation: string | null;
  /** Why it was locked, when nobody asked for it. */
  fault: Problem | null;
  onUnlocked: () => void;
}

export function Unlock({ invitation, fault, onUnlocked }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const [passphrase, setPassphrase] = useState('');
  const preview = useQuery(invitation ? { type: 'inspect_invitation', link: invitation } : null);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void action.run(() => sotto.unlock(passphrase)).then((opened) => opened && onUnlocked());
  };

  return (
    <Threshold>
      <div className="threshold-head">
        <h1>{preview.data ? `${preview.data.name} invites you` : 'Welcome back'}</h1>
        <p className="quiet">
          {invitation ? 'Unlock first; then accept with one click.' : 'Your agent is locked on this device.'}
        </p>
      </div>
      <form onSubmit={submit} noValidate aria-busy={action.busy}>
        <Passphrase
          label="Passphrase"
          value={passphrase}
          onChange={setPassphrase}
          autoComplete="current-password"
          invalid={action.problem?.code === 'wrong_passphrase'}
          autoFocus
        />
        <Trouble problem={action.problem ?? fault} />
        <button type="submit" className="button primary" disabled={action.busy || !passphrase}>
          {action.busy ? 'Unlocking…' : 'Unlock'}
        </button>
        {action.busy && <Working>Opening your vault.</Working>}
      </form>
    </Threshold>
  );
}
