/** The programs under test: where they are, and how one of them is started and ended. */

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** The path of one of the programs that were built before. */
export function program(name: 'sotto' | 'sotto-relay'): string {
  const folder = process.env['SOTTO_BIN_DIR'] ?? resolve(ROOT, process.env['CARGO_TARGET_DIR'] ?? 'target', 'debug');
  const path = resolve(folder, name);
  if (!existsSync(path))
    throw new Error(`There is no ${path}. Build it with scripts/build, or name its folder in SOTTO_BIN_DIR.`);
  return path;
}

/** A file of the repository. */
export function inRepository(path: string): string {
  return resolve(ROOT, path);
}

/** The environment without anything that would reach the programs by accident. */
export function environment(more: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('SOTTO_'));
  return { ...Object.fromEntries(kept), TZ: 'UTC', ...more };
}

/** A program that runs until it is ended; what it prints is kept. */
export class Running {
  readonly output: Buffer[] = [];
  readonly #child: ChildProcess;
  #ended = false;

  constructor(path: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (part: Buffer) => this.output.push(part));
    this.#child.stderr?.on('data', (part: Buffer) => this.output.push(part));
    this.#child.once('exit', () => (this.#ended = true));
  }

  get text(): string {
    return Buffer.concat(this.output).toString('utf8');
  }

  /** Waits until what it printed matches, and answers the match. */
  async prints(pattern: RegExp, patience = 20_000): Promise<RegExpMatchArray> {
    const until = Date.now() + patience;
    for (;;) {
      const match = this.text.match(pattern);
      if (match) return match;
      if (this.#ended) throw new Error(`It ended before it printed ${pattern}:\n${this.text}`);
      if (Date.now() > until) throw new Error(`It did not print ${pattern}:\n${this.text}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  /** Ends this process, and no other. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#ended) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exit;
  }
}
