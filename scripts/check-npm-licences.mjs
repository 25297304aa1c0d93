#!/usr/bin/env node
// Checks the licences of all npm packages in the lock files, offline.
import { readFileSync } from 'node:fs';
import { refused } from './licences.mjs';

let bad = 0;
const FOLDERS = ['web', 'client-wasm', 'tests/browser', 'tests/vectors', 'scripts/lint', 'bench/session/browser'];
for (const folder of FOLDERS) {
  const file = new URL(`../${folder}/package-lock.json`, import.meta.url);
  for (const line of refused(JSON.parse(readFileSync(file, 'utf8')))) {
    console.error(`${folder}: ${line} is not among the allowed licences (scripts/licences.mjs)`);
    bad += 1;
  }
}
process.exit(bad === 0 ? 0 : 1);
