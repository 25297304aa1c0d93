import type { StatusView } from '@sotto/client';
import { useEffect, useState } from 'react';
import { connectionWords } from './connection';
import { TryNow } from './TryNow';

/** A connection that needs explaining: what is wrong, what to do. A short hiccup needs none. */
export function ConnectionBanner({ status }: { status: StatusView }) {
  const troubled = status.connection === 'offline' || status.connection === 'refused';
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!troubled) {
      setLasting(false);
      return;
    }
    const timer = setTimeout(() => setLasting(true), status.connection === 'refused' ? 0 : 3000);
    return () => clearTimeout(timer);
  }, [troubled, status.connection]);

  if (!troubled || !lasting || !status.connection_detail) return null;
  return (
    <div className="banner">
      <p role="status">
        {status.connection_detail}
        {status.connection === 'offline' && ` ${connectionWords(status, 0).long}`}
      </p>
      <TryNow status={status} />
    </div>
  );
}
