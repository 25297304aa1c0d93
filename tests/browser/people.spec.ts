/** Whom one knows: two of one name, names of one's own, somebody removed, somebody who cannot be reached. */

import { cpSync, renameSync, rmSync } from 'node:fs';
import { expect, People, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';
import { Relay } from './support/relay.ts';

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let people: People;
let ada: Person;
let bea: Person;

test.beforeAll(async ({ browser }) => {
  relay = await Relay.start();
  people = new People(browser);
  ada = await people.open({ name: 'Ada' });
  await ada.createVault(relay.url);
  bea = await people.open({ name: 'Robin' });
  await bea.createVault(await ada.invite());
  await bea.page.getByRole('button', { name: 'Accept invitation' }).click();
  await ada.approve('Robin');
});

test.afterAll(async () => {
  await people?.close();
  await relay?.remove();
});

const contacts = () => ada.page.getByRole('region', { name: 'Contacts' }).getByRole('listitem');

test('two of one name are told apart by their safety numbers, and by a name of one’s own', async ({ agent }) => {
  const { page } = ada;
  const other = agent();
  await other.json('init', '--relay', relay.url, '--name', 'Robin');
  await other.json('accept', await ada.invite());
  const [mine] = await other.json<{ safety_number: string }[]>('contacts');
  const requested = page.getByRole('region', { name: 'Requests' }).getByRole('listitem');
  const mark = /\((\d{5})\)/.exec((await requested.getAttribute('aria-label')) ?? '')?.[1] ?? 'none';
  expect(mine?.safety_number.split(' ')).toContain(mark);
  // Whoever comes under a known name is asked about before anything else (holds.spec.ts).
  await page.getByRole('button', { name: 'They are two people' }).click();
  await page.getByRole('button', { name: `Approve Robin (${mark})` }).click();
  await expect(contacts()).toHaveCount(2);
  for (const contact of await contacts().all()) await expect(contact).toContainText('There are several called Robin');
  const newer = contacts().filter({ hasText: `has ${mark} in the safety number` });
  await expect(newer).toHaveCount(1);

  await newer.getByRole('button', { name: `Rename Robin (${mark})` }).click();
  await newer.getByLabel('Your name for Robin').fill('  Robin of the choir ');
  await page.keyboard.press('Enter');
  const renamed = ada.contact('Robin of the choir');
  await expect(renamed).toContainText('Calls themselves Robin');
  await expect(page.getByText('There are several called')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Rename Robin', exact: true })).toBeVisible();

  // It is kept, and it is what requests go by.
  await ada.lock();
  await ada.unlock();
  await ada.ask('half an hour with Robin of the choir next week');
  await expect(ada.state).toContainText('Asking Robin of the choir’s agent…');
});

test('somebody is removed after it was said what that means, and can be invited again', async () => {
  await ada.go('People');
  const choir = ada.contact('Robin of the choir');
  await choir.getByRole('button', { name: 'Remove Robin of the choir' }).click();
  const question = ada.page.getByRole('group', { name: 'Remove Robin of the choir?' });
  await expect(question).toContainText('Open requests end');
  await question.getByRole('button', { name: 'Keep' }).click();
  await expect(choir).toBeVisible();
  await choir.getByRole('button', { name: 'Remove Robin of the choir' }).click();
  await question.getByRole('button', { name: 'Remove Robin of the choir' }).click();
  await expect(choir).toBeHidden();
  await expect(contacts()).toHaveCount(1);
});

test('somebody who removed me is shown as not reached, with what to do', async () => {
  await bea.go('People');
  await bea.page.getByRole('button', { name: 'Remove Ada' }).click();
  await bea.page.getByRole('group', { name: 'Remove Ada?' }).getByRole('button', { name: 'Remove Ada' }).click();
  await expect(bea.contact('Ada')).toBeHidden();

  await ada.ask('half an hour with Robin next week about tulips');
  await ada.go('People');
  await expect(ada.contact('Robin')).toContainText('Not reached');
  await expect(ada.contact('Robin')).toContainText('Ask Robin for a new invitation');
  const link = await ada.invite();
  await bea.page.goto(link);
  await bea.page.getByRole('button', { name: 'Accept invitation' }).click();
  // Ada knew them already, and is not asked again.
  await expect(bea.page.getByRole('region', { name: 'Invitation', exact: true })).toContainText(
    'Ada and you are contacts',
  );
  await expect(ada.contact('Robin')).toContainText('Contact since');
});

test('before somebody is removed or blocked it is said which meetings are ahead, and they can be called off first', async ({
  agent,
}) => {
  const { page } = ada;
  const meet = async (name: string) => {
    const other = agent();
    await other.json('init', '--relay', relay.url, '--name', name);
    await other.json('preferences', 'set', '--approve-meetings', 'auto');
    await other.json('accept', await ada.invite());
    await ada.approve(name);
    await other.run();
    await ada.ask(`half an hour with ${name} next week about plums`);
    await expect(ada.state).toContainText('Confirmed');
    await other.stop();
    await ada.go('People');
    await page.getByRole('button', { name: `Remove ${name}` }).click();
    const question = page.getByRole('group', { name: `Remove ${name}?` });
    await expect(question.getByRole('listitem')).toHaveText(/^Plums, /i);
    return { other, question };
  };

  const cleo = await meet('Cleo');
  await expect(cleo.question).toContainText('Cleo’s agent hears of it');
  await page.screenshot({ path: 'results/remove-with-a-meeting-ahead.png' });
  await cleo.question.getByRole('button', { name: 'Call off and remove' }).click();
  await expect(ada.contact('Cleo')).toBeHidden();
  await expect(async () => {
    const [meeting] = await cleo.other.json<{ state: string }[]>('proposals');
    expect(meeting?.state).toBe('cancelled');
  }).toPass();

  // Those that the other side asked for as well.
  const fay = agent();
  await fay.json('init', '--relay', relay.url, '--name', 'Fay');
  await fay.json('accept', await ada.invite());
  await ada.approve('Fay');
  await fay.run();
  await fay.json('schedule', 'half an hour with Ada next week about figs');
  await ada.openMeeting(/figs/i);
  await ada.press('Approve');
  await expect(ada.state).toContainText('Confirmed');
  await ada.go('People');
  await page.getByRole('button', { name: 'Block Fay' }).click();
  const block = page.getByRole('group', { name: 'Block Fay?' });
  await expect(block.getByRole('listitem')).toHaveText(/^Figs, /i);
  await block.getByRole('button', { name: 'Call off and block' }).click();
  await expect(page.getByText('Blocked (1)')).toBeVisible();
  await expect(async () => {
    const [meeting] = await fay.json<{ state: string }[]>('proposals');
    expect(meeting?.state).toBe('cancelled');
  }).toPass();

  // Where it was kept, calling off later promises nobody that they are told.
  const dora = await meet('Dora');
  await dora.question.getByRole('button', { name: 'Only remove' }).click();
  await expect(ada.contact('Dora')).toBeHidden();
  await ada.openMeeting(/plums .*Dora/i);
  await ada.press('Call off the meeting');
  const form = page.getByRole('form', { name: 'Call off' });
  await expect(form).toContainText('their agent is not told');
  await expect(form).not.toContainText('can read it');
  await expect(form.getByRole('textbox')).toHaveCount(0);
  await form.getByRole('button', { name: 'Call it off' }).click();
  await expect(ada.state).toContainText('Called off');
  const [kept] = await dora.other.json<{ state: string }[]>('proposals');
  expect(kept?.state).toBe('confirmed');
});

test('a message that cannot be opened is counted, and shown with the reason', async ({ agent }) => {
  const { page } = ada;
  const emil = agent();
  await emil.json('init', '--relay', relay.url, '--name', 'Emil');
  await emil.json('accept', await ada.invite());
  await ada.approve('Emil');
  await emil.json('status');
  const copy = `${emil.home}-copy`;
  cpSync(emil.home, copy, { recursive: true });
  // The keys of the two go on…
  for (const topic of ['apples', 'cherries']) {
    await emil.json('schedule', `half an hour with Ada next week about ${topic}`);
    await emil.json('status');
    await ada.openMeeting(new RegExp(topic, 'i'));
    await ada.press('Approve');
    await expect(ada.state).toContainText('Confirmed');
    await emil.json('status');
  }
  // …and Emil restores a copy of before.
  rmSync(emil.home, { recursive: true });
  renameSync(copy, emil.home);
  await emil.json('schedule', 'half an hour with Ada next week about quinces');

  await ada.go('People');
  await expect(ada.contact('Emil')).toContainText('1 message of theirs could not be opened');
  await ada.contact('Emil').getByRole('button', { name: 'Read why' }).click();
  const dialog = page.getByRole('dialog', { name: 'Emil’s agent and yours' });
  const unread = dialog.getByRole('listitem').filter({ hasText: 'Could not be opened' });
  await expect(unread).toHaveCount(1);
  await expect(unread).toContainText('A message from Emil’s agent could not be read');
  await expect(unread.getByText('Full message')).toHaveCount(0);
  await expect(dialog.getByRole('listitem').filter({ hasText: 'Greeting' }).first()).toBeAttached();
  // By meeting, with what was said last in sight at the end.
  const topics = dialog.getByRole('region');
  await expect(topics).toHaveCount(3);
  for (const topic of ['apples', 'cherries']) {
    const said = dialog.getByRole('region', { name: new RegExp(topic, 'i') }).getByRole('listitem');
    await expect(said.filter({ hasText: 'Question' })).toHaveCount(1);
    await expect(said.filter({ hasText: 'Confirmation' })).not.toHaveCount(0);
  }
  await expect(topics.last().getByRole('listitem').last()).toBeInViewport();
  await page.screenshot({ path: 'results/unreadable.png' });
  await page.keyboard.press('Escape');
});

test('whoever comes back to the page, or to the network, need not wait for the next attempt', async () => {
  const { page, context } = ada;
  const online = () => expect(page.getByRole('button', { name: 'Connection: Online' })).toBeVisible({ timeout: 5_000 });
  await context.setOffline(true);
  await expect(page.getByText('There is no network.')).toBeVisible();
  await context.setOffline(false);
  await online();

  await relay.stop();
  // Long enough that the next attempt would come too late for what is expected below.
  await expect(page.getByRole('button', { name: /retrying in (1[2-9]|[2-9]\d) s/ })).toBeVisible({ timeout: 80_000 });
  await relay.start();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await online();
});

test('“Try now” connects without waiting for the next attempt', async () => {
  const { page } = ada;
  await relay.stop();
  // Long enough that the next attempt would come too late for what is expected below.
  await expect(page.getByRole('button', { name: /retrying in (1[2-9]|[2-9]\d) s/ })).toBeVisible({ timeout: 80_000 });
  await relay.start();
  const banner = page.getByRole('main').getByRole('button', { name: 'Try now' });
  await banner.click();
  await expect(page.getByRole('button', { name: 'Connection: Online' })).toBeVisible({ timeout: 5_000 });
  await expect(banner).toBeHidden();
});
