import { test as base, expect, type Page } from '@playwright/test';
import { type Service, startService } from './service.ts';

interface Options {
  /** Keys of the server: `test.use({ keys: ['secret'] })`. */
  keys: string[];
  /** Further variables of the server's environment. */
  environment: Record<string, string>;
  /** Arguments of the launcher instead of `serve`. */
  command: string[];
}

interface Fixtures {
  /** A service of this test alone. */
  service: Service;
  /** What the browser reported although it should not; a test that expects one takes it out. */
  faults: string[];
}

/**
 * A test with a service and a page of it. It fails when a request leaves the origin, the content security policy blocks
 * something, or a script throws.
 */
export const test = base.extend<Options & Fixtures>({
  keys: [[], { option: true }],
  environment: [{}, { option: true }],
  command: [['serve'], { option: true }],
  service: async ({ keys, environment, command }, use) => {
    const service = await startService({ keys, environment, command });
    await use(service);
    await service.close();
  },
  baseURL: async ({ service }, use) => use(service.url),
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

export { expect };
