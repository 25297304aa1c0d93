import assert from 'node:assert/strict';
import test from 'node:test';
import { figure, table } from './table.mjs';

test('figures have three digits', () => {
  assert.deepEqual([0.12345, 1.2345, 12.345, 123.45, 1234.5, 0].map(figure), [
    '0.123',
    '1.23',
    '12.3',
    '123',
    '1235',
    '0.00',
  ]);
});

test('columns are of one width, numbers to the right', () => {
  const expected = ['| µs    | sotto |', '|-------|------:|', '| chain |   1.2 |'].join('\n');
  assert.equal(
    table([
      ['µs', 'sotto'],
      ['chain', '1.2'],
    ]),
    expected,
  );
});
