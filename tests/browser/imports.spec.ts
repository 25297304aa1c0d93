/** What the app says about a calendar file beyond what could not be read. */

import { calendar, fixture } from './support/calendars.ts';
import { expect, People, test } from './support/fixtures.ts';
import type { Person } from './support/person.ts';
import { Relay } from './support/relay.ts';
import { dayOfNextWeek, shortDay } from './support/times.ts';

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let people: People;
let ada: Person;

/** Monday of next week is 0. */
const day = (weekday: number) => dayOfNextWeek(weekday, 'Europe/Berlin');

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

const done = async () => ada.page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();

/** The bytes of a file that an old program wrote. */
function written(text: string, encoding: 'latin1' | 'utf16le') {
  const mark = encoding === 'utf16le' ? Buffer.from([0xff, 0xfe]) : Buffer.alloc(0);
  return {
    name: `${encoding}.ics`,
    mimeType: 'text/calendar',
    buffer: Buffer.concat([mark, Buffer.from(text, encoding)]),
  };
}

test('nothing is said of dropping files where nothing can be dropped', async ({ person }) => {
  const hint = ada.page.getByText('drop one here');
  await ada.go('Week');
  await expect(hint).toBeVisible();
  const phone = await person({ name: 'Bea' }, { hasTouch: true, isMobile: true });
  await phone.createVault(relay.url);
  await expect(phone.page.getByText('Import a calendar file (.ics)')).toBeVisible();
  await expect(phone.page.getByText('drop one here')).toBeHidden();
  await phone.go('Calendars');
  await expect(phone.page.getByText('Export one as an .ics file')).toBeVisible();
  await expect(phone.page.getByText('drop it anywhere')).toBeHidden();
});

test('a file that is not UTF-8 keeps its letters, and a guess is said', async () => {
  const text = (name: string) =>
    calendar(name, 'Europe/Paris', [
      { title: 'Dîner à la crémerie', day: day(0), from: '19:00', to: '21:00' },
    ]).buffer.toString('utf8');
  for (const [encoding, guessed] of [
    ['latin1', true],
    ['utf16le', false],
  ] as const) {
    const dialog = await ada.importCalendars(written(text(`Été ${encoding}`), encoding));
    await expect(dialog.getByRole('heading', { level: 3 })).toHaveText(`Été ${encoding}`);
    await expect(dialog.getByText('read as Windows-1252')).toHaveCount(guessed ? 1 : 0);
    await done();
  }
  await ada.go('Week');
  await ada.page.getByRole('button', { name: 'Next week' }).click();
  await expect(ada.calendar.getByRole('button', { name: /^Dîner à la crémerie 19:00–21:00/ })).toHaveCount(2);
});

test('a file without events is said to be one, and can be taken away again at once', async () => {
  const { page } = ada;
  const dialog = await ada.importCalendars(calendar('Void', 'Europe/Berlin', []));
  await expect(dialog).toContainText('There is no event in it');
  await expect(page.getByRole('dialog', { name: 'Calendar imported' })).toHaveCount(0);
  await page.screenshot({ path: 'results/import-without-events.png' });
  await dialog.getByRole('button', { name: 'Remove Void' }).click();
  await expect(dialog).toContainText('It was removed');
  await done();
  await expect(page.getByRole('list', { name: 'Imported calendars' })).not.toContainText('Void');
});

test('the same events in another calendar are noticed, and not when it is the same one again', async () => {
  const events = [
    { title: 'Swimming', day: day(1), from: '07:00', to: '08:00' },
    { title: 'Dentist', day: day(2), from: '10:00', to: '10:30' },
  ];
  await ada.importCalendars(calendar('Home', 'Europe/Berlin', events));
  await done();
  const again = await ada.importCalendars(calendar('Home', 'Europe/Berlin', events));
  await expect(again).toContainText('was replaced');
  await expect(again).not.toContainText('of the same events');
  await done();
  const copy = await ada.importCalendars(calendar('Home (2)', 'Europe/Berlin', events));
  await expect(copy).toContainText('2 of the same events are already in “Home”');
  await done();
});

