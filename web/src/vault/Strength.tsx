import type { StrengthLevel } from '@sotto/client';
import { useStrength } from './useStrength';

const LEVELS: readonly StrengthLevel[] = ['refused', 'weak', 'fair', 'strong'];

interface Props {
  passphrase: string;
  /** The id of the advice; without one it is said elsewhere. */
  adviceId: string | null;
}

/** Says while one types how hard the passphrase is to guess, and what would make it better. */
export function Strength({ passphrase, adviceId }: Props) {
  const strength = useStrength(passphrase);
  const level = strength && passphrase ? LEVELS.indexOf(strength.level) : 0;
  return (
    <div className="strength" data-level={passphrase ? level : undefined}>
      {[1, 2, 3].map((step) => (
        <i key={step} className={level >= step ? 'on' : undefined} />
      ))}
      {adviceId && (
        <span className="hint" id={adviceId} aria-live="polite">
          {strength?.advice}
        </span>
      )}
    </div>
  );
}
