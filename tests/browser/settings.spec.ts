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
  await zone.fill('new york');
  await expect(page.getByText('Saved.')).toBeVisible();
  await expect(zone).toHaveValue('America/New York');
  await ada.go('Week');
  await expect(ada.calendar).toContainText('New York time');
  ada.expectNoComplaints();
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
