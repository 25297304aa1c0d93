import type { ProposalView, ScheduleDraft } from '@sotto/client';
import { dayRange, duration, hoursWords } from '../lib/format';

/** A draft in parts: "30 minutes with Robin", "Mon 30 Nov – Fri 4 Dec", "after 14:00". */
export function describeDraft(draft: ScheduleDraft): string[] {
  const parts = [`${duration(draft.duration_minutes)} with ${draft.contact.name}`, dayRange(draft.from, draft.to)];
  const hours = hoursWords(draft.earliest, draft.latest);
  if (hours) parts.push(hours);
  if (draft.hours === 'outside') parts.push('outside your working hours');
  if (draft.hours === 'partly') parts.push('also outside your working hours');
  return parts;
}

/** What became of a sentence that was sent; `null` once the meeting itself says more. */
export function sentWords({ state, untold, contact: { name } }: ProposalView, connected: boolean): string | null {
  if (state !== 'asking') return null;
  return untold && !connected
    ? `Kept. It goes out to ${name}’s agent as soon as the relay is back.`
    : `Sent. Your agent asks ${name}’s agent.`;
}

/** The link in a text that is no request, if there is one, and what it is. */
export function linkIn(text: string): { link: string; what: 'invitation' | 'safety number' } | null {
  const found = (mark: string) => text.split(/\s+/).find((word) => /^https?:/i.test(word) && word.includes(mark));
  const [invitation, code] = [found('#invite='), found('#verify=')];
  if (invitation) return { link: invitation, what: 'invitation' };
  return code ? { link: code, what: 'safety number' } : null;
}

/** The link that adds a device in a text, if there is one. */
export function deviceLinkOf(text: string): string | null {
  return text.split(/\s+/).find((word) => /^https?:/i.test(word) && word.includes('#device=')) ?? null;
}

/** Whether a sentence names the inviter, by the whole name or one word of it. */
export function meansInviter(sentence: string, inviter: string): boolean {
  const words = (text: string) => text.toLocaleLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const said = new Set(words(sentence));
  return words(inviter).some((word) => said.has(word));
}
