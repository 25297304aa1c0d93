/**
 * A link that adds a device, which came with the address or was pasted. It leaves the address bar and the history at
 * once, and stays with this tab until this device asks to be added, or it is put away.
 */

import { useEffect, useState } from 'react';

/** The address, if it was meant to add a device; it may be a damaged one. */
export function deviceLinkIn(address: string): string | null {
  const at = address.indexOf('#');
  return at >= 0 && address.startsWith('#device', at) ? address : null;
}

/** Takes the link out of the address bar. Called before anything is drawn. */
export function takeDeviceLink(): string | null {
  const link = deviceLinkIn(location.href);
  if (!link) return kept();
  history.replaceState(null, '', `${location.pathname}${location.search}`);
  keep(link);
  return link;
}

/** Takes one up that was pasted somewhere, as if it had been followed. */
export function openDeviceLink(link: string): void {
  keep(link);
  dispatchEvent(new Event(OPENED));
}

const KEY = 'sotto.device';
const OPENED = 'sotto-device-link';

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

export interface PendingDeviceLink {
  link: string | null;
  open: (link: string) => void;
  dismiss: () => void;
}

/** The pending link; also one that is opened in this tab later on. */
export function usePendingDeviceLink(first: string | null): PendingDeviceLink {
  const [link, setLink] = useState(first);
  useEffect(() => {
    const look = () => {
      const found = takeDeviceLink();
      if (found) setLink(found);
    };
    addEventListener('hashchange', look);
    addEventListener(OPENED, look);
    return () => {
      removeEventListener('hashchange', look);
      removeEventListener(OPENED, look);
    };
  }, []);
  const change = (next: string | null) => {
    keep(next);
    setLink(next);
  };
  return { link, open: change, dismiss: () => change(null) };
}
