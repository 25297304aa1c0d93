import { expect, it } from 'vitest';
import { markOf, namesakes } from './twins';

const MINE = '11111 11112 11113 11114 11115 11116';
const half = (digit: number) => Array.from({ length: 6 }, (_, at) => `${digit}000${at}`).join(' ');
const contact = (id: string, name: string, safety_number: string) => ({ id, name, safety_number });

it('finds who has the same name, however it is written', () => {
  const all = [contact('a', 'Robin', ''), contact('b', 'robin', ''), contact('c', 'Robin S', '')];
  expect(namesakes(all[0]!, all)).toEqual([all[1]]);
  expect(namesakes(all[2]!, all)).toEqual([]);
});

it('marks each by the half of the number that is not one’s own, wherever that stands', () => {
  const twins = [
    contact('a', 'Robin', `${half(2)} ${MINE}`),
    contact('b', 'Robin', `${half(3)} ${MINE}`),
    contact('c', 'Robin', `${MINE} ${half(4)}`),
    contact('d', 'Robin', `${MINE} ${half(5)}`),
  ];
  expect(twins.map((twin) => markOf(twin, namesakes(twin, twins)))).toEqual(['20000', '30000', '40000', '50000']);
});
