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

it('names a meeting that another device arranges as it is called in what was said', () => {
  const asked = { ...said('1', 'tea'), kind: 'QUERY', body: { body: { title: 'Tea' } } };
  const proposed = { ...said('2', 'walk'), kind: 'PROPOSAL', body: { body: { title: 'A walk' } } };
  const topics = topicsOf([asked, proposed, said('3', 'tea')], [{ id: 'walk', title: 'The walk' }]);
  expect(topics.map(({ title }) => title)).toEqual(['The walk', 'Tea']);
});
