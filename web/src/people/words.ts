/** How far an acquaintance has come, in words. */

import type { ContactState, ContactView } from '@sotto/client';
import { hostOf, shortDay } from '../lib/format';
import { dayOf } from '../lib/zone';

/** After how long without an approval there is more to do than to wait, in milliseconds: three days. */
const PATIENCE = 3 * 24 * 3_600_000;

/** "Sat 21 Nov": since when it is so. */
export function since({ since: at }: Pick<ContactView, 'since'>, zone: string): string {
  return shortDay(dayOf(Date.parse(at), zone));
}

/** Where it stands with somebody, and what to do next where it does not go on by itself. */
export function contactWords(contact: ContactView, zone: string, now: number): string {
  const { state, relay, name } = contact;
  const day = since(contact, zone);
  switch (state) {
    case 'waiting': {
      const waiting = `Waiting for ${name} to approve, since ${day}`;
      const late = now - Date.parse(contact.since) > PATIENCE;
      return late ? `${waiting}. Remind ${name}, or ask for a new invitation.` : waiting;
    }
    case 'requested':
      return `Used your invitation on ${day}, by way of ${hostOf(relay)}`;
    case 'active':
      return `Contact since ${day}, by way of ${hostOf(relay)}`;
    case 'unreachable':
      return `What your agent sends does not arrive: ${hostOf(relay)} does not know ${name}’s mailbox. Perhaps they removed you, or started over. Ask ${name} for a new invitation; asking for a meeting tries again.`;
    case 'declined':
      return notGood(name);
    case 'blocked':
      return 'Blocked';
  }
}

/** What blocking or removing means, before it is done. */
export function consequence(asking: 'block' | 'remove', { name, state }: ContactView): string {
  if (asking === 'remove') {
    return `${name} is taken from this list, and their agent will not reach yours any more. Open requests end. Agreed meetings stay in your calendar, and what was said stays in them. To meet again, invite each other anew.`;
  }
  return state === 'requested'
    ? `${name} will not become your contact. Only a new invitation undoes this: ${name} makes one, and you accept it.`
    : `${name}’s agent will not reach yours any more, and open requests end. Only a new invitation undoes this: ${name} makes one, and you accept it.`;
}

/** Those states that accepting an invitation leads to. */
export type Accepted = Extract<ContactState, 'waiting' | 'active' | 'declined'>;

export function isAccepted(state: ContactState): state is Accepted {
  return state === 'waiting' || state === 'active' || state === 'declined';
}

/** What an invitation that was accepted has led to. */
export function acceptedWords(state: Accepted, name: string): { title: string; status: string } {
  switch (state) {
    case 'waiting':
      return {
        title: `You accepted ${name}’s invitation`,
        status: `As soon as ${name} approves, your agents may talk.`,
      };
    case 'active':
      return {
        title: `${name} and you are contacts`,
        status: `Your agents may talk. Ask yours for a meeting with ${name} in one sentence.`,
      };
    case 'declined':
      return { title: `${name}’s invitation was not good any more`, status: notGood(name) };
  }
}

/** All that is known when the relay refused the answer to an invitation. */
function notGood(name: string): string {
  return `The invitation had been used or taken back, or its time was over. Ask ${name} for a new one.`;
}
