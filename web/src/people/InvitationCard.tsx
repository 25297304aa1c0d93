import { useState } from 'react';
import { hostOf } from '../lib/format';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Trouble } from '../ui/Trouble';
import './people.css';

/** The invitation that came with the address: one click. */
export function InvitationCard({ link, onDone }: { link: string; onDone: () => void }) {
  const sotto = useSotto();
  const action = useAction();
  const preview = useQuery({ type: 'inspect_invitation', link });
  const [accepted, setAccepted] = useState<string | null>(null);
  const name = preview.data?.name;

  const accept = () =>
    void action.run(async () => {
      const contact = await sotto.command({ type: 'accept_invitation', link });
      setAccepted(contact.name);
    });

  return (
    <section className="invitation-card" aria-label="Invitation">
      {accepted ? (
        <>
          <div>
            <h2>You accepted {accepted}’s invitation</h2>
            <p className="quiet" role="status">
              As soon as {accepted} approves, your agents may talk.
            </p>
          </div>
          <button type="button" className="button" onClick={onDone}>
            Good
          </button>
        </>
      ) : (
        <>
          <div>
            <h2>{name ? `${name} invites you` : 'You are invited'}</h2>
            <p className="quiet">
              {preview.data
                ? `By way of ${hostOf(preview.data.relay)}. Accept, and your agents can find times for the two of you.`
                : 'Accept, and your agents can find times for the two of you.'}
            </p>
          </div>
          <div className="row">
            {!preview.problem && (
              <button type="button" className="button primary" disabled={action.busy} onClick={accept}>
                {action.busy ? 'Accepting…' : 'Accept invitation'}
              </button>
            )}
            <button type="button" className="button" onClick={onDone}>
              {preview.problem ? 'Close' : 'Not now'}
            </button>
          </div>
          <Trouble problem={action.problem ?? preview.problem} />
        </>
      )}
    </section>
  );
}
