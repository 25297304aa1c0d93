/** Several devices of one person: added by a code, named, followed, removed; and what can go wrong with that. */

import { expectAccessible, SCHEMES } from './support/access.ts';
import { PHONE } from './support/devices.ts';
import { expect, People, test } from './support/fixtures.ts';
import { over, typo } from './support/invitations.ts';
import type { Person } from './support/person.ts';
import { scan } from './support/qr.ts';
import { Relay } from './support/relay.ts';

test.describe.configure({ mode: 'serial' });

let relay: Relay;
let people: People;
/** At a desk, where she has begun. */
let ada: Person;
/** The same, on a phone. */
let phone: Person;
/** What the browser that the tests drive says of itself: so Ada's first device is called. */
const DESK = 'Chrome on Linux';

test.beforeAll(async ({ browser }) => {
  // One account makes several links here, in less time than one is good for.
  relay = await Relay.start({ SOTTO_RELAY_GUESTS_PER_ACCOUNT: '20' });
  people = new People(browser);
  ada = await people.open({ name: 'Ada' });
  phone = await people.open({ name: 'Ada' }, PHONE);
  await ada.createVault(relay.url);
});

test.afterAll(async () => {
  await people?.close();
  await relay?.remove();
});

test('a phone scans the code, shows six digits, and becomes the app once Ada has typed them', async () => {
  await ada.go('Settings');
  await expect(ada.device(DESK)).toContainText('This device');
  await expect(ada.device(DESK)).toContainText('Answers for you');
  await expect(ada.device(DESK).getByRole('button')).toHaveText(['Rename']);
  await ada.page.getByRole('button', { name: 'Add a device' }).click();
  await expectAccessible(ada.page, 'add a device', SCHEMES);
  await ada.page.keyboard.press('Escape');
  const shown = await ada.linkDevice();
  const drawn = ada.addDevice.getByRole('img', { name: 'Link as a code to scan' });
  const link = await scan(drawn);
  expect(link).toBe(shown);
  await expect(ada.addDevice).toContainText(/good for \d+:\d\d/);
  await expectAccessible(ada.page, 'link for a device', SCHEMES);

  await phone.page.goto(shown);
  await expect(phone.page.getByRole('heading', { level: 1, name: 'Add this device to your account' })).toBeVisible();
  expect(phone.page.url()).not.toContain('device');
  await expect(phone.page.getByLabel('Name of this device')).toHaveValue(/^Chrome on /);
  await expect(phone.page.getByText('Choose a passphrase for this device alone')).toBeVisible();
  await expectAccessible(phone.page, 'phone join', SCHEMES);
  await phone.page.getByLabel('Name of this device').fill('');
  await phone.page.getByRole('button', { name: 'Ask to be added' }).tap();
  await expect(phone.page.getByLabel('Name of this device')).toHaveAccessibleDescription(/name is missing/);
  await phone.join('Phone');

  const code = await phone.code();
  expect(code).toMatch(/^\d{6}$/);
  await expect(ada.page.getByRole('dialog', { name: 'Phone asks to be added' })).toBeVisible();
  const digits = phone.page.getByRole('region', { name: 'The account that you join' }).getByRole('listitem');
  await expect(digits).toHaveText(Array<RegExp>(6).fill(/^\d{5}$/));
  const same = (await digits.allInnerTexts()).join(' ');
  await expect(ada.addDevice.getByLabel(`Digits of your account: ${same}`)).toBeVisible();
  await expect(ada.addDevice).toContainText('Compare these digits with those that Phone shows.');
  await expect(phone.page.getByText('Compare these digits of the account that you join')).toBeVisible();
  await expectAccessible(phone.page, 'phone joining', SCHEMES);
  await expectAccessible(ada.page, 'type the code', SCHEMES);

  // Loaded anew, it goes on where it was.
  await phone.page.reload();
  await phone.unlock();
  expect(await phone.code()).toBe(code);

  await ada.typeCode(code === '000000' ? '111111' : '000000');
  await expect(ada.alert).toContainText('That is not the code. You can try twice more.');
  await ada.typeCode('12345');
  await expect(ada.alert).toContainText('A code has six digits.');
  await ada.typeCode(`${code.slice(0, 3)} ${code.slice(3)}`);
  await expect(ada.addDevice).toContainText('Phone is one of your devices now.');
  await phone.expectOnline();
  await expect(phone.page.getByRole('heading', { level: 1, name: 'Week' })).toBeAttached();
  await ada.addDevice.getByRole('button', { name: 'Done' }).click();
  await expect(ada.device('Phone')).toContainText('Added on');
});

