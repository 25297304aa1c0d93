/** For everybody: by keyboard alone, on a phone, in light and dark, and with a screen reader. */

import type { BrowserContextOptions, Page } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { expectAccessible, expectNoOverflow, expectPaper, SCHEMES } from './support/access.ts';
import { calendar, fixture } from './support/calendars.ts';
import { expect, People, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';
import { Relay } from './support/relay.ts';
import { dayOfNextWeek } from './support/times.ts';

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let people: People;
/** At a desk. */
let alice: Person;
/** On a phone. */
let bea: Person;

const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
  deviceScaleFactor: 2,
};
const VIEWS = ['Week', 'People', 'Calendars', 'Settings'] as const;

test.beforeAll(async ({ browser }) => {
  mkdirSync('results', { recursive: true });
  relay = await Relay.start();
  people = new People(browser);
  alice = await people.open({ name: 'Alice' });
  bea = await people.open({ name: 'Bea', timeZone: 'America/New_York' }, PHONE);
});

test.afterAll(async () => {
  await people?.close();
  await relay?.remove();
});

/** Presses Tab until the focus is on what is called so. */
async function tabTo(page: Page, name: string | RegExp, kind?: 'button' | 'input') {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element) return null;
      const labels =
        element instanceof HTMLInputElement ? [...(element.labels ?? [])].map(({ textContent }) => textContent) : [];
      const texts = [element.getAttribute('aria-label'), ...labels, element.textContent];
      return { kind: element.tagName.toLowerCase(), name: texts.map((text) => text?.trim()).find(Boolean) ?? '' };
    });
    if (!focused || (kind && focused.kind !== kind)) continue;
    if (typeof name === 'string' ? focused.name === name : name.test(focused.name)) return;
  }
  throw new Error(`There is no way to ${name} by Tab.`);
}

test('the watch for complaints hears them', async ({ person }) => {
  const somebody = await person({ name: 'Somebody' });
  await somebody.page.goto(relay.url);
  await expect(somebody.page.getByRole('heading', { level: 1 })).toBeVisible();
  somebody.expectNoComplaints();
  await somebody.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "never"';
    document.head.append(script);
  });
  await expect.poll(() => somebody.complaints.join('\n')).toMatch(/Content security policy: script-src/);
});

test('a vault is made by keyboard alone', async () => {
  const { page } = alice;
  await page.goto(relay.url);
  await expect(page.getByLabel('Your name')).toBeFocused();
  await expectAccessible(page, 'create', SCHEMES);
  await page.keyboard.type(alice.who.name);
  await tabTo(page, 'Passphrase', 'input');
  await page.keyboard.type(alice.who.passphrase);
  await tabTo(page, 'Repeat passphrase', 'input');
  await page.keyboard.type(alice.who.passphrase);
  await tabTo(page, 'Create my agent');
  await page.keyboard.press('Enter');
  await alice.expectOnline();
});

test('somebody is invited by keyboard, and accepts on a phone', async () => {
  const { page } = alice;
  await tabTo(page, 'People');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible();
  await tabTo(page, 'Invite someone');
  await page.keyboard.press('Enter');
  const invite = page.getByRole('dialog', { name: 'Invite someone' });
  await expect(invite).toBeVisible();
  await expectAccessible(page, 'invite someone');
  await tabTo(page, 'Create invitation');
  await page.keyboard.press('Enter');
  const made = page.getByRole('dialog', { name: 'Your invitation' });
  await expect(made).toBeVisible();
  await expectAccessible(page, 'your invitation');
  const link = await made.getByLabel('Invitation link').inputValue();
  await page.keyboard.press('Escape');
  await expect(made).toBeHidden();
  await expect(page.getByRole('button', { name: 'Invite someone' })).toBeFocused();

  await bea.page.goto(link);
  await expect(bea.page.getByRole('heading', { level: 1, name: 'Alice invites you' })).toBeVisible();
  await expectAccessible(bea.page, 'phone create');
  await bea.page.getByLabel('Your name').fill('Bea');
  await bea.passphrase.fill(bea.who.passphrase);
  await bea.page.getByLabel('Repeat passphrase', { exact: true }).fill(bea.who.passphrase);
  await bea.page.getByRole('button', { name: 'Create my agent' }).tap();
  await bea.expectOnline();
  await expectAccessible(bea.page, 'phone invitation');
  await bea.page.getByRole('button', { name: 'Accept invitation' }).tap();
  await bea.page.getByRole('button', { name: 'Close' }).tap();

  await expect(page.getByRole('button', { name: 'Approve Bea' })).toBeVisible();
  await tabTo(page, 'Approve Bea');
  await page.keyboard.press('Enter');
  await expect(alice.contact('Bea')).toBeVisible();
});

