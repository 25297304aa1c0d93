import { useState } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'sotto.theme';
const COLOURS = { light: '#f0f2ee', dark: '#101513' } as const;

function stored(): Theme {
  try {
    const found = localStorage.getItem(KEY);
    return found === 'light' || found === 'dark' ? found : 'system';
  } catch {
    return 'system';
  }
}

/** Puts the chosen theme on the page. */
export function applyTheme(theme: Theme = stored()): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const own = meta.media.includes('dark') ? 'dark' : 'light';
    meta.content = COLOURS[theme === 'system' ? own : theme];
  }
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(stored);
  const choose = (next: Theme) => {
    setTheme(next);
    applyTheme(next);
    try {
      if (next === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, next);
    } catch {
      // Storage is off: the choice holds until the page is closed.
    }
  };
  return [theme, choose];
}
