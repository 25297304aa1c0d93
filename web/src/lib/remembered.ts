/** Small settings of this browser that are no secrets, outside the vault. Where storage is off, they last as long as the page. */

const PREFIX = 'sotto.';

export type Remembered = 'theme' | 'withoutCalendar' | 'calledOffSeen' | 'agentChangeSeen';

export function remembered(key: Remembered): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** Keeps a value; `null` takes it away. */
export function remember(key: Remembered, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // Storage is off.
  }
}

/** Takes all of them away. */
export function forgetAll(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  } catch {
    // Storage is off: nothing is kept.
  }
}
