/** `make run` as somebody new uses it: the printed link, a meeting with Robin within a minute, Ctrl-C, again, and twice. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

test('a demo beside another one is refused with the command that starts it', async () => {
  test.setTimeout(3 * START);
  const first = await Demo.start();
  const log = readFileSync(join(folder, 'relay.log'), 'utf8');

  const command = await refusal(Demo.start());
  expect(command.why).toBe(`A demo runs in ${folder} already.`);
  expect(readFileSync(join(folder, 'relay.log'), 'utf8'), 'the log of the demo that runs').toBe(log);
  const other = mkdtempSync(join(tmpdir(), 'run-'));
  const taken = await refusal(Demo.start({ SOTTO_RUN_DIR: other }));
  expect(taken).toEqual({ ...command, why: `Another program listens on ${address}.` });
  rmSync(other, { recursive: true });

  const [, port] = /^SOTTO_RELAY_LISTEN=127\.0\.0\.1:(\d+) SOTTO_RUN_DIR=\.run-\1 make run$/.exec(command.advice) ?? [];
  if (port === undefined) throw new Error(`no command: ${command.advice}`);
  const data = inRepository(`.run-${port}`);
  expect(existsSync(data)).toBe(false);
  try {
    const second = await Demo.start({ SOTTO_RELAY_LISTEN: undefined, SOTTO_RUN_DIR: undefined }, command.advice);
    expect(new URL(second.link).host).toBe(`127.0.0.1:${port}`);
    expect((await fetch(new URL('/readyz', first.link))).ok).toBe(true);
    await second.end('SIGINT', { group: true });
  } finally {
    for (const pid of processesOf(`.run-${port}`)) process.kill(pid, 'SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
  expect(await first.end('SIGINT', { group: true })).toBe(0);
});

/** Why a start was refused, and the command that it advises. */
async function refusal(start: Promise<Demo>): Promise<{ why: string; advice: string }> {
  const text = await start.then(
    () => '',
    (error: Error) => error.message,
  );
  const found = /^(.*) Stop it, or start another demo beside it:\n\n {2}(.*)\n/m.exec(text);
  if (!found) throw new Error(`no refusal: ${text}`);
  return { why: found[1] ?? '', advice: found[2] ?? '' };
}

/** Asks for a meeting as the printed text says, which makes so many. */
async function meet(ada: Person, meetings: number): Promise<void> {
  await ada.ask('half an hour with Robin next week');
  await expect(ada.state).toContainText('Confirmed');
  await expect(ada.calendar.getByRole('button', { name: /^Meeting: .* with Robin/ })).toHaveCount(meetings);
}

/** `make run`, whose processes are a group of their own, as in a terminal. */
class Demo {
  readonly link: string;
  readonly #script: ChildProcess;

  private constructor(script: ChildProcess, link: string) {
    this.#script = script;
    this.link = link;
  }

  static async start(more: NodeJS.ProcessEnv = {}, command = 'exec scripts/run'): Promise<Demo> {
    const tools = process.env['SOTTO_TOOLS'];
    const env = {
      ...environment({ SOTTO_RELAY_LISTEN: address, SOTTO_RUN_DIR: folder, ...(tools ? { SOTTO_TOOLS: tools } : {}) }),
      ...more,
    };
    const script = spawn('bash', ['-c', command], {
      cwd: inRepository('.'),
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let text = '';
    const link = new Promise<string>((done, failed) => {
      const heard = (part: Buffer) => {
        text += part.toString('utf8');
        const found = /^ *(http:\/\/\S+#invite=\S+)$/m.exec(text)?.[1];
        if (found && text.includes('Ctrl-C')) done(found);
      };
      script.stdout?.on('data', heard);
      script.stderr?.on('data', heard);
      script.once('close', (code) => failed(new Error(`${command} ended with ${code}:\n${text}`)));
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
