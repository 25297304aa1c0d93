/** Asking once more for a meeting that did not come about, as a sentence for the command box. */

import type { ProposalView } from '@sotto/client';
import { dayMonth, duration, hoursWords } from '../lib/format';
import { addDays, type Day } from '../lib/zone';

/** The title of a meeting that nobody gave one. */
const NO_TITLE = 'Meeting';

/** For the week after the asked days; for next week where they are not known. */
export function otherDays(proposal: ProposalView, today: Day): string {
  const { asked } = proposal;
  if (!asked) return sentence(proposal, 'next week');
  const last = asked.to < today ? today : asked.to;
  return sentence(proposal, daysWords(addDays(last, 1), addDays(last, 7)));
}

/** For what is left of the asked days; `null` where nothing is, or they are not known. */
export function sameDays(proposal: ProposalView, today: Day): string | null {
  const { asked } = proposal;
  if (!asked || asked.to < today) return null;
  return sentence(proposal, daysWords(asked.from < today ? today : asked.from, asked.to));
}

function sentence({ duration_minutes: minutes, contact, asked, title }: ProposalView, days: string): string {
  const hours = asked && hoursWords(asked.earliest, asked.latest);
  // In quotes a title is no day and no length, whatever it says.
  const about = title === NO_TITLE ? null : `about “${title.replaceAll(/[“”"]/g, '')}”`;
  return [duration(minutes), `with ${contact.name}`, days, hours, about].filter(Boolean).join(' ');
}

function daysWords(from: Day, to: Day): string {
  return from === to ? `on ${dayMonth(from)}` : `from ${dayMonth(from)} to ${dayMonth(to)}`;
}
