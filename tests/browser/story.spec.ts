/**
 * The whole story: two people with browsers and one with a terminal meet
 * through a relay; then everything that the relay received, stored or logged
 * is searched for any word of it.
 */

import { mkdirSync } from 'node:fs';
import { Agent } from './support/agent.ts';
import { calendar, fixture } from './support/calendars.ts';
import { CapturingProxy } from './support/capture.ts';
import { expect, People, test } from './support/fixtures.ts';
import type { AgentMessage, Person } from './support/person.ts';
import { Relay } from './support/relay.ts';
import { wordsOf } from './support/said.ts';
import { filesBelow, find, type Haystack } from './support/secrecy.ts';
import { clock, dayOfNextWeek, shortDay, slot, type Stretch } from './support/times.ts';

const ALICE = { name: 'Alice Quillfeather', passphrase: 'zinnia turnpike mandolin', timeZone: 'Europe/Berlin' };
const BEA = { name: 'Bea Thistlewood', passphrase: 'obsidian rhubarb lighthouse', timeZone: 'America/New_York' };
const CAROL = { name: 'Carol Marchbanks', passphrase: 'cormorant ratchet saffron', timeZone: 'Africa/Johannesburg' };

interface Proposal {
  id: string;
  state: string;
  title: string;
  slot: Stretch;
  event_uid: string;
}
interface Event extends Stretch {
  uid: string;
  title: string;
  kind: string;
}

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let proxy: CapturingProxy;
let people: People;
let alice: Person;
let bea: Person;
let carol: Agent;
const invitations: string[] = [];
/** What the agents said that is told to nobody else, found as the story goes on. */
const secrets: string[] = [];
let wisteria: AgentMessage['body'] & Stretch & { uid: string };

test.beforeAll(async ({ browser }) => {
  mkdirSync('results', { recursive: true });
  relay = await Relay.start();
  proxy = await CapturingProxy.start(relay.address);
  people = new People(browser);
  carol = new Agent(CAROL.passphrase);
});

test.afterAll(async () => {
  await people?.close();
  await carol?.remove();
  await proxy?.stop();
  await relay?.remove();
});

/** A meeting as the week view names it. */
const inCalendar = (
  person: Person,
  kind: 'Meeting' | 'Held',
  title: string,
  other: string,
  { start, end }: Stretch,
) => {
  const [from, to] = [Date.parse(start), Date.parse(end)];
  const zone = person.who.timeZone;
  const name = `^${kind}: ${title} ${clock(from, zone)} ?–${clock(to, zone)} with ${other} ${shortDay(from, zone)}$`;
  return person.calendar.getByRole('button', { name: new RegExp(name) });
};

test('Alice and Bea make their vaults, Bea from Alice’s invitation', async () => {
  alice = await people.open(ALICE);
  await alice.createVault(proxy.url);
  const link = await alice.invite();
  invitations.push(link);

  bea = await people.open(BEA);
  await bea.createVault(link);
  expect(bea.page.url()).not.toContain('invite');
  const card = bea.page.getByRole('region', { name: 'Invitation' });
  await expect(card.getByRole('heading', { name: `${ALICE.name} invites you` })).toBeVisible();
  await card.getByRole('button', { name: 'Accept invitation' }).click();
  await expect(card.getByRole('heading', { name: `You accepted ${ALICE.name}’s invitation` })).toBeVisible();
  await card.getByRole('button', { name: 'Close' }).click();
});

test('Alice approves Bea, and both see the same safety number', async () => {
  await alice.approve(BEA.name);
  await bea.go('People');
  await expect(bea.contact(ALICE.name)).toContainText('Contact since');

  const numbers: string[][] = [];
  for (const [person, other] of [
    [alice, BEA.name],
    [bea, ALICE.name],
  ] as const) {
    await person.page.getByRole('button', { name: `Verify ${other}` }).click();
    const dialog = person.page.getByRole('dialog', { name: `Is it really ${other}?` });
    await expect(dialog.getByRole('listitem')).toHaveCount(12);
    numbers.push(await dialog.getByRole('listitem').allTextContents());
    await dialog.getByRole('button', { name: 'They match' }).click();
    await expect(person.contact(other)).toContainText('Verified');
  }
  expect(numbers[0]).toEqual(numbers[1]);
  secrets.push((numbers[0] ?? []).join(' '), (numbers[0] ?? []).join(''));
});

