/**
 * Links that come with the address, and say in their fragment what they are for. One leaves the address bar and the
 * history at once, and stays with this tab, so that reloading the page does not lose it, until it is used or put away.
 */

import { useEffect, useState } from 'react';

export interface Pending {
  link: string | null;
  /** Takes another one up, as if it had been followed. */
  open: (link: string) => void;
  dismiss: () => void;
}

export interface LinkKind {
  /** The address, if it was meant as such a link; it may be a damaged one. */
  in: (address: string) => string | null;
  /** Takes the link out of the address bar. Called before anything is drawn. */
  take: () => string | null;
  /** Takes one up that was pasted somewhere, as if it had been followed. */
  open: (link: string) => void;
  /** The pending link; also one that is opened in this tab later on. */
  use: (first: string | null) => Pending;
}

/** The links whose fragment begins with `mark`, kept in the tab under `key`. */
export function linkKind(mark: string, key: string): LinkKind {
  const linkIn = (address: string) => {
    const at = address.indexOf('#');
    return at >= 0 && address.startsWith(mark, at) ? address : null;
  };

  // Where storage is off, it lasts as long as the page.
  let held: string | null = null;

  const kept = () => {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return held;
    }
  };

  const keep = (link: string | null) => {
    held = link;
    try {
      if (link === null) sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, link);
    } catch {
      // Storage is off.
    }
  };

  const take = () => {
    const link = linkIn(location.href);
    if (!link) return kept();
    history.replaceState(null, '', `${location.pathname}${location.search}`);
    keep(link);
    return link;
  };

  const open = (link: string) => {
    keep(link);
    dispatchEvent(new Event(key));
  };

  const use = (first: string | null): Pending => {
    const [link, setLink] = useState(first);
    useEffect(() => {
      const look = () => {
        const found = take();
        if (found) setLink(found);
      };
      addEventListener('hashchange', look);
      addEventListener(key, look);
      return () => {
        removeEventListener('hashchange', look);
        removeEventListener(key, look);
      };
    }, []);
    const dismiss = () => {
      keep(null);
      setLink(null);
    };
    return { link, open, dismiss };
  };

  return { in: linkIn, take, open, use };
}
