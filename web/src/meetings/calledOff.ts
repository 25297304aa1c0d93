import type { ProposalView } from '@sotto/client';
import { useEffect, useRef, useState } from 'react';
import { useNow } from '../lib/hooks';
import { remember, remembered } from '../lib/remembered';
import { useQuery } from '../sotto/useQuery';
import { isCalledOff } from './words';

export interface CalledOffNews {
  /** What was called off and has not been looked at since. */
  unseen: ProposalView[];
  dismiss: () => void;
}

/** The meetings that the other side called off, until each is opened, or all are dismissed. */
export function useCalledOff(opened: string | null): CalledOffNews {
  const now = useNow(60_000);
  const proposals = useQuery({ type: 'proposals' }).data;
  const [seen, setSeen] = useState(seenBefore);
  const off = proposals?.filter((proposal) => isCalledOff(proposal, now)) ?? [];
  const unseen = off.filter(({ id }) => !seen.includes(id));

  const see = (ids: string[]) => {
    // What is over for long, or gone, is no news even when it is forgotten here.
    const kept = off.map(({ id }) => id).filter((id) => seen.includes(id) || ids.includes(id));
    remember('calledOffSeen', JSON.stringify(kept));
    setSeen(kept);
  };
  const latest = useRef({ unseen, see });
  useEffect(() => {
    latest.current = { unseen, see };
  });
  // Only a step to it counts: who left a meeting open may be away while it is called off.
  useEffect(() => {
    const { unseen, see } = latest.current;
    if (opened && unseen.some(({ id }) => id === opened)) see([opened]);
  }, [opened]);

  return { unseen, dismiss: () => see(unseen.map(({ id }) => id)) };
}

function seenBefore(): string[] {
  try {
    const ids: unknown = JSON.parse(remembered('calledOffSeen') ?? '[]');
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
