import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused } from './licences.mjs';

const lock = (packages) => ({ packages });

test('allowed licences pass, also by choice', () => {
  const packages = {
    '': { license: 'Apache-2.0 OR MIT' },
    'node_modules/a': { license: 'MIT' },
    'node_modules/b': { license: '(GPL-3.0-only OR BSD-3-Clause)' },
    'node_modules/c': { license: 'MIT AND ISC' },
    'node_modules/@fontsource-variable/font': { license: 'OFL-1.1' },
    'node_modules/linked': { link: true },
  };
  assert.deepEqual(refused(lock(packages)), []);
});

test('others do not, nor does none', () => {
  const packages = {
    'node_modules/gpl': { license: 'GPL-3.0-only' },
    'node_modules/both': { license: 'MIT AND AGPL-3.0-only' },
    'node_modules/file': { license: 'SEE LICENSE IN LICENSE' },
    'node_modules/none': {},
    'node_modules/not-a-font': { license: 'OFL-1.1' },
  };
  assert.equal(refused(lock(packages)).length, 5);
});
