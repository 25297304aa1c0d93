/**
 * Where one is: the view in the address, the open meeting only in the history
 * entry, so that the address bar says nothing about whom one meets.
 */

import { useEffect, useState } from 'react';

export type View = 'week' | 'people' | 'calendars' | 'settings';

export interface Route {
  view: View;
  proposal: string | null;
}

export const VIEWS: readonly (readonly [view: View, name: string, address: string])[] = [
  ['week', 'Week', '#/'],
  ['people', 'People', '#/people'],
  ['calendars', 'Calendars', '#/calendars'],
  ['settings', 'Settings', '#/settings'],
];

function current(): Route {
  const view = VIEWS.find(([, , address]) => address === location.hash)?.[0] ?? 'week';
  const state: unknown = history.state;
  const proposal =
    view === 'week' &&
    typeof state === 'object' &&
    state !== null &&
    'proposal' in state &&
    typeof state.proposal === 'string'
      ? state.proposal
      : null;
  return { view, proposal };
}

export interface Navigation extends Route {
  /** Another object after every step, also after one to where one is already. */
  step: object;
  /** Opens a meeting beside the week; `null` goes back to the list. */
  open: (proposal: string | null) => void;
  go: (view: View) => void;
}

export function useNavigation(): Navigation {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const moved = () => setRoute(current());
    addEventListener('popstate', moved);
    addEventListener('hashchange', moved);
    return () => {
      removeEventListener('popstate', moved);
      removeEventListener('hashchange', moved);
    };
  }, []);
  const push = (state: { proposal: string } | null, address: string) => {
    history.pushState(state, '', address);
    setRoute(current());
  };
  return {
    ...route,
    step: route,
    open: (proposal) => push(proposal ? { proposal } : null, '#/'),
    go: (view) => push(null, VIEWS.find(([name]) => name === view)?.[2] ?? '#/'),
  };
}
