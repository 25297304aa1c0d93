// Prints "PASSED FAILED" of a log, as cargo test, vitest, playwright and node --test count. What was
// to run and did not counts as failed.
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function count(log) {
  let passed = 0;
  let failed = 0;
  for (const line of log.replace(/\x1b\[[0-9;]*m/g, '').split('\n')) {
    const cargo = line.match(/^test result: \w+\. (\d+) passed; (\d+) failed/);
    const vitest = line.match(/^\s*Tests\s+(?:(\d+) failed(?: \| )?)?(?:(\d+) passed)?/);
    const playwright = line.match(/^\s+(\d+) (passed|failed|interrupted|did not run)(?: \([\d.]+\w+\))?$/);
    // The second where the output is a terminal.
    const node = line.match(/^(?:#|ℹ) (pass|fail|cancelled) (\d+)$/);
    if (cargo) {
      passed += Number(cargo[1]);
      failed += Number(cargo[2]);
    } else if (vitest && (vitest[1] || vitest[2])) {
      failed += Number(vitest[1] ?? 0);
      passed += Number(vitest[2] ?? 0);
    } else if (playwright) {
      if (playwright[2] === 'passed') passed += Number(playwright[1]);
      else failed += Number(playwright[1]);
    } else if (node) {
      if (node[1] === 'pass') passed += Number(node[2]);
      else failed += Number(node[2]);
    }
  }
  return { passed, failed };
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { passed, failed } = count(readFileSync(process.argv[2], 'utf8'));
  console.log(`${passed} ${failed}`);
}
