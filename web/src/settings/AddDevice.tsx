import type { DeviceView, LinkView } from '@sotto/client';
import { useEffect, useId, useState, type ReactNode, type SubmitEvent } from 'react';
import { timeLeft } from '../lib/digits';
import { useNow } from '../lib/hooks';
import { KeyDigits } from '../people/KeyDigits';
import { QrCode } from '../people/QrCode';
import { useSotto } from '../sotto/context';
import { problemOf, type Problem } from '../sotto/problem';
import { useAction } from '../sotto/useAction';
import { Choice } from '../ui/controls';
import { CopyField } from '../ui/CopyField';
import { Dialog } from '../ui/Dialog';
import { Trouble } from '../ui/Trouble';
import { isListed, type Asking } from './deviceWords';

interface Props {
  /** Who asks by a link that was made before, or by the one that is made here. */
  asking: Asking | null;
  devices: readonly DeviceView[];
  /** What is wrong, which may be of the link. */
  warning: string | null;
  onClose: () => void;
}

/** Adding a device: a link for it, the code that it shows then, and how it went. */
export function AddDevice({ asking, devices, warning, onClose }: Props) {
  const [link, setLink] = useState<LinkView | null>(null);
  /** The device that asked last, so that what became of it can be said. */
  const [asked, setAsked] = useState<Asking | null>(asking);
  const [refused, setRefused] = useState<string | null>(null);
  /** Why the link is over, where it ended by what was typed. */
  const [ended, setEnded] = useState<Problem | null>(null);
  useEffect(() => {
    if (asking) setAsked(asking);
  }, [asking]);
  const again = () => {
    setLink(null);
    setAsked(null);
    setRefused(null);
    setEnded(null);
  };

  const known = asked && (devices.find(({ id }) => id === asked.device.id) ?? null);
  let step: ReactNode;
  if (refused !== null) step = <SaidNo name={refused} onAgain={again} onClose={onClose} />;
  else if (ended) step = <Over why={ended} onAgain={again} />;
  else if (asking) {
    step = <TypeCode key={asking.link} asking={asking} onNo={() => setRefused(asking.device.name)} onOver={setEnded} />;
  } else if (known && isListed(known.state)) step = <Added device={known} onClose={onClose} />;
  else if (known?.state === 'joining') {
    step = <p role="status">Adding {known.name}… It takes effect as soon as the relay is told.</p>;
  } else if (asked) step = <Over why={null} onAgain={again} />;
  else if (link) step = <Show key={link.id} link={link} warning={warning} onAgain={again} />;
  else step = <Make onMade={setLink} />;

  return (
    <Dialog title={asking ? `${asking.device.name} asks to be added` : 'Add a device'} onClose={onClose}>
      {step}
    </Dialog>
  );
}

const MAY = [
  ['no', 'Use your account'],
  ['yes', 'Also add and remove devices'],
] as const;

function Make({ onMade }: { onMade: (link: LinkView) => void }) {
  const sotto = useSotto();
  const action = useAction();
  const [keeper, setKeeper] = useState<(typeof MAY)[number][0]>('no');

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void action.run(async () => onMade(await sotto.command({ type: 'link_device', keeper: keeper === 'yes' })));
  };

  return (
    <>
      <p className="quiet">
        You get a code to scan with the new device, and a link. The new device then shows six digits, which you type
        here. Nothing is shared before that.
      </p>
      <form className="stack wide" onSubmit={submit}>
        <Choice
          label="The new device may"
          value={keeper}
          options={MAY}
          onChange={setKeeper}
          hint={
            keeper === 'yes'
              ? 'It gets the key of your account. If this device is ever lost, you can remove it from there. Whoever steals it, and its passphrase, could remove you.'
              : 'It cannot add or remove devices. Choose the other for one that you keep as safe as this one, so that you are not left with none that can.'
          }
        />
        <Trouble problem={action.problem} />
        <button type="submit" className="button primary" disabled={action.busy}>
          {action.busy ? 'Making it…' : 'Show the code'}
        </button>
      </form>
    </>
  );
}

