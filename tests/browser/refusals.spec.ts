/** What bad input gets in the web app: what is wrong and what to do next, with nothing lost. */

import type { Locator } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { fixture } from './support/calendars.ts';
import { expect, People, test } from './support/fixtures.ts';
import { expired, typo } from './support/invitations.ts';
import type { Person } from './support/person.ts';
import { Relay } from './support/relay.ts';

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let people: People;
let alice: Person;
let bea: Person;

test.beforeAll(async ({ browser }) => {
  relay = await Relay.start();
  people = new People(browser);
  alice = await people.open({ name: 'Alice' });
  bea = await people.open({ name: 'Bea' });
});

test.afterAll(async () => {
  await people?.close();
  await relay?.remove();
});

/** That the field is wrong, says what is, and has the cursor. */
async function expectAtField(field: Locator, message: RegExp) {
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(message);
}

/** A refusal with its two halves. */
async function expectRefusal(where: Locator, message: RegExp, nextStep: RegExp) {
  const alert = where.getByRole('alert');
  await expect(alert).toHaveCount(1);
  await expect(alert.locator('strong')).toHaveText(message);
  await expect(alert.locator('span')).toHaveText(nextStep);
}

test('a vault is not made with a name or passphrase that will not do', async () => {
  const { page } = alice;
  await page.goto(relay.url);
  const create = page.getByRole('button', { name: 'Create my agent' });
  await alice.passphrase.fill('short');
  await create.click();
  await expectRefusal(page.locator('form'), /A name is missing/, /Enter the name/);
  await expectAtField(page.getByLabel('Your name'), /A name is missing/);
  await page.getByLabel('Your name').fill('Alice');
  await expect(alice.alert).toHaveCount(0);
  await create.click();
  await expectRefusal(page.locator('form'), /too short or too easy to guess/, /3 more characters/);
  await expectAtField(alice.passphrase, /too short or too easy to guess/);
  await expect(page.getByText('3 more characters')).toHaveCount(1);
  for (const guessable of ['password', '12345678', 'Summer2026!']) {
    await alice.passphrase.fill(guessable);
    await page.getByLabel('Repeat passphrase', { exact: true }).fill(guessable);
    await create.click();
    await expectRefusal(page.locator('form'), /too easy to guess/, /three or four unrelated words/);
  }
  await alice.passphrase.fill('lantern gravel');
  await expect(page.getByText('Easy to guess for whoever gets hold of this device')).toBeVisible();
  await alice.passphrase.fill(alice.who.passphrase);
  await page.getByLabel('Repeat passphrase', { exact: true }).fill('lantern gravel ottre');
  await create.click();
  await expectRefusal(page.locator('form'), /differ/, /Enter the same one twice/);
  await expectAtField(page.getByLabel('Repeat passphrase', { exact: true }), /differ/);
  await expect(page.getByLabel('Your name')).toHaveValue('Alice');
  await expect(alice.passphrase).toHaveValue(alice.who.passphrase);

  await page.getByLabel('Repeat passphrase', { exact: true }).fill(alice.who.passphrase);
  await create.click();
  await alice.expectOnline();
  await bea.createVault(relay.url);
});

