import type { CalendarView } from '@sotto/client';
import { useState } from 'react';
import { plural, shortDay } from '../lib/format';
import { dayOf } from '../lib/zone';
import { OfAgent, useAway } from '../settings/away';
import { awayWords } from '../settings/deviceWords';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Trouble } from '../ui/Trouble';
import { useImporting } from './importing';
import './calendars.css';

export function Calendars({ zone }: { zone: string }) {
  const calendars = useQuery({ type: 'calendars' });
  const { pick, busy } = useImporting();
  const away = useAway();
  const button = (
    <OfAgent>
      <button type="button" className="button primary" onClick={pick} disabled={busy}>
        {busy ? 'Reading…' : 'Import a calendar'}
      </button>
    </OfAgent>
  );
  return (
    <>
      <div className="page-head">
        <div>
          <h1>Calendars</h1>
          <p className="quiet">
            {away
              ? awayWords(away, 'import your calendars')
              : 'What your agent works around. Your contacts’ agents learn when you are free, never what is in here; the relay learns nothing.'}
          </p>
        </div>
        {calendars.data && calendars.data.length > 0 && button}
      </div>
      <Trouble problem={calendars.problem} />
      {calendars.data?.length === 0 && (
        <div className="drop-here stack">
          <h2>No calendar yet</h2>
          {!away && (
            <p className="quiet">
              Export one as an .ics file from Google Calendar, Outlook, Apple Calendar or Nextcloud, and import it here
              <span className="by-drop">, or drop it anywhere on this page</span>. Without one, your agent goes by your
              working hours alone.
            </p>
          )}
          {button}
        </div>
      )}
      <ul className="list" aria-label="Imported calendars">
        {calendars.data?.map((calendar) => (
          <CalendarRow key={calendar.id} calendar={calendar} zone={zone} />
        ))}
      </ul>
      {calendars.data && calendars.data.length > 0 && !away && (
        <p className="quiet small">
          To bring a calendar up to date, import it again: one of the same name is replaced.
        </p>
      )}
    </>
  );
}

function CalendarRow({ calendar, zone }: { calendar: CalendarView; zone: string }) {
  const sotto = useSotto();
  const action = useAction();
  const [asked, setAsked] = useState(false);
  const remove = () => void action.run(() => sotto.command({ type: 'remove_calendar', calendar: calendar.id }));
  return (
    <li className="list-item">
      <div className="list-main">
        <h2>{calendar.name}</h2>
        <p className="quiet small">
          {plural(calendar.events, 'event')}, read {shortDay(dayOf(Date.parse(calendar.imported_at), zone))}
        </p>
      </div>
      {asked ? (
        <div className="row" role="group" aria-label={`Remove ${calendar.name}?`}>
          <button type="button" className="button danger compact" onClick={remove} disabled={action.busy} autoFocus>
            Remove for good
          </button>
          <button type="button" className="button compact" onClick={() => setAsked(false)}>
            Keep
          </button>
        </div>
      ) : (
        <button
          type="button"
          className="button compact"
          aria-label={`Remove ${calendar.name}`}
          onClick={() => setAsked(true)}
        >
          Remove
        </button>
      )}
      <Trouble problem={action.problem} />
    </li>
  );
}
