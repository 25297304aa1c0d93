/** Sending to somebody is stopped until it is decided who they are: another one has come under their name. */

import type { Page } from '@playwright/test';
import type { Agent } from './support/agent.ts';
import { expectAccessible, SCHEMES } from './support/access.ts';
import { expect, People, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';
import { Relay } from './support/relay.ts';

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let people: People;
let ada: Person;

test.beforeAll(async ({ browser }) => {
  relay = await Relay.start();
  people = new People(browser);
  ada = await people.open({ name: 'Ada' });
  await ada.createVault(relay.url);
});

test.afterAll(async () => {
  await people?.close();
  await relay?.remove();
});

/** Somebody at a terminal who uses an invitation of Ada's. */
async function uses(other: Agent, name: string) {
  await other.json('init', '--relay', relay.url, '--name', name);
  await other.json('accept', await ada.invite());
}

/** What is seen, in both colours and on a phone, and that it keeps nobody out. */
async function look(page: Page, name: string) {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page, `hold ${name} ${width}`, SCHEMES);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

const card = () => ada.page.getByRole('region', { name: /^Sending to Bea .*is stopped$/ });

test('somebody who comes under a contact’s name stops sending, and it is said everywhere', async ({ agent }) => {
  const { page } = ada;
  const bea = agent();
  await uses(bea, 'Bea');
  await ada.approve('Bea');
  await ada.contact('Bea').getByRole('button', { name: 'Verify Bea' }).click();
  await page.getByRole('button', { name: 'They match' }).click();
  await ada.ask('half an hour with Bea next week about plums');
  await expect(ada.state).toContainText('Asking Bea’s agent…');

  await uses(agent(), 'bea');
  await expect(card()).toContainText('has come with another account key');
  await expect(card()).toContainText('ask Bea in person or by phone');
  const requested = page.getByRole('region', { name: 'Requests' }).getByRole('listitem');
  await expect(requested).toContainText('Came under the name of Bea');
  await expect(requested.getByRole('button', { name: /^Approve/ })).toHaveCount(0);
  await look(page, 'people');

  // Bea's answer is kept, and nothing goes back.
  await bea.json('status');
  await ada.openMeeting(/plums/i);
  await expect(ada.state).toContainText('Waits, since sending to Bea is stopped');
  await expect(page.getByRole('main').getByText('Sending to Bea is stopped until you have decided.')).toBeVisible();
  await expect(ada.meetings.getByRole('link', { name: 'Decide about Bea' })).toBeVisible();
  await look(page, 'week');
  await page.getByRole('link', { name: 'Decide', exact: true }).click();
  await expect(card()).toContainText('1 message to Bea waits until you have decided.');
});

test('the safety number of the new one is at hand, and before it is believed it is said what to do', async () => {
  const { page } = ada;
  await card().getByRole('button', { name: 'Safety number of the new one' }).click();
  await expect(page.getByRole('dialog', { name: 'Is it really bea?' })).toBeVisible();
  await page.keyboard.press('Escape');

  await card().getByRole('button', { name: 'The new one is Bea…' }).click();
  const sure = card().getByRole('group', { name: /^Before you decide, ask Bea/ });
  await expect(sure.getByRole('button', { name: 'Not yet' })).toBeFocused();
  await look(page, 'sure');
  await page.keyboard.press('Enter');
  await expect(sure).toBeHidden();
});

test('two people stay two, and sending goes on', async () => {
  const { page } = ada;
  await card().getByRole('button', { name: 'They are two people' }).click();
  await expect(card()).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'Requests' }).getByRole('button', { name: /^Approve/ })).toBeVisible();
  await ada.openMeeting(/plums/i);
  await expect(ada.state).toContainText('Waiting for Bea');
});

test('whoever has begun anew takes the place of whom they were, and is to be verified anew', async ({ agent }) => {
  const { page } = ada;
  await ada.go('People');
  await page
    .getByRole('region', { name: 'Requests' })
    .getByRole('button', { name: /^Decline/ })
    .click();
  await page.getByRole('group').getByRole('button', { name: 'Decline bea' }).click();
  // This one is invited by a link of their own.
  const anew = agent();
  await anew.json('init', '--relay', relay.url, '--name', 'Bea');
  const { link } = await anew.json<{ link: string }>('invite');
  await ada.linkBox.fill(link);
  await expect(page.getByText('You know a Bea already, under another account key.')).toBeVisible();
  await look(page, 'accept');
  await page.getByRole('button', { name: 'Accept all the same' }).click();
  await expect(card()).toBeVisible();
  await card().getByRole('button', { name: 'The new one is Bea…' }).click();
  await card().getByRole('button', { name: 'I have asked: the new one is Bea' }).click();
  await expect(card()).toHaveCount(0);
  const contact = ada.contact('Bea');
  await expect(contact).toHaveCount(1);
  await expect(contact).toContainText('Was verified, not any more');
  await look(page, 'taken');
  const dialog = page.getByRole('dialog', { name: 'Bea’s agent and yours' });
  await contact.getByRole('button', { name: 'Messages with Bea' }).click();
  await expect(dialog).toContainText('You decided about Bea');
  ada.expectNoComplaints();
});
