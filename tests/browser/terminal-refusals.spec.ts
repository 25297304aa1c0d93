/** What bad input gets in a terminal: what is wrong, what to do, an exit code, and nothing lost. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from './support/agent.ts';
import { fixture } from './support/calendars.ts';
import { expect, PASSPHRASE, test } from './support/fixtures.ts';
import { expired, typo } from './support/invitations.ts';
import { Relay } from './support/relay.ts';

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
  for (const [agent, name] of [
    [ada, 'Ada'],
    [robin, 'Robin'],
  ] as const)
    await agent.json('init', '--relay', relay.url, '--name', name, '--time-zone', 'Europe/Berlin');
  const { link } = await ada.json<{ link: string }>('invite');
  await robin.json('accept', link);
  await ada.json('contacts', 'approve', 'robin');
  await robin.json('preferences', 'set', '--approve-meetings', 'auto');
});

test.afterAll(async () => {
  await ada?.remove();
  await robin?.remove();
  await relay?.remove();
  if (folder) rmSync(folder, { recursive: true });
});

/** One line of JSON with the code, what is wrong and what to do, and exit code 1. */
async function refused(
  agent: Agent,
  args: readonly string[],
  code: string,
  message: RegExp,
  nextStep: RegExp,
  passphrase?: string | null,
) {
  const refusal = await agent.refusal(args, passphrase);
  expect(refusal).toMatchObject({ exit: 1, code });
  expect(refusal.message).toMatch(message);
  expect(refusal.next_step).toMatch(nextStep);
  const { code: exit, stdout, stderr } = await agent.call(args, passphrase);
  expect(exit).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain(refusal.message);
  expect(stderr).toContain(refusal.next_step);
}

test('passphrases and homes', async ({ agent }) => {
  await refused(ada, ['status', '--offline'], 'wrong_passphrase', /not the vault/, /Try again/, 'lantern gravel ottre');
  await refused(ada, ['status', '--offline'], 'value_invalid', /no terminal/, /SOTTO_PASSPHRASE/, null);
  await refused(
    ada,
    ['init', '--relay', relay.url, '--name', 'Ada'],
    'vault_exists',
    /There is a vault/,
    /another directory/,
  );
  await refused(agent(), ['status'], 'vault_missing', /There is no vault/, /sotto init/);
});

test('invitations', async ({ agent, relay: elsewhere }) => {
  const { link } = await ada.json<{ link: string }>('invite');
  await refused(robin, ['accept', typo(link)], 'invitation_invalid', /incomplete or damaged/, /Copy the whole link/);
  await refused(robin, ['accept', 'hello'], 'invitation_invalid', /not an invitation link/, /Copy the whole link/);
  await refused(ada, ['accept', link], 'invitation_own', /your own/, /Send the link/);

  const zoe = agent();
  await zoe.json('init', '--relay', relay.url, '--name', 'Zoe');
  await refused(zoe, ['accept', expired(link)], 'invitation_expired', /has expired/, /Ask Ada for a new one/);
  await refused(
    zoe,
    ['accept', link.replace(relay.url, elsewhere.url)],
    'invitation_other_relay',
    /another relay/,
    /./,
  );
  expect(await zoe.json('accept', link)).toMatchObject({ name: 'Ada', state: 'waiting' });
  await ada.json('contacts', 'approve', 'Zoe');
  const late = agent();
  await late.json('init', '--relay', relay.url, '--name', 'Late');
  await refused(late, ['accept', link], 'invitation_used', /used already/, /Ask Ada for a new one/);
});

test('calendars', async () => {
  const { calendar } = await ada.json<{ calendar: unknown }>('calendar', 'import', fixture('outlook-desktop.ics'));
  for (const file of [
    'binary',
    'contacts',
    'cut-off',
    'cut-off-between-events',
    'empty',
    'json',
    'sign-in-page',
    'strung-together',
    'zip',
  ]) {
    await refused(
      ada,
      ['calendar', 'import', fixture(`damaged/${file}.ics`)],
      'calendar_invalid',
      /Expected|calendar/,
      /./,
    );
  }
  await refused(
    ada,
    ['calendar', 'import', join(folder, 'missing.ics')],
    'not_found',
    /There is no file/,
    /Check the path/,
  );
  const { skipped } = await ada.json<{ skipped: { what: string; why: string }[] }>(
    'calendar',
    'import',
    fixture('damaged/events.ics'),
  );
  expect(skipped).toContainEqual({
    what: 'Thirtieth of February',
    why: expect.stringContaining('not a date that exists'),
  });
  expect(await ada.json('calendar', 'list')).toContainEqual(calendar);
});

