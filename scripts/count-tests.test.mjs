import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { count } from './count-tests.mjs';

test('cargo test, once for each binary', () => {
  const log = `test result: ok. 58 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 30.78s`;
  assert.deepEqual(count(log), { passed: 61, failed: 2 });
});

test('vitest, in colour and not', () => {
  assert.deepEqual(count('\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m79 passed\x1b[39m\x1b[22m (79)'), {
    passed: 79,
    failed: 0,
  });
  assert.deepEqual(count(' Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 78 passed (79)'), {
    passed: 78,
    failed: 1,
  });
  assert.deepEqual(count('      Tests  4 failed (4)'), { passed: 0, failed: 4 });
});

test('playwright, where what did not run has not passed', () => {
  const log = `  1 failed
    [chromium] › story.spec.ts:48:1 › two people meet ───────
  3 did not run
  1 interrupted
  2 skipped
  17 passed (1.2m)`;
  assert.deepEqual(count(log), { passed: 17, failed: 5 });
});

test('node --test, as it reports to a file and to a terminal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'count-'));
  const file = join(folder, 'some.test.mjs');
  const source = `import { test } from 'node:test';
test('passes', () => {});
test('passes too', () => {});
test('fails', () => { throw new Error('so'); });
test.skip('is not asked', () => {});`;
  writeFileSync(file, source);
  // Within a test of its own, node would report to that one.
  const env = { ...process.env };
  delete env.NODE_TEST_CONTEXT;
  try {
    for (const reporter of ['tap', 'spec']) {
      const run = spawnSync(process.execPath, ['--test', `--test-reporter=${reporter}`, file], {
        encoding: 'utf8',
        env,
      });
      assert.deepEqual(count(run.stdout), { passed: 2, failed: 1 }, run.stdout);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
