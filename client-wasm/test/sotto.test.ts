// The page's side against a worker that the test plays.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { FromWorker, ToWorker } from '../ts/messages.js';
import { Sotto, SottoError, type Change } from '../ts/index.js';

class FakeWorker extends EventTarget {
  static all: FakeWorker[] = [];
  readonly sent: ToWorker[] = [];
  ended = false;

  constructor() {
    super();
    FakeWorker.all.push(this);
  }

  postMessage(message: ToWorker): void {
    this.sent.push(message);
  }

  terminate(): void {
    this.ended = true;
  }

  says(data: FromWorker): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }

  /** The id of the last call, once it was made. */
  async called(method: string): Promise<number> {
    for (;;) {
      const last = this.sent.at(-1);
      if (last !== undefined && 'call' in last && last.call.method === method) return last.id;
      await Promise.resolve();
    }
  }
}

Object.assign(globalThis, {
  Worker: FakeWorker,
  location: { origin: 'https://relay.example' },
  navigator: { onLine: true },
  document: Object.assign(new EventTarget(), { visibilityState: 'visible' }),
  reportError: () => undefined,
});

let names = 0;

async function started(
  vault: 'missing' | 'locked' | 'open',
): Promise<{ sotto: Sotto; worker: FakeWorker; name: string }> {
  names += 1;
  const name = `test ${names}`;
  const starting = Sotto.start({ name });
  const worker = latest();
  const id = await worker.called('start');
  worker.says({ change: { vault, notices: [] } });
  worker.says({ id, outcome: null });
  return { sotto: await starting, worker, name };
}

function latest(): FakeWorker {
  const worker = FakeWorker.all.at(-1);
  assert.ok(worker);
  return worker;
}

beforeEach(() => {
  FakeWorker.all = [];
});

test('starting twice gives the same client, until it is closed', async () => {
  const { sotto, name } = await started('locked');
  assert.equal(await Sotto.start({ name }), sotto);
  assert.equal(FakeWorker.all.length, 1);
  sotto.close();
  void Sotto.start({ name }).catch(() => undefined);
  assert.equal(FakeWorker.all.length, 2);
});

test('a failed start can be tried again', async () => {
  const starting = Sotto.start({ name: 'failing' });
  const id = await latest().called('start');
  latest().says({ id, refusal: { code: 'store_failed', message: 'No.', next_step: 'Wait.' } });
  await assert.rejects(starting, { name: 'SottoError', code: 'store_failed', nextStep: 'Wait.' });
  assert.ok(latest().ended);
  void Sotto.start({ name: 'failing' }).catch(() => undefined);
  assert.equal(FakeWorker.all.length, 2);
});

test('answers find their questions in any order', async () => {
  const { sotto, worker } = await started('open');
  const contacts = sotto.query({ type: 'contacts' });
  const first = await worker.called('query');
  const done = sotto.command({ type: 'remove_calendar', calendar: 'Work' });
  const second = await worker.called('command');
  worker.says({ id: second, outcome: { type: 'done' } });
  worker.says({ id: first, outcome: { type: 'contacts', value: [] } });
  worker.says({ id: first, outcome: { type: 'contacts', value: ['twice'] } });
  assert.equal(await done, undefined);
  assert.deepEqual(await contacts, []);
});

test('a refusal is an error with code and next step', async () => {
  const { sotto, worker } = await started('locked');
  const unlocking = sotto.unlock('wrong');
  const id = await worker.called('unlock');
  const refusal = { code: 'wrong_passphrase', message: 'It is wrong.', next_step: 'Try again.' };
  worker.says({ id, refusal: { ...refusal, code: 'wrong_passphrase' } });
  const error: unknown = await unlocking.catch((error: unknown) => error);
  assert.ok(error instanceof SottoError);
  assert.equal(error.message, 'It is wrong.');
  assert.equal(error.code, 'wrong_passphrase');
  assert.equal(error.nextStep, 'Try again.');
});

test('a device that joins says by which link, and how it is called', async () => {
  const { sotto, worker } = await started('missing');
  const joining = sotto.join({ link: 'https://relay.example/#device=x', device: 'Phone', passphrase: 'words' });
  const id = await worker.called('join');
  assert.deepEqual(worker.sent.at(-1), {
    id,
    call: { method: 'join', link: 'https://relay.example/#device=x', device: 'Phone', passphrase: 'words' },
  });
  worker.says({ id, outcome: null });
  await joining;
});

test('a new vault is at the relay and in the zone of this page', async () => {
  const { sotto, worker } = await started('missing');
  void sotto.create({ name: 'Robin', passphrase: 'secret' });
  await worker.called('create');
  const sent = worker.sent.at(-1);
  assert.ok(sent && 'call' in sent);
  assert.deepEqual(sent.call, {
    method: 'create',
    profile: {
      name: 'Robin',
      relay: 'https://relay.example',
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      device_name: '',
    },
    passphrase: 'secret',
  });
});

test('changes reach every listener, and one that fails hurts no other', async () => {
  const { sotto, worker } = await started('locked');
  const seen: Change[] = [];
  sotto.subscribe(() => {
    throw new Error('mine');
  });
  const off = sotto.subscribe((change) => {
    assert.equal(sotto.vault, 'open');
    seen.push(change);
  });
  worker.says({ change: { vault: 'open', notices: ['status'] } });
  off();
  worker.says({ change: { notices: ['contacts'] } });
  assert.deepEqual(seen, [{ vault: 'open', notices: ['status'] }]);
});

test('when the worker dies, what waits is refused, and the next call starts another', async () => {
  const { sotto, worker } = await started('open');
  const changes: Change[] = [];
  sotto.subscribe((change) => changes.push(change));
  const waiting = sotto.query({ type: 'status' });
  await worker.called('query');
  worker.dispatchEvent(Object.assign(new Event('error'), { message: 'unreachable' }));
  await assert.rejects(waiting, { code: 'stopped', message: /unreachable/ });
  assert.equal(sotto.vault, 'locked');
  assert.equal(changes.at(-1)?.error?.code, 'stopped');
  assert.ok(worker.ended);

  const unlocking = sotto.unlock('secret');
  const other = latest();
  assert.notEqual(other, worker);
  const start = await other.called('start');
  other.says({ change: { vault: 'locked', notices: [] } });
  other.says({ id: start, outcome: null });
  const unlock = await other.called('unlock');
  other.says({ change: { vault: 'open', notices: [] } });
  other.says({ id: unlock, outcome: null });
  await unlocking;
  assert.equal(sotto.vault, 'open');
});

test('closing refuses what waits, and all that comes later', async () => {
  const { sotto, worker } = await started('open');
  const waiting = sotto.query({ type: 'status' });
  await worker.called('query');
  sotto.close();
  await assert.rejects(waiting, { code: 'stopped' });
  await assert.rejects(sotto.query({ type: 'status' }), { code: 'stopped' });
  assert.ok(worker.ended);
});

test('whoever comes back to the page does not wait for the next attempt', async () => {
  const { sotto, worker } = await started('open');
  const page = globalThis.document as unknown as { visibilityState: string } & EventTarget;
  const told = () => worker.sent.filter((message) => 'network' in message);
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  assert.deepEqual(told(), []);
  page.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  assert.deepEqual(told(), [{ network: true }]);
  sotto.close();
  page.dispatchEvent(new Event('visibilitychange'));
  assert.equal(told().length, 1);
});
