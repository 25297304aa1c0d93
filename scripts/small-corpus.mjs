// Puts the inputs of one folder into another in the place of what is there: at most 100 files and
// 200 KiB, each named by its hash.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MAX_FILES = 100;
const MAX_BYTES = 200 * 1024;

const [from, to] = process.argv.slice(2);
const inputs = readdirSync(from).map((name) => readFileSync(join(from, name)));
inputs.sort((a, b) => a.length - b.length);
// Of each length some, since long inputs reach what short ones cannot.
const step = Math.max(1, inputs.length / MAX_FILES);
const kept = Array.from({ length: Math.min(inputs.length, MAX_FILES) }, (_, i) => inputs[Math.floor(i * step)]);
let bytes = kept.reduce((sum, input) => sum + input.length, 0);
while (bytes > MAX_BYTES) bytes -= kept.pop().length;
rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
for (const input of kept) {
  const name = createHash('sha256').update(input).digest('hex').slice(0, 16);
  writeFileSync(join(to, name), input);
}
console.log(`${to}: ${kept.length} of ${inputs.length} inputs, ${bytes} bytes`);
