/** A rough feeling for how hard a passphrase is to guess; it advises, it does not forbid. */

export const LEAST_LENGTH = 8;

export interface Strength {
  /** 0 too short, 1 weak, 2 fair, 3 strong. */
  level: 0 | 1 | 2 | 3;
  advice: string;
}

const COMMON = /^(pass(word|wort|phrase)?|qwert[yz]\w*|letmein|welcome|iloveyou|sotto|admin|abc\w*|\d+)\W*\d*\W*$/i;

export function strengthOf(passphrase: string): Strength {
  const length = [...passphrase].length;
  if (length === 0) return { level: 0, advice: `At least ${LEAST_LENGTH} characters. A few unrelated words are easy to keep in mind.` };
  if (length < LEAST_LENGTH) {
    const missing = LEAST_LENGTH - length;
    return { level: 0, advice: `${missing} more ${missing === 1 ? 'character' : 'characters'}.` };
  }
  if (COMMON.test(passphrase) || new Set(passphrase).size < 5) {
    return { level: 1, advice: 'Easy to guess. Try three or four unrelated words.' };
  }
  const bits = guessBits(passphrase);
  if (bits < 45) return { level: 1, advice: 'Easy to guess. Another word or two would help.' };
  if (bits < 64) return { level: 2, advice: 'Good enough. One more word makes it strong.' };
  return { level: 3, advice: 'Strong.' };
}

/** Words count as words from a dictionary, everything else by its characters. */
function guessBits(passphrase: string): number {
  let bits = 0;
  for (const part of passphrase.match(/\p{L}+|\p{N}+|[^\p{L}\p{N}]+/gu) ?? []) {
    const distinct = new Set(part.toLowerCase()).size;
    if (/^\p{L}{3,}$/u.test(part)) bits += Math.min(14 + Math.max(0, distinct - 6), distinct * 4.7);
    else if (/^\p{N}+$/u.test(part)) bits += distinct * 3.3;
    else if (/^\s+$/.test(part)) bits += 1;
    else bits += distinct * 5;
  }
  return bits;
}