test('each device calls the others as its user likes, and the follower says whom it follows', async () => {
  await phone.go('Settings');
  await expect(phone.device('Phone')).toContainText('This device');
  const others = phone.page.getByRole('list', { name: 'Your devices' }).getByRole('listitem');
  await expect(others).toHaveCount(2);
  await phone
    .device(DESK)
    .getByRole('button', { name: `Rename ${DESK}` })
    .tap();
  const name = phone.page.getByLabel('Name of that device');
  for (const [taken, said] of [
    ['this device', 'is what each device calls itself'],
    ['phone', 'Another of your devices is called “Phone”.'],
  ] as const) {
    await name.fill(taken);
    await phone.page.getByRole('button', { name: 'Save' }).tap();
    await expect(phone.alert).toContainText(said);
  }
  await name.fill('Laptop');
  await phone.page.getByRole('button', { name: 'Save' }).tap();
  await expect(phone.device('Laptop')).toContainText('Answers for you');
  await expect(phone.page.getByRole('link', { name: 'Follows Laptop' })).toBeVisible();
  await expect(phone.page.getByRole('button', { name: 'Add a device' })).toHaveCount(0);
  await expect(phone.page.getByText('This device may not add or remove devices,')).toBeVisible();
  await expectAccessible(phone.page, 'phone devices', SCHEMES);
  await expect(phone.page.getByText('Laptop answers for you: when meetings suit')).toBeVisible();
  await expect(phone.page.getByRole('radio', { name: 'Confirm it' })).toBeDisabled();
  await expect(phone.page.getByLabel('Free time around meetings')).toBeDisabled();
  await phone.go('Week');
  await expect(phone.page.getByText('Laptop answers for you.')).toBeVisible();
  await expect(phone.page.getByRole('button', { name: 'Import a calendar' })).toHaveCount(0);
  await expectAccessible(phone.page, 'phone follows', SCHEMES);
});

test('what only the other does is not offered, with its name', async ({ agent }) => {
  const link = async () => ada.invite();
  const [cleo, dan] = [agent(), agent()];
  await cleo.json('init', '--relay', relay.url, '--name', 'Cleo');
  await cleo.json('accept', await link());
  await ada.approve('Cleo');
  await dan.json('init', '--relay', relay.url, '--name', 'Dan');
  await dan.json('accept', await link());
  const there = (what: string) => phone.page.getByText(`Laptop answers for you: ${what} there.`);

  await phone.go('People');
  await expect(there('invite, approve, block and remove people')).toBeVisible();
  await expect(phone.page.getByRole('button', { name: 'Invite someone' })).toBeDisabled();
  const asks = phone.page.getByRole('region', { name: 'Requests' }).getByRole('listitem', { name: 'Dan' });
  await expect(asks.getByRole('button')).toHaveText(['Verify', 'Messages', 'Rename']);
  await expect(phone.contact('Cleo').getByRole('button')).toHaveText(['Verify', 'Messages', 'Rename']);
  await expectAccessible(phone.page, 'people of a device that follows', SCHEMES);

  await phone.go('Calendars');
  await expect(there('import your calendars')).toBeVisible();
  await expect(phone.page.getByRole('button', { name: 'Import a calendar' })).toBeDisabled();
  await expect(phone.page.getByLabel('Calendar file')).toBeDisabled();
  await expectAccessible(phone.page, 'calendars of a device that follows', SCHEMES);

  await phone.go('Week');
  await expect(there('ask for meetings')).toBeVisible();
  await expect(phone.box).toBeDisabled();
  await expect(phone.page.getByRole('button', { name: 'Send' })).toBeDisabled();
  // What it may do itself it does.
  await phone.go('People');
  await expect(phone.linkBox).toBeEnabled();
});

