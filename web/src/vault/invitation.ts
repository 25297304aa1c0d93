/**
 * An invitation that came with the address. It leaves the address bar and the history at once, and
 * stays with this tab, so that reloading the page does not lose it, until it is accepted or put away.
 */

import { useEffect, useState } from 'react';

/** The address, if it was meant as an invitation; it may be a damaged one. */
export function invitationIn(address: string): string | null {
  const at = address.indexOf('#');
  return at >= 0 && address.startsWith('#invite', at) ? address : null;
}

/** Takes the invitation out of the address bar. Called before anything is drawn. */
export function takeInvitation(): string | null {
  const link = invitationIn(location.href);
  if (!link) return kept();
  history.replaceState(null, '', `${location.pathname}${location.search}`);
  keep(link);
  return link;
}

const KEY = 'sotto.invitation';

function kept(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(link: string | null): void {
  try {
    if (link === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, link);
  } catch {
    // Storage is off: it lasts as long as the page.
  }
}

export interface PendingInvitation {
  link: string | null;
  /** Takes another one up, as if its link had been followed. */
  open: (link: string) => void;
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
  const open = (next: string) => {
    keep(next);
    setLink(next);
  };
  const dismiss = () => {
    keep(null);
    setLink(null);
  };
  return { link, open, dismiss };
}
