/** The same story for people who use a terminal, and what scripts rely on; terminal-refusals.spec.ts has what is refused. */

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from './support/agent.ts';
import { calendar, fixture } from './support/calendars.ts';
import { expect, PASSPHRASE, test } from './support/fixtures.ts';
import { Relay } from './support/relay.ts';
import { dayOfNextWeek, type Stretch } from './support/times.ts';

/** The keys that docs/cli.md promises. */
const KEYS = {
  init: ['name', 'account', 'relay', 'time_zone', 'home', 'registered'],
  invitation: ['id', 'link', 'expires_at', 'uses_left'],
  contact: ['id', 'name', 'their_name', 'relay', 'since', 'state', 'verified', 'safety_number', 'unreadable'],
  calendar: ['id', 'name', 'events', 'imported_at'],
  event: [
    'id',
    'uid',
    'title',
    'location',
    'start',
    'end',
    'kind',
    'all_day',
    'busy',
    'calendar',
    'contact',
    'proposal',
  ],
  proposal: [
    'id',
    'contact',
    'direction',
    'state',
    'title',
    'duration_minutes',
    'slot',
    'options',
    'reason',
    'expires_at',
    'created_at',
    'updated_at',
    'event_uid',
  ],
  message: ['id', 'conversation', 'contact', 'direction', 'kind', 'summary', 'body', 'at', 'status'],
  preferences: ['time_zone', 'working_hours', 'buffer_minutes', 'approve_meetings', 'approve_contacts', 'review'],
  status: [
    'name',
    'account',
    'relay',
    'connection',
    'connection_detail',
    'retry_at',
    'queued',
    'waiting_for_you',
    'version',
    'running',
    'home',
    'follows',
  ],
  device: ['id', 'fingerprint', 'name', 'this', 'agent', 'keeper', 'added_at', 'removed_at', 'state'],
} as const;

type Document = Record<string, unknown>;
interface Named {
  id: string;
  name: string;
}
interface Proposal {
  id: string;
  contact: Named;
  state: string;
  slot: Stretch | null;
  event_uid: string | null;
}

