// Prints "PASSED FAILED" of a log, as cargo test, vitest and playwright count.
import { readFileSync } from 'node:fs';

const log = readFileSync(process.argv[2], 'utf8').replace(/\x1b\[[0-9;]*m/g, '');
let passed = 0;
let failed = 0;
for (const line of log.split('\n')) {
  const cargo = line.match(/^test result: \w+\. (\d+) passed; (\d+) failed/);
  const vitest = line.match(/^\s*Tests\s+(?:(\d+) failed \| )?(?:(\d+) passed)?/);
  const playwright = line.match(/^\s+(\d+) (passed|failed)(?: \([\d.]+\w+\))?$/);
  if (cargo) {
    passed += Number(cargo[1]);
    failed += Number(cargo[2]);
  } else if (vitest && (vitest[1] || vitest[2])) {
    failed += Number(vitest[1] ?? 0);
    passed += Number(vitest[2] ?? 0);
  } else if (playwright) {
    if (playwright[2] === 'passed') passed += Number(playwright[1]);
    else failed += Number(playwright[1]);
  }
}
console.log(`${passed} ${failed}`);
