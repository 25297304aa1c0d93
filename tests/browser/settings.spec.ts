/** Settings that need more than a click. */

import { expect, test } from './support/fixtures.ts';

test('a time zone is found by its city, and what is none is refused with the old one kept', async ({
  relay,
  person,
}) => {
  const ada = await person({ name: 'Ada' });
  const { page } = ada;
  await ada.createVault(relay.url);
  await ada.go('Settings');
  const zone = page.getByRole('combobox', { name: 'Time zone' });
  await expect(zone).toHaveValue('Europe/Berlin');
  await zone.fill('Atlantis');
  await zone.blur();
  await expect(zone).toHaveAttribute('aria-invalid', 'true');
  await expect(ada.alert).toContainText('There is no time zone “Atlantis”');
  await expect(ada.alert).toContainText('Until then it stays Europe/Berlin');
  // What is typed is no choice yet, and Escape takes it back.
  await zone.fill('Tokyo');
  await page.keyboard.press('Escape');
  await expect(zone).toHaveValue('Europe/Berlin');
  await expect(ada.alert).toHaveCount(0);
  await zone.fill('Lisbon');
  await zone.blur();
  await expect(page.getByText('Saved.')).toBeVisible();
  await expect(zone).toHaveValue('Europe/Lisbon');
  await zone.fill('new york');
  await page.keyboard.press('Enter');
  await expect(zone).toHaveValue('America/New York');
  await ada.go('Week');
  await expect(ada.calendar).toContainText('New York time');
  ada.expectNoComplaints();
});

test('an end of the working hours that moves along with their start is said', async ({ relay, person }) => {
  const ada = await person({ name: 'Ada' });
  const { page } = ada;
  await ada.createVault(relay.url);
  await ada.go('Settings');
  const moved = page.getByText('Monday now ends at 19:00');
  await page.getByLabel('Monday from').selectOption({ label: '10:00' });
  await expect(page.getByText('Saved.')).toBeVisible();
  await expect(moved).toHaveCount(0);
  await page.getByLabel('Monday from').selectOption({ label: '18:00' });
  await expect(page.getByLabel('Monday to')).toHaveValue('19:00:00');
  await expect(moved).toBeVisible();
  await page.screenshot({ path: 'results/hours-moved.png' });
  await page.getByLabel('Monday to').selectOption({ label: '21:00' });
  await expect(moved).toHaveCount(0);
});

test('the notices of what Sotto is made with come with it', async ({ relay, person }) => {
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await ada.go('Settings');
  await ada.page.getByRole('link', { name: 'Made with the work of others' }).click();
  const notices = ada.page.locator('body');
  for (const part of [
    'newsreader',
    'SIL OPEN FONT LICENSE',
    'react-dom',
    'Meta Platforms',
    'chacha20poly1305',
    'axum',
  ]) {
    await expect(notices).toContainText(part);
  }
});

test('the passphrase is changed by whom knows the one so far', async ({ relay, person }) => {
  const NEW = 'seven otters at low tide';
  const ada = await person({ name: 'Ada' });
  const { page } = ada;
  await ada.createVault(relay.url);
  await ada.go('Settings');
  await expect(page.getByRole('region', { name: 'You', exact: true })).toContainText('Ada');
  const open = page.getByRole('button', { name: 'Change passphrase' });
  await open.click();
  const form = page.getByRole('form', { name: 'Change passphrase' });
  const field = (label: string) => form.getByLabel(label, { exact: true });
  const fill = async (current: string, next: string, repeated: string) => {
    await field('Current passphrase').fill(current);
    await field('New passphrase').fill(next);
    await field('Repeat new passphrase').fill(repeated);
    await form.getByRole('button', { name: 'Change passphrase' }).click();
  };
  await fill(ada.who.passphrase, 'short', 'short');
  await expect(field('New passphrase')).toHaveAccessibleDescription(/too short or too easy to guess/);
  await fill(ada.who.passphrase, NEW, 'seven others');
  await expect(field('Repeat new passphrase')).toHaveAccessibleDescription(/differ/);
  await fill('not what it was', NEW, NEW);
  await expect(field('Current passphrase')).toHaveAccessibleDescription(/not the vault/);
  await expect(field('Current passphrase')).toBeFocused();
  await expect(ada.alert).toHaveCount(1);
  await field('Current passphrase').fill(ada.who.passphrase);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Changed. The vault opens with the new one from now on.')).toBeVisible();

  await ada.lock();
  await ada.unlock();
  await expect(ada.alert).toContainText('passphrase');
  await ada.unlock(NEW);
  await ada.expectOnline();
  ada.expectNoComplaints();
});
