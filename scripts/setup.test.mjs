// scripts/setup on machines that lack something: a copy of it, and nothing on its PATH but what a test puts there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

const SYSTEM = ['awk', 'bash', 'cat', 'cmp', 'cp', 'cut', 'dirname', 'env', 'head', 'sed', 'sh', 'sort'];
const WASM_BINDGEN = /cargo_tool wasm-bindgen wasm-bindgen-cli (\S+)/.exec(readFileSync('scripts/setup', 'utf8'))[1];

let folder;
const at = (...path) => join(folder, ...path);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setup-'));
  for (const file of ['scripts/setup', 'scripts/env', 'Cargo.toml']) {
    mkdirSync(dirname(at(file)), { recursive: true });
    copyFileSync(file, at(file));
  }
  for (const name of ['client-wasm', 'web', 'tests/vectors']) {
    mkdirSync(at(name, 'node_modules'), { recursive: true });
    writeFileSync(at(name, 'package-lock.json'), '{}');
  }
  mkdirSync(at('bin'));
  for (const name of SYSTEM) {
    const found = process.env.PATH.split(':').find((path) => spawnSync('test', ['-x', join(path, name)]).status === 0);
    symlinkSync(join(found, name), at('bin', name));
  }
  // A machine that has all of it.
  program('cc');
  rust('1.95.0');
  node('20.19.0');
  for (const name of ['cargo', 'npm', 'rustup']) program(name, `echo "${name} $*" >> "${at('done')}"`);
  program('wasm-bindgen', `echo wasm-bindgen ${WASM_BINDGEN}`);
});

afterEach(() => rmSync(folder, { recursive: true }));

function program(name, script = '') {
  writeFileSync(at('bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(at('bin', name), 0o755);
}

const rust = (version) =>
  program('rustc', `[ "$1" = --version ] && echo "rustc ${version} (0123456789 2026-01-01)" || echo "${folder}"`);

function node(version) {
  writeFileSync(at('version.cjs'), `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
  program(
    'node',
    `[ "$1" = --version ] && echo v${version} || exec "${process.execPath}" -r "${at('version.cjs')}" "$@"`,
  );
}

const lacks = (name) => rmSync(at('bin', name));

/** Its exit code, what it says, and what it had others do. */
function setup(...what) {
  writeFileSync(at('done'), '');
  const env = { PATH: at('bin'), HOME: folder, SOTTO_TOOLS: at('tools') };
  const { status, stderr } = spawnSync(at('scripts/setup'), what, { env, encoding: 'utf8' });
  const done = readFileSync(at('done'), 'utf8').split('\n').filter(Boolean);
  return { status, said: stderr.replaceAll('setup: ', '').trim(), done };
}

const refused = (said, ...what) => assert.deepEqual(setup(...what), { status: 1, said, done: [] });

test('a machine that has everything is left as it is', () => {
  assert.deepEqual(setup(), { status: 0, said: '', done: [] });
  assert.deepEqual(setup('wasm'), { status: 0, said: '', done: [] });
});

test('Rust has to be there, and new enough', () => {
  for (const version of ['1.95.1', '1.100.0', '2.0.0']) {
    rust(version);
    assert.equal(setup().status, 0, version);
  }
  for (const version of ['1.94.1', '1.9.0', '0.99.0']) {
    rust(version);
    refused(`Rust 1.95 or newer is needed, and ${version} is there. Run: rustup update stable`);
  }
  rust('1.95.0');
  lacks('cargo');
  refused('cargo is missing. Install Rust from https://rustup.rs, version 1.95 or newer.');
  lacks('rustc');
  refused('rustc is missing. Install Rust from https://rustup.rs, version 1.95 or newer.');
});

test('a C compiler has to be there', () => {
  lacks('cc');
  refused('cc is missing. Install a C compiler: apt-get install gcc libc6-dev.');
});

test('Node.js has to be there, and one that Vite runs on', () => {
  for (const version of ['18.20.4', '20.18.3', '21.7.0', '22.11.0']) {
    node(version);
    refused(
      `Node.js 20.19 or newer, or 22.12 or newer, is needed, and v${version} is there. ` +
        'Install one from your distribution or https://nodejs.org.',
      'npm',
    );
  }
  for (const version of ['20.19.0', '22.12.0', '23.0.0', '24.1.0']) {
    node(version);
    assert.equal(setup('npm').status, 0, version);
  }
  lacks('npm');
  refused('npm is missing. Install npm; it comes with Node.js.', 'npm');
  lacks('node');
  refused('node is missing. Install Node.js 20.19 or newer, or 22.12 or newer.', 'npm');
});

test('npm packages are installed when their lock changed, and only then', () => {
  const of = (name) => `npm ci --prefix ${name} --no-audit --no-fund --loglevel=error`;
  assert.deepEqual(setup('npm').done, [of('client-wasm'), of('web'), of('tests/vectors')]);
  assert.deepEqual(setup('npm').done, []);
  writeFileSync(at('web', 'package-lock.json'), '{"packages":{}}');
  assert.deepEqual(setup('npm').done, [of('web')]);
});

test('tools of another version are replaced by the one that is needed', () => {
  const install = `cargo install --quiet --root ${at('tools')} --version ${WASM_BINDGEN} wasm-bindgen-cli`;
  program('wasm-bindgen', 'echo wasm-bindgen 0.2.1');
  assert.deepEqual(setup('wasm').done, [install]);
  lacks('wasm-bindgen');
  assert.deepEqual(setup('wasm').done, [install]);
});

test('the wasm32 target is added by rustup, or asked for', () => {
  program('rustc', '[ "$1" = --version ] && echo "rustc 1.95.0" || echo /no/such/folder');
  assert.deepEqual(setup('wasm').done, ['rustup target add wasm32-unknown-unknown']);
  lacks('rustup');
  refused(
    'rustup is missing. Install Rust from https://rustup.rs, or the target wasm32-unknown-unknown of your Rust.',
    'wasm',
  );
});

test('Chromium is installed by root, by sudo, or asked for', () => {
  const steps = (root) => [
    `${root}apt-get update -qq`,
    `${root}env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver`,
  ];
  mkdirSync(at('tests/browser/node_modules'), { recursive: true });
  for (const name of ['package-lock.json', 'node_modules/.sotto-lock']) writeFileSync(at('tests/browser', name), '{}');
  program('id', 'echo 1000');
  program('sudo', `echo "sudo $*" >> "${at('done')}"`);
  assert.deepEqual(setup('chromium').done, steps('sudo '));
  lacks('sudo');
  const asked = setup('chromium');
  assert.equal(asked.status, 1);
  assert.match(asked.said, /please run as root: apt-get update -qq$/);
  program('id', 'echo 0');
  program('apt-get', `echo "apt-get $*" >> "${at('done')}"`);
  assert.deepEqual(setup('chromium').done, [steps('')[0], steps('')[1].replace(/^env \S+ /, '')]);
  program('chromium');
  program('chromedriver');
  assert.deepEqual(setup('chromium').done, []);
});

test('a part that there is not is wrong usage', () => {
  assert.deepEqual(setup('everything'), { status: 2, said: 'there is nothing called everything', done: [] });
});
