import type { ContactView } from '@sotto/client';
import { Conversation } from '../meetings/Conversation';
import { useQuery } from '../sotto/useQuery';
import { Dialog } from '../ui/Dialog';

interface Props {
  contact: ContactView;
  zone: string;
  onClose: () => void;
}

/** What two agents said to each other outside of any meeting: how they met, and what could not be opened. */
export function Messages({ contact, zone, onClose }: Props) {
  const history = useQuery({ type: 'history', conversation: contact.id });
  return (
    <Dialog title={`${contact.name}’s agent and yours`} onClose={onClose}>
      <p className="quiet">How they met, and what could not be opened. What was said about a meeting stands in it.</p>
      <Conversation history={history} zone={zone} />
    </Dialog>
  );
}
