// Puts the inputs of one folder into another in the place of what is there: the smallest first, as
// many as fit into 100 files and 200 KiB, each named by its hash.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MAX_FILES = 100;
const MAX_BYTES = 200 * 1024;

const [from, to] = process.argv.slice(2);
const inputs = readdirSync(from).map((name) => readFileSync(join(from, name)));
inputs.sort((a, b) => a.length - b.length);
rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
let [files, bytes] = [0, 0];
for (const input of inputs) {
  if (files === MAX_FILES || bytes + input.length > MAX_BYTES) break;
  const name = createHash('sha256').update(input).digest('hex').slice(0, 16);
  writeFileSync(join(to, name), input);
  files += 1;
  bytes += input.length;
}
console.log(`${to}: ${files} of ${inputs.length} inputs, ${bytes} bytes`);
