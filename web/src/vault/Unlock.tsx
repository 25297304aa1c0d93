import { useState, type SubmitEvent } from 'react';
import { InviterDigits } from '../people/KeyDigits';
import { useSotto } from '../sotto/context';
import type { Problem } from '../sotto/problem';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import type { PendingDeviceLink } from './deviceLink';
import { Passphrase } from './Passphrase';
import { StartOver } from './StartOver';
import { Threshold } from './Threshold';
import { Working } from './Working';

interface Props {
  invitation: string | null;
  /** Whether a safety number's code was opened, which is compared once the vault is open. */
  scanned: boolean;
  /** A link that adds a device, which is of no use here. */
  device: PendingDeviceLink;
  /** Why it was locked, when nobody asked for it. */
  fault: Problem | null;
  onUnlocked: () => void;
}

export function Unlock({ invitation, scanned, device, fault, onUnlocked }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const [passphrase, setPassphrase] = useState('');
  const [startingOver, setStartingOver] = useState(false);
  const preview = useQuery(invitation ? { type: 'inspect_invitation', link: invitation } : null);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void action.run(() => sotto.unlock(passphrase)).then((opened) => opened && onUnlocked());
  };

  if (startingOver) return <StartOver onBack={() => setStartingOver(false)} />;

  const wrong = action.problem?.code === 'wrong_passphrase' ? action.problem : null;
  const problem = wrong ? null : (action.problem ?? fault);
  return (
    <Threshold>
      <div className="threshold-head">
        <h1>{preview.data ? `${preview.data.name} invites you` : 'Welcome back'}</h1>
        <p className="quiet">
          {preview.data
            ? 'Unlock your agent first; then accept with one click.'
            : scanned
              ? 'Unlock your agent first; then it compares the code that you opened.'
              : 'Your agent is locked on this device.'}
        </p>
      </div>
      {preview.data && <InviterDigits name={preview.data.name} digits={preview.data.account_fingerprint} />}
      <Trouble problem={preview.problem} />
      {device.link && (
        <div className="notice warm">
          <p>
            <b>This browser has something of yours already.</b> If it was not added to your account, unlock it: it
            starts again from there, with the link that you opened. Otherwise the link adds nothing here: open it in
            another browser; or if this one is to join that account instead, start over below, which deletes what is
            here.
          </p>
          <button type="button" className="text-button" onClick={device.dismiss}>
            Put the link away
          </button>
        </div>
      )}
      <form onSubmit={submit} noValidate aria-busy={action.busy}>
        <Passphrase
          label="Passphrase"
          value={passphrase}
          onChange={(value) => {
            setPassphrase(value);
            if (wrong) action.clear();
          }}
          autoComplete="current-password"
          problem={wrong}
          autoFocus
        />
        <Trouble problem={problem} />
        <button type="submit" className="button primary" disabled={action.busy || !passphrase}>
          {action.busy ? 'Unlocking…' : 'Unlock'}
        </button>
        {action.busy && <Working>Opening your vault.</Working>}
      </form>
      <p className="aside-note">
        <Icon name="lock" size={18} />
        <span>
          {problem?.code === 'vault_damaged'
            ? 'What is damaged here cannot be mended, and no copy is elsewhere. '
            : 'Nobody can reset a passphrase: the keys are on this device alone. If you have lost it, '}
          <button type="button" className="text-button" onClick={() => setStartingOver(true)}>
            {problem?.code === 'vault_damaged' ? 'Start over' : 'start over'}
          </button>{' '}
          with new keys.
        </span>
      </p>
    </Threshold>
  );
}
