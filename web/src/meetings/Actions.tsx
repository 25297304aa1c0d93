import type { Command, ContactView, ProposalView } from '@sotto/client';
import { useState } from 'react';
import { dayOf } from '../lib/zone';
import { useAway } from '../settings/away';
import { awayWords } from '../settings/deviceWords';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import { Options } from './Options';
import { Again } from './Again';
import { SayNo } from './SayNo';
import { isOver } from './words';

type Decision = Extract<Command, { type: 'approve' | 'reject' | 'cancel' }>;

interface Props {
  proposal: ProposalView;
  zone: string;
  now: number;
  /** How one stands with its other side, if they are a contact still. */
  acquaintance: ContactView['state'] | undefined;
  /** Brings its time into view, where it has one. */
  onShow: (() => void) | null;
  /** Puts a sentence into the command box. */
  onSuggest: (sentence: string) => void;
}

/** What the user may do about a meeting now. */
export function Actions({ proposal, zone, now, acquaintance, onShow, onSuggest }: Props) {
  const sotto = useSotto();
  const away = useAway();
  const action = useAction();
  const [refusing, setRefusing] = useState<'reject' | 'cancel' | null>(null);
  const id = proposal.id;
  const past = proposal.state === 'confirmed' && proposal.slot !== null && Date.parse(proposal.slot.end) <= now;

  const decide = (command: Decision) =>
    void action.run(() => sotto.command(command)).then((done) => done && setRefusing(null));

  const show = onShow && (
    <button type="button" className="button compact" onClick={onShow}>
      <Icon name="week" size={16} /> Show in calendar
    </button>
  );
  if (isOver(proposal)) {
    // Somebody who is not reached would not hear of another request either.
    if (acquaintance === 'unreachable')
      return (
        <a className="button" href="#/people">
          Invite or accept
        </a>
      );
    return (
      acquaintance === 'active' && !away && <Again proposal={proposal} today={dayOf(now, zone)} onSuggest={onSuggest} />
    );
  }
  if (past) return show;
  if (proposal.stopped)
    return (
      <div className="row">
        <a className="button primary" href="#/people">
          Decide about {proposal.contact.name}
        </a>
        {show}
      </div>
    );
  const mine = proposal.state !== 'approval';
  // What is agreed is called off on any device.
  const decides = away === null || (away.why === 'follows' && mine);

  if (refusing) {
    return (
      <SayNo
        kind={refusing}
        proposal={proposal}
        busy={action.busy}
        problem={action.problem}
        onBack={() => {
          action.clear();
          setRefusing(null);
        }}
        onSend={(reason, another) =>
          decide(
            refusing === 'reject'
              ? { type: 'reject', proposal: id, suggest_another: another, ...(reason && { reason }) }
              : { type: 'cancel', proposal: id, ...(reason && { reason }) },
          )
        }
      />
    );
  }

  return (
    <div className="stack actions">
      {away && proposal.state !== 'confirmed' && <p className="quiet">{awayWords(away, 'decide about it')}</p>}
      {proposal.state === 'review' && !away && (
        <Options
          options={proposal.options}
          zone={zone}
          busy={action.busy}
          onChoose={(start) => decide({ type: 'approve', proposal: id, start })}
        />
      )}
      <Trouble problem={action.problem} />
      <div className="row">
        {!mine && decides && (
          <>
            <button
              type="button"
              className="button primary"
              disabled={action.busy}
              onClick={() => decide({ type: 'approve', proposal: id })}
            >
              {action.busy ? 'Confirming…' : 'Approve'}
            </button>
            <button type="button" className="button" disabled={action.busy} onClick={() => setRefusing('reject')}>
              Decline
            </button>
          </>
        )}
        {show}
        {mine && decides && (
          <button type="button" className="button compact" disabled={action.busy} onClick={() => setRefusing('cancel')}>
            {proposal.state === 'confirmed' ? 'Call off the meeting' : 'Cancel'}
          </button>
        )}
      </div>
    </div>
  );
}
