/** People of one name, and by what to tell them apart. */

import type { ContactView } from '@sotto/client';

type Known = Pick<ContactView, 'id' | 'name' | 'safety_number'>;

const HALF = 6;

/** All others who are called the same. */
export function namesakes<T extends Known>(contact: T, all: readonly T[]): T[] {
  return all.filter(({ id, name }) => id !== contact.id && name.toLowerCase() === contact.name.toLowerCase());
}

/**
 * Five digits of the safety number that no namesake has. One half of each number is the
 * user's own, first or last as it happens; it is what all of them share.
 */
export function markOf(contact: Known, others: readonly Known[]): string {
  const groups = contact.safety_number.split(' ');
  const halves = [groups.slice(0, HALF), groups.slice(HALF)];
  const theirs = halves.find((half) => others.every((other) => !other.safety_number.includes(half.join(' '))));
  return (theirs ?? groups)[0] ?? '';
}
