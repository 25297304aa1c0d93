// Serves the page, opens it in headless Chromium, and prints what it measured as JSON.
// Arguments: the folder with our module, how many rounds.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, resolve, sep } from 'node:path';
import { chromium } from 'playwright-core';

const [module, rounds] = process.argv.slice(2);
const here = import.meta.dirname;
const FOLDERS = { wasm: resolve(module), packages: `${here}/node_modules`, page: `${here}/page` };
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** A page is isolated, and has a clock of 5 µs, with these two. */
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const server = createServer(async (request, response) => {
  const [, folder, ...rest] = new URL(request.url, 'http://localhost').pathname.split('/');
  const root = FOLDERS[folder];
  const file = root && resolve(root, ...rest);
  try {
    if (!file?.startsWith(root + sep)) throw new Error('not ours');
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, ...ISOLATED }).end(await readFile(file));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

// As tests/browser/playwright.config.ts has it.
const browser = await chromium.launch({
  executablePath: process.env.SOTTO_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`the page: ${error}`));
  await page.goto(`http://127.0.0.1:${server.address().port}/page/index.html`);
  await page.waitForFunction(() => 'measure' in window);
  const measured = await page.evaluate((count) => window.measure(count), Number(rounds));
  console.log(JSON.stringify({ ...measured, version: `Chromium ${browser.version()}` }));
} finally {
  await browser.close();
  server.close();
}
