import type { StatusView } from '@sotto/client';
import { useEffect, useState } from 'react';
import { isShutOut, isTroubled, meanwhile } from './connection';
import { TryNow } from './TryNow';

interface Props {
  status: StatusView;
  /** Back to what there is to do where this device was removed. */
  onLeave: () => void;
}

/** A connection that needs explaining: what is wrong, what to do. A short hiccup needs none. */
export function ConnectionBanner({ status, onLeave }: Props) {
  const troubled = isTroubled(status);
  const shutOut = isShutOut(status);
  const refused = status.connection === 'refused' || shutOut;
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
      {shutOut && (
        <button type="button" className="button compact" onClick={onLeave}>
          What to do
        </button>
      )}
    </div>
  );
}
