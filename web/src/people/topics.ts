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
  const titles = new Map(messages.flatMap((message) => titleIn(message)));
  for (const { id, title } of proposals) titles.set(id, title);
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

/** What a message says that its meeting is called: where another device arranges it, nothing else does. */
function titleIn({ conversation, kind, body }: MessageView): [string, string][] {
  if (kind !== 'QUERY' && kind !== 'PROPOSAL') return [];
  // The whole message, as it was encrypted, which the core has read and checked.
  return [[conversation, (body as { body: { title: string } }).body.title]];
}
