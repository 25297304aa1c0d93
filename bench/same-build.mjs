// Checks that the benches build what ships: the crates' versions of the product's lock, and its profiles.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const WORKSPACES = { product: 'Cargo.toml', bench: 'bench/Cargo.toml' };

/** What the client's core is built of, by name and version. */
function crates(manifest) {
  const given = ['--manifest-path', manifest, '-p', 'sotto-client-core', '-e', 'normal', '--prefix', 'none'];
  const tree = execFileSync('cargo', ['tree', '--locked', '--quiet', ...given], { encoding: 'utf8' });
  return new Set([...tree.matchAll(/^(\S+ v\S+)/gm)].map(([, crate]) => crate));
}

/** A profile's settings. */
function profile(manifest, name) {
  const [, settings] =
    readFileSync(manifest, 'utf8').match(new RegExp(`^\\[profile\\.${name}\\]\\n((?:[^\\[\\n].*\\n)*)`, 'm')) ?? [];
  return settings?.trim();
}

const there = crates(WORKSPACES.bench);
const missing = [...crates(WORKSPACES.product)].filter((crate) => !there.has(crate));
for (const crate of missing) {
  const [name, version] = crate.split(' v');
  console.error(
    `bench/Cargo.lock has another ${name} than Cargo.lock: cargo update --manifest-path bench/Cargo.toml -p ${name} --precise ${version}`,
  );
}
const others = ['release', 'wasm'].filter(
  (name) => profile(WORKSPACES.product, name) !== profile(WORKSPACES.bench, name),
);
for (const name of others) console.error(`bench/Cargo.toml has another [profile.${name}] than Cargo.toml`);
process.exit(missing.length + others.length === 0 ? 0 : 1);
