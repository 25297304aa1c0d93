import type { StatusView } from '@sotto/client';
import { useEffect, useRef } from 'react';

/** A link that adds a device was opened where there is an account already. */
export function HasAccount({ status, onDone }: { status: StatusView | null; onDone: () => void }) {
  // It is at the top of the page, and may have been asked for from its end.
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    card.current?.scrollIntoView({ block: 'nearest' });
    card.current?.focus({ preventScroll: true });
  }, []);
  return (
    <section ref={card} tabIndex={-1} className="invitation-card" aria-label="Link for a new device">
      <div>
        <h2>This browser has an account already</h2>
        <p className="quiet">
          It is {status ? `${status.name}’s` : 'somebody’s'}, so the link that you opened adds nothing here. Open it in
          another browser. If this one is to join that account instead, start over under Settings first, which deletes
          what is here, then open the link again.
        </p>
      </div>
      <button type="button" className="button" onClick={onDone}>
        Close
      </button>
    </section>
  );
}
