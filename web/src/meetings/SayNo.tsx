import type { ProposalView } from '@sotto/client';
import { useId, useState, type SubmitEvent } from 'react';
import type { Problem } from '../sotto/problem';
import { useQuery } from '../sotto/useQuery';
import { Switch } from '../ui/controls';
import { Trouble } from '../ui/Trouble';

/** The longest text that the core sends along, in characters: `MAX_TEXT_CHARS`. */
const LONGEST_REASON = 200;

interface Props {
  kind: 'reject' | 'cancel';
  proposal: ProposalView;
  busy: boolean;
  problem: Problem | null;
  onSend: (reason: string, another: boolean) => void;
  onBack: () => void;
}

/** Declining or calling off, with a word of explanation if one likes. */
export function SayNo({ kind, proposal, busy, problem, onSend, onBack }: Props) {
  const id = useId();
  const [reason, setReason] = useState('');
  const [another, setAnother] = useState(true);
  const { id: contact, name } = proposal.contact;
  const contacts = useQuery({ type: 'contacts' });

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSend(reason.trim(), another);
  };

  if (!contacts.data) return <Trouble problem={contacts.problem} />;
  const state = contacts.data.find((each) => each.id === contact)?.state;
  // Somebody removed or blocked is told nothing any more.
  const cutOff = state !== 'active' && state !== 'unreachable';
  return (
    <form
      className="stack actions say-no"
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onBack()}
      aria-label={kind === 'reject' ? 'Decline' : 'Call off'}
    >
      {cutOff && (
        <p>
          You have no contact any more, so their agent is not told. It is taken out of your calendar alone: tell them
          yourself.
        </p>
      )}
      {!cutOff && (
        <div className="field">
          <label htmlFor={id}>Reason, if you like</label>
          <input
            id={id}
            className="input"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            maxLength={LONGEST_REASON}
            autoFocus
            autoComplete="off"
            aria-describedby={`${id}-hint`}
          />
          <span className="hint" id={`${id}-hint`}>
            {name} can read it; the relay cannot.
          </span>
        </div>
      )}
      {kind === 'reject' && (
        <Switch checked={another} onChange={setAnother}>
          Offer another time
        </Switch>
      )}
      <Trouble problem={problem} />
      <div className="row">
        <button type="submit" className="button danger" disabled={busy}>
          {busy ? 'Sending…' : kind === 'reject' ? 'Send decline' : 'Call it off'}
        </button>
        <button type="button" className="button" autoFocus={cutOff} onClick={onBack}>
          Back
        </button>
      </div>
    </form>
  );
}
