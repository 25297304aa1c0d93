import type { MessageView } from '@sotto/client';
import { clock, relativeDay } from '../lib/format';
import { useNow } from '../lib/hooks';
import { dayOf } from '../lib/zone';
import type { Asked } from '../sotto/useQuery';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';

/** Every message between the two agents, as it was said. */
export function Conversation({ history, zone }: { history: Asked<MessageView[]>; zone: string }) {
  const messages = history.data ?? [];
  return (
    <section className="conversation" aria-label="What the agents said">
      <h3>What the agents said</h3>
      <Trouble problem={history.problem} />
      <div role="log" aria-label="Messages" aria-relevant="additions">
        <ol>
          {messages.map((message) => (
            <Message key={message.id} message={message} zone={zone} />
          ))}
        </ol>
      </div>
      {history.data && messages.length === 0 && <p className="quiet small">Nothing yet.</p>}
      <p className="sealed">
        <Icon name="lock" size={15} />
        The relay sees only ciphertext. You see every word.
      </p>
    </section>
  );
}

const STATUS: Record<MessageView['status'], string> = {
  queued: 'waiting to be sent',
  held: 'waits for your decision',
  accepted: 'sent',
  failed: 'did not arrive',
  received: 'received',
};

const KIND: Record<string, string> = {
  HANDSHAKE: 'Greeting',
  QUERY: 'Question',
  RESPONSE: 'Answer',
  PROPOSAL: 'Proposal',
  CONFIRMATION: 'Confirmation',
  REJECTION: 'Refusal',
  UNREADABLE: 'Could not be opened',
  DEVICES: 'Devices',
  DEVICE: 'Devices',
  KEYS: 'Keys made anew',
  HOLD: 'Sending',
};

/** One message, as it was said. */
export function Message({ message, zone }: { message: MessageView; zone: string }) {
  const now = useNow(60_000);
  const at = Date.parse(message.at);
  const mine = message.direction === 'outgoing';
  // Nobody said it: sending was stopped, or goes on.
  const own = message.kind === 'HOLD';
  const day = relativeDay(dayOf(at, zone), dayOf(now, zone));
  return (
    <li className={`message ${mine ? 'mine' : 'theirs'} ${message.status}`}>
      <p className="message-who">
        <b>{own ? (mine ? 'You' : 'Sotto') : mine ? 'Your agent' : `${message.contact.name}’s agent`}</b>
        <span>{KIND[message.kind] ?? message.kind}</span>
      </p>
      <p className="message-text voice">{message.summary}</p>
      <p className="message-meta">
        <time dateTime={message.at}>
          {day === 'Today' ? '' : `${day}, `}
          {clock(at, zone)}
        </time>
        {!own && <span>{STATUS[message.status]}</span>}
      </p>
      {message.body !== null && (
        <details className="message-raw">
          <summary>Full message</summary>
          <pre tabIndex={0}>{JSON.stringify(message.body, null, 2)}</pre>
        </details>
      )}
    </li>
  );
}
