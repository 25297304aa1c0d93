import type { MessageView } from '@sotto/client';
import { expect, it } from 'vitest';
import { topicsOf } from './topics';

const said = (id: string, conversation: string) => ({ id, conversation }) as MessageView;

it('keeps what was said about one meeting together, with what was said last at the end', () => {
  const messages = [said('1', 'robin'), said('2', 'tea'), said('3', 'walk'), said('4', 'tea')];
  const topics = topicsOf(messages, [
    { id: 'walk', title: 'A walk' },
    { id: 'tea', title: 'Tea' },
  ]);
  expect(topics.map(({ title, messages: of }) => [title, of.map(({ id }) => id)])).toEqual([
    [null, ['1']],
    ['A walk', ['3']],
    ['Tea', ['2', '4']],
  ]);
});
