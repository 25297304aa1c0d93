import { useState } from 'react';
import { useSotto } from '../sotto/context';
import type { Problem } from '../sotto/problem';
import { Passphrase } from './Passphrase';

interface Lack {
  field: 'passphrase' | 'repeated';
  problem: Problem;
}

export interface NewPassphrase {
  passphrase: string;
  repeated: string;
  lack: Lack | null;
  change: (field: Lack['field'], value: string) => void;
  /** Whether it will do; if not, that is said at its field. */
  check: () => Promise<boolean>;
}

/** A passphrase that is being chosen, and typed twice. */
export function useNewPassphrase(): NewPassphrase {
  const sotto = useSotto();
  const [typed, setTyped] = useState({ passphrase: '', repeated: '' });
  const [lack, setLack] = useState<Lack | null>(null);

  const check = async () => {
    const { level, advice } = await sotto.measurePassphrase(typed.passphrase);
    const found = level === 'refused' ? guessable(advice) : typed.passphrase !== typed.repeated ? DIFFERENT : null;
    setLack(found);
    return found === null;
  };
  const change = (field: Lack['field'], value: string) => {
    setTyped((typed) => ({ ...typed, [field]: value }));
    setLack(null);
  };
  return { ...typed, lack, change, check };
}

interface Props {
  chosen: NewPassphrase;
  /** What it is called: "Passphrase", "New passphrase". */
  label: string;
}

/** The two fields, with what is wrong at the one that is wrong. */
export function NewPassphraseFields({ chosen, label }: Props) {
  const { passphrase, repeated, lack, change } = chosen;
  return (
    <>
      <Passphrase
        label={label}
        value={passphrase}
        onChange={(value) => change('passphrase', value)}
        autoComplete="new-password"
        problem={lack?.field === 'passphrase' ? lack.problem : null}
        strength
      />
      <Passphrase
        label={`Repeat ${label.toLowerCase()}`}
        value={repeated}
        onChange={(value) => change('repeated', value)}
        autoComplete="new-password"
        problem={lack?.field === 'repeated' ? lack.problem : null}
        hint="It cannot be reset, so keep it somewhere safe."
      />
    </>
  );
}

function guessable(advice: string): Lack {
  const message = 'The passphrase is too short or too easy to guess.';
  return { field: 'passphrase', problem: { message, nextStep: advice, code: null } };
}

const DIFFERENT: Lack = {
  field: 'repeated',
  problem: {
    message: 'The two passphrases differ.',
    nextStep: 'Enter the same one twice; “Show” lets you read them.',
    code: null,
  },
};