test.describe('invitations', () => {
  let link: string;

  test.beforeAll(async () => {
    link = await alice.invite();
  });

  const refused = async (bad: string, message: RegExp, nextStep: RegExp) => {
    await bea.accept(bad);
    await expectRefusal(bea.page.getByRole('region', { name: 'Accept an invitation' }), message, nextStep);
    await expect(bea.linkBox).toHaveValue(bad);
  };

  test('a damaged link', async () => {
    await refused(typo(link), /incomplete or damaged/, /Copy the whole link again/);
    await refused(link.slice(0, -9), /incomplete or damaged/, /Copy the whole link again/);
    await refused('https://example.org/some/page', /not an invitation link/, /Copy the whole link again/);
    await bea.linkBox.fill('');
  });

  test('an expired one', async () => {
    await refused(expired(link), /invitation of Alice has expired/, /Ask Alice for a new one/);
  });

  test('one from another relay', async ({ relay: elsewhere }) => {
    await refused(
      link.replace(relay.url, elsewhere.url),
      /Alice is at another relay/,
      /Open the link in a browser and make a vault/,
    );
  });

  test('one’s own', async () => {
    await alice.accept(link);
    await expectRefusal(alice.page.getByRole('region', { name: 'Accept an invitation' }), /your own/, /Send the link/);
    await expect(alice.linkBox).toHaveValue(link);
    await alice.linkBox.fill('');
  });

  test('one that was used', async ({ person }) => {
    await bea.accept(link);
    await expect(bea.page.getByText('You accepted Alice’s invitation.')).toBeVisible();
    await alice.approve('Bea');

    const late = await person({ name: 'Late' });
    await late.createVault(link);
    const card = late.page.getByRole('region', { name: 'Invitation' });
    await card.getByRole('button', { name: 'Accept invitation' }).click();
    await expectRefusal(card, /invitation of Alice has been used already/, /Ask Alice for a new one/);
    late.expectNoComplaints();
  });

  test('a damaged one that came with the address, before and after the vault is open', async ({ person }) => {
    const lost = await person({ name: 'Lost' });
    await lost.page.goto(typo(link));
    await expect(lost.page.getByRole('heading', { level: 1, name: 'You are invited' })).toBeVisible();
    await expectRefusal(lost.page.locator('body'), /incomplete or damaged/, /Copy the whole link again/);
    await lost.page.getByLabel('Your name').fill('Lost');
    await lost.passphrase.fill(lost.who.passphrase);
    await lost.page.getByLabel('Repeat passphrase', { exact: true }).fill(lost.who.passphrase);
    await lost.page.getByRole('button', { name: 'Create my agent' }).click();
    await lost.expectOnline();
    await expectRefusal(
      lost.page.getByRole('region', { name: 'Invitation' }),
      /incomplete or damaged/,
      /Copy the whole link again/,
    );
    lost.expectNoComplaints();
  });
});

test.describe('calendars', () => {
  const WHOLLY: [file: string, what: RegExp, todo: RegExp][] = [
    ['sign-in-page', /found a web page/, /Export the calendar again/],
    ['binary', /found a file that is no text/, /Export the calendar again/],
    ['zip', /found a ZIP file/, /Unpack it/],
    ['empty', /found an empty file/, /Export the calendar again/],
    ['json', /begins with BEGIN:VCALENDAR/, /Export the calendar again/],
    ['contacts', /found contacts/, /Export the calendar again/],
    ['cut-off', /ends too early/, /Export the calendar again/],
    ['cut-off-between-events', /ends too early/, /Export the calendar again/],
    ['strung-together', /ends too early/, /Export the calendar again/],
  ];

  test('what is no calendar is refused whole, and the others are kept', async () => {
    const dialog = await alice.importCalendars(fixture('google.ics'));
    await dialog.getByRole('button', { name: 'Done' }).click();
    for (const [file, what, todo] of WHOLLY) {
      const refused = await alice.importCalendars(fixture(`damaged/${file}.ics`));
      await expect(refused, file).toHaveAccessibleName('Nothing was imported');
      await expect(refused.getByRole('heading', { level: 3 })).toHaveText(`${file}.ics`);
      await expect(refused.getByRole('alert')).toContainText(what);
      await expect(refused.getByRole('alert')).toContainText(todo);
      await expect(refused.getByRole('button', { name: 'Choose another file' })).toBeVisible();
      await refused.getByRole('button', { name: 'Done' }).click();
    }
    await expect(alice.page.getByRole('list', { name: 'Imported calendars' }).getByRole('listitem')).toHaveCount(1);
  });

  test('of a file with damaged events, the whole ones are read and the others named', async () => {
    const buffer = Buffer.from(
      readFileSync(fixture('damaged/events.ics'), 'utf8').replace(
        'BEGIN:VCALENDAR\r\n',
        'BEGIN:VCALENDAR\r\nX-WR-CALNAME:Half whole\r\n',
      ),
    );
    const dialog = await alice.importCalendars({ name: 'events.ics', mimeType: 'text/calendar', buffer });
    await expect(dialog).toContainText(/\d+ events? in your calendar now/);
    await expect(dialog).toContainText(/\d+ items could not be read; everything else was/);
    const skipped = dialog.locator('details');
    if ((await skipped.getAttribute('open')) === null) await skipped.locator('summary').click();
    await expect(dialog.getByText('Thirtieth of February')).toBeVisible();
    await dialog.getByRole('button', { name: 'Done' }).click();
  });

  test('several files at once: the good ones are read', async () => {
    const dialog = await bea.importCalendars(fixture('icloud.ics'), fixture('damaged/cut-off.ics'));
    await expect(dialog).toHaveAccessibleName('Not everything could be read');
    await expect(dialog.getByRole('heading', { level: 3 })).toHaveCount(2);
    await expect(dialog.getByRole('alert')).toHaveCount(1);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect(bea.page.getByRole('list', { name: 'Imported calendars' }).getByRole('listitem')).toHaveCount(1);
  });
});

