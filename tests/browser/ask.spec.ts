/** The sentence box: what does not fit into it, what is no sentence, and refusals that are over. */

import type { Agent } from './support/agent.ts';
import { DEVICES } from './support/devices.ts';
import { expect, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';

const SENTENCE = 'half an hour with Robin next week';

const form = (person: Person) => person.page.getByRole('form', { name: 'Arrange a meeting' });
const invitationCard = (person: Person) => person.page.getByRole('region', { name: 'Invitation', exact: true });

/** Robin, who approves whoever comes, and an invitation of theirs. */
async function robin(robin: Agent, relay: string): Promise<string> {
  await robin.json('init', '--relay', relay, '--name', 'Robin', '--time-zone', 'Europe/Berlin');
  await robin.json('preferences', 'set', '--approve-meetings', 'auto', '--approve-contacts', 'auto');
  const { link } = await robin.json<{ link: string }>('invite');
  await robin.run();
  return link;
}

for (const [device, options] of DEVICES) {
  test(`a word without end stays in its box on a ${device}`, async ({ relay, person }) => {
    const ada = await person({ name: 'Ada' }, options);
    await ada.createVault(relay.url);
    for (const word of ['x'.repeat(450), `https://example.org/${'way'.repeat(100)}`]) {
      await ada.box.fill(`${word} with Robin`);
      await expect(form(ada)).toContainText(/You know nobody|not understood|understand/);
      await ada.box.press('Enter');
      await expect(ada.alert).toHaveCount(1);
      await expect(form(ada).locator('.ask-meaning')).toHaveText('');
      const width = ada.page.viewportSize()?.width ?? 0;
      expect(await ada.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      const [line, box] = [await form(ada).boundingBox(), await ada.box.boundingBox()];
      if (!line || !box) throw new Error('The box is not on the page.');
      expect(box.x + box.width).toBeLessThanOrEqual(line.x + line.width);
      expect(line.x + line.width).toBeLessThanOrEqual(width);
    }
    await ada.page.screenshot({ path: `results/long-word-${device}.png` });
  });
}

test('a link pasted into the box is opened as an invitation', async ({ relay, person, agent }) => {
  const link = await robin(agent(), relay.url);
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await ada.box.fill(`Robin writes: ${link}`);
  await form(ada).getByRole('button', { name: 'Open this invitation' }).click();
  await expect(invitationCard(ada)).toContainText('Robin invites you');
  await expect(ada.box).toHaveValue('');

  await invitationCard(ada).getByRole('button', { name: 'Not now' }).click();
  await ada.box.fill(link);
  await ada.box.press('Enter');
  await expect(invitationCard(ada)).toContainText('Robin invites you');
  await invitationCard(ada).getByRole('button', { name: 'Accept invitation' }).click();
  await expect(invitationCard(ada)).toContainText('Robin and you are contacts');
});

test('the inviter is to be accepted first, and then the refusal is over', async ({ relay, person, agent }) => {
  const link = await robin(agent(), relay.url);
  const ada = await person({ name: 'Ada' });
  await ada.createVault(link);
  await ada.box.fill(SENTENCE);
  await expect(form(ada)).toContainText('Accept the invitation from Robin above first.');
  await ada.box.press('Enter');
  await expect(ada.alert).toContainText('Accept the invitation from Robin above first.');
  await invitationCard(ada).getByRole('button', { name: 'Accept invitation' }).click();
  await expect(form(ada)).toContainText('30 minutes with Robin');
  await expect(ada.alert).toHaveCount(0);

  await ada.box.fill('half an hour with Zelda next week');
  await ada.box.press('Enter');
  await expect(ada.alert).toContainText('You know nobody called “Zelda”');
  await ada.box.fill('half an hour with Zelda next week');
  await expect(ada.alert).toHaveCount(0);
  await expect(form(ada)).toContainText('You know nobody called “Zelda”');
});

test('what was probably meant is offered after sending too', async ({ relay, person, agent }) => {
  const link = await robin(agent(), relay.url);
  const ada = await person({ name: 'Ada' });
  await ada.createVault(link);
  await invitationCard(ada).getByRole('button', { name: 'Accept invitation' }).click();
  await expect(invitationCard(ada)).toContainText('Robin and you are contacts');
  await ada.box.fill('half an hour with Robbin on tuesdy');
  const meant = 'half an hour with Robin on Tuesday';
  const mended = form(ada).getByRole('button', { name: meant });
  await expect(mended).toBeVisible();
  await ada.box.press('Enter');
  await expect(ada.alert).toHaveCount(1);
  await mended.click();
  await expect(ada.box).toHaveValue(meant);
  await expect(ada.alert).toHaveCount(0);
  await expect(form(ada)).toContainText('30 minutes with Robin');
});
