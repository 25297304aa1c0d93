import type { JoiningView } from '@sotto/client';
import { useEffect, useState } from 'react';
import { useSotto } from './context';

/**
 * How far this device has come that asks to be added to an account; `null` once it is one of it, and `undefined` while
 * that is not known yet.
 */
export function useJoining(): JoiningView | null | undefined {
  const sotto = useSotto();
  const [joining, setJoining] = useState<JoiningView | null | undefined>(undefined);
  useEffect(() => {
    let current = true;
    const ask = () => {
      sotto.query({ type: 'joining' }).then(
        (answer) => current && setJoining(answer),
        // The vault was locked meanwhile, which is shown anyway.
        () => undefined,
      );
    };
    const off = sotto.subscribe(({ notices }) => {
      if (notices.includes('devices') || notices.includes('status')) ask();
    });
    ask();
    return () => {
      current = false;
      off();
    };
  }, [sotto]);
  return joining;
}
