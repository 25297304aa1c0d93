/** Takes the picture of the README: `npm run picture`. */

import { calendar, type Appointment } from './support/calendars.ts';
import { expect, test } from './support/fixtures.ts';
import { inRepository } from './support/processes.ts';
import { dayOfNextWeek } from './support/times.ts';

const ZONE = 'Europe/Berlin';
const on = (weekday: number, from: string, to: string, title: string): Appointment => ({
  title,
  day: dayOfNextWeek(weekday, ZONE),
  from,
  to,
});

test('the picture of the README', async ({ relay, person }) => {
  const options = { viewport: { width: 1280, height: 800 }, colorScheme: 'light' as const };
  const kim = await person({ name: 'Kim', timeZone: ZONE }, options);
  const robin = await person({ name: 'Robin', timeZone: ZONE }, options);
  await kim.createVault(relay.url);
  await robin.createVault(await kim.invite());
  await robin.page.getByRole('button', { name: 'Accept invitation' }).click();
  await kim.approve('Robin');

  const mine = await kim.importCalendars(
    calendar('Kim', ZONE, [
      ...[0, 1, 2, 3, 4].map((weekday) => on(weekday, '09:15', '09:45', 'Daily')),
      on(0, '10:00', '12:00', 'Planning'),
      on(0, '13:30', '15:00', 'Interviews'),
      on(1, '10:30', '12:00', 'Design review'),
      on(1, '14:00', '16:00', 'Workshop'),
      on(2, '10:00', '13:00', 'Seed fair'),
      on(3, '11:00', '12:30', 'Lunch with Ines'),
      on(3, '15:00', '16:30', 'Writing'),
      on(4, '13:00', '15:00', 'Retrospective'),
    ]),
  );
  await mine.getByRole('button', { name: 'Done' }).click();
  const theirs = await robin.importCalendars(
    calendar('Robin', ZONE, [
      on(0, '08:00', '18:00', 'Travel'),
      on(1, '08:00', '18:00', 'Travel'),
      on(2, '08:00', '14:00', 'Accounts'),
    ]),
  );
  await theirs.getByRole('button', { name: 'Done' }).click();

  await kim.ask('half an hour with Robin next week about seeds');
  await robin.openMeeting(/Seeds/);
  await robin.press('Approve');
  await expect(kim.state).toContainText('Confirmed');
  await expect(kim.messages).toHaveCount(4);
  await expect(kim.calendar.getByRole('button', { name: /^Meeting: / })).toBeVisible();
  await kim.page.evaluate(() => document.fonts.ready);
  await kim.page.mouse.move(0, 0);
  await expect(kim.page.getByText('Sent. Your agent asks')).toBeHidden();
  await kim.page.screenshot({ path: inRepository('docs/sotto.png'), animations: 'disabled', caret: 'hide' });
});
