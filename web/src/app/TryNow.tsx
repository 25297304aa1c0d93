import type { StatusView } from '@sotto/client';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';

/** While the connection is away: does not wait for the next attempt. */
export function TryNow({ status }: { status: StatusView }) {
  const sotto = useSotto();
  const action = useAction();
  if (status.connection !== 'offline') return null;
  return (
    <button
      type="button"
      className="button compact"
      disabled={action.busy}
      onClick={() => void action.run(() => sotto.command({ type: 'reconnect' }))}
    >
      Try now
    </button>
  );
}
