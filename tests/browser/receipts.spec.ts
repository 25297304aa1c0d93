/** The proof of a meeting, saved in the app and checked by somebody else. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './support/fixtures.ts';

test('the proof of a meeting is saved, and the terminal of a stranger confirms it', async ({
  relay,
  person,
  agent,
}, info) => {
  const robin = agent();
  await robin.json('init', '--relay', relay.url, '--name', 'Robin', '--time-zone', 'Europe/Berlin');
  await robin.json('preferences', 'set', '--approve-meetings', 'auto', '--approve-contacts', 'auto');
  const { link } = await robin.json<{ link: string }>('invite');
  const running = await robin.run();
  await running.prints(/"connection":"online"/);
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await ada.accept(link);
  await expect(ada.contact('Robin')).toContainText('Contact since');

  await ada.ask('half an hour with Robin next week about tulips');
  await expect(ada.state).toContainText('Confirmed', { timeout: 60_000 });
  const saving = ada.page.waitForEvent('download');
  await ada.press('Save proof');
  const saved = await saving;
  expect(saved.suggestedFilename()).toMatch(/^sotto-receipt-[0-9a-f]{32}\.json$/);
  const file = info.outputPath('proof.json');
  await saved.saveAs(file);

  const stranger = agent();
  const proven = await stranger.json<{ title: string; called_off: unknown }>('receipt', 'verify', file);
  expect(proven.title).toMatch(/tulips/i);
  expect(proven.called_off).toBeNull();
  const forged = join(info.outputDir, 'forged.json');
  writeFileSync(forged, readFileSync(file, 'utf8').replace(/ulips/, 'oses'));
  await expect(stranger.json('receipt', 'verify', forged)).rejects.toThrow(/as its sender signed it/);
});
