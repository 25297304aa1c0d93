// Checks that no source file is longer than CONTRIBUTING.md says: what is written by hand, with its tests.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const LINES = 600;

const sources = ['*.rs', '*.ts', '*.tsx', '*.mjs', ':!*/generated/*'];
const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...sources];
const listed = spawnSync('git', list, { encoding: 'utf8' });
const files = listed.stdout.split('\0').filter((file) => file && existsSync(file));

const long = files
  .map((file) => ({ file, lines: readFileSync(file, 'utf8').match(/\n/g)?.length ?? 0 }))
  .filter(({ lines }) => lines > LINES);

for (const { file, lines } of long)
  console.error(`${file}: expected at most ${LINES} lines, found ${lines}; split it by concern`);
if (files.length === 0) console.error(`git lists no source: is this the root of the repository? ${listed.stderr}`);
process.exit(long.length === 0 && files.length > 0 ? 0 : 1);
