import type { InvitationView } from '@sotto/client';
import { useId, useRef, useState } from 'react';
import { plural, until } from '../lib/format';
import { useNow } from '../lib/hooks';
import { useQuery } from '../sotto/useQuery';
import { Icon } from '../ui/Icon';
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
  const id = useId();
  const now = useNow(60_000);
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<'yes' | 'by hand' | null>(null);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(invitation.link);
      setCopied('yes');
    } catch {
      // No permission, or no secure page: select it, so that one keystroke does it.
      field.current?.focus();
      field.current?.select();
      setCopied('by hand');
    }
  };

  return (
    <div className="invitation">
      <QrCode text={invitation.link} label="Invitation as a code to scan" />
      <div className="stack">
        <div className="field">
          <label htmlFor={id}>Invitation link</label>
          <input
            id={id}
            ref={field}
            className="input link"
            readOnly
            value={invitation.link}
            onFocus={(event) => event.target.select()}
          />
        </div>
        <div className="row">
          <button type="button" className="button primary" onClick={() => void copy()}>
            <Icon name={copied === 'yes' ? 'check' : 'copy'} size={17} /> {copied === 'yes' ? 'Copied' : 'Copy link'}
          </button>
          <span className="small quiet" role="status">
            {copied === 'by hand' && 'Press Ctrl+C or ⌘C to copy.'}
            {copied === 'yes' && <span className="sr-only">The link was copied.</span>}
          </span>
        </div>
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
