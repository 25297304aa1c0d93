import type { Preferences, StatusView } from '@sotto/client';
import { useEffect, useState } from 'react';
import { useTheme } from '../app/theme';
import { duration, hostOf } from '../lib/format';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { Choice, Switch } from '../ui/controls';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import { Dialog } from '../ui/Dialog';
import { ZoneField } from '../ui/ZoneField';
import { StartOverForm } from '../vault/StartOver';
import { OfAgent, useAway } from './away';
import { ChangePassphrase } from './ChangePassphrase';
import { Devices } from './Devices';
import { awayWords } from './deviceWords';
import { Hours } from './Hours';
import { Prekeys } from './Prekeys';
import './settings.css';

interface Props {
  preferences: Preferences;
  status: StatusView | null;
}

const BUFFERS = [0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240];

/** When meetings suit, what the agent may do alone, how it all looks. Saved as it is changed. */
export function Settings({ preferences, status }: Props) {
  const away = useAway();
  const sotto = useSotto();
  const saving = useAction();
  const locking = useAction();
  const [theme, setTheme] = useTheme();
  const [startingOver, setStartingOver] = useState(false);
  const [draft, setDraft] = useState(preferences);
  const [saved, setSaved] = useState(false);
  const buffers = BUFFERS.includes(draft.buffer_minutes)
    ? BUFFERS
    : [...BUFFERS, draft.buffer_minutes].sort((a, b) => a - b);

  // What is saved elsewhere shows here too, unless something here is not saved yet.
  useEffect(() => {
    if (!saving.busy && !saving.problem) setDraft(preferences);
  }, [preferences, saving.busy, saving.problem]);

  const change = (part: Partial<Preferences>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    setSaved(false);
    void saving.run(() => sotto.command({ type: 'set_preferences', preferences: next })).then(setSaved);
  };

  return (
    <>
      <div className="page-head">
        <div>
          <h1>Settings</h1>
          <p className="quiet" role="status">
            {away
              ? awayWords(away, 'when meetings suit and what your agent may do is set')
              : saved
                ? 'Saved.'
                : 'Changes are saved as you make them.'}
          </p>
        </div>
      </div>
      <Trouble problem={saving.problem} />

      {status && (
        <section className="section setting" aria-label="You">
          <h2>You</h2>
          <div className="stack">
            <p>
              <b>{status.name}</b>, by way of {hostOf(status.relay)}
            </p>
            <p className="quiet small">
              Your contacts know you by this name, and your invitations say it. It stays as it was given when this agent
              was made; your contacts can call you otherwise for themselves.
            </p>
          </div>
        </section>
      )}

      <OfAgent>
        <section className="section setting" aria-label="When meetings suit">
          <h2>When meetings suit</h2>
          <div className="stack">
            <ZoneField value={draft.time_zone} onChange={(time_zone) => change({ time_zone })} />
            <Hours hours={draft.working_hours} onChange={(working_hours) => change({ working_hours })} />
            <div className="field">
              <label htmlFor="buffer">Free time around meetings</label>
              <select
                id="buffer"
                className="select"
                value={draft.buffer_minutes}
                onChange={(event) => change({ buffer_minutes: Number(event.target.value) })}
              >
                {buffers.map((minutes) => (
                  <option key={minutes} value={minutes}>
                    {minutes === 0 ? 'None' : `${duration(minutes)} before and after`}
                  </option>
                ))}
              </select>
            </div>
          </div>
        </section>

        <section className="section setting" aria-label="What your agent may do">
          <h2>What your agent may do</h2>
          <div className="stack">
            <Choice
              label="When others propose a time that fits"
              value={draft.approve_meetings}
              options={[
                ['ask', 'Ask me'],
                ['auto', 'Confirm it'],
              ]}
              onChange={(approve_meetings) => change({ approve_meetings })}
            />
            <Choice
              label="When somebody uses my invitation"
              value={draft.approve_contacts}
              options={[
                ['ask', 'Ask me'],
                ['auto', 'Approve them'],
              ]}
              onChange={(approve_contacts) => change({ approve_contacts })}
            />
            <Switch checked={draft.review} onChange={(review) => change({ review })}>
              Let me choose the time before my agent proposes one
            </Switch>
          </div>
        </section>
      </OfAgent>

      <section className="section setting" aria-label="Appearance">
        <h2>Appearance</h2>
        <Choice
          label="Colours"
          hideLabel
          value={theme}
          options={[
            ['system', 'As the system'],
            ['light', 'Light'],
            ['dark', 'Dark'],
          ]}
          onChange={setTheme}
        />
      </section>

      <Devices status={status} zone={draft.time_zone} />
      {status?.prekeys && <Prekeys prekeys={status.prekeys} zone={preferences.time_zone} />}

      <section className="section setting" aria-label="This device">
        <h2>This device</h2>
        <div className="stack">
          <p className="quiet">Your keys and calendar are kept here, sealed with your passphrase.</p>
          <button
            type="button"
            className="button"
            disabled={locking.busy}
            onClick={() => void locking.run(() => sotto.lock())}
          >
            <Icon name="lock" size={17} /> Lock now
          </button>
          <Trouble problem={locking.problem} />
          <ChangePassphrase />
          <button type="button" className="button danger" onClick={() => setStartingOver(true)}>
            Start over…
          </button>
          <p className="quiet small">
            {status && `Sotto ${status.version}. `}
            <a href="/third-party.txt">Made with the work of others</a>
          </p>
        </div>
      </section>
      {startingOver && (
        <Dialog title="Start over" onClose={() => setStartingOver(false)}>
          <StartOverForm onBack={() => setStartingOver(false)} />
        </Dialog>
      )}
    </>
  );
}