test('a removed device says so, and its data are deleted on it', async () => {
  await ada.go('Settings');
  await ada.device('Phone').getByRole('button', { name: 'Remove Phone' }).click();
  const dialog = ada.page.getByRole('dialog', { name: 'Remove Phone?' });
  await expect(dialog).toContainText('Phone is shut out for good');
  await expectAccessible(ada.page, 'remove a device', SCHEMES);
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await expect(ada.device('Phone')).toBeVisible();
  await ada.device('Phone').getByRole('button', { name: 'Remove Phone' }).click();
  await dialog.getByRole('button', { name: 'Remove Phone' }).click();
  await expect(ada.device('Phone')).toHaveCount(0);
  await ada.page.getByText('Removed before').click();
  await expect(ada.page.getByRole('list', { name: 'Removed devices' })).toContainText('Phone');
  await expectAccessible(ada.page, 'devices', SCHEMES);

  const { page } = phone;
  const removed = page.getByRole('heading', { level: 1, name: 'This device was removed' });
  await expect(removed).toBeVisible();
  await expectAccessible(page, 'phone removed', SCHEMES);
  await page.getByRole('button', { name: 'Look at what is here' }).tap();
  await expect(page.getByRole('button', { name: 'Connection: Removed' })).toBeVisible();
  await expect(page.getByRole('link', { name: /^Follows/ })).toHaveCount(0);
  await expect(page.getByText('answers for you')).toHaveCount(0);
  await phone.go('People');
  await expect(page.getByText('This device was removed: go on with another of yours.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Invite someone' })).toBeDisabled();
  await page.getByRole('button', { name: 'What to do' }).tap();
  await page.getByRole('button', { name: 'Delete the data on this device…' }).tap();
  await page.getByRole('button', { name: 'Back' }).tap();
  await page.getByRole('button', { name: 'Delete the data on this device…' }).tap();
  await page.getByRole('button', { name: 'Delete everything here' }).tap();
  await expect(page.getByRole('button', { name: 'Create my agent' })).toBeVisible();
});

/** That it says so by itself. */
async function expectToldNo({ page, alert }: Person, why: string) {
  await expect(page.getByRole('heading', { level: 1, name: 'This device was not added' })).toBeVisible();
  await expect(alert).toContainText(why);
  await expect(alert).toContainText('make a new link there, and start again here');
  await expect(page.getByRole('button', { name: 'Start again' })).toBeVisible();
}

test('a device that asks is said to on every page, and three wrong codes end it on both sides with the reason', async () => {
  const { page } = phone;
  await page.evaluate((to) => location.assign(to), await ada.linkDevice());
  await phone.join('Phone');
  const code = await phone.code();
  const wrong = code === '000000' ? '111111' : '000000';
  await ada.page.keyboard.press('Escape');
  const banner = ada.page.getByText('Phone asks to be added to your account.');
  await expect(banner).toHaveCount(0);
  await ada.page.reload();
  await ada.unlock();
  await ada.go('People');
  await expect(banner).toBeVisible();
  // Dan waits as well.
  await expect(ada.page.getByRole('link', { name: /^2 waiting/ })).toHaveAttribute('href', '#/settings');
  await expectAccessible(ada.page, 'a device asks', SCHEMES);
  await ada.go('Week');
  await ada.page.getByRole('button', { name: 'Type its code' }).click();
  for (const said of ['You can try twice more.', 'You can try once more.']) {
    await ada.typeCode(wrong);
    await expect(ada.alert).toContainText(said);
  }
  await ada.typeCode(wrong);
  await expect(ada.alert).toContainText('That is not the code either. The link is over, and no device was added.');
  await expectAccessible(ada.page, 'three wrong codes', SCHEMES);
  await expectToldNo(phone, 'Three wrong codes were typed on your other device.');
  await ada.page.keyboard.press('Escape');
  await expect(banner).toHaveCount(0);
  await page.getByRole('button', { name: 'Start again' }).tap();

  await page.getByLabel('Link from your other device').fill(await ada.linkDevice());
  await page.getByRole('button', { name: 'Go on' }).tap();
  await phone.join('Phone');
  await phone.code();
  await ada.addDevice.getByRole('button', { name: 'No', exact: true }).click();
  await expect(ada.addDevice).toContainText('says so.');
  await expectToldNo(phone, 'Your other device said no.');
  await expectAccessible(page, 'phone was told no', SCHEMES);
  await ada.page.keyboard.press('Escape');
  // It stays so.
  await page.reload();
  await phone.unlock();
  await expectToldNo(phone, 'Your other device said no.');
  await page.getByRole('button', { name: 'Start again' }).tap();
  await expect(page.getByRole('heading', { level: 1, name: 'Add this device to your account' })).toBeVisible();
});

