/** What the app says of a meeting that is not told yet, comes to nothing, or is agreed in a busy week. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Locator } from '@playwright/test';
import type { Agent } from './support/agent.ts';
import { calendar, type Appointment } from './support/calendars.ts';
import { expect, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';
import type { Relay } from './support/relay.ts';
import { dayOfNextWeek } from './support/times.ts';

const BERLIN = 'Europe/Berlin';
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** An agent that says yes by itself, and the link to meet it. */
async function robin(agent: () => Agent, relay: Relay): Promise<{ robin: Agent; link: string }> {
  const robin = agent();
  await robin.json('init', '--relay', relay.url, '--name', 'Robin', '--time-zone', BERLIN);
  await robin.json('preferences', 'set', '--approve-meetings', 'auto', '--approve-contacts', 'auto');
  const { link } = await robin.json<{ link: string }>('invite');
  return { robin, link };
}

async function meet(ada: Person, robin: Agent, link: string) {
  const running = await robin.run();
  await running.prints(/"connection":"online"/);
  await ada.accept(link);
  await expect(ada.contact('Robin')).toContainText('Contact since');
}

const form = (person: Person) => person.page.getByRole('form', { name: 'Arrange a meeting' });

async function box(locator: Locator) {
  const found = await locator.boundingBox();
  if (!found) throw new Error(`${locator.toString()} is not on the page.`);
  return { ...found, right: found.x + found.width, bottom: found.y + found.height };
}

test('a request that waits for the relay is not called asked, until it is', async ({ relay, person, agent }) => {
  const { robin: partner, link } = await robin(agent, relay);
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await meet(ada, partner, link);
  await relay.stop();
  await expect(ada.page.getByRole('button', { name: 'Connection: Offline' })).toBeVisible();

  await ada.ask('half an hour with Robin next week about tulips');
  await expect(ada.state).toContainText('Not asked yet');
  await expect(ada.state).toContainText('Robin’s agent does not know of it.');
  await expect(form(ada)).toContainText('Kept. It goes out to Robin’s agent as soon as the relay is back.');
  await ada.press('All meetings');
  await expect(ada.meetings.getByRole('button', { name: /tulips/i })).toContainText('Not asked yet');
  await ada.page.screenshot({ path: 'results/not-asked.png' });

  await relay.start();
  await expect(ada.meetings.getByRole('heading', { name: 'Agreed' })).toBeVisible({ timeout: 60_000 });
  await expect(form(ada)).not.toContainText(/Kept|Sent/);
});

test('what was sent, and that one has met, is said until the meeting itself says more', async ({
  relay,
  person,
  agent,
}) => {
  const { robin: partner, link } = await robin(agent, relay);
  const running = await partner.run();
  await running.prints(/"connection":"online"/);
  const ada = await person({ name: 'Ada' }, PHONE);
  await ada.createVault(link);
  const card = ada.page.getByRole('region', { name: 'Invitation' });
  await card.getByRole('button', { name: 'Accept invitation' }).tap();
  await expect(card.getByRole('heading', { name: 'Robin and you are contacts' })).toBeVisible();
  await partner.stop();

  await ada.ask('half an hour with Robin next week');
  await expect(form(ada)).toContainText('Sent. Your agent asks Robin’s agent.');
  await expect(card).toBeHidden();
  await form(ada).getByRole('button', { name: 'Dismiss' }).tap();
  await expect(form(ada)).not.toContainText('Sent');

  await ada.ask('an hour with Robin next week');
  await expect(form(ada)).toContainText('Sent.');
  await partner.run();
  await expect(ada.state).toContainText('Confirmed');
  await expect(form(ada)).not.toContainText('Sent');
});

test('after no meeting the next sentence is in the box, to be changed and sent', async ({ relay, person, agent }) => {
  const { robin: partner, link } = await robin(agent, relay);
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await meet(ada, partner, link);
  const full = [0, 1, 2, 3, 4, 5, 6].map((weekday) => ({
    title: 'Vaulting',
    day: dayOfNextWeek(weekday, BERLIN),
    from: '00:00',
    to: '23:45',
  }));
  await partner.stop();
  const file = join(partner.home, 'full.ics');
  writeFileSync(file, calendar('Full', BERLIN, full).buffer);
  await partner.json('calendar', 'import', file);
  await partner.run();

  await ada.ask('an hour and a half with Robin next week between 9:30 and 15:00 about “the shed on Monday”');
  await expect(ada.state).toContainText('No meeting');
  await expect(ada.state).toContainText('You and Robin have no free time in common then.');
  await expect(ada.meetings).toContainText('1 hour 30 minutes with Robin');
  await expect(ada.meetings).toContainText(/Mon .* – Sun .*, 09:30–15:00/);
  await ada.page.screenshot({ path: 'results/no-meeting.png' });
  await ada.press('Ask again');
  await expect(ada.box).toBeFocused();
  await expect(ada.box).toHaveValue(
    /^1 hour 30 minutes with Robin from .* to .* 09:30–15:00 about “the shed on Monday”$/,
  );
  await expect(form(ada)).toContainText(
    /1 hour 30 minutes with Robin · Mon .* – Sun .* · 09:30–15:00 “the shed on Monday”/,
  );
  const asked = await ada.box.inputValue();
  await ada.press('Try other days');
  await expect(ada.box).not.toHaveValue(asked);
  await expect(form(ada)).toContainText(
    /1 hour 30 minutes with Robin · Mon .* – Sun .* · 09:30–15:00 “the shed on Monday”/,
  );
  await ada.box.press('Enter');
  await expect(ada.state).toContainText('Confirmed');
  await expect(ada.meetings.getByRole('heading', { level: 2, name: 'the shed on Monday' })).toBeVisible();
});

