import assert from 'node:assert/strict';
import test from 'node:test';
import { quantile, ratio, summary } from './statistics.mjs';

test('a median and quartiles lie between the numbers beside them, in whatever order these came', () => {
  assert.equal(quantile([3, 1, 2], 0.5), 2);
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.deepEqual(summary([50, 10, 20, 40, 30]), {
    median: 30,
    first_quartile: 20,
    third_quartile: 40,
    samples: 5,
  });
});

test('a ratio is taken round by round, so that a machine that slows down for both changes nothing', () => {
  assert.equal(ratio([2, 20, 200], [1, 10, 100]).median, 2);
  assert.throws(() => ratio([1, 2], [1]), /no pairs/);
});
