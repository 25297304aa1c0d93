import type { JoiningView } from '@sotto/client';
import { digitGroups, timeLeft } from '../lib/digits';
import { hostOf } from '../lib/format';
import { useNow } from '../lib/hooks';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Code } from '../ui/Code';
import { Trouble } from '../ui/Trouble';
import type { PendingDeviceLink } from './deviceLink';
import { Threshold } from './Threshold';
import { Working } from './Working';

interface Props {
  joining: JoiningView;
  /** Another link that was opened meanwhile. */
  pending: PendingDeviceLink;
  /** It starts again. */
  onAgain: () => void;
}

/** This device asks to be added: the code to type there, until the other device has answered. */
export function Joining({ joining, pending, onAgain }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const now = useNow(1000);
  const { code, problem } = joining;
  const over = Date.parse(joining.expires_at) <= now;

  // It is a device of no account yet, so there is nothing to lose.
  const startAgain = () =>
    void action.run(async () => {
      onAgain();
      await sotto.lock();
      await sotto.erase();
    });
  const again = (
    <button
      type="button"
      className={`button ${problem || over ? 'primary' : ''}`}
      disabled={action.busy}
      onClick={startAgain}
    >
      Start again
    </button>
  );

  const another = pending.link && (
    <div className="notice stack wide">
      <p>You have opened another link. Start again, and this device asks by that one.</p>
    </div>
  );

  if (problem) {
    return (
      <Threshold>
        <div className="threshold-head">
          <h1>This device was not added</h1>
        </div>
        <Trouble problem={{ message: problem.message, nextStep: problem.next_step, code: problem.code }} />
        {another}
        <div className="row">{again}</div>
        <Trouble problem={action.problem} />
      </Threshold>
    );
  }
  return (
    <Threshold>
      <div className="threshold-head">
        <h1>{code ? 'Type this code on your other device' : 'Reaching your other device'}</h1>
        <p className="quiet">
          {code
            ? 'It asks for the code now, and adds this device by it.'
            : `${joining.name} asks to be added, by way of ${hostOf(joining.relay)}.`}
        </p>
      </div>
      {code && <Code code={code} />}
      {another}
      {joining.connection_detail && (
        <p className="notice warm" role="status">
          {joining.connection_detail} It is tried again by itself.
        </p>
      )}
      <Working>
        {over
          ? 'The link’s time is over. Unless you agreed just now, make a new one on your other device, and start again.'
          : code
            ? 'Waiting for your other device.'
            : 'One moment.'}
      </Working>
      <div className="row">
        {again}
        {!over && (
          <span className="quiet small countdown">
            The link is good for {timeLeft(Date.parse(joining.expires_at), now)}.
          </span>
        )}
      </div>
      <Trouble problem={action.problem} />
      <section className="account-digits" aria-label="The account that you join">
        <p className="quiet small">
          Compare these digits of the account that you join with those that your other device shows. Where it shows
          others, the link was swapped on its way: do not type the code.
        </p>
        <ol className="safety">
          {digitGroups(joining.account_fingerprint).map((group, index) => (
            <li key={index}>{group}</li>
          ))}
        </ol>
      </section>
    </Threshold>
  );
}
