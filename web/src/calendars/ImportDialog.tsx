import type { ImportReport } from '@sotto/client';
import { useState } from 'react';
import { dayRange, plural, slot } from '../lib/format';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Dialog } from '../ui/Dialog';
import { Trouble } from '../ui/Trouble';
import type { ImportResult } from './reading';
import './calendars.css';

interface Props {
  results: ImportResult[];
  zone: string;
  onClose: () => void;
  onAgain: () => void;
}

/** How a whole day is given back to the agent. */
export const FREE_DAYS =
  'To offer such a day all the same, mark its event as free in your calendar and import it again.';

/** What was read from calendar files, what was not, and why. */
export function ImportDialog({ results, zone, onClose, onAgain }: Props) {
  const failed = results.some(({ report }) => report === null);
  const nothing = results.every(({ report }) => report === null);
  const empty = results.every(({ report }) => !report?.calendar.events);
  const title = nothing
    ? 'Nothing was imported'
    : failed
      ? 'Not everything could be read'
      : empty
        ? 'No event was found'
        : 'Calendar imported';
  return (
    <Dialog title={title} onClose={onClose}>
      {results.map((result, index) => (
        <Result key={`${index} ${result.file}`} result={result} zone={zone} />
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

function Result({ result: { file, report, guessed, problem }, zone }: { result: ImportResult; zone: string }) {
  if (!report) {
    return (
      <div className="stack import-result wide">
        <h3>{file}</h3>
        <Trouble problem={problem} />
      </div>
    );
  }
  const { calendar, replaced, skipped, clashes, also_in: also, all_day_busy: allDay, blocked_days: blocked } = report;
  return (
    <div className="stack import-result wide">
      <h3>{calendar.name}</h3>
      {calendar.events > 0 ? (
        <p>
          {plural(calendar.events, 'event')} in your calendar now.
          {replaced && ' The older version of this calendar was replaced.'}
        </p>
      ) : (
        <WithoutEvents report={report} />
      )}
      {clashes.length > 0 && (
        <div className="notice warm">
          <p>
            <b>{plural(clashes.length, 'meeting')}</b> {clashes.length === 1 ? 'is' : 'are'} now at the same time as
            something in this calendar. Nothing was changed; look at {clashes.length === 1 ? 'it' : 'them'} again, and
            call off what you cannot keep.
          </p>
          <ul aria-label="Meetings at the same time">
            {clashes.map((clash) => (
              <li key={clash.id}>
                {clash.title}
                {clash.contact && ` with ${clash.contact.name}`},{' '}
                {slot(Date.parse(clash.start), Date.parse(clash.end), zone)}
                {clash.kind === 'hold' && ', not agreed yet'}
              </li>
            ))}
          </ul>
        </div>
      )}
      {also && (
        <p className="notice">
          {also.events === 1 ? 'One of the same events is' : `${also.events} of the same events are`} already in “
          {also.calendar}”. If it is the same calendar, remove one of the two under Calendars.
        </p>
      )}
      {blocked.length > 0 && (
        <div className="notice">
          <ul aria-label="Days without meetings">
            {blocked.map(({ title, from, to }, index) => (
              <li key={index}>
                “{title || 'No title'}” blocks {from === to ? 'the whole of ' : ''}
                <span className="whole">{dayRange(from, to)}.</span>
              </li>
            ))}
            {allDay > blocked.length && <li>And {allDay - blocked.length} more.</li>}
          </ul>
          <p>{FREE_DAYS}</p>
        </div>
      )}
      {guessed && (
        <p className="notice">
          The file does not say how its letters are written; it was read as Windows-1252. If letters like ä or é look
          wrong, export the calendar again in UTF-8.
        </p>
      )}
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

/** A calendar that was read and has nothing in it: probably not the file that was meant. */
function WithoutEvents({ report: { calendar, replaced } }: { report: ImportReport }) {
  const sotto = useSotto();
  const action = useAction();
  const [removed, setRemoved] = useState(false);
  const remove = () =>
    void action.run(() => sotto.command({ type: 'remove_calendar', calendar: calendar.id })).then(setRemoved);
  return (
    <div className="notice warm">
      <p>
        <b>There is no event in it</b> that your agent could work around. Look whether the right calendar was exported.
        {replaced && ' The older version of this calendar was replaced.'}
      </p>
      <p role="status">{removed && 'It was removed.'}</p>
      {!removed && (
        <button
          type="button"
          className="button compact"
          aria-label={`Remove ${calendar.name}`}
          disabled={action.busy}
          onClick={remove}
        >
          Remove it again
        </button>
      )}
      <Trouble problem={action.problem} />
    </div>
  );
}