test('whoever says no adds nobody, and a link is for one device', async () => {
  const link = await ada.linkDevice();
  const { page } = phone;
  await page.evaluate((to) => location.assign(to), link);
  await phone.join('Phone');
  await phone.code();

  const late = await people.open({ name: 'Ada' });
  await late.page.goto(link);
  await late.join('Tablet');
  await expect(late.page.getByRole('heading', { level: 1, name: 'This device was not added' })).toBeVisible();
  await expect(late.alert).toContainText('Another device has used this link already.');
  await late.page.getByRole('button', { name: 'Start again' }).click();
  await expect(late.page.getByLabel('Link from your other device')).toBeVisible();

  await ada.addDevice.getByRole('button', { name: 'No', exact: true }).click();
  await expect(ada.addDevice).toContainText('Phone was not added, and nothing was shared.');
  // A newer link ends the one before.
  await ada.addDevice.getByRole('button', { name: 'Make a new link' }).click();
  await ada.addDevice.getByRole('button', { name: 'Show the code' }).click();
  const ended = await ada.addDevice.getByLabel('Link for the new device').inputValue();
  await ada.page.keyboard.press('Escape');
  const good = await ada.linkDevice(true);
  expect(good).not.toBe(ended);
  await late.page.evaluate((to) => location.assign(to), ended);
  await late.join('Tablet');
  await expect(late.alert).toContainText(/The link’s time is over|The link's time is over/);
  await expectAccessible(late.page, 'not added');

  // The phone, which was cut off by the tablet, opens the good one while it waits.
  await page.evaluate((to) => location.assign(to), good);
  await expect(page.getByText('You have opened another link.')).toBeVisible();
  await page.getByRole('button', { name: 'Start again' }).tap();
  await phone.join('Phone');
  const again = await phone.code();
  await expect(ada.addDevice).toContainText('It may add and remove devices then.');
  // Put away by a slip, the dialog comes back from the list.
  await ada.page.keyboard.press('Escape');
  await ada.device('Phone').getByRole('button', { name: 'Type its code' }).click();
  await ada.typeCode(again);
  await expect(ada.addDevice).toContainText('Phone is one of your devices now.');
  await ada.addDevice.getByRole('button', { name: 'Done' }).click();
  await phone.expectOnline();
});

const news = ({ page }: Person) => page.getByRole('region', { name: 'Who answers for you' });

test('another device is let answer once it was said what that means, and both say so until it was read', async () => {
  await ada.go('Settings');
  await expect(ada.device(DESK).getByRole('button', { name: /^Let it answer/ })).toHaveCount(0);
  const answer = ada.device('Phone').getByRole('button', { name: 'Let it answer for you: Phone' });
  await answer.focus();
  await expectAccessible(ada.page, 'two devices', SCHEMES);
  await answer.click();
  const dialog = ada.page.getByRole('dialog', { name: 'Let Phone answer for you?' });
  await expect(dialog).toContainText('Imported calendars are not handed over');
  await expect(dialog).toContainText(`What ${DESK} (this device) is arranging is called off.`);
  await expectAccessible(ada.page, 'let a device answer', SCHEMES);
  await dialog.getByRole('button', { name: 'Leave it as it is' }).click();
  await expect(ada.device(DESK)).toContainText('Answers for you');
  await answer.click();
  await dialog.getByRole('button', { name: 'Let Phone answer', exact: true }).click();
  const made = ada.page.getByRole('dialog', { name: 'Phone answers for you' });
  await expect(made).toContainText('Phone answers for you now, and your other devices follow it.');
  await expectAccessible(ada.page, 'a device answers', SCHEMES);
  await made.getByRole('button', { name: 'Done' }).click();
  await expect(ada.device('Phone')).toContainText('Answers for you');

  const told = 'Phone answers for you now, and this device follows it.';
  await expect(news(ada)).toContainText(told);
  await ada.go('Week');
  await expect(news(ada)).toContainText(told);
  await expect(ada.meetings).toContainText('Phone arranges your meetings.');
  await expectAccessible(ada.page, 'stopped answering', SCHEMES);
  await news(ada).getByRole('button', { name: 'Dismiss' }).click();
  await expect(news(ada)).toHaveCount(0);
  await expect(ada.page.getByText('Phone answers for you. Ask')).toBeVisible();
  await ada.page.reload();
  await ada.unlock();
  await expect(ada.page.getByText('Phone answers for you. Ask')).toBeVisible();
  await expect(news(ada)).toHaveCount(0);

  await phone.go('Week');
  await expect(news(phone)).toContainText('Your other devices follow it.');
  await expectAccessible(phone.page, 'phone answers', SCHEMES);
  // And back, by the phone, which may as well.
  await phone.go('Settings');
  const laptop = phone.page.getByRole('list', { name: 'Your devices' }).getByRole('listitem').nth(1);
  await laptop.getByRole('button', { name: /^Let it answer/ }).tap();
  await expectAccessible(phone.page, 'phone lets a device answer', SCHEMES);
  await phone.page.getByRole('button', { name: `Let ${DESK} answer`, exact: true }).tap();
  await expect(phone.page.getByRole('dialog')).toContainText('answers for you now');
  await phone.page.getByRole('button', { name: 'Done' }).tap();
  await expect(news(ada)).toContainText('This device answers for you now');
  await expect(news(phone)).toContainText('and this device follows it.');
});

test('a device that removes itself says so, and the other one answers', async () => {
  await ada.go('Settings');
  await ada
    .device(DESK)
    .getByRole('button', { name: `Remove ${DESK}` })
    .click();
  const dialog = ada.page.getByRole('dialog', { name: `Remove ${DESK} (this device)?` });
  await expect(dialog).toContainText('From then on Phone does');
  await dialog.getByRole('button', { name: `Remove ${DESK} (this device)` }).click();
  await expect(ada.page.getByRole('heading', { level: 1, name: 'This device was removed' })).toBeVisible();
  await expectAccessible(ada.page, 'removed', SCHEMES);
  await phone.go('Settings');
  await expect(phone.device('Phone')).toContainText('Answers for you');
  await expect(phone.page.getByRole('link', { name: /^Follows/ })).toHaveCount(0);
});

test('a device that was added and never came is marked, with what to do, until it comes', async () => {
  const tablet = await people.open({ name: 'Ada' });
  await tablet.page.goto(await phone.linkDevice());
  await tablet.join('Tablet');
  const code = await tablet.code();
  await tablet.page.goto('about:blank');
  await phone.typeCode(code);
  await phone.addDevice.getByRole('button', { name: 'Done' }).tap();
  await expect(phone.device('Tablet')).toContainText('Has not come');
  await expect(phone.device('Tablet')).toContainText('Open Sotto on it while it is online');
  await expect(phone.device('Tablet').getByRole('button')).toHaveText(['Rename', 'Remove']);
  await expectAccessible(phone.page, 'a device has not come', SCHEMES);
  await tablet.page.goto(relay.url);
  await tablet.unlock();
  await expect(phone.device('Tablet')).not.toContainText('Has not come');
  await expect(phone.device('Tablet').getByRole('button')).toHaveText(['Let it answer for you', 'Rename', 'Remove']);
});

test('which devices a contact has is said, where it is not the one with which they began', async ({ agent }) => {
  const [bea, second] = [agent(), agent()];
  await bea.json('init', '--relay', relay.url, '--name', 'Bea');
  await bea.json('accept', await phone.invite());
  await phone.approve('Bea');
  await expect(phone.contact('Bea')).toContainText('Contact since');
  await expect(phone.contact('Bea')).not.toContainText('devices');

  await bea.run();
  const { link } = await bea.json<{ link: string }>('devices', 'add');
  const joined = second.call(['init', '--join', link, '--device-name', 'Second']);
  type Own = { fingerprint: string; state: string | { asking: object } };
  const states = async () => (await bea.json<Own[]>('devices')).map(({ state }) => state);
  await expect.poll(states).toEqual(['listed', { asking: expect.anything() }]);
  type Joining = { joining: { code: string | null } };
  const code = async () => (await second.json<Joining>('devices')).joining.code;
  await expect.poll(code).toMatch(/^\d{6}$/);
  await bea.json('devices', 'add', '--code', (await code()) ?? '');
  expect((await joined).code).toBe(0);
  await phone.contact('Bea').getByText('On 2 devices').tap();
  const devices = phone.page.getByRole('list', { name: 'Devices of Bea' }).getByRole('listitem');
  await expect(devices).toHaveCount(2);
  const [first, other] = await bea.json<Own[]>('devices');
  await expect(devices.first()).toContainText(`${first?.fingerprint}Answers for Bea, known since`);
  await expect(devices.last()).toContainText(`${other?.fingerprint}Reads along`);
  // Once it has met this one, it can be written to.
  await second.run();
  await expect(devices.last()).not.toContainText('not reached');
  await expectAccessible(phone.page, 'their devices', SCHEMES);
});

test('links that are no good here say so', async () => {
  const link = await phone.linkDevice();
  await phone.page.keyboard.press('Escape');
  const fresh = await people.open({ name: 'Ada' });
  const { page } = fresh;
  await page.goto(relay.url);
  await page.getByRole('button', { name: 'Add this device to your account' }).click();
  const paste = page.getByLabel('Link from your other device');
  await expect(paste).toBeFocused();
  await expectAccessible(page, 'join without a link', SCHEMES);
  await paste.fill('https://relay.example/');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(paste).toHaveAccessibleDescription(/not a link of Sotto that adds a device/);
  for (const [bad, said] of [
    [typo(link), 'incomplete or damaged'],
    [link.replace(relay.url, 'https://relay.example'), 'another relay, relay.example'],
  ] as const) {
    await paste.fill(bad);
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect(fresh.alert).toContainText(said);
    await page.getByRole('button', { name: 'Use another link' }).click();
  }
  await paste.fill(over(link));
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('status')).toContainText('the link is over');
  await page.getByRole('button', { name: 'Create a new one' }).click();
  await expect(page.getByLabel('Your name')).toBeVisible();

  // Where there is an account already, nothing is added: open, pasted, and locked.
  await fresh.makeAgent();
  const card = page.getByRole('region', { name: 'Link for a new device' });
  await page.evaluate((to) => location.assign(to), link);
  await expect(card).toContainText('This browser has an account already');
  expect(page.url()).not.toContain('device');
  await card.getByRole('button', { name: 'Close' }).click();
  await fresh.go('People');
  await fresh.linkBox.fill(link);
  await expect(page.getByText('This is no invitation')).toBeVisible();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(card).toBeVisible();
  await card.getByRole('button', { name: 'Close' }).click();
  await fresh.go('Week');
  await fresh.box.fill(link);
  await fresh.box.press('Enter');
  await expect(card).toBeVisible();
  await expectAccessible(page, 'has an account');
  await fresh.lock();
  await expect(page.getByText('This browser has something of yours already.')).toBeVisible();
  await page.getByRole('button', { name: 'Put the link away' }).click();
  await expect(page.getByText('This browser has something of yours already.')).toHaveCount(0);
});

test('a terminal joins the account of a browser, with its code', async ({ agent }) => {
  const terminal = agent();
  const link = await phone.linkDevice();
  const joined = terminal.call(['init', '--join', link, '--device-name', 'Terminal']);
  await expect(phone.page.getByRole('dialog', { name: 'Terminal asks to be added' })).toBeVisible();
  const { joining } = await terminal.json<{ joining: { code: string } }>('devices');
  const { code } = joining;
  await phone.typeCode(code);
  await expect(phone.addDevice).toContainText('Terminal is one of your devices now.');
  const { code: exit, stdout } = await joined;
  expect(exit).toBe(0);
  expect(stdout).toContain(`${code.slice(0, 3)} ${code.slice(3)}`);
  expect(stdout).toContain('Terminal is one of Ada');
  expect(await terminal.json('status')).toMatchObject({ name: 'Ada', follows: 'Phone' });
});

test('no page complained', () => {
  ada.expectNoComplaints();
  phone.expectNoComplaints();
});
