/** What tests ask for, and what is taken away after them. */

import { test as base, type Browser, type BrowserContextOptions } from '@playwright/test';
import { Agent } from './agent.ts';
import { Person, type Who } from './person.ts';
import { Relay } from './relay.ts';

export const PASSPHRASE = 'lantern gravel otter';

interface Fixtures {
  relay: Relay;
  /** Somebody with a browser. */
  person: (who: Partial<Who> & { name: string }, options?: BrowserContextOptions) => Promise<Person>;
  /** Somebody with a terminal. */
  agent: (passphrase?: string) => Agent;
}

export const test = base.extend<Fixtures>({
  relay: async ({}, use) => {
    const relay = await Relay.start();
    await use(relay);
    await relay.remove();
  },
  person: async ({ browser }, use) => {
    const people = new People(browser);
    await use((who, options) => people.open(who, options));
    await people.close();
  },
  agent: async ({}, use) => {
    const agents: Agent[] = [];
    await use((passphrase = PASSPHRASE) => {
      const agent = new Agent(passphrase);
      agents.push(agent);
      return agent;
    });
    for (const agent of agents) await agent.remove();
  },
});

export { expect } from '@playwright/test';

/** Several browsers' worth of people, closed together. */
export class People {
  readonly #browser: Browser;
  readonly #all: Person[] = [];

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async open(who: Partial<Who> & { name: string }, options?: BrowserContextOptions): Promise<Person> {
    const person = await Person.open(
      this.#browser,
      { passphrase: PASSPHRASE, timeZone: 'Europe/Berlin', ...who },
      options,
    );
    this.#all.push(person);
    return person;
  }

  async close() {
    for (const { context } of this.#all) await context.close();
  }
}