test('Carol joins from the terminal: one invitation accepted there, one in the browser', async () => {
  const made = await carol.json<{ name: string; registered: boolean }>(
    'init',
    '--relay',
    proxy.url,
    '--name',
    CAROL.name,
    '--time-zone',
    CAROL.timeZone,
  );
  expect(made).toMatchObject({ name: CAROL.name, registered: true });

  const toCarol = await alice.invite();
  invitations.push(toCarol);
  expect(await carol.json('accept', toCarol)).toMatchObject({ name: ALICE.name, state: 'waiting' });
  await alice.approve(CAROL.name);

  const { link } = await carol.json<{ link: string }>('invite');
  invitations.push(link);
  await bea.accept(link);
  await expect(bea.page.getByText(`You accepted ${CAROL.name}’s invitation.`)).toBeVisible();
  expect(await carol.json('contacts', 'approve', BEA.name)).toMatchObject({ name: BEA.name, state: 'active' });
  await expect(bea.contact(CAROL.name)).toContainText('Contact since');
  await expect(bea.page.getByText(`${CAROL.name} and you are contacts.`)).toBeVisible();

  expect(await carol.json('contacts')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: ALICE.name, state: 'active' }),
      expect.objectContaining({ name: BEA.name, state: 'active' }),
    ]),
  );
  expect(await carol.json('preferences', 'set', '--approve-meetings', 'auto')).toMatchObject({
    approve_meetings: 'auto',
  });
});

test('everyone imports calendars', async () => {
  const busy = [0, 1, 2].map((weekday) => ({
    title: 'Kaleidoscope workshop',
    location: 'Observatory basement',
    day: dayOfNextWeek(weekday, ALICE.timeZone),
    from: '08:00',
    to: '18:00',
  }));
  let dialog = await alice.importCalendars(fixture('google.ics'));
  await expect(dialog).toHaveAccessibleName('Calendar imported');
  await dialog.getByRole('button', { name: 'Done' }).click();
  dialog = await alice.importCalendars(calendar('Vestibule', ALICE.timeZone, busy));
  await expect(dialog.getByRole('heading', { level: 3, name: 'Vestibule' })).toBeVisible();
  await expect(dialog).toContainText('3 events in your calendar now.');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(alice.page.getByRole('list', { name: 'Imported calendars' }).getByRole('listitem')).toHaveCount(2);

  dialog = await bea.importCalendars(fixture('nextcloud.ics'));
  await dialog.getByRole('button', { name: 'Done' }).click();
  dialog = await bea.importCalendars(
    calendar('Errands', BEA.timeZone, [
      { title: 'Dentist Hargreaves', day: dayOfNextWeek(3, ALICE.timeZone), from: '08:00', to: '20:00' },
    ]),
  );
  await dialog.getByRole('button', { name: 'Done' }).click();

  const report = await carol.json<{ calendar: { name: string; events: number }; skipped: unknown[] }>(
    'calendar',
    'import',
    fixture('proton.ics'),
    '--name',
    'Evenings',
  );
  expect(report.calendar).toMatchObject({ name: 'Evenings' });
  expect(report.calendar.events).toBeGreaterThan(0);

  // The week shows what was imported, in its own time zone.
  await alice.go('Week');
  await alice.calendar.getByRole('button', { name: 'Next week' }).click();
  await expect(alice.calendar.getByRole('button', { name: /^Kaleidoscope workshop 08:00–18:00/ })).toHaveCount(3);
  await alice.calendar
    .getByRole('button', { name: /^Kaleidoscope workshop/ })
    .first()
    .click();
  const details = alice.page.getByRole('dialog', { name: 'Kaleidoscope workshop' });
  await expect(details).toContainText('Observatory basement');
  await details.getByRole('button', { name: 'Close' }).click();
});