for (const [device, options] of [
  ['desk', {}],
  ['phone', PHONE],
] as const) {
  test(`a busy week on a ${device} shows the meeting, one’s own, and where the day begins`, async ({
    relay,
    person,
    agent,
  }) => {
    const { robin: partner, link } = await robin(agent, relay);
    const ada = await person({ name: 'Ada' }, options);
    await ada.createVault(relay.url);
    await meet(ada, partner, link);
    const today = new Intl.DateTimeFormat('sv-SE', { timeZone: BERLIN }).format(Date.now());
    const monday = dayOfNextWeek(0, BERLIN);
    await ada.ask(`an hour with Robin on ${monday} at 10:00 about tulips`);
    await expect(ada.state).toContainText('Confirmed');

    const busy = ['Stand-up', 'Budget', 'Hiring', 'Design', 'Review', 'Clinic'].map((title, index): Appointment => {
      return { title, day: monday, from: `09:${15 + index * 5}`, to: '12:00' };
    });
    const days = [today, monday].flatMap((day) =>
      ['Fair', 'Guests', 'On call', 'Regatta', 'Sale', 'Visit'].map((title) => ({ title, day })),
    );
    const dialog = await ada.importCalendars(calendar('Work', BERLIN, busy), allDay('Days', days));
    await dialog.getByRole('button', { name: 'Done' }).click();

    // As it is at first: the beginning of the working day is in sight below the days and what fills them.
    await ada.go('Week');
    await ada.page.reload();
    await ada.unlock();
    await ada.expectOnline();
    await expect(ada.calendar.getByRole('button', { name: /^On call/ }).first()).toBeVisible();
    const top = await box(ada.calendar.locator('.week-top'));
    const shown = await box(ada.calendar.getByRole('group', { name: 'Events' }));
    for (const label of ['08:00', '09:00']) {
      const hour = await box(ada.calendar.getByText(label, { exact: true }).first());
      expect(hour.y, `${label} is whole`).toBeGreaterThanOrEqual(top.bottom);
      expect(hour.bottom, label).toBeLessThanOrEqual(shown.bottom);
    }
    await ada.page.screenshot({ path: `results/first-hour-${device}.png` });

    if (device === 'phone')
      await ada.page
        .getByText(/^Meetings/)
        .first()
        .tap();
    await ada.openMeeting(/tulips/i);
    await ada.press('Show in calendar');
    const meeting = ada.calendar.getByRole('button', { name: /^Meeting: Tulips/ });
    await expect(meeting).toBeInViewport({ ratio: 1 });
    const own = ada.calendar.getByRole('button', { name: /^(Stand-up|Budget|Hiring|Design|Review|Clinic)/ });
    await expect(own.first()).toBeVisible();
    const more = ada.calendar.getByRole('button', { name: /^\+\d/ });
    await expect(more).toHaveCount(1);
    const boxes = [await box(meeting), ...(await Promise.all((await own.all()).map(box))), await box(more)];
    for (const [index, one] of boxes.entries()) {
      expect(one.width).toBeGreaterThan(15);
      for (const other of boxes.slice(index + 1)) {
        const apart = one.right <= other.x + 1 || other.right <= one.x + 1;
        expect(apart || one.bottom <= other.y || other.bottom <= one.y, 'none covers another').toBe(true);
      }
    }
    await ada.page.screenshot({ path: `results/busy-${device}-light.png` });
    await ada.page.emulateMedia({ colorScheme: 'dark' });
    await ada.page.screenshot({ path: `results/busy-${device}-dark.png` });
  });
}

/** A calendar of whole days. */
function allDay(name: string, days: readonly { title: string; day: string }[]) {
  const events = days.flatMap(({ title, day }) => [
    'BEGIN:VEVENT',
    `UID:${title} ${day}`,
    `DTSTART;VALUE=DATE:${day.replaceAll('-', '')}`,
    `SUMMARY:${title}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ]);
  const lines = ['BEGIN:VCALENDAR', `X-WR-CALNAME:${name}`, ...events, 'END:VCALENDAR', ''];
  return { name: `${name}.ics`, mimeType: 'text/calendar', buffer: Buffer.from(lines.join('\r\n')) };
}
