import type { InvitationView } from '@sotto/client';
import { useState } from 'react';
import { plural, until } from '../lib/format';
import { useNow } from '../lib/hooks';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Dialog } from '../ui/Dialog';
import { Trouble } from '../ui/Trouble';
import { InvitationLink } from './InvitationLink';
import { useUnreached } from './useUnreached';
import { NOT_CONNECTED } from './words';

/** My invitations that are still good. */
export function Invitations({ invitations }: { invitations: InvitationView[] }) {
  const [shown, setShown] = useState<InvitationView | null>(null);
  const warning = useUnreached() ? NOT_CONNECTED : null;
  if (invitations.length === 0 && !shown) return null;
  return (
    <section className="section" aria-label="Open invitations">
      <h2>Open invitations</h2>
      {warning && <p className="notice warm">{warning}</p>}
      <ul className="list">
        {invitations.map((each) => (
          <Row key={each.id} invitation={each} onShow={() => setShown(each)} />
        ))}
      </ul>
      {shown && (
        <Dialog title="Your invitation" onClose={() => setShown(null)}>
          <InvitationLink invitation={shown} warning={warning} />
        </Dialog>
      )}
    </section>
  );
}

function Row({ invitation, onShow }: { invitation: InvitationView; onShow: () => void }) {
  const sotto = useSotto();
  const action = useAction();
  const now = useNow(60_000);
  const revoke = () => void action.run(() => sotto.command({ type: 'revoke_invitation', invitation: invitation.id }));
  return (
    <li className="list-item">
      <div className="list-main">
        <h3>For {plural(invitation.uses_left, 'person', 'people')}</h3>
        <p className="quiet small">Ends {until(Date.parse(invitation.expires_at), now)}</p>
      </div>
      <div className="row">
        <button type="button" className="button compact" onClick={onShow}>
          Show link
        </button>
        <button
          type="button"
          className="button plain compact"
          aria-label="Revoke invitation"
          disabled={action.busy}
          onClick={revoke}
        >
          Revoke
        </button>
      </div>
      <Trouble problem={action.problem} />
    </li>
  );
}
