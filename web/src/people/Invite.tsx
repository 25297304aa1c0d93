import type { InvitationView } from '@sotto/client';
import { useState, type SubmitEvent } from 'react';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Choice } from '../ui/controls';
import { Dialog } from '../ui/Dialog';
import { Trouble } from '../ui/Trouble';
import { InvitationLink } from './InvitationLink';
import { useUnreached } from './useUnreached';
import { NOT_YET } from './words';

const USES = [
  ['1', 'One person'],
  ['5', 'Up to 5'],
  ['25', 'Up to 25'],
] as const;
const HOURS = [
  ['24', 'A day'],
  ['168', 'A week'],
  ['720', '30 days'],
] as const;

/** Making an invitation, and handing it over. */
export function Invite({ onClose }: { onClose: () => void }) {
  const sotto = useSotto();
  const action = useAction();
  const [uses, setUses] = useState<(typeof USES)[number][0]>('1');
  const [hours, setHours] = useState<(typeof HOURS)[number][0]>('168');
  const [invitation, setInvitation] = useState<InvitationView | null>(null);
  const unreached = useUnreached();

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void action.run(async () => {
      setInvitation(await sotto.command({ type: 'invite', uses: Number(uses), valid_hours: Number(hours) }));
    });
  };

  if (invitation) {
    return (
      <Dialog title="Your invitation" onClose={onClose}>
        <InvitationLink invitation={invitation} warning={unreached ? NOT_YET : null} />
        <button type="button" className="button" onClick={onClose}>
          Done
        </button>
      </Dialog>
    );
  }
  return (
    <Dialog title="Invite someone" onClose={onClose}>
      <p className="quiet">
        You get a link and a code to scan. Whoever opens it asks to be your contact, and you approve before the agents
        talk.
      </p>
      <form className="stack wide" onSubmit={submit}>
        <Choice label="For" value={uses} options={USES} onChange={setUses} />
        <Choice label="Good for" value={hours} options={HOURS} onChange={setHours} />
        <Trouble problem={action.problem} />
        <button type="submit" className="button primary" disabled={action.busy}>
          {action.busy ? 'Making it…' : 'Create invitation'}
        </button>
      </form>
    </Dialog>
  );
}
