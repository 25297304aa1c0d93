// The worker's side: every message becomes a call of the WebAssembly module.

import init, { measure_passphrase, read_calendar, Shell } from './wasm/sotto_client_wasm.js';
import type { Refusal } from './error.js';
import type { Call, FromWorker, Outcome, RawChange, ToWorker } from './messages.js';

/** What is used of `DedicatedWorkerGlobalScope`; its own declarations do not go together with a page's. */
interface Scope {
  postMessage(message: FromWorker): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
}

const scope = globalThis as unknown as Scope;

let shell: Promise<Shell> | undefined;

scope.addEventListener('message', ({ data }) => {
  if ('network' in data) {
    void shell?.then((running) => running.network(data.network)).catch(() => undefined);
    return;
  }
  const { id, call } = data;
  run(call).then(
    (outcome) => scope.postMessage({ id, outcome }),
    (error: unknown) => scope.postMessage({ id, refusal: refusal(error) }),
  );
});

async function run(call: Call): Promise<Outcome | null> {
  if (call.method === 'start') {
    shell ??= start(call.name);
    await shell;
    return null;
  }
  if (shell === undefined) throw new Error('expected a start before anything else');
  const running = await shell;
  switch (call.method) {
    case 'create':
      return inTurn(() => running.create(JSON.stringify(call.profile), call.passphrase));
    case 'join':
      return inTurn(() => running.join(call.link, call.device, call.passphrase));
    case 'unlock':
      return inTurn(() => running.unlock(call.passphrase));
    case 'lock':
      return inTurn(() => running.lock());
    case 'changePassphrase':
      return inTurn(() => running.change_passphrase(call.current, call.next));
    case 'takeOver':
      return inTurn(() => running.take_over());
    case 'erase':
      return inTurn(() => running.erase());
    case 'readCalendar':
      return value(read_calendar(call.bytes));
    case 'measurePassphrase':
      return value(measure_passphrase(call.passphrase));
    case 'command':
      return JSON.parse((await running.command(JSON.stringify(call.command))) as string) as Outcome;
    case 'query':
      return JSON.parse((await running.query(JSON.stringify(call.query))) as string) as Outcome;
  }
}

function value(json: string): Outcome {
  return { type: 'value', value: JSON.parse(json) };
}

let lastTurn: Promise<unknown> = Promise.resolve();

/** What changes the vault's state waits until the change before it has ended. */
function inTurn(change: () => Promise<unknown>): Promise<null> {
  const turn = lastTurn.then(change, change);
  lastTurn = turn.catch(() => undefined);
  return turn.then(() => null);
}

async function start(name: string): Promise<Shell> {
  try {
    await init();
  } catch (cause) {
    throw new WorkerRefusal({
      code: 'unsupported',
      message: `The browser cannot load Sotto's WebAssembly module: ${String(cause)}`,
      next_step: "Use a browser of this year, and allow 'wasm-unsafe-eval' in the page's Content-Security-Policy.",
    });
  }
  return Shell.start(name, (json: string) => {
    scope.postMessage({ change: JSON.parse(json) as RawChange });
  });
}

class WorkerRefusal extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** The module throws refusals as JSON text; all else is a fault of ours, after which the page ends this worker. */
function refusal(error: unknown): Refusal {
  if (error instanceof WorkerRefusal) return error.refusal;
  if (typeof error === 'string') return JSON.parse(error) as Refusal;
  setTimeout(() => {
    throw error;
  });
  return {
    code: 'stopped',
    message: `Sotto failed inside its worker: ${String(error)}`,
    next_step: 'Reload the page; nothing that was saved is lost.',
  };
}