interface ShowProps {
  link: LinkView;
  warning: string | null;
  onAgain: () => void;
}

function Show({ link, warning, onAgain }: ShowProps) {
  const now = useNow(1000);
  const until = Date.parse(link.expires_at);
  if (until <= now) return <Over why={null} onAgain={onAgain} />;
  return (
    <>
      {warning && <p className="notice warm">{warning}</p>}
      <div className="invitation device-link">
        <QrCode text={link.link} label="Link as a code to scan" />
        <div className="stack">
          <p>Scan this with the camera of the new device, or open the link in its browser.</p>
          <CopyField label="Link for the new device" value={link.link} />
        </div>
      </div>
      <p className="quiet small">
        Show it to nobody else. It is for one device, and good for{' '}
        <span className="countdown">{timeLeft(until, now)}</span>.
      </p>
      <p className="voice" role="status">
        Waiting for the new device.
      </p>
    </>
  );
}

interface TypeCodeProps {
  asking: Asking;
  onNo: () => void;
  /** What was typed ended the link, for that reason. */
  onOver: (why: Problem) => void;
}

function TypeCode({ asking, onNo, onOver }: TypeCodeProps) {
  const sotto = useSotto();
  const action = useAction();
  const id = useId();
  const [code, setCode] = useState('');
  const { device, link, digits } = asking;
  const decide = (said: { code?: string }) =>
    action.run(() =>
      sotto.command({ type: 'decide_link', link, ...said }).catch((error: unknown) => {
        const problem = problemOf(error);
        if (problem.code === 'link_invalid') onOver(problem);
        throw error;
      }),
    );

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void decide({ code });
  };

  return (
    <form className="stack wide" onSubmit={submit}>
      <div className="field">
        <label htmlFor={id}>The six digits that {device.name} shows</label>
        <input
          id={id}
          className="input code"
          value={code}
          onChange={(event) => setCode(event.target.value)}
          inputMode="numeric"
          maxLength={12}
          autoComplete="off"
          autoFocus
          aria-describedby={`${id}-hint`}
        />
        <span className="hint" id={`${id}-hint`}>
          {device.keeper && 'It may add and remove devices then. '}
          If it shows none, somebody else has used the link. Say no: nothing is shared then.
        </span>
      </div>
      <KeyDigits digits={digits} label="Digits of your account">
        Compare these digits with those that {device.name} shows. Where it shows others, the link was swapped on its
        way: say no.
      </KeyDigits>
      <Trouble problem={action.problem} />
      <div className="row">
        <button type="submit" className="button primary" disabled={action.busy}>
          Add it
        </button>
        <button
          type="button"
          className="button danger"
          disabled={action.busy}
          onClick={() => void decide({}).then((done) => done && onNo())}
        >
          No
        </button>
      </div>
    </form>
  );
}

function SaidNo({ name, onAgain, onClose }: { name: string; onAgain: () => void; onClose: () => void }) {
  return (
    <>
      <p role="status">
        {name} was not added, and nothing was shared. The link is over, and {name} says so.
      </p>
      <p className="quiet">If somebody else had used it, make another where nobody can look over your shoulder.</p>
      <div className="row">
        <button type="button" className="button" onClick={onAgain}>
          Make a new link
        </button>
        <button type="button" className="button" onClick={onClose}>
          Done
        </button>
      </div>
    </>
  );
}

function Over({ why, onAgain }: { why: Problem | null; onAgain: () => void }) {
  return (
    <>
      {why ? <Trouble problem={why} /> : <p role="status">The link is over, and no device was added by it.</p>}
      <button type="button" className="button primary" onClick={onAgain}>
        Make a new link
      </button>
    </>
  );
}

function Added({ device, onClose }: { device: DeviceView; onClose: () => void }) {
  return (
    <>
      <p className="voice" role="status">
        {device.name} is one of your devices now.
      </p>
      <p className="quiet">
        It gets your contacts and preferences, and hears all that is said from now on. It does not get your calendar,
        nor what was said before: it follows the device that answers for you.
      </p>
      <button type="button" className="button primary" onClick={onClose}>
        Done
      </button>
    </>
  );
}
