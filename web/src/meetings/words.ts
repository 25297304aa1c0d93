/** What a negotiation is doing, in words. */

import type { AskedView, MessageView, ProposalState, ProposalView, SlotView } from '@sotto/client';
import { dayRange, duration, hoursWords, slot } from '../lib/format';

export type Tone = 'calm' | 'warm' | 'good' | 'over';

/** One short line: what is going on, or what is wanted of the user. */
export function stateWords(proposal: ProposalView, zone: string): string {
  const name = proposal.contact.name;
  const time = slotOf(proposal, zone);
  if (proposal.stopped && proposal.state !== 'confirmed' && !isOver(proposal))
    return `Waits, since sending to ${name} is stopped`;
  switch (proposal.state) {
    case 'asking':
      return proposal.untold ? 'Not asked yet' : `Asking ${name}’s agent…`;
    case 'review':
      return 'Pick a time';
    case 'proposed':
      return proposal.untold ? `${name} has not been told yet` : `Waiting for ${name}`;
    case 'answered':
      return `${name} asks for ${duration(proposal.duration_minutes)}`;
    case 'approval':
      return time ? `${name} asks for ${time}` : `${name} asks for ${duration(proposal.duration_minutes)}`;
    case 'confirmed':
      return 'Confirmed';
    case 'rejected':
      return 'No meeting';
    case 'expired':
      return 'Nobody answered in time';
    case 'cancelled':
      if (endOf(proposal).by !== 'delivery') return 'Called off';
      return proposal.direction === 'outgoing' ? 'Not sent' : 'Not confirmed';
  }
}

/** A sentence or two more, for the open meeting: why it is so, and what the other side knows of it. */
export function stateSentence(proposal: ProposalView): string {
  const said = proposal.reason ?? sentenceOf(proposal);
  if (proposal.state === 'cancelled' && said.endsWith('the relay does not know their mailbox.'))
    return `${said} Once you have met anew by an invitation, you can ask again.`;
  if (proposal.untold) return `${said} ${untoldSentence(proposal)}`;
  return proposal.stopped ? `${said} It goes on when you have decided about ${proposal.contact.name}.` : said;
}

function untoldSentence({ state, stopped, contact: { name } }: ProposalView): string {
  if (stopped) return `${name} has not been told yet; it waits until you have decided about ${name}.`;
  const later = 'that goes out as soon as the relay can be reached.';
  return state === 'asking' ? `Your request is kept here; ${later}` : `${name} has not been told yet; ${later}`;
}

function sentenceOf({ state, contact: { name }, untold }: ProposalView): string {
  switch (state) {
    case 'asking':
      if (untold) return `${name}’s agent does not know of it.`;
      return `Your agent asked ${name}’s for times that suit. This goes on even when ${name} is offline.`;
    case 'review':
      return 'These times suit both of you. Pick one, and your agent proposes it.';
    case 'proposed':
      return untold ? 'The time is held in your calendar.' : `The time is held in your calendar until ${name} answers.`;
    case 'answered':
      if (untold) return 'Your agent found which times suit.';
      return `Your agent told ${name}’s which times suit. A proposal comes next.`;
    case 'approval':
      return 'The time is free in your calendar and held until you answer.';
    case 'confirmed':
      return untold ? 'It is in your calendar.' : `It is in your calendar and in ${name}’s.`;
    case 'rejected':
      return 'No time was agreed on. Nothing was put into your calendar.';
    case 'expired':
      return 'The request ran out.';
    case 'cancelled':
      return `It was called off and taken out of ${untold ? 'your calendar' : 'both calendars'}.`;
  }
}

/** Who or what called a meeting off: the user, the other side, or a message that did not arrive. */
export interface End {
  by: 'you' | 'them' | 'delivery';
  /** What is said about it, when it is more than that. */
  note: string | null;
}

/** Of what is `cancelled`: told by the sentences of the core, which has it in no other form (`Ended`, in its negotiation). */
export function endOf({ reason, contact: { name } }: ProposalView): End {
  const theirs = `${name} called it off.`;
  if (!reason || reason.startsWith('You called it off.') || reason === 'You ended the acquaintance.')
    return { by: 'you', note: null };
  if (reason.startsWith(theirs)) return { by: 'them', note: reason.slice(theirs.length).trim() || null };
  return { by: 'delivery', note: reason };
}

/** What the two agreed on, or were about to, and is off without the user having done anything. */
export function isCalledOff(proposal: ProposalView, now: number): boolean {
  const { state, slot } = proposal;
  return state === 'cancelled' && slot !== null && Date.parse(slot.end) > now && endOf(proposal).by !== 'you';
}

