import type { PassphraseStrength } from '@sotto/client';
import { useId, useState, type SubmitEvent } from 'react';
import { browserZone } from '../lib/zone';
import { useSotto } from '../sotto/context';
import type { Problem } from '../sotto/problem';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import { ZoneField } from '../ui/ZoneField';
import { Passphrase } from './Passphrase';
import { Threshold } from './Threshold';
import { Working } from './Working';

/** First visit: a name and a passphrase become keys and a vault. */
export function Create({ invitation }: { invitation: string | null }) {
  const sotto = useSotto();
  const action = useAction();
  const nameId = useId();
  const [name, setName] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [repeated, setRepeated] = useState('');
  const [zone, setZone] = useState(browserZone);
  const [choosingZone, setChoosingZone] = useState(false);
  const [lacking, setLacking] = useState<Problem | null>(null);
  const preview = useQuery(invitation ? { type: 'inspect_invitation', link: invitation } : null);

  const create = async () => {
    const missing = lackOf(name, await sotto.measurePassphrase(passphrase), passphrase === repeated);
    setLacking(missing);
    if (!missing) await action.run(() => sotto.create({ name: name.trim(), passphrase, time_zone: zone }));
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
      <Trouble problem={preview.problem} />
      {action.busy ? (
        <Working>Making your keys. This takes a few seconds, on purpose: it makes guessing slow.</Working>
      ) : (
        <form onSubmit={submit} noValidate>
          <div className="field">
            <label htmlFor={nameId}>Your name</label>
            <input
              id={nameId}
              className="input"
              value={name}
              onChange={(event) => setName(event.target.value)}
              autoComplete="name"
              maxLength={80}
              autoFocus
              required
              aria-describedby={`${nameId}-hint`}
            />
            <span className="hint" id={`${nameId}-hint`}>
              Your contacts see it. The relay does not.
            </span>
          </div>
          <Passphrase
            label="Passphrase"
            value={passphrase}
            onChange={setPassphrase}
            autoComplete="new-password"
            strength
          />
          <Passphrase
            label="Repeat passphrase"
            value={repeated}
            onChange={setRepeated}
            autoComplete="new-password"
            hint="It cannot be reset, so keep it somewhere safe."
          />
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
          <Trouble problem={lacking ?? action.problem} />
          <button type="submit" className="button primary">
            Create my agent
          </button>
        </form>
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

function lackOf(name: string, strength: PassphraseStrength, same: boolean): Problem | null {
  if (!name.trim())
    return { message: 'A name is missing.', nextStep: 'Enter the name your contacts know you by.', code: null };
  if (strength.level === 'refused') {
    return { message: 'The passphrase is too short or too easy to guess.', nextStep: strength.advice, code: null };
  }
  if (!same) {
    return {
      message: 'The two passphrases differ.',
      nextStep: 'Enter the same one twice; “Show” lets you read them.',
      code: null,
    };
  }
  return null;
}
