import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext } from '@playwright/test';

const IN_PAGE = fileURLToPath(new URL('in-page.js', import.meta.url));
/** A busy machine takes long. */
const MOST_MS = 180_000;

/** Opens a browser of its own, without a cache, whose pages have the functions of the bench. */
export async function openContext(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(MOST_MS);
  await context.addInitScript({ path: IN_PAGE });
  return context;
}
