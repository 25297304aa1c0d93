/** That a page keeps nobody out. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './fixtures.ts';

export const SCHEMES = ['light', 'dark'] as const;
/** What is behind everything in each of them. */
const PAPER = { light: 'rgb(240, 242, 238)', dark: 'rgb(16, 21, 19)' };

/** Nothing sticks out to the side, nothing keeps anybody out. */
export async function expectAccessible(
  page: Page,
  name: string,
  schemes: readonly (typeof SCHEMES)[number][] = ['dark'],
) {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectPaper(page, colorScheme);
    await expectNoOverflow(page, `${name}, ${colorScheme}`);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target, html }) => ({ id, at: target.join(' '), html })));
    expect(serious, `${name}, ${colorScheme}`).toEqual([]);
    await page.screenshot({ path: `results/${name.replaceAll(' ', '-')}-${colorScheme}.png` });
  }
}

export function expectPaper(page: Page, scheme: keyof typeof PAPER) {
  return expect(page.locator('html')).toHaveCSS('background-color', PAPER[scheme]);
}

export async function expectNoOverflow(page: Page, name: string) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, `${name} sticks out to the side`).toBeLessThanOrEqual(0);
}