/** "Bea called off Wed 25 Nov, 16:30–17:00: “Tulips”." */
export function calledOffWords(proposal: ProposalView, zone: string): string {
  const { title, contact } = proposal;
  const time = slotOf(proposal, zone);
  return endOf(proposal).by === 'them'
    ? `${contact.name} called off ${time}: “${title}”.`
    : `${time} with ${contact.name} is off: “${title}”.`;
}

/** What happened to the time that was proposed before, while something else is on the table. */
export function refusedWords(history: readonly MessageView[], zone: string): string | null {
  const at = history.findLastIndex(({ kind }) => kind === 'REJECTION');
  const refusal = history[at];
  const said = bodyOf(refusal);
  if (!refusal || said?.reason !== 'declined') return null;
  const proposed = history.slice(0, at).findLast(({ kind }) => kind === 'PROPOSAL');
  const what = stretch(bodyOf(proposed)?.slot, zone) ?? 'the time';
  const note = said.note ? ` “${said.note}”` : '';
  if (refusal.direction === 'incoming') return `${refusal.contact.name} declined ${what}.${note}`;
  const offered = stretch(said.counter?.[0], zone);
  return `You declined ${what}${offered ? ` and offered ${offered}` : ''}.${note}`;
}

/** As much of a message as is needed here; the core has checked it. */
interface Body {
  reason?: string;
  note?: string | null;
  slot?: SlotView;
  counter?: SlotView[];
}

function bodyOf(message: MessageView | undefined): Body | null {
  const whole = message?.body as { body?: Body } | null | undefined;
  return whole?.body ?? null;
}

function stretch(span: SlotView | undefined, zone: string): string | null {
  return span ? slot(Date.parse(span.start), Date.parse(span.end), zone) : null;
}

/** When a meeting was asked for: "Mon 30 Nov – Fri 4 Dec, after 14:00". */
export function askedWords({ from, to, earliest, latest }: AskedView): string {
  return [dayRange(from, to), hoursWords(earliest, latest)].filter(Boolean).join(', ');
}

const CLOSENESS: Record<ProposalState, number> = {
  asking: 0.1,
  answered: 0.35,
  review: 0.5,
  proposed: 0.72,
  approval: 0.72,
  confirmed: 1,
  rejected: 0,
  expired: 0,
  cancelled: 0,
};

/** How near to a meeting it is, from 0 to 1. */
export function closeness({ state }: ProposalView): number {
  return CLOSENESS[state];
}

export function toneOf(proposal: ProposalView): Tone {
  if (isWaiting(proposal)) return 'warm';
  if (proposal.state === 'confirmed') return 'good';
  return isOver(proposal) ? 'over' : 'calm';
}

/** Whether the user is to do something. */
export function isWaiting({ state }: ProposalView): boolean {
  return state === 'review' || state === 'approval';
}

/** The meeting to answer after the open one, around and around. */
export function nextWaiting(proposals: readonly ProposalView[], opened: string | null): ProposalView | null {
  const waiting = proposals.filter(isWaiting);
  const at = waiting.findIndex(({ id }) => id === opened);
  return waiting[(at + 1) % waiting.length] ?? null;
}

/** Whether it came to its end without a meeting. */
export function isOver({ state }: ProposalView): boolean {
  return state === 'rejected' || state === 'expired' || state === 'cancelled';
}

export function slotOf(proposal: ProposalView, zone: string): string | null {
  return proposal.slot && slot(Date.parse(proposal.slot.start), Date.parse(proposal.slot.end), zone);
}

export interface Groups {
  waiting: ProposalView[];
  underWay: ProposalView[];
  upcoming: ProposalView[];
  past: ProposalView[];
}

/** Sorted into what needs the user, what goes on, what is agreed, and the rest. */
export function grouped(proposals: readonly ProposalView[], now: number): Groups {
  const groups: Groups = { waiting: [], underWay: [], upcoming: [], past: [] };
  for (const proposal of proposals) {
    if (isWaiting(proposal)) groups.waiting.push(proposal);
    else if (isOver(proposal)) groups.past.push(proposal);
    else if (proposal.state !== 'confirmed') groups.underWay.push(proposal);
    else if (proposal.slot && Date.parse(proposal.slot.end) <= now) groups.past.push(proposal);
    else groups.upcoming.push(proposal);
  }
  groups.upcoming.sort((a, b) => startOf(a) - startOf(b));
  return groups;
}

function startOf({ slot }: ProposalView): number {
  return slot ? Date.parse(slot.start) : Infinity;
}
