import { useId, useState, type SubmitEvent } from 'react';
import { hostOf } from '../lib/format';
import { useNow } from '../lib/hooks';
import { useSotto } from '../sotto/context';
import type { Problem } from '../sotto/problem';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import { useFocusOn } from '../ui/useFocusOn';
import { deviceLinkIn, type PendingDeviceLink } from './deviceLink';
import { deviceName } from './deviceName';
import { NewPassphraseFields, useNewPassphrase } from './NewPassphrase';
import { Threshold } from './Threshold';
import { Working } from './Working';

/** First visit of somebody who has an agent on another device: with a link of that, or to get one. */
export function Join({ pending, onBack }: { pending: PendingDeviceLink; onBack: () => void }) {
  const { link } = pending;
  return (
    <Threshold>
      <div className="threshold-head">
        <h1>Add this device to your account</h1>
        <p className="quiet">
          You stay one person with one agent, here as well. Your other device has to agree before anything is shared.
        </p>
      </div>
      {link ? <ByLink key={link} link={link} pending={pending} /> : <Paste onOpen={pending.open} />}
      <p className="aside-note">
        <Icon name="people" size={18} />
        <span>
          You have no agent anywhere yet?{' '}
          <button type="button" className="text-button" onClick={onBack}>
            Create a new one
          </button>
        </span>
      </p>
    </Threshold>
  );
}

/** Where the link comes from, for who has none yet. */
function Paste({ onOpen }: { onOpen: (link: string) => void }) {
  const id = useId();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState<Problem | null>(null);
  const field = useFocusOn<HTMLInputElement>(wrong);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const link = text.trim();
    if (deviceLinkIn(link)) onOpen(link);
    else setWrong({ ...NO_LINK });
  };

  return (
    <form onSubmit={submit} noValidate>
      <ol className="steps">
        <li>
          On your other device, open <b>Settings</b> and choose <b>Add a device</b>.
        </li>
        <li>Scan the code that it shows with this device’s camera, or paste its link here.</li>
      </ol>
      <div className="field">
        <label htmlFor={id}>Link from your other device</label>
        <input
          id={id}
          ref={field}
          className="input"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setWrong(null);
          }}
          autoComplete="off"
          spellCheck={false}
          inputMode="url"
          autoFocus
          aria-invalid={wrong ? true : undefined}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
        />
        <Trouble problem={wrong} id={`${id}-wrong`} />
      </div>
      <button type="submit" className="button primary" disabled={!text.trim()}>
        Go on
      </button>
    </form>
  );
}

/** A name and a passphrase, and this device asks to be added. */
function ByLink({ link, pending }: { link: string; pending: PendingDeviceLink }) {
  const sotto = useSotto();
  const action = useAction();
  const id = useId();
  const now = useNow(10_000);
  const [device, setDevice] = useState(() => deviceName(navigator.userAgent));
  const [nameless, setNameless] = useState<Problem | null>(null);
  const field = useFocusOn<HTMLInputElement>(nameless);
  const chosen = useNewPassphrase();
  const { data: preview, problem } = useQuery({ type: 'inspect_link', link });

  const ask = async () => {
    if (!device.trim()) {
      setNameless({ ...NAMELESS });
      return;
    }
    if (!(await chosen.check())) return;
    const { passphrase } = chosen;
    if (await action.run(() => sotto.join({ link, device: device.trim(), passphrase }))) pending.dismiss();
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void ask();
  };

  if (problem) {
    return (
      <>
        <Trouble problem={problem} />
        <div className="row">
          <button type="button" className="button" onClick={pending.dismiss}>
            Use another link
          </button>
        </div>
      </>
    );
  }
  if (!preview) return <Working>One moment.</Working>;
  if (hostOf(preview.relay) !== location.host) {
    return (
      <>
        <Trouble problem={elsewhere(hostOf(preview.relay))} />
        <div className="row">
          <a className="button" href={link}>
            Open it at {hostOf(preview.relay)}
          </a>
          <button type="button" className="button" onClick={pending.dismiss}>
            Use another link
          </button>
        </div>
      </>
    );
  }
  if (action.busy) {
    return <Working>Making this device’s keys. This takes a few seconds, on purpose: it makes guessing slow.</Working>;
  }
  return (
    <form onSubmit={submit} noValidate>
      {Date.parse(preview.expires_at) <= now && (
        <p className="notice warm" role="status">
          By this device’s clock the link is over. Make a new one on your other device, unless the clock is wrong.
        </p>
      )}
      <div className="field">
        <label htmlFor={id}>Name of this device</label>
        <input
          id={id}
          ref={field}
          className="input"
          value={device}
          onChange={(event) => {
            setDevice(event.target.value);
            setNameless(null);
          }}
          onFocus={(event) => event.target.select()}
          autoComplete="off"
          maxLength={80}
          autoFocus
          required
          aria-invalid={nameless ? true : undefined}
          aria-describedby={`${id}-about`}
        />
        {nameless ? (
          <Trouble problem={nameless} id={`${id}-about`} />
        ) : (
          <span className="hint" id={`${id}-about`}>
            So that you know it on your other devices. Nobody else sees it.
          </span>
        )}
      </div>
      <p className="quiet small">
        Choose a passphrase for this device alone: it seals what is kept here. Your other device keeps its own.
      </p>
      <NewPassphraseFields chosen={chosen} label="New passphrase for this device" />
      <Trouble problem={action.problem} />
      <button type="submit" className="button primary">
        Ask to be added
      </button>
    </form>
  );
}

function elsewhere(host: string): Problem {
  return {
    message: `This link is of an account at another relay, ${host}.`,
    nextStep: 'Open it there: this page reaches its own relay alone.',
    code: null,
  };
}

const NO_LINK: Problem = {
  message: 'This is not a link of Sotto that adds a device.',
  nextStep: 'Copy the whole link that your other device shows under “Add a device”.',
  code: null,
};

const NAMELESS: Problem = {
  message: 'A name is missing.',
  nextStep: 'Enter what you call this device.',
  code: null,
};
