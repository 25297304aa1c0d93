import type { StatusView } from '@sotto/client';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { isShutOut } from './connection';

/** While the connection is away: does not wait for the next attempt. */
export function TryNow({ status }: { status: StatusView }) {
  const sotto = useSotto();
  const action = useAction();
  if (status.connection === 'refused' || isShutOut(status)) return null;
  // Not `disabled`, which would take the keyboard away while it tries.
  const trying = action.busy || status.connection !== 'offline';
  return (
    <button
      type="button"
      className="button compact"
      aria-disabled={trying}
      onClick={() => !trying && void action.run(() => sotto.command({ type: 'reconnect' }))}
    >
      Try now
    </button>
  );
}