test('one sentence of Alice’s, and the agents negotiate around both calendars', async () => {
  await alice.go('Week');
  await alice.page.keyboard.press('/');
  await expect(alice.box).toBeFocused();
  await alice.page.keyboard.type('half an hour with Bea next week about the Wisteria budget');
  await expect(alice.page.getByRole('form', { name: 'Arrange a meeting' })).toContainText(
    `30 minutes with ${BEA.name}`,
  );
  await alice.page.keyboard.press('Enter');

  await expect(alice.meetings.getByRole('heading', { level: 2, name: 'The Wisteria budget' })).toBeVisible();
  await expect(alice.state).toContainText(`Waiting for ${BEA.name}`);
  await expect(alice.messages.getByText('Question', { exact: true })).toBeVisible();
  await expect(alice.messages.getByText('Answer', { exact: true })).toBeVisible();
  await expect(alice.messages.getByText('Proposal', { exact: true })).toBeVisible();
  expect(await alice.message('Question')).toMatchObject({
    type: 'QUERY',
    body: { title: 'The Wisteria budget', duration_minutes: 30 },
  });
  expect(await alice.message('Answer')).toMatchObject({ type: 'RESPONSE' });

  const proposal = await alice.message('Proposal');
  expect(proposal).toMatchObject({ type: 'PROPOSAL', body: { title: 'The Wisteria budget' } });
  const found = proposal.body.slot ?? { start: '', end: '' };
  wisteria = { ...proposal.body, ...found, uid: proposal.body.uid ?? '' };
  expect(Date.parse(found.end) - Date.parse(found.start)).toBe(30 * 60_000);
  // Alice has no time before Thursday, Bea none on Thursday.
  expect(slot(found, ALICE.timeZone)).toMatch(/^Fri /);
  await expect(inCalendar(alice, 'Held', 'The Wisteria budget', BEA.name, wisteria)).toBeVisible();
  // When it ends is said as the agents say it to each other.
  const ends = Date.parse((await alice.message('Proposal')).body.expires_at ?? '');
  await expect(alice.state).toContainText(
    `Ends by itself on ${shortDay(ends, ALICE.timeZone)}, ${clock(ends, ALICE.timeZone)}`,
  );
});

test('Bea approves, and both have the same event', async () => {
  await expect(bea.page).toHaveTitle(/^\(1\)/);
  await bea.openMeeting(/The Wisteria budget/);
  await expect(bea.state).toContainText(`${ALICE.name} asks for ${slot(wisteria, BEA.timeZone)}`);
  await expect(inCalendar(bea, 'Held', 'The Wisteria budget', ALICE.name, wisteria)).toBeVisible();
  await bea.page.screenshot({ path: 'results/approval.png' });
  await bea.press('Approve');

  for (const [person, other] of [
    [bea, ALICE.name],
    [alice, BEA.name],
  ] as const) {
    await expect(person.state).toContainText('Confirmed');
    await expect(inCalendar(person, 'Meeting', 'The Wisteria budget', other, wisteria)).toBeVisible();
    const confirmation = await person.message('Confirmation');
    expect(confirmation).toMatchObject({
      type: 'CONFIRMATION',
      body: { uid: wisteria.uid, slot: { start: wisteria.start, end: wisteria.end } },
    });
    await expect(person.messages).toHaveCount(4);
  }
  secrets.push(wisteria.uid, wisteria.start, wisteria.end);
  await alice.page.screenshot({ path: 'results/confirmed.png' });
});

test('Carol schedules with Alice from the terminal, and Alice approves in the browser', async () => {
  const days = `${dayOfNextWeek(0, ALICE.timeZone)}..${dayOfNextWeek(4, ALICE.timeZone)}`;
  const asking = carol.json<Proposal>(
    'schedule',
    '--with',
    'Alice',
    '--duration',
    '45m',
    '--between',
    days,
    '--title',
    'Tapestry inventory',
    '--wait',
    '--timeout',
    '2m',
  );
  await alice.openMeeting(/Tapestry inventory/);
  await expect(alice.state).toContainText(`${CAROL.name} asks for`);
  await alice.press('Approve');
  const settled = await asking;
  expect(settled).toMatchObject({ state: 'confirmed', title: 'Tapestry inventory' });
  secrets.push(settled.event_uid, settled.slot.start);

  await expect(inCalendar(alice, 'Meeting', 'Tapestry inventory', CAROL.name, settled.slot)).toBeVisible();
  const agenda = await carol.json<Event[]>(
    'agenda',
    '--from',
    dayOfNextWeek(0, ALICE.timeZone),
    '--to',
    dayOfNextWeek(6, ALICE.timeZone),
  );
  expect(agenda).toContainEqual(
    expect.objectContaining({ uid: settled.event_uid, kind: 'meeting', title: 'Tapestry inventory', ...settled.slot }),
  );
  const confirmation = await alice.message('Confirmation');
  expect(confirmation.body.uid).toBe(settled.event_uid);
});