test('all-day events that block their day are named, and their details say how to change that', async () => {
  const date = day(3).replaceAll('-', '');
  const lines = (uid: string, title: string, more: string[] = []) => [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `DTSTART;VALUE=DATE:${date}`,
    `SUMMARY:${title}`,
    ...more,
    'END:VEVENT',
  ];
  const file = [
    'BEGIN:VCALENDAR',
    'X-WR-CALNAME:Days',
    ...lines('a', 'Book fair'),
    ...lines('b', 'Birthday', ['TRANSP:TRANSPARENT']),
    ...lines('c', 'Trip', ['DURATION:P2D']),
    ...lines('d', 'Zoo'),
    ...lines('e', 'Ball'),
    'END:VCALENDAR',
    '',
  ];
  const dialog = await ada.importCalendars({
    name: 'days.ics',
    mimeType: 'text/calendar',
    buffer: Buffer.from(file.join('\r\n')),
  });
  const named = dialog.getByRole('list', { name: 'Days without meetings' }).getByRole('listitem');
  const noon = Date.parse(`${day(3)}T12:00:00Z`);
  await expect(named).toHaveText([
    `“Book fair” blocks the whole of ${shortDay(noon, 'UTC')}.`,
    `“Trip” blocks ${shortDay(noon, 'UTC')} – ${shortDay(noon + 86_400_000, 'UTC')}.`,
    `“Zoo” blocks the whole of ${shortDay(noon, 'UTC')}.`,
    'And 1 more.',
  ]);
  await expect(dialog).toContainText('mark its event as free in your calendar and import it again');
  await ada.page.screenshot({ path: 'results/blocked-days.png' });
  await done();
  await ada.go('Week');
  const next = ada.page.getByRole('button', { name: 'Next week' });
  const fair = ada.calendar.getByRole('button', { name: /^Book fair/ });
  if (!(await fair.isVisible())) await next.click();
  await fair.click();
  await expect(ada.page.getByRole('dialog', { name: 'Book fair' })).toContainText('blocks the whole day');
  await ada.page.keyboard.press('Escape');
  await ada.calendar.getByRole('button', { name: /^Birthday/ }).click();
  await expect(ada.page.getByRole('dialog', { name: 'Birthday' })).not.toContainText('blocks the whole day');
  await ada.page.keyboard.press('Escape');
});

test('an agreed meeting that something imported now stands beside is named', async ({ agent }) => {
  const robin = agent();
  await robin.json('init', '--relay', relay.url, '--name', 'Robin');
  await robin.json('preferences', 'set', '--approve-meetings', 'auto', '--approve-contacts', 'auto');
  const { link } = await robin.json<{ link: string }>('invite');
  const running = await robin.run();
  await running.prints(/"connection":"online"/);
  await ada.accept(link);
  await expect(ada.contact('Robin')).toContainText('Contact since');
  await ada.ask('half an hour with Robin next week about tulips');
  await expect(ada.state).toContainText('Confirmed');
  await robin.stop();

  const week = Array.from({ length: 7 }, (_, weekday) => ({
    title: 'Harvest',
    day: day(weekday),
    from: '00:00',
    to: '23:30',
  }));
  const dialog = await ada.importCalendars(calendar('Harvest', 'Europe/Berlin', week));
  await expect(dialog).toContainText('1 meeting is now at the same time');
  await expect(dialog.getByRole('list', { name: 'Meetings at the same time' }).getByRole('listitem')).toContainText(
    /tulips with Robin/i,
  );
  await done();
  const elsewhere = await ada.importCalendars(fixture('school-holidays.ics'));
  await expect(elsewhere).not.toContainText('at the same time');
  await done();
  ada.expectNoComplaints();
});
