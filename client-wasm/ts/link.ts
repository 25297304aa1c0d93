import { SottoError, type Refusal } from './error.js';
import type { Call, FromWorker, RawChange, ToWorker } from './messages.js';
import type { Change } from './types.js';

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: SottoError) => void;
}

/** Where a link tells what it was not asked for. */
export interface LinkEvents {
  change(change: Change): void;
}

/**
 * The page's end of the line to the worker. A worker that died is replaced at the next call.
 */
export class WorkerLink {
  readonly #name: string;
  readonly #events: LinkEvents;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #starting: Promise<unknown> | undefined;
  #lastId = 0;

  constructor(name: string, events: LinkEvents) {
    this.#name = name;
    this.#events = events;
    globalThis.addEventListener?.('online', this.#online);
    globalThis.addEventListener?.('offline', this.#offline);
    globalThis.addEventListener?.('focus', this.#looked);
    globalThis.document?.addEventListener('visibilitychange', this.#looked);
  }

  /** Starts the worker, unless it runs. */
  start(): Promise<unknown> {
    this.#starting ??= this.#launch();
    return this.#starting;
  }

  /** Asks the worker; resolves with the value of its outcome. */
  async call(call: Call): Promise<unknown> {
    await this.start();
    return this.#post(call);
  }

  /** Ends the worker for good. */
  close(): void {
    globalThis.removeEventListener?.('online', this.#online);
    globalThis.removeEventListener?.('offline', this.#offline);
    globalThis.removeEventListener?.('focus', this.#looked);
    globalThis.document?.removeEventListener('visibilitychange', this.#looked);
    this.#end({
      code: 'stopped',
      message: 'The client was closed before it answered.',
      next_step: 'Start it again with `Sotto.start`.',
    });
  }

  #launch(): Promise<unknown> {
    let worker: Worker;
    try {
      worker = new Worker(new URL('./worker.js', import.meta.url), {
        type: 'module',
        name: `sotto ${this.#name}`,
      });
    } catch (cause) {
      return Promise.reject(
        new SottoError({
          code: 'unsupported',
          message: `The browser refuses to start the worker: ${String(cause)}`,
          next_step: "Allow workers from this origin in the page's Content-Security-Policy.",
        }),
      );
    }
    worker.addEventListener('message', (event: MessageEvent<FromWorker>) => {
      if (worker === this.#worker) this.#received(event.data);
    });
    const died = (event: Event): void => {
      if (worker === this.#worker) this.#died(event);
    };
    worker.addEventListener('error', died);
    worker.addEventListener('messageerror', died);
    this.#worker = worker;
    const answer = this.#post({ method: 'start', name: this.#name });
    answer.catch((error: unknown) => {
      // The next call is a new attempt.
      if (worker === this.#worker && error instanceof SottoError) this.#stop();
    });
    return answer;
  }

  #post(call: Call): Promise<unknown> {
    const worker = this.#worker;
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      if (worker === undefined) {
        reject(new SottoError(DIED));
        return;
      }
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ id, call } satisfies ToWorker);
    });
  }

  #received(message: FromWorker): void {
    if ('change' in message) {
      this.#events.change(revive(message.change));
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    if ('refusal' in message) {
      pending.reject(new SottoError(message.refusal));
    } else {
      pending.resolve(message.outcome?.value);
    }
  }

  #died(event: Event): void {
    // Of a script that could not be loaded there is no message.
    const message = (event as Partial<ErrorEvent>).message;
    const refusal = message ? { ...DIED, message: `Sotto's worker stopped unexpectedly (${message}).` } : DIED;
    this.#end(refusal);
    this.#events.change({ vault: 'locked', notices: [], error: new SottoError(refusal) });
  }

  #end(refusal: Refusal): void {
    this.#stop();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new SottoError(refusal));
  }

  #stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#starting = undefined;
  }

  readonly #online = (): void => this.#network(true);
  readonly #offline = (): void => this.#network(false);
  /** Whoever comes back to the page does not wait out a pause that began while nobody looked. */
  readonly #looked = (): void => {
    if (globalThis.navigator.onLine && globalThis.document?.visibilityState === 'visible') this.#network(true);
  };

  #network(available: boolean): void {
    this.#worker?.postMessage({ network: available } satisfies ToWorker);
  }
}

const DIED: Refusal = {
  code: 'stopped',
  message: "Sotto's worker stopped unexpectedly, or could not be started.",
  next_step: 'Unlock the vault again; nothing that was saved is lost.',
};

function revive(raw: RawChange): Change {
  const change: Change = { notices: raw.notices };
  if (raw.vault !== undefined) change.vault = raw.vault;
  if (raw.error !== undefined) change.error = new SottoError(raw.error);
  return change;
}
