import type { ContactView } from '@sotto/client';
import { useEffect, useRef } from 'react';
import { Message } from '../meetings/Conversation';
import { useQuery } from '../sotto/useQuery';
import { Dialog } from '../ui/Dialog';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import { topicsOf } from './topics';

interface Props {
  contact: ContactView;
  zone: string;
  onClose: () => void;
}

/** All that two agents said to each other, by meeting, and what could not be opened; the newest at the end, and shown. */
export function Messages({ contact, zone, onClose }: Props) {
  const history = useQuery({ type: 'history', conversation: contact.id });
  const proposals = useQuery({ type: 'proposals' });
  const end = useRef<HTMLParagraphElement>(null);
  const topics = history.data && proposals.data && topicsOf(history.data, proposals.data);
  const said = topics && (history.data?.length ?? 0);
  useEffect(() => {
    if (said) end.current?.scrollIntoView({ block: 'end' });
  }, [said]);

  return (
    <Dialog title={`${contact.name}’s agent and yours`} onClose={onClose}>
      <Trouble problem={history.problem ?? proposals.problem} />
      {topics?.map(({ id, title, messages }) => (
        <section key={id} className="conversation" aria-label={title ?? 'Outside of any meeting'}>
          <h3>{title ?? 'Outside of any meeting'}</h3>
          <ol>
            {messages.map((message) => (
              <Message key={message.id} message={message} zone={zone} />
            ))}
          </ol>
        </section>
      ))}
      {topics?.length === 0 && <p className="quiet small">Nothing yet.</p>}
      <p className="sealed" ref={end}>
        <Icon name="lock" size={15} />
        The relay sees only ciphertext. You see every word.
      </p>
    </Dialog>
  );
}