test('Carol’s agent stays online and confirms by itself', async () => {
  const running = await carol.run();
  await running.prints(/"connection":"online"/);
  await bea.ask('20 minutes with Carol next week about the Petroglyph catalogue');
  await expect(bea.state).toContainText('Confirmed');
  const { body } = await bea.message('Confirmation');
  await running.prints(/"event":"proposal".*Petroglyph/);
  // While it runs, the other verbs reach it and need no passphrase.
  const { code, stdout } = await carol.call(['proposals', '--json'], null);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({ state: 'confirmed', event_uid: body.uid, direction: 'incoming' }),
  );
  await carol.stop();
});

test('Alice chooses the time first, Bea declines with another time, and they agree on it', async () => {
  await alice.go('Week');
  await alice.page.getByRole('switch', { name: 'Let me choose the time first' }).check();
  await alice.ask(`25 minutes with Bea on ${dayOfNextWeek(4, ALICE.timeZone)} about the Marmalade festival`);
  const options = alice.page.getByRole('list', { name: 'Times that suit both' }).getByRole('button');
  await expect(alice.state).toContainText('Pick a time');
  await expect(options.first()).toContainText('Best');
  await alice.page.screenshot({ path: 'results/review.png' });
  await options.nth(1).click();
  await expect(alice.state).toContainText(`Waiting for ${BEA.name}`);

  await bea.openMeeting(/Marmalade festival/);
  await bea.press('Decline');
  await bea.page.getByLabel('Reason, if you like').fill('Trombone rehearsal');
  await expect(bea.page.getByRole('switch', { name: 'Offer another time' })).toBeChecked();
  await bea.press('Send decline');
  await expect(bea.messages.filter({ hasText: 'Refusal' })).toHaveCount(1);
  await expect(alice.messages.filter({ hasText: 'Trombone rehearsal' })).toHaveCount(1);

  await expect(alice.state).toContainText('Pick a time');
  await options.first().click();
  await expect(bea.state).toContainText(`${ALICE.name} asks for`);
  await bea.press('Approve');
  await expect(alice.state).toContainText('Confirmed');
  const { slot: agreed } = (await alice.message('Confirmation')).body;
  if (!agreed) throw new Error('The confirmation names no time.');
  await expect(inCalendar(alice, 'Meeting', 'The Marmalade festival', BEA.name, agreed)).toBeVisible();
  await expect(inCalendar(bea, 'Meeting', 'The Marmalade festival', ALICE.name, agreed)).toBeVisible();
});

test('a confirmed meeting is called off on both sides', async () => {
  await alice.openMeeting(/The Wisteria budget/);
  await alice.press('Call off the meeting');
  await alice.page.getByLabel('Reason, if you like').fill('Pneumonia, alas');
  await alice.press('Call it off');
  await expect(alice.state).toContainText('Called off');
  await expect(alice.calendar.getByRole('button', { name: /The Wisteria budget/ })).toHaveCount(0);

  await bea.go('Week');
  await expect(bea.calendar.getByRole('button', { name: /The Wisteria budget/ })).toHaveCount(0);
});

test('a message waits at the relay while Bea is locked, and nothing of hers is lost', async () => {
  await bea.lock();
  const before = proxy.captured.length;
  const { id } = await carol.json<Proposal>('schedule', '20 minutes with Bea next week about the Zeppelin museum');
  secrets.push(id);
  expect(find(words(), atRest())).toEqual([]);
  // The sealed message itself lies there.
  const posted = proxy.captured
    .slice(before)
    .filter(({ direction, kind }) => kind === 'message' && direction === 'to relay');
  const sealed = posted.map(({ bytes }) => bytes).reduce((one, other) => (other.length > one.length ? other : one));
  expect(find([sealed.subarray(-96, -32)], atRest())).not.toEqual([]);

  await bea.unlock('obsidian rhubarb lighthous');
  await expect(bea.alert.locator('strong')).not.toBeEmpty();
  await expect(bea.passphrase).toHaveValue('obsidian rhubarb lighthous');
  await bea.unlock();
  await bea.expectOnline();
  await bea.openMeeting(/Zeppelin museum/);
  await expect(bea.state).toContainText(`${CAROL.name} asks for 20 minutes`);
});

