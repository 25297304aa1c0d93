/** Identities and keys, in words. */

import type { ContactView, PrekeysView, SafetyCheckView } from '@sotto/client';

/** What whoever presses it says. */
export const SCANNED = 'I scanned it myself';

interface Check {
  title: string;
  found: string;
  next: string | null;
  /** Whether somebody may stand in between. */
  alarm: boolean;
}

/** What a scanned code comes to. */
export function checkWords({ result, contact, verified }: SafetyCheckView): Check {
  const name = contact?.name ?? 'Somebody';
  switch (result) {
    case 'match':
      return {
        title: verified ? `${name} is verified` : `Is it really ${name}?`,
        found: `The code shows ${name}’s key and yours, and both are what this device knows.`,
        next: verified
          ? null
          : `It counts only if you scanned it from ${name}’s own screen yourself: a link that was sent to you proves nothing.`,
        alarm: false,
      };
    case 'different_key':
      return {
        title: 'A key that you do not know',
        found:
          'The code is for you, and shows a key that none of your contacts has. If you scanned it from the screen of one of your contacts, somebody stands between you.',
        next: 'Do not arrange anything with them. Block them, and meet anew by an invitation that you hand over yourself.',
        alarm: true,
      };
    case 'other_key_of_mine':
      return {
        title: 'Another key than yours',
        found: `The code shows ${name}’s key, and for the other side a key that is not yours. If ${name} opened it under your name, somebody stands between you.`,
        next: `Perhaps ${name} opened the code of another contact: look once more. If not, do not arrange anything, and meet anew by an invitation that you hand over yourself.`,
        alarm: true,
      };
    case 'own':
      return {
        title: 'Your own code',
        found: 'This is the code that your own screen shows.',
        next: 'Scan the one on the other person’s screen, or let them scan yours.',
        alarm: false,
      };
    case 'not_for_you':
      return {
        title: 'Not for you',
        found:
          'Neither key in this code is known here: it is between two other people. If one of your contacts opened it under your name, somebody stands between you.',
        next: 'Let the other person open your safety number once more, and scan that. If it stays so, do not arrange anything, and meet anew by an invitation that you hand over yourself.',
        alarm: true,
      };
  }
}

/** What the first contact with somebody went without, while it matters; `null` where all is well. */
export function missingWords({ missing_prekeys: missing }: Pick<ContactView, 'missing_prekeys'>): string | null {
  const [first, ...others] = missing;
  if (!first) return null;
  const both = others.length > 0;
  const kind = first === 'one_time' ? 'a one-time key' : 'a one-time post-quantum key';
  const until = first === 'one_time' && !both ? 'you both have said something' : 'a few messages went back and forth';
  return `Your conversation began without ${both ? 'one-time keys' : kind}, of which none was left. Until ${until}, what is said is a little less protected, should a device be stolen.`;
}

/** Who takes of the keys for first contact. */
export const FIRST_CONTACT =
  'Each device that meets this one for the first time takes one of either kind: those of new contacts, and each that asks to be added as yours.';

/** How the supply of keys for first contact is. */
export function supplyWords({ one_time, ml_kem, supply }: PrekeysView): string {
  const held = `The relay holds ${one_time} one-time and ${ml_kem} post-quantum keys.`;
  switch (supply) {
    case 'enough':
      return held;
    case 'exhausted':
      return `${held} Some have run out: whoever meets this device now, a new one of yours too, does so with a little less protection, until they are refilled.`;
    case 'drained':
      return `${held} ${DRAINED}`;
  }
}

/** Of a supply that does not last. */
export const DRAINED =
  'They were used up again and again, right after each refill: somebody takes them, or the relay does not keep them. This device can still be met, with a little less protection at first. If it stays so, ask the relay’s operator.';
