import type { InvitationView } from '@sotto/client';
import { useState } from 'react';
import { plural, until } from '../lib/format';
import { useNow } from '../lib/hooks';
import { useQuery } from '../sotto/useQuery';
import { CopyField } from '../ui/CopyField';
import { KeyDigits } from './KeyDigits';
import { QrCode } from './QrCode';
import { DRAINED } from './safety';
import { usedWords, usersSince } from './words';

interface Props {
  invitation: InvitationView;
  /** Why the link may not work yet. */
  warning: string | null;
}

/** An invitation to hand over, as a code and as a link, for as long as it is good. */
export function InvitationLink({ invitation, warning }: Props) {
  const [opened] = useState(() => Date.now());
  const invitations = useQuery({ type: 'invitations' }).data;
  const contacts = useQuery({ type: 'contacts' }).data;
  const supply = useQuery({ type: 'status' }).data?.prekeys?.supply;
  const now = invitations ? invitations.find(({ id }) => id === invitation.id) : invitation;
  const users = now?.uses_left === invitation.uses_left ? [] : usersSince(opened, contacts ?? []);
  const used = !now || users.length > 0;
  return (
    <>
      <div role="status" className={used || warning ? 'stack wide' : 'sr-only'}>
        {used && <p>{usedWords(users)}</p>}
        {now && warning && <p className="notice warm">{warning}</p>}
      </div>
      {supply === 'drained' && <p className="notice warm">About the keys for first contact: {DRAINED}</p>}
      {now && <Link invitation={now} />}
    </>
  );
}

function Link({ invitation }: { invitation: InvitationView }) {
  const now = useNow(60_000);
  return (
    <div className="invitation">
      <QrCode text={invitation.link} label="Invitation as a code to scan" />
      <div className="stack">
        <CopyField label="Invitation link" value={invitation.link} primary />
        <p className="quiet small">
          For {plural(invitation.uses_left, 'person', 'people')}; ends {until(Date.parse(invitation.expires_at), now)}.
          Send it by a way you trust: whoever has the link can ask to be your contact.
        </p>
        <KeyDigits digits={invitation.account_fingerprint} label="Digits of your key">
          Whoever opens the link sees these digits. Read them aloud: then no relay can slip in another key.
        </KeyDigits>
      </div>
    </div>
  );
}
