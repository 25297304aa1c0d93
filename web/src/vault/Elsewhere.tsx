import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Trouble } from '../ui/Trouble';
import { Threshold } from './Threshold';

/** Another tab holds the vault. */
export function Elsewhere() {
  const sotto = useSotto();
  const action = useAction();
  return (
    <Threshold>
      <div className="threshold-head">
        <h1>Open in another tab</h1>
        <p className="quiet">
          Your agent works in one tab at a time, so that nothing is answered twice. Go back to the other tab, or bring
          it here; the other one then locks.
        </p>
      </div>
      <Trouble problem={action.problem} />
      <div className="row">
        <button
          type="button"
          className="button primary"
          disabled={action.busy}
          onClick={() => void action.run(() => sotto.takeOver())}
        >
          {action.busy ? 'One moment…' : 'Use it here'}
        </button>
      </div>
    </Threshold>
  );
}
