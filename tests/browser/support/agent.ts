/** The `sotto` command with a home of its own. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, program, Running } from './processes.ts';
import { textsOf } from './said.ts';

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What is refused, as `--json` writes it. */
export interface Refusal {
  code: string;
  message: string;
  next_step: string;
}

export class Agent {
  readonly home: string;
  passphrase: string;
  /** What was typed in words, and what the imported calendars say. */
  readonly said: string[] = [];
  #running: Running | null = null;

  constructor(passphrase: string) {
    this.home = mkdtempSync(join(tmpdir(), 'home-'));
    this.passphrase = passphrase;
  }

  /** One verb, to its end. Without a passphrase in the environment when it is `null`. */
  async call(args: readonly string[], passphrase: string | null = this.passphrase): Promise<Outcome> {
    this.#hear(args);
    const env = environment({
      SOTTO_HOME: this.home,
      ...(passphrase === null ? {} : { SOTTO_PASSPHRASE: passphrase }),
    });
    // Away from the terminal in which the tests run: nobody is there to be asked for a passphrase.
    const child = spawn(program('sotto'), args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => err.push(part));
    const code = await new Promise<number | null>((done, failed) => {
      child.once('error', failed);
      child.once('close', done);
    });
    return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') };
  }

  #hear(args: readonly string[]) {
    const words = args.filter(
      (arg, at) => arg.includes(' ') || ['--name', '--title', '--with'].includes(args[at - 1] ?? ''),
    );
    this.said.push(this.passphrase, ...words);
    const [verb, what, file] = args;
    if (verb === 'calendar' && what === 'import' && file && existsSync(file))
      this.said.push(...textsOf(readFileSync(file, 'utf8')));
  }

  /** What a verb answers with `--json`. */
  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.call([...args, '--json']);
    if (code !== 0) throw new Error(`sotto ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** What a verb prints for a person. */
  async text(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.call(args);
    if (code !== 0) throw new Error(`sotto ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Why a verb is refused. */
  async refusal(
    args: readonly string[],
    passphrase: string | null = this.passphrase,
  ): Promise<Refusal & { exit: number | null }> {
    const { code, stdout, stderr } = await this.call([...args, '--json'], passphrase);
    if (code === 0) throw new Error(`sotto ${args.join(' ')} was not refused: ${stdout}`);
    if (stdout !== '') throw new Error(`sotto ${args.join(' ')} was refused and printed ${stdout}`);
    const last = stderr.trim().split('\n').at(-1) ?? '';
    const { error } = JSON.parse(last) as { error: Refusal };
    return { ...error, exit: code };
  }

  /** `sotto run`, in the background. */
  async run(...args: string[]): Promise<Running> {
    const env = environment({ SOTTO_HOME: this.home, SOTTO_PASSPHRASE: this.passphrase });
    const running = new Running(program('sotto'), ['run', '--json', ...args], env);
    this.#running = running;
    await running.prints(/"event":"started"/);
    return running;
  }

  async stop(): Promise<void> {
    await this.#running?.end();
    this.#running = null;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}
