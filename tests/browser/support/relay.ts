/** A real relay on a free port of this machine. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, program, Running } from './processes.ts';

export class Relay {
  readonly data: string;
  /** Host and port on which it listens; kept when it is started again. */
  address = '127.0.0.1:0';
  readonly #runs: Running[] = [];
  readonly #settings: Record<string, string>;

  private constructor(settings: Record<string, string>) {
    this.#settings = settings;
    this.data = mkdtempSync(join(tmpdir(), 'relay-'));
  }

  /** With settings of its own, by the names that operators give them. */
  static async start(settings: Record<string, string> = {}): Promise<Relay> {
    const relay = new Relay(settings);
    try {
      await relay.start();
    } catch (error) {
      await relay.remove();
      throw error;
    }
    return relay;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  /** All it ever logged, at its most verbose. */
  get log(): Buffer {
    return Buffer.concat(this.#runs.flatMap(({ output }) => output));
  }

  /** Starts it, or starts it again where it was, on the same data. */
  async start(): Promise<void> {
    const run = new Running(
      program('sotto-relay'),
      [],
      environment({
        SOTTO_RELAY_LISTEN: this.address,
        SOTTO_RELAY_DATA: this.data,
        SOTTO_RELAY_LOG: 'trace',
        ...this.#settings,
      }),
    );
    this.#runs.push(run);
    const said = await run.prints(/serves http:\/\/([^/]+)\//);
    this.address = said[1] ?? '';
  }

  async stop(signal?: 'SIGKILL'): Promise<void> {
    await this.#runs.at(-1)?.end(signal);
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}
