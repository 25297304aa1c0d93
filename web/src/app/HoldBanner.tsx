import { useQuery } from '../sotto/useQuery';
import { stoppedWords } from '../people/words';

/** Somebody to whom nothing is sent: said wherever one is, until it is decided where people are. */
export function HoldBanner() {
  const contacts = useQuery({ type: 'contacts' }).data ?? [];
  const held = contacts.filter(({ hold }) => hold !== null);
  if (held.length === 0) return null;
  return (
    <div className="banner">
      <p role="status">{stoppedWords(held.map(({ name }) => name))}</p>
      <a className="button compact" href="#/people">
        Decide
      </a>
    </div>
  );
}
