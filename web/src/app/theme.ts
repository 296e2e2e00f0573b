import { createStore } from '../data/store.ts';

/** `system`: as the device is set. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'rowmill-theme';

/** The theme of this browser. public/theme.js applies it before the first paint. */
export const theme = createStore<Theme>((document.documentElement.dataset['theme'] as Theme | undefined) ?? 'system');

/** Applies a theme, and keeps it for this browser. */
export function chooseTheme(chosen: Theme): void {
  theme.set(chosen);
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
  try {
    if (chosen === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
  } catch {
    // Storage may be off: the theme lasts until the page is closed.
  }
}
