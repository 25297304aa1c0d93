import { plural } from '../lib/format';
import { Dialog } from '../ui/Dialog';
import { Trouble } from '../ui/Trouble';
import type { ImportResult } from './importing';
import './calendars.css';

interface Props {
  results: ImportResult[];
  onClose: () => void;
  onAgain: () => void;
}

/** What was read from calendar files, what was not, and why. */
export function ImportDialog({ results, onClose, onAgain }: Props) {
  const failed = results.some(({ report }) => report === null);
  return (
    <Dialog title={failed ? 'Not everything could be read' : 'Calendar imported'} onClose={onClose}>
      {results.map((result, index) => (
        <Result key={`${index} ${result.file}`} result={result} />
      ))}
      <div className="row">
        <button type="button" className="button primary" data-first onClick={onClose}>
          Done
        </button>
        {failed && (
          <button type="button" className="button" onClick={onAgain}>
            Choose another file
          </button>
        )}
      </div>
    </Dialog>
  );
}

function Result({ result: { file, report, problem } }: { result: ImportResult }) {
  if (!report) {
    return (
      <div className="stack import-result wide">
        <h3>{file}</h3>
        <Trouble problem={problem} />
      </div>
    );
  }
  const { calendar, replaced, skipped } = report;
  return (
    <div className="stack import-result wide">
      <h3>{calendar.name}</h3>
      <p>
        {plural(calendar.events, 'event')} in your calendar now.
        {replaced && ' The older version of this calendar was replaced.'}
      </p>
      {skipped.length > 0 && (
        <details className="wide" open={skipped.length <= 5}>
          <summary>{plural(skipped.length, 'item')} could not be read; everything else was</summary>
          <ul className="skipped">
            {skipped.map(({ what, why }, index) => (
              <li key={index}>
                <b>{what}</b>
                <span className="quiet">{why}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
