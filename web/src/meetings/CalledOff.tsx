import { Icon } from '../ui/Icon';
import type { CalledOffNews } from './calledOff';
import { calledOffWords, endOf } from './words';
import './meetings.css';

interface Props extends CalledOffNews {
  zone: string;
  onShow: (proposal: string) => void;
}

/** On every page, until it was seen: a meeting that one counted on is off. */
export function CalledOff({ unseen, dismiss, zone, onShow }: Props) {
  return (
    <div role="status">
      {unseen.length > 0 && (
        <section className="called-off" aria-label="Called off">
          <ul>
            {unseen.map((proposal) => (
              <li key={proposal.id}>
                <strong>{calledOffWords(proposal, zone)}</strong> {endOf(proposal).note}{' '}
                <button type="button" className="button compact" onClick={() => onShow(proposal.id)}>
                  Open
                </button>
              </li>
            ))}
          </ul>
          <button type="button" className="icon-button" aria-label="Dismiss" onClick={dismiss}>
            <Icon name="close" />
          </button>
        </section>
      )}
    </div>
  );
}