test('requests', async () => {
  await ada.json('schedule', 'half an hour with Robin next week about the garden');
  await refused(
    ada,
    ['schedule', 'half an hour with Zelda next week'],
    'not_found',
    /nobody called “Zelda”/,
    /Choose one of those you know/,
  );
  await refused(ada, ['schedule', 'half an hour next week'], 'not_understood', /names nobody/, /Say with whom/);
  await refused(
    ada,
    ['schedule', 'half an hour with Robin on 31 February'],
    'date_invalid',
    /no “31 February”/,
    /Choose a day that exists/,
  );
  await refused(
    ada,
    ['schedule', '--with', 'Robin', '--duration', '30m', '--between', '2027-02-30'],
    'date_invalid',
    /2027-02-30/,
    /./,
  );
  await refused(
    ada,
    ['schedule', '--with', 'Robin', '--duration', '30m', '--between', '2020-01-06..2020-01-10'],
    'window_impossible',
    /over/,
    /later day/,
  );
  await refused(
    ada,
    ['schedule', 'two hours with Robin next week between 9:00 and 10:00'],
    'window_impossible',
    /no room/,
    /shorter meeting/,
  );
  await refused(ada, ['schedule', 'half an hour with Robin last Sunday'], 'window_impossible', /over/, /later day/);
  await refused(ada, ['agenda', '--from', '2026-02-30'], 'date_invalid', /no day/, /existing day/);
  await refused(
    ada,
    ['proposals', 'approve', 'ffffffff'],
    'not_found',
    /no proposal called “ffffffff”/,
    /^Use one of these: The garden\.$/,
  );
});

test('wrong usage has an exit code of its own', async () => {
  for (const args of [['frobnicate'], ['schedule'], ['schedule', '--duration'], ['invite', '--valid', 'soon']]) {
    const { code, stdout, stderr } = await ada.call(args);
    expect(code, args.join(' ')).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/error: /);
  }
  for (const verb of [
    'init',
    'devices',
    'invite',
    'invitations',
    'accept',
    'contacts',
    'calendar',
    'agenda',
    'schedule',
    'proposals',
    'history',
    'preferences',
    'run',
    'status',
  ]) {
    const { code, stdout } = await ada.call([verb, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Example');
  }
});

test('a home that cannot be made', async ({ agent }) => {
  const file = join(folder, 'no-folder');
  writeFileSync(file, '');
  const args = ['init', '--relay', relay.url, '--name', 'Stuck', '--home', join(file, 'home')];
  await refused(agent(), args, 'store_failed', /no-folder/, /Check that the disk/);
});

test('a relay that cannot be reached: what is asked is queued, and goes out when it is back', async ({ agent }) => {
  const eve = agent();
  await eve.json('init', '--relay', relay.url, '--name', 'Eve');
  const { link } = await eve.json<{ link: string }>('invite');
  await relay.stop();
  const { code, stdout, stderr } = await ada.call([
    'schedule',
    '15 minutes with Robin next week about compost',
    '--json',
  ]);
  expect(code).toBe(0);
  const { id } = JSON.parse(stdout) as { id: string };
  const { warning } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as {
    warning: { message: string; next_step: string };
  };
  expect(warning.message).toMatch(/Queued/);
  expect(warning.next_step).toMatch(/sotto run/);
  expect(await ada.json('status')).toMatchObject({ connection: 'offline', queued: 1 });
  expect(await ada.json<unknown[]>('agenda')).toBeDefined();
  expect(await ada.refusal(['accept', link])).toMatchObject({
    exit: 1,
    code: 'relay_unreachable',
    message: expect.stringContaining('cannot be reached'),
    next_step: expect.stringContaining('accept the invitation again'),
  });

  await relay.start();
  const robins = await robin.run();
  await robins.prints(/"connection":"online"/);
  const adas = await ada.run();
  await adas.prints(new RegExp(`"event":"proposal".*${id}.*"confirmed"`));
  await ada.stop();
  await robin.stop();
});
