import type { ContactView, ProposalView } from '@sotto/client';
import { useEffect, useRef } from 'react';
import { clock, duration, instant, longDay } from '../lib/format';
import { useNow } from '../lib/hooks';
import { dayOf } from '../lib/zone';
import { useQuery } from '../sotto/useQuery';
import { Hairpin } from '../ui/Mark';
import { Icon } from '../ui/Icon';
import { Actions } from './Actions';
import { Conversation } from './Conversation';
import { Proof } from './Proof';
import { askedWords, closeness, isOver, refusedWords, stateSentence, stateWords, toneOf } from './words';

interface Props {
  proposal: ProposalView;
  zone: string;
  /** How one stands with its other side, if they are a contact still. */
  acquaintance: ContactView['state'] | undefined;
  onSuggest: (sentence: string) => void;
  onBack: () => void;
  onShow: () => void;
}

/** One meeting: where it stands, what can be done, and every word the agents said. */
export function Detail({ proposal, zone, acquaintance, onSuggest, onBack, onShow }: Props) {
  const now = useNow(30_000);
  const history = useQuery({ type: 'history', conversation: proposal.id });
  const tone = toneOf(proposal);
  const { slot, contact, asked } = proposal;
  const over = isOver(proposal);
  const open = !over && proposal.state !== 'confirmed';
  const refused = open ? refusedWords(history.data ?? [], zone) : null;
  const time = slot && (
    <>
      {longDay(dayOf(Date.parse(slot.start), zone))},{' '}
      <span className="whole">
        {clock(Date.parse(slot.start), zone)}–{clock(Date.parse(slot.end), zone)}
      </span>
    </>
  );
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);

  return (
    <div className="detail">
      <button type="button" className="button plain compact back" onClick={onBack}>
        <Icon name="back" size={16} /> All meetings
      </button>
      <div className={`detail-head ${tone}`}>
        <div>
          <h2 ref={heading} tabIndex={-1}>
            {proposal.title}
          </h2>
          <p className="quiet">
            {duration(proposal.duration_minutes)} with {contact.name}
          </p>
          {asked && !slot && <p className="quiet small">{askedWords(asked)}</p>}
        </div>
        <Hairpin closeness={closeness(proposal)} tone={tone} />
      </div>

      <div className={`detail-state ${tone}`} role="status">
        {refused && <p className="detail-refused">{refused}</p>}
        <p className="detail-word">{stateWords(proposal, zone)}</p>
        {time && proposal.state !== 'approval' && <p className="detail-time">{over ? <s>{time}</s> : time}</p>}
        <p className="quiet">{stateSentence(proposal)}</p>
        {proposal.expires_at && open && (
          <p className="quiet small">Ends by itself on {instant(Date.parse(proposal.expires_at), zone)}.</p>
        )}
      </div>

      <Actions
        proposal={proposal}
        zone={zone}
        now={now}
        acquaintance={acquaintance}
        onSuggest={onSuggest}
        onShow={slot && ['confirmed', 'proposed', 'approval'].includes(proposal.state) ? onShow : null}
      />
      {history.data?.some(({ kind }) => kind === 'CONFIRMATION') && <Proof proposal={proposal.id} />}
      <Conversation history={history} zone={zone} />
    </div>
  );
}
