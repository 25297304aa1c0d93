import type { ContactView } from '@sotto/client';
import { slot } from '../lib/format';
import { useNow } from '../lib/hooks';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Trouble } from '../ui/Trouble';
import { aheadWords, consequence, meetingsAhead, type Parting } from './words';

interface Props {
  contact: ContactView;
  /** The name, and what tells namesakes apart. */
  called: string;
  how: Parting;
  verb: string;
  zone: string;
  onDone: () => void;
}

/** Blocking or removing somebody, after it was said what that means; with meetings ahead, these first. */
export function Part({ contact, called, how, verb, zone, onDone }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const now = useNow(60_000);
  const proposals = useQuery({ type: 'proposals' });
  const { id, name } = contact;
  const ahead = meetingsAhead(id, proposals.data ?? [], now);
  const known = proposals.data !== null || proposals.problem !== null;

  const part = (callOff: boolean) =>
    void action
      .run(async () => {
        if (callOff) for (const { id: proposal } of ahead) await sotto.command({ type: 'cancel', proposal });
        await sotto.command({ type: how === 'remove' ? 'remove_contact' : 'block_contact', contact: id });
      })
      .then((done) => done && onDone());

  return (
    <div className="confirm" role="group" aria-label={`${verb} ${called}?`}>
      <p className="small">{consequence(how, contact)}</p>
      {ahead.length > 0 && (
        <div className="ahead small">
          <p>You have agreed on:</p>
          <ul>
            {ahead.map(({ id: meeting, title, slot: at }) => (
              <li key={meeting}>
                <b>{title}</b>
                {at && `, ${slot(Date.parse(at.start), Date.parse(at.end), zone)}`}
              </li>
            ))}
          </ul>
          <p>{aheadWords(contact, ahead.length)}</p>
        </div>
      )}
      <div className="row">
        {ahead.length > 0 && (
          <button type="button" className="button danger compact" disabled={action.busy} onClick={() => part(true)}>
            {action.busy ? 'One moment…' : `Call off and ${verb.toLowerCase()}`}
          </button>
        )}
        <button
          type="button"
          className="button danger compact"
          disabled={action.busy || !known}
          onClick={() => part(false)}
        >
          {action.busy ? 'One moment…' : ahead.length > 0 ? `Only ${verb.toLowerCase()}` : `${verb} ${name}`}
        </button>
        <button type="button" className="button compact" autoFocus onClick={onDone}>
          Keep {name}
        </button>
      </div>
      <Trouble problem={action.problem} />
    </div>
  );
}
