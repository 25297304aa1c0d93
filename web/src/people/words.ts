/** How far an acquaintance has come, in words. */

import type { ContactDeviceView, ContactState, ContactView, ProposalView } from '@sotto/client';
import { hostOf, plural, shortDay } from '../lib/format';
import { dayOf } from '../lib/zone';

/** After how long without an approval there is more to do than to wait, in milliseconds: three days. */
const PATIENCE = 3 * 24 * 3_600_000;

/** "Sat 21 Nov": since when it is so. */
export function since({ since: at }: { since: string }, zone: string): string {
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

/** Whether there is something to be seen in the list of somebody's devices: they had one, and it is still that. */
export function showsDevices({ devices, since: met }: Pick<ContactView, 'devices' | 'since'>): boolean {
  return devices.length > 1 || devices.some(({ since: known }) => known !== met);
}

/** Of a device of somebody. */
export function deviceWords(device: ContactDeviceView, { name }: { name: string }, zone: string): string {
  const what = device.leads ? `Answers for ${name}` : 'Reads along';
  const reached = device.reachable ? '' : ', not reached from here yet';
  return `${what}, known since ${since(device, zone)}${reached}`;
}

/** How much of what is said to somebody waits for the user's decision. */
export function waitingWords(name: string, waiting: number): string {
  return `${plural(waiting, 'message')} to ${name} ${waiting === 1 ? 'waits' : 'wait'} until you have decided.`;
}

/** To whom nothing is sent, where one is not looking at them. */
export function stoppedWords(names: readonly string[]): string {
  const [first, ...others] = names;
  const who =
    others.length === 0 ? first : `${first} and ${others.length === 1 ? others[0] : `${others.length} others`}`;
  return `Sending to ${who} is stopped until you have decided.`;
}

/** Of an invitation, before it is accepted: somebody else is known by that name. */
export function sameNameWords({ name }: { name: string }): string {
  return `You know a ${name} already, under another account key. This one may be ${name} who has begun anew, somebody else, or somebody who pretends: ask ${name} by another way first. If you accept, nothing more is sent to the ${name} whom you know until you have decided whether they are one person.`;
}

/** What blocking or removing means, before it is done. */
export function consequence(asking: Parting, { name, state }: ContactView): string {
  if (asking === 'remove') {
    return `${name} is taken from this list, and their agent will not reach yours any more. Open requests end. To meet again, invite each other anew.`;
  }
  return state === 'requested'
    ? `${name} will not become your contact. Only a new invitation undoes this: ${name} makes one, and you accept it.`
    : `${name}’s agent will not reach yours any more, and open requests end. Only a new invitation undoes this: ${name} makes one, and you accept it.`;
}

/** What becomes of the meetings that are agreed on, before somebody is blocked or removed. */
export function aheadWords({ name, state }: ContactView, meetings: number): string {
  const [they, stand] = meetings === 1 ? ['it', 'it stays'] : ['them', 'they stay'];
  if (state === 'active') {
    return `Call ${they} off first, and ${name}’s agent hears of it. Otherwise ${stand} in both calendars; if you cannot come after all, tell ${name} yourself.`;
  }
  return `Call ${they} off first, or ${stand} in your calendar. ${name}’s agent cannot be reached now: tell ${name} yourself.`;
}

/** How one parts from somebody. */
export type Parting = 'block' | 'remove';

/** The agreed meetings with somebody that are not over, the next one first. */
export function meetingsAhead(contact: string, proposals: readonly ProposalView[], now: number): ProposalView[] {
  const start = ({ slot }: ProposalView) => (slot ? Date.parse(slot.start) : 0);
  return proposals
    .filter(
      ({ contact: { id }, state, slot }) =>
        id === contact && state === 'confirmed' && slot !== null && Date.parse(slot.end) > now,
    )
    .sort((a, b) => start(a) - start(b));
}

/** Who came in by an invitation of the user's since then, in milliseconds since 1970. */
export function usersSince(at: number, contacts: readonly ContactView[]): ContactView[] {
  return contacts.filter(
    ({ state, since }) => (state === 'requested' || state === 'active') && Date.parse(since) >= at,
  );
}

/** What became of an invitation that was used, or is not good any more. */
export function usedWords(users: readonly Pick<ContactView, 'name' | 'state'>[]): string {
  if (users.length === 0) return 'This invitation is not good any more: it was used, or its time is over.';
  const each = users.map(({ name, state }) =>
    state === 'active'
      ? `${name} is your contact now.`
      : `${name} would like to be your contact, and waits for your approval.`,
  );
  return ['It was used.', ...each].join(' ');
}

/** Of an invitation that was just made and that the relay does not have. */
export const NOT_YET =
  'This link does not work yet: the relay does not know of it. It works as soon as your agent is connected; keep Sotto open until then.';

/** Of invitations while it is not known which of them the relay has. */
export const NOT_CONNECTED =
  'Your agent is not connected to the relay. A link that was made meanwhile works only once it is; keep Sotto open until then.';

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
