import type { ReactNode } from 'react';

interface Props {
  /** 30 digits in six groups. */
  digits: string;
  label: string;
  /** What they are for, in a sentence. */
  children: ReactNode;
}

/** The digits that stand for an account key, for reading aloud: in one line, or in two of three groups. */
export function KeyDigits({ digits, label, children }: Props) {
  const groups = digits.split(' ');
  return (
    <div className="key-digits">
      <p className="digits" role="img" aria-label={`${label}: ${digits}`}>
        <span>{groups.slice(0, 3).join(' ')}</span> <span>{groups.slice(3).join(' ')}</span>
      </p>
      <p className="quiet small">{children}</p>
    </div>
  );
}

/** The digits of somebody who invites, before anything is accepted. */
export function InviterDigits({ name, digits }: { name: string; digits: string }) {
  return (
    <KeyDigits digits={digits} label={`Digits of ${name}’s key`}>
      {name} can read these digits to you: then no relay can slip in another key.
    </KeyDigits>
  );
}
