import { createContext, use, type ReactNode } from 'react';
import type { Away } from './deviceWords';

/** Why this device does not act for the user, where it does not. */
export const AwayContext = createContext<Away | null>(null);

export function useAway(): Away | null {
  return use(AwayContext);
}

/** What only the device does that answers for the user: shown elsewhere, and not to be used there. Say why beside it. */
export function OfAgent({ children }: { children: ReactNode }) {
  return (
    <fieldset className="of-agent" disabled={useAway() !== null}>
      {children}
    </fieldset>
  );
}
