import type { ProposalView } from '@sotto/client';

/** The time that the calendar shows for an open meeting: its own, or the best that is offered. */
export function followedTime({ slot, options }: ProposalView): string | null {
  return slot?.start ?? options[0]?.start ?? null;
}
