import type { Preferences, ProposalView } from '@sotto/client';
import { useEffect, useState } from 'react';
import { Ask, type Suggestion } from '../ask/Ask';
import { useMedia } from '../lib/hooks';
import { dayOf } from '../lib/zone';
import { Meetings } from '../meetings/Meetings';
import { isWaiting } from '../meetings/words';
import { useQuery } from '../sotto/useQuery';
import { Choice } from '../ui/controls';
import type { Pending } from '../vault/pending';
import { followedTime } from '../week/follow';
import { Week } from '../week/Week';
import type { Navigation } from './route';
import './week-page.css';

interface Props {
  navigation: Navigation;
  preferences: Preferences;
  pending: Pending;
  code: Pending;
}

type Side = 'calendar' | 'meetings';

/** Ask, see the week, follow what the agents do. */
export function WeekPage({ navigation, preferences, pending, code }: Props) {
  const zone = preferences.time_zone;
  const { data: proposals } = useQuery({ type: 'proposals' });
  const contacts = useQuery({ type: 'contacts' }).data;
  const narrow = useMedia('(max-width: 1079px)');
  const [side, setSide] = useState<Side>('calendar');
  const [day, setDay] = useState(() => dayOf(Date.now(), zone));
  const [suggestion, setSuggestion] = useState<Suggestion | null>(null);
  const [focus, setFocus] = useState<string | null>(null);

  const waiting = proposals?.filter(isWaiting).length ?? 0;
  const opened = proposals?.find(({ id }) => id === navigation.proposal) ?? null;

  // The calendar follows the open meeting.
  const followed = opened && followedTime(opened);
  useEffect(() => {
    if (followed) setDay(dayOf(Date.parse(followed), zone));
  }, [navigation.step, opened?.id, followed, zone]);

  // Where there is room for one side only, it is the one with the open meeting.
  useEffect(() => {
    if (navigation.proposal) setSide('meetings');
  }, [navigation.step, navigation.proposal]);

  const show = (proposal: ProposalView) => {
    if (!proposal.slot) return;
    setDay(dayOf(Date.parse(proposal.slot.start), zone));
    setFocus(proposal.id);
    setSide('calendar');
  };

  return (
    <div className="week-page" data-side={side}>
      <h1 className="sr-only">Week</h1>
      <Ask
        preferences={preferences}
        contacts={contacts}
        proposals={proposals}
        suggestion={suggestion}
        pending={pending}
        code={code}
        onSent={(proposal) => navigation.open(proposal.id)}
      />
      {narrow && (
        <div className="week-sides">
          <Choice
            label="Show"
            hideLabel
            value={side}
            onChange={setSide}
            options={[
              ['calendar', 'Calendar'],
              ['meetings', waiting ? `Meetings (${waiting})` : 'Meetings'],
            ]}
          />
        </div>
      )}
      {(!narrow || side === 'calendar') && (
        <Week
          preferences={preferences}
          day={day}
          onDay={setDay}
          opened={opened}
          focus={focus}
          onOpen={navigation.open}
        />
      )}
      {(!narrow || side === 'meetings') && (
        <Meetings
          proposals={proposals}
          contacts={contacts}
          opened={opened}
          zone={zone}
          onOpen={navigation.open}
          onShow={show}
          onSuggest={(sentence) => setSuggestion({ sentence })}
        />
      )}
    </div>
  );
}
