/** Invitations that come with the address: before the vault is open, while it is, and for people one knows. */

import type { Person } from './support/person.ts';
import { expect, People, test } from './support/fixtures.ts';
import { typo } from './support/invitations.ts';
import { scan } from './support/qr.ts';
import { Relay } from './support/relay.ts';

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let people: People;
let ada: Person;
let bea: Person;
let link: string;

test.beforeAll(async ({ browser }) => {
  relay = await Relay.start();
  people = new People(browser);
  ada = await people.open({ name: 'Ada' });
  bea = await people.open({ name: 'Bea' });
  await ada.createVault(relay.url);
  await bea.createVault(relay.url);
  link = await ada.invite();
});

test.afterAll(async () => {
  await people?.close();
  await relay?.remove();
});

const card = () => bea.page.getByRole('region', { name: 'Invitation', exact: true });

/** As when a link is pasted into the address bar of the tab that has the app open. */
const paste = (address: string) => bea.page.evaluate((to) => location.assign(to), address);

test('a locked vault says who invites, and promises nothing of a damaged link', async () => {
  const { page } = bea;
  await bea.lock();
  await paste(typo(link));
  await expect(page.getByRole('heading', { level: 1, name: 'Welcome back' })).toBeVisible();
  await expect(bea.alert).toContainText('incomplete or damaged');
  await expect(page.getByText('accept with one click')).toBeHidden();
  await paste(link);
  await expect(page.getByRole('heading', { level: 1, name: 'Ada invites you' })).toBeVisible();
  await expect(page.getByText('Unlock your agent first; then accept with one click.')).toBeVisible();
  await expect(page.getByText('Your agent is locked')).toBeHidden();
  await expect(bea.alert).toHaveCount(0);
  expect(page.url()).not.toContain('invite');
  await bea.unlock();
  await expect(card()).toContainText('Ada invites you');
});

test('an invitation outlasts the reload of the page, locked and open', async () => {
  const { page } = bea;
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Ada invites you' })).toBeVisible();
  await bea.unlock();
  await expect(card()).toContainText('Ada invites you');
  expect(page.url()).not.toContain('invite');
});

test('the card says how far it has come, and goes when there is nothing left to say', async () => {
  await card().getByRole('button', { name: 'Accept invitation' }).click();
  await expect(card()).toContainText('You accepted Ada’s invitation');
  await expect(card()).toContainText('As soon as Ada approves');
  await ada.approve('Bea');
  await expect(card()).toContainText('Ada and you are contacts');
  await bea.go('People');
  await expect(bea.contact('Ada')).toContainText('Contact since');
  await expect(card()).toBeHidden();
  await bea.page.reload();
  await expect(bea.page.getByRole('heading', { level: 1, name: 'Welcome back' })).toBeVisible();
  await bea.unlock();
});

test('a damaged link that is pasted while the app is open is refused, whatever was shown before', async () => {
  await paste(link);
  await expect(card()).toContainText('Ada and you are contacts');
  for (const damaged of [typo(link), link.replace('#invite=', '#invite:'), `${relay.url}/#invite`]) {
    await paste(damaged);
    await expect(card().getByRole('alert')).toContainText(/damaged|not an invitation link/);
    await expect(card()).not.toContainText('Ada');
    await expect(card().getByRole('button')).toHaveText(['Close']);
    await card().getByRole('button', { name: 'Close' }).click();
    await expect(card()).toBeHidden();
  }
});

test('the invitation of somebody known asks for nothing', async () => {
  await paste(await ada.invite());
  await expect(card()).toContainText('Ada and you are contacts');
  await expect(card().getByRole('button')).toHaveText(['Close']);
  await card().getByRole('button', { name: 'Close' }).click();
  await expect(card()).toBeHidden();
  bea.expectNoComplaints();
});

test('the code to scan holds the link, as a camera reads it', async () => {
  const { page } = ada;
  await ada.go('People');
  await page.getByRole('button', { name: 'Invite someone' }).click();
  await page.getByRole('button', { name: 'Create invitation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your invitation' });
  const wanted = await dialog.getByLabel('Invitation link').inputValue();
  const code = dialog.getByRole('img', { name: 'Invitation as a code to scan' });
  expect(await scan(code)).toBe(wanted);
  await dialog.getByRole('button', { name: 'Done' }).click();
});

test('an invitation that was used says by whom, and shows nothing more to hand over', async ({ agent }) => {
  const { page } = ada;
  await ada.go('People');
  await page.getByRole('button', { name: 'Invite someone' }).click();
  await page.getByRole('button', { name: 'Create invitation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your invitation' });
  const link = await dialog.getByLabel('Invitation link').inputValue();
  const cleo = agent();
  await cleo.json('init', '--relay', relay.url, '--name', 'Cleo');
  await cleo.json('accept', link);
  await expect(dialog.getByRole('status').first()).toContainText('It was used. Cleo would like to be your contact');
  await expect(dialog.getByLabel('Invitation link')).toHaveCount(0);
  await expect(dialog.getByRole('img')).toHaveCount(0);
  await expect(dialog.getByRole('button', { name: 'Copy link' })).toHaveCount(0);
  await page.screenshot({ path: 'results/invitation-used.png' });
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('button', { name: 'Approve Cleo' })).toBeVisible();
});

test('an invitation made without the relay says that it does not work yet, until the relay has it', async () => {
  const { page } = ada;
  await relay.stop();
  await expect(page.getByRole('button', { name: /^Connection: Offline/ })).toBeVisible();
  await page.getByRole('button', { name: 'Invite someone' }).click();
  await page.getByRole('button', { name: 'Create invitation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your invitation' });
  const warning = dialog.getByText('This link does not work yet');
  const listed = page.getByRole('region', { name: 'Open invitations' }).getByText('works only once it is');
  await expect(warning).toBeVisible();
  await page.screenshot({ path: 'results/invitation-offline.png' });
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(listed).toBeVisible();
  await page.getByRole('button', { name: 'Show link' }).last().click();
  await expect(dialog).toContainText('works only once it is');
  await relay.start();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(dialog).not.toContainText('works only once it is');
  await page.keyboard.press('Escape');
  await expect(listed).toBeHidden();
});
