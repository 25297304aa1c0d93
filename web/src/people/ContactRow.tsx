import type { ContactView } from '@sotto/client';
import { useState } from 'react';
import { plural } from '../lib/format';
import { useNow } from '../lib/hooks';
import { useAway } from '../settings/away';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Icon } from '../ui/Icon';
import { Rename } from '../ui/Rename';
import { Trouble } from '../ui/Trouble';
import { Hold } from './Hold';
import { markOf } from './twins';
import { Part } from './Part';
import { missingWords } from './safety';
import { TheirDevices } from './TheirDevices';
import { contactWords, since } from './words';
import './hold.css';

interface Props {
  contact: ContactView;
  /** Others of the same name. */
  twins: ContactView[];
  zone: string;
  onVerify: (contact: string) => void;
  onRead: (contact: string) => void;
}

type Asking = 'rename' | 'block' | 'remove';

export function ContactRow({ contact, twins, zone, onVerify, onRead }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const now = useNow(60_000);
  const [asking, setAsking] = useState<Asking | null>(null);
  const { id, name, state } = contact;
  const away = useAway();
  // Another device parts with those whom it knows.
  const parts = !contact.of_agent && away?.why !== 'removed';
  const mark = twins.length > 0 ? markOf(contact, twins) : null;
  const called = mark ? `${name} (${mark})` : name;
  const missing = missingWords(contact);
  const no = state === 'requested' ? 'Decline' : 'Block';

  const approve = () => void action.run(() => sotto.command({ type: 'approve_contact', contact: id }));

  return (
    <li className="list-item contact" aria-label={called}>
      <span className={`initial ${state}`} aria-hidden="true">
        {[...name][0] ?? '?'}
      </span>
      <div className="list-main">
        <h3>
          {name} {contact.verified && <VerifiedTag />}
          {state === 'unreachable' && <span className="tag warm">Not reached</span>}
          {contact.hold && <span className="tag bad">Stopped</span>}
          {contact.was_verified && <span className="tag bad">Was verified, not any more</span>}
        </h3>
        <p className="quiet small">{contactWords(contact, zone, now)}</p>
        <TheirDevices contact={contact} zone={zone} />
        {contact.their_name !== name && <p className="quiet small">Calls themselves {contact.their_name}</p>}
        {mark && (
          <p className="quiet small">
            There are several called {name}. This one has <b>{mark}</b> in the safety number, and is known since{' '}
            {since(contact, zone)}. Rename one of them.
          </p>
        )}
        {contact.was_verified && (
          <p className="small">
            You compared the safety number with {name} once, and that does not count any more. Compare it anew.
          </p>
        )}
        {contact.same_name && (
          <p className="small">
            Came under the name of {contact.same_name.name}, but with another key than the {contact.same_name.name} whom
            you know. Decide first, there, whether they are one person.
          </p>
        )}
        {missing && <p className="quiet small">{missing}</p>}
        {contact.unreadable > 0 && (
          <p className="quiet small">
            {plural(contact.unreadable, 'message')} of theirs could not be opened.{' '}
            <button type="button" className="text-button" onClick={() => onRead(id)}>
              Read why
            </button>
            . If it stays so, ask {name} for a new invitation.
          </p>
        )}
      </div>
      {asking === 'rename' ? (
        <Rename
          name={name}
          label={`Your name for ${contact.their_name}`}
          hint="Only you see it. Leave it empty for the name they gave themselves."
          onSave={(next) => sotto.command({ type: 'rename_contact', contact: id, name: next })}
          onDone={() => setAsking(null)}
        />
      ) : asking ? (
        <Part
          contact={contact}
          called={called}
          how={asking}
          verb={asking === 'remove' ? 'Remove' : no}
          zone={zone}
          onDone={() => setAsking(null)}
        />
      ) : (
        <div className="row">
          {state === 'requested' && !contact.hold && !contact.same_name && !away && (
            <button
              type="button"
              className="button primary compact"
              aria-label={`Approve ${called}`}
              disabled={action.busy}
              onClick={approve}
            >
              {action.busy ? 'Approving…' : 'Approve'}
            </button>
          )}
          {(['active', 'requested', 'unreachable'].includes(state) ||
            (state === 'waiting' && contact.was_verified)) && (
            <button
              type="button"
              className={`button compact${contact.was_verified ? ' danger' : ''}`}
              aria-label={`${contact.verified ? 'Safety number of' : 'Verify'} ${called}`}
              onClick={() => onVerify(id)}
            >
              {contact.verified ? 'Safety number' : 'Verify'}
            </button>
          )}
          <button
            type="button"
            className="button plain compact"
            aria-label={`Messages with ${called}`}
            onClick={() => onRead(id)}
          >
            Messages
          </button>
          <button
            type="button"
            className="button plain compact"
            aria-label={`Rename ${called}`}
            onClick={() => setAsking('rename')}
          >
            Rename
          </button>
          {state !== 'blocked' && parts && (
            <button
              type="button"
              className="button plain compact"
              aria-label={`${no} ${called}`}
              onClick={() => setAsking('block')}
            >
              {no}
            </button>
          )}
          {state !== 'requested' && parts && (
            <button
              type="button"
              className="button plain compact"
              aria-label={`Remove ${called}`}
              onClick={() => setAsking('remove')}
            >
              Remove
            </button>
          )}
        </div>
      )}
      {contact.hold && <Hold contact={contact} hold={contact.hold} called={called} onVerify={onVerify} />}
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
