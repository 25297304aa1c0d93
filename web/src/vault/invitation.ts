/** An invitation that came with the address. Kept in memory, never in the address bar or the history. */

import { useEffect, useState } from 'react';

/** The address, if it was meant as an invitation; it may be a damaged one. */
export function invitationIn(address: string): string | null {
  const at = address.indexOf('#');
  return at >= 0 && address.startsWith('#invite', at) ? address : null;
}

/** Takes the invitation out of the address bar. Called before anything is drawn. */
export function takeInvitation(): string | null {
  const link = invitationIn(location.href);
  if (link) history.replaceState(null, '', `${location.pathname}${location.search}`);
  return link;
}

export interface PendingInvitation {
  link: string | null;
  dismiss: () => void;
}

/** The pending invitation; also one that is opened in this tab later on. */
export function usePendingInvitation(first: string | null): PendingInvitation {
  const [link, setLink] = useState(first);
  useEffect(() => {
    const look = () => {
      const found = takeInvitation();
      if (found) setLink(found);
    };
    addEventListener('hashchange', look);
    return () => removeEventListener('hashchange', look);
  }, []);
  return { link, dismiss: () => setLink(null) };
}
