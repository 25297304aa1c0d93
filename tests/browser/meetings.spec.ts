/** What the app says of a meeting that is not told yet, comes to nothing, or is agreed in a busy week. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from '@playwright/test';
import type { Agent } from './support/agent.ts';
import { calendar, type Appointment } from './support/calendars.ts';
import { DEVICES, PHONE } from './support/devices.ts';
import { expect, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';
import type { Relay } from './support/relay.ts';
import { dayOfNextWeek, slot, type Stretch } from './support/times.ts';

const BERLIN = 'Europe/Berlin';

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

for (const [device, options] of DEVICES) {
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

test('a meeting that the other side calls off is said on every page until it was seen', async ({
  relay,
  person,
  agent,
}) => {
  const { robin: partner, link } = await robin(agent, relay);
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await meet(ada, partner, link);
  const notice = ada.page.getByRole('region', { name: 'Called off' });
  for (const title of ['tulips', 'rakes']) {
    await ada.ask(`half an hour with Robin next week about ${title}`);
    await expect(ada.state).toContainText('Confirmed');
    await ada.press('All meetings');
  }
  await ada.go('Calendars');
  const slots = new Map<string, string>();
  for (const { id, title, slot: time } of await partner.json<Listed[]>('proposals')) {
    slots.set(title.toLowerCase(), slot(time, BERLIN));
    await partner.json('proposals', 'cancel', id, '--reason', `no ${title} left`);
  }

  await expect(notice).toContainText(`Robin called off ${slots.get('tulips')}: “Tulips”. “no Tulips left”`);
  await expect(notice).toContainText(`Robin called off ${slots.get('rakes')}`);
  await expect(ada.page).toHaveTitle(/^\(2\)/);
  await ada.page.screenshot({ path: 'results/called-off.png' });
  await ada.page.reload();
  await ada.unlock();
  await expect(notice.getByRole('listitem')).toHaveCount(2);
  await notice.getByRole('listitem').filter({ hasText: 'Tulips' }).getByRole('button', { name: 'Open' }).click();
  await expect(ada.state).toContainText('Called off');
  await expect(ada.state.locator('s')).toContainText(slots.get('tulips')?.split(', ')[1] ?? 'none');
  await expect(notice.getByRole('listitem')).toHaveCount(1);
  await ada.go('People');
  await notice.getByRole('button', { name: 'Dismiss' }).click();
  await expect(notice).toBeHidden();
  await ada.page.reload();
  await ada.unlock();
  await ada.go('Week');
  await ada.meetings.getByText('Earlier (2)').click();
  for (const [title, time] of slots)
    await expect(ada.meetings.getByRole('button', { name: new RegExp(title, 'i') })).toContainText(time);
  await expect(notice).toBeHidden();

  // What the user calls off is no news to them.
  await ada.ask('half an hour with Robin next week about bulbs');
  await expect(ada.state).toContainText('Confirmed');
  await ada.press('Call off the meeting');
  const reason = ada.page.getByLabel('Reason, if you like');
  await reason.pressSequentially('n'.repeat(198) + 'o!?');
  await ada.press('Call it off');
  await expect(ada.state).toContainText('Called off');
  await expect(ada.state).toContainText(`${'n'.repeat(198)}o!”`);
  const stays = await ada.state.evaluate((card) => card.scrollWidth <= card.clientWidth);
  expect(stays, 'a word without end stays in its card').toBe(true);
  await expect(notice).toBeHidden();
});

/** As much of a proposal as is looked at. */
interface Listed {
  id: string;
  title: string;
  slot: Stretch;
}

for (const [device, options] of DEVICES) {
  test(`on a ${device} the count of what waits opens the next meeting and its week`, async ({
    relay,
    person,
    agent,
  }) => {
    const { robin: partner, link } = await robin(agent, relay);
    const ada = await person({ name: 'Ada' }, options);
    await ada.createVault(relay.url);
    await meet(ada, partner, link);
    await ada.ask('half an hour with Robin next week about bulbs');
    await expect(ada.state).toContainText('Confirmed');
    for (const title of ['tulips', 'rakes']) {
      const request = `half an hour with Ada on ${dayOfNextWeek(7, BERLIN)} about ${title}`;
      await partner.json('schedule', request);
    }
    const count = ada.page.getByRole('link', { name: '2 waiting for you' });
    await expect(count).toBeVisible();
    await expect(ada.meetings.getByRole('heading', { level: 2, name: 'Bulbs' })).toBeVisible();

    await count.click();
    const first = ada.meetings.getByRole('heading', { level: 2, name: /Tulips|Rakes/ });
    await expect(first).toBeVisible();
    const shown = await first.innerText();
    const candidate = ada.calendar.getByRole('button', { name: new RegExp(`Held: ${shown}`) });
    if (device === 'desk') {
      await expect(candidate).toBeVisible();
      await ada.calendar.getByRole('button', { name: 'Today' }).click();
      await expect(candidate).toBeHidden();
    } else {
      await ada.press('Show in calendar');
      await expect(candidate).toBeVisible();
    }
    await count.click();
    await expect(ada.meetings.getByRole('heading', { level: 2, name: /Tulips|Rakes/ })).not.toHaveText(shown);
    if (device === 'desk') await expect(ada.calendar.getByRole('button', { name: /Held: / }).first()).toBeVisible();

    await ada.go('People');
    await count.click();
    await expect(ada.meetings.getByRole('heading', { level: 2, name: /Tulips|Rakes/ })).toBeVisible();
  });
}

