import { Sotto, type VaultState } from '@sotto/client';
import { createContext, use, useEffect, useState, type ReactNode } from 'react';
import { problemOf, type Problem } from './problem';

const SottoContext = createContext<Sotto | null>(null);

/** The client. Only below `SottoProvider`, which waits for it. */
export function useSotto(): Sotto {
  const sotto = use(SottoContext);
  if (!sotto) throw new Error('useSotto needs a SottoProvider above it');
  return sotto;
}

/** The state of the vault, kept current. */
export function useVault(): VaultState {
  const sotto = useSotto();
  const [vault, setVault] = useState(sotto.vault);
  useEffect(() => {
    setVault(sotto.vault);
    return sotto.subscribe(() => setVault(sotto.vault));
  }, [sotto]);
  return vault;
}

/** What went wrong on its own, outside of anything the user did. */
export function useFault(): [fault: Problem | null, dismiss: () => void] {
  const sotto = useSotto();
  const [fault, setFault] = useState<Problem | null>(null);
  useEffect(() => sotto.subscribe(({ error }) => error && setFault(problemOf(error))), [sotto]);
  return [fault, () => setFault(null)];
}

interface Props {
  starting: ReactNode;
  failed: (problem: Problem) => ReactNode;
  children: ReactNode;
}

export function SottoProvider({ starting, failed, children }: Props) {
  const [sotto, setSotto] = useState<Sotto | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  useEffect(() => {
    let current = true;
    Sotto.start().then(
      (ready) => current && setSotto(ready),
      (error: unknown) => current && setProblem(problemOf(error)),
    );
    return () => {
      current = false;
    };
  }, []);

  if (problem) return failed(problem);
  if (!sotto) return starting;
  return <SottoContext value={sotto}>{children}</SottoContext>;
}
