// Checks that every test which a document names exists: `path/to/file.rs::name` as a function,
// `path/to/file.spec.ts::title` as a title in that file.
import { readFileSync, readdirSync } from 'node:fs';

let named = 0;
const missing = [];
for (const document of readdirSync('docs').filter((name) => name.endsWith('.md'))) {
  const text = readFileSync(`docs/${document}`, 'utf8');
  for (const [, path, name] of text.matchAll(/`([\w./-]+\.(?:rs|ts|tsx))::([^`]+)`/g)) {
    named += 1;
    if (!exists(path, name)) missing.push(`docs/${document}: ${path}::${name}`);
  }
}

function exists(path, name) {
  let source;
  try {
    source = readFileSync(path, 'utf8');
  } catch {
    return false;
  }
  return path.endsWith('.rs') ? new RegExp(`fn ${name}\\(`).test(source) : source.includes(name);
}

for (const line of missing) console.error(`no such test: ${line}`);
if (named === 0) console.error('no document names a test: is this the root of the repository?');
process.exit(missing.length === 0 && named > 0 ? 0 : 1);
