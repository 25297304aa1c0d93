import type { StatusView } from '@sotto/client';
import { useState } from 'react';
import { remember, remembered } from '../lib/remembered';
import { useAway } from '../settings/away';
import { Icon } from '../ui/Icon';

interface Props {
  status: StatusView | null;
  /** Whether it is said that this device follows, also where nothing has changed. */
  always: boolean;
}

/** That another device answers for the user now, or this one does, until it was read; then only whom this one follows. */
export function AgentChange({ status, always }: Props) {
  const away = useAway();
  const [seen, setSeen] = useState(() => remembered('agentChangeSeen'));
  const change = status?.agent_change;
  const news = change && change.since !== seen ? change : null;
  const dismiss = (since: string) => {
    remember('agentChangeSeen', since);
    setSeen(since);
  };
  return (
    <>
      <div role="status">
        {news && (
          <section className="notice follows changed" aria-label="Who answers for you">
            <p>{news.message}</p>
            <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(news.since)}>
              <Icon name="close" />
            </button>
          </section>
        )}
      </div>
      {away?.why === 'follows' && always && !news && (
        <p className="notice follows">
          <b>{away.name}</b> answers for you. Ask, approve and import there; this device reads along.
        </p>
      )}
    </>
  );
}
