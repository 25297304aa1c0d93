/** What the app is looked at on. */

import type { BrowserContextOptions } from '@playwright/test';

export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** By the name that stands in a test's title. */
export const DEVICES = [
  ['desk', {}],
  ['phone', PHONE],
] as const;
