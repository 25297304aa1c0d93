import type { PassphraseStrength } from '@sotto/client';
import { useEffect, useState } from 'react';
import { useSotto } from '../sotto/context';

/** How hard a passphrase is to guess, as the vault that is made with it sees it; `null` until that is known. */
export function useStrength(passphrase: string): PassphraseStrength | null {
  const sotto = useSotto();
  const [strength, setStrength] = useState<PassphraseStrength | null>(null);
  useEffect(() => {
    let current = true;
    sotto.measurePassphrase(passphrase).then(
      (measured) => current && setStrength(measured),
      () => current && setStrength(null),
    );
    return () => {
      current = false;
    };
  }, [sotto, passphrase]);
  return strength;
}
