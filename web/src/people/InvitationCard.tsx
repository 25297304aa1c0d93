import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { View } from '../app/route';
import { hostOf } from '../lib/format';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Trouble } from '../ui/Trouble';
import { InviterDigits } from './KeyDigits';
import { acceptedWords, isAccepted, sameNameWords } from './words';
import './people.css';
import './hold.css';

interface Props {
  link: string;
  view: View;
  onDone: () => void;
}

/** The invitation that came with the address: one click, and then how far it has come. */
export function InvitationCard({ link, view, onDone }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const preview = useQuery({ type: 'inspect_invitation', link });
  const contacts = useQuery({ type: 'contacts' }).data;
  const [accepted, setAccepted] = useState<string | null>(null);
  const id = preview.data?.contact?.id ?? accepted;
  const contact = contacts?.find((each) => each.id === id);
  const name = contact?.name ?? preview.data?.name;
  const over = contact?.state === 'active' || contact?.state === 'declined';

  // What is over is in nobody's way: it goes with the next step, to another page or to a meeting.
  const proposals = useQuery(id ? { type: 'proposals' } : null).data;
  const asked = proposals?.filter(({ contact }) => contact.id === id).length;
  const seen = useRef({ view, asked });
  useEffect(() => {
    const { view: was, asked: before } = seen.current;
    if (over && (was !== view || (asked ?? 0) > (before ?? Infinity))) onDone();
    seen.current = { view, asked };
  });

  const accept = () =>
    void action.run(async () => {
      setAccepted((await sotto.command({ type: 'accept_invitation', link })).id);
    });
  const close = (
    <button type="button" className="button" onClick={onDone}>
      Close
    </button>
  );

  if (contact && isAccepted(contact.state)) {
    return <Card {...acceptedWords(contact.state, contact.name)}>{close}</Card>;
  }
  if (preview.problem) {
    return (
      <Card title="You are invited" status="The link that you opened does not work.">
        {close}
        <Trouble problem={preview.problem} />
      </Card>
    );
  }
  const known = preview.data?.same_name;
  const by = preview.data ? `By way of ${hostOf(preview.data.relay)}. ` : '';
  return (
    <Card
      title={name ? `${name} invites you` : 'You are invited'}
      status={`${by}Accept, and your agents can find times for the two of you.`}
    >
      {preview.data && <InviterDigits name={name ?? preview.data.name} digits={preview.data.account_fingerprint} />}
      {known && <p className="warning">{sameNameWords(known)}</p>}
      <div className="row">
        <button type="button" className="button primary" disabled={action.busy} onClick={accept}>
          {action.busy ? 'Accepting…' : known ? 'Accept all the same' : 'Accept invitation'}
        </button>
        <button type="button" className="button" onClick={onDone}>
          Not now
        </button>
      </div>
      <Trouble problem={action.problem} />
    </Card>
  );
}

function Card({ title, status, children }: { title: string; status: string; children: ReactNode }) {
  return (
    <section className="invitation-card" aria-label="Invitation">
      <div>
        <h2>{title}</h2>
        <p className="quiet" role="status">
          {status}
        </p>
      </div>
      {children}
    </section>
  );
}
