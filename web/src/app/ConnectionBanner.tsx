import type { StatusView } from '@sotto/client';
import { useEffect, useState } from 'react';
import { isTroubled, meanwhile } from './connection';
import { TryNow } from './TryNow';

/** A connection that needs explaining: what is wrong, what to do. A short hiccup needs none. */
export function ConnectionBanner({ status }: { status: StatusView }) {
  const troubled = isTroubled(status);
  const refused = status.connection === 'refused' || status.connection === 'removed';
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!troubled) {
      setLasting(false);
      return;
    }
    const timer = setTimeout(() => setLasting(true), refused ? 0 : 3000);
    return () => clearTimeout(timer);
  }, [troubled, refused]);

  if (!troubled || !lasting || !status.connection_detail) return null;
  return (
    <div className="banner">
      <p role="status">
        {status.connection_detail}
        {!refused && ` ${meanwhile(status)}`}
      </p>
      <TryNow status={status} />
    </div>
  );
}
