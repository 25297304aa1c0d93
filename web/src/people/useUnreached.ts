import { useDebounced } from '../lib/hooks';
import { useQuery } from '../sotto/useQuery';

/** A message to the relay takes less, in milliseconds, while it can be reached. */
const SHORTLY = 400;

/** Whether the relay may not have everything of mine. What is under way does not count at once. */
export function useUnreached(): boolean {
  const status = useQuery({ type: 'status' }).data;
  const unreached = status !== null && status.connection !== 'online';
  const rested = useDebounced(unreached, SHORTLY);
  return unreached && rested;
}