test.describe('requests', () => {
  const BAD: [what: string, sentence: string, message: RegExp, nextStep: RegExp][] = [
    [
      'nobody known',
      'half an hour with Zelda next week',
      /You know nobody called “Zelda”/,
      /Choose one of those you know, “Bea”, or invite them/,
    ],
    ['nobody at all', 'half an hour next week', /names nobody/, /Say with whom/],
    [
      'a date that does not exist',
      'half an hour with Bea on 31 February',
      /There is no “31 February”/,
      /Choose a day that exists/,
    ],
    [
      'a time that does not exist',
      'half an hour with Bea tomorrow at 25:00',
      /no time of day “25:00”/,
      /Write it like/,
    ],
    ['a day that is over', 'half an hour with Bea on 2020-02-03', /That time is over/, /Choose today or a later day/],
    [
      'no room between two times',
      'two hours with Bea next week between 9:00 and 10:00',
      /no room for 2 h/,
      /Choose a shorter meeting/,
    ],
    [
      'longer than the part of the day',
      '8 hours with Bea next week in the mornings',
      /no room for 8 h/,
      /Choose a shorter meeting/,
    ],
    ['too long', '20 hours with Bea next week', /Expected a length between/, /Choose between/],
  ];

  for (const [what, sentence, message, nextStep] of BAD) {
    test(what, async () => {
      await alice.go('Week');
      await alice.box.fill(sentence);
      await alice.box.press('Enter');
      await expectRefusal(alice.page.getByRole('form', { name: 'Arrange a meeting' }), message, nextStep);
      await expect(alice.box).toHaveValue(sentence);
      await expect(alice.box).toBeFocused();
    });
  }

  test('the meaning, or what is missing, is shown while one types', async () => {
    await alice.box.fill('half an hour with Zelda next week');
    const form = alice.page.getByRole('form', { name: 'Arrange a meeting' });
    await expect(form).toContainText('You know nobody called “Zelda”');
    await alice.box.fill('half an hour with Bea next week');
    await expect(form).toContainText('30 minutes with Bea');
    await expect(form).not.toContainText('Zelda');
    await alice.box.fill('');
  });
});

test('a wrong passphrase', async () => {
  await alice.lock();
  await alice.unlock('lantern gravel ottre');
  await expectRefusal(
    alice.page.locator('form'),
    /not the vault’s passphrase|not the vault's passphrase/,
    /Try again; nothing is lost/,
  );
  await expectAtField(alice.passphrase, /passphrase/);
  await expect(alice.passphrase).toHaveValue('lantern gravel ottre');
  await alice.unlock();
  await alice.expectOnline();
  await alice.go('People');
  await expect(alice.contact('Bea')).toBeVisible();
});