function expectKeys(document: unknown, kind: keyof typeof KEYS) {
  expect(Object.keys(document as Document).sort()).toEqual(expect.arrayContaining([...KEYS[kind]].sort()));
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let ada: Agent;
let robin: Agent;
let folder: string;

test.beforeAll(async () => {
  relay = await Relay.start();
  ada = new Agent(PASSPHRASE);
  robin = new Agent('velvet anchor comet');
  folder = mkdtempSync(join(tmpdir(), 'files-'));
});

test.afterAll(async () => {
  await ada?.remove();
  await robin?.remove();
  await relay?.remove();
  if (folder) rmSync(folder, { recursive: true });
});

const week = () => `${dayOfNextWeek(0, 'Europe/Berlin')}..${dayOfNextWeek(4, 'Europe/Berlin')}`;

test('two homes are made', async () => {
  const made = await ada.json<Document>('init', '--relay', relay.url, '--name', 'Ada', '--time-zone', 'Europe/Berlin');
  expectKeys(made, 'init');
  const [device] = await ada.json<Document[]>('devices');
  expectKeys(device, 'device');
  expect(made).toMatchObject({
    name: 'Ada',
    relay: relay.url,
    time_zone: 'Europe/Berlin',
    home: ada.home,
    registered: true,
  });
  expect(await robin.text('init', '--relay', relay.url, '--name', 'Robin', '--time-zone', 'Europe/Lisbon')).toContain(
    'Made a vault for Robin',
  );
  for (const file of readdirSync(ada.home)) expect(statSync(join(ada.home, file)).mode & 0o777, file).toBe(0o600);
});

test('an invitation makes them contacts', async () => {
  const invitation = await ada.json<{ link: string }>('invite');
  expectKeys(invitation, 'invitation');
  const waiting = await robin.json('accept', invitation.link);
  expectKeys(waiting, 'contact');
  expect(waiting).toMatchObject({ name: 'Ada', state: 'waiting' });

  const [request] = await ada.json<Named[]>('contacts');
  expectKeys(request, 'contact');
  expect(request).toMatchObject({ name: 'Robin', state: 'requested' });
  expect(await ada.json('contacts', 'approve', request?.id ?? '')).toMatchObject({ state: 'active' });
  const [contact] = await robin.json<Document[]>('contacts', 'list');
  expect(contact).toMatchObject({ name: 'Ada', state: 'active', verified: false });

  const number = String(contact?.['safety_number']);
  const verified = await ada.json<Document>('contacts', 'verify', 'robin', '--number', number);
  expect(verified['safety_number']).toBe(contact?.['safety_number']);
  expect(verified['safety_number']).toMatch(/^\d{5}( \d{5}){11}$/);
});

test('calendars are imported, listed and replaced', async () => {
  const report = await ada.json<{ calendar: Document; replaced: boolean; skipped: unknown[] }>(
    'calendar',
    'import',
    fixture('outlook-desktop.ics'),
  );
  expect(Object.keys(report)).toEqual(expect.arrayContaining(['calendar', 'replaced', 'skipped']));
  expectKeys(report.calendar, 'calendar');

  const file = join(folder, 'work.ics');
  const monday = dayOfNextWeek(0, 'Europe/Berlin');
  writeFileSync(
    file,
    calendar('Work', 'Europe/Berlin', [{ title: 'Fair', day: monday, from: '08:00', to: '18:00', location: 'Hall 4' }])
      .buffer,
  );
  expect(await ada.json('calendar', 'import', file)).toMatchObject({
    calendar: { name: 'Work', events: 1 },
    replaced: false,
  });
  expect(await ada.json('calendar', 'import', file)).toMatchObject({
    calendar: { name: 'Work', events: 1 },
    replaced: true,
  });
  expect(await ada.json<unknown[]>('calendar', 'list')).toHaveLength(2);

  const agenda = await ada.json<Document[]>('agenda', '--from', monday, '--to', monday);
  for (const event of agenda) expectKeys(event, 'event');
  expect(agenda).toContainEqual(
    expect.objectContaining({ title: 'Fair', location: 'Hall 4', kind: 'imported', calendar: 'Work', busy: true }),
  );
});

test('a meeting is negotiated: asked for, approved, and the same in both agendas', async () => {
  const asking = ada.json<Proposal>(
    'schedule',
    'half an hour with Robin next week about the garden',
    '--wait',
    '--timeout',
    '2m',
  );
  let waiting: Proposal | undefined;
  await expect(async () => {
    const proposals = await robin.json<Proposal[]>('proposals');
    waiting = proposals.find(({ state }) => state === 'approval');
    expect(waiting).toBeDefined();
  }).toPass();
  expectKeys(waiting, 'proposal');
  expect(waiting).toMatchObject({
    direction: 'incoming',
    contact: { name: 'Ada' },
    title: 'The garden',
    duration_minutes: 30,
  });
  const approved = await robin.json<Proposal>('proposals', 'approve', (waiting?.id ?? '').slice(0, 8));
  expect(approved).toMatchObject({ state: 'confirmed' });

  const settled = await asking;
  expectKeys(settled, 'proposal');
  expect(settled).toMatchObject({
    id: approved.id,
    state: 'confirmed',
    slot: approved.slot,
    event_uid: approved.event_uid,
  });
  expect(settled.slot?.start).toMatch(INSTANT);
  const [from, to] = week().split('..') as [string, string];
  for (const agent of [ada, robin]) {
    const agenda = await agent.json<Document[]>('agenda', '--from', from, '--to', to);
    expect(agenda).toContainEqual(
      expect.objectContaining({ uid: settled.event_uid, kind: 'meeting', ...settled.slot }),
    );
  }
  expect(await ada.text('agenda', '--from', from, '--to', to)).toMatch(/The garden {2}\(arranged, with Robin\)/);
});

test('every message can be read', async () => {
  const [proposal] = await ada.json<Proposal[]>('proposals');
  const history = await ada.json<{ kind: string; summary: string; body: Document; at: string }[]>(
    'history',
    proposal?.id ?? '',
  );
  expect(history.map(({ kind }) => kind)).toEqual(['QUERY', 'RESPONSE', 'PROPOSAL', 'CONFIRMATION']);
  for (const message of history) {
    expectKeys(message, 'message');
    expect(message.body['type']).toBe(message.kind);
    expect(message.at).toMatch(INSTANT);
    expect(message.summary).not.toBe('');
  }
  expect(await ada.text('history')).toContain('garden');
});

test('a time is chosen first, declined with a reason, and the command says so with its exit code', async () => {
  const review = await ada.json<{ id: string; state: string; options: Stretch[] }>(
    'schedule',
    '--with',
    'Robin',
    '--duration',
    '1h',
    '--between',
    week(),
    '--title',
    'Harvest',
    '--review',
  );
  expect(review.state).toBe('asking');
  let options: Stretch[] = [];
  await robin.json('proposals');
  await expect(async () => {
    const found = (await ada.json<(Proposal & { options: Stretch[] })[]>('proposals')).find(
      ({ id }) => id === review.id,
    );
    expect(found?.state).toBe('review');
    options = found?.options ?? [];
  }).toPass();
  const chosen = options[1]?.start ?? '';
  expect(await ada.json('proposals', 'approve', review.id, '--start', chosen)).toMatchObject({
    state: 'proposed',
    slot: { start: chosen },
  });
  await expect(async () => {
    expect((await robin.json<Proposal[]>('proposals')).find(({ id }) => id === review.id)?.state).toBe('approval');
  }).toPass();
  await robin.json('proposals', 'reject', review.id, '--reason', 'away that day');
  await expect(async () => {
    const found = (await ada.json<(Proposal & { reason: string })[]>('proposals')).find(({ id }) => id === review.id);
    expect(found).toMatchObject({ state: 'rejected' });
    expect(found?.reason).toContain('away that day');
  }).toPass();

  const waits = ada.call([
    'schedule',
    'an hour with Robin next week about rakes',
    '--wait',
    '--timeout',
    '2s',
    '--json',
  ]);
  const { code, stdout } = await waits;
  expect(code).toBe(3);
  expectKeys(JSON.parse(stdout), 'proposal');
});

test('a confirmed meeting is called off on both sides', async () => {
  const garden = (await ada.json<(Proposal & { title: string })[]>('proposals')).find(
    ({ state }) => state === 'confirmed',
  );
  await ada.json('proposals', 'cancel', garden?.id ?? '');
  await expect(async () => {
    expect((await robin.json<Proposal[]>('proposals')).find(({ id }) => id === garden?.id)?.state).toBe('cancelled');
  }).toPass();
  const [from, to] = week().split('..') as [string, string];
  for (const agent of [ada, robin]) {
    expect(await agent.json('agenda', '--from', from, '--to', to)).not.toContainEqual(
      expect.objectContaining({ uid: garden?.event_uid }),
    );
  }
});

test('preferences are shown and set', async () => {
  const preferences = await robin.json(
    'preferences',
    'set',
    '--hours',
    'mon-thu 09:00-17:00, fri 09:00-13:00',
    '--buffer',
    '10m',
    '--approve-meetings',
    'auto',
  );
  expectKeys(preferences, 'preferences');
  expect(preferences).toMatchObject({ buffer_minutes: 10, approve_meetings: 'auto' });
  expect(await robin.json('preferences')).toEqual(preferences);
  expect((preferences as { working_hours: unknown[] }).working_hours).toContainEqual({
    weekday: 'friday',
    from: '09:00:00',
    to: '13:00:00',
  });
});

test('`run` answers by policy, and the other verbs reach it without a passphrase', async () => {
  const running = await robin.run();
  await running.prints(/"connection":"online"/);
  expect(statSync(join(robin.home, 'agent.sock')).mode & 0o077).toBe(0);
  const settled = await ada.json<Proposal>(
    'schedule',
    '20 minutes with Robin next week about seeds',
    '--wait',
    '--timeout',
    '2m',
  );
  expect(settled.state).toBe('confirmed');
  const said = await running.prints(new RegExp(`^.*"event":"proposal".*${settled.id}.*"confirmed".*$`, 'm'));
  const event = JSON.parse(said[0]) as Document;
  expect(event['at']).toMatch(INSTANT);
  expectKeys(event['proposal'], 'proposal');

  const { code, stdout } = await robin.call(['status', '--json'], null);
  expect(code).toBe(0);
  expectKeys(JSON.parse(stdout), 'status');
  expect(JSON.parse(stdout)).toMatchObject({ name: 'Robin', running: true, connection: 'online', queued: 0 });
  expect(JSON.parse((await robin.call(['proposals', '--json'], null)).stdout)).toContainEqual(
    expect.objectContaining({ id: settled.id, event_uid: settled.event_uid }),
  );
  expect((await robin.refusal(['run'])).code).toBe('vault_busy');
});

test('the local socket speaks as documented', async () => {
  const socket = connect(join(robin.home, 'agent.sock'));
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value as string) as Document;
  const say = (line: string) => socket.write(`${line}\n`);
  try {
    say('{"id":1,"command":{"type":"invite","uses":2}}');
    expect(await next()).toMatchObject({ id: 1, ok: { type: 'invitation', value: { uses_left: 2 } } });
    say('{"id":2,"query":{"type":"status"}}');
    expect(await next()).toMatchObject({ id: 2, ok: { type: 'status', value: { name: 'Robin' } } });
    say('{"id":3,"command":{"type":"approve_contact","contact":"nobody"}}');
    expect(await next()).toMatchObject({
      id: 3,
      error: { code: 'not_found', message: expect.any(String), next_step: expect.any(String) },
    });
    say('what');
    expect(await next()).toMatchObject({ id: null, error: { message: expect.any(String) } });
  } finally {
    socket.destroy();
  }
  await robin.stop();
  expect(readdirSync(robin.home)).not.toContain('agent.sock');
});
