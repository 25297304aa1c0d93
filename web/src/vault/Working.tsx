import type { ReactNode } from 'react';

/** Something that takes a few seconds. */
export function Working({ children }: { children: ReactNode }) {
  return (
    <div className="working" role="status">
      <div className="breath" />
      <p className="voice">{children}</p>
    </div>
  );
}