test('a meeting is asked for from anywhere by "/", and found in the week by arrow keys', async () => {
  const { page } = alice;
  const dialog = await alice.importCalendars(
    fixture('nextcloud.ics'),
    calendar('Work', 'Europe/Berlin', [
      { title: 'Stand-up', day: dayOfNextWeek(0, 'Europe/Berlin'), from: '09:00', to: '09:15' },
      { title: 'Fair', day: dayOfNextWeek(2, 'Europe/Berlin'), from: '09:00', to: '17:00' },
    ]),
  );
  await expect(dialog.getByRole('button', { name: 'Done' })).toBeFocused();
  await expectAccessible(page, 'imported');
  await page.keyboard.press('Enter');
  await alice.go('Week');
  await page.keyboard.press('/');
  await expect(alice.box).toBeFocused();
  await page.keyboard.type('half an hour with Bea next week about apples');
  await page.keyboard.press('Enter');
  await expect(alice.state).toContainText('Waiting for Bea');
  await expectAccessible(page, 'negotiation', SCHEMES);

  const events = alice.calendar.getByRole('button', { name: /^(Held|Stand-up|Fair|Chor)/ });
  await expect(events.first()).toBeVisible();
  await events.first().focus();
  const before = await page.locator(':focus').getAttribute('aria-label');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator(':focus')).not.toHaveAttribute('aria-label', before ?? '');
  await page.keyboard.press('Control+k');
  await expect(alice.box).toBeFocused();
});

test('it is approved on a phone, and another one by keyboard', async () => {
  const { page } = bea;
  await page
    .getByText(/^Meetings/)
    .first()
    .tap();
  await bea.meetings.getByRole('button', { name: /apples/i }).tap();
  await expect(bea.state).toContainText('Alice asks for');
  await expectAccessible(page, 'phone approval', SCHEMES);
  await bea.meetings.getByRole('button', { name: 'Decline' }).tap();
  await expectAccessible(page, 'phone decline');
  await bea.meetings.getByRole('button', { name: 'Back' }).tap();
  await bea.meetings.getByRole('button', { name: 'Approve' }).tap();
  await expect(bea.state).toContainText('Confirmed');
  await expect(alice.state).toContainText('Confirmed');
  await bea.meetings.getByRole('button', { name: 'Show in calendar' }).tap();
  await expect(
    bea.calendar.getByRole('button', { name: /^Meeting: Apples 09:\d\d ?–09:\d\d with Alice/ }),
  ).toBeVisible();
  await expectAccessible(page, 'phone week');

  await bea.box.fill('20 minutes with Alice next week about pears');
  await bea.box.press('Enter');
  await alice.meetings.getByRole('button', { name: 'All meetings' }).focus();
  await alice.page.keyboard.press('Enter');
  await expect(alice.meetings.getByRole('button', { name: /^Pears Bea asks for \w+ \d+/ })).toBeVisible();
  await tabTo(alice.page, /^Pears/, 'button');
  await alice.page.keyboard.press('Enter');
  await expect(alice.meetings.getByRole('heading', { level: 2, name: /pears/i })).toBeFocused();
  await tabTo(alice.page, 'Approve');
  await alice.page.keyboard.press('Enter');
  await expect(alice.state).toContainText('Confirmed');
});

for (const [name, whose, schemes] of [
  ['desk', () => alice, SCHEMES],
  ['phone', () => bea, ['light']],
] as const) {
  test(`every page on a ${name}`, async () => {
    for (const view of VIEWS) {
      await whose().go(view);
      await expectAccessible(whose().page, `${name} ${view.toLowerCase()}`, schemes);
    }
  });
}

test('no page sticks out to the side at any width', async () => {
  const { page } = alice;
  for (const view of VIEWS) {
    await alice.go(view);
    for (const width of [320, 480, 719, 720, 1079, 1080, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoOverflow(page, `${view} at ${width}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  }
});

test('the colours can be chosen and stay', async () => {
  const { page } = alice;
  await page.emulateMedia({ colorScheme: 'light' });
  await expectPaper(page, 'light');
  await alice.go('Settings');
  await page.getByRole('radio', { name: 'Dark' }).check();
  await expectPaper(page, 'dark');
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  await expectPaper(page, 'dark');
  await expectAccessible(page, 'unlock');
});

test('the page can be skipped to its content', async () => {
  await alice.unlock();
  await alice.expectOnline();
  await tabTo(alice.page, 'Skip to content');
  await expect(alice.page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await alice.page.keyboard.press('Enter');
  await expect(alice.page.getByRole('main')).toBeFocused();
});

test('no page complained', () => {
  alice.expectNoComplaints();
  bea.expectNoComplaints();
});
