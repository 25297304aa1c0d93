import type { StatusView } from '@sotto/client';
import { useEffect, useId, useRef, useState } from 'react';
import { hostOf } from '../lib/format';
import { useNow } from '../lib/hooks';
import { connectionWords, isTroubled } from './connection';
import { TryNow } from './TryNow';

/** How the connection is, always in sight; more about it on demand. */
export function ConnectionChip({ status }: { status: StatusView }) {
  const now = useNow(1000);
  const words = connectionWords(status, now);
  const troubled = isTroubled(status);
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent) => {
      if (event.target instanceof Node && !place.current?.contains(event.target)) setOpen(false);
    };
    addEventListener('pointerdown', outside);
    return () => removeEventListener('pointerdown', outside);
  }, [open]);

  return (
    <div
      className="connection"
      ref={place}
      onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
      onBlur={(event) => event.relatedTarget && !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}
    >
      <button
        type="button"
        className={`chip ${words.tone}`}
        aria-expanded={open}
        aria-controls={id}
        aria-label={`Connection: ${words.short}`}
        onClick={() => setOpen(!open)}
      >
        <i aria-hidden="true" />
        <span>{words.short}</span>
      </button>
      <span className="sr-only" role="status">
        {/* The seconds are left out, so that they are not read out one by one. */}
        Connection: {words.short.replace(/ in \d+ s$/, '')}
      </span>
      {open && (
        <div className="connection-more" id={id}>
          {troubled && <p>{status.connection_detail}</p>}
          {words.long && <p className="quiet">{words.long}</p>}
          <dl>
            <dt>Relay</dt>
            <dd>{hostOf(status.relay)}</dd>
            <dt>To send</dt>
            <dd>{status.queued || 'nothing'}</dd>
            <dt>You</dt>
            <dd>{status.name}</dd>
          </dl>
          {troubled && <TryNow status={status} />}
        </div>
      )}
    </div>
  );
}
