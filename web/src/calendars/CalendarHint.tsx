import { useState } from 'react';
import { remember, remembered } from '../lib/remembered';
import { useAway } from '../settings/away';
import { useQuery } from '../sotto/useQuery';
import { useImporting } from './importing';
import './calendars.css';

/** While there is no calendar: what one is good for, and that it may stay so. */
export function CalendarHint() {
  const calendars = useQuery({ type: 'calendars' }).data;
  const { pick, busy } = useImporting();
  const [declined, setDeclined] = useState(() => remembered('withoutCalendar') !== null);
  const away = useAway();
  if (!calendars || calendars.length > 0 || declined || away) return null;

  const decline = () => {
    remember('withoutCalendar', 'yes');
    setDeclined(true);
  };
  return (
    <div className="calendar-hint">
      <p>
        Import a calendar file (.ics)<span className="by-drop">, or drop one here</span>, and your agent works around
        what is in it.
      </p>
      <div className="row">
        <button type="button" className="button compact" onClick={pick} disabled={busy}>
          {busy ? 'Reading…' : 'Import a calendar'}
        </button>
        <button type="button" className="button plain compact" onClick={decline}>
          Go on without
        </button>
      </div>
    </div>
  );
}
