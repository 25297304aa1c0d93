import type { ContactView } from '@sotto/client';
import { useState } from 'react';
import { hostOf, shortDay } from '../lib/format';
import { dayOf } from '../lib/zone';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';

interface Props {
  contact: ContactView;
  zone: string;
  onVerify: (contact: string) => void;
}

export function ContactRow({ contact, zone, onVerify }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const [blocking, setBlocking] = useState(false);
  const { id, name, state } = contact;
  const no = state === 'requested' ? 'Decline' : 'Block';

  const approve = () => void action.run(() => sotto.command({ type: 'approve_contact', contact: id }));
  const block = () =>
    void action.run(() => sotto.command({ type: 'block_contact', contact: id })).then((done) => done && setBlocking(false));

  return (
    <li className="list-item contact" aria-label={name}>
      <span className={`initial ${state}`} aria-hidden="true">
        {[...name][0] ?? '?'}
      </span>
      <div className="list-main">
        <h3>
          {name} {contact.verified && <VerifiedTag />}
        </h3>
        <p className="quiet small">{stateOf(contact, zone)}</p>
      </div>
      {blocking ? (
        <div className="confirm" role="group" aria-label={`${no} ${name}?`}>
          <p className="small">
            {state === 'requested'
              ? `${name} will not become your contact, and this cannot be undone.`
              : `${name}’s agent will not reach yours any more, and open requests end. This cannot be undone.`}
          </p>
          <div className="row">
            <button type="button" className="button danger compact" disabled={action.busy} onClick={block}>
              {action.busy ? 'One moment…' : `${no} ${name}`}
            </button>
            <button type="button" className="button compact" autoFocus onClick={() => setBlocking(false)}>
              Keep
            </button>
          </div>
        </div>
      ) : (
        <div className="row">
          {state === 'requested' && (
            <button type="button" className="button primary compact" aria-label={`Approve ${name}`} disabled={action.busy} onClick={approve}>
              {action.busy ? 'Approving…' : 'Approve'}
            </button>
          )}
          {(state === 'active' || state === 'requested') && (
            <button
              type="button"
              className="button compact"
              aria-label={`${contact.verified ? 'Safety number of' : 'Verify'} ${name}`}
              onClick={() => onVerify(id)}
            >
              {contact.verified ? 'Safety number' : 'Verify'}
            </button>
          )}
          {state !== 'blocked' && (
            <button type="button" className="button plain compact" aria-label={`${no} ${name}`} onClick={() => setBlocking(true)}>
              {no}
            </button>
          )}
        </div>
      )}
      <Trouble problem={action.problem} />
    </li>
  );
}

function VerifiedTag() {
  return (
    <span className="tag good">
      <Icon name="check" size={13} /> Verified
    </span>
  );
}

function stateOf({ state, since, relay, name }: ContactView, zone: string): string {
  const day = shortDay(dayOf(Date.parse(since), zone));
  switch (state) {
    case 'waiting':
      return `Waiting for ${name} to approve, since ${day}`;
    case 'requested':
      return `Used your invitation on ${day}, by way of ${hostOf(relay)}`;
    case 'active':
      return `Contact since ${day}, by way of ${hostOf(relay)}`;
    case 'unreachable':
      return `Their mailbox is not known to ${hostOf(relay)}. Ask again, or send ${name} a new invitation.`;
    case 'declined':
      return 'The invitation was declined or had been used. Ask for a new one.';
    case 'blocked':
      return 'Blocked';
  }
}