test('a vault is open in one tab at a time, and a second one may take it over', async () => {
  const second = await alice.context.newPage();
  await second.goto(relay.url);
  const waiting = second.getByRole('heading', { level: 1, name: 'Open in another tab' });
  await expect(waiting).toBeVisible();

  // Not by being there while the first one is loaded anew.
  await alice.page.bringToFront();
  await alice.page.reload();
  await alice.unlock();
  await alice.expectOnline();
  await expect(waiting).toBeVisible();

  await second.bringToFront();
  await second.getByRole('button', { name: 'Use it here' }).click();
  await expect(second.getByRole('button', { name: 'Unlock' })).toBeVisible();
  await expect(
    alice.page.getByRole('button', { name: 'Unlock' }).or(alice.page.getByRole('button', { name: 'Use it here' })),
  ).toBeVisible();
  await second.close();
  await alice.page.reload();
  await alice.unlock();
  await alice.expectOnline();
});

test('an unreachable relay: it is said, what is asked is kept, and goes out when it is back', async () => {
  const { page } = alice;
  await alice.go('Week');
  await relay.stop();
  const connection = page.getByRole('button', { name: /^Connection: Offline/ });
  await expect(connection).toBeVisible();
  await expect(page.getByRole('main').getByRole('status').filter({ hasText: 'tried again by itself' })).toBeVisible();

  // A meeting is asked for all the same.
  await alice.ask('half an hour with Bea next week about tulips');
  const form = page.getByRole('form', { name: 'Arrange a meeting' });
  await expect(form).toContainText('It goes out to Bea’s agent as soon as the relay is back');
  await expect(alice.meetings.getByRole('heading', { level: 2 })).toHaveText(/tulips/i);
  await expect(alice.state).toContainText('Not asked yet');
  await expect(alice.messages).toHaveCount(1);
  await expect(alice.messages.first()).toContainText('waiting to be sent');
  // Why is said once, wherever one looks.
  await connection.click();
  const reason = page.getByText(/cannot be reached/).filter({ visible: true });
  await expect(reason).toHaveCount(1);
  await expect(reason).toContainText('(it did not answer, or the line broke)');
  await expect(page.getByText('tried again by itself').filter({ visible: true })).toHaveCount(1);
  await expect(page.getByRole('definition').nth(1)).toHaveText('1');
  await page.keyboard.press('Escape');

  // It is in the vault, not only in the page.
  await alice.lock();
  await alice.unlock();
  await expect(connection).toBeVisible();
  await alice.openMeeting(/tulips/i);
  await expect(alice.messages.first()).toContainText('waiting to be sent');

  await relay.start();
  await alice.expectOnline();
  await bea.expectOnline();
  await expect(alice.state).toContainText('Waiting for Bea');
  await expect(alice.messages.first()).toContainText('sent');
  await bea.openMeeting(/tulips/i);
  await bea.press('Approve');
  await expect(alice.state).toContainText('Confirmed');
});

test('an invitation that cannot be accepted without the relay is kept, and accepted when it is back', async ({
  agent,
}) => {
  const carol = agent();
  await carol.json('init', '--relay', relay.url, '--name', 'Carol');
  const { link } = await carol.json<{ link: string }>('invite');
  await bea.go('People');
  await relay.stop();
  await bea.accept(link);
  await expectRefusal(
    bea.page.getByRole('region', { name: 'Accept an invitation' }),
    /relay .* cannot be reached/,
    /Check your connection and the relay, then accept the invitation again/,
  );
  await expect(bea.linkBox).toHaveValue(link);
  await relay.start();
  await bea.page.getByRole('button', { name: 'Accept', exact: true }).click();
  await expect(bea.page.getByText('You accepted Carol’s invitation.')).toBeVisible();
});

test('no page complained, but about the relay that was not there', () => {
  const unreachable = /ERR_CONNECTION_REFUSED|WebSocket connection to .* failed/;
  alice.expectNoComplaints(unreachable);
  bea.expectNoComplaints(unreachable);
});
