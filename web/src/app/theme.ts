import { useState } from 'react';
import { remember, remembered } from '../lib/remembered';

export type Theme = 'system' | 'light' | 'dark';

const COLOURS = { light: '#f0f2ee', dark: '#101513' } as const;

function stored(): Theme {
  const found = remembered('theme');
  return found === 'light' || found === 'dark' ? found : 'system';
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
    remember('theme', next === 'system' ? null : next);
  };
  return [theme, choose];
}