test('what never reached the other side is not called off, and is not asked for again', async ({
  relay,
  person,
  agent,
}) => {
  const { robin: partner, link } = await robin(agent, relay);
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await meet(ada, partner, link);
  await partner.json('contacts', 'remove', 'Ada', '--yes');
  await ada.ask('half an hour with Robin next week');
  await expect(ada.state).toContainText('Not sent');
  await expect(ada.state).toContainText('Robin could not be told');
  await expect(ada.state).toContainText('Once you have met anew by an invitation, you can ask again.');
  await expect(ada.messages.first()).toContainText('did not arrive');
  await expect(ada.meetings.getByRole('button', { name: /Try other days|Ask again/ })).toHaveCount(0);
  await ada.meetings.getByRole('link', { name: 'Invite or accept' }).click();
  await expect(ada.page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible();
});

test('a time that was declined is named with the reason above what comes next, on both sides', async ({
  relay,
  person,
}) => {
  const ada = await person({ name: 'Ada' });
  const bea = await person({ name: 'Bea' });
  await ada.createVault(relay.url);
  await bea.createVault(await ada.invite());
  await bea.page.getByRole('button', { name: 'Accept invitation' }).click();
  await ada.approve('Bea');
  await ada.ask('half an hour with Bea next week about tulips');
  await bea.openMeeting(/tulips/i);
  const asked = /asks for (.*?, [\d:–]+)/.exec(await bea.state.innerText())?.[1] ?? 'none';
  await bea.press('Decline');
  await bea.page.getByLabel('Reason, if you like').fill('choir');
  await bea.press('Send decline');
  await expect(bea.state).toContainText(`You declined ${asked} and offered`);
  await expect(bea.state).toContainText('“choir”');
  await expect(ada.state).toContainText(`Bea declined ${asked}. “choir”`);
  await ada.page.screenshot({ path: 'results/declined.png' });
});

test('narrow events keep their words whole, the meeting its time, and the offered times stand out', async ({
  relay,
  person,
  agent,
}) => {
  const { robin: partner, link } = await robin(agent, relay);
  const ada = await person({ name: 'Ada' });
  await ada.createVault(relay.url);
  await meet(ada, partner, link);
  const day = dayOfNextWeek(0, BERLIN);
  const long = 'An agenda of very many words that goes on about every flower bed of the garden, one by one, in turn';
  await ada.ask(`an hour with Robin on ${day} at 10:00 about “${long}”`);
  await expect(ada.state).toContainText('Confirmed');
  const busy = ['Tender documents', 'Overarchingly'].map((title) => ({ title, day, from: '09:30', to: '12:30' }));
  const dialog = await ada.importCalendars(calendar('Work', BERLIN, busy));
  await dialog.getByRole('button', { name: 'Done' }).click();
  await ada.openMeeting(/agenda of very many/);
  const event = (name: string) => ada.calendar.getByRole('button', { name: new RegExp(`^${name}`) });
  // A word that is in one piece is in one line.
  for (const title of ['Tender documents', 'Overarchingly'])
    expect(
      await event(title)
        .locator('b')
        .evaluate((element) => {
          const text = element.firstChild;
          if (!text) throw new Error('There is no title.');
          return [...(text.textContent ?? '').matchAll(/\p{L}+/gu)].map(({ index, 0: word }) => {
            const range = document.createRange();
            range.setStart(text, index);
            range.setEnd(text, index + word.length);
            return new Set([...range.getClientRects()].map(({ top }) => top)).size;
          });
        }),
    ).toEqual(title.split(' ').map(() => 1));
  const time = event('Meeting: An agenda').locator('.when');
  const start = await time.evaluate((element) => {
    const text = element.firstChild;
    if (!text) throw new Error('There is no time.');
    const range = document.createRange();
    range.selectNodeContents(text);
    const { right, bottom } = range.getBoundingClientRect();
    const within = element.parentElement?.getBoundingClientRect();
    return { text: text.textContent, whole: within && right <= within.right && bottom <= within.bottom };
  });
  expect(start).toEqual({ text: '10:00', whole: true });
  await ada.page.screenshot({ path: 'results/narrow.png' });

  await ada.press('All meetings');
  const title = ada.meetings.getByRole('button', { name: /agenda of very many/ }).locator('b');
  const { height, line } = await title.evaluate((element) => ({
    height: element.clientHeight,
    line: parseFloat(getComputedStyle(element).lineHeight),
  }));
  expect(Math.round(height / line)).toBe(2);

  await ada.page.getByRole('switch', { name: 'Let me choose the time first' }).check();
  await ada.ask(`an hour with Robin on ${day} between 9:00 and 18:00`);
  await expect(ada.state).toContainText('Pick a time');
  const offered = ada.calendar.locator('.week-candidate').first();
  await expect(offered).toBeVisible();
  expect(await offered.evaluate((element) => getComputedStyle(element).backgroundColor)).toMatch(/^rgb\(/);
  await ada.page.screenshot({ path: 'results/offered.png' });
});
