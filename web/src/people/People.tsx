import type { ContactView } from '@sotto/client';
import { useState } from 'react';
import { OfAgent, useAway } from '../settings/away';
import { awayWords } from '../settings/deviceWords';
import { useQuery } from '../sotto/useQuery';
import { Trouble } from '../ui/Trouble';
import type { Pending } from '../vault/pending';
import { Accept } from './Accept';
import { ContactRow } from './ContactRow';
import { Invitations } from './Invitations';
import { Invite } from './Invite';
import { Messages } from './Messages';
import { SafetyNumber } from './SafetyNumber';
import { namesakes } from './twins';
import './people.css';

/** Who the agent may talk to, and how others come in. */
export function People({ zone, code }: { zone: string; code: Pending }) {
  const away = useAway();
  const contacts = useQuery({ type: 'contacts' });
  const invitations = useQuery({ type: 'invitations' }).data ?? [];
  const [inviting, setInviting] = useState(false);
  const [verifying, setVerifying] = useState<string | null>(null);
  const [reading, setReading] = useState<string | null>(null);
  const all = contacts.data ?? [];
  const requests = all.filter(({ state }) => state === 'requested');
  const people = all.filter(({ state }) => state !== 'requested' && state !== 'blocked');
  const blocked = all.filter(({ state }) => state === 'blocked');
  const verified = all.find(({ id }) => id === verifying);
  const read = all.find(({ id }) => id === reading);
  const row = (contact: ContactView) => (
    <ContactRow
      key={contact.id}
      contact={contact}
      twins={namesakes(contact, all)}
      zone={zone}
      onVerify={setVerifying}
      onRead={setReading}
    />
  );

  return (
    <>
      <div className="page-head">
        <div>
          <h1>People</h1>
          <p className="quiet">
            {away
              ? awayWords(away, 'invite, approve, block and remove people')
              : 'Your agent talks to nobody you have not approved.'}
          </p>
        </div>
        <OfAgent>
          <button type="button" className="button primary" onClick={() => setInviting(true)}>
            Invite someone
          </button>
        </OfAgent>
      </div>
      <Trouble problem={contacts.problem} />

      {requests.length > 0 && (
        <section className="section" aria-label="Requests">
          <h2>They would like to be your contact</h2>
          <ul className="list">{requests.map(row)}</ul>
        </section>
      )}

      {contacts.data && (
        <section className="section" aria-label="Contacts">
          <h2>Contacts</h2>
          {people.length === 0 ? (
            <p className="quiet people-empty">
              {away
                ? 'Nobody yet.'
                : 'Nobody yet. Invite someone with a link or a code they can scan, or accept an invitation below. Then ask for a meeting in one sentence.'}
            </p>
          ) : (
            <ul className="list">{people.map(row)}</ul>
          )}
        </section>
      )}

      <Accept code={code} />
      <Invitations invitations={invitations} />

      {blocked.length > 0 && (
        <details className="section">
          <summary>Blocked ({blocked.length})</summary>
          <ul className="list">{blocked.map(row)}</ul>
        </details>
      )}

      {inviting && <Invite onClose={() => setInviting(false)} />}
      {read && <Messages contact={read} zone={zone} onClose={() => setReading(null)} />}
      {verified && <SafetyNumber contact={verified} onClose={() => setVerifying(null)} />}
    </>
  );
}
