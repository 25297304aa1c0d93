import { useCallback, useEffect, useRef, useState } from 'react';
import { problemOf, type Problem } from './problem';

export interface Action {
  busy: boolean;
  problem: Problem | null;
  /** Does it, one at a time; answers whether it went well. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/** Something a person starts: whether it is under way, and what came in its way. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const running = useRef(false);
  const mounted = useRef(true);

  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);

  const run = useCallback(async (work: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (error) {
      if (mounted.current) setProblem(problemOf(error));
      return false;
    } finally {
      running.current = false;
      if (mounted.current) setBusy(false);
    }
  }, []);

  const clear = useCallback(() => setProblem(null), []);
  return { busy, problem, run, clear };
}
