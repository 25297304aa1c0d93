/** Whom one knows: two of one name, names of one's own, somebody removed, somebody who cannot be reached. */

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
  await expect(question).toContainText('Agreed meetings stay in your calendar');
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
