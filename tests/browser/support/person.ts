/** Somebody with a browser of their own, and what they do in the web app. */

import {
  expect,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from '@playwright/test';

import { type CalendarFile, calendarFile } from './calendars.ts';
import { textsOf } from './said.ts';

export interface Who {
  name: string;
  passphrase: string;
  timeZone: string;
}

/** Long enough for keys to be derived on a slow machine. */
const PATIENCE = { timeout: 60_000 };

export class Person {
  readonly who: Who;
  readonly context: BrowserContext;
  readonly page: Page;
  /** What was typed into the pages, and what the imported calendars say. */
  readonly said: string[] = [];
  /** What the pages complained about. */
  readonly complaints: string[] = [];

  private constructor(who: Who, context: BrowserContext, page: Page) {
    this.who = who;
    this.context = context;
    this.page = page;
  }

  static async open(browser: Browser, who: Who, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({ timezoneId: who.timeZone, locale: 'en-GB', ...options });
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
        console.error(`Content security policy: ${effectiveDirective} ${blockedURI}`),
      );
    });
    let typed: (text: string) => void = () => {};
    await context.exposeFunction('typed', (text: string) => typed(text));
    await context.addInitScript(() => {
      const { typed } = globalThis as unknown as { typed: (text: string) => Promise<void> };
      addEventListener('input', ({ target }) => {
        const isText = target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && !target.checked);
        if (isText && target.value && target.type !== 'file') void typed(target.value);
      });
    });
    const page = await context.newPage();
    const person = new Person(who, context, page);
    typed = (text) => {
      // Letter by letter, only the whole counts.
      if (text.startsWith(person.said.at(-1) ?? ' ')) person.said.pop();
      person.said.push(text);
    };
    context.on('console', (message) => {
      if (message.type() === 'error') person.complaints.push(message.text());
    });
    context.on('weberror', (error) => person.complaints.push(String(error.error())));
    return person;
  }

  /** That no page complained, other than about what is expected. */
  expectNoComplaints(expected?: RegExp) {
    expect(this.complaints.filter((complaint) => !expected?.test(complaint))).toEqual([]);
  }

  // Before the vault is open.

  async createVault(address: string) {
    await this.page.goto(address);
    await this.makeAgent();
  }

  /** On the page that makes one. */
  async makeAgent() {
    const { page, who } = this;
    await page.getByLabel('Your name').fill(who.name);
    await this.passphrase.fill(who.passphrase);
    await page.getByLabel('Repeat passphrase', { exact: true }).fill(who.passphrase);
    await page.getByRole('button', { name: 'Create my agent' }).click();
    await this.expectOnline();
  }

  get passphrase(): Locator {
    return this.page.getByLabel('Passphrase', { exact: true });
  }

  async unlock(passphrase = this.who.passphrase) {
    await this.passphrase.fill(passphrase);
    await this.page.getByRole('button', { name: 'Unlock' }).click();
  }

  async lock() {
    await this.go('Settings');
    await this.page.getByRole('button', { name: 'Lock now' }).click();
    await expect(this.page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();
  }

  async expectOnline() {
    await expect(this.page.getByRole('button', { name: 'Connection: Online' })).toBeVisible(PATIENCE);
  }

  // Several devices of one person.

  /** Makes a link for another device, and leaves the dialog open that waits for it. */
  async linkDevice(keeper = false): Promise<string> {
    const { page } = this;
    await this.go('Settings');
    await page.getByRole('button', { name: 'Add a device' }).click();
    const dialog = this.addDevice;
    if (keeper) await dialog.getByRole('radio', { name: 'Also add and remove devices' }).check();
    await dialog.getByRole('button', { name: 'Show the code' }).click();
    return dialog.getByLabel('Link for the new device').inputValue();
  }

  /** Types the code that the new device shows, where the link was made. */
  async typeCode(code: string) {
    await this.addDevice.getByLabel(/^The six digits that .* shows$/).fill(code);
    await this.addDevice.getByRole('button', { name: 'Add it' }).click();
  }

  get addDevice(): Locator {
    return this.page.getByRole('dialog');
  }

  /** On the page of a link that adds a device: asks to be added as that. */
  async join(device: string) {
    const { page, who } = this;
    await page.getByLabel('Name of this device').fill(device);
    const passphrase = 'New passphrase for this device';
    await page.getByLabel(passphrase, { exact: true }).fill(who.passphrase);
    await page.getByLabel(`Repeat ${passphrase.toLowerCase()}`, { exact: true }).fill(who.passphrase);
    await page.getByRole('button', { name: 'Ask to be added' }).click();
  }

  /** The six digits that are to be typed on the other device, once they are shown. */
  async code(): Promise<string> {
    const code = this.page.getByLabel(/^Code: /);
    await expect(code).toBeVisible(PATIENCE);
    return (await code.innerText()).replace(/\D/g, '');
  }

  device(name: string): Locator {
    return this.page.getByRole('list', { name: 'Your devices' }).getByRole('listitem', { name, exact: true });
  }

  // Pages.

  async go(view: 'Week' | 'People' | 'Calendars' | 'Settings') {
    const { page } = this;
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: view }).click();
    await expect(page.getByRole('heading', { level: 1, name: view })).toBeAttached();
  }

  get alert(): Locator {
    return this.page.getByRole('alert');
  }

  // People.

  async invite(): Promise<string> {
    const { page } = this;
    await this.go('People');
    await page.getByRole('button', { name: 'Invite someone' }).click();
    await page.getByRole('button', { name: 'Create invitation' }).click();
    const dialog = page.getByRole('dialog', { name: 'Your invitation' });
    await expect(dialog.getByRole('img', { name: 'Invitation as a code to scan' })).toBeVisible();
    const link = await dialog.getByLabel('Invitation link').inputValue();
    await dialog.getByRole('button', { name: 'Done' }).click();
    return link;
  }

  /** Pastes a link into the page for people. */
  async accept(link: string) {
    await this.go('People');
    await this.linkBox.fill(link);
    await this.page.getByRole('button', { name: 'Accept', exact: true }).click();
  }

  get linkBox(): Locator {
    return this.page.getByLabel('Paste the link you were sent');
  }

  async approve(name: string) {
    await this.go('People');
    await this.page.getByRole('button', { name: `Approve ${name}` }).click();
    await expect(this.contact(name)).toBeVisible();
  }

  contact(name: string): Locator {
    return this.page.getByRole('region', { name: 'Contacts' }).getByRole('listitem', { name });
  }

  // Calendars.

  async importCalendars(...files: (string | CalendarFile)[]): Promise<Locator> {
    await this.go('Calendars');
    const contents = files.map((file) => (typeof file === 'string' ? calendarFile(file) : file));
    this.said.push(...contents.flatMap(({ buffer }) => textsOf(buffer.toString('utf8'))));
    await this.page.locator('input[type=file]').setInputFiles(contents);
    const dialog = this.page.getByRole('dialog');
    await expect(dialog).toBeVisible();
    return dialog;
  }

  // The week, and meetings.

  get box(): Locator {
    return this.page.getByLabel('Ask your agent');
  }

  get meetings(): Locator {
    return this.page.getByRole('region', { name: 'Meetings' });
  }

  get calendar(): Locator {
    return this.page.getByRole('region', { name: 'Calendar', exact: true });
  }

  get state(): Locator {
    return this.meetings.getByRole('status');
  }

  get messages(): Locator {
    return this.page.getByRole('region', { name: 'What the agents said' }).getByRole('listitem');
  }

  async ask(sentence: string) {
    await this.go('Week');
    await this.box.fill(sentence);
    await this.box.press('Enter');
    await expect(this.box).toHaveValue('');
  }

  /** Opens a meeting from the list. */
  async openMeeting(named: RegExp | string) {
    await this.go('Week');
    const back = this.meetings.getByRole('button', { name: 'All meetings' });
    const row = this.meetings.getByRole('button', { name: named }).first();
    await expect(back.or(row).first()).toBeVisible();
    if (await back.isVisible()) await back.click();
    await row.click();
    await expect(back).toBeVisible();
  }

  press(button: string | RegExp) {
    return this.meetings.getByRole('button', { name: button, exact: true }).click();
  }

  /** The whole of a message of the open meeting, as it was encrypted. */
  async message(kind: string): Promise<AgentMessage> {
    const item = this.messages.filter({ has: this.page.getByText(kind, { exact: true }) }).last();
    const body = item.locator('pre');
    if (!(await body.isVisible())) await item.getByText('Full message').click();
    await expect(body).toBeVisible();
    return JSON.parse(await body.innerText()) as AgentMessage;
  }
}

/** As much of a message as the tests look at. */
export interface AgentMessage {
  type: string;
  conversation: string;
  body: { uid?: string; expires_at?: string; slot?: { start: string; end: string }; title?: string };
}
