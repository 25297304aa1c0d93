/** Who cannot open the vault any more gets a new one, and loses what was in the old one knowingly. */

import { expect, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';

const NEW = 'seven otters at low tide';

/** Through the page that says what is lost, to the page that makes an agent. */
async function startOver({ page }: Person) {
  await page.getByRole('button', { name: /^start over/i }).click();
  await expect(page.getByRole('heading', { name: 'Start over' })).toBeVisible();
  for (const lost of ['Your keys.', 'Your contacts.', 'Your meetings, calendars and settings']) {
    await expect(page.getByRole('listitem').filter({ hasText: lost })).toBeVisible();
  }
  const erase = page.getByRole('button', { name: 'Delete everything and start over' });
  await expect(erase).toBeDisabled();
  await page.getByLabel('Type “delete” to go on').fill('delete');
  await erase.click();
  await expect(page.getByRole('heading', { level: 1, name: 'An agent that keeps its voice down' })).toBeVisible();
}

/** What this browser keeps of Sotto. */
const kept = ({ page }: Person) =>
  page.evaluate(async () => [
    ...(await indexedDB.databases()).map(({ name }) => name),
    ...Object.keys(localStorage),
    ...Object.keys(sessionStorage),
    ...(await caches.keys()),
  ]);

test('a forgotten passphrase: the vault is deleted after a deliberate step, with another tab open', async ({
  relay,
  person,
}) => {
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await ada.page.getByRole('button', { name: /Use (dark|light) colours/ }).click();
  await ada.invite();
  const elsewhere = await ada.context.newPage();
  await elsewhere.goto(relay.url);
  await elsewhere.getByRole('button', { name: 'Use it here' }).click();
  await expect(elsewhere.getByRole('button', { name: 'Unlock' })).toBeVisible();
  // In a tab behind another the browser draws once a second, and every click waits for that.
  await ada.page.bringToFront();
  await ada.page.getByRole('button', { name: 'Use it here' }).click();

  await ada.unlock('not what it was');
  await expect(ada.alert).toContainText('passphrase');
  await ada.page.getByRole('button', { name: 'start over' }).click();
  await ada.page.getByRole('button', { name: 'Back' }).click();
  await expect(ada.passphrase).toBeVisible();
  expect(await kept(ada)).not.toEqual([]);

  await startOver(ada);
  expect(await kept(ada)).toEqual([]);
  await expect(elsewhere.getByRole('heading', { level: 1, name: 'Open in another tab' })).toBeVisible();

  ada.who.passphrase = NEW;
  await ada.makeAgent();
  await ada.go('People');
  await expect(ada.page.getByRole('region', { name: 'Open invitations' })).toBeHidden();
  await ada.lock();
  await ada.unlock();
  await ada.expectOnline();

  // The other tab gets the new vault when this one is closed, not the old one.
  await ada.page.close();
  await elsewhere.getByRole('button', { name: 'Use it here' }).click();
  await elsewhere.getByLabel('Passphrase', { exact: true }).fill(NEW);
  await elsewhere.getByRole('button', { name: 'Unlock' }).click();
  await expect(elsewhere.getByRole('button', { name: 'Connection: Online' })).toBeVisible();
  ada.expectNoComplaints();
});

test('a vault that is damaged beyond opening', async ({ relay, person }) => {
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await ada.lock();
  await ada.page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const database = await done(indexedDB.open('sotto'));
    const vault = database.transaction('vault', 'readwrite').objectStore('vault');
    const header = (await done(vault.get('header'))) as Uint8Array;
    await done(
      vault.put(
        header.map((byte, at) => (at === 12 ? byte ^ 1 : byte)),
        'header',
      ),
    );
    database.close();
  });
  await ada.unlock();
  await expect(ada.alert).toContainText('damaged');
  await expect(ada.page.getByText('cannot be mended')).toBeVisible();
  await startOver(ada);
  expect(await kept(ada)).toEqual([]);
});

test('from the settings, while the agent works', async ({ relay, person }) => {
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await ada.go('Settings');
  await ada.page.getByRole('button', { name: 'Start over' }).click();
  const dialog = ada.page.getByRole('dialog', { name: 'Start over' });
  await expect(dialog).toContainText('cannot be undone');
  await dialog.getByRole('button', { name: 'Back' }).click();
  await expect(dialog).toBeHidden();
  await startOver(ada);
  expect(await kept(ada)).toEqual([]);
  ada.expectNoComplaints();
});
