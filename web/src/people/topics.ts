/** All that was said with somebody, by what it was about. */

import type { MessageView, ProposalView } from '@sotto/client';

/** What was said about one meeting, or, without a meeting, how the two met. */
export interface Topic {
  /** The conversation's id. */
  id: string;
  /** The meeting's title; `null` where it is about none. */
  title: string | null;
  messages: MessageView[];
}

/** The topics of messages that stand oldest first, that which was spoken of last at the end. */
export function topicsOf(
  messages: readonly MessageView[],
  proposals: readonly Pick<ProposalView, 'id' | 'title'>[],
): Topic[] {
  const titles = new Map(proposals.map(({ id, title }) => [id, title]));
  const topics = new Map<string, Topic>();
  for (const message of messages) {
    const { conversation: id } = message;
    const topic = topics.get(id) ?? { id, title: titles.get(id) ?? null, messages: [] };
    // The newest is last: a map keeps the order of insertion.
    topics.delete(id);
    topics.set(id, { ...topic, messages: [...topic.messages, message] });
  }
  return [...topics.values()];
}
