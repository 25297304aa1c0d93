import type { ScheduleDraft } from '@sotto/client';
import { dayRange, duration, timeOfDay } from '../lib/format';

/** A draft in one line: "30 minutes with Robin · Mon 30 Nov – Fri 4 Dec · after 14:00". */
export function describeDraft(draft: ScheduleDraft): string {
  const parts = [`${duration(draft.duration_minutes)} with ${draft.contact.name}`, dayRange(draft.from, draft.to)];
  const hours = describeHours(draft.earliest, draft.latest);
  if (hours) parts.push(hours);
  if (draft.hours === 'outside') parts.push('outside your working hours');
  if (draft.hours === 'partly') parts.push('also outside your working hours');
  return parts.join(' · ');
}

function describeHours(earliest: string | null, latest: string | null): string | null {
  if (earliest && latest) return `${timeOfDay(earliest)}–${timeOfDay(latest)}`;
  if (earliest) return `after ${timeOfDay(earliest)}`;
  if (latest) return `before ${timeOfDay(latest)}`;
  return null;
}
