/** What people see of identities and keys: the digits of an invitation, codes to scan, what the relay holds. */

import { scan } from './support/qr.ts';
import { CapturingProxy } from './support/capture.ts';
import { expect, People, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';
import { Relay } from './support/relay.ts';

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let line: CapturingProxy;
let people: People;
let ada: Person;
let bea: Person;
let link: string;
let digits: string;

test.beforeAll(async ({ browser }) => {
  relay = await Relay.start();
  line = await CapturingProxy.start(relay.address);
  people = new People(browser);
  ada = await people.open({ name: 'Ada' });
  await ada.createVault(line.url);
  bea = await people.open({ name: 'Bea' });
});

test.afterAll(async () => {
  await people?.close();
  await line?.stop();
  await relay?.remove();
});

/** The digits of somebody's key on a page. */
const shown = (person: Person, whose: string) => person.page.getByRole('img', { name: `Digits of ${whose} key` });

/** As when a link is pasted into the address bar of the tab that has the app open. */
const paste = (person: Person, address: string) => person.page.evaluate((to) => location.assign(to), address);

test('inviter and guest see the same digits, before there is a passphrase', async () => {
  const { page } = ada;
  await ada.go('People');
  await page.getByRole('button', { name: 'Invite someone' }).click();
  await page.getByRole('button', { name: 'Create invitation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your invitation' });
  link = await dialog.getByLabel('Invitation link').inputValue();
  digits = (await shown(ada, 'your').getAttribute('aria-label')) ?? '';
  expect(digits).toMatch(/: \d{5}( \d{5}){5}$/);
  await expect(dialog).toContainText('Read them aloud');
  await dialog.getByRole('button', { name: 'Done' }).click();

  const theirs = digits.replace('your', 'Ada’s');
  await bea.page.goto(link);
  await expect(bea.page.getByRole('heading', { level: 1, name: 'Ada invites you' })).toBeVisible();
  await expect(shown(bea, 'Ada’s')).toHaveAttribute('aria-label', theirs);
  await expect(bea.page.getByText('Ada can read these digits to you')).toBeVisible();
  await bea.makeAgent();
  const card = bea.page.getByRole('region', { name: 'Invitation', exact: true });
  await expect(card.getByRole('img', { name: theirs })).toBeVisible();
  await bea.go('Settings');
  await bea.page.getByRole('button', { name: 'Lock now' }).click();
  await expect(bea.passphrase).toBeVisible();
  await expect(shown(bea, 'Ada’s')).toHaveAttribute('aria-label', theirs);
  await bea.unlock();
});

test('keys that the inviter did not sign are refused as such', async () => {
  const account = Buffer.from(link.split('#invite=')[1] ?? '', 'base64url').subarray(1, 33);
  line.bend = (message) => {
    const at = message.indexOf(account);
    if (at < 0) return message;
    const bent = Buffer.from(message);
    bent.fill(7, at, at + account.length);
    return bent;
  };
  await bea.page.getByRole('button', { name: 'Accept invitation' }).click();
  await expect(bea.alert).toContainText('The relay served keys that Ada did not sign');
  await expect(bea.alert).toContainText('Do not go on; tell Ada');
  await bea.go('People');
  await expect(bea.page.getByText('Nobody yet.')).toBeVisible();

  line.bend = (message) => message;
  await bea.page.getByRole('button', { name: 'Accept invitation' }).click();
  await ada.approve('Bea');
  await expect(bea.contact('Ada')).toContainText('Contact since');
});

/** What somebody's screen shows for a contact to scan. */
async function code(person: Person, name: string): Promise<string> {
  await person.go('People');
  await person.page.getByRole('button', { name: `Verify ${name}` }).click();
  const dialog = person.page.getByRole('dialog', { name: `Is it really ${name}?` });
  const scanned = await scan(dialog.getByRole('img', { name: 'Safety number as a code to scan' }));
  await dialog.getByRole('button', { name: 'Not now' }).click();
  return scanned ?? '';
}

const check = (person: Person, title: string) => person.page.getByRole('dialog', { name: title });

test('a code that was scanned verifies, and looking at it alone does not', async () => {
  const adas = await code(ada, 'Bea');
  expect(adas).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#verify=[\w-]{92}$/);

  // Looking is not enough.
  await paste(bea, adas);
  const match = check(bea, 'Is it really Ada?');
  await expect(match).toContainText('both are what this device knows');
  await expect(match).toContainText('only if you scanned it from Ada’s own screen yourself');
  expect(bea.page.url()).not.toContain('verify');
  await match.getByRole('button', { name: 'Not now' }).click();
  await bea.go('People');
  await expect(bea.contact('Ada')).not.toContainText('Verified');

  // It waits for the vault, and outlasts a reload.
  await bea.lock();
  await paste(bea, adas);
  await expect(bea.page.getByText('then it compares the code that you opened')).toBeVisible();
  await bea.page.reload();
  await bea.unlock();
  await match.getByRole('button', { name: 'I scanned it myself' }).click();
  await bea.go('People');
  await expect(bea.contact('Ada')).toContainText('Verified');

  // Pasted where links are pasted, or as a request.
  await bea.linkBox.fill(adas);
  await check(bea, 'Ada is verified').getByRole('button', { name: 'Close' }).last().click();
  await bea.go('Week');
  await bea.box.fill(adas);
  await bea.box.press('Enter');
  await check(bea, 'Ada is verified').getByRole('button', { name: 'Close' }).last().click();

  await paste(ada, adas);
  await expect(check(ada, 'Your own code')).toBeVisible();
  await ada.page.keyboard.press('Escape');
  await paste(ada, adas.slice(0, -1));
  await expect(check(ada, 'Safety number').getByRole('alert')).toContainText('incomplete or damaged');
  await ada.page.keyboard.press('Escape');
});

test('the settings say what the relay holds of the keys for first contact', async () => {
  await bea.go('Settings');
  const keys = bea.page.getByRole('region', { name: 'Keys for first contact' });
  await expect(keys).toContainText('The relay holds 50 one-time and 20 post-quantum keys.');
});

test('a browser without an agent cannot compare, and a key that no contact has is an alarm', async () => {
  const adas = await code(ada, 'Bea');
  const kim = await people.open({ name: 'Kim' });
  await kim.page.goto(adas);
  await expect(kim.page.getByText('You opened the code of a safety number.')).toBeVisible();
  await kim.makeAgent();
  await expect(check(kim, 'Not for you')).toBeVisible();
  await kim.page.keyboard.press('Escape');

  // Bea’s key is nobody’s any more: on the screen of a contact it would not be the contact’s.
  await ada.page.getByRole('button', { name: 'Remove Bea' }).click();
  const question = ada.page.getByRole('group', { name: 'Remove Bea?' });
  await question.getByRole('button', { name: 'Remove Bea' }).click();
  await bea.go('People');
  await bea.page.getByRole('button', { name: 'Safety number of Ada' }).click();
  const beas = await scan(bea.page.getByRole('img', { name: 'Safety number as a code to scan' }));
  await paste(ada, beas ?? '');
  await expect(check(ada, 'A key that you do not know')).toContainText('somebody stands between you');
});
