import type { ProposalView } from '@sotto/client';
import type { Day } from '../lib/zone';
import { otherDays, sameDays } from './again';

interface Props {
  proposal: ProposalView;
  today: Day;
  onSuggest: (sentence: string) => void;
}

/** What may come after no meeting: the same request once more, to be changed and sent by the user. */
export function Again({ proposal, today, onSuggest }: Props) {
  const same = sameDays(proposal, today);
  return (
    <div className="row">
      <button type="button" className="button primary" onClick={() => onSuggest(otherDays(proposal, today))}>
        Try other days
      </button>
      {same && (
        <button type="button" className="button" onClick={() => onSuggest(same)}>
          Ask again
        </button>
      )}
    </div>
  );
}
