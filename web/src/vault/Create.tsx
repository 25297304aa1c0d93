import { useId, useState, type SubmitEvent } from 'react';
import { browserZone } from '../lib/zone';
import { InviterDigits } from '../people/KeyDigits';
import { useSotto } from '../sotto/context';
import type { Problem } from '../sotto/problem';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import { useFocusOn } from '../ui/useFocusOn';
import { ZoneField } from '../ui/ZoneField';
import { deviceName } from './deviceName';
import { NewPassphraseFields, useNewPassphrase } from './NewPassphrase';
import { Threshold } from './Threshold';
import { Working } from './Working';

interface Props {
  invitation: string | null;
  /** Whether a safety number's code was opened, which there is nothing to compare with here. */
  scanned: boolean;
  onJoin: () => void;
}

/** First visit: a name and a passphrase become keys and a vault. */
export function Create({ invitation, scanned, onJoin }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const nameId = useId();
  const [name, setName] = useState('');
  const chosen = useNewPassphrase();
  const [zone, setZone] = useState(browserZone);
  const [choosingZone, setChoosingZone] = useState(false);
  const [nameless, setNameless] = useState<Problem | null>(null);
  const nameField = useFocusOn<HTMLInputElement>(nameless);
  const preview = useQuery(invitation ? { type: 'inspect_invitation', link: invitation } : null);

  const create = async () => {
    if (!name.trim()) {
      setNameless({ ...NAMELESS });
      return;
    }
    if (!(await chosen.check())) return;
    const { passphrase } = chosen;
    await action.run(() =>
      sotto.create({
        name: name.trim(),
        passphrase,
        time_zone: zone,
        device_name: deviceName(navigator.userAgent),
      }),
    );
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void create();
  };

  return (
    <Threshold>
      <div className="threshold-head">
        {invitation ? (
          <>
            <h1>{preview.data ? `${preview.data.name} invites you` : 'You are invited'}</h1>
            <p className="quiet">
              {preview.problem
                ? 'Whoever sent you the link has to send it again. You can make your agent meanwhile.'
                : 'Your agents will find times for the two of you. First, make yourself known on this device; then accept with one click.'}
            </p>
          </>
        ) : (
          <>
            <h1>An agent that keeps its voice down</h1>
            <p className="quiet">
              Say “half an hour with Robin next week”. Your agent and Robin’s find the time, and put it in both
              calendars.
            </p>
          </>
        )}
      </div>
      {preview.data && <InviterDigits name={preview.data.name} digits={preview.data.account_fingerprint} />}
      {scanned && (
        <p className="notice">
          You opened the code of a safety number. Only your own agent can compare it, and there is none in this browser:
          open the link where yours is.
        </p>
      )}
      <Trouble problem={preview.problem} />
      {action.busy ? (
        <Working>Making your keys. This takes a few seconds, on purpose: it makes guessing slow.</Working>
      ) : (
        <form onSubmit={submit} noValidate>
          <div className="field">
            <label htmlFor={nameId}>Your name</label>
            <input
              id={nameId}
              ref={nameField}
              className="input"
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                setNameless(null);
              }}
              autoComplete="name"
              maxLength={80}
              autoFocus
              required
              aria-invalid={nameless ? true : undefined}
              aria-describedby={`${nameId}-about`}
            />
            {nameless ? (
              <Trouble problem={nameless} id={`${nameId}-about`} />
            ) : (
              <span className="hint" id={`${nameId}-about`}>
                Your contacts see it. The relay does not.
              </span>
            )}
          </div>
          <NewPassphraseFields chosen={chosen} label="Passphrase" />
          {choosingZone ? (
            <ZoneField value={zone} onChange={setZone} />
          ) : (
            <p className="zone-line">
              Time zone: <b>{zone.replaceAll('_', ' ')}</b>{' '}
              <button
                type="button"
                className="text-button"
                onClick={() => setChoosingZone(true)}
                aria-label="Change time zone"
              >
                Change
              </button>
            </p>
          )}
          <Trouble problem={action.problem} />
          <button type="submit" className="button primary">
            Create my agent
          </button>
        </form>
      )}
      {!action.busy && (
        <p className="quiet small">
          You use Sotto on another device?{' '}
          <button type="button" className="text-button" onClick={onJoin}>
            Add this device to your account
          </button>
        </p>
      )}
      <p className="aside-note">
        <Icon name="lock" size={18} />
        <span>
          Your keys are made here and stay here, locked with your passphrase. The relay carries sealed messages; it
          never sees your calendar or a word of what the agents say.
        </span>
      </p>
    </Threshold>
  );
}

const NAMELESS: Problem = {
  message: 'A name is missing.',
  nextStep: 'Enter the name your contacts know you by.',
  code: null,
};
