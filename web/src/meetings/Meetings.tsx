import type { ContactView, ProposalView } from '@sotto/client';
import { useNow } from '../lib/hooks';
import { useAway } from '../settings/away';
import { Hairpin } from '../ui/Mark';
import { Detail } from './Detail';
import { Nobody, NothingYet, OnAnother } from './Empty';
import { closeness, grouped, isOver, slotOf, stateWords, toneOf } from './words';
import './meetings.css';

interface Props {
  proposals: ProposalView[] | null;
  contacts: ContactView[] | null;
  opened: ProposalView | null;
  zone: string;
  onOpen: (proposal: string | null) => void;
  onShow: (proposal: ProposalView) => void;
  /** Puts a sentence into the command box. */
  onSuggest: (sentence: string) => void;
}

/** What the agents are arranging: a list, or one of them in full. */
export function Meetings({ proposals, contacts, opened, zone, onOpen, onShow, onSuggest }: Props) {
  return (
    <section className="meetings" aria-label="Meetings">
      {opened ? (
        <Detail
          key={opened.id}
          proposal={opened}
          zone={zone}
          acquaintance={contacts?.find(({ id }) => id === opened.contact.id)?.state}
          onSuggest={onSuggest}
          onBack={() => onOpen(null)}
          onShow={() => onShow(opened)}
        />
      ) : (
        <Overview proposals={proposals} contacts={contacts} zone={zone} onOpen={onOpen} />
      )}
    </section>
  );
}

interface OverviewProps {
  proposals: ProposalView[] | null;
  contacts: ContactView[] | null;
  zone: string;
  onOpen: (proposal: string) => void;
}

function Overview({ proposals, contacts, zone, onOpen }: OverviewProps) {
  const now = useNow(60_000);
  const away = useAway();
  if (!proposals || !contacts) return null;
  const groups = grouped(proposals, now);
  const requests = contacts.filter(({ state }) => state === 'requested');
  const partner =
    contacts.find(({ state }) => state === 'active') ?? contacts.find(({ state }) => state === 'unreachable');
  const group = (title: string, members: ProposalView[]) =>
    members.length > 0 && (
      <div className="meeting-group">
        <h3>{title}</h3>
        <ul>
          {members.map((proposal) => (
            <Row key={proposal.id} proposal={proposal} zone={zone} onOpen={onOpen} />
          ))}
        </ul>
      </div>
    );

  return (
    <>
      <h2 className="meetings-title">Meetings</h2>
      {proposals.length > 0 ? null : away ? (
        <OnAnother away={away} />
      ) : partner ? (
        <NothingYet name={partner.name} />
      ) : (
        <Nobody contacts={contacts} />
      )}
      {partner && requests.length > 0 && (
        <p className="requests">
          <a href="#/people">
            {requests.length === 1
              ? `${requests[0]?.name} would like to be your contact`
              : `${requests.length} people would like to be your contacts`}
          </a>
        </p>
      )}
      {group('Waiting for you', groups.waiting)}
      {group('Under way', groups.underWay)}
      {group('Agreed', groups.upcoming)}
      {groups.past.length > 0 && (
        <details className="meeting-group past">
          <summary>Earlier ({groups.past.length})</summary>
          <ul>
            {groups.past.map((proposal) => (
              <Row key={proposal.id} proposal={proposal} zone={zone} onOpen={onOpen} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface RowProps {
  proposal: ProposalView;
  zone: string;
  onOpen: (proposal: string) => void;
}

function Row({ proposal, zone, onOpen }: RowProps) {
  const tone = toneOf(proposal);
  const words = stateWords(proposal, zone);
  const time = slotOf(proposal, zone);
  return (
    <li>
      <button type="button" className={`meeting-row ${tone}`} onClick={() => onOpen(proposal.id)}>
        <Hairpin closeness={closeness(proposal)} tone={tone} />
        <span className="meeting-row-text">
          <b>{proposal.title}</b>
          <span className="meeting-state">{proposal.state === 'confirmed' && time ? time : words}</span>
          {proposal.untold && !words.includes('yet') && !words.includes('stopped') && (
            <span className="quiet small">{proposal.contact.name} has not been told yet</span>
          )}
          {proposal.state === 'proposed' && time && <span className="quiet small">{time}</span>}
          {isOver(proposal) && time && <s className="quiet small">{time}</s>}
          {!words.includes(proposal.contact.name) && <span className="quiet small">with {proposal.contact.name}</span>}
        </span>
      </button>
    </li>
  );
}
