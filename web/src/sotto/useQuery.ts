import type { AnswerOf, Notice, QueryOf, QueryType } from '@sotto/client';
import { useEffect, useState } from 'react';
import { useSotto } from './context';
import { problemOf, type Problem } from './problem';

/** The notices after which an answer may be another. */
const CONCERNS: Record<QueryType, readonly Notice[]> = {
  status: ['status', 'contacts', 'proposals'],
  contacts: ['contacts'],
  devices: ['devices'],
  joining: ['devices', 'status'],
  invitations: ['contacts'],
  inspect_invitation: ['contacts'],
  safety_code: ['contacts'],
  inspect_safety_code: ['contacts'],
  inspect_link: [],
  agenda: ['calendar', 'proposals', 'preferences'],
  calendars: ['calendar'],
  // A message that went out was told, which is a thing of the history.
  proposals: ['proposals', 'contacts', 'history'],
  interpret: ['devices', 'contacts', 'preferences', 'proposals', 'calendar', 'status'],
  history: ['history', 'proposals'],
  receipt: ['proposals', 'history'],
  preferences: ['preferences'],
};

export interface Asked<T> {
  /** The newest answer, kept while the next one is on its way. */
  data: T | null;
  problem: Problem | null;
}

/** Asks, and asks again when something changed. `null` asks nothing. */
export function useQuery<const T extends QueryType>(query: ({ type: T } & QueryOf<T>) | null): Asked<AnswerOf<T>> {
  const sotto = useSotto();
  const [asked, setAsked] = useState<Asked<AnswerOf<T>>>({ data: null, problem: null });
  const key = query ? JSON.stringify(query) : null;

  useEffect(() => {
    if (key === null) {
      setAsked({ data: null, problem: null });
      return;
    }
    const wanted = JSON.parse(key) as { type: T } & QueryOf<T>;
    let latest = 0;
    let current = true;
    const ask = () => {
      const turn = ++latest;
      sotto.query<T>(wanted).then(
        (data) => current && turn === latest && setAsked({ data, problem: null }),
        (error: unknown) => current && turn === latest && setAsked(({ data }) => ({ data, problem: problemOf(error) })),
      );
    };
    const off = sotto.subscribe(({ notices }) => {
      if (notices.some((notice) => CONCERNS[wanted.type].includes(notice))) ask();
    });
    ask();
    return () => {
      current = false;
      off();
    };
  }, [sotto, key]);

  return asked;
}
