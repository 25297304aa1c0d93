import type { ReactNode } from 'react';

interface Props {
  /** 30 digits in six groups. */
  digits: string;
  label: string;
  /** What they are for, in a sentence. */
  children: ReactNode;
}

/** The digits that stand for an account key, for reading aloud. */
export function KeyDigits({ digits, label, children }: Props) {
  return (
    <div className="key-digits">
      <p className="digits" role="img" aria-label={`${label}: ${digits}`}>
        {digits.split(' ').map((group, at) => (
          <span key={at}>{group}</span>
        ))}
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
