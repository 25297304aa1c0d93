import type { ContactView, HoldDecision, HoldView } from '@sotto/client';
import { useId, useState } from 'react';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Trouble } from '../ui/Trouble';
import { waitingWords } from './words';

interface Props {
  contact: ContactView;
  hold: HoldView;
  /** The name, and what tells namesakes apart. */
  called: string;
  onVerify: (contact: string) => void;
}

/** Why nothing is sent to somebody, and what the user can decide. What is said comes from the core. */
export function Hold({ contact, hold, called, onVerify }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const id = useId();
  const [taking, setTaking] = useState(false);
  const { other, keep, take } = hold;

  const decide = (decision: HoldDecision) =>
    void action.run(() => sotto.command({ type: 'decide_hold', contact: contact.id, decision }));

  return (
    <section className="hold" aria-label={`Sending to ${called} is stopped`}>
      <h4>Sending to {contact.name} is stopped</h4>
      <p>{hold.happened}</p>
      {hold.waiting > 0 && <p className="small">{waitingWords(contact.name, hold.waiting)}</p>}
      {taking ? (
        <div className="hold-sure" role="group" aria-labelledby={`${id}-first`}>
          <p id={`${id}-first`}>
            <b>{hold.first}</b>
          </p>
          <p className="small">{take.meaning}</p>
          <div className="row">
            <button
              type="button"
              className="button danger compact"
              disabled={action.busy}
              onClick={() => decide('take')}
            >
              {action.busy ? 'One moment…' : `I have asked: ${lowerFirst(take.label)}`}
            </button>
            <button type="button" className="button compact" autoFocus onClick={() => setTaking(false)}>
              Not yet
            </button>
          </div>
        </div>
      ) : (
        <>
          <p>
            {hold.first}{' '}
            <button type="button" className="text-button" onClick={() => onVerify(other?.id ?? contact.id)}>
              {other ? 'Safety number of the new one' : `Safety number of ${contact.name}`}
            </button>
          </p>
          <div className="hold-choices">
            <div>
              <button
                type="button"
                className="button compact"
                aria-describedby={`${id}-keep`}
                disabled={action.busy}
                onClick={() => decide('keep')}
              >
                {action.busy ? 'One moment…' : keep.label}
              </button>
              <p className="small" id={`${id}-keep`}>
                {keep.meaning}
              </p>
            </div>
            <div>
              <button
                type="button"
                className="button compact"
                aria-describedby={`${id}-take`}
                disabled={action.busy}
                onClick={() => setTaking(true)}
              >
                {take.label}…
              </button>
              <p className="small" id={`${id}-take`}>
                {take.meaning}
              </p>
            </div>
          </div>
        </>
      )}
      <Trouble problem={action.problem} />
    </section>
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
