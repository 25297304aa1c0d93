// Writes the notices of everything of others that is shipped: the npm packages in the web app, fonts
// among them, and the crates in the WebAssembly module, the relay and the command.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHIPPED = ['sotto-client-wasm', 'sotto-relay', 'sotto-agent'];

const target = process.argv[2];
if (!target) throw new Error('usage: node scripts/notices.mjs FILE');

const packages = [...npmPackages(), ...crates()].sort((a, b) => a.name.localeCompare(b.name));
const unlicensed = packages.filter(({ license }) => !license);
if (unlicensed.length > 0) throw new Error(`no licence named: ${unlicensed.map(({ name }) => name).join(', ')}`);

// Many share one text to the letter; each is printed once, with all to whom it belongs.
const texts = new Map();
for (const { name, version, files } of packages) {
  for (const text of files) {
    const owners = texts.get(text) ?? [];
    owners.push(`${name} ${version}`);
    texts.set(text, owners);
  }
}
const lines = [
  'Sotto is made with the work of others. What is shipped with it, and under which licences:',
  '',
  ...packages.map(({ name, version, license, kind }) => `${name} ${version} (${kind}): ${license}`),
  ...[...texts].flatMap(([text, owners]) => ['', '='.repeat(78), ...owners, '-'.repeat(78), text]),
];
writeFileSync(target, `${lines.join('\n')}\n`);
console.error(`${target}: ${packages.length} packages, ${texts.size} texts`);

function npmPackages() {
  const { packages: all } = JSON.parse(readFileSync(join(ROOT, 'web/package-lock.json'), 'utf8'));
  return Object.entries(all)
    .filter(([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link)
    .map(([path, { version, license }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version, license, kind: 'npm', files: textsIn(join(ROOT, 'web', path)) };
    });
}

function crates() {
  const args = ['metadata', '--format-version', '1', '--locked'];
  const json = execFileSync('cargo', args, { cwd: ROOT, maxBuffer: 1 << 28, encoding: 'utf8' });
  const { packages: all, resolve } = JSON.parse(json);
  const byId = new Map(all.map((each) => [each.id, each]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const todo = all.filter(({ name, source }) => source === null && SHIPPED.includes(name)).map(({ id }) => id);
  const reached = new Set(todo);
  while (todo.length > 0) {
    for (const { pkg, dep_kinds: kinds } of nodes.get(todo.pop())?.deps ?? []) {
      // What only builds or tests is not shipped.
      if (reached.has(pkg) || !kinds.some(({ kind }) => kind === null)) continue;
      reached.add(pkg);
      todo.push(pkg);
    }
  }
  return [...reached]
    .map((id) => byId.get(id))
    .filter(({ source }) => source !== null)
    .map(({ name, version, license, license_file: file, manifest_path: manifest }) => ({
      name,
      version,
      license: license ?? file,
      kind: 'crate',
      files: textsIn(dirname(manifest)),
    }));
}

function textsIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice|unlicense)/i.test(entry.name))
    .map(({ name }) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
}