test('after a reload everything is still there', async () => {
  await alice.page.reload();
  await alice.unlock();
  await alice.expectOnline();
  await alice.go('People');
  for (const name of [BEA.name, CAROL.name]) await expect(alice.contact(name)).toContainText('Contact since');
  await expect(alice.contact(BEA.name)).toContainText('Verified');
  await alice.go('Calendars');
  await expect(alice.page.getByRole('list', { name: 'Imported calendars' }).getByRole('listitem')).toHaveCount(2);
  await alice.openMeeting(/Tapestry inventory/);
  await expect(alice.state).toContainText('Confirmed');
  await expect(alice.messages).toHaveCount(4);
  await expect(alice.calendar.getByRole('button', { name: /^Meeting: Tapestry inventory/ })).toBeVisible();
});

test('nothing that the relay received, stored or logged contains a word of it', async () => {
  // Enough went through to be worth a search.
  expect(proxy.messages('to relay')).toBeGreaterThan(60);
  expect(proxy.messages('from relay')).toBeGreaterThan(60);
  // As it is when the power goes: with everything that was never tidied away.
  await relay.stop('SIGKILL');

  // What was typed and imported is what is searched for.
  const derived = words();
  for (const word of ['Alice', 'Quillfeather', 'Carol', 'budget', 'museum', 'Tapestry', 'Chorwochenende', 'français']) {
    expect(derived, word).toContain(word);
  }

  const capture = await captured();
  const stored = atRest();
  expect(find(words(), capture)).toEqual([]);
  expect(find(words(), stored)).toEqual([]);

  // What the relay does know is found in the same places.
  const { account } = await carol.json<{ account: string }>('status', '--offline');
  const known = Buffer.from(account, 'hex');
  const places = (haystacks: Haystack[]) => new Set(find([known], haystacks).map(({ where }) => where.split(' ')[0]));
  expect(places(capture)).toContain('message');
  expect(places(stored)).toContain('file');
  expect(find(['a device connected'], stored).map(({ where }) => where)).toEqual(['log']);
  expect(find(['/v1/socket'], capture)).not.toEqual([]);
  // And so is a word that is put there.
  const planted = {
    name: 'planted',
    bytes: Buffer.concat([capture.at(-1)?.bytes ?? Buffer.alloc(0), Buffer.from('{"title":"Wisteria"}')]),
  };
  expect(find(words(), [planted])).toHaveLength(1);
});

test('no page complained', () => {
  alice.expectNoComplaints();
  bea.expectNoComplaints();
});

function words(): (string | Buffer)[] {
  const said = wordsOf([...alice.said, ...bea.said, ...carol.said]);
  const agents = [
    ...['BEGIN:VCALENDAR', 'VEVENT', 'HANDSHAKE', 'QUERY', 'RESPONSE', 'PROPOSAL', 'CONFIRMATION', 'REJECTION'],
    ...['duration_minutes', 'time_zone', 'working_hours', '@sotto', 'conversation', 'in_reply_to', 'invite='],
    ...[ALICE.timeZone, BEA.timeZone, CAROL.timeZone, 'New York', 'Johannesburg'],
  ];
  const fragments = invitations.map((link) => link.slice(link.indexOf('#invite=') + '#invite='.length));
  // Past the public beginning of an invitation: who made it, and the mailbox.
  const confidential = fragments.map((fragment) => Buffer.from(fragment, 'base64url').subarray(65, 97));
  const ids = secrets
    .filter((secret) => /^[0-9a-f]{32}/.test(secret))
    .map((secret) => Buffer.from(secret.slice(0, 32), 'hex'));
  return [...said, ...agents, ...secrets, ...fragments, ...confidential, ...ids];
}

/** What the relay keeps: its files and its log. */
function atRest(): Haystack[] {
  return [...filesBelow(relay.data), { name: 'log', bytes: relay.log }];
}

/**
 * Everything that came and went, but for the web app itself: its own text
 * knows words like “proposal”. What a relay serves that nobody has used is the app.
 */
async function captured(): Promise<Haystack[]> {
  const unused = await Relay.start();
  const app = new Map<string, Buffer>();
  for (const { kind, path } of proxy.captured) {
    if (kind !== 'body' || app.has(path)) continue;
    app.set(path, Buffer.from(await (await fetch(`${unused.url}${path}`)).arrayBuffer()));
  }
  await unused.remove();
  const rest = proxy.captured.filter(
    ({ direction, kind, path, bytes }) =>
      !(kind === 'body' && direction === 'from relay' && app.get(path)?.equals(bytes)),
  );
  return rest.map(({ direction, kind, path, bytes }, at) => ({ name: `${kind} ${at} ${direction} of ${path}`, bytes }));
}
