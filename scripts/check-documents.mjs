// Checks that what the documents name exists: a test, as `path/to/file.rs::name` (a function) or
// `path/to/file.spec.ts::title` (what a test is called), and every path in one of the crates.
import { existsSync, readFileSync, readdirSync } from 'node:fs';

const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];
documents.push(
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
);

let named = 0;
const missing = [];
for (const document of documents) {
  const text = readFileSync(document, 'utf8');
  for (const [, path, name] of text.matchAll(/`([\w./-]+\.(?:rs|ts|tsx))::([^`]+)`/g)) {
    named += 1;
    if (!holds(path, name)) missing.push(`${path}::${name}, which ${document} names`);
  }
  for (const [, path] of text.matchAll(/`((?:[\w-]+\/(?:src|tests|proto)|scripts)\/[\w./-]*)`/g))
    if (!existsSync(path)) missing.push(`${path}, which ${document} names`);
}

function holds(path, name) {
  if (!existsSync(path)) return false;
  const source = readFileSync(path, 'utf8');
  return path.endsWith('.rs') ? new RegExp(`fn ${name}\\(`).test(source) : titles(source).has(name);
}

/** What the tests of a TypeScript file are called. */
function titles(source) {
  const tests = source.matchAll(/\b(?:test|it)\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g);
  return new Set([...tests].map(([, , title]) => title.replace(/\\(.)/g, '$1')));
}

for (const line of missing) console.error(`there is no ${line}`);
if (named === 0) console.error('no document names a test: is this the root of the repository?');
process.exit(missing.length === 0 && named > 0 ? 0 : 1);
