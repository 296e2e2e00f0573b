import { type BrowserContext, test as base, expect, type Page } from '@playwright/test';
import { type Service, startService } from './service.ts';

interface Options {
  /** Keys of the server: `test.use({ keys: ['secret'] })`. */
  keys: string[];
  /** Further variables of the server's environment. */
  environment: Record<string, string>;
  /** Arguments of the launcher instead of `serve`. */
  command: string[];
  /**
   * The test takes the service and the browser of the tests before it, which saves a second: for one that looks at nothing
   * but what it has made, and neither stops the service nor counts what it did.
   */
  shares: boolean;
}

interface Fixtures {
  /** A service of this test alone, unless it shares one. */
  service: Service;
  /** What the browser reported although it should not; a test that expects one takes it out. */
  faults: string[];
}

/** What the sharing tests of a worker use, one after the other; made by the first of them. */
interface Shared {
  service?: Service;
  context?: BrowserContext;
}

/**
 * A test with a service and a page of it. It fails when a request leaves the origin, the content security policy blocks
 * something, or a script throws.
 */
export const test = base.extend<Options & Fixtures, { shared: Shared }>({
  keys: [[], { option: true }],
  environment: [{}, { option: true }],
  command: [['serve'], { option: true }],
  shares: [false, { option: true }],
  shared: [
    async ({ browserName: _ }, use) => {
      const shared: Shared = {};
      await use(shared);
      await shared.context?.close();
      await shared.service?.close();
    },
    { scope: 'worker' },
  ],
  service: async ({ keys, environment, command, shares, shared }, use) => {
    if (shares) {
      shared.service ??= await startService();
      await use(shared.service);
      await shared.service.settle();
      return;
    }
    const service = await startService({ keys, environment, command });
    await use(service);
    await service.close();
  },
  baseURL: async ({ service }, use) => use(service.url),
  context: async ({ browser, baseURL: _, shares, shared }, use) => {
    const context = (shares ? shared.context : undefined) ?? (await browser.newContext());
    if (shares) shared.context = context;
    await use(context);
    if (shares) await clear(context);
    else await context.close();
  },
  faults: async ({ context, service }, use) => {
    const faults: string[] = [];
    const watch = (page: Page) => {
      page.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(`${service.url}/`) && !/^(data|blob):/.test(url)) faults.push(`left the origin: ${url}`);
      });
      page.on('console', (message) => {
        if (/content security policy/i.test(message.text())) faults.push(message.text());
      });
      page.on('pageerror', (error) => faults.push(`${error.stack ?? error}`));
    };
    for (const page of context.pages()) watch(page);
    context.on('page', watch);
    await use(faults);
    expect(faults).toEqual([]);
  },
  page: async ({ page, faults: _watched }, use) => use(page),
});

/** Leaves nothing of a test in a context but what the browser has cached. */
async function clear(context: BrowserContext): Promise<void> {
  context.removeAllListeners('page');
  context.removeAllListeners('request');
  await context.unrouteAll({ behavior: 'ignoreErrors' });
  for (const page of context.pages()) await page.close();
  await context.clearCookies();
  await context.setOffline(false);
}

export { expect };
