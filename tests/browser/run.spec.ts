/** `make run` as somebody new uses it: the printed link, a meeting with Robin within a minute, Ctrl-C, and again. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';
import { environment, inRepository } from './support/processes.ts';

/** From following the link to a confirmed meeting. */
const FIRST_MEETING = 60_000;
/** Building may be part of the first start. */
const START = 300_000;

let folder: string;
let address: string;

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'run-'));
  address = `127.0.0.1:${await freePort()}`;
});

test.afterAll(() => {
  for (const pid of processesOf(folder)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('whoever follows the printed link has a meeting with Robin within a minute, and again after a restart', async ({
  person,
}) => {
  test.setTimeout(2 * START);
  let demo = await Demo.start();
  const first = demo.link;
  expect(new URL(first).host).toBe(address);

  const ada = await person({ name: 'Ada' });
  const began = Date.now();
  await ada.createVault(first);
  const card = ada.page.getByRole('region', { name: 'Invitation' });
  await card.getByRole('button', { name: 'Accept invitation' }).click();
  await ada.go('People');
  await expect(ada.contact('Robin')).toContainText('Contact since');
  await meet(ada, 1);
  expect(Date.now() - began).toBeLessThan(FIRST_MEETING);

  // As a terminal does at Ctrl-C, to every process of the demo at once.
  expect(processesOf(folder).length).toBeGreaterThanOrEqual(3);
  expect(await demo.end('SIGINT', { group: true })).toBe(0);
  expect(processesOf(folder)).toEqual([]);

  demo = await Demo.start();
  expect(demo.link, 'it is good for others yet').toBe(first);
  await ada.expectOnline();
  await meet(ada, 2);

  // To the script alone: it ends what it started.
  expect(await demo.end('SIGTERM')).toBe(0);
  expect(processesOf(folder)).toEqual([]);
});

/** Asks for a meeting as the printed text says, which makes so many. */
async function meet(ada: Person, meetings: number): Promise<void> {
  await ada.ask('half an hour with Robin next week');
  await expect(ada.state).toContainText('Confirmed');
  await expect(ada.calendar.getByRole('button', { name: /^Meeting: .* with Robin/ })).toHaveCount(meetings);
}

/** `scripts/run`, whose processes are a group of their own, as in a terminal. */
class Demo {
  readonly link: string;
  readonly #script: ChildProcess;

  private constructor(script: ChildProcess, link: string) {
    this.#script = script;
    this.link = link;
  }

  static async start(): Promise<Demo> {
    const tools = process.env['SOTTO_TOOLS'];
    const env = environment({
      SOTTO_RELAY_LISTEN: address,
      SOTTO_RUN_DIR: folder,
      ...(tools ? { SOTTO_TOOLS: tools } : {}),
    });
    const script = spawn(inRepository('scripts/run'), [], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let text = '';
    const link = new Promise<string>((done, failed) => {
      const heard = (part: Buffer) => {
        text += part.toString('utf8');
        const found = /^ *(http:\/\/\S+#invite=\S+)$/m.exec(text)?.[1];
        if (found && text.includes('Ctrl-C')) done(found);
      };
      script.stdout?.on('data', heard);
      script.stderr?.on('data', heard);
      script.once('exit', (code) => failed(new Error(`scripts/run ended with ${code}:\n${text}`)));
    });
    return new Demo(script, await link);
  }

  /** Its exit code. */
  async end(signal: 'SIGINT' | 'SIGTERM', { group = false } = {}): Promise<number | null> {
    const { pid } = this.#script;
    if (pid === undefined) throw new Error('scripts/run could not be started');
    const exit = once(this.#script, 'exit') as Promise<[number | null]>;
    process.kill(group ? -pid : pid, signal);
    return (await exit)[0];
  }
}

/** What runs with that folder in its environment. */
function processesOf(path: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(path);
      } catch {
        return false; // It has ended, or is another user's.
      }
    });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
